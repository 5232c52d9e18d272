//! The journey as it was walked: steps, how long they take, where it is left, what stands in the
//! way, how it feels, and which step follows which.
//!
//! A journey is an episode. It is left at a step where that step is its last and the ruleset does
//! not name it as an end. Episodes still under way look left; ask as of a later date.

use crate::interval::{Interval, wilson_95};
use crate::mean::{Mean, MeanSums};
use crate::quantile::quantile;
use crate::ratio::ratio;
use crate::rules::SatisfactionRules;
use crate::state::SatisfactionState;
use annals_events::Code;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The map of all journeys.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Journey {
    /// Journeys.
    pub episodes: u64,
    /// Each step, in the order of the codes.
    pub steps: Vec<StepReport>,
    /// How often one step follows another, in the order of the codes.
    pub transitions: Vec<Transition>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepReport {
    /// Its code.
    pub step: Code,
    /// Moments at it.
    pub moments: u64,
    /// Journeys that reached it.
    pub episodes: u64,
    /// Journeys whose last step it is.
    pub ended: u64,
    /// ended / episodes, 0 to 1; null for a step that the ruleset names as an end.
    pub drop_off: Option<f64>,
    /// Wilson's 95 % interval of the drop-off.
    pub wilson_95: Option<Interval>,
    /// Median stay in seconds, over the moments whose duration is known.
    pub dwell_median_seconds: Option<f64>,
    /// 90th percentile of the stay in seconds.
    pub dwell_p90_seconds: Option<f64>,
    /// How it feels, -5 to 5.
    pub valence: Mean,
    /// Moments by what stood in the way.
    pub obstacles: BTreeMap<Code, u64>,
    /// Moments by emotion.
    pub emotions: BTreeMap<Code, u64>,
}

/// One step after another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// The step left.
    pub from: Code,
    /// The step reached.
    pub to: Code,
    /// How often.
    pub n: u64,
}

#[derive(Default)]
struct Sums {
    moments: u64,
    episodes: u64,
    ended: u64,
    dwell: Vec<i64>,
    valence: MeanSums,
    obstacles: BTreeMap<Code, u64>,
    emotions: BTreeMap<Code, u64>,
}

/// Journeys summed up.
#[derive(Default)]
pub(crate) struct JourneySums {
    steps: BTreeMap<Code, Sums>,
    transitions: BTreeMap<(Code, Code), u64>,
    episodes: u64,
}

impl JourneySums {
    /// Adds a customer's journeys.
    pub(crate) fn add(&mut self, state: &SatisfactionState) {
        for episode in state.episodes.values() {
            self.episodes += 1;
            let mut reached = BTreeSet::new();
            let mut last: Option<&Code> = None;
            for felt in &episode.moments {
                let step = state.codes.code(felt.step);
                let sums = self.steps.entry(step.clone()).or_default();
                sums.moments += 1;
                sums.episodes += u64::from(reached.insert(step));
                sums.dwell.extend(felt.dwell_seconds.map(i64::from));
                sums.valence.add(felt.valence);
                for (counts, code) in
                    [(&mut sums.obstacles, felt.obstacle), (&mut sums.emotions, felt.emotion)]
                {
                    if let Some(code) = code {
                        *counts.entry(state.codes.code(code).clone()).or_default() += 1;
                    }
                }
                if let Some(from) = last.replace(step) {
                    *self.transitions.entry((from.clone(), step.clone())).or_default() += 1;
                }
            }
            if let Some(sums) = last.and_then(|step| self.steps.get_mut(step)) {
                sums.ended += 1;
            }
        }
    }

    pub(crate) fn report(self, rules: &SatisfactionRules) -> Journey {
        let Self { steps, transitions, episodes } = self;
        let transition = |((from, to), n)| Transition { from, to, n };
        Journey {
            episodes,
            steps: steps.into_iter().map(|(step, sums)| sums.report(&step, rules)).collect(),
            transitions: transitions.into_iter().map(transition).collect(),
        }
    }
}

impl Sums {
    fn report(mut self, step: &Code, rules: &SatisfactionRules) -> StepReport {
        self.dwell.sort_unstable();
        let an_end = rules.journey_ends.contains(step);
        StepReport {
            step: step.clone(),
            moments: self.moments,
            episodes: self.episodes,
            ended: self.ended,
            drop_off: ratio(self.ended.into(), self.episodes).filter(|_| !an_end),
            wilson_95: wilson_95(self.ended, self.episodes).filter(|_| !an_end),
            dwell_median_seconds: quantile(&self.dwell, 50),
            dwell_p90_seconds: quantile(&self.dwell, 90),
            valence: self.valence.mean(rules.sample, &format!("moments at {step}")),
            obstacles: self.obstacles,
            emotions: self.emotions,
        }
    }
}
