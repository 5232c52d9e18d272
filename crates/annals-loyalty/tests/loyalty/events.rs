//! Events and contexts for the tests, in few words.

use annals_events::{
    Currency, Date, Envelope, Event, EventId, Money, OccurredAt, PartyId, Payload, Position,
    PurchaseCompleted, RecordedEvent, StreamVersion, Zone,
};
use annals_loyalty::{Loyalty, LoyaltyPopulation, LoyaltyRules, LoyaltyState, LoyaltyView};
use annals_projection::{AsOf, Projection, Rates, ViewContext};

pub(crate) fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

pub(crate) fn currency(code: &str) -> Currency {
    code.parse().expect("a currency")
}

pub(crate) fn money(amount: &str, code: &str) -> Money {
    Money::parse(amount, currency(code)).expect("an amount")
}

pub(crate) fn customer(id: &str) -> PartyId {
    PartyId::new(id).expect("a party id")
}

/// An event of a customer, some seconds into a day in UTC.
pub(crate) fn event(
    number: u64,
    id: &str,
    day: Date,
    seconds: i64,
    payload: impl Into<Payload>,
) -> RecordedEvent {
    let at = Zone::utc().start_of_day(day).plus_seconds(seconds);
    let envelope = Envelope::new(
        EventId::from_foreign("test", &number.to_string()),
        customer(id),
        OccurredAt::utc(at),
    );
    RecordedEvent {
        position: Position::new(number),
        stream_version: StreamVersion::new(number + 1),
        recorded_at: at,
        event: Event::new(envelope, payload).expect("an event that can be true"),
    }
}

pub(crate) fn purchase(total: Money) -> PurchaseCompleted {
    PurchaseCompleted { order: None, lines: Vec::new(), total, margin: None }
}

pub(crate) fn built_in() -> LoyaltyRules {
    Loyalty::parse_rules(Loyalty::BUILT_IN_RULES).expect("the rules that come with the projection")
}

pub(crate) fn loyalty() -> Loyalty {
    Loyalty::new(Zone::utc())
}

pub(crate) fn view(
    state: &LoyaltyState,
    today: &str,
    rules: &LoyaltyRules,
    rates: &Rates,
) -> LoyaltyView {
    let zone = Zone::utc();
    loyalty().view(state, &ViewContext::new(AsOf::date(day(today), &zone), &zone, rules, rates))
}

pub(crate) fn population(
    customers: &[(PartyId, LoyaltyState)],
    today: &str,
    rules: &LoyaltyRules,
    rates: &Rates,
) -> LoyaltyPopulation {
    let zone = Zone::utc();
    let context = ViewContext::new(AsOf::date(day(today), &zone), &zone, rules, rates);
    loyalty().population(&Vec::from_iter(customers), &context)
}
