//! What must hold for an append, so that two writers cannot decide on the same state unseen.

use annals_events::{StreamId, StreamVersion};
use std::fmt;

/// What a stream must be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedVersion {
    /// Anything goes.
    Any,
    /// The stream has no events.
    NoStream,
    /// The stream's last event has this version.
    Exact(StreamVersion),
}

impl ExpectedVersion {
    /// Whether a stream at this version is as expected.
    pub fn holds(self, actual: StreamVersion) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => actual == StreamVersion::NONE,
            Self::Exact(expected) => actual == expected,
        }
    }
}

impl fmt::Display for ExpectedVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => out.write_str("any version"),
            Self::NoStream => out.write_str("no events"),
            Self::Exact(version) => write!(out, "version {version}"),
        }
    }
}

/// A stream and what it must be like when the append takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendCondition {
    /// The stream.
    pub stream: StreamId,
    /// What it must be like.
    pub expected: ExpectedVersion,
}
