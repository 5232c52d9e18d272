//! Loyalty: RFM, behaviour matrix, concentration and lifetime value as folds over events.
//!
//! [`Loyalty`] folds a customer's purchases, refunds, referrals, offers and the like into a
//! [`LoyaltyState`]; [`LoyaltyView`] shows one customer and [`LoyaltyPopulation`] all of them, as
//! of a day and under [`LoyaltyRules`]. [`customer_segments`] gives the scores customer by
//! customer. Every measure with formula, unit and when it is withheld:
//! `docs/projections/loyalty.md`.
//!
//! [`LoyaltyModels`] are fitted to all customers on request and then asked of each:
//! [`purchase_forecasts`].

mod association;
mod average_purchase;
mod behaviour_matrix;
mod clv;
mod concentration;
mod conduct_rules;
mod customer_segment;
mod customer_value;
mod day_total;
mod fold;
mod formulas;
mod fp_growth;
mod loyalty;
mod margin;
mod model;
mod moments;
mod ntile;
mod particulars;
mod placed;
mod population;
mod price_response;
mod profitability;
mod purchasers;
mod ratio;
mod relationship;
mod relevance;
mod reporting;
mod retention_economics;
mod rules;
mod scorecard;
mod standing;
mod state;
mod view;
mod word_of_mouth_value;

pub use association::{
    Association, AssociationLimits, AssociationRule, TooManyItemsets, association,
};
pub use behaviour_matrix::{BehaviourMatrix, BehaviourSegment};
pub use clv::{ClvClosedForm, MarginBasis, clv_end_of_period, clv_immediate_margin};
pub use concentration::Concentration;
pub use conduct_rules::{
    AnswerRules, AttitudeRules, CurrentRules, EconomicsRules, LadderRules, RelationshipRules,
};
pub use customer_segment::{CustomerSegment, customer_segments};
pub use customer_value::{
    CustomerValue, CustomerValueRow, ValueCell, ValueMatrix, customer_values,
};
pub use loyalty::Loyalty;
pub use model::{
    BgNbd, CalibratedCustomer, Calibration, FitError, GammaGamma, Horizon, LoyaltyModels,
    ModelRecordError, ParetoNbd, PurchaseForecast, RepeatHistory, RepeatValue, Tracking,
    TrackingWeek, calibration, fit_bg_nbd, fit_gamma_gamma, fit_pareto_nbd, purchase_forecasts,
    tracking,
};
pub use ntile::ntile_scores;
pub use population::{LoyaltyPopulation, LoyaltyTypeCounts, ReferralCounts};
pub use price_response::PriceResponses;
pub use profitability::Profitability;
pub use relationship::{Criterion, Relationship, RelationshipValue};
pub use relevance::{MEASURES, is_relevant};
pub use retention_economics::{OfferSuccess, RetentionEconomics};
pub use rules::{ClvRules, ConcentrationRules, LoyaltyRules, RfmRules};
pub use scorecard::Metric;
pub use standing::{LoyaltyStanding, LoyaltyType, Rung};
pub use state::LoyaltyState;
pub use view::{CostTotal, Defects, LoyaltyView, OffersAccepted, Refunds, Returns, WordOfMouth};
pub use word_of_mouth_value::WordOfMouthValue;
