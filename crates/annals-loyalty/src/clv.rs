//! Customer lifetime value in closed form.
//!
//! CLV = m r / (1 + i - r): a margin m earned at the end of each period for as long as the customer
//! stays, retention r and discount i per that period (Gupta & Lehmann, Journal of Interactive
//! Marketing 17(1), 2003). The variant whose first margin comes at once, m (1 + i) / (1 + i - r),
//! is another quantity and always named apart. m is what the customer brought per period so far;
//! r and i are assumptions of the ruleset and shown beside every value.

use crate::margin::margin_millionths;
use crate::ratio::{minor_units_per_unit, ratio};
use crate::reporting::Why;
use crate::rules::ClvRules;
use crate::state::LoyaltyState;
use annals_events::{Currency, Date, Money, Period};
use annals_projection::Rates;
use serde::Serialize;

/// The value of margins at the end of each period, in the unit of `margin`: m r / (1 + i - r).
/// `None` where it is undefined: nobody leaves and nothing is discounted (r = 1, i = 0).
pub fn clv_end_of_period(margin: f64, retention: f64, discount: f64) -> Option<f64> {
    over_loss(margin * retention, retention, discount)
}

/// The value of margins at the beginning of each period, the first at once, in the unit of
/// `margin`: m (1 + i) / (1 + i - r). `None` where it is undefined (r = 1, i = 0).
pub fn clv_immediate_margin(margin: f64, retention: f64, discount: f64) -> Option<f64> {
    over_loss(margin * (1.0 + discount), retention, discount)
}

fn over_loss(numerator: f64, retention: f64, discount: f64) -> Option<f64> {
    let loss = 1.0 + discount - retention;
    let value = numerator / loss;
    (loss > 0.0 && value.is_finite()).then_some(value)
}

/// Where the margin behind a lifetime value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MarginBasis {
    /// Every purchase recorded its margin.
    Recorded,
    /// No purchase did: all of it is the ruleset's share of revenue.
    AssumedShare,
    /// Some did.
    Mixed,
}

/// Closed-form lifetime value of one customer, with all it rests on. Money in units of `currency`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClvClosedForm {
    /// m r / (1 + i - r); null with `why`.
    pub value: Option<f64>,
    /// What `value` is: `end_of_period`.
    pub variant: &'static str,
    /// The other variant, m (1 + i) / (1 + i - r), where the first margin comes at once.
    pub immediate_margin_value: Option<f64>,
    /// m: margin per period from the first purchase to the day asked about, both included; a
    /// customer known for less than a period counts as known for one.
    pub margin_per_period: Option<f64>,
    /// Where m comes from.
    pub margin_basis: Option<MarginBasis>,
    /// The currency of the three amounts.
    pub currency: Option<Currency>,
    /// r, 0 to 1, per period; null without a `[clv]` section in the ruleset, as the next two.
    pub retention: Option<f64>,
    /// i, per period.
    pub discount: Option<f64>,
    /// The period.
    pub period: Option<Period>,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

impl ClvClosedForm {
    /// `revenue` is the customer's, in minor units of the reporting currency, or why there is none.
    pub(crate) fn new(
        state: &LoyaltyState,
        revenue: Result<Money, Why>,
        rules: Option<&ClvRules>,
        today: Date,
        rates: &Rates,
    ) -> Self {
        let mut clv = Self {
            value: None,
            variant: "end_of_period",
            immediate_margin_value: None,
            margin_per_period: None,
            margin_basis: None,
            currency: None,
            retention: rules.map(|rules| rules.retention.get().to_f64()),
            discount: rules.map(|rules| rules.discount.to_f64()),
            period: rules.map(|rules| rules.period),
            why: None,
        };
        if let Err(why) = clv.fill(state, revenue, rules, today, rates) {
            clv.why = Some(why);
        }
        clv
    }

    fn fill(
        &mut self,
        state: &LoyaltyState,
        revenue: Result<Money, Why>,
        rules: Option<&ClvRules>,
        today: Date,
        rates: &Rates,
    ) -> Result<(), Why> {
        let rules = rules.ok_or("the ruleset has no [clv] section")?;
        let revenue = revenue?;
        let (millionths, basis) = margin_millionths(state, .., revenue.currency(), rules, rates)?;
        let first = state.first_purchase().unwrap_or(today);
        let margin = per_period(millionths, first, today, rules.period)
            / ratio(minor_units_per_unit(revenue.currency().digits()), 1);
        let (retention, discount) = (rules.retention.get().to_f64(), rules.discount.to_f64());
        self.margin_per_period = Some(margin);
        self.margin_basis = Some(basis);
        self.currency = Some(revenue.currency());
        self.value = clv_end_of_period(margin, retention, discount);
        self.immediate_margin_value = clv_immediate_margin(margin, retention, discount);
        if self.value.is_none() {
            return Err("undefined where retention is 1 and discount is 0".to_owned());
        }
        Ok(())
    }
}

/// Minor units per period: the margin over the time from the first purchase to today, both days
/// included, at least one period.
fn per_period(margin_millionths: i128, first: Date, today: Date, period: Period) -> f64 {
    let period = period_millionths_of_day(period);
    let known = i128::from(today.days_since(first).max(0) + 1) * 1_000_000;
    ratio(margin_millionths, 1_000_000) * ratio(period, known.max(period))
}

/// The mean length of a period of the Gregorian calendar (400 years of 146,097 days).
pub(crate) const fn period_millionths_of_day(period: Period) -> i128 {
    match period {
        Period::Day => 1_000_000,
        Period::Week => 7_000_000,
        Period::Month => 30_436_875,
        Period::Quarter => 91_310_625,
        Period::Year => 365_242_500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_form_equals_the_series_it_sums() {
        for (margin, retention, discount) in [(100.0, 0.8, 0.1), (7.5, 0.0, 0.2), (-3.0, 0.95, 0.0)]
        {
            let factor: f64 = retention / (1.0 + discount);
            let end: f64 = (1..2000).map(|period| margin * factor.powi(period)).sum();
            let immediate: f64 = (0..2000).map(|period| margin * factor.powi(period)).sum();
            let close = |one: Option<f64>, other: f64| {
                one.is_some_and(|one| (one - other).abs() < 1e-9 * (1.0 + other.abs()))
            };
            assert!(close(clv_end_of_period(margin, retention, discount), end));
            assert!(close(clv_immediate_margin(margin, retention, discount), immediate));
        }
    }

    #[test]
    fn a_value_is_undefined_where_nobody_leaves_and_nothing_is_discounted() {
        assert_eq!(clv_end_of_period(100.0, 1.0, 0.0), None);
        assert_eq!(clv_immediate_margin(100.0, 1.0, 0.0), None);
        assert!(clv_end_of_period(100.0, 1.0, 0.000_001).is_some());
    }

    #[test]
    fn a_year_is_365_2425_days_and_a_short_acquaintance_is_not_scaled_up() {
        let day = |text: &str| -> Date { text.parse().expect("a day") };
        let per = |first, today| per_period(100_000_000, day(first), day(today), Period::Year);
        assert!((per("1998-01-01", "1998-01-01") - 100.0).abs() < f64::EPSILON);
        let long = per("1601-01-01", "2000-12-31");
        assert!((long - 100.0 / 400.0).abs() < 1e-12, "400 years, 146,097 days");
    }
}
