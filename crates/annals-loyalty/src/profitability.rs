//! What a customer brings after what serving costs: margin, refunds, costs, profit.
//!
//! A refund is taken off whole: what was earned on the goods is gone and the goods are worth
//! nothing again, the careful assumption. Refunds may exceed purchases; net revenue is negative
//! then and a note says so.

use crate::day_total::within;
use crate::margin::margin_millionths;
use crate::ratio::{minor_units_per_unit, ratio};
use crate::reporting::{self, Why, in_currency, too_large};
use crate::rules::LoyaltyRules;
use crate::state::LoyaltyState;
use annals_events::{CostType, Currency, Date, Money};
use annals_projection::ViewContext;
use serde::Serialize;

/// Profitability of one customer over all days, in units of the currency. All null with `why`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Profitability {
    /// The currency.
    pub currency: Option<Currency>,
    /// All purchases.
    pub revenue: Option<f64>,
    /// Money that went back.
    pub refunds: Option<f64>,
    /// Revenue less refunds; negative where more went back than came in.
    pub net_revenue: Option<f64>,
    /// What was earned on the purchases, recorded or by the ruleset's share.
    pub margin: Option<f64>,
    /// All costs recorded.
    pub costs: Option<f64>,
    /// Of these, service, care and remedies: the cost to serve.
    pub cost_to_serve: Option<f64>,
    /// Margin less refunds less costs.
    pub profit: Option<f64>,
    /// Margin less refunds less costs, each discounted to the day of the first purchase by the
    /// ruleset's rate; null without a `[clv]` section or a purchase.
    pub discounted_profit: Option<f64>,
    /// What is unusual about the numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
    /// Why the numbers are null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

impl Profitability {
    pub(crate) fn new(state: &LoyaltyState, context: &ViewContext<'_, LoyaltyRules>) -> Self {
        Self::found(state, context).unwrap_or_else(|why| Self { why: Some(why), ..Self::default() })
    }

    fn found(state: &LoyaltyState, context: &ViewContext<'_, LoyaltyRules>) -> Result<Self, Why> {
        let currency = currency_of(state, context)?;
        let rules = context.rules.clv.as_ref().ok_or("the ruleset has no [clv] section")?;
        let units = |minor: i128| ratio(minor, minor_units_per_unit(currency.digits()));
        let revenue = i128::from(reporting::sum(&state.purchases, currency, context.rates)?);
        let conduct = state.particulars.as_deref();
        let refunded = conduct.map(|conduct| conduct.refunds.as_slice()).unwrap_or_default();
        let refunds = i128::from(reporting::sum(refunded, currency, context.rates)?);
        let (margin, _) = margin_millionths(state, .., currency, rules, context.rates)?;
        let margin = ratio(margin, 1_000_000) / ratio(minor_units_per_unit(currency.digits()), 1);
        let (mut costs, mut serving) = (0_i128, 0_i128);
        for (cost_type, _, amount) in costs_in(state, currency, context)? {
            costs += amount;
            if let CostType::Service | CostType::Care | CostType::Remedy = cost_type {
                serving += amount;
            }
        }
        let more_back = refunds > revenue;
        Ok(Self {
            currency: Some(currency),
            revenue: Some(units(revenue)),
            refunds: Some(units(refunds)),
            net_revenue: Some(units(revenue - refunds)),
            margin: Some(margin),
            costs: Some(units(costs)),
            cost_to_serve: Some(units(serving)),
            profit: Some(margin - units(refunds) - units(costs)),
            discounted_profit: discounted(state, currency, context)?,
            note: more_back.then_some("more was refunded than was bought"),
            why: None,
        })
    }
}

/// The currency of a customer's purchases, refunds and costs.
fn currency_of(
    state: &LoyaltyState,
    context: &ViewContext<'_, LoyaltyRules>,
) -> Result<Currency, Why> {
    let conduct = state.particulars.as_deref();
    let refunds = conduct.into_iter().flat_map(|conduct| &conduct.refunds);
    let costs = conduct.into_iter().flat_map(|conduct| conduct.costs.keys());
    let all = state.purchases.iter().chain(refunds).map(|total| total.currency);
    reporting::currency(
        context.rules.reporting_currency,
        all.chain(costs.map(|(_, _, currency)| *currency)),
    )?
    .ok_or_else(|| format!("no purchase, refund or cost up to {}", context.today))
}

/// A customer's costs by purpose and day, in minor units of a currency.
pub(crate) fn costs_in(
    state: &LoyaltyState,
    currency: Currency,
    context: &ViewContext<'_, LoyaltyRules>,
) -> Result<Vec<(CostType, Date, i128)>, Why> {
    let costs = state.particulars.iter().flat_map(|conduct| &conduct.costs);
    costs
        .map(|((cost_type, day, from), units)| {
            let money = Money::new(within(*units).ok_or_else(too_large)?, *from);
            let amount = in_currency(money, currency, *day, context.rates)?;
            Ok((*cost_type, *day, i128::from(amount)))
        })
        .collect()
}

/// The value on the day of the first purchase: sum over days of (margin - refunds - costs) / (1 +
/// i)^(periods since).
fn discounted(
    state: &LoyaltyState,
    currency: Currency,
    context: &ViewContext<'_, LoyaltyRules>,
) -> Result<Option<f64>, Why> {
    let (Some(first), Some(rules)) = (state.first_purchase(), context.rules.clv.as_ref()) else {
        return Ok(None);
    };
    let minor = ratio(minor_units_per_unit(currency.digits()), 1);
    let period = ratio(crate::clv::period_millionths_of_day(rules.period), 1_000_000);
    let growth = 1.0 + rules.discount.to_f64();
    let worth = |day: Date, units: f64| {
        units / minor / growth.powf(f64::from(day.days_since(first)) / period)
    };
    let mut sum = 0.0;
    for day in state.purchase_days() {
        let (margin, _) = margin_millionths(state, day..=day, currency, rules, context.rates)?;
        sum += worth(day, ratio(margin, 1_000_000));
    }
    for refund in state.particulars.iter().flat_map(|conduct| &conduct.refunds) {
        let money = refund.money().ok_or_else(too_large)?;
        let units = in_currency(money, currency, refund.day, context.rates)?;
        sum -= worth(refund.day, ratio(units.into(), 1));
    }
    for (_, day, units) in costs_in(state, currency, context)? {
        sum -= worth(day, ratio(units, 1));
    }
    Ok(Some(sum))
}
