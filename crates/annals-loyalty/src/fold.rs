//! How each event changes a customer's state.

use crate::day_total;
use crate::particulars::{LatestAnswer, LevelAssertion, Particulars, PriceObservation};
use crate::state::LoyaltyState;
use annals_events::{
    AcquiredVia, Date, Direction, FeedbackType, Payload, PurchaseCompleted, SurveyAnswered,
};

/// Folds what an event says into the state. `day` is the event's local day.
pub(crate) fn apply(state: &mut LoyaltyState, day: Date, payload: &Payload) {
    state.first_event = Some(state.first_event.map_or(day, |first| first.min(day)));
    match payload {
        Payload::PurchaseCompleted(purchase) => apply_purchase(state, day, purchase),
        Payload::RefundIssued(refund) => {
            day_total::add(&mut particulars(state).refunds, day, refund.amount);
        }
        Payload::ReturnRequested(_) => one_more(&mut particulars(state).returns_requested),
        Payload::ReturnReceived(_) => one_more(&mut particulars(state).returns_received),
        Payload::ReferralMade(referral) => {
            particulars(state).referral(&referral.referral, referral.referred.as_ref()).made = true;
        }
        Payload::ReferralConverted(referral) => {
            particulars(state).referral(&referral.referral, Some(&referral.referred)).converted =
                true;
        }
        Payload::OfferMade(offer) => {
            particulars(state).offer(&offer.offer).sort = Some(offer.offer_type);
        }
        Payload::OfferResponded(offer) => {
            let answered = particulars(state).offer(&offer.offer);
            answered.response = Some(offer.response);
            answered.answered_on = Some(day);
        }
        Payload::WordOfMouthObserved(word) => {
            one_more(particulars(state).word_of_mouth.entry(word.polarity).or_default());
        }
        Payload::CompetitorMentioned(mention) => {
            one_more(particulars(state).competitor_stances.entry(mention.stance).or_default());
        }
        Payload::SelectionTimed(selection) => {
            let selections = &mut particulars(state).selections;
            one_more(&mut selections.count);
            let seconds = i64::from(selection.duration);
            selections.seconds = selections.seconds.saturating_add(seconds);
            let square = u128::from(seconds.unsigned_abs()).pow(2);
            selections.squares = selections.squares.saturating_add(square);
        }
        Payload::DefectTolerated(defect) => {
            let particulars = particulars(state);
            one_more(&mut particulars.defects_met);
            if !defect.complained {
                one_more(&mut particulars.defects_without_complaint);
            }
            if defect.repurchase.is_some() {
                one_more(&mut particulars.defects_with_repurchase);
            }
        }
        Payload::CostRecorded(cost) => {
            particulars(state).add_cost(cost.cost_type, day, cost.amount);
        }
        _ => apply_relationship(state, day, payload),
    }
    if shows_interest(payload) {
        particulars(state).interested = true;
    }
}

fn apply_relationship(state: &mut LoyaltyState, day: Date, payload: &Payload) {
    match payload {
        Payload::SurveyAnswered(survey) => apply_answers(state, day, survey),
        Payload::PriceResponseObserved(seen) => {
            particulars(state).price_responses.push(PriceObservation {
                response: seen.response,
                price_old: seen.price_old.minor_units(),
                price_new: seen.price_new.minor_units(),
                quantity_before: seen.quantity_before,
                quantity_after: seen.quantity_after,
            });
        }
        Payload::NetworkMeasured(network) => {
            particulars(state).network = Some((network.influence.get(), network.reach_people));
        }
        Payload::PartyRelated(related) => {
            let relations = &mut particulars(state).relations;
            relations.entry(related.relation).or_default().insert(related.to.clone());
        }
        Payload::PartyUnrelated(parted) => {
            let relations = &mut particulars(state).relations;
            if let Some(others) = relations.get_mut(&parted.relation) {
                others.remove(&parted.to);
            }
        }
        Payload::RelationshipLevelChanged(change) => {
            particulars(state).level = Some(LevelAssertion {
                day,
                level: change.to,
                agreement: change.agreement.clone(),
                evidence: change.evidence.clone(),
            });
        }
        Payload::FeedbackReceived(feedback) => {
            if let FeedbackType::ImprovementIdea | FeedbackType::Suggestion = feedback.feedback_type
            {
                one_more(&mut particulars(state).ideas);
            }
        }
        Payload::ReviewPosted(review) if review.public => {
            one_more(&mut particulars(state).public_reviews);
        }
        Payload::PartyRegistered(party) if party.acquired_via == Some(AcquiredVia::Referral) => {
            particulars(state).won_by_referral = true;
        }
        _ => {}
    }
}

fn apply_answers(state: &mut LoyaltyState, day: Date, survey: &SurveyAnswered) {
    for answer in &survey.answers {
        let Some(scale) = answer.scale else { continue };
        let (min, max, value) = (scale.min(), scale.max(), scale.value());
        let latest = LatestAnswer { day, min, max, value };
        particulars(state).answers.insert(answer.item.clone(), latest);
    }
}

/// Whether an event shows that somebody, customer or not, takes an interest: wrote, asked,
/// answered, visited.
pub(crate) fn shows_interest(payload: &Payload) -> bool {
    match payload {
        Payload::ContactOccurred(contact) => contact.direction == Direction::In,
        Payload::EnquiryReceived(_)
        | Payload::TouchpointExperienced(_)
        | Payload::FeedbackReceived(_)
        | Payload::ReviewPosted(_)
        | Payload::SurveyAnswered(_)
        | Payload::OfferResponded(_) => true,
        _ => false,
    }
}

fn apply_purchase(state: &mut LoyaltyState, day: Date, purchase: &PurchaseCompleted) {
    day_total::add(&mut state.purchases, day, purchase.total);
    if let Some(margin) = purchase.margin {
        particulars(state).add_margin(day, margin, purchase.total);
    }
    for line in &purchase.lines {
        particulars(state).add_to_basket(day, &line.sku);
    }
}

fn particulars(state: &mut LoyaltyState) -> &mut Particulars {
    state.particulars.get_or_insert_default()
}

fn one_more(count: &mut u32) {
    *count = count.saturating_add(1);
}
