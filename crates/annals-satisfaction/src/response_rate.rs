//! How many of the surveys sent came back, per instrument.

use crate::interval::{Interval, wilson_95};
use crate::ratio::ratio;
use crate::state::SatisfactionState;
use annals_events::Code;
use serde::Serialize;
use std::collections::BTreeMap;

/// The surveys of one instrument that were sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ResponseRate {
    /// Sent (`survey.sent`).
    pub sent: u64,
    /// Of these, answered.
    pub answered: u64,
    /// Of these, run out without an answer.
    pub expired: u64,
    /// answered / sent, 0 to 1.
    pub rate: Option<f64>,
    /// Wilson's 95 % interval of the rate.
    pub wilson_95: Option<Interval>,
}

/// By instrument. Answers without a survey that was sent are not among them.
pub(crate) fn response_rates(states: &[&SatisfactionState]) -> BTreeMap<Code, ResponseRate> {
    let mut rates = BTreeMap::<Code, ResponseRate>::new();
    for invitation in states.iter().flat_map(|state| state.rest().invitations.values()) {
        let Some(instrument) = &invitation.sent else { continue };
        let rate = rates.entry(instrument.clone()).or_default();
        rate.sent += 1;
        rate.answered += u64::from(invitation.answered);
        rate.expired += u64::from(invitation.expired && !invitation.answered);
    }
    for rate in rates.values_mut() {
        rate.rate = ratio(rate.answered.into(), rate.sent);
        rate.wilson_95 = wilson_95(rate.answered, rate.sent);
    }
    rates
}
