//! Which measures of a customer's view an event can change: what "the events behind a number" are.
//!
//! Never too few: folding only the events named for a measure gives the same measure. Some of them
//! may turn out to have changed nothing.

use crate::signal::kind_of;
use annals_events::{Direction, Event, Payload};

/// The measures, by their keys in the view, that an event can change; none for events that say
/// nothing of satisfaction.
pub(crate) fn relevant(event: &Event) -> &'static [&'static str] {
    match event.payload() {
        Payload::SurveyAnswered(_) => &[
            "nps",
            "csat",
            "ces",
            "acsi",
            "kano",
            "levels",
            "aspects",
            "qualities",
            "servqual",
            "complaint_effect",
            "response",
            "instruments",
        ],
        Payload::TouchpointExperienced(_) => &["peak_end", "touchpoints", "journey"],
        Payload::ContactOccurred(contact) if contact.direction == Direction::In => {
            &["contacts", "asked_again"]
        }
        Payload::ContactOccurred(_) => &["contacts"],
        Payload::EnquiryReceived(_) => &["answer_consistency", "asked_again"],
        Payload::EnquiryAnswered(_) => &["answer_consistency"],
        Payload::KanoPairAnswered(_) => &["kano"],
        Payload::ExpectationStated(_) => &["aspects"],
        Payload::SurveySent(_) | Payload::SurveyExpired(_) => &["response"],
        Payload::CarePlanned(_)
        | Payload::CarePerformed(_)
        | Payload::CareMissed(_)
        | Payload::CareResponded(_) => &["care"],
        Payload::PromiseMade(_) | Payload::PromiseKept(_) | Payload::PromiseBroken(_) => {
            &["promises"]
        }
        Payload::ComplaintReceived(_) => &["complaints", "complaint_effect", "indirect"],
        Payload::ComplaintAcknowledged(_)
        | Payload::ComplaintInvestigated(_)
        | Payload::ComplaintResponseOffered(_)
        | Payload::ComplaintDecisionCommunicated(_)
        | Payload::ComplaintRemedyAccepted(_)
        | Payload::ComplaintRemedyRejected(_)
        | Payload::ComplaintClosed(_)
        | Payload::ComplaintWithdrawn(_)
        | Payload::ComplaintReopened(_)
        | Payload::CompensationGranted(_)
        | Payload::CompensationPaid(_) => &["complaints", "complaint_effect"],
        Payload::PurchaseCompleted(purchase)
            if purchase.lines.iter().any(|line| line.unit_price.is_some()) =>
        {
            &["indirect", "price_consistency"]
        }
        Payload::PurchaseCompleted(_) => &["indirect"],
        payload if kind_of(payload).is_some() => &["indirect"],
        _ => &[],
    }
}
