//! What many customers have none of: warning signs, open cases with the events that opened them,
//! reasons for leaving, actions to keep, win-back offers, alerts.
//!
//! Kept apart from the days so that a customer who only buys costs one byte for it. Of warning
//! signs the last [`SIGNALS_KEPT`] of each sort are kept, with their events: enough to warn by and
//! to show why. Whatever else was ever a sign is in the log.

use annals_events::{Code, Date, EventId};
use serde::{Deserialize, Serialize};

/// How many warning signs of a sort are kept: the last ones.
pub const SIGNALS_KEPT: usize = 12;

/// The rarer facts about a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dealings {
    /// Warning signs in the order they happened, of each sort the last.
    pub signals: Vec<Signal>,
    /// Complaints and enquiries open now, with the events that opened them.
    pub open_cases: Vec<OpenCase>,
    /// Declarations that the customer is lost.
    pub churns: Vec<Churn>,
    /// What was done to keep the customer.
    pub actions: Vec<Action>,
    /// Numbers of win-back offers not answered.
    pub win_back_offers_open: Vec<Code>,
    /// Alerts raised and not closed.
    pub alerts_open: Vec<OpenAlert>,
    /// Complaints and enquiries that ended without having begun.
    pub ended_unbegun: Vec<(CaseKind, Code)>,
    /// How many complaints and enquiries began after they had ended.
    pub clocks_backwards: u32,
}

/// A sort of warning sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SignalKind {
    /// Dissatisfaction said but not lodged as a complaint.
    Dissatisfaction,
    /// How the customer felt in a contact or at a touchpoint, -5 to 5.
    Sentiment,
    /// The lowest answer of a survey or review, in percent of its scale.
    Answer,
    /// An answer on trust, in percent of its scale.
    Trust,
    /// The customer spoke to others against the organisation.
    SpokeAgainst,
    /// A key contact or account manager of the customer is so no longer.
    KeyContactLeft,
    /// A product does not work: how bad, 1 to 5.
    Fault,
    /// A contact or an enquiry.
    Contact,
    /// Declared lost, or closed.
    Gone,
}

/// A warning sign and the event it came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// The day in the ledger's zone.
    pub day: Date,
    /// What sort.
    pub kind: SignalKind,
    /// How much, in the unit of the sort; 0 where there is none.
    pub value: i16,
    /// The event.
    pub event: EventId,
}

/// What sort of case is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CaseKind {
    /// A complaint.
    Complaint,
    /// An enquiry.
    Enquiry,
}

/// A complaint or enquiry that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCase {
    /// What sort.
    pub kind: CaseKind,
    /// Its number.
    pub number: Code,
    /// Since when.
    pub day: Date,
    /// The event that opened it.
    pub event: EventId,
}

/// A declaration that the customer is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Churn {
    /// The day in the ledger's zone.
    pub day: Date,
    /// Why.
    pub reason: Code,
    /// The competitor the customer went to, where that is known.
    pub destination: Option<Code>,
    /// Whether the customer chose to go.
    pub voluntary: bool,
}

/// Something done to keep the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// The day in the ledger's zone.
    pub day: Date,
    /// What; `win_back` for a win-back offer.
    pub action: Code,
}

/// An alert that was raised and not closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenAlert {
    /// Its number.
    pub alert: Code,
    /// The rule it was raised by.
    pub rule: Code,
}

impl Dealings {
    /// Notes a warning sign behind all others of its day and before, and lets go of the oldest of
    /// its sort where there are too many.
    pub(crate) fn note(&mut self, signal: Signal) {
        let place = self.signals.partition_point(|known| known.day <= signal.day);
        self.signals.insert(place, signal);
        let of_kind = self.signals.iter().filter(|known| known.kind == signal.kind).count();
        if of_kind > SIGNALS_KEPT
            && let Some(oldest) = self.signals.iter().position(|known| known.kind == signal.kind)
        {
            self.signals.remove(oldest);
        }
    }

    /// The warning signs of a sort up to and including a day, the last one last.
    pub(crate) fn signals_until(
        &self,
        kind: SignalKind,
        last: Date,
    ) -> impl DoubleEndedIterator<Item = &Signal> {
        self.signals.iter().filter(move |signal| signal.kind == kind && signal.day <= last)
    }

    /// Puts a case among the open ones; whether it was not there.
    pub(crate) fn open(&mut self, case: OpenCase) -> bool {
        let known = |open: &OpenCase| open.kind == case.kind && open.number == case.number;
        let is_new = !self.open_cases.iter().any(known);
        if is_new {
            let ended = |ended: &(CaseKind, Code)| ended.0 == case.kind && ended.1 == case.number;
            if let Some(place) = self.ended_unbegun.iter().position(ended) {
                self.ended_unbegun.remove(place);
                self.clocks_backwards += 1;
            }
            self.open_cases.push(case);
        }
        is_new
    }

    /// Takes a case from the open ones; whether it was there. One that was not is remembered, so
    /// that a beginning after the end is noticed.
    pub(crate) fn close(&mut self, kind: CaseKind, number: &Code) -> bool {
        let known = |open: &OpenCase| open.kind == kind && open.number == *number;
        if let Some(place) = self.open_cases.iter().position(known) {
            self.open_cases.remove(place);
            return true;
        }
        if !self.ended_unbegun.contains(&(kind, number.clone())) {
            self.ended_unbegun.push((kind, number.clone()));
        }
        false
    }
}
