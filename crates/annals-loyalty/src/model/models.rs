//! The three models together: fitted, recorded as `model.fitted`, and read back.

use crate::model::bg_nbd::{BgNbd, fit_bg_nbd};
use crate::model::calibration::Calibration;
use crate::model::fit_error::FitError;
use crate::model::gamma_gamma::{GammaGamma, RepeatValue, fit_gamma_gamma};
use crate::model::pareto_nbd::{ParetoNbd, fit_pareto_nbd};
use crate::model::repeat_history::RepeatHistory;
use annals_events::{Code, ContentHash, Date, JsonText, ModelFitted, VersionNumber};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the models' formulas and of the form of their parameters.
const MODEL_VERSION: i64 = 1;

/// What is known of how customers buy. A model that could not be fitted is null and has its reason
/// in `models_why`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoyaltyModels {
    /// How often customers come back, and whether they still do.
    pub bg_nbd: Option<BgNbd>,
    /// The same, where customers may leave at any time.
    pub pareto_nbd: Option<ParetoNbd>,
    /// What their purchases are worth.
    pub gamma_gamma: Option<GammaGamma>,
    /// Model to the reason why it is null.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models_why: BTreeMap<String, String>,
}

/// Why a `model.fitted` event cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the recorded fit of {model} cannot be read ({what}): fit the model again")]
pub struct ModelRecordError {
    /// The model.
    pub model: String,
    /// What is wrong with it.
    pub what: String,
}

impl LoyaltyModels {
    /// Fits all three models. What cannot be fitted is null, with the reason.
    pub fn fit(calibration: &Calibration<'_>) -> Self {
        let histories: Vec<RepeatHistory> =
            calibration.customers.iter().map(|row| row.history).collect();
        let mut models = Self::default();
        models.bg_nbd = models.kept("bg_nbd", fit_bg_nbd(&histories));
        models.pareto_nbd = models.kept("pareto_nbd", fit_pareto_nbd(&histories));
        models.gamma_gamma = models.kept("gamma_gamma", fit_values(calibration));
        models
    }

    fn kept<M>(&mut self, name: &str, fitted: Result<M, FitError>) -> Option<M> {
        fitted.map_err(|error| self.models_why.insert(name.to_owned(), error.to_string())).ok()
    }

    /// What to append to the ledger so that the fit can be used again: one event for each model
    /// that was fitted.
    pub fn to_events(&self, end: Date, data_digest: ContentHash) -> Vec<ModelFitted> {
        [
            self.bg_nbd.as_ref().map(|model| ("bg_nbd", json(model))),
            self.pareto_nbd.as_ref().map(|model| ("pareto_nbd", json(model))),
            self.gamma_gamma.as_ref().map(|model| ("gamma_gamma", json(model))),
        ]
        .into_iter()
        .flatten()
        .map(|(name, parameters)| ModelFitted {
            model: Code::new(name).expect("the names above are codes"),
            version: VersionNumber::new(MODEL_VERSION).expect("a version from 1"),
            as_of: end,
            data_digest,
            parameters,
        })
        .collect()
    }

    /// Takes over a recorded fit, in the order of the log: the latest of each model stays. Fits of
    /// other models and of other versions of these are left alone; whether it did is returned.
    ///
    /// # Errors
    /// When the parameters are not those of the model.
    pub fn learn(&mut self, recorded: &ModelFitted) -> Result<bool, ModelRecordError> {
        if i64::from(recorded.version) != MODEL_VERSION {
            return Ok(false);
        }
        match recorded.model.as_str() {
            "bg_nbd" => self.bg_nbd = Some(parameters(recorded)?),
            "pareto_nbd" => self.pareto_nbd = Some(parameters(recorded)?),
            "gamma_gamma" => self.gamma_gamma = Some(parameters(recorded)?),
            _ => return Ok(false),
        }
        self.models_why.remove(recorded.model.as_str());
        Ok(true)
    }
}

fn fit_values(calibration: &Calibration<'_>) -> Result<GammaGamma, FitError> {
    if let Some(why) = &calibration.why {
        return Err(FitError::MoneyWithheld(why.clone()));
    }
    let value = |row| {
        let mean_value = calibration.mean_value(row)?;
        Some(RepeatValue { repeats: row.history.repeats, mean_value })
    };
    let values: Vec<RepeatValue> = calibration.customers.iter().filter_map(value).collect();
    fit_gamma_gamma(&values)
}

fn json(model: &impl Serialize) -> JsonText {
    let text = serde_json::to_string(model).expect("a model is made of finite numbers");
    JsonText::new(&text).expect("a model is a small JSON object")
}

fn parameters<M: DeserializeOwned>(recorded: &ModelFitted) -> Result<M, ModelRecordError> {
    // Through the value, whose numbers are still text: they are read back to the same bits.
    serde_json::from_value(recorded.parameters.value()).map_err(|error| ModelRecordError {
        model: recorded.model.to_string(),
        what: error.to_string(),
    })
}
