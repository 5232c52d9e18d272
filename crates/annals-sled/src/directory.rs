//! Files and directories that must outlive a power cut: a name is durable once its directory is
//! synced.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// Makes the names in a directory durable.
pub(crate) fn sync(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Makes a directory inside one that exists, durably.
pub(crate) fn create(dir: &Path) -> io::Result<()> {
    match fs::create_dir(dir) {
        Ok(()) => dir.parent().map_or(Ok(()), sync),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Replaces a small file in one step: whoever reads it finds the old or the new text, whole.
pub(crate) fn replace(file: &Path, text: &str) -> io::Result<()> {
    let temporary = file.with_extension("tmp");
    let mut new = File::create(&temporary)?;
    new.write_all(text.as_bytes())?;
    new.sync_all()?;
    fs::rename(&temporary, file)?;
    file.parent().map_or(Ok(()), sync)
}
