//! Clocks, medians and spreads.

use std::time::{Duration, Instant};

/// Several measured values of one thing.
#[derive(Clone, Debug, Default)]
pub struct Rounds(Vec<f64>);

impl Rounds {
    /// Adds a value.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
        self.0.sort_by(f64::total_cmp);
    }

    /// The middle one; the mean of the two in the middle where there are two.
    pub fn median(&self) -> f64 {
        let half = self.0.len() / 2;
        match self.0.len() {
            0 => f64::NAN,
            even if even.is_multiple_of(2) => f64::midpoint(self.0[half - 1], self.0[half]),
            _ => self.0[half],
        }
    }

    /// The lowest.
    pub fn least(&self) -> f64 {
        self.0.first().copied().unwrap_or(f64::NAN)
    }

    /// The highest.
    pub fn most(&self) -> f64 {
        self.0.last().copied().unwrap_or(f64::NAN)
    }

    /// The median with the lowest and the highest, in a unit.
    pub fn spread(&self, unit: fn(f64) -> String) -> String {
        format!("{} ({} to {})", unit(self.median()), unit(self.least()), unit(self.most()))
    }
}

impl FromIterator<f64> for Rounds {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut rounds = Self::default();
        values.into_iter().for_each(|value| rounds.push(value));
        rounds
    }
}

/// How many a second.
pub fn per_second(count: u64, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

/// Times of many single things.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Takes times in.
    pub fn extend(&mut self, times: impl IntoIterator<Item = Duration>) {
        self.0.extend(times);
    }

    /// The time that this share of them does not exceed, in microseconds.
    pub fn percentile_us(&mut self, share: f64) -> f64 {
        self.0.sort_unstable();
        let last = self.0.len().saturating_sub(1);
        let index = (self.0.len() as f64 * share) as usize;
        self.0.get(index.min(last)).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
    }
}

/// Runs something and gives what it took.
pub fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let value = run();
    (value, started.elapsed())
}
