//! The figures of 200 real customers against those of an independent program; origin and licence
//! in `fixtures/`.

mod story;

use annals_events::{Date, PartyId};
use annals_projection::Projection as _;
use serde_json::Value;
use story::{Word, ask, built_in, date, day, state};

#[test]
fn two_hundred_cdnow_customers_give_the_independent_figures() {
    let fixture: Value =
        serde_json::from_str(include_str!("fixtures/cdnow_200.json")).expect("JSON");
    let moments = |days: &Value| -> Vec<_> {
        let days: Vec<String> = serde_json::from_value(days.clone()).expect("days");
        let days = days.iter().map(|text| text.parse::<Date>().expect("a day"));
        days.map(|at| (at.days_since(day(0)), 0, Word::Buy)).collect()
    };
    let customers: Vec<_> = fixture["days"]
        .as_object()
        .expect("customers")
        .iter()
        .map(|(id, days)| (PartyId::new(id).expect("a party"), state(&moments(days))))
        .collect();
    assert_eq!(customers.len(), 200);
    let as_of = date(fixture["as_of"].as_str().expect("a day"));
    let found = ask(&built_in(), as_of, |projection, context| {
        serde_json::to_value(projection.population(&Vec::from_iter(&customers), context))
            .expect("JSON")
    });
    let expected = &fixture["expected"];
    for key in ["customers", "transitions"] {
        assert_eq!(found[key], expected[key], "{key}");
    }
    // Rows have gained keys since; those the program knows are the same.
    for key in ["activity", "cohorts"] {
        let (rows, known) = (found[key].as_array().expect("rows"), &expected[key]);
        assert_eq!(rows.len(), known.as_array().expect("rows").len(), "{key}");
        for (row, known) in rows.iter().zip(known.as_array().expect("rows")) {
            for (name, value) in known.as_object().expect("a row") {
                assert_eq!(row[name], *value, "{key} {name}");
            }
        }
    }
    for (scheme, counts) in expected["stages"].as_object().expect("schemes") {
        assert_eq!(found["stages"][scheme], *counts, "{scheme}");
    }
    let scheme = "lifecycle-5";
    assert_eq!(found["stage_transitions"][scheme], expected["stage_transitions"][scheme]);

    let known = include_str!("fixtures/cdnow_200_survival.json");
    let known: Value = serde_json::from_str(known).expect("JSON");
    let rows = |key: &str| known[key].as_array().expect("rows").iter();
    let keys = ["t_days", "s", "lower", "upper", "at_risk", "events"];
    assert_eq!(found["survival_occasion"].as_array().expect("rows").len(), rows("survival").len());
    for (row, known) in
        found["survival_occasion"].as_array().expect("rows").iter().zip(rows("survival"))
    {
        for (place, key) in keys.iter().enumerate() {
            let (found, known) = (row[key].as_f64(), known[place].as_f64());
            let (found, known) = (found.expect("a number"), known.expect("a number"));
            assert!((found - known).abs() < 1e-12, "{key} {found} {known}");
        }
    }
    assert_eq!(found["survival"], found["survival_occasion"], "the fixture has days, not rows");
    for (row, known) in found["win_back"].as_array().expect("rows").iter().zip(rows("win_back")) {
        let counts = serde_json::json!([row["threshold_days"], row["returned"], row["open"]]);
        assert_eq!(counts, *known);
    }
}
