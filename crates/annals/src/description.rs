//! `ledger.toml`: what a ledger says of itself. Written once, at `init`.

use crate::backup_error::{BackupError, not_locked};
use crate::error::AnnalsError;
use annals_events::{Instant, InvalidValue, Zone};
use annals_sled::FileLock;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The ledger format this build writes and reads.
pub const LEDGER_FORMAT: u32 = 1;

/// What a ledger says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// A name that no other ledger has.
    pub ledger_id: Uuid,
    /// The time zone days and months are counted in; fixed for ever.
    pub zone: Zone,
    /// When the ledger was made.
    pub created: Instant,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    ledger_id: Uuid,
    time_zone: String,
    created: Instant,
    /// Of the lines before it; the first ledgers have none.
    #[serde(skip_serializing)]
    checksum: Option<String>,
}

/// The line with the checksum of those before it.
fn checksum_line(lines: &str) -> String {
    format!("checksum = \"{:08x}\"\n", crc32c::crc32c(lines.as_bytes()))
}

fn file_in(directory: &Path) -> PathBuf {
    directory.join("ledger.toml")
}

impl Description {
    /// Reads the description of the ledger in a directory.
    ///
    /// # Errors
    /// When there is no ledger, the directory holds something else, or the ledger is damaged or
    /// newer.
    pub fn read(directory: &Path) -> Result<Self, AnnalsError> {
        let file = file_in(directory);
        match fs::read_to_string(&file) {
            Ok(text) => Self::parse(&text, &file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(absent(directory)),
            Err(error) => Err(AnnalsError::io("reading", &file)(error)),
        }
    }

    /// Reads a description from a text that came from a file.
    pub(crate) fn parse(text: &str, file: &Path) -> Result<Self, AnnalsError> {
        let damaged = |what: String| AnnalsError::Description { file: file.to_owned(), what };
        let table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| damaged(error.message().to_owned()))?;
        match table.get("format").and_then(toml::Value::as_integer) {
            Some(found) if found > i64::from(LEDGER_FORMAT) => {
                let found = u32::try_from(found).unwrap_or(u32::MAX);
                return Err(AnnalsError::Newer {
                    directory: file.parent().unwrap_or(file).to_owned(),
                    found,
                    known: LEDGER_FORMAT,
                });
            }
            Some(_) => {}
            None => return Err(damaged("it has no format number".to_owned())),
        }
        let said: File = table
            .try_into()
            .map_err(|error: toml::de::Error| damaged(error.message().to_owned()))?;
        if said.checksum.is_some() {
            let (lines, _) = text.split_once("checksum").unwrap_or_default();
            if text != lines.to_owned() + &checksum_line(lines) {
                return Err(damaged("its checksum is not that of its lines".to_owned()));
            }
        }
        let zone = Zone::named(&said.time_zone)
            .map_err(|error: InvalidValue| damaged(error.to_string()))?;
        Ok(Self { ledger_id: said.ledger_id, zone, created: said.created })
    }

    /// Makes sure that a directory is there and empty, for a new ledger.
    ///
    /// # Errors
    /// When a ledger or something else is there, or the disk refuses.
    pub(crate) fn make_room(directory: &Path) -> Result<(), AnnalsError> {
        if file_in(directory).exists() {
            return Err(AnnalsError::Exists(directory.to_owned()));
        }
        make_directory(directory)?;
        if is_empty(directory)? { Ok(()) } else { Err(AnnalsError::Foreign(directory.to_owned())) }
    }

    /// Writes the description, durably. This is the last step of making a ledger: without it the
    /// directory is none.
    ///
    /// # Errors
    /// When there is one already or the disk refuses.
    pub(crate) fn write(&self, directory: &Path) -> Result<(), AnnalsError> {
        let file = file_in(directory);
        let text = self.text();
        let mut written = fs::File::create_new(&file).map_err(AnnalsError::io("making", &file))?;
        written.write_all(text.as_bytes()).map_err(AnnalsError::io("writing", &file))?;
        written.sync_all().map_err(AnnalsError::io("syncing", &file))?;
        sync_directory(directory)
    }

    /// The text of `ledger.toml`.
    pub(crate) fn text(&self) -> String {
        let content = File {
            format: LEDGER_FORMAT,
            ledger_id: self.ledger_id,
            time_zone: self.zone.name().to_owned(),
            created: self.created,
            checksum: None,
        };
        let lines = toml::to_string(&content).expect("numbers and names can be written as TOML");
        let checksum = checksum_line(&lines);
        lines + &checksum
    }
}

/// The name under which the description waits while a ledger is restored.
const UNFINISHED: &str = "ledger.unfinished";

/// A directory in which a ledger is being restored. It becomes a ledger with the last step, in
/// which the description gets its name; what a kill leaves before that is known by the other one.
pub(crate) struct Unfinished {
    directory: PathBuf,
    /// Held, so that two processes do not restore into one directory.
    _held: FileLock,
}

impl Unfinished {
    /// Begins, in an empty or new directory or one in which it was begun before; what was left
    /// there is removed.
    ///
    /// # Errors
    /// When a ledger or something else is there, it is being done, or the disk refuses.
    pub(crate) fn begin(directory: &Path, text: &str) -> Result<Self, AnnalsError> {
        let file = directory.join(UNFINISHED);
        if file_in(directory).exists() || !file.exists() {
            Description::make_room(directory)?;
        }
        let opened = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&file);
        let opened = opened.map_err(AnnalsError::io("making", &file))?;
        let held = FileLock::take(opened).map_err(not_locked(directory, &file))?;
        for part in ["log", "vault", "cursors"] {
            let part = directory.join(part);
            match fs::remove_dir_all(&part) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(AnnalsError::io("removing", &part)(error));
                }
                _ => {}
            }
        }
        let mut locked = held.file();
        let written = locked.set_len(0).and_then(|()| locked.write_all(text.as_bytes()));
        written.and_then(|()| locked.sync_all()).map_err(AnnalsError::io("writing", &file))?;
        sync_directory(directory)?;
        Ok(Self { directory: directory.to_owned(), _held: held })
    }

    /// Makes the directory a ledger.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) fn finish(self) -> Result<(), AnnalsError> {
        let file = file_in(&self.directory);
        fs::rename(self.directory.join(UNFINISHED), &file)
            .map_err(AnnalsError::io("making", &file))?;
        sync_directory(&self.directory)
    }
}

/// Makes a directory where there is none, and those above it, durably.
pub(crate) fn make_directory(directory: &Path) -> Result<(), AnnalsError> {
    if directory.is_dir() {
        return Ok(());
    }
    let above = match directory.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    };
    make_directory(above)?;
    match fs::create_dir(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(AnnalsError::io("making", directory)(error))
        }
        _ => sync_directory(above),
    }
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(directory: &Path) -> Result<(), AnnalsError> {
    let synced = fs::File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(AnnalsError::io("syncing", directory))
}

fn is_empty(directory: &Path) -> Result<bool, AnnalsError> {
    let mut entries = fs::read_dir(directory).map_err(AnnalsError::io("reading", directory))?;
    Ok(entries.next().is_none())
}

fn absent(directory: &Path) -> AnnalsError {
    if directory.join(UNFINISHED).exists() {
        return BackupError::RestoreUnfinished(directory.to_owned()).into();
    }
    match is_empty(directory) {
        Ok(false) => AnnalsError::Foreign(directory.to_owned()),
        _ => AnnalsError::NoLedger(directory.to_owned()),
    }
}
