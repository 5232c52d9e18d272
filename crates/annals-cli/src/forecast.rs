//! What is expected of each customer: the rows of the models and of RFM, as JSON.

use crate::failure::Failure;
use crate::model_fit::ModelFit;
use annals::Annals;
use annals::events::{Date, PartyId};
use annals::loyalty::{
    Horizon, Loyalty, LoyaltyModels, PurchaseForecast, calibration, customer_segments,
    purchase_forecasts,
};
use annals::projection::AsOf;
use clap::Args;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The keys of a forecast, in their order, for those of whom there is none.
const KEYS: [&str; 9] = [
    "x",
    "t_x",
    "t",
    "mean_value",
    "p_alive",
    "expected_purchases",
    "expected_value",
    "clv_12m",
    "forecast_why",
];
/// The keys of a customer's scores.
const SCORES: [&str; 4] = ["r", "f", "m", "segment"];

/// How customers are forecast.
#[derive(Args, Clone, Copy)]
#[command(next_help_heading = "Forecasts of loyalty")]
pub(crate) struct ForecastArgs {
    /// The last day of the purchases that the models of buying are fitted to and customers are
    /// counted up to
    ///
    /// Without it the latest recorded fit is used (annals report loyalty --fit records one), and
    /// customers are counted up to the day asked about.
    #[arg(long, value_name = "DATE")]
    pub(crate) calibration_end: Option<Date>,
    /// Weeks ahead for `expected_purchases`
    #[arg(long, value_name = "N", default_value = "39", value_parser = at_least_0)]
    weeks: f64,
    /// The discount rate for `clv_12m`: 0.01 is 1 % a month
    #[arg(long, value_name = "RATE", default_value = "0.01", value_parser = at_least_0)]
    discount_per_month: f64,
}

fn at_least_0(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "expected a number from 0".to_owned())
}

impl ForecastArgs {
    /// Whether anything of it was asked for, or can be answered from a recorded fit.
    pub(crate) async fn fit(
        &self,
        ledger: &Annals,
        as_of: AsOf,
    ) -> Result<Option<ModelFit>, Failure> {
        ModelFit::find(ledger, as_of, self.calibration_end).await
    }

    fn horizon(&self) -> Horizon {
        Horizon { weeks: self.weeks, discount_per_month: self.discount_per_month }
    }

    /// The forecast of all customers who had bought, or of one, by customer.
    pub(crate) async fn rows(
        &self,
        ledger: &Annals,
        as_of: AsOf,
        fit: Option<&ModelFit>,
        only: Option<&PartyId>,
    ) -> Result<BTreeMap<PartyId, Map<String, Value>>, Failure> {
        let none = LoyaltyModels::default();
        let models = fit.map_or(&none, |fit| &fit.models);
        let end = self.calibration_end.unwrap_or_else(|| as_of.day(ledger.zone()));
        let horizon = self.horizon();
        let ask = ledger.ask::<Loyalty, _>(as_of, |_, customers, context| {
            let data = calibration(customers, end, context);
            let forecasts = purchase_forecasts(&data, models, horizon);
            let wanted = |customer: &PartyId| only.is_none_or(|only| only == customer);
            let mut rows: BTreeMap<PartyId, Map<String, Value>> = BTreeMap::new();
            for forecast in forecasts.iter().filter(|forecast| wanted(forecast.customer)) {
                rows.insert(forecast.customer.clone(), row(forecast));
            }
            let segments = customer_segments(customers, context);
            for segment in segments.iter().filter(|segment| wanted(segment.customer)) {
                let row = rows.entry(segment.customer.clone()).or_insert_with(empty);
                let scores = json!(segment);
                for key in SCORES {
                    let score = scores.get(key).cloned().unwrap_or_default();
                    row.insert(key.to_owned(), score);
                }
            }
            rows
        });
        Ok(ask.await?.value)
    }
}

fn row(forecast: &PurchaseForecast<'_>) -> Map<String, Value> {
    let mut row = empty();
    if let Value::Object(mut values) = json!(forecast) {
        values.shift_remove("customer");
        if let Some(why) = values.shift_remove("why") {
            values.insert("forecast_why".to_owned(), why);
        }
        row.extend(values);
    }
    row
}

/// The keys of somebody who has not bought.
pub(crate) fn empty() -> Map<String, Value> {
    KEYS.into_iter().chain(SCORES).map(|key| (key.to_owned(), Value::Null)).collect()
}
