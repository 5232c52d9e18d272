//! What the fold keeps of a customer that few customers have.

use crate::care_action::CareAction;
use crate::code_table::CodeIndex;
use crate::kano::KanoPair;
use crate::promise::Promise;
use crate::remedies::Remedies;
use crate::signal::Signal;
use crate::statement::Enquiry;
use crate::survey::Rating;
use annals_events::{Code, Instant};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What few customers have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rest {
    /// What was granted and paid without a complaint.
    pub(crate) other_remedies: Remedies,
    /// Answered pairs of Kano questions, in the order they were answered.
    pub(crate) kano: Vec<KanoPair>,
    /// What was said to be expected, in the order it was said.
    pub(crate) expectations: Vec<Expectation>,
    /// By the care action's number.
    pub(crate) care: BTreeMap<Code, CareAction>,
    /// By the promise's number.
    pub(crate) promises: BTreeMap<Code, Promise>,
    /// What speaks of satisfaction without being asked, in order.
    pub(crate) signals: Vec<Signal>,
    /// Surveys that were sent or ran out, by their number.
    pub(crate) invitations: BTreeMap<Code, Invitation>,
    /// By the enquiry's number.
    pub(crate) enquiries: BTreeMap<Code, Enquiry>,
}

/// What a customer expects of an aspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Expectation {
    pub(crate) at: Instant,
    pub(crate) aspect: CodeIndex,
    pub(crate) rating: Rating,
}

/// A survey that was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Invitation {
    /// The instrument; none where only an answer or an expiry is known.
    pub(crate) sent: Option<Code>,
    pub(crate) answered: bool,
    pub(crate) expired: bool,
}
