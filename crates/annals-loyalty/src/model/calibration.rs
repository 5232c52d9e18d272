//! The data of the models: what each customer bought up to a day.
//!
//! The end of the calibration is a day of its own and may lie before the day asked about: what came
//! after it is the holdout the models are judged by.

use crate::model::repeat_history::RepeatHistory;
use crate::ratio::{minor_units_per_unit, ratio};
use crate::reporting::{self, Why};
use crate::rules::LoyaltyRules;
use crate::state::LoyaltyState;
use annals_events::{ContentHash, Currency, Date, PartyId};
use annals_projection::ViewContext;
use std::fmt::Write as _;

/// The customers who had bought something by the end of a calibration, in the order given.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration<'a> {
    /// The last day that counts.
    pub end: Date,
    /// One row per customer.
    pub customers: Vec<CalibratedCustomer<'a>>,
    /// The currency of the values; `None` where they are withheld or nobody bought.
    pub currency: Option<Currency>,
    /// Why values are withheld.
    pub why: Option<Why>,
}

/// One customer's buying up to the end of a calibration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalibratedCustomer<'a> {
    /// The customer.
    pub customer: &'a PartyId,
    /// (x, `t_x`, T).
    pub history: RepeatHistory,
    /// What all days after the first brought, in minor units; 0 at x = 0. `None` where withheld.
    pub repeat_minor_units: Option<i64>,
}

/// The customers' buying up to a day, which is at the latest the one asked about. Values are in the
/// reporting currency, each day converted by its rate.
pub fn calibration<'a>(
    customers: &[&'a (PartyId, LoyaltyState)],
    end: Date,
    context: &ViewContext<'_, LoyaltyRules>,
) -> Calibration<'a> {
    let end = end.min(context.today);
    let up_to_end = |state: &'a LoyaltyState| {
        let days = state.purchases.partition_point(|total| total.day <= end);
        state.purchases.get(..days).unwrap_or_default()
    };
    let spent = customers.iter().flat_map(|(_, state)| up_to_end(state));
    let chosen =
        reporting::currency(context.rules.reporting_currency, spent.map(|total| total.currency));
    let (currency, mut why) = match chosen {
        Ok(currency) => (currency, None),
        Err(why) => (None, Some(why)),
    };
    let mut rows = Vec::new();
    for (customer, state) in customers {
        let bought = up_to_end(state);
        let Some(history) = RepeatHistory::of(state.purchase_days(), end) else { continue };
        let first_day = bought.first().map(|total| total.day);
        let repeats = bought.partition_point(|total| Some(total.day) == first_day);
        let value = currency.filter(|_| why.is_none()).and_then(|currency| {
            let repeats = bought.get(repeats..).unwrap_or_default();
            reporting::sum(repeats, currency, context.rates)
                .map_err(|reason| why = Some(format!("customer {customer}: {reason}")))
                .ok()
        });
        rows.push(CalibratedCustomer { customer, history, repeat_minor_units: value });
    }
    if why.is_some() {
        for row in &mut rows {
            row.repeat_minor_units = None;
        }
    }
    let currency = currency.filter(|_| why.is_none());
    Calibration { end, customers: rows, currency, why }
}

impl Calibration<'_> {
    /// z: the mean value of a customer's repeat days, in units of the currency; `None` at x = 0 and
    /// where values are withheld.
    pub fn mean_value(&self, row: &CalibratedCustomer<'_>) -> Option<f64> {
        let units = i128::from(row.repeat_minor_units?);
        let days = i128::from(row.history.repeats);
        let minor = minor_units_per_unit(self.currency?.digits());
        (days > 0).then(|| ratio(units, days * minor))
    }

    /// SHA-256 of the rows: `x,t_x in days,T in days,minor units after the first day` and a line
    /// feed each, in ascending order as numbers, values empty where withheld; before them the
    /// currency (or nothing) and a line feed. Names nobody, and does not depend on the order of
    /// customers.
    pub fn data_digest(&self) -> ContentHash {
        let mut rows: Vec<_> =
            self.customers.iter().map(|row| (row.history, row.repeat_minor_units)).collect();
        rows.sort_unstable();
        let mut text = self.currency.map(|currency| currency.to_string()).unwrap_or_default();
        text.push('\n');
        for (history, units) in rows {
            let RepeatHistory { repeats, last_repeat_days, observed_days } = history;
            let units = units.map(|units| units.to_string()).unwrap_or_default();
            writeln!(text, "{repeats},{last_repeat_days},{observed_days},{units}")
                .expect("a text can always grow");
        }
        ContentHash::of(text.as_bytes())
    }
}
