//! Copying a directory with all that is in it, as tests do with ledgers.

use std::fs;
use std::io;
use std::path::Path;

/// Copies all files below a directory into another, which is made where it is missing.
///
/// # Errors
/// When the operating system refuses.
pub fn copy_directory(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_directory(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}
