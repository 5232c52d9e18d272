//! Customer value = historical + current + potential, and the matrix of current against potential.
//!
//! Historical is the margin up to the current period, current the margin in it, potential the
//! closed-form lifetime value of what is to come. High is at or above the mean of all who bought.

use crate::margin::margin_millionths;
use crate::population::in_order;
use crate::ratio::{count, float, minor_units_per_unit, ratio};
use crate::reporting::Why;
use crate::rules::LoyaltyRules;
use crate::state::LoyaltyState;
use crate::view::LoyaltyView;
use annals_events::{Currency, PartyId};
use annals_projection::{ViewContext, in_parallel, threads_at_once};
use serde::Serialize;

/// What one customer is worth, in units of the currency. All null with `why`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CustomerValue {
    /// The margin of all days before the current period.
    pub historical: Option<f64>,
    /// The margin of the current period.
    pub current: Option<f64>,
    /// The closed-form lifetime value, variant `end_of_period`.
    pub potential: Option<f64>,
    /// The three together.
    pub total: Option<f64>,
    /// The currency.
    pub currency: Option<Currency>,
    /// Days of the current period, which ends on the day asked about.
    pub current_window_days: i32,
    /// Why the numbers are null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

impl CustomerValue {
    /// `potential` and its reason come from the closed form of the same view.
    pub(crate) fn new(
        state: &LoyaltyState,
        clv: &crate::clv::ClvClosedForm,
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Self {
        let current_window_days = context.rules.current.window_days;
        let empty = Self { current_window_days, ..Self::default() };
        let found = || {
            let (Some(potential), Some(currency)) = (clv.value, clv.currency) else {
                return Err(clv.why.clone().unwrap_or_default());
            };
            let rules = context.rules.clv.as_ref().ok_or("the ruleset has no [clv] section")?;
            let start = context.today.plus_days(1 - current_window_days);
            let units = |(millionths, _): (i128, _)| {
                ratio(millionths, 1_000_000) / ratio(minor_units_per_unit(currency.digits()), 1)
            };
            let before = margin_millionths(state, ..start, currency, rules, context.rates)?;
            let since = margin_millionths(state, start.., currency, rules, context.rates)?;
            let (historical, current) = (units(before), units(since));
            Ok(Self {
                historical: Some(historical),
                current: Some(current),
                potential: Some(potential),
                total: Some(historical + current + potential),
                currency: Some(currency),
                ..empty.clone()
            })
        };
        found().unwrap_or_else(|why| Self { why: Some(why), ..empty.clone() })
    }
}

/// The cells of the value matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueCell {
    /// Current and potential value are high: to be kept at all cost.
    Valuable,
    /// Much to come, little now.
    Growing,
    /// Much now, little to come.
    Fading,
    /// Both are low.
    LowValue,
}

/// The value matrix of all who bought. Null with `why`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ValueMatrix {
    /// Current and potential value at or above the means.
    pub valuable: Option<u64>,
    /// Potential value alone.
    pub growing: Option<u64>,
    /// Current value alone.
    pub fading: Option<u64>,
    /// Neither.
    pub low_value: Option<u64>,
    /// The mean current value.
    pub mean_current: Option<f64>,
    /// The mean potential value.
    pub mean_potential: Option<f64>,
    /// Why the numbers are null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

/// Values are worked out in parts of so many customers.
const CUSTOMERS_PER_PART: usize = 16_384;

/// A customer's value and cell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerValueRow<'a> {
    /// The customer.
    pub customer: &'a PartyId,
    /// What the customer is worth.
    pub value: CustomerValue,
    /// The cell of the value matrix; null where the value of anybody is.
    pub cell: Option<ValueCell>,
}

/// The customers who bought, in the order of their ids, with value and cell.
pub fn customer_values<'a>(
    customers: &[&'a (PartyId, LoyaltyState)],
    context: &ViewContext<'_, LoyaltyRules>,
) -> Vec<CustomerValueRow<'a>> {
    rows(customers, context).0
}

fn rows<'a>(
    customers: &[&'a (PartyId, LoyaltyState)],
    context: &ViewContext<'_, LoyaltyRules>,
) -> (Vec<CustomerValueRow<'a>>, Result<(f64, f64), Why>) {
    let customers = in_order(customers);
    let of_part = |part: &[&'a (PartyId, LoyaltyState)]| {
        let bought = part.iter().filter(|(_, state)| !state.purchases.is_empty());
        bought
            .map(|(customer, state)| CustomerValueRow {
                customer,
                value: LoyaltyView::value(state, context),
                cell: None,
            })
            .collect::<Vec<_>>()
    };
    let parts = customers.chunks(CUSTOMERS_PER_PART).collect();
    let rows = in_parallel(parts, threads_at_once(), of_part);
    let mut rows: Vec<CustomerValueRow<'a>> = rows.into_iter().flatten().collect();
    let means = means(&rows);
    if let Ok((current, potential)) = means {
        for row in &mut rows {
            let high = |value: Option<f64>, mean| value.is_some_and(|value| value >= mean);
            let cell =
                match (high(row.value.current, current), high(row.value.potential, potential)) {
                    (true, true) => ValueCell::Valuable,
                    (false, true) => ValueCell::Growing,
                    (true, false) => ValueCell::Fading,
                    (false, false) => ValueCell::LowValue,
                };
            row.cell = Some(cell);
        }
    }
    (rows, means)
}

fn means(rows: &[CustomerValueRow<'_>]) -> Result<(f64, f64), Why> {
    let (mut current, mut potential, mut currency) = (0.0, 0.0, None);
    for row in rows {
        let because = |why: &str| format!("customer {}: {why}", row.customer);
        let value = &row.value;
        let (Some(now), Some(to_come)) = (value.current, value.potential) else {
            return Err(because(value.why.as_deref().unwrap_or_default()));
        };
        if currency.is_some() && currency != value.currency {
            return Err(because(
                "bought in another currency: name a reporting_currency and record the rates",
            ));
        }
        currency = value.currency;
        current += now;
        potential += to_come;
    }
    if rows.is_empty() {
        return Err("nobody has bought anything".to_owned());
    }
    Ok((current / float(rows.len()), potential / float(rows.len())))
}

impl ValueMatrix {
    pub(crate) fn new(
        customers: &[&(PartyId, LoyaltyState)],
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Self {
        let (rows, means) = rows(customers, context);
        let (current, potential) = match means {
            Ok(means) => means,
            Err(why) => return Self { why: Some(why), ..Self::default() },
        };
        let in_cell = |cell| Some(count(rows.iter().filter(|row| row.cell == Some(cell)).count()));
        Self {
            valuable: in_cell(ValueCell::Valuable),
            growing: in_cell(ValueCell::Growing),
            fading: in_cell(ValueCell::Fading),
            low_value: in_cell(ValueCell::LowValue),
            mean_current: Some(current),
            mean_potential: Some(potential),
            why: None,
        }
    }
}
