//! Backing up a ledger while it is written to.
//!
//! Everything is put beside what a former backup in the same place needs, and the manifest is
//! replaced last, so that a kill at any step leaves the former backup as it was, or none where
//! there was none; the next backup goes on from there. What is not needed any more is removed
//! behind that.
//!
//! The vault is left out unless it is asked for: a key in a backup outlives an erasure. The master
//! key is always left out: whoever has it and the vault can read every personal field. Views follow
//! from the log and are left out as well.

use crate::backup_error::{BackupError, not_locked};
use crate::backup_manifest::{CopiedFile, Manifest, files_in, volumes_in};
use crate::description::{make_directory, sync_directory};
use crate::error::AnnalsError;
use crate::ledger::{Annals, Inner};
use annals_events::ContentHash;
use annals_log::Head;
use annals_sled::FileLock;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Where the log ended: the backup holds every event before that, and none behind.
    pub head: Head,
    /// How many files hold the events.
    pub volumes: u64,
    /// How many of them were not in the place before.
    pub volumes_new: u64,
    /// The bytes of those.
    pub bytes_new: u64,
    /// Whether the subjects' keys are in it.
    pub has_vault: bool,
}

impl Annals {
    /// Makes a backup in a directory: a new or empty one, or one with an earlier backup of this
    /// ledger, which it replaces; then only what is new is copied. It holds every event up to the
    /// head of the moment it began, the cursors, and no keys. Appends and reads go on meanwhile.
    /// What is copied is read back and verified, and so is what was there before: a file that went
    /// bad is copied again.
    ///
    /// # Errors
    /// When the directory holds something else or is in use, the log is damaged or closed, or the
    /// disk refuses. An earlier backup is then as it was.
    pub async fn backup(&self, directory: impl AsRef<Path>) -> Result<Backup, AnnalsError> {
        self.backup_into(directory.as_ref(), false).await
    }

    /// The same with the vault's files, but for the master key. Put an end date to such a backup:
    /// the keys in it outlive an erasure. Sealing waits while they are copied.
    ///
    /// # Errors
    /// As [`Annals::backup`].
    pub async fn backup_with_vault(
        &self,
        directory: impl AsRef<Path>,
    ) -> Result<Backup, AnnalsError> {
        self.backup_into(directory.as_ref(), true).await
    }

    async fn backup_into(&self, directory: &Path, with_vault: bool) -> Result<Backup, AnnalsError> {
        let inner = Arc::clone(&self.inner);
        let place = Place::open(directory, inner.description.ledger_id)?;
        // Before the head is taken, so that no consumer stands behind it.
        let mut files = place.copy_all(&inner, "cursors", |name| name.ends_with(".cursor"))?;
        let copied = inner.log.copy_into(&volumes_in(directory)).await;
        let log = copied.map_err(BackupError::from)?;
        let taken_at = inner.clock.now();
        let finished = tokio::task::spawn_blocking(move || {
            if with_vault {
                // Behind the log: a key is there before the first event that is sealed under it.
                let is_file = |name: &str| ["keys", "aliases"].contains(&name);
                files.extend(inner.vault.at_rest(|| place.copy_all(&inner, "vault", is_file))?);
            }
            let (description, volumes) = (inner.description.clone(), log.volumes);
            let manifest = Manifest { taken_at, description, head: log.head, volumes, files };
            manifest.write(&place.directory)?;
            manifest.remove_others(&place.directory)?;
            Ok(Backup {
                head: log.head,
                volumes: manifest.volumes.len() as u64,
                volumes_new: log.volumes_new,
                bytes_new: log.bytes_new,
                has_vault: manifest.has_vault(),
            })
        });
        finished.await.map_err(|error| AnnalsError::Background(error.to_string()))?
    }
}

/// The directory of a backup, while one is being made there.
struct Place {
    directory: PathBuf,
    _held: FileLock,
}

impl Place {
    fn open(directory: &Path, ledger_id: uuid::Uuid) -> Result<Self, AnnalsError> {
        make_directory(directory)?;
        let entries = fs::read_dir(directory).map_err(AnnalsError::io("reading", directory))?;
        for entry in entries {
            let entry = entry.map_err(AnnalsError::io("reading", directory))?;
            let name = entry.file_name();
            let own = ["backup.toml", "backup.tmp", "volumes", "files", "lock"];
            if !own.iter().any(|own| name == *own) {
                return Err(BackupError::Foreign(directory.to_owned()).into());
            }
        }
        let path = directory.join("lock");
        let file = File::create(&path).map_err(AnnalsError::io("making", &path))?;
        let held = FileLock::take(file).map_err(not_locked(directory, &path))?;
        if let Some(there) = Manifest::read(directory)?
            && there.description.ledger_id != ledger_id
        {
            let (found, expected) = (there.description.ledger_id, ledger_id);
            let directory = directory.to_owned();
            return Err(BackupError::OtherLedger { directory, found, expected }.into());
        }
        make_directory(&volumes_in(directory))?;
        make_directory(&files_in(directory))?;
        Ok(Self { directory: directory.to_owned(), _held: held })
    }

    /// Copies the files of one of the ledger's directories, each under its hash.
    fn copy_all(
        &self,
        ledger: &Inner,
        part: &str,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<CopiedFile>, AnnalsError> {
        let source = ledger.directory.join(part);
        let entries = match fs::read_dir(&source) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(AnnalsError::io("reading", &source))?,
        };
        let files = files_in(&self.directory);
        let mut copied = Vec::new();
        for entry in entries {
            let path = entry.map_err(AnnalsError::io("reading", &source))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !is_wanted(name) {
                continue;
            }
            let temporary = files.join("unfinished");
            let sha256 = copy_file(&path, &temporary)?;
            let target = files.join(&sha256);
            fs::rename(&temporary, &target).map_err(AnnalsError::io("making", &target))?;
            copied.push(CopiedFile { name: format!("{part}/{name}"), sha256 });
        }
        copied.sort_by(|a, b| a.name.cmp(&b.name));
        sync_directory(&files)?;
        Ok(copied)
    }
}

/// Copies a file with its permissions, durably; gives the SHA-256 of what was written, hexadecimal.
pub(crate) fn copy_file(from: &Path, to: &Path) -> Result<String, AnnalsError> {
    fs::copy(from, to).map_err(AnnalsError::io("copying", from))?;
    let synced = File::open(to).and_then(|file| file.sync_all());
    synced.map_err(AnnalsError::io("syncing", to))?;
    let written = fs::read(to).map_err(AnnalsError::io("reading", to))?;
    Ok(ContentHash::of(&written).to_string())
}
