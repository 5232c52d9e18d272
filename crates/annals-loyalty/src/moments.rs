//! How many, sum and sum of squares: a mean with its interval, of one customer or of all.

use annals_projection::{NORMAL_97_5, wilson_95};

/// Numbers added up, always in the order of customers and of their events.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moments {
    pub(crate) n: u64,
    pub(crate) sum: f64,
    pub(crate) squares: f64,
}

impl Moments {
    pub(crate) fn of(value: f64) -> Self {
        Self { n: 1, sum: value, squares: value * value }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.n += other.n;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    pub(crate) fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / float(self.n))
    }

    /// The normal interval of 95 %, mean +- 1.96 s / sqrt(n); `None` for fewer than two numbers.
    pub(crate) fn interval(&self) -> Option<[f64; 2]> {
        let mean = self.mean().filter(|_| self.n > 1)?;
        let n = float(self.n);
        let variance = ((self.squares - self.sum * mean) / (n - 1.0)).max(0.0);
        let spread = NORMAL_97_5 * (variance / n).sqrt();
        Some([mean - spread, mean + spread])
    }
}

/// A part of some cases.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cases {
    pub(crate) hits: u64,
    pub(crate) n: u64,
}

impl Cases {
    pub(crate) fn add(&mut self, other: Self) {
        self.hits += other.hits;
        self.n += other.n;
    }

    pub(crate) fn share(&self) -> Option<f64> {
        (self.n > 0).then(|| float(self.hits) / float(self.n))
    }

    pub(crate) fn interval(&self) -> Option<[f64; 2]> {
        wilson_95(self.hits, self.n)
    }

    /// The cases that are no hits.
    pub(crate) fn others(&self) -> Self {
        Self { hits: self.n - self.hits, n: self.n }
    }
}

#[expect(clippy::cast_precision_loss, reason = "no ledger holds 2^53 of anything")]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.norm.interval(0.95, loc=mean, scale=sem)` of the numbers, with `SciPy` 1.17.1.
    #[test]
    fn the_interval_of_a_mean_agrees_with_scipy() {
        let mut moments = Moments::default();
        for value in [3.0, 7.0, 7.0, 19.0, 24.0, 25.0, 30.0] {
            moments.add(Moments::of(value));
        }
        let found = moments.interval().expect("seven numbers");
        for (found, expected) in
            found.into_iter().zip([8.543_844_724_353_132, 24.313_298_132_789_72])
        {
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        }
        assert_eq!(Moments::of(3.0).interval(), None);
    }
}
