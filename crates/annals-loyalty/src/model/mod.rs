//! Models of buying: fitted to all customers at once, then asked of each.
//!
//! A fit is costly and belongs to its data, so it is no part of the fold or of the population
//! figures: it is made on request, recorded as `model.fitted` and used again until the next one.

mod bg_nbd;
mod calibration;
mod fit_error;
mod forecast;
mod gamma_gamma;
mod gradient;
mod minimise;
mod models;
mod pareto_nbd;
mod repeat_history;
mod tracking;

pub use bg_nbd::{BgNbd, fit_bg_nbd};
pub use calibration::{CalibratedCustomer, Calibration, calibration};
pub use fit_error::FitError;
pub use forecast::{Horizon, PurchaseForecast, purchase_forecasts};
pub use gamma_gamma::{GammaGamma, RepeatValue, fit_gamma_gamma};
pub use models::{LoyaltyModels, ModelRecordError};
pub use pareto_nbd::{ParetoNbd, fit_pareto_nbd};
pub use repeat_history::RepeatHistory;
pub use tracking::{Tracking, TrackingWeek, tracking};
