//! The figures beside stages: against plain counting from the story, by code that shares nothing
//! with the fold; and what bad input comes to.

mod story;

use annals_events::{Decimal, PartyId, RecordedEvent};
use annals_lifecycle::{
    Alert, LifecyclePopulation, LifecycleRules, LifecycleState, alerts_to_raise,
};
use annals_projection::{Groups, Projection as _, fold};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use story::{Moment, Word, ask, built_in, config, day, events, jumble, projection, state, story};

fn customers(told: &[Vec<Moment>]) -> Vec<(PartyId, LifecycleState)> {
    let id = |number: usize| PartyId::new(&format!("c-{number:04}")).expect("a party");
    told.iter().enumerate().map(|(number, told)| (id(number), state(told))).collect()
}

fn population(told: &[Vec<Moment>], rules: &LifecycleRules, today: i32) -> LifecyclePopulation {
    let customers = customers(told);
    ask(rules, day(today), |projection, context| {
        projection.population(&Vec::from_iter(&customers), context)
    })
}

fn view(told: &[Moment], today: i32) -> Value {
    let state = state(told);
    ask(&built_in(), day(today), |projection, context| {
        serde_json::to_value(projection.view(&state, context)).expect("JSON")
    })
}

fn alerts(told: &[Moment], today: i32, p_alive: Option<&str>) -> Vec<Alert> {
    let p_alive = p_alive.map(|text| text.parse::<Decimal>().expect("a decimal"));
    let state = state(told);
    ask(&built_in(), day(today), |projection, context| projection.alerts(&state, context, p_alive))
}

fn bought(told: &[Moment], today: i32) -> Vec<i32> {
    let days = told.iter().filter(|(at, _, word)| *word == Word::Buy && *at <= today);
    days.map(|(at, _, _)| *at).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..config() })]

    #[test]
    fn figures_are_the_same_bytes_however_the_customers_are_parted(
        told in prop::collection::vec(story(), 0..14), today in 0..1200_i32, parts in 2..16_usize,
    ) {
        let customers = customers(&told);
        let bytes = |parts: usize| ask(&built_in(), day(today), |projection, context| {
            let customers = Vec::from_iter(&customers);
            serde_json::to_string(&projection.population_in_parts(&customers, context, parts))
                .expect("JSON")
        });
        prop_assert_eq!(bytes(1), bytes(parts));
    }

    #[test]
    fn a_group_has_the_figures_it_has_alone_and_the_groups_together_those_of_all(
        told in prop::collection::vec((story(), 0..3_usize), 0..14), today in 0..1200_i32,
    ) {
        let (told, places): (Vec<_>, Vec<_>) = told.into_iter().unzip();
        let customers = customers(&told);
        let groups = Groups::new(places, 3).expect("three places");
        ask(&built_in(), day(today), |projection, context| {
            let everybody = Vec::from_iter(&customers);
            let (all, each) = projection.population_and_groups(&everybody, &groups, context);
            prop_assert_eq!(all, projection.population(&everybody, context));
            for (group, shown) in groups.part(&everybody).iter().zip(each) {
                prop_assert_eq!(shown, projection.population(group, context));
            }
            Ok(())
        })?;
    }

    #[test]
    fn survival_and_lapses_are_those_of_plain_counting(
        told in prop::collection::vec(story(), 0..14), today in 0..1200_i32,
    ) {
        let figures = population(&told, &built_in(), today);
        // From the first purchase to the second, both as rows: a second on the same day is zero.
        let spells: Vec<(i32, bool)> = told.iter().filter_map(|told| {
            let rows = bought(told, today);
            let first = rows.first()?;
            Some(rows.get(1).map_or((today - first, false), |second| (second - first, true)))
        }).collect();
        let steps: BTreeSet<i32> = spells.iter().filter(|(_, is)| *is).map(|(at, _)| *at).collect();
        let mut s = 1.0;
        prop_assert_eq!(figures.survival.len(), steps.len());
        for (row, at) in figures.survival.iter().zip(steps) {
            let at_risk = spells.iter().filter(|(days, _)| *days >= at).count();
            let events = spells.iter().filter(|spell| **spell == (at, true)).count();
            let real = |count: usize| f64::from(u32::try_from(count).expect("few"));
            s *= 1.0 - real(events) / real(at_risk);
            prop_assert_eq!((row.at_risk, row.events), (at_risk as u64, events as u64));
            prop_assert!((row.s - s).abs() < 1e-12);
            if let (Some(lower), Some(upper)) = (row.lower, row.upper) {
                prop_assert!(0.0 <= lower && lower <= row.s && row.s <= upper && upper <= 1.0);
            }
        }
        for row in &figures.win_back {
            let (mut returned, mut open) = (0, 0_u64);
            for told in &told {
                let days = bought(told, today);
                let threshold = row.threshold_days;
                returned += days.windows(2).filter(|two| two[1] - two[0] > threshold).count();
                open += u64::from(days.last().is_some_and(|last| today - last > threshold));
            }
            prop_assert_eq!((row.returned, row.open), (returned as u64, open));
            prop_assert_eq!(row.rate.is_some(), returned as u64 + open > 0);
        }
    }

    #[test]
    fn stays_and_steps_are_those_of_the_histories(
        told in prop::collection::vec(story(), 1..8), today in 0..1200_i32,
    ) {
        let figures = population(&told, &built_in(), today);
        let views: Vec<_> = told.iter().map(|told| {
            let state = state(told);
            ask(&built_in(), day(today), |projection, context| projection.view(&state, context))
        }).collect();
        for (scheme, rows) in figures.stage_dwell.iter() {
            for (stage, row) in rows.iter() {
                let spells = views.iter().filter_map(|view| view.stages.get(scheme));
                let spells = spells.flat_map(|shown| &shown.history);
                let here: Vec<_> = spells.filter(|spell| spell.stage == stage).collect();
                let mut days: Vec<i32> = here
                    .iter()
                    .filter_map(|spell| Some(spell.to?.days_since(spell.from)))
                    .collect();
                days.sort_unstable();
                prop_assert_eq!(row.ended, days.len() as u64);
                prop_assert_eq!(row.open, (here.len() - days.len()) as u64);
                let count = days.len();
                let median = (count > 0)
                    .then(|| f64::from(days[(count - 1) / 2] + days[count / 2]) / 2.0);
                prop_assert_eq!(row.median_days, median);
                let ninth = (count > 0).then(|| days[(count * 9).div_ceil(10) - 1].unsigned_abs());
                prop_assert_eq!(row.p90_days, ninth);
            }
        }
    }

    #[test]
    fn a_measure_folded_from_its_relevant_events_alone_is_the_same(
        told in prop_oneof![story(), jumble()], today in 0..1200_i32,
    ) {
        let mut told = told;
        told.sort_by_key(|(day, second, _)| (*day, *second));
        let all = events(&told);
        let whole = fold(&projection(), &all);
        ask(&built_in(), day(today), |projection, context| {
            let full = serde_json::to_value(projection.view(&whole, context)).expect("JSON");
            for (measure, value) in full.as_object().expect("an object") {
                let named = |event: &RecordedEvent| {
                    let measures = projection.concerns(&event.event);
                    measures.is_none_or(|measures| measures.contains(&measure.as_str()))
                };
                let kept = all.iter().filter(|event| named(event));
                let part = fold(projection, kept);
                let shown = serde_json::to_value(projection.view(&part, context)).expect("JSON");
                prop_assert_eq!(&shown[measure], value, "{}", measure);
            }
            Ok(())
        })?;
    }

    #[test]
    fn warnings_name_only_events_of_the_customer_up_to_the_day(
        told in story(), more in 0..400_i32,
    ) {
        let today = told.last().map_or(0, |(day, _, _)| *day) + more;
        let own: BTreeSet<_> = events(&told).iter().map(|event| event.event.id()).collect();
        for alert in alerts(&told, today, Some("0.1")) {
            prop_assert!(alert.evidence.iter().all(|event| own.contains(event)), "{:?}", alert);
            let needs_none = alert.evidence.is_empty();
            prop_assert!(!needs_none, "{:?}", alert);
        }
    }
}

fn rule<'a>(alerts: &'a [Alert], rule: &str) -> Option<&'a Alert> {
    alerts.iter().find(|alert| alert.rule == rule)
}

#[test]
fn silence_against_the_own_rhythm_warns_with_the_last_purchase() {
    let told = [(0, 0, Word::Buy), (20, 0, Word::Buy), (40, 0, Word::Buy)];
    assert_eq!(rule(&alerts(&told, 79, None), "rhythm_broken"), None, "39 days are not twice 20");
    let warned = alerts(&told, 80, None);
    let alert = rule(&warned, "rhythm_broken").expect("40 days are");
    assert_eq!(alert.evidence, [events(&told)[2].event.id()]);
    assert!(alert.because.contains("rhythm_ratio 2.00"), "{}", alert.because);
    let payloads =
        alerts_to_raise(&warned, &PartyId::new("c-1").expect("a party"), &built_in(), day(80));
    assert_eq!(payloads.len(), warned.len());
    assert_eq!(payloads[0].alert.as_str(), "rhythm_broken/c-1/1997-03-22");
}

#[test]
fn signs_before_a_complaint_warn_and_grow_louder_with_silence() {
    let told = [(0, 0, Word::Buy), (20, 0, Word::Buy), (22, 0, Word::Dissatisfied)];
    let early = alerts(&told, 25, None);
    assert!(rule(&early, "dissatisfied_unlodged").is_some());
    assert!(rule(&early, "silent_and_displeased").is_none());
    let late = alerts(&told, 60, None);
    let loud = rule(&late, "silent_and_displeased").expect("40 days of silence at a rhythm of 20");
    assert_eq!(loud.level.to_string(), "critical");
    assert_eq!(loud.evidence.len(), 2, "the purchase and what was said");
}

#[test]
fn falling_sentiment_waiting_enquiries_and_a_models_doubt_warn() {
    let felt = [4, 4, 0, 1, 0];
    let mut told: Vec<Moment> =
        (0..).zip(felt).map(|(at, felt)| (at * 5, 0, Word::Feel(felt))).collect();
    told.push((30, 0, Word::Enquire(1)));
    let warned = alerts(&told, 36, Some("0.05"));
    let fall = rule(&warned, "sentiment_falling").expect("from 4 to a third");
    assert!(fall.because.contains("sentiment_fall 3.66"), "{}", fall.because);
    assert!(rule(&warned, "enquiry_waiting").is_none(), "six days");
    assert!(rule(&warned, "probably_gone").is_none(), "not a customer yet");
    assert!(rule(&alerts(&told, 37, None), "enquiry_waiting").is_some(), "a week");
    told.push((40, 0, Word::AnswerEnquiry(1)));
    assert!(rule(&alerts(&told, 60, None), "enquiry_waiting").is_none());
    let told = [(0, 0, Word::Buy), (9, 0, Word::Buy)];
    assert!(rule(&alerts(&told, 10, None), "probably_gone").is_none(), "no model was asked");
    assert!(rule(&alerts(&told, 10, Some("0.31")), "probably_gone").is_none());
    assert!(rule(&alerts(&told, 10, Some("0.3")), "probably_gone").is_some());
}

/// Each sign is watched within the rule's ninety days and no longer.
#[test]
fn a_key_contact_who_left_and_words_against_us_warn_for_ninety_days() {
    let told =
        [(0, 0, Word::KeyContactLeft), (10, 0, Word::SpeakAgainst), (20, 0, Word::Trust(30))];
    let own: Vec<_> = events(&told).iter().map(|event| event.event.id()).collect();
    let warned = alerts(&told, 89, None);
    for (rule_id, event) in ["key_contact_left", "against_us", "low_answer"].iter().zip(own) {
        assert_eq!(rule(&warned, rule_id).expect("warned").evidence, [event], "{rule_id}");
    }
    let later = alerts(&told, 90, None);
    assert!(rule(&later, "key_contact_left").is_none());
    assert!(rule(&later, "against_us").is_some());
}

/// Of 80 customers who bought on one day 40 got an action, of whom 30 came back; of the others, 10.
#[test]
fn effect_of_an_action_is_the_difference_to_those_who_had_none() {
    let told: Vec<Vec<Moment>> = (0..80)
        .map(|number| {
            let mut told = vec![(0, 0, Word::Buy)];
            let (acted, returns) =
                (number < 40, if number < 40 { number % 4 > 0 } else { number % 4 == 0 });
            if acted {
                told.push((31, 0, Word::Act(1)));
            }
            if returns {
                told.push((60, 0, Word::Buy));
            }
            told
        })
        .collect();
    let figures = population(&told, &built_in(), 365);
    let row = &figures.retention_actions[0];
    assert_eq!((row.taken, row.matched, row.returned, row.comparable), (40, 40, 30, 40));
    assert!((row.difference.expect("enough") - 0.5).abs() < 1e-12);
    // sqrt(31/42 x 11/42 / 42 + 11/42 x 31/42 / 42) x 1.96
    let reach = 1.959_963_984_540_054 * (2.0 * 31.0 * 11.0 / 42.0_f64.powi(3)).sqrt();
    assert!((row.lower.expect("enough") - (0.5 - reach)).abs() < 1e-12);
    let few = population(&told[..50], &built_in(), 365);
    let row = &few.retention_actions[0];
    assert_eq!((row.difference, row.comparable), (None, 10));
    assert_eq!(
        row.why.as_deref(),
        Some("too few: 40 compared with 10, at least 30 of each are wanted")
    );
    let early = population(&told, &built_in(), 100);
    assert_eq!((early.retention_actions[0].open, early.retention_actions[0].matched), (40, 0));
}

#[test]
fn win_back_offers_and_reasons_are_counted() {
    let told = vec![
        vec![(0, 0, Word::Churn), (1, 0, Word::Offer(1)), (2, 0, Word::Accept(1))],
        vec![(0, 0, Word::Churn), (1, 0, Word::Offer(1)), (2, 0, Word::Decline(1))],
        vec![(0, 0, Word::Buy), (1, 0, Word::Offer(1))],
    ];
    let shown = serde_json::to_value(population(&told, &built_in(), 9)).expect("JSON");
    let expected = json!({
        "offered": 3, "accepted": 1, "declined": 1, "open": 1, "acceptance_rate": 0.5
    });
    assert_eq!(shown["win_back_offers"], expected);
    let reasons = json!([{
        "code": "because", "count": 2, "voluntary": 2, "share": 1.0, "cumulative_share": 1.0
    }]);
    assert_eq!(shown["churn_reasons"], reasons);
    assert_eq!(shown["retention_actions"][0]["action"], "win_back");
}

/// P: N -> A 1 of 1; A -> A 1 of 3, A -> D 2 of 3 ... checked with numpy in `markov.rs`; here that
/// the shares are those of the counts and that the ruleset's rewards are used.
#[test]
fn markov_values_come_from_the_transitions_and_the_rulesets_rewards() {
    let text = format!(
        "name = \"lifecycle\"\nversion = 2\n[markov]\ndiscount_rate_monthly = 1\n\
         currency = \"CNY\"\nreward = {{ N = 8, A = 4, R = 2, D = -1.5 }}\n{}",
        "[[scheme]]\nid = \"m\"\nkind = \"calendar_month_activity\"\nnone = \"x\"\n"
    );
    let rules = LifecycleRules::parse(&text).expect("rules");
    // January, February; then nothing until the end of April: N A D D.
    let told = vec![vec![(0, 0, Word::Buy), (40, 0, Word::Buy)]];
    let shown = serde_json::to_value(population(&told, &rules, 119)).expect("JSON");
    let markov = &shown["markov"];
    assert_eq!(markov["probabilities"]["A"]["D"], 1.0);
    assert_eq!(markov["probabilities"]["R"]["D"], Value::Null);
    // D: -1.5 / (1 - 1/2) = -3; A: 4 - 3/2 = 2.5; N: 8 + 2.5/2 = 9.25.
    let values = json!({"N": 9.25, "A": 2.5, "R": null, "D": -3.0});
    assert_eq!(markov["clv"], values);
    assert_eq!(markov["why"], "months in some states were followed by no other month yet");
    let without = serde_json::to_value(population(&told, &built_in(), 119)).expect("JSON");
    assert_eq!(without["markov"]["clv"]["N"], Value::Null);
    assert!(without["markov"]["why"].as_str().expect("why").contains("[markov.reward]"));
}

#[test]
fn a_single_customer_and_none_at_all_have_defined_figures() {
    let nobody = serde_json::to_value(population(&[], &built_in(), 0)).expect("JSON");
    assert_eq!(nobody["survival"], json!([]));
    assert_eq!(nobody["why"]["survival"], "nobody has begun yet");
    assert_eq!(nobody["win_back"][0]["rate"], Value::Null);
    let one = serde_json::to_value(population(&[vec![(0, 0, Word::Buy)]], &built_in(), 0));
    let one = one.expect("JSON");
    assert_eq!(one["why"]["survival"], "nobody has bought a second time yet");
    let silent = population(&[vec![(0, 0, Word::Contact)]], &built_in(), 9);
    assert_eq!((silent.customers, silent.customers_with_occasions), (1, 0));
    assert_eq!(silent.why.get("cohorts"), Some(&"nobody has bought yet"));
    // The only customer bought twice on the first day: the curve ends at zero, its interval open.
    let twice = population(&[vec![(0, 0, Word::Buy), (0, 1, Word::Buy)]], &built_in(), 9);
    let row = &twice.survival[0];
    assert_eq!((row.t_days, row.at_risk, row.events, row.lower), (0, 1, 1, None));
    assert_eq!(twice.survival_occasion, []);
}

#[test]
fn events_before_the_registration_and_ends_before_beginnings_are_flagged_and_kept() {
    let told = [(0, 0, Word::Buy), (5, 0, Word::Register)];
    let shown = view(&told, 9);
    assert_eq!(shown["oddities"], json!(["events_before_registration"]));
    assert_eq!((&shown["known_since"], &shown["occasions"]), (&json!("1997-01-01"), &json!(1)));
    let told = [(0, 0, Word::CloseComplaint(1)), (5, 0, Word::Complain(1))];
    let shown = view(&told, 9);
    assert_eq!(shown["oddities"], json!(["ended_before_received"]));
    assert_eq!(shown["complaints_open"], 1, "open until it is ended again");
    let told = [(0, 0, Word::Churn), (5, 0, Word::Buy)];
    assert_eq!(view(&told, 9)["oddities"], json!(["gone_before_first_purchase"]));
    let figures = population(&[told.to_vec()], &built_in(), 9);
    assert_eq!(figures.survival_churn, [], "no churn of a customer");
    assert_eq!(figures.oddities.get("gone_before_first_purchase"), Some(&1));
}

/// A ruleset of the first version knows none of the new parts and is answered all the same.
#[test]
fn a_ruleset_without_the_new_parts_says_what_it_does_not_give() {
    let text = "name = \"lifecycle\"\nversion = 1\n[[scheme]]\nid = \"m\"\n\
                kind = \"calendar_month_activity\"\nnone = \"x\"\n";
    let rules = LifecycleRules::parse(text).expect("rules");
    let figures = population(&[vec![(0, 0, Word::Buy)]], &rules, 9);
    assert_eq!(figures.win_back, []);
    assert_eq!(figures.why.get("win_back"), Some(&"the ruleset has no [lapse] thresholds"));
    assert_eq!(figures.why.get("alerts"), Some(&"the ruleset has no [[alert]]"));
}
