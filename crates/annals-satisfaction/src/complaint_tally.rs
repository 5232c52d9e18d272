//! Complaint cases counted, of one customer or of all.

use crate::complaint_case::{ComplaintCase, Receipt};
use crate::interval::{Interval, wilson_95};
use crate::moment::Moment;
use crate::quantile::quantile;
use crate::ratio::ratio;
use annals_events::{Channel, Code, Date, Decision, Zone};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

const SECONDS_OF_DAY: f64 = 86_400.0;

/// Seconds as days of 86 400 s.
pub(crate) fn days(seconds: f64) -> f64 {
    seconds / SECONDS_OF_DAY
}

/// How many cases stand how. open + closed + withdrawn = received.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CaseCounts {
    /// Cases with a receipt; all that follow are among these.
    pub received: u64,
    /// Neither closed nor withdrawn, or reopened since.
    pub open: u64,
    /// Closed and not reopened since.
    pub closed: u64,
    /// Withdrawn and not reopened since.
    pub withdrawn: u64,
    /// Accepted by the complainant or closed, and neither taken back; what was accepted and is not
    /// closed yet is both open and resolved.
    pub resolved: u64,
    /// Taken up again at least once.
    pub reopened: u64,
    /// Cases known only from later stages, counted nowhere else.
    pub without_receipt: u64,
}

/// How long something took, over the cases that got so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Durations {
    /// Cases counted.
    pub n: u64,
    /// Median, in days of 86 400 s; null where there is no case.
    pub median_days: Option<f64>,
    /// 90th percentile, in days.
    pub p90_days: Option<f64>,
    /// Cases left out because the clock runs backwards: the step is dated before the receipt.
    pub backwards: u64,
    /// Why there are no numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Cases by something about them. All counts together are the cases received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breakdown<K: Ord> {
    /// Cases by code.
    pub counts: BTreeMap<K, u64>,
    /// Cases that do not say.
    pub not_stated: u64,
}

impl<K: Ord> Default for Breakdown<K> {
    fn default() -> Self {
        Self { counts: BTreeMap::new(), not_stated: 0 }
    }
}

impl<K: Ord + Clone> Breakdown<K> {
    fn add(&mut self, key: Option<&K>) {
        let Some(key) = key else {
            self.not_stated += 1;
            return;
        };
        match self.counts.get_mut(key) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(key.clone(), 1);
            }
        }
    }
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Upheld {
    /// Cases with a decision of the organisation.
    pub n: u64,
    /// Cases by the latest decision.
    pub counts: BTreeMap<Decision, u64>,
    /// Share of n that the rules call upheld, 0 to 1; null where nothing was decided.
    pub rate: Option<f64>,
    /// Wilson's 95 % interval of the rate.
    pub wilson_95: Option<Interval>,
    /// Why there is no rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Seconds from the receipt to one step.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepTally {
    seconds: Vec<i64>,
    backwards: u64,
}

impl StepTally {
    fn add(&mut self, receipt: &Receipt, step: Option<Moment>, zone: &Zone) {
        let Some(step) = step else { return };
        let seconds = step.seconds_since(receipt.at, zone);
        if seconds < 0 {
            self.backwards += 1;
        } else {
            self.seconds.push(seconds);
        }
    }

    pub(crate) fn durations(mut self, step: &str) -> Durations {
        self.seconds.sort_unstable();
        let why = self.seconds.is_empty().then(|| match self.backwards {
            0 => format!("no complaint was {step}"),
            n => format!("all {n} complaints that were {step} are dated so before their receipt"),
        });
        Durations {
            n: self.seconds.len() as u64,
            median_days: quantile(&self.seconds, 50).map(days),
            p90_days: quantile(&self.seconds, 90).map(days),
            backwards: self.backwards,
            why,
        }
    }
}

/// Cases counted so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct ComplaintTally {
    pub(crate) counts: CaseCounts,
    pub(crate) by_category: Breakdown<Code>,
    pub(crate) by_product: Breakdown<Code>,
    pub(crate) by_channel: Breakdown<Channel>,
    pub(crate) by_cause: Breakdown<Code>,
    pub(crate) acknowledged: StepTally,
    pub(crate) decided: StepTally,
    pub(crate) closed: StepTally,
    pub(crate) oldest_open: Option<Date>,
    decisions: BTreeMap<Decision, u64>,
}

impl ComplaintTally {
    /// Counts one case.
    pub(crate) fn add(&mut self, case: &ComplaintCase, zone: &Zone) {
        let Some(receipt) = &case.receipt else {
            self.counts.without_receipt += 1;
            return;
        };
        self.counts.received += 1;
        self.counts.open += u64::from(case.is_open());
        self.counts.closed += u64::from(case.closed().is_some());
        self.counts.withdrawn += u64::from(case.withdrawn().is_some());
        self.counts.resolved += u64::from(case.is_resolved());
        self.counts.reopened += u64::from(!case.reopened.is_empty());
        self.by_category.add(Some(&receipt.category));
        self.by_product.add(receipt.product.as_ref());
        self.by_channel.add(receipt.channel.as_ref());
        self.by_cause.add(case.cause.as_ref());
        self.acknowledged.add(receipt, case.acknowledged, zone);
        self.decided.add(receipt, case.decided, zone);
        self.closed.add(receipt, case.closed(), zone);
        if case.is_open() {
            let day = receipt.at.day(zone);
            self.oldest_open = Some(self.oldest_open.map_or(day, |oldest| oldest.min(day)));
        }
        if let Some(decision) = case.decision {
            *self.decisions.entry(decision).or_default() += 1;
        }
    }

    /// What was decided, under the rules on what counts as upheld.
    pub(crate) fn upheld(&self, upheld: &BTreeSet<Decision>) -> Upheld {
        let n = self.decisions.values().sum();
        let count = |decision| self.decisions.get(decision).copied().unwrap_or_default();
        let successes: u64 = upheld.iter().map(count).sum();
        Upheld {
            n,
            counts: self.decisions.clone(),
            rate: ratio(successes.into(), n),
            wilson_95: wilson_95(successes, n),
            why: (n == 0)
                .then(|| "no complaint has a decision (complaint.response_offered)".to_owned()),
        }
    }
}
