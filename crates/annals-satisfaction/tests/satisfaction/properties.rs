//! What holds for any events: stored states lose nothing, views never panic, counts add up, and
//! pooled measures do not depend on whose answers they are.

use crate::ledger::{
    at_precision, code, moment, population, projection, received, recorded, rules, state, survey,
    view, zone,
};
use annals_events::codec::state_to_bytes;
use annals_events::{
    CareArea, CareMissed, CarePerformed, CarePlanned, CareResponded, Channel, CompensationGranted,
    CompensationType, ComplaintAcknowledged, ComplaintClosed, ComplaintDecisionCommunicated,
    ComplaintRemedyAccepted, ComplaintRemedyRejected, ComplaintReopened, ComplaintResponseOffered,
    ComplaintWithdrawn, Date, Decision, EnquiryAnswered, EnquiryReceived, Envelope, Event,
    ExpectationStated, Grade, Instant, KanoAnswer, KanoPairAnswered, Level, Money, PartyClassified,
    Payload, Phase, Precision, ProductFaultReported, PromiseBroken, PromiseKept, PromiseMade,
    Scale, SurveyExpired, SurveySent, VersionNumber, YesNoUnknown,
};
use annals_projection::{AsOf, Groups, Projection as _, Rates, ViewContext};
use annals_satisfaction::{Cut, KeptClasses, SatisfactionPopulation, SatisfactionState};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;
use serde_json::Value;
use std::collections::BTreeMap;

fn payload() -> impl Strategy<Value = Payload> {
    let number = select(vec!["a", "b", "c"]);
    let answer =
        (select(vec!["nps", "csat", "ces", "other"]), select(vec![(0, 10), (1, 5), (1, 7)]))
            .prop_flat_map(|(item, (min, max))| {
                (min..=max).prop_map(move |value| (item, min, max, value))
            });
    let felt = (proptest::option::of(select(vec!["v", "w"])), -5_i8..=5, any::<Option<u32>>());
    prop_oneof![
        2 => proptest::collection::vec(answer, 1..4).prop_map(|answers| survey(&answers).into()),
        2 => felt.prop_map(|(episode, valence, dwell)| moment(episode, valence, dwell).into()),
        2 => (number.clone(), 0..3_usize, proptest::option::of(-30..60_i32))
            .prop_map(|(number, scheme, until)| classified(number, scheme, until).into()),
        3 => (number.clone(), 0..17_u8, 1..=5_i16, -30..60_i32)
            .prop_map(|(number, which, value, day)| other_event(number, which, value, day)),
        4 => (number, 0..10_u8).prop_map(|(number, stage)| complaint_event(number, stage)),
    ]
}

const SCHEMES: [&str; 3] = ["x", "tier", "need"];

fn classified(class: &str, scheme: usize, until: Option<i32>) -> PartyClassified {
    PartyClassified {
        scheme: code(SCHEMES[scheme]),
        scheme_version: VersionNumber::new(1).expect("a version"),
        code: code(class),
        basis: Vec::new(),
        until: until.map(|day| Date::from_days(day).expect("a day")),
    }
}

fn complaint_event(number: &str, stage: u8) -> Payload {
    let complaint = code(number);
    match stage {
        0 => ComplaintAcknowledged { complaint, method: None, automated: false }.into(),
        1 => {
            let decision = Decision::PartlyUpheld;
            ComplaintResponseOffered { complaint, decision, remedy: None, offer: None }.into()
        }
        2 => ComplaintDecisionCommunicated {
            complaint,
            method: None,
            external_recourse_told: true,
            language: None,
        }
        .into(),
        3 => ComplaintRemedyAccepted { complaint, text: None }.into(),
        4 => ComplaintRemedyRejected { complaint, text: None }.into(),
        5 => ComplaintClosed {
            complaint,
            closure: code("done"),
            satisfied: YesNoUnknown::No,
            recurrence_of: None,
        }
        .into(),
        6 => ComplaintWithdrawn { complaint, reason: None }.into(),
        7 => ComplaintReopened { complaint, reason: code("again") }.into(),
        8 => CompensationGranted {
            complaint: Some(complaint),
            compensation_type: CompensationType::Cash,
            amount: Some(Money::new(i64::MIN, "EUR".parse().expect("a currency"))),
        }
        .into(),
        _ => received(number).into(),
    }
}

/// What is neither a survey nor a moment nor a complaint.
fn other_event(number: &str, which: u8, value: i16, day: i32) -> Payload {
    let on = Date::from_days(day).expect("a day");
    let about = code(number);
    let (area, phase) = (CareArea::ProductQuality, Phase::During);
    match which {
        0 => KanoPairAnswered {
            feature: about,
            functional: KanoAnswer::ALL[usize::from(value.unsigned_abs()) - 1],
            dysfunctional: KanoAnswer::Dislike,
        }
        .into(),
        1 => ExpectationStated { aspect: about, scale: Scale::new(1, 5, value).expect("a scale") }
            .into(),
        2 => SurveySent {
            survey: about,
            instrument: code("csat"),
            instrument_version: VersionNumber::new(1).expect("a version"),
            trigger: None,
        }
        .into(),
        3 => SurveyExpired { survey: about }.into(),
        4 => CarePlanned { care: about, area, phase, trigger: None, due: on, owner: None }.into(),
        5 => CarePerformed { care: about, area, phase, outcome: None }.into(),
        6 => CareMissed { care: about, reason: code("ill") }.into(),
        7 => CareResponded { care: about, response: code("yes"), valence: None }.into(),
        8 => PromiseMade { promise: about, what: code("call"), due: Some(on) }.into(),
        9 => PromiseKept { promise: about }.into(),
        10 => PromiseBroken { promise: about, reason: None }.into(),
        11 => ProductFaultReported {
            product: about,
            fault: code("noise"),
            severity: Grade::new(3).expect("a grade"),
        }
        .into(),
        12 => {
            let mut survey = survey(&[("q", 1, 5, value), ("csat", 1, 5, value)]);
            survey.survey = Some(about.clone());
            survey.answers[0].aspect = Some(about);
            survey.answers[0].level = Some(Level::Social);
            survey.into()
        }
        13 => EnquiryReceived {
            enquiry: about,
            topic: code("topic"),
            question: None,
            product: (value > 3).then(|| code("p")),
        }
        .into(),
        14 => EnquiryAnswered { enquiry: about, answered: true, answer: Some(code("k")) }.into(),
        15 => crate::consistency::contact("topic").into(),
        _ if value > 2 => crate::consistency::purchase("p", Some(i64::from(value)), "EUR").into(),
        _ => crate::profile::purchase().into(),
    }
}

fn event(time: impl Strategy<Value = i64>) -> impl Strategy<Value = Event> {
    let precision = select(Precision::ALL);
    let channel = select(vec![None, Some(Channel::Web), Some(Channel::Phone)]);
    (time, precision, channel, payload()).prop_map(|(nanoseconds, precision, channel, payload)| {
        let time = Instant::from_unix_nanoseconds(nanoseconds);
        let event = at_precision(time, precision, payload);
        let envelope = Envelope { channel, ..event.envelope().clone() };
        Event::new(envelope, event.payload().clone()).expect("an event")
    })
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    // About three months, so that days, months and ties all occur; and all of time.
    let near = (0_i64..200).prop_map(|steps| steps * 40_000_000_000_000);
    let any_time = prop_oneof![9 => near, 1 => i64::MIN / 2..i64::MAX / 2];
    proptest::collection::vec(event(any_time), 0..40)
}

fn stored_and_read(state: &SatisfactionState) -> SatisfactionState {
    let configuration = bincode::config::standard();
    let bytes = bincode::serde::encode_to_vec(state, configuration).expect("it can be stored");
    let (read, length) =
        bincode::serde::decode_from_slice(&bytes, configuration).expect("it can be read");
    assert_eq!(length, bytes.len(), "all bytes are used");
    read
}

fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().expect("a count")
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn storing_the_state_between_any_two_events_changes_nothing(events in events()) {
        let projection = projection();
        let (mut kept, mut stored) = (SatisfactionState::default(), SatisfactionState::default());
        for event in recorded(events) {
            projection.apply(&mut kept, &event);
            projection.apply(&mut stored, &event);
            stored = stored_and_read(&stored);
            prop_assert_eq!(&stored, &kept);
        }
        prop_assert_eq!(view(&stored, "1970-06-01"), view(&kept, "1970-06-01"));
    }

    #[test]
    fn cases_add_up_in_every_cut(events in events()) {
        let state = state(events);
        for complaints in [
            &view(&state, "1970-06-01")["complaints"],
            &population(vec![state.clone(), state], "1970-06-01")["complaints"],
        ] {
            let received = number(complaints, "received");
            let states = ["open", "closed", "withdrawn"].map(|key| number(complaints, key));
            prop_assert_eq!(states.iter().sum::<u64>(), received);
            prop_assert!(number(complaints, "resolved") <= received);
            for key in ["by_category", "by_product", "by_channel", "by_cause"] {
                let Some(cut) = complaints.get(key) else { continue };
                let counts = cut["counts"].as_object().expect("counts");
                let counted: u64 = counts.values().filter_map(Value::as_u64).sum();
                prop_assert_eq!(counted + number(cut, "not_stated"), received);
            }
        }
    }

    #[test]
    fn groups_of_answers_add_up_to_n(events in events()) {
        let shown = population(vec![state(events)], "1970-06-01");
        let nps = &shown["nps"];
        let groups = ["promoters", "passives", "detractors"].map(|key| number(nps, key));
        prop_assert_eq!(groups.iter().sum::<u64>(), number(nps, "n"));
        for measure in ["csat", "ces"] {
            let counts = shown[measure]["counts"].as_object().expect("counts");
            let counted: u64 = counts.values().filter_map(Value::as_u64).sum();
            prop_assert_eq!(counted, number(&shown[measure], "n"));
        }
    }

    #[test]
    fn pooled_measures_do_not_depend_on_whose_answers_they_are(
        dealt in proptest::collection::vec((event(0_i64..9), 0_usize..4), 0..40)
    ) {
        let all = dealt.iter().map(|(event, _)| event.clone()).collect();
        let mut groups = vec![Vec::new(); 4];
        for (event, group) in dealt {
            groups[group].push(event);
        }
        let one = population(vec![state(all)], "1970-06-01");
        let many = population(groups.into_iter().map(state).collect(), "1970-06-01");
        for measure in ["nps", "csat", "ces"] {
            prop_assert_eq!(&one[measure], &many[measure]);
        }
    }

    #[test]
    fn the_events_named_for_a_measure_alone_give_the_measure(events in events()) {
        let whole = view(&state(events.clone()), "1970-06-01");
        let named = |event: &Event| projection().concerns(event).expect("known for every event");
        for (measure, expected) in whole.as_object().expect("an object") {
            let names = |event: &&Event| named(event).contains(&measure.as_str());
            let alone = state(events.iter().filter(names).cloned().collect());
            prop_assert_eq!(&view(&alone, "1970-06-01")[measure], expected, "{}", measure);
        }
        for event in &events {
            for measure in named(event) {
                prop_assert!(whole.get(*measure).is_some(), "{measure} is no measure");
            }
        }
    }

    #[test]
    fn a_group_has_the_figures_it_has_alone_and_all_have_theirs(
        dealt in proptest::collection::vec((events(), 0..3_usize), 0..5)
    ) {
        let (zone, rules, rates) = (zone(), rules(), Rates::default());
        let day = "1970-06-01".parse().expect("a day");
        let context = ViewContext::new(AsOf::date(day, &zone), &zone, &rules, &rates);
        let (histories, places): (Vec<_>, Vec<_>) = dealt.into_iter().unzip();
        let name = |index: usize| format!("c-{index}").parse().expect("a party");
        let customers: Vec<_> = histories
            .into_iter()
            .enumerate()
            .map(|(index, events)| (name(index), state(events)))
            .collect();
        let everybody = Vec::from_iter(&customers);
        let groups = Groups::new(places, 3).expect("three places");
        let (all, each) = projection().population_and_groups(&everybody, &groups, &context);
        prop_assert_eq!(all, projection().population(&everybody, &context));
        prop_assert_eq!(each.len(), 3);
        for (group, shown) in groups.part(&everybody).iter().zip(each) {
            prop_assert_eq!(shown, projection().population(group, &context));
        }
    }

    #[test]
    fn groups_of_a_cut_add_up(events in events(), of_another in events()) {
        let (zone, rules, rates) = (zone(), rules(), Rates::default());
        let day = "1970-06-01".parse().expect("a day");
        let context = ViewContext::new(AsOf::date(day, &zone), &zone, &rules, &rates);
        let name = |index: i32| format!("c-{index}").parse().expect("a party");
        let customers = [(name(1), state(events)), (name(2), state(of_another))];
        let everybody = Vec::from_iter(&customers);
        let whole = projection().population(&everybody, &context);
        for by in [
            "channel", "form", "product", "touchpoint", "agent", "instrument", "level", "aspect",
            "month", "quarter", "year", "class:x",
        ] {
            let cut: Cut = by.parse().expect("a cut");
            let (all, groups) = projection().population_and_cut(&everybody, &context, &cut);
            prop_assert_eq!(&all, &whole);
            let sum = |of: &dyn Fn(&SatisfactionPopulation) -> u64| -> u64 {
                groups.iter().map(|(_, shown)| of(shown)).sum()
            };
            let counts: [fn(&SatisfactionPopulation) -> u64; 6] = [
                |shown| shown.nps.n,
                |shown| shown.csat.off_scale,
                |shown| shown.complaints.counts.received,
                |shown| shown.peak_end.moments,
                |shown| shown.profile.contacts.all.n,
                |shown| shown.profile.kano.iter().map(|feature| feature.n).sum(),
            ];
            for of in counts {
                prop_assert_eq!(sum(&of), of(&whole), "by {}", by);
            }
            let signals = |shown: &SatisfactionPopulation| -> u64 {
                shown.profile.indirect.signals.values().map(|indicator| indicator.n).sum()
            };
            if by == "product" || by == "class:x" {
                prop_assert_eq!(sum(&signals), signals(&whole));
            }
            // What comes along with a customer comes with nobody else.
            let mut alone = BTreeMap::<String, u64>::new();
            for customer in &customers {
                let (_, groups) = projection().population_and_cut(&[customer], &context, &cut);
                for (group, shown) in groups {
                    *alone.entry(group).or_default() += signals(&shown);
                }
            }
            let together = groups.iter().map(|(group, shown)| (group.clone(), signals(shown)));
            prop_assert_eq!(together.collect::<BTreeMap<_, _>>(), alone);
        }
    }

    #[test]
    fn classes_read_alone_are_those_of_the_whole_state(events in events(), day in -30..60_i32) {
        let state = state(events);
        let stored = state_to_bytes(&state).expect("it can be stored");
        let alone = KeptClasses::from_state_bytes(&stored).expect("a state");
        let today = Date::from_days(day).expect("a day");
        for scheme in SCHEMES.map(code) {
            let whole = projection().class(&state, &scheme, today);
            prop_assert_eq!(alone.class(&scheme, today), whole.as_ref());
        }
    }

    #[test]
    fn no_order_of_events_makes_a_view_panic(events in events(), day in 0_i32..2_900_000) {
        // Not sorted: what a runtime would never do must not break the fold either.
        let mut state = SatisfactionState::default();
        for event in unsorted(events) {
            projection().apply(&mut state, &event);
        }
        let day = annals_events::Date::from_days(day - 700_000).map(|day| day.to_string());
        let day = day.expect("a day");
        view(&state, &day);
        population(vec![state], &day);
    }
}

fn unsorted(events: Vec<Event>) -> Vec<annals_events::RecordedEvent> {
    events.into_iter().flat_map(|event| recorded(vec![event])).collect()
}
