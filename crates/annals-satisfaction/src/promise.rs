//! Promises: what the fold keeps of one, and how many were kept and broken.

use crate::interval::{Interval, wilson_95};
use crate::ratio::ratio;
use crate::state::SatisfactionState;
use annals_events::{Code, Date};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One promise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Promise {
    /// What was promised; none where only its end is known.
    pub(crate) what: Option<Code>,
    pub(crate) made: Option<Date>,
    pub(crate) due: Option<Date>,
    /// The first day it was said to be kept.
    pub(crate) kept: Option<Date>,
    /// The first day it was said to be broken.
    pub(crate) broken: Option<Date>,
}

/// How many promises stand how. made = kept + broken + open; a promise both kept and broken counts
/// as broken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PromiseCounts {
    /// Promises made.
    pub made: u64,
    /// Kept.
    pub kept: u64,
    /// Kept after the day they were due; also among the kept.
    pub kept_late: u64,
    /// Broken.
    pub broken: u64,
    /// Neither kept nor broken yet.
    pub open: u64,
    /// Open and past the day they were due; also among the open.
    pub overdue: u64,
    /// Known only as kept or broken, counted nowhere else.
    pub without_making: u64,
}

/// Promises of a customer or of all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PromiseReport {
    /// How many stand how.
    #[serde(flatten)]
    pub counts: PromiseCounts,
    /// kept / (kept + broken), 0 to 1; null where none has ended.
    pub kept_rate: Option<f64>,
    /// Wilson's 95 % interval of the rate.
    pub wilson_95: Option<Interval>,
    /// By what was promised.
    pub by_what: BTreeMap<Code, PromiseCounts>,
    /// Why there is no rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl PromiseCounts {
    fn add(&mut self, promise: &Promise, today: Date) {
        self.made += 1;
        let past = |day: Date| promise.due.is_some_and(|due| day > due);
        match (promise.broken, promise.kept) {
            (Some(_), _) => self.broken += 1,
            (None, Some(kept)) => {
                self.kept += 1;
                self.kept_late += u64::from(past(kept));
            }
            (None, None) => {
                self.open += 1;
                self.overdue += u64::from(past(today));
            }
        }
    }
}

/// Promises counted so far.
#[derive(Default)]
pub(crate) struct PromiseSums {
    counts: PromiseCounts,
    by_what: BTreeMap<Code, PromiseCounts>,
}

impl PromiseSums {
    /// Adds a customer's promises.
    pub(crate) fn add(&mut self, state: &SatisfactionState, today: Date) {
        for promise in state.rest().promises.values() {
            let Some(what) = &promise.what else {
                self.counts.without_making += 1;
                continue;
            };
            self.counts.add(promise, today);
            self.by_what.entry(what.clone()).or_default().add(promise, today);
        }
    }

    pub(crate) fn report(self) -> PromiseReport {
        let Self { counts, by_what } = self;
        let ended = counts.kept + counts.broken;
        PromiseReport {
            kept_rate: ratio(counts.kept.into(), ended),
            wilson_95: wilson_95(counts.kept, ended),
            why: (ended == 0).then(|| "no promise was kept or broken yet".to_owned()),
            counts,
            by_what,
        }
    }
}
