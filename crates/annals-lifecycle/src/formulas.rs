//! How each measure of a customer's view is computed, for `annals explain`.
//!
//! Places in braces stand for the values of the view. The schemes and alerts are those of the
//! ruleset, so a star stands for their names.

use annals_projection::Formula;

const OWN: &str = "a definition of this ledger: docs/projections/lifecycle.md";

/// One formula for every measure, in the order of the view.
pub(crate) const FORMULAS: &[Formula] = &[
    Formula {
        measure: "known_since",
        formula: "day of the first event of any kind = {known_since}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "stages",
        formula: "for each scheme, day by day: the first stage, in the order written, one of whose \
                  tables of conditions holds; an asserted stage holds until a later fact \
                  contradicts it",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "stages.*",
        formula: "first stage whose rule holds = {stages.*.stage}, since {stages.*.since}",
        source: OWN,
        rules: &["scheme.*", "scheme.*.{stages.*.stage}"],
    },
    Formula {
        measure: "activity",
        formula: "month {activity.month} against the month before: new = first occasion in it, \
                  returning = occasions in both, resurrecting = in it alone and not new, dormant = \
                  in the one before alone; this month {activity.state}, so far \
                  {activity.months_new} new, {activity.months_returning} returning, \
                  {activity.months_resurrecting} resurrecting, {activity.months_dormant} dormant",
        source: OWN,
        rules: &["scheme.activity"],
    },
    Formula {
        measure: "occasions",
        formula: "distinct days with a purchase = {occasions}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "first_occasion",
        formula: "first day with a purchase = {first_occasion}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "last_occasion",
        formula: "last day with a purchase = {last_occasion}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "silence_days",
        formula: "day asked about - {last_occasion} = {silence_days}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "tenure_days",
        formula: "day asked about - {first_occasion} = {tenure_days}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "mean_gap_days",
        formula: "({last_occasion} - {first_occasion}) / ({occasions} - 1) = {mean_gap_days}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "rhythm_ratio",
        formula: "{silence_days} / {mean_gap_days} = {rhythm_ratio}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "cohort",
        formula: "calendar month of {first_occasion} = {cohort}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "complaints_open",
        formula: "complaints received or reopened, and neither closed nor withdrawn since = \
                  {complaints_open}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "subscriptions_active",
        formula: "subscriptions started, renewed or resumed, and neither paused, cancelled nor \
                  expired since = {subscriptions_active}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "enquiries_open",
        formula: "enquiries received and not answered = {enquiries_open}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "trust",
        formula: "last answer on trust: 100 x (value - low end) / (high end - low end), rounded \
                  down = {trust}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "lapses",
        formula: "per threshold: gaps of more days between neighbouring occasions; the last gap \
                  runs from {last_occasion} to the day asked about",
        source: OWN,
        rules: &["lapse.thresholds_days"],
    },
    Formula {
        measure: "alerts",
        formula: "rules of early warning, one of whose tables of conditions holds on the day asked \
                  about",
        source: OWN,
        rules: &["alert.*"],
    },
    Formula {
        measure: "oddities",
        formula: "events before the registration, gone before the first purchase or subscription, \
                  ended before received: those the records have",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "churn_declared",
        formula: "declared lost, and neither bought, subscribed, taken up again nor won back since \
                  = {churn_declared}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "closed",
        formula: "relationship closed, and neither bought, subscribed, taken up again nor won back \
                  since = {closed}",
        source: OWN,
        rules: &[],
    },
];
