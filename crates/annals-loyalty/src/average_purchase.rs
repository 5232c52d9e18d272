//! The population's mean of the customers' average purchases, and who reaches it, exactly.
//!
//! A customer's average is a fraction m / f (minor units over occasions), the mean of N of them is
//! sum(m / f) / N, and a customer is high where m / f is at or above it. Fractions with hundreds of
//! different denominators outgrow any fixed number of bits, and a mean rounded to a binary number
//! would put customers who are exactly at it on one side or the other by accident. So the mean is
//! kept as one fraction of big integers, and for each frequency f the least whole m that reaches
//! it, ceil(f x mean), is worked out once; each customer is then compared in whole minor units.

use crate::ratio::{minor_units_per_unit, ratio};
use num_bigint::BigUint;
use std::collections::BTreeMap;

pub(crate) struct MeanAveragePurchase {
    numerator: BigUint,
    denominator: BigUint,
    /// For each frequency there is, the least minor units with which a customer is high.
    high_from: BTreeMap<u32, BigUint>,
}

impl MeanAveragePurchase {
    /// Of customers given as (frequency from 1, minor units from 0); `None` without any.
    pub(crate) fn of(customers: impl Iterator<Item = (u32, i64)>) -> Option<Self> {
        let mut count = 0_u64;
        let mut minor_units: BTreeMap<u32, BigUint> = BTreeMap::new();
        for (frequency, units) in customers {
            count += 1;
            *minor_units.entry(frequency.max(1)).or_default() += units.unsigned_abs();
        }
        if count == 0 {
            return None;
        }
        let product: BigUint = minor_units.keys().copied().product();
        let numerator: BigUint =
            minor_units.iter().map(|(frequency, units)| units * (&product / *frequency)).sum();
        let denominator = product * count;
        let high_from = minor_units
            .keys()
            .map(|frequency| (*frequency, ceiling(&numerator * *frequency, &denominator)))
            .collect();
        Some(Self { numerator, denominator, high_from })
    }

    /// Whether a customer's average is at or above the mean.
    pub(crate) fn is_reached_by(&self, frequency: u32, minor_units: i64) -> bool {
        self.high_from
            .get(&frequency)
            .is_some_and(|least| BigUint::from(minor_units.unsigned_abs()) >= *least)
    }

    /// The mean in units of a currency with so many digits, rounded down at the 64th binary place
    /// of a minor unit and then to a binary number.
    pub(crate) fn in_units(&self, digits: u32) -> f64 {
        let scaled = (&self.numerator << 64_u32) / &self.denominator;
        // An average of 63-bit amounts has at most 63 bits before the 64 behind the point.
        let scaled = i128::try_from(scaled).unwrap_or(i128::MAX);
        ratio(scaled, 1 << 64) / ratio(minor_units_per_unit(digits), 1)
    }
}

fn ceiling(numerator: BigUint, denominator: &BigUint) -> BigUint {
    (numerator + denominator - 1_u32) / denominator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_exactly_at_the_mean_are_high_whatever_the_denominators() {
        // Averages 1/3, 1 and 2/3: the mean is 2/3, which no binary number is.
        let customers = [(3, 1), (1, 1), (3, 2)];
        let mean = MeanAveragePurchase::of(customers.into_iter()).expect("three customers");
        let high: Vec<_> = customers.iter().map(|(f, m)| mean.is_reached_by(*f, *m)).collect();
        assert_eq!(high, [false, true, true]);
        assert!((mean.in_units(0) - 2.0 / 3.0).abs() < 1e-15);
        assert!((mean.in_units(2) - 0.02 / 3.0).abs() < 1e-17);
    }

    #[test]
    fn customers_who_all_average_the_same_are_all_high() {
        for frequencies in [1_u32..=7, 90..=97, 3..=3] {
            let customers: Vec<_> =
                frequencies.map(|frequency| (frequency * 3, i64::from(frequency) * 10)).collect();
            let mean = MeanAveragePurchase::of(customers.iter().copied()).expect("some customers");
            assert!(customers.iter().all(|(f, m)| mean.is_reached_by(*f, *m)));
        }
    }
}
