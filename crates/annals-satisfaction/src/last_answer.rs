//! A customer's latest answer, shown beside the measure it feeds.

use annals_events::{Code, Date};
use serde::Serialize;

/// The latest answer on the measure's scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastAnswer {
    /// The item answered.
    pub item: Code,
    /// The value given.
    pub value: i16,
    /// The local day it was given.
    pub on: Date,
}

/// A measure with the latest answer beside it; the measure's fields come first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WithLast<M> {
    /// The measure.
    #[serde(flatten)]
    pub measure: M,
    /// The latest answer that counts for it; null where there is none.
    pub last: Option<LastAnswer>,
}
