//! Confidence intervals of 95 % for a share and for a Net Promoter Score.
//!
//! The share's is Wilson's, shared by all projections. The score's is the normal one, which
//! collapses where all answer alike; the measure says so.

use crate::ratio::float;
use annals_projection::NORMAL_97_5;

pub use annals_projection::wilson_95;

/// Lower and upper bound.
pub type Interval = [f64; 2];

/// The normal interval of a Net Promoter Score, clipped to -100 to 100; `None` for no answers.
///
/// 100 × (p - d ± z √((p + d - (p - d)²) / n)), p and d the shares of promoters and detractors: the
/// variance of an answer worth 1, 0 or -1. Zero width where all are of one group.
pub fn net_promoter_interval_95(promoters: u64, detractors: u64, n: u64) -> Option<Interval> {
    if n == 0 {
        return None;
    }
    let (promoters, detractors, n) = (i128::from(promoters), i128::from(detractors), i128::from(n));
    let difference = promoters - detractors;
    // In whole numbers up to the root: n² times the variance.
    let variance = ((promoters + detractors) * n - difference * difference).max(0);
    let deviation = (float(variance) / float(n)).sqrt() / float(n);
    let spread = NORMAL_97_5 * deviation;
    let score = float(difference) / float(n);
    let bound = |share: f64| (100.0 * share).clamp(-100.0, 100.0);
    Some([bound(score - spread), bound(score + spread)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Option<Interval>, expected: Interval, tolerance: f64) {
        let found = found.expect("an interval");
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
        }
    }

    /// Newcombe 1998, table I, method 3, printed to four digits.
    #[test]
    fn wilson_agrees_with_the_published_examples() {
        for (successes, n, expected) in [
            (81, 263, [0.2553, 0.3662]),
            (15, 148, [0.0624, 0.1605]),
            (0, 20, [0.0, 0.1611]),
            (1, 29, [0.0061, 0.1718]),
        ] {
            close(wilson_95(successes, n), expected, 0.000_05);
        }
    }

    #[test]
    fn wilson_mirrors_and_stays_inside_zero_to_one() {
        for n in 1..60 {
            for successes in 0..=n {
                let [lower, upper] = wilson_95(successes, n).expect("n is not zero");
                assert!(0.0 <= lower && lower < upper && upper <= 1.0, "{successes} of {n}");
                close(wilson_95(n - successes, n), [1.0 - upper, 1.0 - lower], 1e-12);
            }
        }
        assert_eq!(wilson_95(0, 0), None);
        assert_eq!(wilson_95(0, 7).map(|[lower, _]| lower.to_bits()), Some(0));
        assert_eq!(wilson_95(7, 7).map(|[_, upper]| upper.to_bits()), Some(1.0_f64.to_bits()));
    }

    /// By hand: 50 promoters, 20 detractors of 100: variance 0.7 - 0.09 = 0.61, standard error
    /// sqrt(0.0061) = 0.0781025, times 1.959964 is 0.1530781.
    #[test]
    fn the_score_interval_agrees_with_the_one_by_hand() {
        close(net_promoter_interval_95(50, 20, 100), [14.692_19, 45.307_81], 0.000_005);
    }

    #[test]
    fn the_score_interval_is_clipped_and_collapses_where_all_agree() {
        close(net_promoter_interval_95(9, 0, 10), [71.4, 100.0], 0.05);
        close(net_promoter_interval_95(0, 9, 10), [-100.0, -71.4], 0.05);
        close(net_promoter_interval_95(4, 0, 4), [100.0, 100.0], 0.0);
        close(net_promoter_interval_95(0, 0, 4), [0.0, 0.0], 0.0);
        assert_eq!(net_promoter_interval_95(0, 0, 0), None);
    }
}
