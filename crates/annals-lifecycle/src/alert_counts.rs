//! How many customers each rule of early warning warns of.

use crate::alert::Watch;
use crate::alert_rules::AlertRule;
use annals_events::AlertLevel;
use serde::Serialize;

/// How many customers a rule warns of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertRow {
    /// The rule.
    pub rule: String,
    /// How loud.
    pub level: AlertLevel,
    /// Customers it warns of today. The population report knows no model, so rules that read the
    /// probability of being alive are silent in it.
    pub customers: u64,
    /// Those of them for whom an alert of the rule is recorded and not closed.
    pub raised: u64,
}

/// Counts by rule: warned of, and of these raised.
pub(crate) struct AlertCounts<'r> {
    rules: &'r [AlertRule],
    counts: Vec<[u64; 2]>,
}

impl<'r> AlertCounts<'r> {
    pub(crate) fn new(rules: &'r [AlertRule]) -> Self {
        Self { rules, counts: vec![[0; 2]; rules.len()] }
    }

    pub(crate) fn add(&mut self, watch: &Watch<'_>) {
        for ([customers, raised], rule) in self.counts.iter_mut().zip(self.rules) {
            if watch.holding(rule).is_some() {
                *customers += 1;
                *raised += u64::from(watch.is_raised(rule));
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().flatten().zip(other.counts.iter().flatten()) {
            *mine += theirs;
        }
    }

    pub(crate) fn rows(&self) -> Vec<AlertRow> {
        let row = |(rule, [customers, raised]): (&AlertRule, &[u64; 2])| {
            let (customers, raised) = (*customers, *raised);
            AlertRow { rule: rule.id.clone(), level: rule.level, customers, raised }
        };
        self.rules.iter().zip(&self.counts).map(row).collect()
    }
}
