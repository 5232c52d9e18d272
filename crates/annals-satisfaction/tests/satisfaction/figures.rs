//! NPS, CSAT, CES and peak-end against numbers worked out by hand.

use crate::ledger::{assert_close, at, moment, population, state, survey, time, view, view_under};
use annals_events::Event;
use annals_projection::Projection as _;
use annals_satisfaction::Satisfaction;
use serde_json::{Value, json};

fn answers(item: &str, min: i16, max: i16, values: &[(i16, usize)]) -> Vec<Event> {
    let each = values.iter().flat_map(|&(value, times)| std::iter::repeat_n(value, times));
    each.map(|value| at(time("2026-03-03T04:00:00Z"), survey(&[(item, min, max, value)]))).collect()
}

/// 50 promoters, 30 passives, 20 detractors of 100: score 30, variance 0.61, standard error
/// 7.81025, interval 30 ± 15.30781; Wilson of 50/100 and 20/100.
#[test]
fn nps_agrees_with_the_one_by_hand() {
    let values = [(10, 30), (9, 20), (8, 15), (7, 15), (6, 10), (0, 10)];
    let nps = &population(vec![state(answers("nps", 0, 10, &values))], "2026-03-31")["nps"];
    assert_eq!(
        [&nps["promoters"], &nps["passives"], &nps["detractors"], &nps["n"]],
        [50, 30, 20, 100]
    );
    assert_close(&nps["score"], 30.0);
    assert_close(&nps["interval_95"][0], 14.69219);
    assert_close(&nps["interval_95"][1], 45.30781);
    assert_close(&nps["promoter_share_wilson_95"][0], 0.40383);
    assert_close(&nps["promoter_share_wilson_95"][1], 0.59617);
    assert_close(&nps["detractor_share_wilson_95"][0], 0.13337);
    assert_close(&nps["detractor_share_wilson_95"][1], 0.28883);
    assert_eq!((&nps["small_n"], &nps["unanimous"]), (&json!(false), &json!(false)));
    assert!(nps.get("why").is_none());
}

#[test]
fn few_and_unanimous_answers_are_marked() {
    let nps = &population(vec![state(answers("nps", 0, 10, &[(9, 3)]))], "2026-03-31")["nps"];
    assert_eq!(nps["interval_95"], json!([100.0, 100.0]));
    assert_eq!((&nps["small_n"], &nps["unanimous"]), (&json!(true), &json!(true)));
}

#[test]
fn csat_and_ces_agree_with_those_by_hand() {
    let mut events = answers("csat", 1, 5, &[(5, 40), (4, 41), (3, 100), (2, 52), (1, 30)]);
    events.extend(answers("ces", 1, 7, &[(7, 2), (5, 1), (4, 1)]));
    let shown = population(vec![state(events)], "2026-03-31");
    let csat = &shown["csat"];
    assert_eq!(csat["counts"], json!({"1": 30, "2": 52, "3": 100, "4": 41, "5": 40}));
    assert_eq!(csat["n"], 263);
    assert_close(&csat["share"], 81.0 / 263.0);
    assert_close(&csat["wilson_95"][0], 0.2553);
    assert_close(&csat["wilson_95"][1], 0.3662);
    assert_close(&csat["mean"], 798.0 / 263.0);
    let ces = &shown["ces"];
    assert_eq!(ces["n"], 4);
    assert_close(&ces["mean"], 5.75);
    assert_close(&ces["share_5_7"], 0.75);
    assert_close(&ces["wilson_95"][0], 0.30064);
    assert_close(&ces["wilson_95"][1], 0.95441);
}

#[test]
fn measures_without_answers_keep_their_keys_and_say_why() {
    for shown in [population(vec![], "2026-03-31"), view(&state(vec![]), "2026-03-31")] {
        for (measure, withheld) in [
            (
                "nps",
                &["score", "interval_95", "promoter_share_wilson_95", "detractor_share_wilson_95"]
                    [..],
            ),
            ("csat", &["share", "wilson_95", "mean"]),
            ("ces", &["mean", "share_5_7", "wilson_95"]),
            ("peak_end", &["mean"]),
        ] {
            let measure = &shown[measure];
            assert_eq!(measure["n"], 0);
            assert!(measure["why"].is_string(), "{measure}");
            for key in withheld {
                assert_eq!(measure.get(*key), Some(&Value::Null), "{key} in {measure}");
            }
        }
        assert_eq!(shown["csat"]["counts"], json!({"1": 0, "2": 0, "3": 0, "4": 0, "5": 0}));
    }
}

#[test]
fn one_answer_is_withheld_with_its_reason_and_shown_as_the_last() {
    let shown = view(&state(answers("nps", 0, 10, &[(10, 1)])), "2026-03-31");
    assert_eq!(shown["nps"]["score"], Value::Null);
    assert_eq!(shown["nps"]["why"], "n = 1 for nps on 0 to 10: at least 2 answers are needed");
    assert_eq!(shown["nps"]["last"], json!({"item": "nps", "value": 10, "on": "2026-03-03"}));
}

#[test]
fn answers_on_another_scale_are_left_out_and_counted() {
    let mut events = answers("csat", 1, 5, &[(5, 2)]);
    events.extend(answers("csat", 1, 10, &[(4, 3)]));
    events.extend(answers("csat", 0, 5, &[(0, 1)]));
    events.extend(answers("other", 1, 5, &[(1, 9)]));
    let csat = &view(&state(events), "2026-03-31")["csat"];
    assert_eq!((&csat["n"], &csat["off_scale"]), (&json!(2), &json!(4)));
    assert_close(&csat["mean"], 5.0);
}

#[test]
fn other_rules_read_the_same_state_otherwise() {
    let text = Satisfaction::BUILT_IN_RULES
        .replace("promoter_min = 9", "promoter_min = 10")
        .replace("items = [\"nps\"]", "items = [\"nps\", \"recommend\"]");
    let rules = Satisfaction::parse_rules(&text).expect("rules");
    let mut events = answers("nps", 0, 10, &[(9, 2)]);
    events.extend(answers("recommend", 0, 10, &[(10, 2)]));
    let nps = &view_under(&state(events), "2026-03-31", &rules)["nps"];
    assert_eq!((&nps["promoters"], &nps["passives"]), (&json!(2), &json!(2)));
    assert_close(&nps["score"], 50.0);
}

/// Visit v: -4 (10 s), 4 (20 s), 1 (30 s): peak 4, end 1. The day in Shanghai without a name: 2,
/// -3, which lie on two days in UTC: peak -3, end -3. Mean of 2.5 and -3.
#[test]
fn peak_end_agrees_with_the_one_by_hand() {
    let shown = view(
        &state(vec![
            at(time("2026-03-01T01:00:00Z"), moment(Some("v"), -4, Some(10))),
            at(time("2026-03-02T15:30:00Z"), moment(Some("w"), 0, None)),
            at(time("2026-03-02T16:30:00Z"), moment(None, 2, None)),
            at(time("2026-03-03T01:00:00Z"), moment(None, -3, None)),
            at(time("2026-03-03T02:00:00Z"), moment(Some("v"), 4, Some(20))),
            at(time("2026-03-05T02:00:00Z"), moment(Some("v"), 1, Some(30))),
        ]),
        "2026-03-31",
    );
    let peak_end = &shown["peak_end"];
    assert_eq!(peak_end["n"], 3);
    assert_close(&peak_end["mean"], (2.5 - 3.0 + 0.0) / 3.0);
    let last = &peak_end["last"];
    assert_eq!((&last["episode"], &last["day"]), (&json!("v"), &json!("2026-03-05")));
    assert_eq!((&last["peak"], &last["end"]), (&json!(4), &json!(1)));
    assert_close(&last["peak_end"], 2.5);
    assert_close(&last["mean"], 1.0 / 3.0);
    assert_close(&last["duration_weighted_mean"], 70.0 / 60.0);
}
