//! Files that nobody but their owner may read (mode 0600 on Unix), and their durability.

use crate::VaultError;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

/// Makes a new file with these bytes, durably.
///
/// # Errors
/// When there is one already, or the operating system refuses.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let mut file = options().create_new(true).open(path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            VaultError::Exists { file: path.to_owned() }
        } else {
            VaultError::io("creating", path)(error)
        }
    })?;
    file.write_all(bytes).map_err(VaultError::io("writing", path))?;
    file.sync_all().map_err(VaultError::io("syncing", path))?;
    sync_parent(path)
}

/// Replaces a file, or makes it, so that a kill leaves the old or the new one whole.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let new = path.with_extension("new");
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(VaultError::io("removing", &new)(error));
        }
        _ => {}
    }
    let mut file =
        options().create_new(true).open(&new).map_err(VaultError::io("creating", &new))?;
    file.write_all(bytes).map_err(VaultError::io("writing", &new))?;
    file.sync_all().map_err(VaultError::io("syncing", &new))?;
    std::fs::rename(&new, path).map_err(VaultError::io("replacing", path))?;
    sync_parent(path)
}

/// How a file is opened that must be there.
pub(crate) type Open = fn(&Path, &'static str) -> Result<File, VaultError>;

/// Opens a file for reading and writing; `what` says what is missing where it is not there.
pub(crate) fn open(path: &Path, what: &'static str) -> Result<File, VaultError> {
    opened(OpenOptions::new().read(true).write(true).open(path), path, what)
}

/// The same for reading only.
pub(crate) fn open_to_read(path: &Path, what: &'static str) -> Result<File, VaultError> {
    opened(File::open(path), path, what)
}

fn opened(
    opened: std::io::Result<File>,
    path: &Path,
    what: &'static str,
) -> Result<File, VaultError> {
    opened.map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            VaultError::Missing { file: path.to_owned(), what }
        } else {
            VaultError::io("opening", path)(error)
        }
    })
}

/// Makes the names in the file's directory durable.
pub(crate) fn sync_parent(path: &Path) -> Result<(), VaultError> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent)
        .and_then(|directory| directory.sync_all())
        .map_err(VaultError::io("syncing", parent))
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}
