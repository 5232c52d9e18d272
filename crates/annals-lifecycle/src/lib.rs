//! Lifecycle as a fold over events: stages, transitions, activity, cohorts, survival, lapses and
//! returns, early warning, why customers leave, and what keeps them.
//!
//! The fold keeps a customer's days: those of purchases, and those of the other facts that stages
//! are decided by. Stages themselves are not in the state: schemes are data, read from a ruleset,
//! and so a customer's whole history of stages can be had under any ruleset without folding again.
//!
//! What each measure means and how a scheme is written: `docs/projections/lifecycle.md`.
//! Deliberately absent: money (a customer-month's worth is the ruleset's or passed in), and models
//! of who is still alive (their probability is passed in).

mod action_effect;
mod activity;
mod alert;
mod alert_counts;
mod alert_rules;
mod apply;
mod churn_reason;
mod condition;
mod day_set;
mod dealings;
mod fact;
mod figures_text;
mod formulas;
mod in_order;
mod lapse;
mod lifecycle;
mod markov;
mod months;
mod oddity;
mod path;
mod population;
mod ratio;
mod region;
mod relevant;
mod route;
mod rules;
mod rules_text;
mod stage_tally;
mod standing;
mod state;
mod survival;
mod view;

pub use action_effect::ActionRow;
pub use activity::Activity;
pub use alert::{Alert, alerts_to_raise};
pub use alert_counts::AlertRow;
pub use alert_rules::{AlertRule, Clue, Sign, Watched};
pub use churn_reason::ParetoRow;
pub use condition::Condition;
pub use day_set::{DaySet, ImpossibleDays};
pub use dealings::{
    Action, CaseKind, Churn, Dealings, OpenAlert, OpenCase, SIGNALS_KEPT, Signal, SignalKind,
};
pub use fact::Fact;
pub use in_order::InOrder;
pub use lapse::{LapseView, WinBackOffers, WinBackRow};
pub use lifecycle::Lifecycle;
pub use markov::{MarkovView, markov_value};
pub use months::{ActivityRow, CohortRow};
pub use oddity::Oddity;
pub use population::LifecyclePopulation;
pub use rules::{ActionEffectRules, LifecycleRules, MarkovRules, Scheme, SchemeKind, Stage};
pub use stage_tally::{BackSteps, DwellRow};
pub use state::{Assertion, Happening, HappeningKind, LifecycleState};
pub use survival::SurvivalRow;
pub use view::{LifecycleView, MonthView, Spell, StageView};
