//! Cuts: groups add up to the whole, and each group is what its own events give.

use crate::ledger::{at, code, projection, received, rules, state, survey, time, zone};
use annals_events::{
    Actor, ActorType, Channel, Event, Level, Line, PartyClassified, PartyId, VersionNumber,
};
use annals_projection::{AsOf, Rates, ViewContext};
use annals_satisfaction::{Cut, SatisfactionPopulation, SatisfactionState};
use serde_json::{Value, json};

fn cut(states: Vec<SatisfactionState>, by: &str) -> Vec<(String, SatisfactionPopulation)> {
    let (zone, rules, rates) = (zone(), rules(), Rates::default());
    let day = "2026-12-31".parse().expect("a day");
    let context = ViewContext::new(AsOf::date(day, &zone), &zone, &rules, &rates);
    let name = |index| format!("c-{index:06}").parse().expect("a party");
    let customers: Vec<(PartyId, _)> =
        (0..).zip(states).map(|(index, state): (u32, _)| (name(index), state)).collect();
    let cut: Cut = by.parse().expect("a cut");
    projection().population_and_cut(&Vec::from_iter(&customers), &context, &cut).1
}

/// Group, NPS answers, promoters.
fn answers(states: &[SatisfactionState], by: &str) -> Vec<(String, u64, u64)> {
    let groups = cut(states.to_vec(), by).into_iter();
    groups.map(|(group, shown)| (group, shown.nps.n, shown.nps.promoters)).collect()
}

fn with(event: &Event, change: impl FnOnce(&mut annals_events::Envelope)) -> Event {
    let mut envelope = event.envelope().clone();
    change(&mut envelope);
    Event::new(envelope, event.payload().clone()).expect("an event")
}

fn nps(day: &str, value: i16) -> Event {
    at(time(&format!("{day}T04:00:00Z")), survey(&[("nps", 0, 10, value)]))
}

fn customers() -> Vec<SatisfactionState> {
    let class = |class: &str, until: Option<&str>| PartyClassified {
        scheme: code("size"),
        scheme_version: VersionNumber::new(1).expect("a version"),
        code: code(class),
        basis: Vec::new(),
        until: until.map(|day| day.parse().expect("a day")),
    };
    let agent = Actor { actor_type: ActorType::Employee, id: Some(code("a7")) };
    let mut purchase = crate::profile::purchase();
    purchase.order = Some(code("o1"));
    let line = |sku: &str| Line {
        sku: code(sku),
        category: None,
        quantity: "1".parse().expect("a number"),
        unit_price: None,
        discount: None,
        unit_cost: None,
    };
    purchase.lines = vec![line("tea"), line("cup"), line("tea")];
    let mut parted = survey(&[("nps", 0, 10, 9), ("nps", 0, 10, 1)]);
    parted.answers[0].aspect = Some(code("price"));
    parted.answers[0].level = Some(Level::Product);
    parted.answers[1].aspect = Some(code("delivery"));
    vec![
        state(vec![
            at(time("2026-01-01T00:00:00Z"), class("large", None)),
            at(time("2026-01-01T01:00:00Z"), purchase),
            with(&nps("2026-01-10", 10), |envelope| {
                envelope.touchpoint = Some(code("branch-1"));
                envelope.actor = Some(agent);
                envelope.correlation = Some(code("o1"));
            }),
            nps("2026-05-10", 0),
        ]),
        state(vec![
            at(time("2026-01-01T00:00:00Z"), class("small", Some("2026-06-30"))),
            with(&nps("2026-12-10", 9), |envelope| envelope.channel = Some(Channel::Phone)),
            at(time("2026-12-11T00:00:00Z"), received("k")),
        ]),
        state(vec![at(time("2026-02-01T04:00:00Z"), parted)]),
    ]
}

#[test]
fn every_cut_puts_each_answer_in_its_group() {
    let customers = customers();
    let group = |name: &str, n, promoters| (name.to_owned(), n, promoters);
    for (by, expected) in [
        ("channel", vec![group("phone", 1, 1), group("web", 4, 2)]),
        ("touchpoint", vec![group("branch-1", 1, 1), group("not_stated", 4, 2)]),
        ("agent", vec![group("a7", 1, 1), group("not_stated", 4, 2)]),
        ("product", vec![group("cup", 1, 1), group("not_stated", 4, 2), group("tea", 1, 1)]),
        ("aspect", vec![group("delivery", 1, 0), group("not_stated", 3, 2), group("price", 1, 1)]),
        ("level", vec![group("not_stated", 4, 2), group("product", 1, 1)]),
        ("instrument", vec![group("not_stated", 0, 0), group("touch", 5, 3)]),
        (
            "month",
            vec![
                group("2026-01", 1, 1),
                group("2026-02", 2, 1),
                group("2026-05", 1, 0),
                group("2026-12", 1, 1),
            ],
        ),
        ("quarter", vec![group("2026-Q1", 3, 2), group("2026-Q2", 1, 0), group("2026-Q4", 1, 1)]),
        ("year", vec![group("2026", 5, 3)]),
        ("class:size", vec![group("large", 2, 1), group("not_stated", 3, 2)]),
        ("class:other", vec![group("not_stated", 5, 3)]),
    ] {
        assert_eq!(answers(&customers, by), expected, "{by}");
    }
}

#[test]
fn complaints_are_cut_with_the_answers_and_customers_counted_once_per_group() {
    let groups = cut(customers(), "channel");
    let shown = |name: &str| -> Value {
        let (_, shown) = groups.iter().find(|(group, _)| group == name).expect("a group");
        serde_json::to_value(shown).expect("JSON")
    };
    assert_eq!(shown("web")["complaints"]["received"], 1);
    assert_eq!(shown("phone")["complaints"]["received"], 0);
    assert_eq!((&shown("web")["customers"], &shown("phone")["customers"]), (&json!(3), &json!(1)));
}

#[test]
fn a_cut_that_is_none_is_refused_with_the_list() {
    let error = "colour".parse::<Cut>().expect_err("a refusal").to_string();
    assert!(error.starts_with("expected one of channel, product") && error.ends_with("\"colour\""));
    for by in ["channel", "class:size", "quarter"] {
        assert_eq!(by.parse::<Cut>().expect("a cut").to_string(), by);
    }
}

/// More customers than anything takes in one portion, the last on a channel that nobody used
/// before, whose name comes first.
#[test]
fn a_group_has_the_figures_of_its_customers_however_many_come_before_them() {
    let on = |channel, value| {
        let answer = nps("2026-01-10", value);
        state(vec![with(&answer, |envelope| envelope.channel = Some(channel))])
    };
    let (web, phone) = (on(Channel::Web, 9), on(Channel::Phone, 6));
    let mut states = [vec![web; 4_000], vec![phone; 6_000]].concat();
    states.rotate_left(3_000);
    states.push(on(Channel::Letter, 3));
    let groups = cut(states, "channel");
    assert_eq!(groups.len(), 3);
    for ((found, shown), (name, n, value)) in
        groups.iter().zip([("letter", 1, 3), ("phone", 6_000, 6), ("web", 4_000, 9)])
    {
        assert_eq!((found.as_str(), shown.customers), (name, n));
        assert_eq!((shown.nps.n, shown.over_time.nps.len()), (n, 1));
        assert_eq!(shown.nps.promoters, if value == 9 { n } else { 0 });
    }
}
