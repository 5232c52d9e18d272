//! The way of a complaint through its stages, and the clocks beside it.

use crate::ledger::{
    assert_close, at, at_precision, code, population, received, state, time, view,
};
use annals_events::{
    CompensationGranted, CompensationPaid, CompensationType, ComplaintAcknowledged,
    ComplaintClosed, ComplaintRemedyAccepted, ComplaintReopened, ComplaintResponseOffered,
    ComplaintWithdrawn, Decision, Event, Money, Precision, YesNoUnknown,
};
use serde_json::{Value, json};

const RECEIVED: &str = "2026-03-03T02:00:00Z";

fn acknowledged(complaint: &str) -> ComplaintAcknowledged {
    ComplaintAcknowledged { complaint: code(complaint), method: None, automated: true }
}

fn offered(complaint: &str, decision: Decision) -> ComplaintResponseOffered {
    ComplaintResponseOffered { complaint: code(complaint), decision, remedy: None, offer: None }
}

fn closed(complaint: &str) -> ComplaintClosed {
    ComplaintClosed {
        complaint: code(complaint),
        closure: code("done"),
        satisfied: YesNoUnknown::Yes,
        recurrence_of: None,
    }
}

fn withdrawn(complaint: &str) -> ComplaintWithdrawn {
    ComplaintWithdrawn { complaint: code(complaint), reason: None }
}

fn reopened(complaint: &str) -> ComplaintReopened {
    ComplaintReopened { complaint: code(complaint), reason: code("again") }
}

fn complaints(events: Vec<Event>) -> Value {
    view(&state(events), "2026-03-31")["complaints"].clone()
}

/// received, open, closed, withdrawn, resolved, reopened
fn counts(complaints: &Value) -> [u64; 6] {
    ["received", "open", "closed", "withdrawn", "resolved", "reopened"]
        .map(|key| complaints[key].as_u64().expect("a count"))
}

#[test]
fn a_case_goes_from_open_to_resolved_to_reopened() {
    let mut events = vec![at(time(RECEIVED), received("k"))];
    assert_eq!(counts(&complaints(events.clone())), [1, 1, 0, 0, 0, 0]);
    assert_eq!(complaints(events.clone())["cases"][0]["days_open"], 28);
    let accepted = ComplaintRemedyAccepted { complaint: code("k"), text: None };
    events.push(at(time("2026-03-05T02:00:00Z"), accepted));
    assert_eq!(counts(&complaints(events.clone())), [1, 1, 0, 0, 1, 0], "accepted, not closed yet");
    events.push(at(time("2026-03-06T02:00:00Z"), closed("k")));
    assert_eq!(counts(&complaints(events.clone())), [1, 0, 1, 0, 1, 0]);
    assert_eq!(complaints(events.clone())["cases"][0]["days_open"], Value::Null);
    events.push(at(time("2026-03-07T02:00:00Z"), reopened("k")));
    assert_eq!(counts(&complaints(events.clone())), [1, 1, 0, 0, 0, 1]);
    events.push(at(time("2026-03-08T02:00:00Z"), withdrawn("k")));
    assert_eq!(counts(&complaints(events.clone())), [1, 0, 0, 1, 0, 1]);
    events.push(at(time("2026-03-09T02:00:00Z"), closed("k")));
    assert_eq!(counts(&complaints(events)), [1, 0, 0, 1, 0, 1], "the withdrawal ended it");
}

#[test]
fn times_are_measured_from_the_receipt() {
    let shown = complaints(vec![
        at(time(RECEIVED), received("k")),
        at(time("2026-03-03T14:00:00Z"), acknowledged("k")),
        at(time("2026-03-04T14:00:00Z"), acknowledged("k")),
        at(time("2026-03-06T02:00:00Z"), offered("k", Decision::Rejected)),
        at(time("2026-03-08T02:00:00Z"), closed("k")),
        at(time("2026-03-09T02:00:00Z"), reopened("k")),
        at(time("2026-03-10T02:00:00Z"), offered("k", Decision::PartlyUpheld)),
        at(time("2026-03-13T02:00:00Z"), closed("k")),
    ]);
    assert_close(&shown["days_to_acknowledge"]["median_days"], 0.5);
    assert_close(&shown["days_to_decide"]["median_days"], 3.0);
    assert_close(&shown["days_to_close"]["p90_days"], 10.0);
    assert_eq!(shown["upheld"]["counts"], json!({"partly_upheld": 1}));
    assert_close(&shown["upheld"]["rate"], 1.0);
}

#[test]
fn a_clock_that_runs_backwards_is_kept_flagged_and_left_out_of_averages() {
    let backwards = state(vec![
        at(time("2026-03-01T02:00:00Z"), closed("b")),
        at(time(RECEIVED), received("b")),
    ]);
    let shown = view(&backwards, "2026-03-31");
    assert_eq!(counts(&shown["complaints"]), [1, 0, 1, 0, 1, 0]);
    let case = &shown["complaints"]["cases"][0]["closed"];
    assert_eq!((&case["days"], &case["backwards"]), (&json!(-2.0), &json!(true)));
    assert!(shown["complaints"]["days_to_close"]["why"].is_string());
    let four_days = state(vec![
        at(time(RECEIVED), received("f")),
        at(time("2026-03-07T02:00:00Z"), closed("f")),
    ]);
    let together = population(vec![backwards, four_days], "2026-03-31");
    let times = &together["complaints"]["days_to_close"];
    assert_eq!((&times["n"], &times["backwards"]), (&json!(1), &json!(1)));
    assert_close(&times["median_days"], 4.0);
}

#[test]
fn a_day_known_only_as_a_day_does_not_run_backwards() {
    let midnight = time("2026-03-02T16:00:00Z");
    let shown = complaints(vec![
        at_precision(midnight, Precision::Day, acknowledged("k")),
        at(time(RECEIVED), received("k")),
    ]);
    let step = &shown["cases"][0]["acknowledged"];
    assert_eq!((&step["days"], &step["backwards"]), (&json!(0.0), &json!(false)));
}

#[test]
fn cases_without_a_receipt_are_counted_apart() {
    let shown = complaints(vec![at(time(RECEIVED), closed("k"))]);
    assert_eq!(counts(&shown), [0; 6]);
    assert_eq!(shown["without_receipt"], 1);
    assert_eq!(shown["cases"][0]["status"], "without_receipt");
    assert_eq!(shown["cases"][0]["closed"]["why"], "no receipt is recorded");
}

#[test]
fn remedies_are_summed_per_currency_and_a_promise_is_not_a_payment() {
    let money = |units, currency: &str| Money::new(units, currency.parse().expect("a currency"));
    let granted = |amount| CompensationGranted {
        complaint: Some(code("k")),
        compensation_type: CompensationType::Cash,
        amount,
    };
    let paid = CompensationPaid {
        complaint: None,
        compensation_type: CompensationType::Refund,
        amount: Some(money(990, "EUR")),
    };
    let events = vec![
        at(time(RECEIVED), received("k")),
        at(time(RECEIVED), granted(Some(money(1250, "EUR")))),
        at(time(RECEIVED), granted(Some(money(i64::MAX, "JPY")))),
        at(time(RECEIVED), granted(None)),
        at(time(RECEIVED), paid),
    ];
    let together = population(vec![state(events.clone()), state(events)], "2026-03-31");
    let remedies = &together["complaints"]["remedies"];
    assert_eq!(remedies["granted"]["n"], 6);
    assert_eq!(remedies["granted"]["money"][0], json!({"amount": "25.00", "currency": "EUR"}));
    assert_eq!(remedies["granted"]["money"][1]["amount"], Value::Null, "two JPY sums overflow");
    assert_eq!(remedies["paid"]["money"], json!([{"amount": "19.80", "currency": "EUR"}]));
}

#[test]
fn complaints_are_counted_by_what_they_say_and_repeat_complainants_once() {
    let once = state(vec![at(time(RECEIVED), received("a"))]);
    let twice = state(vec![
        at(time(RECEIVED), received("b")),
        at(time(RECEIVED), received("c")),
        at(time(RECEIVED), offered("b", Decision::Upheld)),
        at(time(RECEIVED), offered("c", Decision::Rejected)),
    ]);
    let shown = &population(vec![once, twice, state(vec![])], "2026-03-31")["complaints"];
    assert_eq!(shown["by_category"], json!({"counts": {"delivery": 3}, "not_stated": 0}));
    assert_eq!(shown["by_product"], json!({"counts": {}, "not_stated": 3}));
    assert_eq!(shown["by_channel"]["counts"], json!({"web": 3}));
    assert_eq!(shown["complainants"], 2);
    assert_eq!(shown["repeat_complainants"], 1);
    assert_close(&shown["upheld"]["rate"], 0.5);
    assert_eq!(shown["oldest_open_days"], 28);
}
