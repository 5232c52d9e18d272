//! What holds for simulated companies: the same for ever, possible, and plausible.

use annals_events::{ContentHash, Date, Event, EventId, Instant, PartyId, Payload, Zone};
use annals_testkit::{Company, NaiveLedger, sealed, simulate_care};
use std::collections::{BTreeMap, BTreeSet};

fn company(seed: u64, customers: u32) -> Vec<Event> {
    let company = Company {
        name: "test".to_owned(),
        seed,
        customers,
        start: "2023-01-01".parse().expect("a date"),
        days: 730,
        zone: Zone::named("Europe/Berlin").expect("a zone"),
    };
    company.events().expect("the name fits a source").collect()
}

fn care_year(seed: u64) -> Vec<Event> {
    let day = |text: &str| text.parse::<Date>().expect("a date");
    let customers: Vec<_> = (0..400)
        .map(|number| {
            let id = PartyId::new(&format!("{number:05}")).expect("digits are a party id");
            (id, day("1997-01-10"), day("1997-01-10").plus_days(number % 500))
        })
        .collect();
    simulate_care(&customers, seed, day("1997-07-01"), 365)
}

/// Kinds and how many events each has.
fn counts(events: &[Event]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for event in events {
        *counts.entry(event.kind()).or_default() += 1;
    }
    counts
}

/// How often each place of an instrument's scale was given.
fn places(events: &[Event], instrument: &str) -> BTreeMap<i16, usize> {
    let mut places = BTreeMap::new();
    for event in events {
        if let Payload::SurveyAnswered(survey) = event.payload()
            && survey.instrument.as_str() == instrument
        {
            let place =
                survey.answers.first().and_then(|answer| answer.scale).expect("a scale").value();
            *places.entry(place).or_default() += 1;
        }
    }
    places
}

fn percent(part: usize, whole: usize) -> usize {
    100 * part / whole
}

fn digest(events: &[Event]) -> String {
    let text: Vec<_> = events.iter().map(|event| event.to_json().to_string()).collect();
    ContentHash::of(text.join("\n").as_bytes()).to_string()
}

#[test]
fn a_seed_gives_the_same_events_for_ever() {
    assert_eq!(
        digest(&company(7, 150)),
        "50b5ba8957dd096d3065e3deaf1ad11f64f0904178464d071681a01759808b6b"
    );
    assert_eq!(
        digest(&care_year(7)),
        "e7c904f65dd2dc1cd8d192e7dfd97f88ad9b5b81c63ff074c34397839e37833d"
    );
    assert_ne!(digest(&company(8, 150)), digest(&company(7, 150)));
}

#[test]
fn events_come_as_the_ledger_hears_of_them_and_a_few_are_late() {
    let events = company(1, 300);
    let mut latest = Instant::MIN;
    let mut late = 0;
    for event in &events {
        late += usize::from(event.occurred_at() < latest.plus_seconds(-20 * 3600));
        latest = latest.max(event.occurred_at());
    }
    assert!(late > 0 && percent(late, events.len()) < 5, "{late} of {}", events.len());
    let (start, end) = ("2022-12-31T23:00:00Z", "2024-12-30T23:00:00Z");
    let times = events.iter().map(Event::occurred_at);
    assert!(times.clone().min() >= start.parse().ok(), "{:?}", times.min());
    assert!(times.clone().max() < end.parse().ok(), "{:?}", times.max());
}

#[test]
fn every_id_is_given_once_and_names_an_event_before_what_points_at_it() {
    let mut seen: BTreeSet<EventId> = BTreeSet::new();
    for event in company(2, 500).into_iter().chain(care_year(2)) {
        let target = match event.payload() {
            Payload::CorrectionRecorded(correction) => Some(correction.target),
            Payload::RetractionRecorded(retraction) => Some(retraction.target),
            Payload::IdentityUnlinked(unlink) => Some(unlink.link),
            _ => None,
        };
        assert!(target.is_none_or(|target| seen.contains(&target)), "{}", event.to_json());
        assert!(seen.insert(event.id()), "{}", event.to_json());
        let source = event.envelope().source.as_ref().expect("a source").as_str();
        assert!(source.starts_with("simulated/"), "{source}");
    }
}

#[test]
fn a_simulated_company_can_be_recorded_and_its_corrections_hold() {
    let mut ledger = NaiveLedger::new();
    let now = "2026-01-01T00:00:00Z".parse().expect("an instant");
    for event in company(3, 60) {
        ledger.append(&[sealed(event)], &[], now).expect("a simulated event can be recorded");
    }
    let customers = ledger.customers(None);
    assert!(customers.values().any(|members| members.len() > 1), "some are linked");
    for customer in customers.keys() {
        assert_eq!(ledger.history(customer, None).bad_corrections, []);
    }
}

#[test]
fn answers_are_spread_as_those_of_people_are() {
    for events in [company(4, 1000), care_year(4)] {
        let nps = places(&events, "nps");
        let answers: usize = nps.values().sum();
        let promoters = percent(nps.range(9..).map(|(_, count)| count).sum(), answers);
        let detractors = percent(nps.range(..7).map(|(_, count)| count).sum(), answers);
        assert!((15..60).contains(&promoters), "{promoters} % promoters in {nps:?}");
        assert!((15..60).contains(&detractors), "{detractors} % detractors in {nps:?}");
        let csat = places(&events, "csat");
        let content = percent(csat.range(3..).map(|(_, n)| n).sum(), csat.values().sum());
        assert!((75..99).contains(&content), "{content} % from 3 to 5 in {csat:?}");
    }
}

#[test]
fn complaints_go_through_their_stages_and_some_stay_open() {
    for events in [company(5, 1000), care_year(5)] {
        let counts = counts(&events);
        let received = counts["complaint.received"];
        assert!(counts["complaint.acknowledged"] <= received);
        let closed = counts["complaint.closed"] - counts["complaint.reopened"];
        let open = received - closed - counts["complaint.withdrawn"];
        assert!((2..25).contains(&percent(open, received)), "{open} of {received} are open");
        for kind in ["complaint.reopened", "complaint.escalated", "complaint.remedy_rejected"] {
            assert!(counts.contains_key(kind), "{kind}");
        }
    }
}

#[test]
fn care_of_a_customer_does_not_hang_on_who_else_there_is() {
    let day = "1997-01-10".parse::<Date>().expect("a date");
    let party = |text: &str| (PartyId::new(text).expect("an id"), day, day.plus_days(100));
    let alone = simulate_care(&[party("00007")], 9, day, 365);
    let among = simulate_care(&[party("00006"), party("00007"), party("00008")], 9, day, 365);
    let of_seven =
        among.into_iter().filter(|event| event.stream().to_string() == "00007").collect::<Vec<_>>();
    assert_eq!(of_seven, alone);
    assert!(!alone.is_empty());
}
