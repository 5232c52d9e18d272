//! Events a projection could not read: set aside with the reason, to be tried again on demand.

use annals_events::Position;
use annals_events::codec::{state_from_bytes, state_to_bytes};
use serde::{Deserialize, Serialize};

/// An event that was left out of a projection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Parked {
    /// Its place in the log.
    pub position: Position,
    /// Why it could not be read.
    pub why: String,
}

/// The stored form of a list of parked events.
pub(crate) fn to_bytes(parked: &[Parked]) -> Vec<u8> {
    state_to_bytes(&parked).expect("numbers and texts can be stored")
}

/// The list from its stored form; an unreadable one is empty, and a rebuild finds the events again.
pub(crate) fn from_bytes(bytes: &[u8]) -> Vec<Parked> {
    state_from_bytes(bytes).unwrap_or_default()
}
