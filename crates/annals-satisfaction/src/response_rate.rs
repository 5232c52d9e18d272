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

/// Surveys by instrument, counted so far. Answers without a survey that was sent are not among
/// them.
#[derive(Default)]
pub(crate) struct ResponseSums(BTreeMap<Code, ResponseRate>);

impl ResponseSums {
    /// Adds the surveys sent to a customer.
    pub(crate) fn add(&mut self, state: &SatisfactionState) {
        for invitation in state.rest().invitations.values() {
            let Some(instrument) = &invitation.sent else { continue };
            let rate = self.0.entry(instrument.clone()).or_default();
            rate.sent += 1;
            rate.answered += u64::from(invitation.answered);
            rate.expired += u64::from(invitation.expired && !invitation.answered);
        }
    }

    /// The rate of each instrument.
    pub(crate) fn rates(mut self) -> BTreeMap<Code, ResponseRate> {
        for rate in self.0.values_mut() {
            rate.rate = ratio(rate.answered.into(), rate.sent);
            rate.wilson_95 = wilson_95(rate.answered, rate.sent);
        }
        self.0
    }
}
