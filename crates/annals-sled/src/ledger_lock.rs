//! The lock on a ledger's log: one process that writes, or several that only read.
//!
//! sled locks its databases too, but they come and go while a log is open; this file stays.

use crate::open_error::OpenError;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Held for as long as it lives.
#[derive(Debug)]
pub(crate) struct LedgerLock {
    _file: File,
}

impl LedgerLock {
    /// Takes the lock of a ledger whose `log/` exists.
    pub(crate) fn take(ledger_dir: &Path) -> Result<Self, OpenError> {
        let path = ledger_dir.join("log").join("lock");
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = opened.map_err(OpenError::io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { dir: ledger_dir.to_owned() }),
            Err(TryLockError::Error(error)) => Err(OpenError::io(&path)(error)),
        }
    }
}
