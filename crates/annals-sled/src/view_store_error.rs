//! What can go wrong with the view store. Damage is hardly ever an error: a damaged projection
//! counts as absent and is built anew.

use crate::durable_name::EXPECTED;
use std::io;
use std::path::{Path, PathBuf};

/// Why the view store could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ViewStoreError {
    /// Another process has it.
    #[error(
        "the views at {} are in use by another process: stop that one first, or ask it instead",
        directory.display()
    )]
    InUse {
        /// The directory of the views.
        directory: PathBuf,
    },
    /// The name cannot be one.
    #[error("{name:?} cannot name a projection, expected {EXPECTED}: choose another name")]
    Name {
        /// What was given.
        name: String,
    },
    /// A generation was written out of order.
    #[error(
        "a key of the new generation of {projection} is not greater than the one before it: \
         push the states in the order of their keys, each once"
    )]
    OutOfOrder {
        /// The projection.
        projection: String,
    },
    /// A key or a state is too large for a generation.
    #[error(
        "a state of {projection} takes {size_bytes} bytes, at most {limit_bytes} are possible: \
         keep less in one state"
    )]
    TooLarge {
        /// The projection.
        projection: String,
        /// The size of key and state.
        size_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// The states turned out damaged while they were in use; they count as absent from now on.
    #[error("the saved states of {projection} are damaged ({what}): rebuild the projection")]
    Damaged {
        /// The projection.
        projection: String,
        /// What is wrong.
        what: String,
    },
    /// The operating system refused.
    #[error(
        "{} could not be read or written ({what}): check that the disk has room and that the \
         ledger belongs to this user, or delete the folder of the views, which is always safe",
        file.display()
    )]
    Io {
        /// The file or directory.
        file: PathBuf,
        /// What the system said.
        what: String,
    },
}

impl ViewStoreError {
    pub(crate) fn io(file: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Io { file: file.to_owned(), what: error.to_string() }
    }
}

/// Why stored states could not be read: the two answers that lead to different deeds.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// The bytes are not what was written: build the projection anew.
    Damaged(String),
    /// The operating system refused: the bytes may be sound.
    Refused(ViewStoreError),
}

impl Unreadable {
    /// A file that is missing or ends early is damaged; anything else is the system's refusal.
    pub(crate) fn io(file: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof => {
                Self::Damaged(format!("{}: {error}", file.display()))
            }
            _ => Self::Refused(ViewStoreError::io(file)(error)),
        }
    }
}
