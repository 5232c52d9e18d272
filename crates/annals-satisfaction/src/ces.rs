//! Customer Effort Score 2.0: agreement with "made it easy" on 1 to 7.

use crate::answer_pool::AnswerPool;
use crate::interval::{Interval, wilson_95};
use crate::ratio::ratio;
use crate::rules::{CesRules, SampleRules};
use serde::Serialize;
use std::collections::BTreeMap;

/// Customer Effort Score of a customer or of all together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerEffortScore {
    /// All answers on the scale.
    pub n: u64,
    /// Mean answer, in points of the scale; null where withheld.
    pub mean: Option<f64>,
    /// Share of answers that found it easy (5 to 7 unless the rules say otherwise), 0 to 1.
    pub share_5_7: Option<f64>,
    /// Wilson's 95 % interval of the share.
    pub wilson_95: Option<Interval>,
    /// How often each value of the scale was given.
    pub counts: BTreeMap<i16, u64>,
    /// Whether there are few answers.
    pub small_n: bool,
    /// Answers to the same items on another scale, left out.
    pub off_scale: u64,
    /// Why the measure is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl CustomerEffortScore {
    pub(crate) fn of(pool: &AnswerPool<'_>, rules: &CesRules, sample: SampleRules) -> Self {
        let n = pool.n();
        let easy = pool.at_least(rules.easy_min);
        let why = sample.withheld(n, &rules.question);
        let given = why.is_none();
        Self {
            n,
            mean: pool.mean().filter(|_| given),
            share_5_7: ratio(easy.into(), n).filter(|_| given),
            wilson_95: wilson_95(easy, n).filter(|_| given),
            small_n: sample.is_small(n),
            off_scale: pool.off_scale,
            counts: pool.counts.clone(),
            why,
        }
    }
}
