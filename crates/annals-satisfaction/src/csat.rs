//! Customer satisfaction: the share of the two best answers of five (top-2-box).

use crate::answer_pool::AnswerPool;
use crate::interval::{Interval, wilson_95};
use crate::ratio::ratio;
use crate::rules::{CsatRules, SampleRules};
use serde::Serialize;
use std::collections::BTreeMap;

/// Customer satisfaction of a customer or of all together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerSatisfaction {
    /// All answers on the scale.
    pub n: u64,
    /// How often each value of the scale was given.
    pub counts: BTreeMap<i16, u64>,
    /// Share of satisfied answers, 0 to 1; null where withheld.
    pub share: Option<f64>,
    /// Wilson's 95 % interval of the share.
    pub wilson_95: Option<Interval>,
    /// Mean answer, in points of the scale.
    pub mean: Option<f64>,
    /// Whether there are few answers.
    pub small_n: bool,
    /// Answers to the same items on another scale, left out.
    pub off_scale: u64,
    /// Why the measure is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl CustomerSatisfaction {
    pub(crate) fn of(pool: &AnswerPool<'_>, rules: &CsatRules, sample: SampleRules) -> Self {
        let n = pool.n();
        let satisfied = pool.at_least(rules.satisfied_min);
        let why = sample.withheld(n, &rules.question);
        let given = why.is_none();
        Self {
            n,
            share: ratio(satisfied.into(), n).filter(|_| given),
            wilson_95: wilson_95(satisfied, n).filter(|_| given),
            mean: pool.mean().filter(|_| given),
            small_n: sample.is_small(n),
            off_scale: pool.off_scale,
            counts: pool.counts.clone(),
            why,
        }
    }
}
