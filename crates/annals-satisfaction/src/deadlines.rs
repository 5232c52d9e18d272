//! Complaints against their deadlines: in time, late, or still open and overdue.
//!
//! Decided = the first decision offered or told, or, where none is recorded, the closing that holds
//! now. Both the deadline and the calendar belong to the ruleset, so another ruleset judges the
//! same cases anew. Deliberately absent: pauses and extensions, which the fold does not keep.

use crate::complaint_case::{ComplaintCase, Receipt};
use crate::deadline_rules::DeadlineRules;
use crate::interval::{Interval, wilson_95};
use crate::ratio::ratio;
use crate::rules::SatisfactionRules;
use annals_events::{Code, Date};
use annals_projection::ViewContext;
use serde::Serialize;
use std::collections::BTreeMap;

/// How a case stands to its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Decided by the day it was due.
    InTime,
    /// Decided after that day.
    Late,
    /// Not decided, and not past that day.
    Pending,
    /// Not decided, and past that day.
    Overdue,
    /// Taken back undecided.
    Withdrawn,
    /// The decision is dated before the receipt.
    Backwards,
}

/// How many cases stand how to their deadline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeadlineCounts {
    /// Decided by the day they were due.
    pub in_time: u64,
    /// Decided after that day.
    pub late: u64,
    /// Not decided, and not past that day.
    pub pending: u64,
    /// Not decided, and past that day.
    pub overdue: u64,
    /// Taken back undecided.
    pub withdrawn: u64,
    /// The decision is dated before the receipt.
    pub backwards: u64,
}

/// Cases against their deadlines. All counts and `without_deadline` are the cases received.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeadlineReport {
    /// How many stand how.
    #[serde(flatten)]
    pub counts: DeadlineCounts,
    /// Cases of a category that the ruleset has no deadline for.
    pub without_deadline: u64,
    /// `in_time` / (`in_time` + `late` + `overdue`), 0 to 1; null where there is none of them.
    pub rate: Option<f64>,
    /// Wilson's 95 % interval of the rate.
    pub wilson_95: Option<Interval>,
    /// By the deadline's name.
    pub by_deadline: BTreeMap<Code, DeadlineCounts>,
    /// Why there is no rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One case against its deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadlineView {
    /// The deadline's name.
    pub name: Code,
    /// The last day to decide in time.
    pub due_on: Date,
    /// How the case stands.
    pub standing: Standing,
    /// Working days after the receipt, up to the decision, the withdrawal or the day of the
    /// question.
    pub working_days: usize,
    /// Working days after the day it was due, up to the same.
    pub working_days_over: usize,
}

type Context<'a> = ViewContext<'a, SatisfactionRules>;

/// A received case, judged.
struct Judged<'r> {
    deadline: &'r DeadlineRules,
    due: Date,
    standing: Standing,
    /// The decision, the withdrawal or the day of the question.
    until: Date,
}

impl<'r> Judged<'r> {
    /// `None` where the ruleset has no deadline for the case.
    fn of(case: &ComplaintCase, receipt: &Receipt, context: &Context<'r>) -> Option<Self> {
        let Context { rules, zone, today, .. } = *context;
        let deadline = rules.deadline_of(&receipt.category)?;
        let due = deadline.due(receipt.at.day(zone), &rules.calendar);
        let (until, standing) = match (case.decided.or(case.closed()), case.withdrawn()) {
            (Some(decided), _) => {
                let day = decided.day(zone);
                let standing = if decided.seconds_since(receipt.at, zone) < 0 {
                    Standing::Backwards
                } else if day <= due {
                    Standing::InTime
                } else {
                    Standing::Late
                };
                (day, standing)
            }
            (None, Some(withdrawn)) => (withdrawn.day(zone), Standing::Withdrawn),
            (None, None) if today <= due => (today, Standing::Pending),
            (None, None) => (today, Standing::Overdue),
        };
        Some(Self { deadline, due, standing, until })
    }
}

impl DeadlineView {
    pub(crate) fn of(case: &ComplaintCase, context: &Context<'_>) -> Option<Self> {
        let receipt = case.receipt.as_ref()?;
        let judged = Judged::of(case, receipt, context)?;
        let calendar = &context.rules.calendar;
        Some(Self {
            name: judged.deadline.name.clone(),
            due_on: judged.due,
            standing: judged.standing,
            working_days: calendar.working_days(receipt.at.day(context.zone), judged.until),
            working_days_over: calendar.working_days(judged.due, judged.until),
        })
    }
}

impl DeadlineCounts {
    fn add(&mut self, standing: Standing) {
        *match standing {
            Standing::InTime => &mut self.in_time,
            Standing::Late => &mut self.late,
            Standing::Pending => &mut self.pending,
            Standing::Overdue => &mut self.overdue,
            Standing::Withdrawn => &mut self.withdrawn,
            Standing::Backwards => &mut self.backwards,
        } += 1;
    }
}

/// Cases against their deadlines, counted so far.
#[derive(Default)]
pub(crate) struct DeadlineSums<'r> {
    counts: DeadlineCounts,
    by_deadline: BTreeMap<&'r Code, DeadlineCounts>,
    without_deadline: u64,
}

impl<'r> DeadlineSums<'r> {
    /// Counts one case.
    pub(crate) fn add(&mut self, case: &ComplaintCase, context: &Context<'r>) {
        let Some(receipt) = &case.receipt else { return };
        let Some(judged) = Judged::of(case, receipt, context) else {
            self.without_deadline += 1;
            return;
        };
        self.counts.add(judged.standing);
        self.by_deadline.entry(&judged.deadline.name).or_default().add(judged.standing);
    }

    pub(crate) fn report(self, rules: &SatisfactionRules) -> DeadlineReport {
        let Self { counts, by_deadline, without_deadline } = self;
        let due = counts.in_time + counts.late + counts.overdue;
        let why = if rules.deadlines.is_empty() {
            Some("the ruleset has no section [[deadline]]")
        } else {
            (due == 0).then_some("no complaint with a deadline is decided or overdue")
        };
        DeadlineReport {
            rate: ratio(counts.in_time.into(), due),
            wilson_95: wilson_95(counts.in_time, due),
            counts,
            without_deadline,
            by_deadline: by_deadline
                .into_iter()
                .map(|(name, counts)| (name.clone(), counts))
                .collect(),
            why: why.map(str::to_owned),
        }
    }
}
