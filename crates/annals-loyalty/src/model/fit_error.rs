//! Why a model could not be fitted.

use crate::model::minimise::NotFound;

/// Why a model could not be fitted. Nothing of it is shown then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// Nobody had bought anything.
    #[error("no customer had bought anything up to the end of the calibration: choose a later end")]
    NoCustomers,
    /// All customers have x = 0.
    #[error(
        "none of {customers} customers bought on a second day, so how often they come back cannot \
         be estimated: choose a later end of the calibration"
    )]
    NobodyReturned {
        /// How many there are.
        customers: u64,
    },
    /// No repeat purchase has a value above 0.
    #[error("no customer's repeat purchases have a mean value above 0")]
    NoRepeatValues,
    /// Money cannot be given in one currency.
    #[error("{0}")]
    MoneyWithheld(String),
    /// The search ended without a maximum of the likelihood.
    #[error(
        "the fit did not converge within {steps} steps{}: the data do not determine the model; use \
         more customers or a longer calibration",
        .parameter.map(|name| format!(" ({name} runs to the edge of what is sensible)"))
            .unwrap_or_default()
    )]
    NotConverged {
        /// Steps of the search.
        steps: u32,
        /// The parameter that grew or shrank beyond all bounds, where it was one.
        parameter: Option<&'static str>,
    },
}

impl FitError {
    pub(crate) fn not_converged<const N: usize>(not: NotFound, names: [&'static str; N]) -> Self {
        let parameter = not.ran_away.and_then(|place| names.get(place).copied());
        Self::NotConverged { steps: not.steps, parameter }
    }
}
