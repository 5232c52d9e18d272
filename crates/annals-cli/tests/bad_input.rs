//! Bad input, case by case: what the command says of it. Nothing here is an error of the program,
//! so each case has an outcome, and a sentence that a person understands.
//!
//! Deliberately absent: files that cannot be read as rows, which `recording.rs` has, and sums
//! beyond 64 bits, which the crates of the projections have.

mod support;

use serde_json::{Value, json};
use support::{Place, complaint, purchase};

const AS_OF: [&str; 2] = ["--as-of", "2026-06-30"];

fn place_with(lines: &[String]) -> Place {
    let place = Place::with_ledger();
    place.record(&lines.concat());
    place
}

fn report(place: &Place, args: &[&str]) -> Value {
    let args = [&["report"], args, &AS_OF, &["--format", "json"]].concat();
    place.annals(&args).exits(0).json()
}

fn event(number: u32, kind: &str, customer: &str, at: &str, data: &Value) -> String {
    let event = json!({
        "id": format!("0190b2f4-6f0e-7c3a-9d55-{number:012x}"), "kind": kind, "subject": customer,
        "occurred_at": at, "data": data,
    });
    format!("{event}\n")
}

fn answers(number: u32, customer: &str, instrument: &str, answers: &Value) -> String {
    let data = json!({"instrument": instrument, "instrument_version": 1, "answers": answers});
    event(number, "survey.answered", customer, "2026-02-01T12:00:00Z", &data)
}

fn answer(item: &str, value: i32, min: i32, max: i32) -> Value {
    json!({"item": item, "scale": {"value": value, "min": min, "max": max}})
}

fn why(measure: &Value) -> &str {
    measure["why"].as_str().unwrap_or_else(|| panic!("a reason in {measure}"))
}

#[test]
fn an_answer_outside_its_scale_is_refused_by_line_with_the_scale() {
    let place = Place::with_ledger();
    let line = answers(1, "C-1", "nps", &json!([answer("nps", 11, 0, 10)]));
    let refused = place.annals_given(&["record"], &line).exits(7);
    assert!(refused.err.contains("line 1") && refused.err.contains("11"), "{}", refused.err);
    assert_eq!(report(&place, &["satisfaction"])["nps"]["n"], 0);
}

#[test]
fn answers_on_a_scale_the_rules_do_not_name_are_counted_apart() {
    let place = place_with(&[
        answers(1, "C-1", "nps", &json!([answer("nps", 4, 1, 5)])),
        answers(2, "C-2", "nps", &json!([answer("nps", 9, 0, 10)])),
        answers(3, "C-3", "nps", &json!([answer("nps", 10, 0, 10)])),
    ]);
    let report = report(&place, &["satisfaction"]);
    assert_eq!((&report["nps"]["n"], &report["nps"]["off_scale"]), (&json!(2), &json!(1)));
    assert!(why(&report["instruments"][0]).contains("not on 0 to 10"), "{report}");
}

#[test]
fn an_unknown_instrument_is_kept_and_said_to_be_undeclared() {
    let place = place_with(&[answers(1, "C-1", "mood", &json!([answer("mood", 3, 1, 5)]))]);
    let report = report(&place, &["satisfaction"]);
    let mood = &report["instruments"][0];
    assert_eq!((&mood["instrument"], &mood["known"]), (&json!("mood"), &json!(false)));
    assert!(why(mood).contains("not declared in the ruleset"), "{mood}");
}

#[test]
fn a_survey_with_items_missing_is_left_out_of_the_index_and_named() {
    let items = json!([answer("satisfaction", 8, 1, 10)]);
    let place = place_with(&[answers(1, "C-1", "acsi", &items)]);
    let report = report(&place, &["satisfaction"]);
    assert!(report["acsi"]["score"].is_null());
    assert_eq!(report["acsi"]["incomplete"], 1);
    assert!(why(&report["instruments"][0]).contains("items missing"), "{report}");
}

#[test]
fn one_answer_only_gives_no_score_and_says_how_many_are_needed() {
    let place = place_with(&[answers(1, "C-1", "nps", &json!([answer("nps", 9, 0, 10)]))]);
    let nps = &report(&place, &["satisfaction"])["nps"];
    assert!(nps["score"].is_null() && nps["n"] == 1, "{nps}");
    assert!(why(nps).contains("at least 2"), "{nps}");
    let table = place.annals(&["report", "satisfaction"]).exits(0).out;
    assert!(table.contains("NPS is withheld"), "{table}");
}

#[test]
fn answers_without_variance_are_marked_and_their_interval_has_no_width() {
    let line = |number: u32| {
        answers(number, &format!("C-{number}"), "nps", &json!([answer("nps", 9, 0, 10)]))
    };
    let place = place_with(&[line(1), line(2), line(3)]);
    let nps = &report(&place, &["satisfaction"])["nps"];
    assert_eq!((&nps["score"], &nps["unanimous"]), (&json!(100.0), &json!(true)));
    assert_eq!(nps["interval_95"], json!([100.0, 100.0]));
    let lower = nps["promoter_share_wilson_95"][0].as_f64().expect("a bound");
    assert!(lower < 0.5, "three answers prove little: {nps}");
}

#[test]
fn customers_who_never_came_back_give_no_model_and_the_reason() {
    let line = |number: u32| {
        purchase(number, &format!("C-{number}"), &format!("2026-01-{number:02}"), "9.00")
    };
    let place = place_with(&(1..=20).map(line).collect::<Vec<_>>());
    let report = report(&place, &["loyalty", "--calibration-end", "2026-06-30"]);
    for model in ["bg_nbd", "pareto_nbd", "gamma_gamma"] {
        assert!(report[model].is_null(), "{model}: {}", report[model]);
        let why = report["models_why"][model].as_str().expect("a reason");
        assert!(why.contains("second day") || why.contains("repeat"), "{model}: {why}");
    }
}

#[test]
fn a_single_customer_has_every_report() {
    let place = place_with(&[purchase(1, "C-1", "2026-01-10", "10.00")]);
    for projection in ["satisfaction", "loyalty", "lifecycle"] {
        assert_eq!(report(&place, &[projection])["customers"], 1, "{projection}");
        place.annals(&["report", projection]).exits(0);
    }
    let concentration = &report(&place, &["loyalty"])["concentration"];
    assert_eq!(concentration["gini"], 0.0, "{concentration}");
}

#[test]
fn purchases_in_two_currencies_without_a_rate_withhold_money_and_name_both() {
    let euros = purchase(1, "C-1", "2026-01-10", "10.00");
    let dollars = purchase(2, "C-2", "2026-01-11", "20.00").replace("EUR", "USD");
    let place = place_with(&[euros, dollars]);
    let report = report(&place, &["loyalty"]);
    assert!(report["rfm"].is_null() && report["occasions"] == 2, "{report}");
    let why = why(&report);
    assert!(
        why.contains("EUR") && why.contains("USD") && why.contains("record the rates"),
        "{why}"
    );
}

#[test]
fn a_negative_amount_is_refused_with_what_to_record_instead_and_zero_is_a_purchase() {
    let place = Place::with_ledger();
    let negative = purchase(1, "C-1", "2026-01-10", "-5.00");
    let refused = place.annals_given(&["record"], &negative).exits(7);
    assert!(refused.err.contains("refund.issued"), "{}", refused.err);
    place.record(&purchase(2, "C-1", "2026-01-10", "0.00"));
    let report = report(&place, &["loyalty"]);
    assert_eq!(report["occasions"], 1);
    assert!(report["concentration"]["gini"].is_null(), "nothing was paid: {report}");
    assert!(report["concentration"]["why"].is_string(), "{report}");
}

#[test]
fn more_returned_than_bought_is_shown_as_a_negative_with_a_note() {
    let refund = json!({"amount": {"amount": "25.00", "currency": "EUR"}});
    let place = place_with(&[
        purchase(1, "C-1", "2026-01-10", "10.00"),
        event(1, "refund.issued", "C-1", "2026-01-20T12:00:00Z", &refund),
    ]);
    let shown = place.annals(&[&["show", "C-1", "--format", "json"][..], &AS_OF].concat());
    let profitability = &shown.exits(0).json()["loyalty"]["profitability"];
    assert_eq!(profitability["net_revenue"], -15.0, "{profitability}");
    assert!(profitability["note"].as_str().expect("a note").contains("more was refunded"));
}

#[test]
fn events_before_the_registration_count_and_are_flagged() {
    let registered = json!({"party_type": "person", "roles": ["customer"]});
    let place = place_with(&[
        purchase(1, "C-1", "2026-01-10", "10.00"),
        event(1, "party.registered", "C-1", "2026-03-01T12:00:00Z", &registered),
    ]);
    let report = report(&place, &["lifecycle"]);
    assert_eq!(report["customers_with_occasions"], 1, "the purchase counts");
    assert_eq!(report["oddities"], json!({"events_before_registration": 1}));
}

#[test]
fn a_clock_that_runs_backwards_is_flagged_and_left_out_of_the_median() {
    let acknowledged = json!({"complaint": "K-1", "automated": false});
    let place = place_with(&[
        complaint(1, "C-1", "2026-02-10", "late"),
        event(1, "complaint.acknowledged", "C-1", "2026-02-08T12:00:00Z", &acknowledged),
    ]);
    let report = report(&place, &["satisfaction"]);
    let days = &report["complaints"]["days_to_acknowledge"];
    assert_eq!((&days["n"], &days["backwards"]), (&json!(0), &json!(1)), "{days}");
    assert!(days["median_days"].is_null() && days["why"].is_string(), "{days}");
}
