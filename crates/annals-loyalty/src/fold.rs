//! How each event changes a customer's state.

use crate::day_total;
use crate::particulars::Particulars;
use crate::state::LoyaltyState;
use annals_events::{Date, Payload, PurchaseCompleted};

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
            particulars(state).offer(&offer.offer).offer_type = Some(offer.offer_type);
        }
        Payload::OfferResponded(offer) => {
            particulars(state).offer(&offer.offer).response = Some(offer.response);
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
            selections.seconds = selections.seconds.saturating_add(i64::from(selection.duration));
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
        _ => {}
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
