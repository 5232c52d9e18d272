//! What is wrong with an immutable file, before it is known at which position that matters.

use crate::damage::Damage;
use crate::open_error::OpenError;
use annals_events::Position;
use annals_log::ReadError;
use std::io;
use std::path::Path;

/// Why a part of a file could not be used.
#[derive(Debug)]
pub(crate) enum Flaw {
    /// The operating system refused.
    Io(io::Error),
    /// A newer annals wrote it, in this format version.
    Newer(u16),
    /// The bytes are not what was written.
    Damaged(String),
}

impl Flaw {
    pub(crate) fn damaged<T>(what: impl Into<String>) -> Result<T, Self> {
        Err(Self::Damaged(what.into()))
    }

    pub(crate) fn at(self, position: Position, file: &Path) -> OpenError {
        let file = file.to_owned();
        match self {
            Self::Io(source) => OpenError::Io { file, source },
            Self::Newer(found) => {
                OpenError::Newer { file, found, known: annals_log::FORMAT_VERSION }
            }
            Self::Damaged(what) => Damage { position, file, what }.into(),
        }
    }

    pub(crate) fn read_at(self, position: Position, file: &Path) -> ReadError {
        let file = file.to_owned();
        match self {
            Self::Io(error) => ReadError::Io { file, what: error.to_string() },
            Self::Newer(version) => {
                let what = format!("it has format version {version}: use a newer annals");
                ReadError::Damaged { position, file, what }
            }
            Self::Damaged(what) => ReadError::Damaged { position, file, what },
        }
    }
}

impl From<io::Error> for Flaw {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Damaged("the file ends too early".to_owned()),
            _ => Self::Io(error),
        }
    }
}
