//! What can go wrong with a ledger, in one sentence with the next step.

use crate::backup_error::BackupError;
use annals_events::{EventId, FieldError, PartyId, Position};
use annals_log::{AppendError, ReadError};
use annals_projection::RulesetError;
use annals_sled::{CopyError, OpenError};
use std::path::PathBuf;

/// What went wrong, sorted by what a caller can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Something else failed: the message says what.
    Failed,
    /// What was asked for does not exist.
    NotFound,
    /// Another writer was faster.
    Condition,
    /// What is stored is not what was written.
    Corruption,
    /// Another process has the ledger open.
    InUse,
}

/// Why the ledger could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnnalsError {
    /// No ledger there.
    #[error(
        "there is no ledger in {}: make one with annals init, or name its directory",
        .0.display()
    )]
    NoLedger(PathBuf),
    /// A directory with other things in it.
    #[error(
        "{} holds files but no ledger.toml: it is not a ledger; choose an empty or new directory",
        .0.display()
    )]
    Foreign(PathBuf),
    /// A ledger is there already.
    #[error("{} is a ledger already: open it, or choose another directory", .0.display())]
    Exists(PathBuf),
    /// Something is where new files are to go.
    #[error("{} is not empty: choose an empty or new directory", .0.display())]
    NotEmpty(PathBuf),
    /// Made by a later annals.
    #[error(
        "the ledger in {} has format {found}, this build reads {known}: use a newer annals",
        directory.display()
    )]
    Newer {
        /// The ledger.
        directory: PathBuf,
        /// Its format.
        found: u32,
        /// The latest format known here.
        known: u32,
    },
    /// The ledger's own description cannot be read.
    #[error("{} is damaged: {what}; restore it from a backup", file.display())]
    Description {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The log could not be opened.
    #[error(transparent)]
    OpenLog(#[from] OpenError),
    /// A backup was not made, or no ledger of it.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A volume could not be sealed.
    #[error(transparent)]
    Seal(#[from] annals_sled::SealError),
    /// The views could not be kept.
    #[error(transparent)]
    Views(#[from] annals_sled::ViewStoreError),
    /// A cursor could not be kept.
    #[error(transparent)]
    Cursor(#[from] annals_sled::CursorError),
    /// The vault refused.
    #[error(transparent)]
    Vault(#[from] annals_vault::VaultError),
    /// An append was refused.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An event is not one.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// One event of several was refused.
    #[error("event {id}: {source}")]
    RefusedEvent {
        /// The event.
        id: EventId,
        /// Why.
        source: Box<AnnalsError>,
    },
    /// Rows could not be read on.
    #[error(transparent)]
    Import(#[from] annals_import::ImportError),
    /// A ruleset is not one.
    #[error("ruleset {name}: {source}")]
    Ruleset {
        /// The ruleset.
        name: String,
        /// What is wrong.
        source: RulesetError,
    },
    /// Nobody by that name.
    #[error(
        "no customer {0}: ids are written as they were recorded (annals log --limit 5 shows some)"
    )]
    NoCustomer(String),
    /// No such projection.
    #[error("no projection {wanted}: there are {known}")]
    NoProjection {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: String,
    },
    /// No such measure.
    #[error(
        "the view has no measure {wanted}: there are {known}, and places inside them such as a.b"
    )]
    NoMeasure {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: String,
    },
    /// No such ruleset.
    #[error("no ruleset {wanted} is registered: there are {known}")]
    NoRuleset {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: String,
    },
    /// A correction or retraction of something that is not there.
    #[error(
        "event {by} points at {target}, which is not in the stream of {party}: \
         give the id of an event of that party"
    )]
    NoTarget {
        /// The correction, retraction or unlink.
        by: EventId,
        /// What it points at.
        target: EventId,
        /// The party.
        party: PartyId,
    },
    /// A stored state is not one.
    #[error(
        "the saved state of {projection} for {customer} cannot be read ({what}): \
         run annals rebuild {projection}"
    )]
    State {
        /// The projection.
        projection: &'static str,
        /// The customer.
        customer: String,
        /// What is wrong.
        what: String,
    },
    /// Something was to be written to a ledger that is open for reading only.
    #[error("the ledger is open for reading only: open it for writing to do this")]
    ReadOnly,
    /// The operating system refused.
    #[error("{doing} {} failed: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// A task of the runtime ended early.
    #[error("work in the background stopped early ({0}): open the ledger again")]
    Background(String),
}

fn kind_of_open(error: &OpenError) -> ErrorKind {
    match error {
        OpenError::InUse { .. } => ErrorKind::InUse,
        OpenError::Damaged { .. } => ErrorKind::Corruption,
        OpenError::Missing { .. } => ErrorKind::NotFound,
        _ => ErrorKind::Failed,
    }
}

impl AnnalsError {
    /// Says which event of several was refused; errors that concern the whole ledger stay as they
    /// are.
    pub(crate) fn about(self, id: EventId) -> Self {
        match self {
            error @ (Self::Field(_)
            | Self::Vault(
                annals_vault::VaultError::Erased { .. }
                | annals_vault::VaultError::NoSubject { .. },
            )) => Self::RefusedEvent { id, source: Box::new(error) },
            other => other,
        }
    }

    /// Sorts the error by what can be done about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoLedger(_)
            | Self::NoCustomer(_)
            | Self::NoProjection { .. }
            | Self::NoMeasure { .. }
            | Self::NoRuleset { .. }
            | Self::NoTarget { .. } => ErrorKind::NotFound,
            Self::Append(AppendError::VersionConflict { .. }) => ErrorKind::Condition,
            Self::Description { .. }
            | Self::State { .. }
            | Self::Read(ReadError::Damaged { .. } | ReadError::Unreadable { .. })
            | Self::Append(AppendError::Read(ReadError::Damaged { .. })) => ErrorKind::Corruption,
            Self::RefusedEvent { source, .. } => source.kind(),
            Self::OpenLog(error) => kind_of_open(error),
            Self::Backup(error) => match error {
                BackupError::None(_) | BackupError::RestoreUnfinished(_) => ErrorKind::NotFound,
                BackupError::Busy(_) => ErrorKind::InUse,
                BackupError::Damaged { .. }
                | BackupError::Copy(
                    CopyError::Unsound { .. } | CopyError::Read(ReadError::Damaged { .. }),
                ) => ErrorKind::Corruption,
                BackupError::Copy(CopyError::Open(error)) => kind_of_open(error),
                _ => ErrorKind::Failed,
            },
            _ => ErrorKind::Failed,
        }
    }

    /// The position a damage begins at, where one is known.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Read(
                ReadError::Damaged { position, .. } | ReadError::Unreadable { position, .. },
            ) => Some(*position),
            _ => None,
        }
    }

    pub(crate) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
