//! The one error of every checking constructor: what was expected and what came.

/// A value that no constructor accepts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, got {came}")]
pub struct InvalidValue {
    /// What would have been accepted, with what to do where that is not plain.
    pub expected: String,
    /// What was given.
    pub came: String,
}

impl InvalidValue {
    #[cold]
    pub(crate) fn new(expected: impl Into<String>, came: impl std::fmt::Display) -> Self {
        Self { expected: expected.into(), came: came.to_string() }
    }
}
