//! What the fold keeps of one care action: planned, done, missed, answered.

use annals_events::{CareArea, Date, Phase};
use serde::{Deserialize, Serialize};

/// One care action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CareAction {
    /// Where it belongs; as planned, or as done where it was not planned.
    pub(crate) place: Option<(CareArea, Phase)>,
    /// The day it is due; none where it was not planned.
    pub(crate) due: Option<Date>,
    pub(crate) done: Option<Date>,
    pub(crate) missed: Option<Date>,
    pub(crate) responded: bool,
    /// How the answer felt, -5 to 5.
    pub(crate) valence: Option<i8>,
}
