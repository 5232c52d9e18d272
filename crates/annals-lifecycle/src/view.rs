//! What is shown of one customer.

use crate::activity::{self, Activity};
use crate::alert::{Alert, Watch};
use crate::in_order::InOrder;
use crate::lapse::LapseView;
use crate::oddity::Oddity;
use crate::path::Path;
use crate::route::Route;
use crate::rules::{LifecycleRules, Scheme};
use crate::standing::Standing;
use crate::state::LifecycleState;
use annals_events::{Date, Month};
use serde::Serialize;

/// A customer's lifecycle as of a day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LifecycleView {
    /// The day of the first event of any kind; null where there is none yet.
    pub known_since: Option<Date>,
    /// Scheme -> the stage, since when, and the stages before.
    pub stages: InOrder<StageView>,
    /// The as-of month and the months so far, by activity.
    pub activity: MonthView,
    /// Purchase occasions: distinct days with a purchase.
    pub occasions: u32,
    /// The first of them.
    pub first_occasion: Option<Date>,
    /// The last of them.
    pub last_occasion: Option<Date>,
    /// Days since the last.
    pub silence_days: Option<i32>,
    /// Days since the first.
    pub tenure_days: Option<i32>,
    /// Mean of the days between neighbouring occasions.
    pub mean_gap_days: Option<f64>,
    /// Silence divided by the mean gap.
    pub rhythm_ratio: Option<f64>,
    /// The calendar month of the first occasion.
    pub cohort: Option<Month>,
    /// Complaints open.
    pub complaints_open: u32,
    /// Subscriptions running.
    pub subscriptions_active: u32,
    /// Enquiries not answered.
    pub enquiries_open: u32,
    /// The last answer on trust, in percent of its scale.
    pub trust: Option<u8>,
    /// Lapses, by the ruleset's thresholds.
    pub lapses: Vec<LapseView>,
    /// Warnings, in the order of the ruleset's rules; without those that need a model.
    pub alerts: Vec<Alert>,
    /// What does not fit in the records.
    pub oddities: Vec<&'static str>,
    /// Whether the customer is declared lost and has not come back.
    pub churn_declared: bool,
    /// Whether the relationship is closed and has not been taken up again.
    pub closed: bool,
    /// Why some of the above are null; null where none is.
    pub why: Option<&'static str>,
}

/// A customer's stage in one scheme.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StageView {
    /// The stage; null before the customer's first event.
    pub stage: Option<String>,
    /// Its first day.
    pub since: Option<Date>,
    /// Whether somebody asserted it and no later fact has contradicted that.
    pub asserted: bool,
    /// All stages so far, the present one last.
    pub history: Vec<Spell>,
}

/// A stretch of days in one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spell {
    /// The stage.
    pub stage: String,
    /// Its first day.
    pub from: Date,
    /// The first day of the next stage; null for the present one.
    pub to: Option<Date>,
}

/// A customer's activity by calendar month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MonthView {
    /// The as-of month, judged by what it has seen so far.
    pub month: Month,
    /// What it is: `new`, `returning`, `resurrecting`, `dormant`, or `inactive` for none of these.
    pub state: &'static str,
    /// How many months were new: 1 once the customer has bought.
    pub months_new: u32,
    /// How many were returning.
    pub months_returning: u32,
    /// How many were resurrecting.
    pub months_resurrecting: u32,
    /// How many were dormant.
    pub months_dormant: u32,
}

impl LifecycleView {
    /// The view of a customer as of a day.
    pub(crate) fn new(state: &LifecycleState, rules: &LifecycleRules, today: Date) -> Self {
        let occasions = state.occasions.until(today);
        let known_since = state.first_event.filter(|first| *first <= today);
        let standing = Standing::on(state, today);
        let silence_days = standing.last_occasion.map(|last| today.days_since(last));
        let mean_gap_days = standing.gaps().map(|(span, gaps)| f64::from(span) / f64::from(gaps));
        let mut path = Path::default();
        let stages = rules.schemes.iter().map(|scheme| {
            path.follow(state, &Route::new(scheme), today);
            (scheme.id.clone(), StageView::new(&path, scheme))
        });
        Self {
            known_since,
            stages: stages.collect(),
            activity: MonthView::new(occasions, today.month()),
            occasions: standing.occasions,
            first_occasion: standing.first_occasion,
            last_occasion: standing.last_occasion,
            silence_days,
            tenure_days: standing.first_occasion.map(|first| today.days_since(first)),
            mean_gap_days,
            rhythm_ratio: silence_days.zip(mean_gap_days).map(|(days, gap)| f64::from(days) / gap),
            cohort: standing.first_occasion.map(Date::month),
            complaints_open: standing.complaints_open,
            subscriptions_active: standing.subscriptions_active,
            enquiries_open: standing.enquiries_open,
            trust: standing.trust,
            lapses: LapseView::all(occasions, today, &rules.lapse_days),
            alerts: Watch { state, standing: &standing, today, p_alive: None }
                .alerts(&rules.alerts),
            oddities: Oddity::ALL
                .into_iter()
                .filter(|oddity| oddity.is_in(state, today))
                .map(Oddity::name)
                .collect(),
            churn_declared: standing.churn_declared,
            closed: standing.closed,
            why: match (known_since, standing.occasions) {
                (None, _) => Some("no event of this customer up to the as-of day"),
                (_, 0) => Some("no purchase up to the as-of day"),
                (_, 1) => Some("a mean gap needs purchases on two days or more"),
                _ => None,
            },
        }
    }
}

impl StageView {
    fn new(path: &Path, scheme: &Scheme) -> Self {
        let ids = scheme.stage_ids();
        let nexts = path.spells.iter().skip(1).map(|(_, from)| Some(*from)).chain([None]);
        let spells = path.spells.iter().zip(nexts);
        let history: Vec<_> = spells
            .map(|((stage, from), to)| Spell {
                stage: ids.get(*stage).copied().unwrap_or_default().to_owned(),
                from: *from,
                to,
            })
            .collect();
        Self {
            stage: history.last().map(|spell| spell.stage.clone()),
            since: history.last().map(|spell| spell.from),
            asserted: path.asserted,
            history,
        }
    }
}

impl MonthView {
    fn new(occasions: &[Date], month: Month) -> Self {
        let mut view = Self {
            month,
            state: Activity::Inactive.name(),
            months_new: 0,
            months_returning: 0,
            months_resurrecting: 0,
            months_dormant: 0,
        };
        activity::runs(occasions, month, |run| {
            view.state = run.activity.name();
            match run.activity {
                Activity::New => view.months_new += 1,
                Activity::Returning => view.months_returning += 1,
                Activity::Resurrecting => view.months_resurrecting += 1,
                Activity::Dormant => view.months_dormant += 1,
                Activity::Inactive => {}
            }
        });
        view
    }
}
