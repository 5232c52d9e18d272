//! Gaps, touchpoints, the journey, care, promises, unasked indicators, the effect of complaints and
//! what came later, each against numbers worked out by hand.

use crate::ledger::{
    assert_close, at, code, moment, population, received, state, survey, time, view,
};
use annals_events::{
    CareArea, CareMissed, CarePerformed, CarePlanned, CareResponded, ComplaintClosed, Event,
    ExpectationStated, Level, Money, Phase, PromiseBroken, PromiseKept, PromiseMade,
    PurchaseCompleted, ReturnReceived, Scale, Sense, SurveyAnswered, SurveyExpired, SurveySent,
    Valence, VersionNumber, YesNoUnknown,
};
use serde_json::{Value, json};

fn day(month: u8, day: u8) -> annals_events::Instant {
    time(&format!("2026-{month:02}-{day:02}T04:00:00Z"))
}

pub(crate) fn purchase() -> PurchaseCompleted {
    let total = Money::new(100, "EUR".parse().expect("a currency"));
    PurchaseCompleted { order: None, lines: Vec::new(), total, margin: None }
}

fn on_aspect(aspect: &str, level: Level, max: i16, value: i16) -> SurveyAnswered {
    let mut survey = survey(&[("q", 1, max, value)]);
    survey.answers[0].aspect = Some(code(aspect));
    survey.answers[0].level = Some(level);
    survey
}

/// Delivery: 4 of 1 to 5 (75 of 100) and 10 of 1 to 10 (100): 87.5. Expected 5, then 3: gaps 4 - 5
/// before and 2 - 3 after the second was stated; 10 of 1 to 10 has no expectation on its scale.
#[test]
fn a_gap_is_perceived_less_what_was_last_expected_before_on_the_same_scale() {
    let expected = |value| ExpectationStated {
        aspect: code("delivery"),
        scale: Scale::new(1, 5, value).expect("a scale"),
    };
    let shown = view(
        &state(vec![
            at(day(1, 1), expected(5)),
            at(day(1, 2), on_aspect("delivery", Level::Service, 5, 4)),
            at(day(1, 3), expected(3)),
            at(day(1, 4), on_aspect("delivery", Level::Service, 5, 2)),
            at(day(1, 5), on_aspect("delivery", Level::Product, 10, 10)),
            at(day(1, 6), on_aspect("advice", Level::Product, 5, 1)),
            at(day(1, 6), on_aspect("advice", Level::Product, 5, 3)),
        ]),
        "2026-03-31",
    );
    let delivery = &shown["aspects"]["delivery"];
    assert_close(&delivery["score"], (75.0 + 25.0 + 100.0) / 3.0);
    assert_close(&delivery["gap"]["mean"], -1.0);
    assert_eq!((&delivery["n"], &delivery["gap"]["n"]), (&json!(3), &json!(2)));
    assert_eq!(shown["aspects"]["advice"]["gap"]["mean"], Value::Null);
    assert_close(&shown["levels"]["service"]["score"], 50.0);
    assert_close(&shown["levels"]["product"]["score"], (100.0 + 0.0 + 50.0) / 3.0);
    assert!(shown["levels"]["social"]["why"].is_string());
    assert_close(&shown["qualities"]["functional"]["score"], 25.0);
    assert_eq!(shown["qualities"]["technical"]["n"], 3);
}

/// Two sets: expected all 7; perceived all 7 and all 5 but for one empathy item of 1.
#[test]
fn servqual_weighs_dimensions_alike_however_many_pairs_they_have() {
    let names: Vec<String> =
        ["e", "p"].iter().flat_map(|half| (1..=22).map(move |n| format!("{half}{n}"))).collect();
    let set = |value: &dyn Fn(&str) -> i16| {
        let answers: Vec<_> = names.iter().map(|name| (name.as_str(), 1, 7, value(name))).collect();
        at(day(1, 1), survey(&answers))
    };
    let low = |name: &str| match name {
        "p22" => 1,
        name if name.starts_with('p') => 5,
        _ => 7,
    };
    let shown = view(&state(vec![set(&|_| 7), set(&low)]), "2026-03-31")["servqual"].clone();
    assert_eq!(shown["n"], 2);
    let gaps: Vec<f64> = shown["dimensions"]
        .as_array()
        .expect("dimensions")
        .iter()
        .map(|dimension| dimension["gap"].as_f64().expect("a gap"))
        .collect();
    assert_eq!(gaps[..4], [-1.0; 4]);
    assert!((gaps[4] + 1.4).abs() < 1e-12, "(4 x -2 - 6) / 5 / 2: {gaps:?}");
    assert_close(&shown["gap"], -1.08);
}

fn step(episode: &str, name: &str, valence: i8) -> annals_events::TouchpointExperienced {
    let mut moment = moment(Some(episode), valence, Some(10));
    moment.step = code(name);
    moment
}

/// Journeys: search > cart > checkout; search > cart (left); search, search (left).
#[test]
fn the_journey_counts_reach_leave_follow_and_obstacles() {
    let mut hindered = step("b", "cart", -3);
    hindered.obstacle = Some(code("slow"));
    hindered.moment_of_truth = true;
    hindered.expected = Some(Scale::new(1, 5, 4).expect("a scale"));
    hindered.perceived = Some(Scale::new(1, 5, 2).expect("a scale"));
    let mut other = hindered.clone();
    other.obstacle = None;
    other.senses = vec![Sense::Touch, Sense::Sight];
    hindered.senses = vec![Sense::Touch];
    other.perceived = Some(Scale::new(1, 7, 2).expect("a scale"));
    other.episode = Some(code("a"));
    let shown = view(
        &state(vec![
            at(day(1, 1), step("a", "search", 1)),
            at(day(1, 2), other),
            at(day(1, 3), step("a", "checkout", 3)),
            at(day(1, 1), step("b", "search", 1)),
            at(day(1, 2), hindered),
            at(day(1, 1), step("c", "search", -1)),
            at(day(1, 2), step("c", "search", -1)),
        ]),
        "2026-03-31",
    );
    let journey = &shown["journey"];
    let of = |name: &str| {
        let steps = journey["steps"].as_array().expect("steps");
        steps.iter().find(|step| step["step"] == name).expect("a step").clone()
    };
    assert_eq!(journey["episodes"], 3);
    assert_eq!((&of("search")["moments"], &of("search")["episodes"]), (&json!(4), &json!(3)));
    assert_close(&of("search")["drop_off"], 1.0 / 3.0);
    assert_close(&of("cart")["drop_off"], 0.5);
    assert_eq!(of("checkout")["drop_off"], Value::Null, "an end is not left");
    assert_eq!(of("cart")["obstacles"], json!({"slow": 1}));
    assert_close(&of("search")["dwell_median_seconds"], 10.0);
    assert_eq!(
        journey["transitions"],
        json!([
            {"from": "cart", "to": "checkout", "n": 1},
            {"from": "search", "to": "cart", "n": 2},
            {"from": "search", "to": "search", "n": 1},
        ])
    );
    let cart = &shown["touchpoints"]["cart"];
    assert_close(&cart["moments_of_truth"]["mean"], -3.0);
    assert_eq!(cart["by_sense"]["touch"]["n"], 2);
    assert_eq!(cart["by_sense"]["sight"]["n"], 1);
    assert_eq!(cart["by_sense"].get("smell"), None);
    assert_eq!((&cart["gap"]["n"], &cart["scales_differ"]), (&json!(1), &json!(1)));
}

#[test]
fn care_is_due_done_late_missed_overdue_or_unplanned() {
    let planned = |care: &str, due: &str| CarePlanned {
        care: code(care),
        area: CareArea::AfterSales,
        phase: Phase::Post,
        trigger: None,
        due: due.parse().expect("a day"),
        owner: None,
    };
    let performed = |care: &str| CarePerformed {
        care: code(care),
        area: CareArea::AfterSales,
        phase: Phase::Post,
        outcome: None,
    };
    let shown = view(
        &state(vec![
            at(day(1, 1), planned("late", "2026-01-05")),
            at(day(1, 6), performed("late")),
            at(day(1, 1), planned("missed", "2026-01-05")),
            at(day(1, 7), CareMissed { care: code("missed"), reason: code("ill") }),
            at(day(1, 1), planned("overdue", "2026-03-30")),
            at(day(1, 1), planned("today", "2026-03-31")),
            at(day(1, 1), planned("later", "2026-04-01")),
            at(day(2, 1), performed("unplanned")),
            at(
                day(2, 2),
                CareResponded {
                    care: code("unplanned"),
                    response: code("thanked"),
                    valence: Valence::new(4).ok(),
                },
            ),
            at(day(2, 3), CareMissed { care: code("alone"), reason: code("ill") }),
        ]),
        "2026-03-31",
    );
    let cells = shown["care"]["cells"].as_array().expect("cells");
    assert_eq!(cells.len(), 12);
    let cell = cells.iter().find(|c| c["area"] == "after_sales" && c["phase"] == "post");
    let cell = cell.expect("the cell");
    let count = |key: &str| cell[key].as_u64().expect("a count");
    assert_eq!(
        ["due", "upcoming", "done", "done_late", "unplanned", "missed", "overdue", "responded"]
            .map(count),
        [4, 1, 2, 1, 1, 1, 1, 1]
    );
    assert_close(&cell["done_rate"], 0.25);
    assert_eq!(shown["care"]["without_plan_or_deed"], 1);
    let elsewhere: u64 = cells.iter().map(|cell| cell["done"].as_u64().expect("a count")).sum();
    assert_eq!(elsewhere, 2);
}

#[test]
fn promises_add_up_and_broken_outweighs_kept() {
    let made = |number: &str, due: Option<&str>| PromiseMade {
        promise: code(number),
        what: code("call_back"),
        due: due.map(|day| day.parse().expect("a day")),
    };
    let kept = |number: &str| PromiseKept { promise: code(number) };
    let broken = |number: &str| PromiseBroken { promise: code(number), reason: None };
    let shown = view(
        &state(vec![
            at(day(1, 1), made("kept", Some("2026-01-02"))),
            at(day(1, 3), kept("kept")),
            at(day(1, 1), made("both", None)),
            at(day(1, 3), kept("both")),
            at(day(1, 4), broken("both")),
            at(day(1, 1), made("open", Some("2026-01-02"))),
            at(day(1, 4), broken("alone")),
        ]),
        "2026-03-31",
    );
    let promises = &shown["promises"];
    let count = |key: &str| promises[key].as_u64().expect("a count");
    assert_eq!(
        ["made", "kept", "kept_late", "broken", "open", "overdue", "without_making"].map(count),
        [3, 1, 1, 1, 1, 1, 1]
    );
    assert_close(&promises["kept_rate"], 0.5);
    assert_eq!(promises["by_what"]["call_back"]["made"], 3);
}

fn closed(complaint: &str, satisfied: YesNoUnknown) -> ComplaintClosed {
    ComplaintClosed {
        complaint: code(complaint),
        closure: code("done"),
        satisfied,
        recurrence_of: None,
    }
}

/// Customer one: 4 before, 5 after, unknown at the closing: recovered by the answer. Customer two:
/// 5 before, 1 after, said no. Customer three: open. Customer four: the answer before is too old.
#[test]
fn a_complaints_effect_is_the_answer_after_less_the_answer_before() {
    let csat = |value| survey(&[("csat", 1, 5, value)]);
    let course = |first: i16, satisfied, second: i16| {
        state(vec![
            at(day(1, 2), csat(1)),
            at(day(1, 3), csat(first)),
            at(day(1, 4), received("k")),
            at(day(1, 8), closed("k", satisfied)),
            at(day(1, 9), csat(second)),
            at(day(1, 10), csat(3)),
        ])
    };
    let old = state(vec![
        at(time("2025-01-01T00:00:00Z"), csat(5)),
        at(day(1, 4), received("k")),
        at(day(1, 8), closed("k", YesNoUnknown::Yes)),
        at(day(1, 9), csat(5)),
    ]);
    let open = state(vec![at(day(1, 4), received("k"))]);
    let customers =
        vec![course(4, YesNoUnknown::Unknown, 5), course(5, YesNoUnknown::No, 1), open, old];
    let shown = population(customers, "2026-03-31")["complaint_effect"].clone();
    assert_close(&shown["before"]["mean"], 4.5);
    assert_close(&shown["after"]["mean"], 3.0);
    assert_close(&shown["change"]["mean"], -1.5);
    assert_close(&shown["change"]["interval_95"][0], -1.5 - 1.959_964 * 2.5);
    let count = |key: &str| shown[key].as_u64().expect("a count");
    assert_eq!(["cases", "recovered", "still_open", "reopened"].map(count), [4, 2, 1, 0]);
    assert_close(&shown["recovery_rate"], 0.5);
}

#[test]
fn what_came_later_is_counted_in_whole_windows_after_the_day() {
    let customer = |value, purchases: &[(u8, u8)], complains: bool| {
        let mut events: Vec<Event> = vec![at(day(1, 10), survey(&[("csat", 1, 5, value)]))];
        events.extend(purchases.iter().map(|(month, on)| at(day(*month, *on), purchase())));
        if complains {
            events.push(at(day(2, 1), received("k")));
        }
        state(events)
    };
    let customers = vec![
        customer(5, &[(1, 10), (1, 11), (1, 11), (4, 10)], false),
        customer(5, &[(1, 10), (4, 11)], false),
        customer(1, &[], true),
        customer(1, &[(2, 2)], false),
    ];
    let shown = population(customers.clone(), "2026-04-10")["later"].clone();
    assert_eq!(shown[0]["within_days"], 90);
    let levels = shown[0]["levels"].as_array().expect("levels");
    let row = |level: &Value| {
        ["level", "n", "bought", "complained"].map(|key| level[key].as_u64().expect("a count"))
    };
    assert_eq!(levels.iter().map(row).collect::<Vec<_>>(), [[1, 2, 1, 1], [5, 2, 1, 0]]);
    assert_close(&levels[1]["mean_purchases"], 1.0);
    assert_eq!(shown[1]["too_recent"], 4, "180 days have not passed");
    let early = population(customers, "2026-04-09")["later"].clone();
    assert_eq!(early[0]["too_recent"], 4);
}

#[test]
fn unasked_indicators_are_per_customer_and_per_purchase() {
    let returned = || ReturnReceived { order: None, lines: Vec::new(), reason: code("broken") };
    let customers = vec![
        state(vec![
            at(day(1, 1), purchase()),
            at(day(1, 1), purchase()),
            at(day(1, 2), purchase()),
            at(day(1, 3), returned()),
            at(day(1, 4), returned()),
        ]),
        state(vec![at(day(1, 1), purchase()), at(day(1, 1), received("k"))]),
        state(vec![]),
        state(vec![at(day(1, 1), purchase())]),
    ];
    let shown = population(customers, "2026-03-31")["indirect"].clone();
    assert_eq!(shown["purchase_occasions"], 4);
    let returns = &shown["signals"]["return_received"];
    assert_eq!((&returns["n"], &returns["customers"]), (&json!(2), &json!(1)));
    assert_close(&returns["per_100_customers"], 50.0);
    assert_close(&returns["per_100_purchases"], 50.0);
    assert_close(&shown["complaints"]["per_100_customers"], 25.0);
}

#[test]
fn surveys_sent_come_back_or_run_out() {
    let sent = |number: &str| SurveySent {
        survey: code(number),
        instrument: code("csat"),
        instrument_version: VersionNumber::new(1).expect("a version"),
        trigger: None,
    };
    let mut answered = survey(&[("csat", 1, 5, 5)]);
    answered.survey = Some(code("a"));
    let mut unsent = answered.clone();
    unsent.survey = Some(code("z"));
    let shown = view(
        &state(vec![
            at(day(1, 1), sent("a")),
            at(day(1, 1), sent("b")),
            at(day(1, 2), answered),
            at(day(1, 2), unsent),
            at(day(1, 9), SurveyExpired { survey: code("b") }),
        ]),
        "2026-03-31",
    );
    let rate = &shown["response"]["csat"];
    assert_eq!(
        (&rate["sent"], &rate["answered"], &rate["expired"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_close(&rate["rate"], 0.5);
}

#[test]
fn months_have_their_own_scores_and_counts() {
    let nps = |month, value| at(day(month, 5), survey(&[("nps", 0, 10, value)]));
    // 2026-01-31 17:00 UTC is February in Shanghai.
    let late = at(time("2026-01-31T17:00:00Z"), survey(&[("nps", 0, 10, 0)]));
    let events = vec![nps(1, 10), nps(1, 9), nps(2, 8), late, nps(4, 10)];
    let shown = population(vec![state(events)], "2026-04-30")["over_time"]["nps"].clone();
    let month = |row: &Value| (row["month"].clone(), row["n"].clone(), row["score"].clone());
    let months: Vec<_> = shown.as_array().expect("months").iter().map(month).collect();
    assert_eq!(
        months,
        [
            (json!("2026-01"), json!(2), json!(100.0)),
            (json!("2026-02"), json!(2), json!(-50.0)),
            (json!("2026-04"), json!(1), Value::Null),
        ]
    );
}
