//! What the fold keeps of a customer that few customers have.

use crate::remedies::Remedies;
use serde::{Deserialize, Serialize};

/// What few customers have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rest {
    /// What was granted and paid without a complaint.
    pub(crate) other_remedies: Remedies,
}
