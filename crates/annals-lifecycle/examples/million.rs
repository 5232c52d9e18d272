//! How long the population report of a million customers takes, from states in memory:
//! `cargo run --release -p annals-lifecycle --example million`.
//!
//! Customers are drawn by a small generator of its own, the same on every run: they buy 1 to 20
//! times over three years, one in ten has a contact, an action or a complaint too.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use annals_events::{
    Code, ComplaintReceived, Envelope, Event, EventId, Instant, Money, OccurredAt, PartyId,
    Payload, Position, PurchaseCompleted, RecordedEvent, RetentionActionTaken, StreamId,
    StreamVersion, Zone,
};
use annals_lifecycle::{Lifecycle, LifecycleRules, LifecycleState};
use annals_projection::{AsOf, Projection as _, Rates, ViewContext};
use std::time::Instant as Stopwatch;

const CUSTOMERS: u64 = 1_000_000;
const DAYS: u64 = 1095;
const FIRST_DAY: i64 = 18_262; // 2020-01-01

/// Splitmix64.
fn draw(seed: &mut u64, below: u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *seed;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % below
}

fn complaint(number: &str) -> Payload {
    ComplaintReceived {
        complaint: Code::new(number).expect("a code"),
        category: Code::new("late").expect("a code"),
        product: None,
        description: None,
        on_behalf_of: None,
        remedy_sought: None,
        remedy_words: None,
        amount_claimed: None,
        jurisdiction: None,
        ruleset: None,
        ruleset_version: None,
    }
    .into()
}

fn main() {
    let projection = Lifecycle::new(Zone::utc());
    let rules = LifecycleRules::parse(Lifecycle::BUILT_IN_RULES).expect("rules");
    let stream = StreamId::party("c").expect("a party");
    let euro = "EUR".parse().expect("EUR");
    let mut seed = 4;
    let mut customers = Vec::new();
    for number in 0..CUSTOMERS {
        let mut state = LifecycleState::default();
        let mut day = draw(&mut seed, DAYS);
        let gap = 1 + draw(&mut seed, 120);
        for place in 0..=draw(&mut seed, 20) {
            if day >= DAYS {
                break;
            }
            let seconds = (FIRST_DAY + i64::try_from(day).expect("a day")) * 86_400;
            let id = EventId::from_foreign("million", &format!("{number}/{place}"));
            let at = OccurredAt::utc(Instant::from_unix_seconds(seconds));
            let payload = match (number % 10, place) {
                (3, 2) => complaint("one"),
                (7, 2) => RetentionActionTaken {
                    action: Code::new("call").expect("a code"),
                    offer: None,
                    cost: None,
                }
                .into(),
                _ => PurchaseCompleted {
                    order: None,
                    lines: Vec::new(),
                    total: Money::new(100, euro),
                    margin: None,
                }
                .into(),
            };
            let event = Event::new(Envelope::new(id, stream.clone(), at), payload);
            projection.apply(
                &mut state,
                &RecordedEvent {
                    position: Position::new(number),
                    stream_version: StreamVersion::new(1),
                    recorded_at: Instant::MAX,
                    event: event.expect("an event"),
                },
            );
            day += 1 + draw(&mut seed, 2 * gap);
        }
        let id = PartyId::new(&format!("c-{number:07}")).expect("a party");
        customers.push((id, state));
    }
    let (zone, rates) = (Zone::utc(), Rates::default());
    let today = "2022-12-30".parse().expect("a day");
    let context = ViewContext::new(AsOf::date(today, &zone), &zone, &rules, &rates);
    for parts in [1, 2] {
        let watch = Stopwatch::now();
        let figures = projection.population_in_parts(&Vec::from_iter(&customers), &context, parts);
        println!("{parts} threads: {:?}, {} customers", watch.elapsed(), figures.customers);
    }
}
