//! Which events can influence which measure of a customer: what an explanation lists.
//!
//! Too many is safe, too few is a lie: folding the relevant events of a measure alone gives the
//! same number (tested for every measure on random histories).

use crate::fold::shows_interest;
use annals_events::Payload;

/// The measures of one customer, by their keys in JSON.
pub const MEASURES: &[&str] = &[
    "first_event",
    "relationship_days",
    "occasions",
    "orders",
    "first_purchase",
    "last_purchase",
    "recency_days",
    "frequency",
    "monetary",
    "average_purchase",
    "repeat_purchases",
    "refunds",
    "returns",
    "referrals_made",
    "referrals_converted",
    "offers_accepted",
    "word_of_mouth",
    "competitor_stances",
    "selection_seconds_mean",
    "defects",
    "costs",
    "clv_closed_form",
    "scorecard",
    "ladder",
    "loyalty_type",
    "customer_value",
    "profitability",
    "relationship",
    "relationship_value",
    "price_responses",
    "why",
];

/// Measures beside those that any event can influence, because it begins the relationship.
macro_rules! and_the_beginning {
    ($($measure:literal),*) => {
        &["first_event", "relationship_days", "scorecard", $($measure),*]
    };
}

/// The measures, of [`MEASURES`], that an event can influence.
pub(crate) fn relevant(payload: &Payload) -> &'static [&'static str] {
    match payload {
        Payload::PurchaseCompleted(_) => and_the_beginning![
            "occasions",
            "orders",
            "first_purchase",
            "last_purchase",
            "recency_days",
            "frequency",
            "monetary",
            "average_purchase",
            "repeat_purchases",
            "clv_closed_form",
            "ladder",
            "loyalty_type",
            "customer_value",
            "profitability",
            "relationship",
            "relationship_value",
            "why"
        ],
        Payload::RefundIssued(_) => {
            and_the_beginning!["refunds", "profitability", "relationship_value"]
        }
        Payload::CostRecorded(_) => {
            and_the_beginning!["costs", "profitability", "relationship_value"]
        }
        Payload::ReturnRequested(_) | Payload::ReturnReceived(_) => and_the_beginning!["returns"],
        Payload::ReferralMade(_) | Payload::ReferralConverted(_) => and_the_beginning![
            "referrals_made",
            "referrals_converted",
            "ladder",
            "relationship_value"
        ],
        Payload::OfferMade(_) => and_the_beginning!["offers_accepted"],
        Payload::OfferResponded(_) => and_the_beginning!["offers_accepted", "ladder"],
        Payload::WordOfMouthObserved(_) => and_the_beginning!["word_of_mouth", "ladder"],
        Payload::CompetitorMentioned(_) => and_the_beginning!["competitor_stances"],
        Payload::SelectionTimed(_) => and_the_beginning!["selection_seconds_mean"],
        Payload::DefectTolerated(_) => and_the_beginning!["defects"],
        Payload::SurveyAnswered(_) => and_the_beginning!["loyalty_type", "ladder"],
        Payload::RelationshipLevelChanged(_)
        | Payload::PartyRelated(_)
        | Payload::PartyUnrelated(_) => and_the_beginning!["relationship"],
        Payload::FeedbackReceived(_) | Payload::ReviewPosted(_) => {
            and_the_beginning!["ladder", "relationship_value"]
        }
        Payload::PriceResponseObserved(_) => and_the_beginning!["price_responses"],
        payload if shows_interest(payload) => and_the_beginning!["ladder"],
        _ => and_the_beginning![],
    }
}

/// Whether an event can influence a measure of [`MEASURES`]. Nothing influences what is none.
pub fn is_relevant(measure: &str, payload: &Payload) -> bool {
    relevant(payload).contains(&measure)
}
