//! A simulated time of care for customers who exist: what a purchase log alone does not have.

use crate::care_work::{care, contact, survey};
use crate::company::euro;
use crate::complaint_case::complain;
use crate::dice::Dice;
use crate::story::{Moment, Setting, Story};
use annals_events::{Date, Event, PartyId, Source, Zone};

/// Contacts, complaints, care actions and surveys of given customers, each with the first and last
/// day it was seen, between a day and so many days later; in the order they occurred. All have the
/// source `simulated/demo` and take place on UTC's clock. Personal fields are clear.
///
/// Most take place while a customer was still seen. Everything about a customer follows from the
/// seed and its party id, so that other customers can be added without changing it.
pub fn simulate_care(
    customers: &[(PartyId, Date, Date)],
    seed: u64,
    from: Date,
    days: u32,
) -> Vec<Event> {
    let setting = Setting {
        seed,
        source: Source::new("simulated/demo").expect("the source has no blanks"),
        zone: Zone::utc(),
        currency: euro(),
    };
    let end = from.plus_days(i32::try_from(days).unwrap_or(i32::MAX));
    let mut events: Vec<Event> = customers
        .iter()
        .flat_map(|(party, first, last)| about(&setting, party, (*first, *last), (from, end)))
        .filter(|event| setting.zone.date_of(event.occurred_at()) < end)
        .collect();
    events.sort_by_key(|event| (event.occurred_at(), event.id()));
    events
}

fn about(
    setting: &Setting,
    party: &PartyId,
    seen: (Date, Date),
    (from, end): (Date, Date),
) -> Vec<Event> {
    let dice = Dice::new(setting.seed, number_of(party), 0);
    let mut story = Story::new(setting, party.clone(), party.to_string(), dice, 0);
    story.mood = story.dice.one_of(&[40, 58, 68, 75, 80, 84, 88, 92, 96, 100]);
    let span = |low: Date, high: Date| i64::from(high.days_since(low) - 1);
    for _ in 0..story.dice.between(1, 4) {
        let (low, high) = (seen.0.max(from), seen.1.plus_days(30).min(end));
        let (low, high) =
            if low < high && story.dice.happens(750) { (low, high) } else { (from, end) };
        if low >= high {
            continue;
        }
        let days = i32::try_from(story.dice.between(0, span(low, high))).unwrap_or(0);
        let at = Moment::on(low.plus_days(days), &mut story.dice);
        match story.dice.between(0, 99) {
            0..34 => survey(&mut story, at),
            34..64 => contact(&mut story, at),
            64..82 => care(&mut story, at),
            _ => {
                complain(&mut story, at);
                let after = story.later(at, 45, 45);
                if story.dice.happens(500) {
                    survey(&mut story, after);
                }
            }
        }
        story.mood = story.mood.clamp(5, 100);
    }
    story.into_told().into_iter().map(|told| told.event).collect()
}

/// A number that follows from a party id (FNV-1a).
fn number_of(party: &PartyId) -> u64 {
    party.as_str().bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
