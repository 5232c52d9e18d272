//! Which measures of a customer's view an event can have a part in.
//!
//! Named too often rather than too seldom: folding only the events that name a measure gives the
//! same measure as folding all. Where that holds, an explanation that lists those events is whole.

use crate::state::LifecycleState;
use annals_events::{Date, OfferType, Payload};

/// What only purchases decide.
const OF_PURCHASES: [&str; 10] = [
    "activity",
    "occasions",
    "first_occasion",
    "last_occasion",
    "silence_days",
    "tenure_days",
    "mean_gap_days",
    "rhythm_ratio",
    "cohort",
    "lapses",
];
/// What depends on since when the customer is known.
const OF_FIRST_DAY: [&str; 5] = ["known_since", "stages", "alerts", "oddities", "why"];
/// What depends on whether the customer is gone.
const OF_GOING: [&str; 5] = ["churn_declared", "closed", "stages", "alerts", "oddities"];

/// The keys of the view that an event of a day can have a part in, given the state that all of the
/// customer's events fold to.
pub(crate) fn relevant(state: &LifecycleState, day: Date, payload: &Payload) -> Vec<&'static str> {
    let mut measures = Vec::new();
    if state.first_event == Some(day) {
        measures.extend(OF_FIRST_DAY);
    }
    match payload {
        Payload::PurchaseCompleted(_) => {
            measures.extend(OF_PURCHASES);
            measures.extend(OF_GOING);
            measures.push("why");
        }
        Payload::SubscriptionStarted(_)
        | Payload::SubscriptionRenewed(_)
        | Payload::SubscriptionResumed(_)
        | Payload::SubscriptionPaused(_)
        | Payload::SubscriptionCancelled(_)
        | Payload::SubscriptionExpired(_) => {
            measures.push("subscriptions_active");
            measures.extend(OF_GOING);
        }
        Payload::ChurnDeclared(_)
        | Payload::RelationshipClosed(_)
        | Payload::RelationshipReactivated(_)
        | Payload::WinBackOffered(_)
        | Payload::WinBackAccepted(_)
        | Payload::WinBackDeclined(_)
        | Payload::OfferResponded(_) => measures.extend(OF_GOING),
        Payload::OfferMade(made) if made.offer_type == OfferType::WinBack => {
            measures.extend(OF_GOING);
        }
        Payload::ComplaintReceived(_)
        | Payload::ComplaintReopened(_)
        | Payload::ComplaintClosed(_)
        | Payload::ComplaintWithdrawn(_) => {
            measures.extend(["complaints_open", "stages", "alerts", "oddities"]);
        }
        Payload::EnquiryReceived(_) | Payload::EnquiryAnswered(_) => {
            measures.extend(["enquiries_open", "stages", "alerts", "oddities"]);
        }
        Payload::SurveyAnswered(_) => measures.extend(["trust", "stages", "alerts"]),
        Payload::PartyRegistered(_) => measures.extend(["stages", "alerts", "oddities"]),
        Payload::ContactOccurred(_) | Payload::RefundIssued(_) => {
            measures.extend(["stages", "alerts"]);
        }
        Payload::LifecycleStageAsserted(_) => measures.push("stages"),
        Payload::TouchpointExperienced(_)
        | Payload::FeedbackReceived(_)
        | Payload::ReviewPosted(_)
        | Payload::WordOfMouthObserved(_)
        | Payload::PartyUnrelated(_)
        | Payload::ProductFaultReported(_)
        | Payload::AlertRaised(_)
        | Payload::AlertClosed(_) => measures.push("alerts"),
        _ => {}
    }
    measures.sort_unstable();
    measures.dedup();
    measures
}
