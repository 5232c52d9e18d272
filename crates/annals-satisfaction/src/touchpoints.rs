//! How touchpoints feel, and what was perceived there against what was expected; moments of truth
//! apart.
//!
//! The touchpoint is the event's own, or the step of the journey where it names none.

use crate::mean::{Mean, MeanSums};
use crate::rules::SampleRules;
use crate::state::SatisfactionState;
use annals_events::{Channel, Code, Sense};
use serde::Serialize;
use std::collections::BTreeMap;

/// One touchpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TouchpointReport {
    /// Moments there.
    pub moments: u64,
    /// How they felt, -5 to 5.
    pub valence: Mean,
    /// How the moments of truth among them felt.
    pub moments_of_truth: Mean,
    /// Perceived - expected, in points of the scale.
    pub gap: Mean,
    /// Moments whose expectation and perception are on different scales, left out of the gap.
    pub scales_differ: u64,
    /// Moments by channel; those without one are left out.
    pub by_channel: BTreeMap<Channel, u64>,
    /// How the moments felt that spoke to a sense; a moment may speak to several.
    pub by_sense: BTreeMap<Sense, Mean>,
}

#[derive(Default)]
struct Sums {
    moments: u64,
    valence: MeanSums,
    truth: MeanSums,
    gap: MeanSums,
    scales_differ: u64,
    by_channel: BTreeMap<Channel, u64>,
    by_sense: BTreeMap<Sense, MeanSums>,
}

/// Moments by touchpoint, summed up.
#[derive(Default)]
pub(crate) struct TouchpointSums(BTreeMap<Code, Sums>);

impl TouchpointSums {
    /// Adds a customer's moments.
    pub(crate) fn add(&mut self, state: &SatisfactionState) {
        for felt in state.episodes.values().flat_map(|episode| &episode.moments) {
            let touchpoint = state.codes.code(felt.touchpoint.unwrap_or(felt.step));
            let sums = self.0.entry(touchpoint.clone()).or_default();
            sums.moments += 1;
            sums.valence.add(felt.valence);
            if felt.moment_of_truth {
                sums.truth.add(felt.valence);
            }
            if let (Some(expected), Some(perceived)) = (felt.expected, felt.perceived) {
                if perceived.is_on(expected.min, expected.max) {
                    sums.gap.add(i128::from(perceived.value) - i128::from(expected.value));
                } else {
                    sums.scales_differ += 1;
                }
            }
            for sense in felt.senses() {
                sums.by_sense.entry(sense).or_default().add(felt.valence);
            }
            if let Some(channel) = felt.channel {
                *sums.by_channel.entry(channel).or_default() += 1;
            }
        }
    }

    /// The profile of all touchpoints, in the order of their codes.
    pub(crate) fn reports(self, sample: SampleRules) -> BTreeMap<Code, TouchpointReport> {
        let by_sense = |(sense, sums): (Sense, MeanSums)| {
            (sense, sums.mean(sample, &format!("moments that spoke to {sense}")))
        };
        let report = |(touchpoint, sums): (Code, Sums)| {
            let report = TouchpointReport {
                moments: sums.moments,
                valence: sums.valence.mean(sample, &format!("moments at {touchpoint}")),
                moments_of_truth: sums
                    .truth
                    .mean(sample, &format!("moments of truth at {touchpoint}")),
                gap: sums.gap.mean(sample, &format!("{touchpoint} both expected and perceived")),
                scales_differ: sums.scales_differ,
                by_channel: sums.by_channel,
                by_sense: sums.by_sense.into_iter().map(by_sense).collect(),
            };
            (touchpoint, report)
        };
        self.0.into_iter().map(report).collect()
    }
}
