//! How a subcommand ended, and the exit code for it.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | failed |
//! | 2 | wrong usage (clap gives it too) |
//! | 3 | not found: no ledger, customer, projection |
//! | 4 | an append condition was not met |
//! | 5 | corruption |
//! | 6 | in use by another process |
//! | 7 | finished, with rejected rows |

use annals::{AnnalsError, ErrorKind};
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// How a subcommand ended that did what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done.
    Done,
    /// The log is damaged; the report says where.
    Damaged,
    /// Done but for the rows that were rejected.
    RejectedRows,
}

impl Outcome {
    /// Done, unless rows were rejected.
    pub(crate) fn rejecting(rows: u64) -> Self {
        if rows == 0 { Self::Done } else { Self::RejectedRows }
    }

    pub(crate) fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::Damaged => 5,
            Self::RejectedRows => 7,
        })
    }
}

/// Why a subcommand could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The ledger refused.
    #[error(transparent)]
    Ledger(#[from] AnnalsError),
    /// The arguments do not go together.
    #[error("{0}")]
    Usage(String),
    /// Something else.
    #[error("{0}")]
    Failed(String),
    /// A file could not be read or written.
    #[error("{doing} {} failed: {source}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Whoever read the standard output has stopped reading: nothing is wrong.
    #[error("the standard output was closed")]
    ClosedPipe,
    /// The standard output could not be written.
    #[error("writing the standard output failed: {0}")]
    Output(io::Error),
}

impl Failure {
    pub(crate) fn file(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { doing, path, source }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Ledger(error) => match error.kind() {
                ErrorKind::Failed => 1,
                ErrorKind::NotFound => 3,
                ErrorKind::Condition => 4,
                ErrorKind::Corruption => 5,
                ErrorKind::InUse => 6,
            },
            Self::Usage(_) => 2,
            Self::File { source, .. } if source.kind() == io::ErrorKind::NotFound => 3,
            Self::Failed(_) | Self::File { .. } | Self::Output(_) => 1,
            Self::ClosedPipe => 0,
        })
    }
}

impl From<io::Error> for Failure {
    /// Errors of the standard output; those of files are made with [`Failure::file`].
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ClosedPipe
        } else {
            Self::Output(error)
        }
    }
}

impl From<csv::Error> for Failure {
    fn from(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => error.into(),
            other => Self::Failed(format!("the rows could not be written as CSV: {other:?}")),
        }
    }
}
