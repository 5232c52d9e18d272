//! Kano and the satisfaction trap against pandas and numpy.
//!
//! `fixtures/kano_reference.json`: 180 drawn pairs on three features and, for both tables, what
//! pandas 3.1 makes of them, the tables typed as strings. `fixtures/trap_reference.json`: 200 drawn
//! customers each of a curve with a trap and of one without, fitted by `numpy.linalg.lstsq` over
//! the customers for each inner level.

use crate::ledger::{at, code, population, population_under, state, survey, time, view};
use annals_events::{Event, KanoPairAnswered};
use annals_projection::Projection as _;
use annals_satisfaction::Satisfaction;
use serde_json::{Value, json};

fn kano_reference() -> Value {
    serde_json::from_str(include_str!("fixtures/kano_reference.json")).expect("JSON")
}

fn pairs() -> Vec<[String; 3]> {
    serde_json::from_value(kano_reference()["pairs"].clone()).expect("pairs")
}

fn pair(feature: &str, functional: &str, dysfunctional: &str) -> Event {
    let pair = KanoPairAnswered {
        feature: code(feature),
        functional: functional.parse().expect("an answer"),
        dysfunctional: dysfunctional.parse().expect("an answer"),
    };
    at(time("2026-03-03T04:00:00Z"), pair)
}

fn assert_like(found: &Value, expected: &Value) {
    for (key, expected) in expected.as_object().expect("an object") {
        match (expected.as_f64(), found[key].as_f64()) {
            (Some(expected), Some(found)) => {
                assert!((found - expected).abs() < 1e-9, "{key}: {found} is not {expected}");
            }
            _ => assert_eq!(&found[key], expected, "{key}"),
        }
    }
}

#[test]
fn kano_agrees_with_pandas_under_both_tables() {
    let customers: Vec<_> =
        pairs().iter().map(|[feature, f, d]| state(vec![pair(feature, f, d)])).collect();
    for table in ["classic", "pouliot"] {
        let text = Satisfaction::BUILT_IN_RULES
            .replace("table = \"classic\"", &format!("table = \"{table}\""));
        let rules = Satisfaction::parse_rules(&text).expect("rules");
        let shown = population_under(customers.clone(), "2026-03-31", &rules)["kano"].clone();
        let expected = kano_reference()[table].clone();
        let (shown, expected) = (shown.as_array().expect("features"), expected.as_array());
        let expected = expected.expect("features");
        assert_eq!(shown.len(), expected.len());
        for (found, expected) in shown.iter().zip(expected) {
            assert_like(found, expected);
        }
    }
}

#[test]
fn pairs_in_a_survey_count_like_pairs_by_themselves() {
    let asked = |feature: &str, functional: i16, dysfunctional: &str| {
        let mut survey = survey(&[(&format!("{feature}.functional"), 1, 5, functional)]);
        let mut other = survey.answers[0].clone();
        other.item = code(&format!("{feature}.dysfunctional"));
        other.scale = None;
        other.choice = Some(code(dysfunctional));
        survey.answers.push(other);
        survey.instrument = code("KANO");
        at(time("2026-03-03T04:00:00Z"), survey)
    };
    let surveyed =
        state(vec![asked("app", 1, "D"), asked("app", 3, "D"), asked("app", 9 - 4, "N")]);
    let alone = state(vec![pair("app", "L", "D"), pair("app", "N", "D"), pair("app", "D", "N")]);
    let shown = |state| view(state, "2026-03-31")["kano"].clone();
    assert_eq!(shown(&surveyed), shown(&alone));
    assert_eq!(shown(&alone)[0]["counts"], json!({"A": 0, "O": 1, "M": 1, "I": 0, "R": 1, "Q": 0}));
    assert_eq!(shown(&alone)[0]["category_mode"], "M", "ties M > O > A > I > R > Q");
}

#[test]
fn better_and_worse_are_undefined_where_nobody_answers_so() {
    let shown = view(&state(vec![pair("app", "L", "L"), pair("app", "D", "D")]), "2026-03-31");
    let feature = &shown["kano"][0];
    assert_eq!((&feature["better"], &feature["worse"]), (&Value::Null, &Value::Null));
    assert_eq!(feature["category_mode"], "Q");
    assert_eq!(feature["why"], "nobody answered A, O, M or I");
    let one = view(&state(vec![pair("app", "L", "D")]), "2026-03-31");
    assert_eq!(one["kano"][0]["category_mode"], Value::Null);
    assert_eq!(one["kano"][0]["why"], "n = 1 for the pair on app: at least 2 answers are needed");
}

fn customers(points: &[[i16; 2]]) -> Vec<annals_satisfaction::SatisfactionState> {
    let customer = |[satisfied, loyal]: &[i16; 2]| {
        let survey = survey(&[("csat", 1, 5, *satisfied), ("nps", 0, 10, *loyal)]);
        state(vec![at(time("2026-03-03T04:00:00Z"), survey)])
    };
    points.iter().map(customer).collect()
}

#[test]
fn the_bend_agrees_with_numpy_and_a_trap_can_be_absent() {
    let reference: Value =
        serde_json::from_str(include_str!("fixtures/trap_reference.json")).expect("JSON");
    for case in reference.as_array().expect("cases") {
        let points: Vec<[i16; 2]> = serde_json::from_value(case["points"].clone()).expect("points");
        let shown = population(customers(&points), "2026-03-31")["trap"].clone();
        for key in ["slope_below", "slope_above"] {
            let (found, expected) = (shown[key].as_f64(), case[key].as_f64());
            let difference = found.expect("a slope") - expected.expect("a slope");
            assert!(difference.abs() < 1e-9, "{key}: {shown}");
        }
        assert_eq!((&shown["knot"], &shown["found"]), (&case["knot"], &case["found"]));
        assert_eq!(shown["n"], 200);
        let zone = if case["found"] == true { case["zone"].clone() } else { Value::Null };
        assert_eq!(shown["customers_in_zone"], zone);
        assert_eq!(
            shown["why"].as_str().expect("words").starts_with("none here"),
            case["found"] == false
        );
    }
}

#[test]
fn a_straight_line_has_no_bend_and_two_levels_have_none_to_find() {
    let straight: Vec<[i16; 2]> = (1..=5).flat_map(|level| [[level, 2 * level]; 3]).collect();
    let shown = population(customers(&straight), "2026-03-31")["trap"].clone();
    assert_eq!(shown["found"], false);
    assert_eq!(shown["slope_below"], 2.0);
    assert_eq!(shown["slope_above"], 2.0);
    let two = population(customers(&[[1, 0], [5, 9], [5, 10]]), "2026-03-31")["trap"].clone();
    assert_eq!((&two["knot"], &two["found"]), (&Value::Null, &json!(false)));
    assert_eq!(two["why"], "customers at 2 levels of satisfaction: a bend needs at least 3");
    let alone = json!({"level": 1, "n": 1, "loyalty": 0.0, "interval_95": null});
    assert_eq!(two["levels"][0], alone, "one customer has no interval");
    assert_eq!((&two["levels"][1]["n"], &two["levels"][1]["loyalty"]), (&json!(2), &json!(9.5)));
    let lower = two["levels"][1]["interval_95"][0].as_f64().expect("a bound");
    assert!((lower - (9.5 - 1.959_963_984_540_054 * 0.5)).abs() < 1e-12, "{lower}");
}

#[test]
fn repurchase_counts_only_where_the_whole_window_has_passed() {
    let text = Satisfaction::BUILT_IN_RULES.replacen("[[trap]]\nsatisfaction = { items = [\"csat\"], min = 1, max = 5 }\nrecommendation = { items = [\"nps\"], min = 0, max = 10 }\n", "", 1);
    assert_ne!(text, Satisfaction::BUILT_IN_RULES);
    let rules = Satisfaction::parse_rules(&text).expect("rules");
    let bought = |level, day: Option<&str>| {
        let mut events = vec![at(time("2025-01-10T04:00:00Z"), survey(&[("csat", 1, 5, level)]))];
        let purchase = annals_events::PurchaseCompleted {
            order: None,
            lines: Vec::new(),
            total: annals_events::Money::new(1, "EUR".parse().expect("a currency")),
            margin: None,
        };
        events.extend(day.map(|day| at(time(day), purchase)));
        state(events)
    };
    let customers = || {
        vec![
            bought(1, Some("2025-01-10T05:00:00Z")),
            bought(2, Some("2026-01-11T04:00:00Z")),
            bought(3, Some("2026-01-10T04:00:00Z")),
        ]
    };
    let shown = population_under(customers(), "2026-03-31", &rules)["trap"].clone();
    let loyalty: Vec<_> =
        shown["levels"].as_array().expect("levels").iter().map(|level| &level["loyalty"]).collect();
    assert_eq!(loyalty, [0.0, 0.0, 1.0], "the same day and the 366th do not count");
    assert_eq!(shown["loyalty"], "bought again within 365 days");
    let early = population_under(customers(), "2026-01-09", &rules)["trap"].clone();
    assert_eq!(early["n"], 0);
    assert_eq!(population(vec![], "2026-03-31")["trap"]["found"], false);
}
