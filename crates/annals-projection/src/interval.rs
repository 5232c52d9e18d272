//! Confidence intervals of 95 %, shared by the projections.
//!
//! A share's is Wilson's score interval without continuity correction (Wilson, JASA 22, 1927;
//! method 3 of Newcombe, Statistics in Medicine 17, 1998): it stays inside 0 to 1 and does not
//! collapse where all cases are alike.

/// The 97.5 % point of the standard normal distribution.
pub const NORMAL_97_5: f64 = 1.959_963_984_540_054;

/// Wilson's interval of a share, lower and upper bound within 0 to 1; `None` for no cases at all.
/// More successes than cases count as all of them.
#[expect(clippy::cast_precision_loss, reason = "an interval of more than 2^53 cases has no width")]
pub fn wilson_95(successes: u64, n: u64) -> Option<[f64; 2]> {
    if n == 0 {
        return None;
    }
    let (successes, cases) = (successes.min(n), n as f64);
    let share = successes as f64 / cases;
    let squared = NORMAL_97_5 * NORMAL_97_5;
    let center = share + squared / (2.0 * cases);
    let variance = share * (1.0 - share) / cases + squared / (4.0 * cases * cases);
    let (spread, scale) = (NORMAL_97_5 * variance.sqrt(), 1.0 + squared / cases);
    // At the ends the bound is 0 or 1 exactly; rounding would put it a hair beside.
    let lower = if successes == 0 { 0.0 } else { (center - spread) / scale };
    let upper = if successes == n { 1.0 } else { (center + spread) / scale };
    Some([lower, upper])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe 1998, table I, method 3, printed to four digits.
    #[test]
    fn wilson_agrees_with_the_published_examples() {
        for (successes, n, expected) in [
            (81, 263, [0.2553, 0.3662]),
            (15, 148, [0.0624, 0.1605]),
            (0, 20, [0.0, 0.1611]),
            (1, 29, [0.0061, 0.1718]),
        ] {
            let found = wilson_95(successes, n).expect("some cases");
            for (found, expected) in found.into_iter().zip(expected) {
                assert!((found - expected).abs() <= 0.000_05, "{found} is not {expected}");
            }
        }
        assert_eq!(wilson_95(0, 0), None);
    }

    /// `scipy.stats.binomtest(successes, n).proportion_ci(0.95, "wilson")`, `SciPy` 1.17.1.
    #[test]
    fn wilson_agrees_with_scipy() {
        for (successes, n, expected) in [
            (0, 1, [0.0, 0.793_450_685_622_762_6]),
            (3, 7, [0.158_219_855_251_469_7, 0.749_541_635_472_342_8]),
            (9, 10, [0.595_849_973_204_761_5, 0.982_123_786_904_927_1]),
            (30, 42, [0.564_327_907_318_046_3, 0.828_329_753_739_509_1]),
            (12, 12, [0.757_505_993_344_759_2, 1.0]),
            (1, 1000, [0.000_176_546_370_626_078_1, 0.005_642_558_597_957_935]),
        ] {
            let found = wilson_95(successes, n).expect("some cases");
            for (found, expected) in found.into_iter().zip(expected) {
                assert!((found - expected).abs() <= 1e-13, "{found} is not {expected}");
            }
        }
    }
}
