//! The firm's own retention economics: four numbers textbooks quote and no textbook can know.
//!
//! All are over the current period, from the firm's own costs, offers and customers.

use crate::moments::Cases;
use crate::particulars::Offer;
use crate::placed::Placed;
use crate::profitability::costs_in;
use crate::ratio::{minor_units_per_unit, ratio};
use crate::reporting::{self, Why};
use crate::rules::{ClvRules, LoyaltyRules};
use crate::scorecard::Tally;
use crate::state::LoyaltyState;
use annals_events::{CostType, Currency, Date, OfferResponse, PartyId};
use annals_projection::ViewContext;
use serde::Serialize;
use std::collections::BTreeSet;

/// The four numbers. What cannot be given is null, with its reason in `why`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RetentionEconomics {
    /// Days of the current period.
    pub window_days: i32,
    /// Customers whose first purchase lies in it.
    pub new_customers: u64,
    /// Customers who bought in the period before and in it.
    pub kept_customers: u64,
    /// Acquisition costs of the period per new customer, in units of the currency.
    pub cost_of_a_new_customer: Option<f64>,
    /// Retention and care costs of the period per kept customer.
    pub cost_of_keeping_one: Option<f64>,
    /// The first over the second.
    pub cost_ratio: Option<f64>,
    /// The currency of the costs.
    pub currency: Option<Currency>,
    /// How much more (0.25 = 25 %) a customer is worth, m r / (1 + i - r), where churn is lower by
    /// the ruleset's percentage points; r measured, i of the ruleset brought to the period.
    pub value_gain_of_less_churn: Option<f64>,
    /// The percentage points.
    pub churn_points: u8,
    /// Offers accepted by those who had not bought before, of those answered in the period.
    pub success_new: OfferSuccess,
    /// Offers accepted by those who had.
    pub success_old: OfferSuccess,
    /// The share of new customers who came by a referral.
    pub new_by_referral: Option<f64>,
    /// Its Wilson interval of 95 %.
    pub new_by_referral_interval: Option<[f64; 2]>,
    /// Why something is null.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<Why>,
}

/// Offers accepted of those answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct OfferSuccess {
    /// Accepted.
    pub accepted: u64,
    /// Answered: accepted, declined or ignored.
    pub answered: u64,
    /// The share accepted; null where none was answered.
    pub share: Option<f64>,
    /// Its Wilson interval of 95 %.
    pub interval: Option<[f64; 2]>,
}

/// How customers were won, and which offers worked, in the current period.
pub(crate) struct Won {
    /// Of the new customers, those who came by a referral.
    by_referral: Cases,
    /// Of the offers answered by those who had not bought before, those accepted.
    new: Cases,
    /// Of the offers answered by those who had.
    old: Cases,
}

impl Won {
    pub(crate) fn new(
        customers: &[&(PartyId, LoyaltyState)],
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Self {
        let start = context.today.plus_days(1 - context.rules.current.window_days);
        let referred: BTreeSet<&PartyId> = customers
            .iter()
            .filter_map(|(_, state)| state.particulars.as_ref())
            .flat_map(|conduct| conduct.referrals.values())
            .filter_map(|referral| referral.referred.as_ref())
            .collect();
        let (mut by_referral, mut new, mut old) =
            (Cases::default(), Cases::default(), Cases::default());
        for (customer, state) in customers {
            if state.first_purchase().is_some_and(|first| first >= start) {
                let won = state.particulars.as_ref().is_some_and(|known| known.won_by_referral);
                let hit = won || referred.contains(customer);
                by_referral.add(Cases { hits: u64::from(hit), n: 1 });
            }
            count_offers(state, start, &mut new, &mut old);
        }
        Self { by_referral, new, old }
    }
}

impl RetentionEconomics {
    pub(crate) fn new(
        customers: &[&(PartyId, LoyaltyState)],
        won: &Won,
        tally: &Tally,
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Self {
        let window_days = context.rules.current.window_days;
        let start = context.today.plus_days(1 - window_days);
        let Won { by_referral, new, old } = *won;
        let churn_points = context.rules.economics.churn_points;
        let mut economics = Self {
            window_days,
            new_customers: by_referral.n,
            kept_customers: tally.retained().hits,
            churn_points,
            success_new: OfferSuccess::of(new),
            success_old: OfferSuccess::of(old),
            new_by_referral: by_referral.share(),
            new_by_referral_interval: by_referral.interval(),
            ..Self::default()
        };
        if economics.new_by_referral.is_none() {
            economics.why.push("nobody became a customer in the current period".to_owned());
        }
        if let Err(why) = economics.add_costs(customers, start, context) {
            economics.why.push(why);
        }
        match gain(tally.retained(), churn_points, window_days, context.rules.clv.as_ref()) {
            Ok(gain) => economics.value_gain_of_less_churn = Some(gain),
            Err(why) => economics.why.push(why.to_owned()),
        }
        economics
    }

    fn add_costs(
        &mut self,
        customers: &[&(PartyId, LoyaltyState)],
        start: Date,
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Result<(), Why> {
        let currencies = customers
            .iter()
            .filter_map(|(_, state)| state.particulars.as_ref())
            .flat_map(|conduct| conduct.costs.keys().map(|(_, _, currency)| *currency));
        let currency = reporting::currency(context.rules.reporting_currency, currencies)?
            .ok_or("no costs are recorded")?;
        let (mut winning, mut keeping) = (0_i128, 0_i128);
        for Placed { customer, state, .. } in Placed::in_order(customers, &[]) {
            let costs = costs_in(state, currency, context)
                .map_err(|why| format!("customer {customer}: {why}"))?;
            for (cost_type, day, amount) in costs {
                match cost_type {
                    _ if day < start => {}
                    CostType::Acquisition => winning += amount,
                    CostType::Retention | CostType::Care => keeping += amount,
                    CostType::Service | CostType::Marketing | CostType::Remedy => {}
                }
            }
        }
        let minor = minor_units_per_unit(currency.digits());
        let each = |sum: i128, customers: u64| {
            (customers > 0).then(|| ratio(sum, i128::from(customers) * minor))
        };
        self.currency = Some(currency);
        self.cost_of_a_new_customer = each(winning, self.new_customers);
        self.cost_of_keeping_one = each(keeping, self.kept_customers);
        self.cost_ratio = self
            .cost_of_a_new_customer
            .zip(self.cost_of_keeping_one)
            .map(|(new, kept)| new / kept)
            .filter(|ratio| ratio.is_finite());
        self.cost_ratio.map(|_| ()).ok_or_else(|| {
            "costs cannot be compared without new customers, kept customers and costs of keeping \
             them in the current period"
                .to_owned()
        })
    }
}

impl OfferSuccess {
    fn of(cases: Cases) -> Self {
        let (share, interval) = (cases.share(), cases.interval());
        Self { accepted: cases.hits, answered: cases.n, share, interval }
    }
}

/// Offers answered from a day on, by whether the customer had bought before that day.
fn count_offers(state: &LoyaltyState, start: Date, new: &mut Cases, old: &mut Cases) {
    let offers = state.particulars.iter().flat_map(|conduct| conduct.offers.values());
    let answered = |offer: &Offer| Some((offer.answered_on?, offer.response?));
    for (day, response) in offers.filter_map(answered).filter(|(day, _)| *day >= start) {
        let bought_before = state.first_purchase().is_some_and(|first| first < day);
        let cases = if bought_before { &mut *old } else { &mut *new };
        cases.add(Cases { hits: u64::from(response == OfferResponse::Accepted), n: 1 });
    }
}

fn gain(
    retained: Cases,
    points: u8,
    window_days: i32,
    rules: Option<&ClvRules>,
) -> Result<f64, &'static str> {
    let rules = rules.ok_or("the ruleset has no [clv] section")?;
    let retention = retained.share().ok_or("nobody bought in the period before the current one")?;
    let period = ratio(crate::clv::period_millionths_of_day(rules.period), 1_000_000);
    let discount = (1.0 + rules.discount.to_f64()).powf(f64::from(window_days) / period) - 1.0;
    let worth = |retention: f64| crate::clv::clv_end_of_period(1.0, retention, discount);
    let better = (retention + f64::from(points) / 100.0).min(1.0);
    match (worth(retention), worth(better)) {
        (Some(now), Some(then)) if now > 0.0 => Ok(then / now - 1.0),
        _ => {
            Err("the effect of less churn is undefined where nobody is kept, or nobody leaves and \
                  nothing is discounted")
        }
    }
}
