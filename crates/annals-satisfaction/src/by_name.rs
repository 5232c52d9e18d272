//! Named values in the order of a model, shown as one JSON object.
//!
//! A map would sort the names; a model's own order (image, expectation, quality ...) reads better.

use annals_events::Code;
use serde::{Serialize, Serializer};

/// Values by name, in the order given.
#[derive(Clone, Debug, PartialEq)]
pub struct ByName<T>(pub Vec<(Code, T)>);

impl<T: Serialize> Serialize for ByName<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
