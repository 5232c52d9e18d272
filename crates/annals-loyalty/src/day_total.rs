//! Money of one day in one currency: the grain at which purchases and refunds are kept.
//!
//! A day, because all orders of a day are one purchase occasion and because rates are asked for by
//! day; a currency, because amounts of different currencies are never added in a state.

use annals_events::{Currency, Date, Money};
use serde::{Deserialize, Serialize};

/// What was bought (or went back) on one day in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DayTotal {
    pub(crate) day: Date,
    pub(crate) currency: Currency,
    pub(crate) minor_units: i64,
    /// How many orders (or refunds) it is the sum of.
    pub(crate) count: u32,
}

impl DayTotal {
    /// The amount; `None` where it is beyond what can be summed.
    pub(crate) fn money(&self) -> Option<Money> {
        within(self.minor_units).map(|units| Money::new(units, self.currency))
    }
}

/// Adds an amount to the totals, which stay in the order of (day, currency).
pub(crate) fn add(totals: &mut Vec<DayTotal>, day: Date, amount: Money) {
    let place =
        totals.binary_search_by_key(&(day, amount.currency()), |total| (total.day, total.currency));
    match place {
        Ok(index) => {
            if let Some(total) = totals.get_mut(index) {
                total.minor_units = plus(total.minor_units, amount.minor_units());
                total.count = total.count.saturating_add(1);
            }
        }
        Err(index) => totals.insert(
            index,
            DayTotal {
                day,
                currency: amount.currency(),
                minor_units: amount.minor_units(),
                count: 1,
            },
        ),
    }
}

/// The sum of two amounts. The bounds of the type mean "beyond what can be summed": a sum that
/// reaches one stays there, so that it is withheld and never shown wrong.
pub(crate) fn plus(sum: i64, amount: i64) -> i64 {
    match within(sum) {
        Some(sum) => sum.saturating_add(amount),
        None => sum,
    }
}

/// A sum as [`plus`] made it; `None` where it is beyond what can be summed.
pub(crate) fn within(sum: i64) -> Option<i64> {
    (sum != i64::MAX && sum != i64::MIN).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_beyond_the_range_is_withheld_for_good() {
        let mut sum = plus(i64::MAX - 1, 5);
        sum = plus(sum, -100);
        assert_eq!(within(sum), None);
        assert_eq!(within(plus(i64::MAX - 10, 5)), Some(i64::MAX - 5));
    }
}
