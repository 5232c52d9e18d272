//! Counts, sums and cross products of whole answer sets, in whole numbers.
//!
//! Means, variances and correlations all follow from them, so a model over a million customers
//! needs one pass, and the order of the customers cannot change a digit.

use crate::ratio::{float, ratio};

/// Sums over answer sets of equally many items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemMoments {
    pub(crate) n: u64,
    sums: Vec<i128>,
    /// Sums of products, row by row.
    products: Vec<Vec<i128>>,
}

impl ItemMoments {
    pub(crate) fn new(items: usize) -> Self {
        Self { n: 0, sums: vec![0; items], products: vec![vec![0; items]; items] }
    }

    /// Adds one answer set with a value for each item.
    pub(crate) fn add(&mut self, set: &[i16]) {
        self.n += 1;
        for ((sum, products), value) in self.sums.iter_mut().zip(&mut self.products).zip(set) {
            *sum += i128::from(*value);
            for (product, other) in products.iter_mut().zip(set) {
                *product += i128::from(*value) * i128::from(*other);
            }
        }
    }

    /// The mean of each item; `None` without answer sets.
    pub(crate) fn means(&self) -> Option<Vec<f64>> {
        self.sums.iter().map(|sum| ratio(*sum, self.n)).collect()
    }

    /// n² times the covariances: whole numbers, exact.
    fn scaled_covariances(&self) -> Vec<Vec<i128>> {
        let n = i128::from(self.n);
        let row = |sum: &i128, products: &[i128]| -> Vec<i128> {
            let pairs = products.iter().zip(&self.sums);
            pairs.map(|(product, other)| n * product - sum * other).collect()
        };
        self.sums.iter().zip(&self.products).map(|(sum, products)| row(sum, products)).collect()
    }

    /// Covariances with divisor n.
    pub(crate) fn covariances(&self) -> Vec<Vec<f64>> {
        let n = float(self.n.into());
        let scaled = self.scaled_covariances();
        scaled.iter().map(|row| row.iter().map(|value| float(*value) / n / n).collect()).collect()
    }

    /// Whether each item's answers differ at all.
    pub(crate) fn varies(&self) -> Vec<bool> {
        let scaled = self.scaled_covariances();
        scaled.iter().enumerate().map(|(i, row)| row.get(i).is_some_and(|v| *v > 0)).collect()
    }
}
