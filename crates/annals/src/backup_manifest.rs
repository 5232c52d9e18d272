//! `backup.toml`: which files make up a backup, and what they must be. Replaced in one step when
//! everything it names is there, so that a backup is what its manifest says, or is none.
//!
//! ```text
//! backup.toml                                  the manifest
//! volumes/000000000000-000001000000.sealed     the events from one position up to another
//! files/4d0b0b5f…                              any other file, under its SHA-256
//! lock                                         held by the process that makes the backup
//! ```
//! The first line is the SHA-256 of everything behind it. What is in `volumes/` or `files/` and not
//! named was left by an interrupted backup; the next one uses or removes it.

use crate::backup_error::BackupError;
use crate::description::{Description, sync_directory};
use crate::error::AnnalsError;
use annals_events::{ContentHash, Instant};
use annals_log::Head;
use annals_sled::{CopiedVolume, LogCopy, head_text, parse_head_text};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

/// The format this build writes and reads.
const FORMAT: u32 = 1;
const HASH_LINE: &str = "sha256 = ";

/// What a backup consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) taken_at: Instant,
    pub(crate) description: Description,
    pub(crate) head: Head,
    pub(crate) volumes: Vec<CopiedVolume>,
    pub(crate) files: Vec<CopiedFile>,
}

/// A file of a backup that holds no events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CopiedFile {
    /// Its path in the ledger.
    pub(crate) name: String,
    pub(crate) sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    backup: u32,
    taken_at: Instant,
    /// The text of `ledger.toml`.
    ledger: String,
    /// The text of `HEAD`.
    head: String,
    #[serde(default)]
    volumes: Vec<Volume>,
    #[serde(default)]
    files: Vec<CopiedFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Volume {
    name: String,
    first: u64,
    bytes: u64,
    root: String,
}

fn file_in(directory: &Path) -> PathBuf {
    directory.join("backup.toml")
}

/// Where the volumes of a backup lie.
pub(crate) fn volumes_in(directory: &Path) -> PathBuf {
    directory.join("volumes")
}

/// Where its other files lie.
pub(crate) fn files_in(directory: &Path) -> PathBuf {
    directory.join("files")
}

impl Manifest {
    /// Reads the manifest of the backup in a directory; `None` where there is none.
    ///
    /// # Errors
    /// When it is damaged or newer, or the operating system refuses.
    pub(crate) fn read(directory: &Path) -> Result<Option<Self>, AnnalsError> {
        let file = file_in(directory);
        match fs::read_to_string(&file) {
            Ok(text) => Self::parse(&text, directory, &file).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(AnnalsError::io("reading", &file)(error)),
        }
    }

    fn parse(text: &str, directory: &Path, file: &Path) -> Result<Self, AnnalsError> {
        let damaged = |what: String| BackupError::Damaged { file: file.to_owned(), what };
        let (hash, body) = text.split_once('\n').unwrap_or((text, ""));
        if hash != hash_line(body) {
            return Err(damaged("its first line is not the hash of the rest".to_owned()).into());
        }
        let malformed = |error: toml::de::Error| damaged(error.message().to_owned());
        let table: toml::Table = body.parse().map_err(malformed)?;
        let found = table.get("backup").and_then(toml::Value::as_integer).unwrap_or_default();
        if found > i64::from(FORMAT) {
            let (directory, found) = (directory.to_owned(), u32::try_from(found));
            let found = found.unwrap_or(u32::MAX);
            return Err(BackupError::Newer { directory, found, known: FORMAT }.into());
        }
        let said: Text = table.try_into().map_err(malformed)?;
        let volumes = said.volumes.iter().map(|volume| &volume.name);
        let files = said.files.iter().flat_map(|file| [&file.name, &file.sha256]);
        for name in volumes.chain(files) {
            let is_inside =
                Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
            if !is_inside {
                return Err(damaged(format!("{name} is no name of a file in it")).into());
            }
        }
        let volume = |said: Volume| CopiedVolume {
            name: said.name,
            first: annals_events::Position::new(said.first),
            size_bytes: said.bytes,
            root: said.root,
        };
        Ok(Self {
            taken_at: said.taken_at,
            description: Description::parse(&said.ledger, file)?,
            head: parse_head_text(said.head.as_bytes())
                .map_err(|error| damaged(error.to_string()))?,
            volumes: said.volumes.into_iter().map(volume).collect(),
            files: said.files,
        })
    }

    /// Puts this one in the place of the manifest there is, durably.
    ///
    /// # Errors
    /// When the disk refuses; then the one before stands.
    pub(crate) fn write(&self, directory: &Path) -> Result<(), AnnalsError> {
        let volume = |volume: &CopiedVolume| Volume {
            name: volume.name.clone(),
            first: volume.first.get(),
            bytes: volume.size_bytes,
            root: volume.root.clone(),
        };
        let body = Text {
            backup: FORMAT,
            taken_at: self.taken_at,
            ledger: self.description.text(),
            head: head_text(&self.head),
            volumes: self.volumes.iter().map(volume).collect(),
            files: self.files.clone(),
        };
        let body = toml::to_string(&body).expect("numbers and names can be written as TOML");
        let text = format!("{}\n{body}", hash_line(&body));
        let file = file_in(directory);
        let temporary = file.with_extension("tmp");
        let mut new = File::create(&temporary).map_err(AnnalsError::io("making", &temporary))?;
        let written = new.write_all(text.as_bytes()).and_then(|()| new.sync_all());
        written.map_err(AnnalsError::io("writing", &temporary))?;
        fs::rename(&temporary, &file).map_err(AnnalsError::io("replacing", &file))?;
        sync_directory(directory)
    }

    /// The log's part, for making a log of it.
    pub(crate) fn log(&self) -> LogCopy {
        let (head, volumes) = (self.head, self.volumes.clone());
        LogCopy { head, volumes, volumes_new: 0, bytes_new: 0 }
    }

    /// Whether the subjects' keys are among the files.
    pub(crate) fn has_vault(&self) -> bool {
        self.files.iter().any(|file| file.name == "vault/keys")
    }

    /// Removes what this one does not name.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) fn remove_others(&self, directory: &Path) -> Result<(), AnnalsError> {
        let volumes: Vec<_> = self.volumes.iter().map(|volume| volume.name.clone()).collect();
        let files: Vec<_> = self.files.iter().map(|file| file.sha256.clone()).collect();
        for (directory, named) in [(volumes_in(directory), volumes), (files_in(directory), files)] {
            let entries = fs::read_dir(&directory);
            for entry in entries.map_err(AnnalsError::io("reading", &directory))? {
                let entry = entry.map_err(AnnalsError::io("reading", &directory))?;
                if !named.iter().any(|name| entry.file_name() == name.as_str()) {
                    let path = entry.path();
                    fs::remove_file(&path).map_err(AnnalsError::io("removing", &path))?;
                }
            }
        }
        Ok(())
    }
}

fn hash_line(body: &str) -> String {
    format!("{HASH_LINE}\"{}\"", ContentHash::of(body.as_bytes()))
}
