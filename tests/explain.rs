//! The events behind a number are enough for the number.
//!
//! Goal: whatever was recorded, corrected, retracted or linked, `explain` names for every measure
//! of every view events that alone give the measure, and formulas and rules that are really there.
//! Method: random ledgers of all kinds about parties; the events listed are folded anew and looked
//! at under the measure's key, and set beside what the saved state shows.

use annals::events::{
    About, Channel, Code, CorrectionRecorded, Decimal, Envelope, Event, EventId, IdentityLinked,
    Instant, JsonText, Line, Money, OccurredAt, PartyId, Payload, Position, RecordedEvent,
    RetractionReason, RetractionRecorded, Scale, StreamId, StreamVersion, VersionNumber, Zone,
    kinds,
};
use annals::lifecycle::Lifecycle;
use annals::loyalty::Loyalty;
use annals::projection::{AsOf, Projection, Rates, ViewContext, fold, rule_lines, value_at};
use annals::satisfaction::Satisfaction;
use annals::{Annals, Options};
use annals_testkit::{Choices, Presence, payload_of_kind, sealed};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Kinds that many measures rest on, drawn as often as all kinds together.
const FREQUENT: &[&str] = &[
    "purchase.completed",
    "purchase.completed",
    "survey.answered",
    "survey.answered",
    "survey.answered",
    "touchpoint.experienced",
    "complaint.received",
    "complaint.received",
    "complaint.closed",
    "contact.occurred",
    "enquiry.received",
    "enquiry.answered",
    "subscription.started",
    "churn.declared",
    "offer.made",
    "offer.responded",
    "refund.issued",
];
/// Items that the built-in rules ask for, with their scales.
const ITEMS: &[(&str, i16, i16)] =
    &[("csat", 1, 5), ("nps", 0, 10), ("csat", 1, 5), ("ces", 1, 7), ("trust", 1, 5)];
const CHANNELS: &[Option<Channel>] =
    &[None, Some(Channel::Web), Some(Channel::Phone), Some(Channel::Branch)];
/// Fields with a number that several events share.
const NUMBERS: &[&str] = &[
    "complaint",
    "offer",
    "survey",
    "enquiry",
    "subscription",
    "alert",
    "care",
    "promise",
    "referral",
    "topic",
    "reason",
    "answer",
];
const PARTIES: u8 = 2;
const HOUR_SECONDS: i64 = 3600;
/// 2025-01-01T00:00:00Z, before which all happens.
const END_SECONDS: i64 = 1_735_689_600;

#[derive(Clone, Debug)]
struct Fact {
    party: u8,
    kind: u16,
    item: u8,
    hours_ago: u16,
    choices: Vec<u64>,
}

#[derive(Clone, Debug)]
struct Told {
    facts: Vec<Fact>,
    retracted: Vec<u8>,
    moved: Vec<(u8, u16)>,
    linked: bool,
    asked_hours_ago: u16,
}

fn told() -> impl Strategy<Value = Told> {
    let choices = prop::collection::vec(any::<u64>(), 0..24);
    let hours_ago = prop_oneof![2 => 0..2000_u16, 1 => 0..20_000_u16];
    let fact = (0..PARTIES, any::<u16>(), any::<u8>(), hours_ago, choices).prop_map(
        |(party, kind, item, hours_ago, choices)| Fact { party, kind, item, hours_ago, choices },
    );
    let facts = prop::collection::vec(fact, 1..50);
    let retracted = prop::collection::vec(any::<u8>(), 0..3);
    let moved = prop::collection::vec((any::<u8>(), 0..20_000_u16), 0..3);
    (facts, retracted, moved, any::<bool>(), prop_oneof![0..1_u16, 0..3000_u16]).prop_map(
        |(facts, retracted, moved, linked, asked_hours_ago)| Told {
            facts,
            retracted,
            moved,
            linked,
            asked_hours_ago,
        },
    )
}

fn code(text: &str) -> Code {
    Code::new(text).expect("a code")
}

fn party(number: u8) -> PartyId {
    PartyId::new(&format!("P-{number}")).expect("a party id")
}

fn hours_ago(hours: u16) -> Instant {
    Instant::from_unix_seconds(END_SECONDS - HOUR_SECONDS * i64::from(hours))
}

/// The kinds about parties that folds see.
fn kinds_of_parties() -> Vec<&'static str> {
    let keeps_books = |name: &str| {
        ["correction.", "retraction.", "identity."].iter().any(|b| name.starts_with(b))
    };
    let about = kinds().into_iter().filter(|kind| kind.about != About::Ledger);
    about.map(|kind| kind.name).filter(|name| !keeps_books(name)).collect()
}

fn nth<T>(of: &[T], number: usize) -> &T {
    of.get(number % of.len()).expect("the remainder is within")
}

impl Fact {
    fn payload(&self, all: &[&str]) -> Payload {
        let from = if self.kind.is_multiple_of(2) { FREQUENT } else { all };
        let mut choices = Choices::given(&self.choices);
        let kind = nth(from, usize::from(self.kind / 2));
        let mut payload = payload_of_kind(kind, &mut choices).expect("a kind of the table");
        if let Payload::SurveyAnswered(survey) = &mut payload {
            for (answer, number) in survey.answers.iter_mut().zip(usize::from(self.item)..) {
                let (item, min, max) = *nth(ITEMS, number);
                let steps = i16::from(self.item) % (max - min + 1);
                answer.item = code(item);
                answer.scale = Some(Scale::new(min, max, min + steps).expect("a place on it"));
            }
        }
        if let Payload::PurchaseCompleted(purchase) = &mut payload {
            for line in &mut purchase.lines {
                line.sku = code("S-1");
            }
        }
        payload
    }

    /// The event by one of three channels or none, with one of two numbers where events share
    /// numbers, so that they meet.
    fn event(&self, event: &Event) -> Event {
        let mut envelope = event.envelope().clone();
        envelope.channel = *nth(CHANNELS, usize::from(self.item / 2));
        let event = Event::new(envelope, event.payload().clone()).expect("a sound event");
        let mut json = event.to_json();
        let data = json.get_mut("data").and_then(Value::as_object_mut);
        for (name, value) in data.into_iter().flatten() {
            if NUMBERS.contains(&name.as_str()) && value.is_string() {
                *value = json!(format!("N-{}", self.item % 2));
            }
        }
        Event::from_json(&json).expect("still a sound event")
    }
}

impl Told {
    fn events(&self) -> Vec<Event> {
        let mut number = 0;
        let mut event = |stream: StreamId, at: Instant, payload: Payload| {
            number += 1;
            let id = EventId::from_foreign("explain", &number.to_string());
            let envelope = Envelope::new(id, stream, OccurredAt::utc(at));
            Event::new(envelope, payload).expect("a sound event")
        };
        let all = kinds_of_parties();
        let mut events: Vec<_> = self
            .facts
            .iter()
            .map(|fact| {
                let at = hours_ago(fact.hours_ago);
                fact.event(&event(party(fact.party).into(), at, fact.payload(&all)))
            })
            .collect();
        let facts = events.clone();
        let chosen = |index: &u8| nth(&facts, usize::from(*index));
        for target in self.retracted.iter().map(chosen) {
            let reason = RetractionReason::NeverHappened;
            let retraction = RetractionRecorded { target: target.id(), reason };
            events.push(event(target.stream().clone(), hours_ago(0), retraction.into()));
        }
        for (index, hours) in &self.moved {
            let target = chosen(index);
            let value = json!(OccurredAt::utc(hours_ago(*hours)).to_string()).to_string();
            let correction = CorrectionRecorded {
                target: target.id(),
                field: code("occurred_at"),
                value: Some(JsonText::new(&value).expect("JSON")),
                personal_value: None,
                reason: code("misread"),
            };
            events.push(event(target.stream().clone(), hours_ago(0), correction.into()));
        }
        if self.linked {
            let link = IdentityLinked {
                other: party(1),
                rule: code("same-name"),
                rule_version: VersionNumber::new(1).expect("a version"),
                score: None,
                evidence: vec![],
            };
            events.push(event(party(0).into(), hours_ago(0), link.into()));
        }
        events.into_iter().map(sealed).collect()
    }
}

fn zone() -> Zone {
    Zone::named("Asia/Shanghai").expect("a zone")
}

async fn ledger(directory: &tempfile::TempDir, events: Vec<Event>) -> Annals {
    let options = Options::new().threads(1);
    let ledger =
        Annals::create(directory.path().join("ledger"), zone(), options).await.expect("a ledger");
    ledger.append(events, &[]).await.expect("an append");
    ledger
}

/// What a projection with its built-in rules shows of these events, without a ledger.
fn shown<'e, P: Projection>(
    projection: &P,
    events: impl IntoIterator<Item = &'e RecordedEvent>,
    as_of: AsOf,
) -> Value {
    let (zone, rates) = (zone(), Rates::default());
    let rules = P::parse_rules(P::BUILT_IN_RULES).expect("the built-in rules");
    let context = ViewContext::new(as_of, &zone, &rules, &rates);
    json!(projection.view(&fold(projection, events), &context))
}

async fn check<P: Projection>(projection: &P, ledger: &Annals, as_of: AsOf) {
    for number in 0..PARTIES {
        let Ok(customer) = ledger.customer(party(number).as_str(), as_of).await else { continue };
        if customer.id != party(number) {
            // Linked to a party that was looked at already.
            continue;
        }
        let whole = ledger.view_json(P::ID, &customer, as_of).await.expect("a view").value;
        for (measure, expected) in whole.as_object().expect("an object") {
            let explained = ledger.explain(P::ID, &customer, Some(measure), as_of).await;
            let explained = explained.expect("an explanation");
            let alone = shown(projection, explained.events.iter().map(|(event, _)| event), as_of);
            assert_eq!(alone.get(measure), Some(expected), "{} {measure}, recomputed", P::ID);
            assert_eq!(&explained.value, expected, "{} {measure}, explained", P::ID);
        }
    }
}

async fn check_all(told: Told) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let ledger = ledger(&directory, told.events()).await;
    let as_of = AsOf::instant(hours_ago(told.asked_hours_ago));
    check(&Satisfaction::new(zone()), &ledger, as_of).await;
    check(&Loyalty::new(zone()), &ledger, as_of).await;
    check(&Lifecycle::new(zone()), &ledger, as_of).await;
    ledger.close().await.expect("a clean close");
}

fn config() -> Config {
    Config {
        // `PROPTEST_CASES` asks for more.
        cases: std::env::var("PROPTEST_CASES")
            .ok()
            .and_then(|cases| cases.parse().ok())
            .unwrap_or(6),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}

fn block_on(future: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().expect("a runtime").block_on(future);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_measure_follows_from_the_events_listed_for_it_alone(told in told()) {
        block_on(check_all(told));
    }
}

/// A customer of whom everything is known: several events of each kind, purchases in euros.
fn well_known() -> Vec<RecordedEvent> {
    let mut events = Vec::new();
    for turn in 0..6_u16 {
        for (kind, name) in (0_u16..).zip(kinds_of_parties()) {
            let seed = u64::from(turn) * 1000 + u64::from(kind);
            let mut choices = Choices::steady(seed, Presence::Always);
            let mut payload = payload_of_kind(name, &mut choices).expect("a kind of the table");
            if let Payload::PurchaseCompleted(purchase) = &mut payload {
                purchase.total = Money::new(1250, "EUR".parse().expect("a currency"));
                purchase.margin = None;
                purchase.lines.truncate(1);
                for line in &mut purchase.lines {
                    *line = Line {
                        quantity: Decimal::ONE,
                        unit_price: Some(Decimal::from_millionths(12_500_000)),
                        discount: None,
                        ..line.clone()
                    };
                }
            }
            let id = EventId::from_foreign("explain", &seed.to_string());
            let at = hours_ago(9000 - turn * 1000);
            let envelope = Envelope::new(id, party(0), OccurredAt::utc(at));
            events.push(RecordedEvent {
                position: Position::new(seed),
                stream_version: StreamVersion::new(seed),
                recorded_at: at,
                event: Event::new(envelope, payload).expect("a sound event"),
            });
        }
    }
    events
}

fn check_formulas<P: Projection>(projection: &P) {
    let (events, as_of) = (well_known(), AsOf::instant(hours_ago(0)));
    let view = shown(projection, &events, as_of);
    let mut explained = BTreeSet::new();
    for formula in projection.formulas() {
        let of = format!("{} {}: {}", P::ID, formula.measure, formula.formula);
        assert!(formula.formula.is_ascii() && formula.source.is_ascii(), "{of}: not plain");
        assert!(!formula.source.is_empty(), "{of}: no source");
        let of_view = formula.of_view(&view);
        assert!(!of_view.is_empty(), "{of}: no such measures");
        for formula in of_view {
            assert!(value_at(&view, &formula.measure).is_some(), "{of}: no such measure");
            for place in formula.formula.split('{').skip(1).map(|rest| rest.split_once('}')) {
                let (place, _) = place.expect("a closing brace");
                assert!(value_at(&view, place).is_some(), "{of}: no {{{place}}} in the view");
            }
            for key in &formula.rules {
                assert!(!rule_lines(P::BUILT_IN_RULES, key).is_empty(), "{of}: no rule {key}");
            }
        }
        explained.extend(formula.measure.split('.').next());
    }
    for measure in view.as_object().expect("an object").keys().filter(|key| *key != "why") {
        assert!(explained.contains(measure.as_str()), "{} {measure} has no formula", P::ID);
    }
}

fn check_coverage<P: Projection>(projection: &P) {
    let (events, as_of) = (well_known(), AsOf::instant(hours_ago(0)));
    let (full, empty) = (shown(projection, &events, as_of), shown(projection, [], as_of));
    let keys = [&full, &empty].into_iter().flat_map(|view| view.as_object().expect("an object"));
    let keys: BTreeSet<_> = keys.map(|(key, _)| key.as_str()).collect();
    let named = events.iter().flat_map(|event| projection.concerns(&event.event).expect("known"));
    let named: BTreeSet<_> = named.copied().collect();
    assert_eq!(named, keys, "{}", P::ID);
}

#[test]
fn every_measure_has_a_formula_whose_places_and_rules_exist() {
    check_formulas(&Satisfaction::new(zone()));
    check_formulas(&Loyalty::new(zone()));
    check_formulas(&Lifecycle::new(zone()));
}

#[test]
fn the_measures_that_events_name_are_those_of_the_view() {
    check_coverage(&Satisfaction::new(zone()));
    check_coverage(&Loyalty::new(zone()));
    check_coverage(&Lifecycle::new(zone()));
}
