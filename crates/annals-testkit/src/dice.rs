//! Chance that is the same for a seed for ever: `ChaCha` with 8 rounds, read as whole numbers.
//!
//! No floating point is used, because logarithms differ between platforms in their last digits, and
//! a simulated company must be the same everywhere.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// One thread of chance: everything that happens to one customer at one step.
#[derive(Clone, Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of a step of a customer. Each step has its own, so that nothing has to be kept
    /// between steps.
    pub(crate) fn new(seed: u64, customer: u64, step: u64) -> Self {
        let mut key = [0; 32];
        for (place, number) in key.chunks_exact_mut(8).zip([seed, customer, step, 0x616e_6e61]) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number from `low` to `high`, both included. The bias of the remainder is below 2^-32 for
    /// the small ranges used here.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low) + 1;
        low + i64::try_from(self.0.next_u64() % span.max(1)).unwrap_or(0)
    }

    /// Whether something happens that happens so many times in a thousand.
    pub(crate) fn happens(&mut self, per_mille: i64) -> bool {
        self.between(0, 999) < per_mille
    }

    /// One of several values, which are equally likely.
    pub(crate) fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        let last = i64::try_from(values.len()).unwrap_or(1) - 1;
        let index = usize::try_from(self.between(0, last.max(0))).unwrap_or(0);
        values.get(index).copied().expect("one of no values was asked for")
    }

    /// An exponentially distributed number with this mean, rounded down.
    ///
    /// Von Neumann's comparison of uniform numbers (Various techniques used in connection with
    /// random digits, 1951): the first of a falling run of odd length is the fraction, the number
    /// of runs of even length before it the whole part.
    pub(crate) fn exponential(&mut self, mean: i64) -> i64 {
        for whole in 0_i64..64 {
            let first = self.0.next_u32();
            let (mut last, mut length) = (first, 1);
            loop {
                let next = self.0.next_u32();
                if next >= last {
                    break;
                }
                (last, length) = (next, length + 1);
            }
            if length % 2 == 1 {
                return whole * mean + ((mean * i64::from(first)) >> 32);
            }
        }
        64 * mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_numbers_have_their_mean_and_tail() {
        let mut dice = Dice::new(1, 2, 3);
        let numbers: Vec<_> = (0..20_000).map(|_| dice.exponential(1_000_000)).collect();
        let mean = numbers.iter().sum::<i64>() / 20_000;
        assert!((980_000..1_020_000).contains(&mean), "{mean}");
        let beyond = numbers.iter().filter(|number| **number > 2_000_000).count();
        assert!((2_500..2_910).contains(&beyond), "exp(-2) of 20000 is 2707, got {beyond}");
    }

    #[test]
    fn the_dice_of_a_seed_never_change() {
        let mut dice = Dice::new(42, 7, 1);
        let thrown: Vec<_> = (0..6).map(|_| dice.between(0, 999)).collect();
        assert_eq!(thrown, [428, 271, 254, 167, 682, 985]);
    }
}
