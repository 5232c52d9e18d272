//! What is expected of each customer: the rows behind `views loyalty` and lifetime value.

use crate::model::bg_nbd::BgNbd;
use crate::model::calibration::{CalibratedCustomer, Calibration};
use crate::model::models::LoyaltyModels;
use crate::model::repeat_history::RepeatHistory;
use crate::reporting::Why;
use annals_events::PartyId;
use serde::Serialize;
use std::collections::BTreeMap;

/// Weeks of a month: 4.345.
const WEEKS_PER_MONTH: f64 = 4.345;

/// How far ahead to look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Horizon {
    /// Weeks for `expected_purchases`, 0 or more.
    pub weeks: f64,
    /// The discount rate per month for `clv_12m`, such as 0.01.
    pub discount_per_month: f64,
}

impl Default for Horizon {
    /// 39 weeks, and 1 % a month.
    fn default() -> Self {
        Self { weeks: 39.0, discount_per_month: 0.01 }
    }
}

/// One customer's buying and what is expected of it. Times in weeks, money in units of the
/// calibration's currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PurchaseForecast<'a> {
    /// The customer.
    pub customer: &'a PartyId,
    /// Purchase occasions after the first.
    pub x: u32,
    /// From the first occasion to the last.
    pub t_x: f64,
    /// From the first occasion to the end of the calibration.
    pub t: f64,
    /// z: mean value of the days after the first; null at x = 0 or where money is withheld.
    pub mean_value: Option<f64>,
    /// The probability, 0 to 1, that the customer still buys (BG/NBD).
    pub p_alive: Option<f64>,
    /// Purchase occasions expected within the horizon (BG/NBD).
    pub expected_purchases: Option<f64>,
    /// What a purchase to come is expected to be worth (Gamma-Gamma).
    pub expected_value: Option<f64>,
    /// The discounted worth of the purchases expected in twelve months of 4.345 weeks: `E[value]`
    /// times the sum over k of (EY(4.345 k) - EY(4.345 (k - 1))) / (1 + d)^k.
    pub clv_12m: Option<f64>,
    /// Why something is null that could be a number (`mean_value` at x = 0 could not).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

/// The forecast of every customer of a calibration, in its order.
pub fn purchase_forecasts<'a>(
    calibration: &Calibration<'a>,
    models: &LoyaltyModels,
    horizon: Horizon,
) -> Vec<PurchaseForecast<'a>> {
    let mut known: BTreeMap<RepeatHistory, Expected> = BTreeMap::new();
    let forecast = |row: &CalibratedCustomer<'a>| {
        let history = row.history;
        let expected = models.bg_nbd.as_ref().map(|model| {
            *known.entry(history).or_insert_with(|| Expected::new(model, &history, horizon))
        });
        let mean_value = calibration.mean_value(row);
        let (expected_value, no_value) = match expected_value(row, mean_value, calibration, models)
        {
            Ok(value) => (Some(value), None),
            Err(why) => (None, Some(why)),
        };
        let no_model = expected.is_none().then(|| why_no_model(models, "bg_nbd"));
        PurchaseForecast {
            customer: row.customer,
            x: history.repeats,
            t_x: history.t_x_weeks(),
            t: history.t_weeks(),
            mean_value,
            p_alive: expected.map(|expected| expected.p_alive),
            expected_purchases: expected.map(|expected| expected.purchases),
            expected_value,
            clv_12m: expected
                .and_then(|expected| Some(expected.discounted_purchases * expected_value?)),
            why: no_model.or(no_value),
        }
    };
    calibration.customers.iter().map(forecast).collect()
}

/// What depends on (x, `t_x`, T) alone: worked out once for all customers who share it.
#[derive(Clone, Copy)]
struct Expected {
    p_alive: f64,
    purchases: f64,
    discounted_purchases: f64,
}

impl Expected {
    fn new(model: &BgNbd, history: &RepeatHistory, horizon: Horizon) -> Self {
        let purchases = |weeks| model.expected_purchases(history, weeks);
        let (mut discounted_purchases, mut before, mut worth) = (0.0, 0.0, 1.0);
        for month in 1..=12 {
            let until = purchases(WEEKS_PER_MONTH * f64::from(month));
            worth /= 1.0 + horizon.discount_per_month;
            discounted_purchases += (until - before) * worth;
            before = until;
        }
        Self {
            p_alive: model.p_alive(history),
            purchases: purchases(horizon.weeks),
            discounted_purchases,
        }
    }
}

fn expected_value(
    row: &CalibratedCustomer<'_>,
    mean_value: Option<f64>,
    calibration: &Calibration<'_>,
    models: &LoyaltyModels,
) -> Result<f64, Why> {
    if let Some(why) = &calibration.why {
        return Err(why.clone());
    }
    let model = models.gamma_gamma.as_ref().ok_or_else(|| why_no_model(models, "gamma_gamma"))?;
    model.expected_value(row.history.repeats, mean_value.unwrap_or_default()).ok_or_else(|| {
        "the expected value of a purchase is infinite under the fitted gamma_gamma (p x + q is at \
         most 1)"
            .to_owned()
    })
}

pub(crate) fn why_no_model(models: &LoyaltyModels, name: &str) -> Why {
    models
        .models_why
        .get(name)
        .map_or_else(|| format!("{name} has not been fitted: fit it first"), String::clone)
}
