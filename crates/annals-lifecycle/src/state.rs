//! What the fold keeps of a customer: days, and what happened on them.
//!
//! Only what stages can be decided by is kept, and only to the day. Complaints and subscriptions
//! are kept as changes of how many are open; the numbers of those open now are kept beside, because
//! the events name them.

use crate::day_set::DaySet;
use crate::dealings::Dealings;
use annals_events::{Code, Date, EventId};
use serde::{Deserialize, Serialize};

/// One customer's days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleState {
    /// The day of the first event of any kind.
    pub first_event: Option<Date>,
    /// Purchase occasions: the days on which the customer bought.
    pub occasions: DaySet,
    /// What else happened, in the order of days, within a day in the order it happened.
    pub happenings: Vec<Happening>,
    /// Stages somebody asserted, in the same order.
    pub assertions: Vec<Assertion>,
    /// Numbers of the complaints open now.
    pub complaints_open: Vec<Code>,
    /// Numbers of the subscriptions running now.
    pub subscriptions_active: Vec<Code>,
    /// Whether the customer is declared lost and has not come back.
    pub churn_declared: bool,
    /// Whether the relationship is closed and has not been taken up again.
    pub closed: bool,
    /// Whether the customer bought a second time on the day of the first purchase.
    pub bought_again_on_first_day: bool,
    /// The last purchase: its day and event.
    pub last_purchase: Option<(Date, EventId)>,
    /// What many customers have none of; null where there is nothing.
    pub dealings: Option<Box<Dealings>>,
}

/// Something that happened on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    /// The day in the ledger's zone.
    pub day: Date,
    /// What happened.
    pub kind: HappeningKind,
}

/// What can happen beside a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HappeningKind {
    /// The party was registered.
    Registered,
    /// A contact or an enquiry; at most one is kept for a day.
    Contact,
    /// A complaint that was not open is open now.
    ComplaintOpened,
    /// A complaint that was open is not any more.
    ComplaintEnded,
    /// A subscription that was not running runs now.
    SubscriptionBegan,
    /// A subscription that was running does not any more.
    SubscriptionEnded,
    /// Money went back; at most one is kept for a day.
    Refund,
    /// The customer was declared lost.
    ChurnDeclared,
    /// The relationship was closed.
    Closed,
    /// A customer who was declared lost, or whose relationship was closed, is back.
    Returned,
    /// An enquiry that was not open is open now.
    EnquiryOpened,
    /// An enquiry that was open is not any more.
    EnquiryEnded,
    /// A survey answer on trust, in percent of its scale; the last of a day is kept.
    TrustAnswered(u8),
    /// Something was offered to win the customer back.
    WinBackOffered,
    /// Such an offer was accepted.
    WinBackAccepted,
    /// Such an offer was declined.
    WinBackDeclined,
}

/// A stage asserted by somebody, whatever the rules say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assertion {
    /// The day in the ledger's zone.
    pub day: Date,
    /// The scheme.
    pub scheme: Code,
    /// The stage.
    pub stage: Code,
}

impl LifecycleState {
    /// The rarer facts, made room for.
    pub(crate) fn dealings_mut(&mut self) -> &mut Dealings {
        self.dealings.get_or_insert_default()
    }

    /// Notes a happening behind all others of its day and before.
    pub(crate) fn note(&mut self, day: Date, kind: HappeningKind) {
        let place = self.happenings.partition_point(|known| known.day <= day);
        self.happenings.insert(place, Happening { day, kind });
    }

    /// Notes a happening of which one a day is enough.
    pub(crate) fn note_once_a_day(&mut self, day: Date, kind: HappeningKind) {
        let known = self.happenings.iter().rev().take_while(|known| known.day >= day);
        if !known.into_iter().any(|known| *known == Happening { day, kind }) {
            self.note(day, kind);
        }
    }

    /// Notes that the customer is back, where the customer was gone.
    pub(crate) fn note_return(&mut self, day: Date) {
        if self.churn_declared || self.closed {
            (self.churn_declared, self.closed) = (false, false);
            self.note(day, HappeningKind::Returned);
        }
    }

    /// The happenings up to and including a day.
    pub(crate) fn happenings_until(&self, last: Date) -> &[Happening] {
        let end = self.happenings.partition_point(|happening| happening.day <= last);
        self.happenings.get(..end).unwrap_or_default()
    }

    /// The assertions up to and including a day.
    pub(crate) fn assertions_until(&self, last: Date) -> &[Assertion] {
        let end = self.assertions.partition_point(|assertion| assertion.day <= last);
        self.assertions.get(..end).unwrap_or_default()
    }
}
