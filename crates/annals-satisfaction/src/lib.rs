//! Satisfaction: what customers answer, say and feel, as folds over events.
//!
//! [`Satisfaction`] folds surveys, complaints, touchpoints, care, promises and what speaks unasked
//! into one state per customer. The fold keeps each answer and moment by itself and knows no
//! instrument and no threshold; [`SatisfactionRules`] say in the view which item feeds which
//! measure and where its thresholds lie, and a [`Cut`] parts a population when it is asked about.
//! Every measure with its unit, window and source: `docs/projections/satisfaction.md`.
//!
//! Deliberately absent: logs, disks, clocks, and whatever a formula does not need.

mod acsi;
mod agreement;
mod answer_consistency;
mod answer_pool;
mod answer_set;
mod asked_again;
mod aspects;
mod by_name;
mod calendar;
mod care;
mod care_action;
mod ces;
mod code_table;
mod complaint_case;
mod complaint_effect;
mod complaint_tally;
mod complaints_view;
mod consistency_rules;
mod contact;
mod contact_rules;
mod contacts;
mod csat;
mod cut;
mod deadline_rules;
mod deadlines;
mod ecsi;
mod episode;
mod formulas;
mod indirect;
mod instrument_report;
mod instrument_rules;
mod interval;
mod item_moments;
mod journey;
mod kano;
mod kept_classes;
mod last_answer;
mod later;
mod linear;
mod loyalty_rules;
mod mean;
mod moment;
mod nps;
mod orders;
mod over_time;
mod part;
mod path_model;
mod peak_end;
mod population;
mod price_consistency;
mod profile;
mod promise;
mod quantile;
mod ratio;
mod relevance;
mod remedies;
mod response_rate;
mod rest;
mod rules;
mod satisfaction;
mod servqual;
mod signal;
mod sorted_map;
mod state;
mod statement;
mod survey;
mod touchpoints;
mod trap;
mod view;

pub use acsi::CustomerSatisfactionIndex;
pub use agreement::Agreement;
pub use answer_consistency::{AnswerConsistency, AnswerDifference};
pub use asked_again::{AskedAgain, AskedAgainCounts};
pub use aspects::{AspectReport, Aspects, Qualities, Score};
pub use by_name::ByName;
pub use calendar::Calendar;
pub use care::{CareCell, CareGrid};
pub use ces::CustomerEffortScore;
pub use complaint_effect::ComplaintEffect;
pub use complaint_tally::{Breakdown, CaseCounts, Durations, Upheld};
pub use complaints_view::{
    CaseStatus, CaseView, CustomerComplaints, PopulationComplaints, StepView,
};
pub use consistency_rules::ConsistencyRules;
pub use contact_rules::{ContactRules, ServiceForm};
pub use contacts::{ContactReport, ContactShare, Contacts};
pub use csat::CustomerSatisfaction;
pub use cut::{Cut, NOT_STATED, UnknownCut};
pub use deadline_rules::{DeadlineRules, Term};
pub use deadlines::{DeadlineCounts, DeadlineReport, DeadlineView, Standing};
pub use ecsi::{PathModelView, PathView};
pub use indirect::{Indicator, IndirectIndicators};
pub use instrument_report::InstrumentReport;
pub use instrument_rules::{AcsiRules, EcsiRules, InstrumentRules, LatentRules, Weights};
pub use interval::{Interval, net_promoter_interval_95, wilson_95};
pub use journey::{Journey, StepReport, Transition};
pub use kano::{KanoCategory, KanoCounts, KanoFeature, KanoTable};
pub use kept_classes::KeptClasses;
pub use last_answer::{LastAnswer, WithLast};
pub use later::{LaterBehaviour, LaterLevel};
pub use loyalty_rules::{
    KanoRules, Loyalty, QualityRules, ServqualDimension, ServqualRules, TrapRules,
};
pub use mean::Mean;
pub use nps::NetPromoterScore;
pub use over_time::{InMonth, OverTime};
pub use peak_end::{CustomerPeakEnd, EpisodeView, PopulationPeakEnd};
pub use population::SatisfactionPopulation;
pub use price_consistency::{ChannelPrice, PriceConsistency, PriceDifference};
pub use profile::Profile;
pub use promise::{PromiseCounts, PromiseReport};
pub use quantile::quantile;
pub use remedies::{MoneyTotal, RemedyTotals, RemedyView};
pub use response_rate::ResponseRate;
pub use rules::{CesRules, CsatRules, NpsRules, Question, SampleRules, SatisfactionRules};
pub use satisfaction::Satisfaction;
pub use servqual::{DimensionReport, ServiceQuality};
pub use signal::SignalKind;
pub use state::SatisfactionState;
pub use touchpoints::TouchpointReport;
pub use trap::{TrapLevel, TrapReport};
pub use view::SatisfactionView;
