//! Named durable cursors: how far each of a service's own consumers has read the log.
//!
//! One small text file for each, `<ledger>/cursors/<name>.cursor`, replaced whole:
//!
//! ```text
//! annals cursor 1
//! position 42
//! checksum 0b1e3f60
//! ```
//! The position is that of the next event to read; the checksum is the CRC-32C of the lines before
//! it, so that no flipped digit makes a consumer pass over events. Deliberately absent: what a
//! consumer does between reading an event and saving its cursor. It gets every event at least once.

use crate::directory;
use crate::durable_name::{EXPECTED, is_durable_name};
use annals_events::Position;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const SUFFIX: &str = ".cursor";

/// Why a cursor could not be read or saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CursorError {
    /// The name cannot be one.
    #[error("{name:?} cannot name a cursor, expected {EXPECTED}: choose another name")]
    Name {
        /// What was given.
        name: String,
    },
    /// The file is not what was written.
    #[error(
        "the cursor {} is damaged: delete the file to have its consumer begin at the first event, \
         or save the position it should go on from",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
    },
    /// The operating system refused.
    #[error("the cursor {} could not be {doing}: {what}", file.display())]
    Io {
        /// What was tried: read or saved.
        doing: &'static str,
        /// The file or directory.
        file: PathBuf,
        /// What the system said.
        what: String,
    },
}

impl CursorError {
    fn io(doing: &'static str, file: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Io { doing, file: file.to_owned(), what: error.to_string() }
    }
}

/// The cursors of one ledger.
#[derive(Debug)]
pub struct CursorStore {
    directory: PathBuf,
    /// Held while a file is replaced: two saves of one cursor share a temporary file.
    saving: Mutex<()>,
}

impl CursorStore {
    /// The cursors in a directory, which is made with the first one.
    pub fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), saving: Mutex::new(()) }
    }

    /// The next position a consumer wants; `None` where it has never saved one.
    ///
    /// # Errors
    /// When the name cannot be one, the file is damaged, or the operating system refuses.
    pub fn load(&self, name: &str) -> Result<Option<Position>, CursorError> {
        let file = self.file_of(name)?;
        match fs::read(&file) {
            Ok(bytes) => parse(&bytes).map(Some).ok_or(CursorError::Damaged { file }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(CursorError::io("read", &file)(error)),
        }
    }

    /// Saves where a consumer goes on, durably and in one step.
    ///
    /// # Errors
    /// When the name cannot be one, or the operating system refuses.
    pub fn save(&self, name: &str, next: Position) -> Result<(), CursorError> {
        let file = self.file_of(name)?;
        let _alone = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        directory::create(&self.directory)
            .and_then(|()| directory::replace(&file, &text(next)))
            .map_err(CursorError::io("saved", &file))
    }

    /// The names of all cursors, in order.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn list(&self) -> Result<Vec<String>, CursorError> {
        let failed = |error| CursorError::io("read", &self.directory)(error);
        let mut names = Vec::new();
        let entries = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(names),
            entries => entries.map_err(failed)?,
        };
        for entry in entries {
            let file = entry.map_err(failed)?.file_name();
            let name = file.to_str().and_then(|file| file.strip_suffix(SUFFIX));
            names.extend(name.filter(|name| is_durable_name(name)).map(str::to_owned));
        }
        names.sort_unstable();
        Ok(names)
    }

    fn file_of(&self, name: &str) -> Result<PathBuf, CursorError> {
        if is_durable_name(name) {
            Ok(self.directory.join(format!("{name}{SUFFIX}")))
        } else {
            Err(CursorError::Name { name: name.to_owned() })
        }
    }
}

fn text(next: Position) -> String {
    let lines = format!("annals cursor 1\nposition {next}\n");
    let checksum = crc32c::crc32c(lines.as_bytes());
    format!("{lines}checksum {checksum:08x}\n")
}

/// Reads a cursor, strictly: only what [`text`] writes is one.
fn parse(bytes: &[u8]) -> Option<Position> {
    let line = str::from_utf8(bytes).ok()?.lines().nth(1)?;
    let next = Position::new(line.strip_prefix("position ")?.parse().ok()?);
    (text(next).as_bytes() == bytes).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_after_a_reopen_and_each_consumer_has_its_own() {
        let root = tempfile::tempdir().expect("a directory");
        let store = CursorStore::new(root.path());
        assert_eq!(store.load("mailer"), Ok(None));
        // "a", "a.tmp" and "a.b" must not share a temporary file or a name.
        let names = ["a", "a.b", "a.tmp", "mailer"];
        for (next, name) in (7..).zip(names) {
            store.save(name, Position::new(1)).expect("saved");
            store.save(name, Position::new(next)).expect("saved");
        }
        let store = CursorStore::new(root.path());
        for (next, name) in (7..).zip(names) {
            assert_eq!(store.load(name), Ok(Some(Position::new(next))), "{name}");
        }
        assert_eq!(store.list().expect("listed"), names);
    }

    #[test]
    fn names_that_could_leave_the_directory_are_refused_with_advice() {
        let root = tempfile::tempdir().expect("a directory");
        let store = CursorStore::new(root.path());
        for name in ["", ".", "..", ".hidden", "a/b", "A", "a b", "ä", &"a".repeat(65)] {
            let error = store.save(name, Position::START).expect_err("no name");
            assert!(error.to_string().contains("choose another name"), "{error}");
            assert!(store.load(name).is_err());
        }
        assert_eq!(store.save(&"a".repeat(64), Position::START), Ok(()));
    }

    #[test]
    fn no_flipped_or_missing_byte_moves_a_cursor() {
        let root = tempfile::tempdir().expect("a directory");
        let store = CursorStore::new(root.path());
        store.save("mailer", Position::new(42)).expect("saved");
        let file = root.path().join("mailer.cursor");
        let sound = fs::read(&file).expect("there");
        for at in 0..sound.len() {
            let mut bent = sound.clone();
            bent[at] ^= 1;
            for bytes in [&bent[..], &sound[..at]] {
                fs::write(&file, bytes).expect("written");
                let error = store.load("mailer").expect_err("damaged");
                assert_eq!(error, CursorError::Damaged { file: file.clone() });
            }
        }
        store.save("mailer", Position::new(43)).expect("a save mends it");
        assert_eq!(store.load("mailer"), Ok(Some(Position::new(43))));
    }
}
