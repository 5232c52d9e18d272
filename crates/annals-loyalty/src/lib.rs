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
mod customer_segment;
mod day_total;
mod fold;
mod fp_growth;
mod loyalty;
mod model;
mod ntile;
mod particulars;
mod population;
mod purchasers;
mod ratio;
mod reporting;
mod rules;
mod state;
mod view;

pub use association::{
    Association, AssociationLimits, AssociationRule, TooManyItemsets, association,
};
pub use behaviour_matrix::{BehaviourMatrix, BehaviourSegment};
pub use clv::{ClvClosedForm, MarginBasis, clv_end_of_period, clv_immediate_margin};
pub use concentration::Concentration;
pub use customer_segment::{CustomerSegment, customer_segments};
pub use loyalty::Loyalty;
pub use model::{
    BgNbd, CalibratedCustomer, Calibration, FitError, GammaGamma, Horizon, LoyaltyModels,
    ModelRecordError, ParetoNbd, PurchaseForecast, RepeatHistory, RepeatValue, Tracking,
    TrackingWeek, calibration, fit_bg_nbd, fit_gamma_gamma, fit_pareto_nbd, purchase_forecasts,
    tracking,
};
pub use ntile::ntile_scores;
pub use population::{LoyaltyPopulation, ReferralCounts};
pub use rules::{ClvRules, ConcentrationRules, LoyaltyRules, RfmRules};
pub use state::LoyaltyState;
pub use view::{CostTotal, Defects, LoyaltyView, OffersAccepted, Refunds, Returns, WordOfMouth};
