//! What the fold keeps of one complaint: when it went through which stage (ISO 10002), and how it
//! ended.
//!
//! Events arrive in the order they occurred, so an acknowledgement dated before the receipt comes
//! first: every event may open the case, and nothing waits for the receipt. Stages that the shown
//! figures do not need (assessment, handlers, deadlines, bodies outside) are not kept.

use crate::moment::Moment;
use crate::remedies::Remedies;
use annals_events::{Channel, Code, ComplaintReceived, Decision, Event, YesNoUnknown};
use serde::{Deserialize, Serialize};

/// One complaint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ComplaintCase {
    /// The first receipt; without one the case is known only from what followed.
    pub(crate) receipt: Option<Receipt>,
    /// The first acknowledgement.
    pub(crate) acknowledged: Option<Moment>,
    /// The first decision that was offered or told.
    pub(crate) decided: Option<Moment>,
    /// The latest decision of the organisation.
    pub(crate) decision: Option<Decision>,
    /// The latest cause that was found.
    pub(crate) cause: Option<Code>,
    /// When the complainant accepted; taken back by a rejection or a reopening after it.
    pub(crate) accepted: Option<Moment>,
    /// How the case ended; the first ending since it was opened or last reopened.
    pub(crate) ended: Option<(Ending, Moment)>,
    /// Whether the complainant was satisfied at the latest closing.
    pub(crate) satisfied: Option<YesNoUnknown>,
    /// When it was taken up again.
    pub(crate) reopened: Vec<Moment>,
    /// What was granted and paid for it.
    pub(crate) remedies: Remedies,
}

/// How a complaint came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) at: Moment,
    pub(crate) category: Code,
    pub(crate) product: Option<Code>,
    pub(crate) channel: Option<Channel>,
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ending {
    Closed,
    Withdrawn,
}

impl ComplaintCase {
    pub(crate) fn receive(&mut self, complaint: &ComplaintReceived, event: &Event) {
        self.receipt.get_or_insert_with(|| Receipt {
            at: Moment::of(event),
            category: complaint.category.clone(),
            product: complaint.product.clone(),
            channel: event.envelope().channel,
        });
    }

    pub(crate) fn acknowledge(&mut self, at: Moment) {
        self.acknowledged.get_or_insert(at);
    }

    pub(crate) fn decide(&mut self, decision: Option<Decision>, at: Moment) {
        self.decided.get_or_insert(at);
        self.decision = decision.or(self.decision);
    }

    pub(crate) fn end(&mut self, ending: Ending, at: Moment) {
        self.ended.get_or_insert((ending, at));
    }

    pub(crate) fn reopen(&mut self, at: Moment) {
        self.reopened.push(at);
        self.ended = None;
        self.accepted = None;
    }

    /// Whether the case was received and neither closed nor withdrawn, or reopened since.
    pub(crate) fn is_open(&self) -> bool {
        self.receipt.is_some() && self.ended.is_none()
    }

    /// When the case was closed, where it is closed now.
    pub(crate) fn closed(&self) -> Option<Moment> {
        self.ended.and_then(|(ending, at)| (ending == Ending::Closed).then_some(at))
    }

    /// When the case was withdrawn, where it stands so now.
    pub(crate) fn withdrawn(&self) -> Option<Moment> {
        self.ended.and_then(|(ending, at)| (ending == Ending::Withdrawn).then_some(at))
    }

    /// Whether the complainant accepted the remedy or the case was closed, and neither was taken
    /// back; what was withdrawn is not resolved.
    pub(crate) fn is_resolved(&self) -> bool {
        let accepted = self.accepted.is_some() && self.withdrawn().is_none();
        self.receipt.is_some() && (accepted || self.closed().is_some())
    }
}
