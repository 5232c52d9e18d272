//! Which measures of a customer's view an event can have a part in.
//!
//! Named too often rather than too seldom: folding only the events that name a measure gives the
//! same measure as folding all. Where that holds, an explanation that lists those events is whole.

use annals_events::{OfferType, Payload};

/// Measures beside those that depend on since when the customer is known, as any event can decide.
macro_rules! and_known_since {
    ($($measure:literal),*) => {
        &["known_since", "stages", "alerts", "oddities", "why", $($measure),*]
    };
}

/// The keys of the view that an event can have a part in.
pub(crate) fn relevant(payload: &Payload) -> &'static [&'static str] {
    match payload {
        Payload::PurchaseCompleted(_) => and_known_since![
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
            "churn_declared",
            "closed"
        ],
        Payload::SubscriptionStarted(_)
        | Payload::SubscriptionRenewed(_)
        | Payload::SubscriptionResumed(_)
        | Payload::SubscriptionPaused(_)
        | Payload::SubscriptionCancelled(_)
        | Payload::SubscriptionExpired(_) => {
            and_known_since!["subscriptions_active", "churn_declared", "closed"]
        }
        Payload::ChurnDeclared(_)
        | Payload::RelationshipClosed(_)
        | Payload::RelationshipReactivated(_)
        | Payload::WinBackOffered(_)
        | Payload::WinBackAccepted(_)
        | Payload::WinBackDeclined(_)
        | Payload::OfferResponded(_) => and_known_since!["churn_declared", "closed"],
        Payload::OfferMade(made) if made.offer_type == OfferType::WinBack => {
            and_known_since!["churn_declared", "closed"]
        }
        Payload::ComplaintReceived(_)
        | Payload::ComplaintReopened(_)
        | Payload::ComplaintClosed(_)
        | Payload::ComplaintWithdrawn(_) => and_known_since!["complaints_open"],
        Payload::EnquiryReceived(_) | Payload::EnquiryAnswered(_) => {
            and_known_since!["enquiries_open"]
        }
        Payload::SurveyAnswered(_) => and_known_since!["trust"],
        _ => and_known_since![],
    }
}
