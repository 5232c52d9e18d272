//! Lifecycle: stages, transitions, activity and cohorts as folds over events.
//!
//! The fold keeps a customer's days: those of purchases, and those of the other facts that stages
//! are decided by. Stages themselves are not in the state: schemes are data, read from a ruleset,
//! and so a customer's whole history of stages can be had under any ruleset without folding again.
//!
//! What each measure means and how a scheme is written: `docs/projections/lifecycle.md`.
//! Deliberately absent: survival, early warning, lapse and win-back rates.

mod activity;
mod condition;
mod day_set;
mod fact;
mod in_order;
mod lifecycle;
mod path;
mod population;
mod region;
mod rules;
mod rules_text;
mod standing;
mod state;
mod view;

pub use activity::Activity;
pub use condition::Condition;
pub use day_set::{DaySet, ImpossibleDays};
pub use fact::Fact;
pub use in_order::InOrder;
pub use lifecycle::Lifecycle;
pub use population::{ActivityRow, CohortRow, LifecyclePopulation};
pub use rules::{LifecycleRules, Scheme, SchemeKind, Stage};
pub use state::{Assertion, Happening, HappeningKind, LifecycleState};
pub use view::{LifecycleView, MonthView, Spell, StageView};
