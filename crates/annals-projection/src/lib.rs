//! What a projection is: a pure fold over one customer's events, and what is shown of its states.
//!
//! Here also: who is who ([`Identities`]), which events count and in which order ([`History`]),
//! what a question's place in time is ([`AsOf`]), rates, rulesets, intervals, the difference
//! between two views, and pure work spread over threads. Deliberately absent: logs, disks, clocks,
//! async. The runtime in `annals` brings the events.

mod as_of;
mod fold;
mod formula;
mod groups;
mod history;
mod identity;
mod interval;
mod parallel;
mod projection;
mod rates;
mod ruleset;

pub use as_of::AsOf;
pub use fold::{Change, changes, fold};
pub use formula::{Formula, FormulaOfView, rule_lines, value_at};
pub use groups::Groups;
pub use history::{BadCorrection, History, corrected, is_book_keeping, is_mending};
pub use identity::Identities;
pub use interval::{NORMAL_97_5, wilson_95};
pub use parallel::{both, in_parallel, threads_at_once};
pub use projection::{Projection, ViewContext};
pub use rates::Rates;
pub use ruleset::{Ruleset, RulesetCitation, RulesetError};
