//! How a customer takes changed prices.

use crate::scorecard::elasticities;
use crate::state::LoyaltyState;
use serde::Serialize;
use std::collections::BTreeMap;

/// How a customer takes changed prices.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PriceResponses {
    /// The mean of ((q2 - q1) / mid q) / ((p2 - p1) / mid p) over observations with both quantities
    /// and two different prices; null without any.
    pub arc_elasticity_mean: Option<f64>,
    /// How many such observations there are.
    pub n: u64,
    /// All observations by what the customer did.
    pub responses: BTreeMap<&'static str, u64>,
}

impl PriceResponses {
    pub(crate) fn new(state: &LoyaltyState) -> Self {
        let seen = state.particulars.as_ref().map(|conduct| conduct.price_responses.as_slice());
        let seen = seen.unwrap_or_default();
        let elasticity = elasticities(seen);
        let mut responses = BTreeMap::new();
        for observation in seen {
            *responses.entry(observation.response.as_str()).or_default() += 1;
        }
        Self { arc_elasticity_mean: elasticity.mean(), n: elasticity.n, responses }
    }
}
