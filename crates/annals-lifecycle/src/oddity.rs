//! What does not fit in a customer's records. Nothing is dropped or put right: the figures say how
//! they count it, and the records can be corrected.

use crate::state::{HappeningKind, LifecycleState};
use annals_events::Date;

/// Something that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// There are events on days before the registration. They count; the customer is known since
    /// the first of them.
    BeforeRegistration,
    /// Declared lost, or closed, before the first purchase or subscription. That is no churn of a
    /// customer: the curve of time to churn begins later.
    GoneBeforeBegun,
    /// A complaint or enquiry was received after it had been closed, withdrawn or answered. It
    /// counts as open from its receipt until it is ended again.
    ClockBackwards,
}

impl Oddity {
    /// All of them.
    pub const ALL: [Self; 3] =
        [Self::BeforeRegistration, Self::GoneBeforeBegun, Self::ClockBackwards];

    /// The name, as in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeRegistration => "events_before_registration",
            Self::GoneBeforeBegun => "gone_before_first_purchase",
            Self::ClockBackwards => "ended_before_received",
        }
    }

    /// Whether a customer's records have it.
    pub(crate) fn is_in(self, state: &LifecycleState, today: Date) -> bool {
        let happenings = state.happenings_until(today);
        let first = |is: fn(HappeningKind) -> bool| {
            happenings.iter().find(|known| is(known.kind)).map(|known| known.day)
        };
        match self {
            Self::BeforeRegistration => first(|kind| kind == HappeningKind::Registered)
                .is_some_and(|registered| state.first_event.is_some_and(|day| day < registered)),
            Self::GoneBeforeBegun => {
                let gone = first(|kind| {
                    matches!(kind, HappeningKind::ChurnDeclared | HappeningKind::Closed)
                });
                let subscribed = first(|kind| kind == HappeningKind::SubscriptionBegan);
                let began = state.occasions.until(today).first().copied();
                let began = began.into_iter().chain(subscribed).min();
                gone.is_some_and(|gone| began.is_none_or(|began| gone < began))
            }
            Self::ClockBackwards => {
                state.dealings.as_ref().is_some_and(|dealings| dealings.clocks_backwards > 0)
            }
        }
    }
}
