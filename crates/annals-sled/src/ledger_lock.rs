//! The lock on a ledger's log: one process that writes, or several that only read.
//!
//! sled locks its databases too, but they come and go while a log is open; this file stays. A lock
//! can be shared through a file that may not be written, on read-only media too. Where there is no
//! such file, or the system has no locks, no writer can be there either, and nothing is held.

use crate::file_lock::FileLock;
use crate::open_error::OpenError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// Held for as long as it lives.
#[derive(Debug)]
pub(crate) struct LedgerLock {
    _lock: Option<FileLock>,
}

impl LedgerLock {
    /// Takes the lock of a ledger whose `log/` exists.
    pub(crate) fn take(ledger_dir: &Path) -> Result<Self, OpenError> {
        let path = ledger_dir.join("log").join("lock");
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = opened.map_err(OpenError::io(&path))?;
        match FileLock::take(file) {
            Ok(lock) => Ok(Self { _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { dir: ledger_dir.to_owned() }),
            Err(TryLockError::Error(error)) => Err(OpenError::io(&path)(error)),
        }
    }

    /// Shares the lock with others that read only. Writes nothing.
    pub(crate) fn share(ledger_dir: &Path) -> Result<Self, OpenError> {
        let path = ledger_dir.join("log").join("lock");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { _lock: None });
            }
            Err(error) => return Err(OpenError::io(&path)(error)),
        };
        match FileLock::share(file) {
            Ok(lock) => Ok(Self { _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { dir: ledger_dir.to_owned() }),
            Err(TryLockError::Error(_)) => Ok(Self { _lock: None }),
        }
    }
}
