//! Making a ledger of a backup.
//!
//! The directory becomes a ledger with the last step, in which `ledger.toml` gets its name, after
//! everything was copied and verified. A kill before that leaves a directory that is known as
//! unfinished, and the next restore begins anew in it.

use crate::backup::copy_file;
use crate::backup_error::{BackupError, not_locked};
use crate::backup_manifest::{Manifest, files_in, volumes_in};
use crate::description::{Unfinished, make_directory, sync_directory};
use crate::error::AnnalsError;
use annals_events::Instant;
use annals_log::Head;
use annals_sled::{FileLock, restore_log};
use std::fs::File;
use std::path::Path;

/// A ledger that was made of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made.
    pub taken_at: Instant,
    /// Where its log ends.
    pub head: Head,
    /// Whether the subjects' keys were in it. Without them the ledger works, and personal fields
    /// are locked until `vault/` is put in its place.
    pub has_vault: bool,
}

/// Makes a ledger of a backup, in a new or empty directory, and verifies all of it. Blocks for so
/// long.
///
/// # Errors
/// When there is no finished backup, it is damaged, a ledger or something else is in the way, or
/// the disk refuses.
pub fn restore(backup: &Path, directory: &Path) -> Result<Restored, AnnalsError> {
    let _held = hold(backup)?;
    let manifest = Manifest::read(backup)?.ok_or_else(|| BackupError::None(backup.to_owned()))?;
    let unfinished = Unfinished::begin(directory, &manifest.description.text())?;
    restore_log(&volumes_in(backup), &manifest.log(), directory).map_err(BackupError::from)?;
    for copied in &manifest.files {
        let source = files_in(backup).join(&copied.sha256);
        let target = directory.join(&copied.name);
        let parent = target.parent().unwrap_or(directory);
        make_directory(parent)?;
        let found = copy_file(&source, &target)?;
        if found != copied.sha256 {
            let what = format!("its SHA-256 is {found}, expected {}", copied.sha256);
            return Err(BackupError::Damaged { file: source, what }.into());
        }
        sync_directory(parent)?;
    }
    unfinished.finish()?;
    let (taken_at, head) = (manifest.taken_at, manifest.head);
    Ok(Restored { taken_at, head, has_vault: manifest.has_vault() })
}

/// Keeps others from making a backup in the directory meanwhile, where it says who may.
fn hold(backup: &Path) -> Result<Option<FileLock>, AnnalsError> {
    let path = backup.join("lock");
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(AnnalsError::io("opening", &path)(error)),
    };
    FileLock::share(file).map(Some).map_err(not_locked(backup, &path))
}
