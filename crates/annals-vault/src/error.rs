//! What can go wrong with a vault, and what to do about it.

use annals_events::{EventId, IdType, PartyId};
use std::path::PathBuf;

/// Why the vault could not do what was asked. No message holds a key or a personal text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// There is no key-encryption key here.
    #[error(
        "the vault is locked, expected its key-encryption key: \
         set ANNALS_KEK to it, or give the key file made when the ledger was made"
    )]
    Locked,
    /// It was opened for reading only.
    #[error("the vault is open for reading only: open the ledger for writing to seal or erase")]
    ReadOnly,
    /// The data subject was erased.
    #[error(
        "subject {party} was erased and its key destroyed: \
         new personal facts about this person need a new party id"
    )]
    Erased {
        /// The data subject.
        party: PartyId,
    },
    /// A personal field that is nobody's.
    #[error(
        "event {id} is about the ledger itself and its field {path} names no data subject: \
         say whose it is with {{\"text\", \"of\"}}"
    )]
    NoSubject {
        /// The event.
        id: EventId,
        /// The field.
        path: String,
    },
    /// A key-encryption key of another vault.
    #[error(
        "the key-encryption key given does not belong to {}: \
         give the one made with this ledger (ANNALS_KEK or the key file)",
        file.display()
    )]
    WrongKey {
        /// The vault's file of keys.
        file: PathBuf,
    },
    /// Text that is no key. It is not shown.
    #[error(
        "expected a key of 32 bytes as 64 hexadecimal digits or as base64, \
         got {characters} characters that are neither: check for a cut or a line too many"
    )]
    NotAKey {
        /// How long the text was.
        characters: usize,
    },
    /// A key file that holds none. What it holds is not shown.
    #[error(
        "{} is no key file or is damaged: expected a key of 32 bytes as 64 hexadecimal digits or \
         as base64, got {characters} characters that are neither; put the copy of it in its place",
        file.display()
    )]
    NotAKeyFile {
        /// The file.
        file: PathBuf,
        /// How long what it holds is.
        characters: usize,
    },
    /// Something is where a new file should go.
    #[error("{} exists already: a key is never overwritten, choose another place", file.display())]
    Exists {
        /// The file.
        file: PathBuf,
    },
    /// The file is missing.
    #[error("{} is missing, expected {what}: restore it from a backup", file.display())]
    Missing {
        /// The file.
        file: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// The file was written by a later build.
    #[error(
        "{} has format version {version}, this build reads 1: use a newer annals",
        file.display()
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its format version.
        version: u16,
    },
    /// The head of the file is not what was written.
    #[error("damage in the header of {}: {what}; restore the file from a backup", file.display())]
    DamagedHeader {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A subject's slot is not what was written.
    #[error("damage in slot {slot} of {}: {what}; restore the file from a backup", file.display())]
    DamagedSlot {
        /// The file.
        file: PathBuf,
        /// The slot, counted from 0.
        slot: u32,
        /// What is wrong.
        what: String,
    },
    /// The alias index is not what was written. It follows from the log.
    #[error(
        "the alias index {} cannot be used ({what}): \
         it follows from the log, have it made anew from the identity.declared events",
        file.display()
    )]
    DamagedAliases {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// An alias without anything to find it by.
    #[error(
        "expected a {id_type} to find the party by, got one with nothing left in it to compare"
    )]
    EmptyAlias {
        /// What sort of identifier it was to be.
        id_type: IdType,
    },
    /// More subjects than one file has slots for.
    #[error("{} is full with {slots} subjects", file.display())]
    Full {
        /// The file.
        file: PathBuf,
        /// How many it holds.
        slots: u32,
    },
    /// The operating system refused.
    #[error("{doing} {} failed: {what}", file.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        file: PathBuf,
        /// What the system said.
        what: String,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes for a key ({what}): try again")]
    NoRandomness {
        /// What it said.
        what: String,
    },
}

impl VaultError {
    /// Makes the error of a refused operation on a file.
    pub(crate) fn io<'f>(
        doing: &'static str,
        file: &'f std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self + use<'f> {
        move |error| Self::Io { doing, file: file.to_owned(), what: error.to_string() }
    }
}
