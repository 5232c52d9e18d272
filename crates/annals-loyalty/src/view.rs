//! What is shown of one customer.

use crate::clv::ClvClosedForm;
use crate::customer_value::CustomerValue;
use crate::day_total::{plus, within};
use crate::particulars::{Particulars, Selections};
use crate::price_response::PriceResponses;
use crate::profitability::Profitability;
use crate::relationship::{Relationship, RelationshipValue};
use crate::reporting::{self, Why};
use crate::rules::LoyaltyRules;
use crate::scorecard::{Metric, Tally};
use crate::standing::{self, LoyaltyStanding, Rung};
use crate::state::LoyaltyState;
use annals_events::{Currency, Date, Money, OfferResponse};
use annals_projection::ViewContext;
use serde::Serialize;
use std::collections::BTreeMap;

/// Loyalty of one customer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoyaltyView {
    /// The day of the first event of any kind.
    pub first_event: Option<Date>,
    /// Days from then to the day asked about.
    pub relationship_days: Option<i32>,
    /// Purchase occasions: distinct days with a purchase.
    pub occasions: u32,
    /// Orders.
    pub orders: u64,
    /// The day of the first purchase.
    pub first_purchase: Option<Date>,
    /// The day of the last purchase.
    pub last_purchase: Option<Date>,
    /// Days from the last purchase to the day asked about.
    pub recency_days: Option<i32>,
    /// Purchase occasions, under the name RFM has for them.
    pub frequency: u32,
    /// All purchases together, refunds not taken off. Null with `why`.
    pub monetary: Option<Money>,
    /// Monetary over occasions, rounded half up to the minor unit. Null with `why`.
    pub average_purchase: Option<Money>,
    /// Occasions after the first.
    pub repeat_purchases: u32,
    /// Money that went back.
    pub refunds: Refunds,
    /// Goods that went back.
    pub returns: Returns,
    /// Referrals made, by their numbers.
    pub referrals_made: u32,
    /// Referrals that became a purchase, by their numbers.
    pub referrals_converted: u32,
    /// Offers whose latest answer is "accepted".
    pub offers_accepted: OffersAccepted,
    /// What the customer was heard to say.
    pub word_of_mouth: WordOfMouth,
    /// How the customer spoke of competitors: stance to mentions; only stances taken.
    pub competitor_stances: BTreeMap<&'static str, u32>,
    /// Mean time to choose, in seconds; null where it was never timed.
    pub selection_seconds_mean: Option<f64>,
    /// Defects met and how they were taken.
    pub defects: Defects,
    /// What the customer cost, by purpose and currency.
    pub costs: Vec<CostTotal>,
    /// Lifetime value in closed form.
    pub clv_closed_form: ClvClosedForm,
    /// The twelve metrics of loyalty, in the order of their numbers.
    pub scorecard: Vec<Metric>,
    /// The rung of the ladder.
    pub ladder: Rung,
    /// Behavioural x attitudinal loyalty.
    pub loyalty_type: LoyaltyStanding,
    /// Historical, current and potential value.
    pub customer_value: CustomerValue,
    /// Margin, refunds, costs and profit.
    pub profitability: Profitability,
    /// How close the relationship is, with evidence.
    pub relationship: Relationship,
    /// What the relationship is worth, in four columns.
    pub relationship_value: RelationshipValue,
    /// How changed prices were taken.
    pub price_responses: PriceResponses,
    /// Why `monetary` and `average_purchase` (and, without purchases, the days) are null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

/// Money that went back, never converted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refunds {
    /// How often.
    pub count: u64,
    /// How much in each currency; null where it is beyond what can be summed.
    pub amounts: BTreeMap<String, Option<String>>,
}

/// Goods that went back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Returns {
    /// Returns asked for.
    pub requested: u32,
    /// Returns received.
    pub received: u32,
}

/// Offers whose latest answer is "accepted".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OffersAccepted {
    /// All of them.
    pub total: u32,
    /// By what sort of offer; `unknown` where the offer itself was not recorded.
    pub by_type: BTreeMap<&'static str, u32>,
}

/// What the customer was heard to say, in mentions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WordOfMouth {
    /// For.
    pub positive: u32,
    /// Neither.
    pub neutral: u32,
    /// Against.
    pub negative: u32,
}

/// Defects met and how they were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Defects {
    /// Defects met.
    pub met: u32,
    /// Of these, without a complaint.
    pub without_complaint: u32,
    /// Of these, followed by another purchase.
    pub with_repurchase: u32,
}

/// What the customer cost for one purpose in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CostTotal {
    /// What for.
    pub cost_type: &'static str,
    /// In which currency.
    pub currency: Currency,
    /// How much, in units of the currency; null where it is beyond what can be summed.
    pub amount: Option<String>,
}

impl LoyaltyView {
    pub(crate) fn new(state: &LoyaltyState, context: &ViewContext<'_, LoyaltyRules>) -> Self {
        let none = Particulars::default();
        let particulars = state.particulars.as_deref().unwrap_or(&none);
        let since = |day: Date| context.today.days_since(day);
        let monetary = monetary(state, context);
        let occasions = state.occasions();
        let clv = context.rules.clv.as_ref();
        let profitability = Profitability::new(state, context);
        Self {
            first_event: state.first_event,
            relationship_days: state.first_event.map(since),
            occasions,
            orders: state.orders(),
            first_purchase: state.first_purchase(),
            last_purchase: state.last_purchase(),
            recency_days: state.last_purchase().map(since),
            frequency: occasions,
            monetary: monetary.as_ref().ok().copied(),
            average_purchase: monetary.as_ref().ok().map(|money| average(*money, occasions)),
            repeat_purchases: occasions.saturating_sub(1),
            refunds: refunds(particulars),
            returns: Returns {
                requested: particulars.returns_requested,
                received: particulars.returns_received,
            },
            referrals_made: state.referrals_made(),
            referrals_converted: state.referrals_converted(),
            offers_accepted: offers_accepted(particulars),
            word_of_mouth: word_of_mouth(particulars),
            competitor_stances: particulars
                .competitor_stances
                .iter()
                .map(|(stance, mentions)| (stance.as_str(), *mentions))
                .collect(),
            selection_seconds_mean: mean_seconds(particulars.selections),
            defects: Defects {
                met: particulars.defects_met,
                without_complaint: particulars.defects_without_complaint,
                with_repurchase: particulars.defects_with_repurchase,
            },
            costs: costs(particulars),
            why: monetary.as_ref().err().cloned(),
            customer_value: Self::value(state, context),
            relationship: Relationship::new(state, context),
            relationship_value: RelationshipValue::new(state, &profitability, context.rules),
            price_responses: PriceResponses::new(state),
            profitability,
            scorecard: Tally::of(state, context).metrics(),
            ladder: standing::rung(state, context.rules),
            loyalty_type: LoyaltyStanding::new(state, context),
            clv_closed_form: ClvClosedForm::new(state, monetary, clv, context.today, context.rates),
        }
    }

    /// Historical, current and potential value of a customer.
    pub(crate) fn value(
        state: &LoyaltyState,
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> CustomerValue {
        let (monetary, rules) = (monetary(state, context), context.rules.clv.as_ref());
        let clv = ClvClosedForm::new(state, monetary, rules, context.today, context.rates);
        CustomerValue::new(state, &clv, context)
    }
}

fn monetary(state: &LoyaltyState, context: &ViewContext<'_, LoyaltyRules>) -> Result<Money, Why> {
    let currencies = state.purchases.iter().map(|total| total.currency);
    let currency = reporting::currency(context.rules.reporting_currency, currencies)?;
    match currency {
        Some(currency) if !state.purchases.is_empty() => {
            let units = reporting::sum(&state.purchases, currency, context.rates)?;
            Ok(Money::new(units, currency))
        }
        _ => Err(format!("no purchase up to {}", context.today)),
    }
}

/// `money` is 0 or more.
fn average(money: Money, occasions: u32) -> Money {
    let occasions = i128::from(occasions.max(1));
    let rounded = (i128::from(money.minor_units()) * 2 + occasions) / (occasions * 2);
    Money::new(i64::try_from(rounded).unwrap_or(money.minor_units()), money.currency())
}

fn refunds(particulars: &Particulars) -> Refunds {
    let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
    for total in &particulars.refunds {
        let sum = sums.entry(total.currency).or_default();
        *sum = plus(*sum, total.minor_units);
    }
    Refunds {
        count: particulars.refunds.iter().map(|total| u64::from(total.count)).sum(),
        amounts: sums
            .into_iter()
            .map(|(currency, sum)| (currency.to_string(), amount(sum, currency)))
            .collect(),
    }
}

fn offers_accepted(particulars: &Particulars) -> OffersAccepted {
    let mut accepted = OffersAccepted::default();
    for offer in particulars.offers.values() {
        if offer.response == Some(OfferResponse::Accepted) {
            let name = offer.sort.map_or("unknown", |offer_type| offer_type.as_str());
            accepted.total += 1;
            *accepted.by_type.entry(name).or_default() += 1;
        }
    }
    accepted
}

fn word_of_mouth(particulars: &Particulars) -> WordOfMouth {
    use annals_events::Polarity;
    let heard = |polarity| particulars.word_of_mouth.get(&polarity).copied().unwrap_or_default();
    WordOfMouth {
        positive: heard(Polarity::Positive),
        neutral: heard(Polarity::Neutral),
        negative: heard(Polarity::Negative),
    }
}

fn mean_seconds(selections: Selections) -> Option<f64> {
    let mean = || crate::ratio::ratio(i128::from(selections.seconds), i128::from(selections.count));
    (selections.count > 0).then(mean)
}

fn costs(particulars: &Particulars) -> Vec<CostTotal> {
    let mut sums = BTreeMap::new();
    for ((cost_type, _, currency), units) in &particulars.costs {
        let sum = sums.entry((*cost_type, *currency)).or_default();
        *sum = plus(*sum, *units);
    }
    sums.into_iter()
        .map(|((cost_type, currency), sum)| CostTotal {
            cost_type: cost_type.as_str(),
            currency,
            amount: amount(sum, currency),
        })
        .collect()
}

fn amount(sum: i64, currency: Currency) -> Option<String> {
    within(sum).map(|units| Money::new(units, currency).amount())
}
