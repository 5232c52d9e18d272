//! Which events can influence which measure of a customer: what an explanation lists.
//!
//! Too many is safe, too few is a lie: folding the relevant events of a measure alone gives the same
//! number (tested for every measure on random histories).

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

/// Whether an event can influence a measure of [`MEASURES`]. Nothing influences what is none.
pub fn is_relevant(measure: &str, payload: &Payload) -> bool {
    let purchase = matches!(payload, Payload::PurchaseCompleted(_));
    let referral = matches!(payload, Payload::ReferralMade(_) | Payload::ReferralConverted(_));
    let word = matches!(payload, Payload::WordOfMouthObserved(_));
    let refund = matches!(payload, Payload::RefundIssued(_));
    let cost = matches!(payload, Payload::CostRecorded(_));
    let profit = purchase || refund || cost;
    match measure {
        // Any event begins or lengthens the relationship.
        "first_event" | "relationship_days" | "scorecard" => true,
        "occasions" | "orders" | "first_purchase" | "last_purchase" | "recency_days"
        | "frequency" | "monetary" | "average_purchase" | "repeat_purchases"
        | "clv_closed_form" | "customer_value" | "why" => purchase,
        "refunds" => refund,
        "returns" => {
            matches!(payload, Payload::ReturnRequested(_) | Payload::ReturnReceived(_))
        }
        "referrals_made" | "referrals_converted" => referral,
        "offers_accepted" => matches!(payload, Payload::OfferMade(_) | Payload::OfferResponded(_)),
        "word_of_mouth" => word,
        "competitor_stances" => matches!(payload, Payload::CompetitorMentioned(_)),
        "selection_seconds_mean" => matches!(payload, Payload::SelectionTimed(_)),
        "defects" => matches!(payload, Payload::DefectTolerated(_)),
        "costs" => cost,
        "ladder" => purchase || referral || word || shows_interest(payload),
        "loyalty_type" => purchase || matches!(payload, Payload::SurveyAnswered(_)),
        "profitability" => profit,
        "relationship" => {
            purchase
                || matches!(
                    payload,
                    Payload::RelationshipLevelChanged(_)
                        | Payload::PartyRelated(_)
                        | Payload::PartyUnrelated(_)
                )
        }
        "relationship_value" => {
            let known = matches!(payload, Payload::FeedbackReceived(_) | Payload::ReviewPosted(_));
            profit || referral || known
        }
        "price_responses" => matches!(payload, Payload::PriceResponseObserved(_)),
        _ => false,
    }
}
