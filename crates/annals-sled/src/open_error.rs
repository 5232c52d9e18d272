//! Why a ledger's log could not be opened: one sentence each, with the next step.

use crate::damage::Damage;
use annals_events::Position;
use std::io;
use std::path::{Path, PathBuf};

/// Why a log could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such directory.
    #[error(
        "there is no ledger at {}: make one with annals init, or name the directory of one",
        dir.display()
    )]
    Missing {
        /// The directory asked for.
        dir: PathBuf,
    },
    /// Another process has it.
    #[error(
        "the ledger at {} is in use by another process: stop that one first, or ask it instead",
        dir.display()
    )]
    InUse {
        /// The ledger's directory.
        dir: PathBuf,
    },
    /// The bytes are not what was written.
    #[error(
        "the log is damaged at position {position} in {}: {what}; leave the files as they are, \
         run annals verify, and restore the ledger from a backup",
        file.display()
    )]
    Damaged {
        /// The first position concerned.
        position: Position,
        /// The file.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A newer annals wrote it.
    #[error(
        "{} has format version {found}, this build reads {known}: use a newer annals",
        file.display()
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its version.
        found: u16,
        /// The latest version this build reads.
        known: u16,
    },
    /// The operating system refused.
    #[error(
        "{} could not be read or written ({source}): check that the disk has room and that the \
         ledger belongs to this user; what may not be written can be opened read-only",
        file.display()
    )]
    Io {
        /// The file or directory.
        file: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// Why a volume was not sealed. Its events are where they were, and appends go on.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The log takes nothing any more.
    #[error("the log is closed: open it again to seal")]
    Closed,
    /// The log is open for reading only.
    #[error("the log is open for reading only: open it for writing to seal")]
    ReadOnly,
    /// The disk refused, or the volume is damaged.
    #[error(
        "the volume could not be sealed ({what}): its events are safe where they are; make room or \
         mend the disk, and seal again"
    )]
    Failed {
        /// What went wrong.
        what: String,
    },
}

impl OpenError {
    pub(crate) fn io(file: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { file: file.to_owned(), source }
    }
}

impl From<Damage> for OpenError {
    fn from(damage: Damage) -> Self {
        let Damage { position, file, what } = damage;
        Self::Damaged { position, file, what }
    }
}
