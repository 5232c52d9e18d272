//! Satisfaction: CSAT, NPS, CES, complaints and peak-end as folds over events.
//!
//! [`Satisfaction`] folds `survey.answered`, `complaint.*`, `compensation.*` and
//! `touchpoint.experienced` into one state per customer. The fold keeps counts and times and knows
//! no instrument and no threshold; [`SatisfactionRules`] say in the view which survey item feeds
//! which measure and where its thresholds lie. Every measure with its unit, window and source:
//! `docs/projections/satisfaction.md`.
//!
//! Deliberately absent: logs, disks, clocks, and whatever a formula does not need.

mod acsi;
mod answer_pool;
mod answer_set;
mod by_name;
mod care_action;
mod ces;
mod code_table;
mod complaint_case;
mod complaint_tally;
mod complaints_view;
mod csat;
mod ecsi;
mod episode;
mod instrument_report;
mod instrument_rules;
mod interval;
mod item_moments;
mod kano;
mod last_answer;
mod linear;
mod loyalty_rules;
mod moment;
mod nps;
mod path_model;
mod peak_end;
mod promise;
mod quantile;
mod ratio;
mod remedies;
mod rest;
mod rules;
mod satisfaction;
mod signal;
mod sorted_map;
mod state;
mod survey;
mod trap;
mod view;

pub use acsi::CustomerSatisfactionIndex;
pub use by_name::ByName;
pub use ces::CustomerEffortScore;
pub use complaint_tally::{Breakdown, CaseCounts, Durations, Upheld};
pub use complaints_view::{
    CaseStatus, CaseView, CustomerComplaints, PopulationComplaints, StepView,
};
pub use csat::CustomerSatisfaction;
pub use ecsi::{PathModelView, PathView};
pub use instrument_report::InstrumentReport;
pub use instrument_rules::{AcsiRules, EcsiRules, InstrumentRules, LatentRules, Weights};
pub use interval::{Interval, net_promoter_interval_95, wilson_95};
pub use kano::{KanoCategory, KanoCounts, KanoFeature, KanoTable};
pub use last_answer::{LastAnswer, WithLast};
pub use loyalty_rules::{KanoRules, Loyalty, TrapRules};
pub use nps::NetPromoterScore;
pub use peak_end::{CustomerPeakEnd, EpisodeView, PopulationPeakEnd};
pub use promise::{PromiseCounts, PromiseReport};
pub use quantile::quantile;
pub use remedies::{MoneyTotal, RemedyTotals, RemedyView};
pub use rules::{CesRules, CsatRules, NpsRules, Question, SampleRules, SatisfactionRules};
pub use satisfaction::Satisfaction;
pub use signal::SignalKind;
pub use state::SatisfactionState;
pub use trap::{TrapLevel, TrapReport};
pub use view::{SatisfactionPopulation, SatisfactionView};
