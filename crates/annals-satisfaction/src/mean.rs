//! A mean of whole numbers with its interval.

use crate::interval::Interval;
use crate::ratio::{float, ratio};
use crate::rules::SampleRules;
use annals_projection::NORMAL_97_5;
use serde::Serialize;

/// A mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mean {
    /// How many numbers.
    pub n: u64,
    /// Their mean; null where withheld.
    pub mean: Option<f64>,
    /// Normal 95 % interval, mean ± z s / √n with s of divisor n - 1; null below two.
    pub interval_95: Option<Interval>,
    /// Whether there are few.
    pub small_n: bool,
    /// Why the mean is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Sums of whole numbers and of their squares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MeanSums {
    pub(crate) n: u64,
    pub(crate) sum: i128,
    squares: i128,
}

impl MeanSums {
    pub(crate) fn add(&mut self, value: impl Into<i128>) {
        let value = value.into();
        self.n += 1;
        self.sum += value;
        self.squares += value * value;
    }

    /// The mean, withheld where there are too few; `what` names what was to be averaged.
    pub(crate) fn mean(self, sample: SampleRules, what: &str) -> Mean {
        let Self { n, sum, .. } = self;
        let why = sample.too_few(n, what);
        let mean = ratio(sum, n).filter(|_| why.is_none());
        let interval = self.interval_95().filter(|_| mean.is_some());
        Mean { n, mean, interval_95: interval, small_n: sample.is_small(n), why }
    }

    /// The normal interval of the mean; `None` below two.
    pub(crate) fn interval_95(self) -> Option<Interval> {
        let Self { n, sum, squares } = self;
        let mean = ratio(sum, n).filter(|_| n >= 2)?;
        // In whole numbers up to the root: n (n - 1) times the variance.
        let scaled = i128::from(n) * squares - sum * sum;
        let cases = float(n.into());
        let spread = NORMAL_97_5 * (float(scaled) / (cases - 1.0)).sqrt() / cases;
        Some([mean - spread, mean + spread])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.norm.interval(0.95, loc=mean, scale=sem)` of the numbers, with `SciPy` 1.17.1.
    #[test]
    fn the_interval_of_a_mean_agrees_with_scipy() {
        let mut sums = MeanSums::default();
        for value in [-5, -1, 0, 0, 2, 4, 4, 5, 5] {
            sums.add(value);
        }
        let found = sums.interval_95().expect("nine numbers");
        for (found, expected) in
            found.into_iter().zip([-0.638_454_444_479_201_5, 3.749_565_555_590_313])
        {
            assert!((found - expected).abs() < 1e-13, "{found} is not {expected}");
        }
    }
}
