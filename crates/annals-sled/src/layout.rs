//! Which files and directories of `log/` are what, by their names.
//!
//! ```text
//! log/lock                              held by the process that has the ledger
//! log/000001000000.sealed               the sealed volume that begins at this position
//! log/000002000000.open/                the sled database that begins at this position
//! log/000002000000.index                its index, saved when the log was closed
//! log/runs/000000000000-000002000000.run
//! log/quarantine/                       files of an interrupted start
//! ```
//! Positions have twelve digits, or more once they need them. What ends in `.tmp` was being written
//! when its process ended; it stands for nothing and is removed.

use crate::directory;
use annals_events::Position;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What there is.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    log_dir: PathBuf,
    sealed: Vec<(Position, PathBuf)>,
    open: Vec<(Position, PathBuf)>,
    runs: Vec<(Position, Position, PathBuf)>,
}

impl Layout {
    /// Makes the directory where there is none.
    pub(crate) fn create(ledger_dir: &Path) -> io::Result<()> {
        directory::create(&ledger_dir.join("log"))
    }

    /// What a ledger has. Changes nothing.
    pub(crate) fn read(ledger_dir: &Path) -> io::Result<Self> {
        Self::read_log(&ledger_dir.join("log"))
    }

    /// What there is in a directory `log/`.
    pub(crate) fn read_log(log_dir: &Path) -> io::Result<Self> {
        let log_dir = log_dir.to_owned();
        let mut layout = Self { log_dir: log_dir.clone(), ..Self::default() };
        for path in paths_in(&log_dir)? {
            let Some((name, kind)) = name_and_kind(&path) else { continue };
            match (position(name), kind) {
                (Some(first), "sealed") => layout.sealed.push((first, path)),
                (Some(first), "open") => layout.open.push((first, path)),
                _ => {}
            }
        }
        for path in paths_in(&log_dir.join("runs"))? {
            let Some((name, "run")) = name_and_kind(&path) else { continue };
            let ends = name.split_once('-').map(|(first, next)| (position(first), position(next)));
            if let Some((Some(first), Some(next))) = ends {
                layout.runs.push((first, next, path));
            }
        }
        layout.sealed.sort();
        layout.open.sort();
        // Of runs that begin at one place the longest comes first.
        layout.runs.sort_by_key(|(first, next, _)| (*first, std::cmp::Reverse(*next)));
        Ok(layout)
    }

    /// Removes what was never finished.
    pub(crate) fn remove_unfinished(&self) -> io::Result<()> {
        for dir in [self.log_dir.clone(), self.log_dir.join("runs")] {
            for path in paths_in(&dir)? {
                if path.extension().is_some_and(|kind| kind == "tmp") {
                    fs::remove_file(path)?;
                }
            }
        }
        Ok(())
    }

    /// The sealed volumes, with the positions their names say, in order.
    pub(crate) fn sealed(&self) -> &[(Position, PathBuf)] {
        &self.sealed
    }

    /// The sled databases, with the positions their names say, in order.
    pub(crate) fn open(&self) -> &[(Position, PathBuf)] {
        &self.open
    }

    /// The runs, with the positions their names say, in order.
    pub(crate) fn runs(&self) -> &[(Position, Position, PathBuf)] {
        &self.runs
    }

    pub(crate) fn log_dir(&self) -> &Path {
        &self.log_dir
    }

    pub(crate) fn sealed_path(&self, first: Position) -> PathBuf {
        self.log_dir.join(format!("{:012}.sealed", first.get()))
    }

    pub(crate) fn open_path(&self, first: Position) -> PathBuf {
        self.log_dir.join(format!("{:012}.open", first.get()))
    }

    pub(crate) fn index_path(&self, first: Position) -> PathBuf {
        self.log_dir.join(format!("{:012}.index", first.get()))
    }

    pub(crate) fn run_path(&self, first: Position, next: Position) -> PathBuf {
        self.log_dir.join("runs").join(format!("{:012}-{:012}.run", first.get(), next.get()))
    }
}

fn paths_in(dir: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(dir) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn name_and_kind(path: &Path) -> Option<(&str, &str)> {
    Some((path.file_stem()?.to_str()?, path.extension()?.to_str()?))
}

fn position(digits: &str) -> Option<Position> {
    let number: u64 = digits.parse().ok()?;
    (format!("{number:012}") == digits).then_some(Position::new(number))
}
