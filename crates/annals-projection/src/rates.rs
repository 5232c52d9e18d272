//! Rates between currencies, as recorded: sums never mix currencies without one.

use annals_events::{Currency, Date, FxRateRecorded, Money};
use std::collections::BTreeMap;

/// The rates known. For a pair and a day the one with the latest first day not after it holds; of
/// two for the same day, the one recorded later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates(BTreeMap<(Currency, Currency), BTreeMap<Date, i64>>);

impl Rates {
    /// Learns a rate; called in the order of the log.
    pub fn learn(&mut self, rate: &FxRateRecorded) {
        self.0
            .entry((rate.from, rate.to))
            .or_default()
            .insert(rate.valid_from, rate.rate.millionths());
    }

    /// An amount in another currency on a day, rounded half away from zero to the minor unit;
    /// `None` where no rate is known for that pair and day, or the result is too large. A rate is
    /// used in the direction it was recorded, and inverted only where the other direction is not
    /// known.
    #[inline]
    pub fn convert(&self, money: Money, to: Currency, day: Date) -> Option<Money> {
        if money.currency() == to { Some(money) } else { self.convert_by_rate(money, to, day) }
    }

    fn convert_by_rate(&self, money: Money, to: Currency, day: Date) -> Option<Money> {
        let known = |from, to| -> Option<i128> {
            let (_, rate) = self.0.get(&(from, to))?.range(..=day).next_back()?;
            Some(i128::from(*rate))
        };
        let (numerator, denominator) = match known(money.currency(), to) {
            Some(rate) => (rate, 1_000_000),
            None => (1_000_000, known(to, money.currency())?),
        };
        let numerator = i128::from(money.minor_units())
            .checked_mul(numerator)?
            .checked_mul(10_i128.pow(to.digits()))?;
        let denominator = denominator * 10_i128.pow(money.currency().digits());
        let half = denominator / 2 * numerator.signum();
        let rounded = numerator.checked_add(half)? / denominator;
        i64::try_from(rounded).ok().map(|units| Money::new(units, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(from: &str, to: &str, rate: &str, day: &str) -> FxRateRecorded {
        FxRateRecorded {
            from: from.parse().expect("a currency"),
            to: to.parse().expect("a currency"),
            rate: rate.parse().expect("a decimal"),
            valid_from: day.parse().expect("a day"),
        }
    }

    #[test]
    fn the_latest_rate_of_the_day_holds_and_minor_units_follow_the_currency() {
        let mut rates = Rates::default();
        rates.learn(&rate("EUR", "JPY", "160.5", "2026-01-01"));
        rates.learn(&rate("EUR", "JPY", "161", "2026-02-01"));
        let (euro, yen) = ("EUR".parse().expect("EUR"), "JPY".parse().expect("JPY"));
        let money = Money::new(1050, euro);
        let at = |day: &str| rates.convert(money, yen, day.parse().expect("a day"));
        assert_eq!(at("2025-12-31"), None);
        assert_eq!(at("2026-01-31"), Some(Money::new(1685, yen)), "10.50 x 160.5 = 1685.25");
        assert_eq!(at("2026-02-01"), Some(Money::new(1691, yen)), "10.50 x 161 = 1690.5");
        let back = rates.convert(Money::new(1610, yen), euro, "2026-03-01".parse().expect("a day"));
        assert_eq!(back, Some(Money::new(1000, euro)));
    }

    #[test]
    fn what_is_too_large_to_convert_is_not_converted() {
        let mut rates = Rates::default();
        rates.learn(&rate("EUR", "JPY", "9223372036854.775807", "2026-01-01"));
        let (euro, yen) = ("EUR".parse().expect("EUR"), "JPY".parse().expect("JPY"));
        let day = "2026-01-31".parse().expect("a day");
        assert_eq!(rates.convert(Money::new(i64::MAX, euro), yen, day), None);
        let back = rates.convert(Money::new(i64::MAX, yen), euro, day);
        assert_eq!(back, Some(Money::new(100_000_000, euro)), "a million times the smallest price");
    }
}
