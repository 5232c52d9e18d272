//! What a complaint does to satisfaction: the answer before it and the answer after its end.
//!
//! Before = the latest answer before the receipt, after = the first after the end (closed,
//! withdrawn, or else accepted), both to the question of customer satisfaction and within the
//! ruleset's window. Recovered = resolved and satisfied: by the closing, or, where the closing does
//! not say, by the answer after it.

use crate::answer_pool::answers;
use crate::complaint_case::ComplaintCase;
use crate::interval::{Interval, wilson_95};
use crate::mean::{Mean, MeanSums};
use crate::moment::Moment;
use crate::ratio::ratio;
use crate::rules::{SampleRules, SatisfactionRules};
use crate::state::SatisfactionState;
use annals_events::{YesNoUnknown, Zone};
use serde::Serialize;

/// What complaints did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComplaintEffect {
    /// Complaints received.
    pub cases: u64,
    /// Answers before, in points of the scale; of cases with an answer before and after.
    pub before: Mean,
    /// Answers after, of the same cases.
    pub after: Mean,
    /// after - before.
    pub change: Mean,
    /// Resolved and satisfied.
    pub recovered: u64,
    /// Neither closed nor withdrawn.
    pub still_open: u64,
    /// Taken up again at least once.
    pub reopened: u64,
    /// recovered / cases, 0 to 1; null without a case.
    pub recovery_rate: Option<f64>,
    /// Wilson's 95 % interval of the rate.
    pub wilson_95: Option<Interval>,
}

/// Complaints with the answers around them, summed up.
#[derive(Default)]
pub(crate) struct ComplaintEffectSums {
    before: MeanSums,
    after: MeanSums,
    change: MeanSums,
    cases: u64,
    recovered: u64,
    still_open: u64,
    reopened: u64,
}

impl ComplaintEffectSums {
    /// Adds a customer's complaints.
    pub(crate) fn add(
        &mut self,
        state: &SatisfactionState,
        rules: &SatisfactionRules,
        zone: &Zone,
    ) {
        for case in state.complaints.values() {
            let Some(receipt) = &case.receipt else { continue };
            self.cases += 1;
            self.still_open += u64::from(case.is_open());
            self.reopened += u64::from(!case.reopened.is_empty());
            let first_after = end_of(case).and_then(|end| {
                let later = |moment: &(Moment, i16)| within(end, moment.0, rules, zone);
                given(state, rules).find(later).map(|(_, value)| value)
            });
            let earlier = |moment: &(Moment, i16)| within(moment.0, receipt.at, rules, zone);
            let last_before = given(state, rules).filter(earlier).last();
            let satisfied = match case.satisfied {
                Some(YesNoUnknown::Yes) => true,
                Some(YesNoUnknown::No) => false,
                _ => first_after.is_some_and(|value| value >= rules.csat.satisfied_min),
            };
            self.recovered += u64::from(case.is_resolved() && satisfied);
            if let (Some((_, first)), Some(second)) = (last_before, first_after) {
                self.before.add(first);
                self.after.add(second);
                self.change.add(i128::from(second) - i128::from(first));
            }
        }
    }

    pub(crate) fn report(self, sample: SampleRules) -> ComplaintEffect {
        let Self { before, after, change, cases, recovered, still_open, reopened } = self;
        let mean = |sums: MeanSums| sums.mean(sample, "complaints with an answer before and after");
        ComplaintEffect {
            cases,
            before: mean(before),
            after: mean(after),
            change: mean(change),
            recovered,
            still_open,
            reopened,
            recovery_rate: ratio(recovered.into(), cases),
            wilson_95: wilson_95(recovered, cases),
        }
    }
}

fn end_of(case: &ComplaintCase) -> Option<Moment> {
    case.closed().or(case.withdrawn()).or(case.accepted)
}

/// The customer's answers on satisfaction, in order.
fn given<'s>(
    state: &'s SatisfactionState,
    rules: &'s SatisfactionRules,
) -> impl Iterator<Item = (Moment, i16)> {
    answers(state, &rules.csat.question).map(|(at, _, value)| (Moment::second(at), value))
}

/// Whether one moment lies before another, by no more than the window.
fn within(earlier: Moment, later: Moment, rules: &SatisfactionRules, zone: &Zone) -> bool {
    let seconds = later.seconds_since(earlier, zone);
    0 < seconds && seconds <= 86_400 * i64::from(rules.complaint_window_days)
}
