//! Quantiles of whole numbers.

use crate::ratio::float;

/// The quantile at `percent` (0 to 100; more counts as 100) of numbers in ascending order; `None`
/// where there are none.
///
/// Definition 7 of Hyndman & Fan (The American Statistician 50, 1996), the default of R and of
/// spreadsheets: linear between the two order statistics around (n - 1) × percent / 100. The median
/// is percent 50.
pub fn quantile(sorted: &[i64], percent: u8) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let hundredths = last * usize::from(percent.min(100));
    let (index, rest) = (hundredths / 100, hundredths % 100);
    let below = i128::from(*sorted.get(index)?);
    let above = i128::from(*sorted.get(index + 1).unwrap_or(sorted.get(index)?));
    let rest = i128::try_from(rest).expect("a remainder of a hundred is small");
    Some(float(100 * below + rest * (above - below)) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_quantile(sorted: &[i64], percent: u8, expected: f64) {
        let found = quantile(sorted, percent).expect("numbers");
        assert!((found - expected).abs() < 1e-12, "{percent} % of {sorted:?}: {found}");
    }

    /// R: `quantile(c(1, 2, 4, 8, 16), c(0, .25, .5, .9, 1))` gives 1, 2, 4, 12.8, 16.
    #[test]
    fn quantiles_agree_with_type_seven() {
        let numbers = [1, 2, 4, 8, 16];
        for (percent, expected) in [(0, 1.0), (25, 2.0), (50, 4.0), (90, 12.8), (100, 16.0)] {
            assert_quantile(&numbers, percent, expected);
        }
        assert_quantile(&[3, 4], 50, 3.5);
        assert_quantile(&[7], 90, 7.0);
        assert_quantile(&[i64::MIN, i64::MAX], 50, -0.5);
        assert_eq!(quantile(&[], 50), None);
    }
}
