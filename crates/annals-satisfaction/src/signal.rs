//! What speaks of satisfaction without anybody being asked (ISO 10004: indirect indicators).

use crate::code_table::{CodeIndex, CodeTable};
use annals_events::{Code, Date, FeedbackType, Payload, Polarity};
use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// The customer wants to send something back (`return.requested`).
    ReturnRequested,
    /// Goods came back (`return.received`).
    ReturnReceived,
    /// Money went back (`refund.issued`).
    Refund,
    /// A product does not work (`product.fault_reported`).
    Fault,
    /// A repair began (`repair.opened`).
    Repair,
    /// A repair ended without success (`repair.completed`: not repairable).
    RepairFailed,
    /// What arrived is not what was described (`delivery.mismatch_reported`).
    Mismatch,
    /// Goods did not arrive (`delivery.failed`).
    DeliveryFailed,
    /// Said, but not lodged as a complaint (`feedback.received`).
    Dissatisfaction,
    /// Praise (`feedback.received`).
    Compliment,
    /// Spoke to others against the organisation (`word_of_mouth.observed`).
    WordAgainst,
    /// Spoke to others for the organisation (`word_of_mouth.observed`).
    WordFor,
    /// Recommended the organisation to somebody (`referral.made`).
    Referral,
    /// Declared lost, or the relationship was ended (`churn.declared`, `relationship.closed`).
    Loss,
}

/// One such event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Signal {
    pub(crate) on: Date,
    pub(crate) kind: SignalKind,
    pub(crate) product: Option<CodeIndex>,
}

impl Signal {
    /// What an event signals, if anything.
    pub(crate) fn of(payload: &Payload, on: Date, codes: &mut CodeTable) -> Option<Self> {
        let (kind, product) = kind_of(payload)?;
        Some(Self { on, kind, product: product.map(|product| codes.place(product)) })
    }
}

/// The kind of signal an event is, and the product it is about.
pub(crate) fn kind_of(payload: &Payload) -> Option<(SignalKind, Option<&Code>)> {
    let of_line = |lines: &'_ [annals_events::Line]| lines.len() == 1;
    Some(match payload {
        Payload::ReturnRequested(fact) => {
            let line = fact.lines.first().filter(|_| of_line(&fact.lines));
            (SignalKind::ReturnRequested, line.map(|line| &line.sku))
        }
        Payload::ReturnReceived(fact) => {
            let line = fact.lines.first().filter(|_| of_line(&fact.lines));
            (SignalKind::ReturnReceived, line.map(|line| &line.sku))
        }
        Payload::RefundIssued(_) => (SignalKind::Refund, None),
        Payload::ProductFaultReported(fact) => (SignalKind::Fault, Some(&fact.product)),
        Payload::RepairOpened(fact) => (SignalKind::Repair, Some(&fact.product)),
        Payload::RepairCompleted(fact)
            if fact.result == annals_events::RepairResult::NotRepairable =>
        {
            (SignalKind::RepairFailed, None)
        }
        Payload::DeliveryMismatchReported(fact) => (SignalKind::Mismatch, Some(&fact.sku)),
        Payload::DeliveryFailed(_) => (SignalKind::DeliveryFailed, None),
        Payload::FeedbackReceived(fact) => {
            let kind = match fact.feedback_type {
                FeedbackType::Compliment => SignalKind::Compliment,
                FeedbackType::DissatisfactionUnlodged => SignalKind::Dissatisfaction,
                _ => return None,
            };
            (kind, fact.product.as_ref())
        }
        Payload::WordOfMouthObserved(fact) => match fact.polarity {
            Polarity::Positive => (SignalKind::WordFor, None),
            Polarity::Negative => (SignalKind::WordAgainst, None),
            Polarity::Neutral => return None,
        },
        Payload::ReferralMade(_) => (SignalKind::Referral, None),
        Payload::ChurnDeclared(_) | Payload::RelationshipClosed(_) => (SignalKind::Loss, None),
        _ => return None,
    })
}
