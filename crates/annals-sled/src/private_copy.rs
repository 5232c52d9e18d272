//! Private copies of sled's databases, so that a ledger can be read without writing to it: sled
//! writes to whatever it opens. A copy lies in the system's directory for temporary files
//! (`TMPDIR`), belongs to its owner alone, and goes with the value that names it; a kill leaves it
//! to the system.

use crate::open_error::OpenError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A directory for temporary files with a copy of a directory in it, named `copy`; an empty one
/// where there is none to copy.
pub(crate) fn private_copy(of: &Path) -> Result<TempDir, OpenError> {
    let made = tempfile::Builder::new().prefix("annals-").tempdir();
    let directory = made.map_err(OpenError::io(&std::env::temp_dir()))?;
    let copied = copy_tree(of, &directory.path().join("copy"));
    copied.map_err(|(file, source)| OpenError::Io { file, source })?;
    Ok(directory)
}

/// Copies files and directories; an error names the file at fault, or the copy where its disk is
/// full.
fn copy_tree(from: &Path, to: &Path) -> Result<(), (PathBuf, io::Error)> {
    fs::create_dir(to).map_err(|error| (to.to_owned(), error))?;
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err((from.to_owned(), error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| (from.to_owned(), error))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_tree(&source, &target)?;
        } else {
            copy_file(&source, &target).map_err(|error| match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => (target, error),
                _ => (source, error),
            })?;
        }
    }
    Ok(())
}

/// Copies bytes alone: the copy of a file that may not be written may be.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let (mut from, mut to) = (fs::File::open(from)?, fs::File::create_new(to)?);
    io::copy(&mut from, &mut to).map(drop)
}
