//! Why a backup was not made, or no ledger of it: one sentence each, with the next step.

use crate::error::AnnalsError;
use annals_sled::CopyError;
use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Why a backup was not made, or no ledger of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// No finished backup there.
    #[error(
        "there is no finished backup in {}: name the directory of one, or run annals backup into \
         it again",
        .0.display()
    )]
    None(PathBuf),
    /// A directory with other things in it.
    #[error(
        "{} holds other things than a backup: choose an empty or new directory",
        .0.display()
    )]
    Foreign(PathBuf),
    /// The backup of another ledger.
    #[error(
        "{} is a backup of ledger {found}, expected {expected}: choose another directory",
        directory.display()
    )]
    OtherLedger {
        /// The backup.
        directory: PathBuf,
        /// The ledger it is of.
        found: Uuid,
        /// The ledger to be backed up.
        expected: Uuid,
    },
    /// Somebody else is at it.
    #[error(
        "{} is in use by another backup or restore: wait until that one is done",
        .0.display()
    )]
    Busy(PathBuf),
    /// A restore was interrupted.
    #[error(
        "a restore into {} was not finished: run the same annals restore again",
        .0.display()
    )]
    RestoreUnfinished(PathBuf),
    /// A file of the backup is not what was written.
    #[error("{} is damaged: {what}; use another backup", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A later annals wrote it.
    #[error(
        "the backup in {} has format {found}, this build reads {known}: use a newer annals",
        directory.display()
    )]
    Newer {
        /// The backup.
        directory: PathBuf,
        /// Its format.
        found: u32,
        /// The latest format known here.
        known: u32,
    },
    /// The log could not be copied.
    #[error(transparent)]
    Copy(#[from] CopyError),
}

/// What a lock that cannot be had says of the directory it keeps.
pub(crate) fn not_locked(
    directory: &Path,
    lock: &Path,
) -> impl FnOnce(TryLockError) -> AnnalsError {
    move |error| match error {
        TryLockError::WouldBlock => BackupError::Busy(directory.to_owned()).into(),
        TryLockError::Error(error) => AnnalsError::io("locking", lock)(error),
    }
}
