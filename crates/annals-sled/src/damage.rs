//! Damage: bytes that are not what was written, with the place where it shows first.

use annals_events::Position;
use annals_log::ReadError;
use std::fmt;
use std::path::PathBuf;

/// Where a log is not what was written, and how it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The first position concerned.
    pub position: Position,
    /// The file.
    pub file: PathBuf,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "position {} in {}: {}", self.position, self.file.display(), self.what)
    }
}

impl From<Damage> for ReadError {
    fn from(damage: Damage) -> Self {
        let Damage { position, file, what } = damage;
        Self::Damaged { position, file, what }
    }
}
