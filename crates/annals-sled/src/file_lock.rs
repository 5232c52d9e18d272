//! A lock on a file, let go of by saying so.
//!
//! A lock belongs to the opened file, which a process that forks shares with its child until the
//! child runs another program. Closing alone would therefore leave the lock held for a moment
//! whenever some thread of a service starts a command, and whoever takes it next would be told of
//! another process that is not there. Waiting for a lock is deliberately absent: who holds one
//! holds it for long.

use std::fs::{File, TryLockError};

/// Held for as long as it lives.
#[derive(Debug)]
pub struct FileLock(File);

impl FileLock {
    /// Takes the lock of an opened file for oneself.
    ///
    /// # Errors
    /// When another holds or shares it, or the system has no locks there.
    pub fn take(file: File) -> Result<Self, TryLockError> {
        file.try_lock()?;
        Ok(Self(file))
    }

    /// Shares the lock of an opened file with others who share it.
    ///
    /// # Errors
    /// When another holds it for itself, or the system has no locks there.
    pub fn share(file: File) -> Result<Self, TryLockError> {
        file.try_lock_shared()?;
        Ok(Self(file))
    }

    /// The locked file.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.0
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "a lock was not let go of before its file was closed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_free_once_dropped_though_a_forked_child_still_has_the_file_open() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let open = || File::open(file.path()).unwrap();
        for lock in [FileLock::take, FileLock::share] {
            let held = lock(open()).unwrap();
            let as_in_a_child = held.file().try_clone().unwrap();
            assert!(matches!(FileLock::take(open()), Err(TryLockError::WouldBlock)));
            drop(held);
            FileLock::take(open()).unwrap();
            drop(as_in_a_child);
        }
    }
}
