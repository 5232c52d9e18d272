//! Net Promoter Score.
//!
//! NPS = 100 × (promoters - detractors) / n, in -100 to 100; promoters answer 9 or 10, detractors 0
//! to 6 on 0 to 10 (Reichheld, HBR, December 2003). From pooled counts alone: the score of two
//! groups is not the mean of their scores.

use crate::answer_pool::AnswerPool;
use crate::interval::{Interval, net_promoter_interval_95, wilson_95};
use crate::ratio::ratio;
use crate::rules::{NpsRules, SampleRules};
use serde::Serialize;

/// Net Promoter Score of a customer or of all together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NetPromoterScore {
    /// Answers at or above the promoters' threshold.
    pub promoters: u64,
    /// Answers between the two thresholds.
    pub passives: u64,
    /// Answers at or below the detractors' threshold.
    pub detractors: u64,
    /// All answers on the scale.
    pub n: u64,
    /// The score, -100 to 100; null where withheld.
    pub score: Option<f64>,
    /// Normal 95 % interval of the score, clipped to -100 to 100.
    pub interval_95: Option<Interval>,
    /// Wilson's 95 % interval of the share of promoters, 0 to 1.
    pub promoter_share_wilson_95: Option<Interval>,
    /// Wilson's 95 % interval of the share of detractors, 0 to 1.
    pub detractor_share_wilson_95: Option<Interval>,
    /// Whether there are fewer answers than the normal interval should be trusted with.
    pub small_n: bool,
    /// Whether all answers are of one group, so that the normal interval has no width.
    pub unanimous: bool,
    /// Answers to the same items on another scale, left out.
    pub off_scale: u64,
    /// Why the score is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl NetPromoterScore {
    pub(crate) fn of(pool: &AnswerPool<'_>, rules: &NpsRules, sample: SampleRules) -> Self {
        let n = pool.n();
        let promoters = pool.at_least(rules.promoter_min);
        let detractors = pool.at_most(rules.detractor_max);
        let passives = n - promoters - detractors;
        let why = sample.withheld(n, &rules.question);
        let given = why.is_none();
        let difference = i128::from(promoters) - i128::from(detractors);
        Self {
            promoters,
            passives,
            detractors,
            n,
            score: ratio(100 * difference, n).filter(|_| given),
            interval_95: net_promoter_interval_95(promoters, detractors, n).filter(|_| given),
            promoter_share_wilson_95: wilson_95(promoters, n).filter(|_| given),
            detractor_share_wilson_95: wilson_95(detractors, n).filter(|_| given),
            small_n: sample.is_small(n),
            unanimous: n > 0 && [promoters, passives, detractors].contains(&n),
            off_scale: pool.off_scale,
            why,
        }
    }
}
