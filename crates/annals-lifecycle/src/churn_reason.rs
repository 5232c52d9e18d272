//! Why customers leave and where to: Pareto tables, the most frequent first.

use crate::ratio::share;
use crate::state::LifecycleState;
use annals_events::{Code, Date};
use serde::Serialize;
use std::collections::BTreeMap;

/// One reason, or one competitor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParetoRow {
    /// The reason, or the competitor.
    pub code: Code,
    /// How many declarations name it.
    pub count: u64,
    /// How many of these customers chose to go.
    pub voluntary: u64,
    /// Its share of all.
    pub share: f64,
    /// The share of this and all more frequent ones.
    pub cumulative_share: f64,
}

type Counts = BTreeMap<Code, [u64; 2]>;

/// Counts of declarations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChurnTally {
    reasons: Counts,
    destinations: Counts,
}

impl ChurnTally {
    pub(crate) fn add(&mut self, state: &LifecycleState, today: Date) {
        let churns = state.dealings.iter().flat_map(|dealings| &dealings.churns);
        for churn in churns.filter(|churn| churn.day <= today) {
            let add = |counts: &mut Counts, code: &Code| {
                let [all, voluntary] = counts.entry(code.clone()).or_default();
                *all += 1;
                *voluntary += u64::from(churn.voluntary);
            };
            add(&mut self.reasons, &churn.reason);
            if let Some(destination) = &churn.destination {
                add(&mut self.destinations, destination);
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        let merge = |mine: &mut Counts, theirs: &Counts| {
            for (code, counts) in theirs {
                for (mine, theirs) in mine.entry(code.clone()).or_default().iter_mut().zip(counts) {
                    *mine += theirs;
                }
            }
        };
        merge(&mut self.reasons, &other.reasons);
        merge(&mut self.destinations, &other.destinations);
    }

    pub(crate) fn reasons(&self) -> Vec<ParetoRow> {
        pareto(&self.reasons)
    }

    pub(crate) fn destinations(&self) -> Vec<ParetoRow> {
        pareto(&self.destinations)
    }
}

/// The most frequent first; of equals the one that comes first in the alphabet.
fn pareto(counts: &Counts) -> Vec<ParetoRow> {
    let all: u64 = counts.values().map(|[count, _]| count).sum();
    let mut sorted: Vec<_> = counts.iter().collect();
    sorted.sort_by_key(|(_, [count, _])| std::cmp::Reverse(*count));
    let mut so_far = 0;
    let row = |(code, [count, voluntary]): (&Code, &[u64; 2])| {
        so_far += count;
        ParetoRow {
            code: code.clone(),
            count: *count,
            voluntary: *voluntary,
            share: share(*count, all).unwrap_or_default(),
            cumulative_share: share(so_far, all).unwrap_or_default(),
        }
    };
    sorted.into_iter().map(row).collect()
}
