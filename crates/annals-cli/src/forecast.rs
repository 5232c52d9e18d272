//! What is expected of each customer: the rows of the models and of RFM, as JSON.

use crate::failure::Failure;
use crate::model_fit::ModelFit;
use crate::question::Question;
use annals::events::{Date, Decimal, PartyId};
use annals::loyalty::{
    CalibratedCustomer, Horizon, Loyalty, LoyaltyModels, PurchaseForecast, calibration,
    customer_segments, purchase_forecasts,
};
use annals::projection::AsOf;
use annals::{Annals, Customer};
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
        let states = ledger.customer_states::<Loyalty>(as_of);
        ModelFit::find(Question::in_force(&states), self.calibration_end).await
    }

    fn horizon(&self) -> Horizon {
        Horizon { weeks: self.weeks, discount_per_month: self.discount_per_month }
    }

    /// The forecast and the scores of all customers who had bought, by customer.
    pub(crate) async fn rows(
        &self,
        ledger: &Annals,
        as_of: AsOf,
        fit: Option<&ModelFit>,
    ) -> Result<BTreeMap<PartyId, Map<String, Value>>, Failure> {
        let none = LoyaltyModels::default();
        let models = fit.map_or(&none, |fit| &fit.models);
        let (end, horizon) = (self.end(ledger, as_of), self.horizon());
        let ask = ledger.ask::<Loyalty, _>(as_of, |_, customers, context| {
            let data = calibration(customers, end, context);
            let mut rows: BTreeMap<PartyId, Map<String, Value>> = BTreeMap::new();
            for forecast in &purchase_forecasts(&data, models, horizon) {
                rows.insert(forecast.customer.clone(), row(forecast));
            }
            for segment in &customer_segments(customers, context) {
                let row = rows.entry(segment.customer.clone()).or_insert_with(empty_row);
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

    /// The forecast of one customer, for which nobody else is read.
    pub(crate) async fn of_customer(
        &self,
        ledger: &Annals,
        customer: &Customer,
        as_of: AsOf,
        fit: &ModelFit,
    ) -> Result<Map<String, Value>, Failure> {
        let (end, horizon) = (self.end(ledger, as_of), self.horizon());
        let ask = ledger.ask_customer::<Loyalty, _>(customer, as_of, |_, state, context| {
            let alone = (customer.id.clone(), state.clone());
            let data = calibration(&[&alone], end, context);
            purchase_forecasts(&data, &fit.models, horizon).first().map(row)
        });
        Ok(ask.await?.value.unwrap_or_else(|| empty(KEYS)))
    }

    /// The last day customers are counted up to.
    pub(crate) fn end(&self, ledger: &Annals, as_of: AsOf) -> Date {
        self.calibration_end.unwrap_or_else(|| as_of.day(ledger.zone()))
    }
}

/// The probability that each customer who had bought still buys, by the model of a fit, from what
/// was bought up to a day.
pub(crate) async fn probabilities(
    question: Question<'_, Loyalty>,
    fit: &ModelFit,
    end: Date,
) -> Result<BTreeMap<PartyId, Decimal>, Failure> {
    let Some(model) = &fit.models.bg_nbd else { return Ok(BTreeMap::new()) };
    let ask = question.ask(|_, customers, context| {
        let data = calibration(customers, end, context);
        let alive = |row: &CalibratedCustomer<'_>| {
            Some((row.customer.clone(), probability(model.p_alive(&row.history))?))
        };
        data.customers.iter().filter_map(alive).collect()
    });
    ask.await
}

/// A probability as rules read it, to six places.
pub(crate) fn probability(probability: f64) -> Option<Decimal> {
    format!("{probability:.6}").parse().ok()
}

fn row(forecast: &PurchaseForecast<'_>) -> Map<String, Value> {
    let mut row = empty(KEYS);
    if let Value::Object(mut values) = json!(forecast) {
        values.shift_remove("customer");
        if let Some(why) = values.shift_remove("why") {
            values.insert("forecast_why".to_owned(), why);
        }
        row.extend(values);
    }
    row
}

/// The keys of somebody who has not bought, the scores among them.
pub(crate) fn empty_row() -> Map<String, Value> {
    empty(KEYS.into_iter().chain(SCORES))
}

fn empty(keys: impl IntoIterator<Item = &'static str>) -> Map<String, Value> {
    keys.into_iter().map(|key| (key.to_owned(), Value::Null)).collect()
}
