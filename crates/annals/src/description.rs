//! `ledger.toml`: what a ledger says of itself. Written once, at `init`.

use crate::error::AnnalsError;
use annals_events::{Instant, InvalidValue, Zone};
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
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(absent(directory));
            }
            Err(error) => return Err(AnnalsError::io("reading", &file)(error)),
        };
        let damaged = |what: String| AnnalsError::Description { file: file.clone(), what };
        let table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| damaged(error.message().to_owned()))?;
        match table.get("format").and_then(toml::Value::as_integer) {
            Some(found) if found > i64::from(LEDGER_FORMAT) => {
                let found = u32::try_from(found).unwrap_or(u32::MAX);
                return Err(AnnalsError::Newer {
                    directory: directory.to_owned(),
                    found,
                    known: LEDGER_FORMAT,
                });
            }
            Some(_) => {}
            None => return Err(damaged("it has no format number".to_owned())),
        }
        let file: File = table.try_into().map_err(|error| damaged(error.message().to_owned()))?;
        if file.checksum.is_some() {
            let (lines, _) = text.split_once("checksum").unwrap_or_default();
            if text != lines.to_owned() + &checksum_line(lines) {
                return Err(damaged("its checksum is not that of its lines".to_owned()));
            }
        }
        let zone = Zone::named(&file.time_zone)
            .map_err(|error: InvalidValue| damaged(error.to_string()))?;
        Ok(Self { ledger_id: file.ledger_id, zone, created: file.created })
    }

    /// Makes sure that a directory is there and empty, for a new ledger.
    ///
    /// # Errors
    /// When a ledger or something else is there, or the disk refuses.
    pub(crate) fn make_room(directory: &Path) -> Result<(), AnnalsError> {
        if file_in(directory).exists() {
            return Err(AnnalsError::Exists(directory.to_owned()));
        }
        fs::create_dir_all(directory).map_err(AnnalsError::io("making", directory))?;
        if is_empty(directory)? { Ok(()) } else { Err(AnnalsError::Foreign(directory.to_owned())) }
    }

    /// Writes the description, durably. This is the last step of making a ledger: without it the
    /// directory is none.
    ///
    /// # Errors
    /// When there is one already or the disk refuses.
    pub(crate) fn write(&self, directory: &Path) -> Result<(), AnnalsError> {
        let file = file_in(directory);
        let content = File {
            format: LEDGER_FORMAT,
            ledger_id: self.ledger_id,
            time_zone: self.zone.name().to_owned(),
            created: self.created,
            checksum: None,
        };
        let lines = toml::to_string(&content).expect("numbers and names can be written as TOML");
        let checksum = checksum_line(&lines);
        let text = lines + &checksum;
        let mut written = fs::File::create_new(&file).map_err(AnnalsError::io("making", &file))?;
        written.write_all(text.as_bytes()).map_err(AnnalsError::io("writing", &file))?;
        written.sync_all().map_err(AnnalsError::io("syncing", &file))?;
        let synced = fs::File::open(directory).and_then(|directory| directory.sync_all());
        synced.map_err(AnnalsError::io("syncing", directory))
    }
}

fn is_empty(directory: &Path) -> Result<bool, AnnalsError> {
    let mut entries = fs::read_dir(directory).map_err(AnnalsError::io("reading", directory))?;
    Ok(entries.next().is_none())
}

fn absent(directory: &Path) -> AnnalsError {
    match is_empty(directory) {
        Ok(false) => AnnalsError::Foreign(directory.to_owned()),
        _ => AnnalsError::NoLedger(directory.to_owned()),
    }
}
