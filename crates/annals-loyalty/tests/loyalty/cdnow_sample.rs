//! Real purchases against figures computed by another program: a database's own `NTILE` and exact
//! fractions. See `fixtures/README.md`.

use crate::events::{built_in, customer, day, event, loyalty, money, population, purchase};
use annals_events::{PartyId, RecordedEvent, Zone};
use annals_loyalty::{LoyaltyState, customer_segments};
use annals_projection::{AsOf, Rates, ViewContext, fold};
use serde_json::Value;
use std::collections::BTreeMap;

const ROWS: &str = include_str!("../fixtures/cdnow_every_50th.txt");

fn customers(last_day: &str) -> Vec<(PartyId, LoyaltyState)> {
    let mut events: BTreeMap<&str, Vec<RecordedEvent>> = BTreeMap::new();
    for (number, row) in (0..).zip(ROWS.lines()) {
        let fields: Vec<_> = row.split_whitespace().collect();
        let [id, date, _, dollars] = fields[..] else { panic!("four columns: {row}") };
        let date = day(&format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]));
        if date <= day(last_day) {
            let payload = purchase(money(dollars, "USD"));
            events.entry(id).or_default().push(event(number, id, date, 0, payload));
        }
    }
    let state = |(id, events): (_, Vec<_>)| (customer(id), fold(&loyalty(), &events));
    events.into_iter().map(state).collect()
}

fn assert_equal_figures(path: &str, expected: &Value, actual: &Value) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            for (key, value) in expected {
                let found = actual.get(key).unwrap_or_else(|| panic!("{path}.{key} is missing"));
                assert_equal_figures(&format!("{path}.{key}"), value, found);
            }
        }
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().expect("a number"), other.as_f64().expect("a number"));
            assert!((one - other).abs() <= 1e-14 * one.abs(), "{path}: {one} is not {other}");
        }
        _ => assert_eq!(expected, actual, "{path}"),
    }
}

fn check(as_of: &str, expected: &str) {
    let mut expected: Value = serde_json::from_str(expected).expect("a fixture of JSON");
    let object = expected.as_object_mut().expect("an object");
    object.remove("as_of");
    object.remove("rows");
    let figures = population(&customers(as_of), as_of, &built_in(), &Rates::default());
    let actual = serde_json::to_value(&figures).expect("JSON");
    assert_equal_figures("population", &expected, &actual);
    assert_eq!(actual.get("rfm"), expected.get("rfm"), "no other scores, and in this order");
    assert_eq!(actual.get("currency"), Some(&Value::from("USD")));
    for why in ["/why", "/behaviour_matrix/why", "/concentration/why"] {
        assert_eq!(actual.pointer(why), None, "nothing is withheld");
    }
}

#[test]
fn figures_equal_independent_ones_at_the_end() {
    check("1998-06-30", include_str!("../fixtures/cdnow_every_50th_1998-06-30.json"));
}

#[test]
fn figures_equal_independent_ones_in_the_middle() {
    check("1997-09-30", include_str!("../fixtures/cdnow_every_50th_1997-09-30.json"));
}

#[test]
fn rows_by_customer_add_up_to_the_population() {
    let states = customers("1998-06-30");
    let (zone, rules, rates) = (Zone::utc(), built_in(), Rates::default());
    let as_of = AsOf::date(day("1998-06-30"), &zone);
    let context = ViewContext::new(as_of, &zone, &rules, &rates);
    let mut rfm: BTreeMap<String, u64> = BTreeMap::new();
    for row in customer_segments(&Vec::from_iter(&states), &context) {
        let m = row.m.expect("money in one currency");
        *rfm.entry(format!("{}{}{m}", row.r, row.f)).or_default() += 1;
    }
    let figures = population(&states, "1998-06-30", &rules, &rates);
    assert_eq!(Some(rfm), figures.rfm);
}
