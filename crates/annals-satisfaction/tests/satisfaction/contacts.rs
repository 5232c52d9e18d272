//! Contacts: service level and first-contact resolution by channel, queue and form of service.

use crate::ledger::{assert_close, at, code, population, projection, rules, state, time};
use crate::ledger::{survey, view_under, zone};
use annals_events::{Channel, ContactOccurred, Direction, Envelope, Event, Seconds};
use annals_projection::{AsOf, Projection as _, Rates, ViewContext};
use annals_satisfaction::Satisfaction;
use serde_json::{Value, json};

const DAY: &str = "2026-03-31";

#[derive(Clone, Copy)]
struct Told {
    channel: Channel,
    direction: Direction,
    queue: Option<&'static str>,
    seconds: Option<i64>,
    outcome: Option<&'static str>,
    settled: Option<bool>,
}

/// An inbound contact that says nothing but its channel.
fn by(channel: Channel) -> Told {
    let (queue, seconds, outcome, settled) = (None, None, None, None);
    Told { channel, direction: Direction::In, queue, seconds, outcome, settled }
}

fn on(event: &Event, channel: Channel) -> Event {
    let mut envelope: Envelope = event.envelope().clone();
    envelope.channel = Some(channel);
    Event::new(envelope, event.payload().clone()).expect("an event")
}

fn event(told: Told) -> Event {
    let contact = ContactOccurred {
        direction: told.direction,
        reason: code("bill"),
        duration: told.seconds.map(|seconds| Seconds::new(seconds).expect("seconds")),
        agent: Some(code("a7")),
        queue: told.queue.map(code),
        phase: None,
        outcome: told.outcome.map(code),
        summary: None,
        sentiment: None,
        first_contact_resolution: told.settled,
    };
    on(&at(time("2026-03-03T02:00:00Z"), contact), told.channel)
}

/// By phone: at the limit and settled, over it and not settled, lost, without a duration. Outbound
/// and too long: not the service level's. At the branch: one settled.
fn contacts() -> Vec<Event> {
    let phone = || by(Channel::Phone);
    let told = vec![
        Told { queue: Some("bills"), seconds: Some(600), settled: Some(true), ..phone() },
        Told { queue: Some("bills"), seconds: Some(601), settled: Some(false), ..phone() },
        Told { seconds: Some(5), outcome: Some("abandoned"), ..phone() },
        phone(),
        Told { direction: Direction::Out, seconds: Some(900), ..phone() },
        Told { seconds: Some(60), settled: Some(true), ..by(Channel::Branch) },
    ];
    told.into_iter().map(event).collect()
}

/// n, met
fn share(report: &Value, name: &str) -> (u64, u64) {
    let count = |key: &str| report[name][key].as_u64().expect("a count");
    (count("n"), count("met"))
}

#[test]
fn the_service_level_is_of_inbound_contacts_that_were_lost_or_say_how_long_they_took() {
    let shown = &population(vec![state(contacts())], DAY)["contacts"];
    assert_eq!((&shown["n"], &shown["inbound"], &shown["lost"]), (&json!(6), &json!(5), &json!(1)));
    assert_eq!(share(shown, "service_level"), (4, 2));
    assert_close(&shown["service_level"]["rate"], 0.5);
    let phone = &shown["by_channel"]["phone"];
    assert_eq!(share(phone, "service_level"), (3, 1));
    assert_eq!(share(phone, "first_contact_resolution"), (2, 1));
    assert_eq!(share(&shown["by_queue"]["bills"], "service_level"), (2, 1));
    assert_eq!(share(&shown["by_form"]["physical"], "first_contact_resolution"), (1, 1));
    assert_eq!(share(&shown["by_form"]["personal"], "first_contact_resolution"), (2, 1));
    let without = &population(vec![state(vec![])], DAY)["contacts"];
    assert_eq!(without["service_level"]["rate"], Value::Null);
    assert!(without["service_level"]["why"].is_string());
}

#[test]
fn what_is_lost_and_how_long_is_too_long_are_the_rulesets() {
    let state = state(contacts());
    let level = |from: &str, to: &str| {
        let text = Satisfaction::BUILT_IN_RULES.replacen(from, to, 1);
        let rules = Satisfaction::parse_rules(&text).expect("rules");
        share(&view_under(&state, DAY, &rules)["contacts"], "service_level")
    };
    assert_eq!(level("duration_max_seconds = 600", "duration_max_seconds = 601"), (4, 3));
    assert_eq!(level("\"abandoned\", ", ""), (4, 3));
}

#[test]
fn a_cut_by_form_puts_answers_and_contacts_by_their_channel() {
    let (zone, rules, rates) = (zone(), rules(), Rates::default());
    let context =
        ViewContext::new(AsOf::date(DAY.parse().expect("a day"), &zone), &zone, &rules, &rates);
    let answer =
        |channel| on(&at(time("2026-03-01T00:00:00Z"), survey(&[("nps", 0, 10, 9)])), channel);
    let mut events = contacts();
    events.extend([Channel::Web, Channel::Phone, Channel::Fax].map(answer));
    let customers = vec![("c-1".parse().expect("a party"), state(events))];
    let by_form = "form".parse().expect("a cut");
    let groups: Vec<_> = projection()
        .population_and_cut(&Vec::from_iter(&customers), &context, &by_form)
        .1
        .into_iter()
        .map(|(form, shown)| (form, shown.nps.n, shown.profile.contacts.all.n))
        .collect();
    let group = |form: &str, answers, contacts| (form.to_owned(), answers, contacts);
    assert_eq!(groups, [group("personal", 1, 5), group("physical", 0, 1), group("virtual", 2, 0)]);
}
