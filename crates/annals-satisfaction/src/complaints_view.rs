//! Complaints as they are shown, of one customer with each case, and of all together.

use crate::complaint_case::ComplaintCase;
use crate::complaint_tally::{Breakdown, CaseCounts, ComplaintTally, Durations, Upheld, days};
use crate::deadlines::{DeadlineReport, DeadlineSums, DeadlineView};
use crate::moment::Moment;
use crate::ratio::float;
use crate::remedies::{Remedies, RemedyView};
use crate::rules::SatisfactionRules;
use crate::state::SatisfactionState;
use annals_events::{Channel, Code, Date, Decision, YesNoUnknown, Zone};
use annals_projection::ViewContext;
use serde::Serialize;

/// How a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseStatus {
    /// Received, and neither closed nor withdrawn, or reopened since.
    Open,
    /// Closed.
    Closed,
    /// Taken back by the complainant.
    Withdrawn,
    /// Known only from later stages.
    WithoutReceipt,
}

/// How far a case got, and when.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepView {
    /// The local day of the step; null where it was not reached.
    pub on: Option<Date>,
    /// Days of 86 400 s from the receipt to the step; negative where the clock runs backwards.
    pub days: Option<f64>,
    /// Whether the step is dated before the receipt; such a case is left out of the averages.
    pub backwards: bool,
    /// Why there are no days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One complaint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseView {
    /// Its number.
    pub complaint: Code,
    /// How it stands.
    pub status: CaseStatus,
    /// Whether it is resolved: accepted by the complainant, or closed.
    pub resolved: bool,
    /// The local day it was received.
    pub received_on: Option<Date>,
    /// What it is about.
    pub category: Option<Code>,
    /// The product.
    pub product: Option<Code>,
    /// How it came in.
    pub channel: Option<Channel>,
    /// The cause that was found.
    pub cause: Option<Code>,
    /// The first acknowledgement.
    pub acknowledged: StepView,
    /// The first decision offered or told.
    pub decided: StepView,
    /// The closing that holds now.
    pub closed: StepView,
    /// The latest decision.
    pub decision: Option<Decision>,
    /// The local day the complainant accepted.
    pub accepted_on: Option<Date>,
    /// Whether the complainant was satisfied at the latest closing.
    pub satisfied: Option<YesNoUnknown>,
    /// The local day it was withdrawn, where that holds now.
    pub withdrawn_on: Option<Date>,
    /// The local days it was taken up again.
    pub reopened_on: Vec<Date>,
    /// Whole local days from the receipt to the day of the question, while it is open.
    pub days_open: Option<i32>,
    /// How it stands to its deadline; null without a receipt or a deadline.
    pub deadline: Option<DeadlineView>,
    /// What was granted and paid for it.
    pub remedies: RemedyView,
}

/// The complaints of one customer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerComplaints {
    /// How many stand how.
    #[serde(flatten)]
    pub counts: CaseCounts,
    /// Cases whose latest decision the rules call upheld, of those decided.
    pub upheld: Upheld,
    /// From the receipt to the first acknowledgement.
    pub days_to_acknowledge: Durations,
    /// From the receipt to the first decision offered or told.
    pub days_to_decide: Durations,
    /// From the receipt to the closing that holds now.
    pub days_to_close: Durations,
    /// Cases against their deadlines.
    pub deadlines: DeadlineReport,
    /// All remedies, those without a complaint included.
    pub remedies: RemedyView,
    /// Each case, in the order of the numbers.
    pub cases: Vec<CaseView>,
}

/// The complaints of all customers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PopulationComplaints {
    /// How many stand how.
    #[serde(flatten)]
    pub counts: CaseCounts,
    /// Cases by category.
    pub by_category: Breakdown<Code>,
    /// Cases by product.
    pub by_product: Breakdown<Code>,
    /// Cases by the channel they came in on.
    pub by_channel: Breakdown<Channel>,
    /// Cases by the cause that was found.
    pub by_cause: Breakdown<Code>,
    /// Cases whose latest decision the rules call upheld, of those decided.
    pub upheld: Upheld,
    /// From the receipt to the first acknowledgement.
    pub days_to_acknowledge: Durations,
    /// From the receipt to the first decision offered or told.
    pub days_to_decide: Durations,
    /// From the receipt to the closing that holds now.
    pub days_to_close: Durations,
    /// Cases against their deadlines.
    pub deadlines: DeadlineReport,
    /// Whole local days the oldest open case is open; null where none is.
    pub oldest_open_days: Option<i32>,
    /// Customers with a case received.
    pub complainants: u64,
    /// Customers with two or more.
    pub repeat_complainants: u64,
    /// All remedies, those without a complaint included.
    pub remedies: RemedyView,
}

type Context<'a> = ViewContext<'a, SatisfactionRules>;

impl CustomerComplaints {
    pub(crate) fn of(state: &SatisfactionState, context: &Context<'_>) -> Self {
        let mut sums = ComplaintSums::default();
        sums.add(state, context);
        let ComplaintSums { tally, remedies, deadlines, .. } = sums;
        Self {
            upheld: tally.upheld(&context.rules.upheld),
            counts: tally.counts,
            days_to_acknowledge: tally.acknowledged.durations("acknowledged"),
            days_to_decide: tally.decided.durations("decided"),
            days_to_close: tally.closed.durations("closed"),
            deadlines: deadlines.report(context.rules),
            remedies: remedies.view(),
            cases: state
                .complaints
                .iter()
                .map(|(number, case)| CaseView::of(number, case, context))
                .collect(),
        }
    }
}

/// Complaints counted so far.
#[derive(Default)]
pub(crate) struct ComplaintSums<'r> {
    tally: ComplaintTally,
    remedies: Remedies,
    deadlines: DeadlineSums<'r>,
    complainants: u64,
    repeat_complainants: u64,
}

impl<'r> ComplaintSums<'r> {
    /// Adds a customer's.
    pub(crate) fn add(&mut self, state: &SatisfactionState, context: &Context<'r>) {
        let before = self.tally.counts.received;
        for case in state.complaints.values() {
            self.tally.add(case, context.zone);
            self.remedies.merge(&case.remedies);
            self.deadlines.add(case, context);
        }
        self.remedies.merge(&state.rest().other_remedies);
        let received = self.tally.counts.received - before;
        self.complainants += u64::from(received >= 1);
        self.repeat_complainants += u64::from(received >= 2);
    }

    /// The complaints of all that were added.
    pub(crate) fn population(self, context: &Context<'_>) -> PopulationComplaints {
        let Self { tally, remedies, deadlines, complainants, repeat_complainants } = self;
        PopulationComplaints {
            upheld: tally.upheld(&context.rules.upheld),
            oldest_open_days: tally.oldest_open.map(|day| context.today.days_since(day)),
            counts: tally.counts,
            by_category: tally.by_category,
            by_product: tally.by_product,
            by_channel: tally.by_channel,
            by_cause: tally.by_cause,
            days_to_acknowledge: tally.acknowledged.durations("acknowledged"),
            days_to_decide: tally.decided.durations("decided"),
            days_to_close: tally.closed.durations("closed"),
            deadlines: deadlines.report(context.rules),
            complainants,
            repeat_complainants,
            remedies: remedies.view(),
        }
    }
}

impl CaseView {
    fn of(number: &Code, case: &ComplaintCase, context: &Context<'_>) -> Self {
        let (today, zone) = (context.today, context.zone);
        let receipt = case.receipt.as_ref();
        let received_on = receipt.map(|receipt| receipt.at.day(zone));
        let day = |moment: Moment| moment.day(zone);
        let step = |moment, name| StepView::of(receipt.map(|at| at.at), moment, name, zone);
        Self {
            complaint: number.clone(),
            status: status(case),
            resolved: case.is_resolved(),
            received_on,
            category: receipt.map(|receipt| receipt.category.clone()),
            product: receipt.and_then(|receipt| receipt.product.clone()),
            channel: receipt.and_then(|receipt| receipt.channel),
            cause: case.cause.clone(),
            acknowledged: step(case.acknowledged, "acknowledged"),
            decided: step(case.decided, "decided"),
            closed: step(case.closed(), "closed"),
            decision: case.decision,
            accepted_on: case.accepted.map(day),
            satisfied: case.satisfied,
            withdrawn_on: case.withdrawn().map(day),
            reopened_on: case.reopened.iter().copied().map(day).collect(),
            days_open: received_on
                .filter(|_| case.is_open())
                .map(|received| today.days_since(received)),
            deadline: DeadlineView::of(case, context),
            remedies: case.remedies.view(),
        }
    }
}

fn status(case: &ComplaintCase) -> CaseStatus {
    if case.receipt.is_none() {
        CaseStatus::WithoutReceipt
    } else if case.withdrawn().is_some() {
        CaseStatus::Withdrawn
    } else if case.closed().is_some() {
        CaseStatus::Closed
    } else {
        CaseStatus::Open
    }
}

impl StepView {
    fn of(received: Option<Moment>, step: Option<Moment>, name: &str, zone: &Zone) -> Self {
        let seconds = received.zip(step).map(|(from, to)| to.seconds_since(from, zone));
        let why = match (received, step) {
            (_, None) => Some(format!("not {name}")),
            (None, Some(_)) => Some("no receipt is recorded".to_owned()),
            (Some(_), Some(_)) => None,
        };
        Self {
            on: step.map(|moment| moment.day(zone)),
            days: seconds.map(|seconds| days(float(seconds.into()))),
            backwards: seconds.is_some_and(|seconds| seconds < 0),
            why,
        }
    }
}
