//! Why stored bytes could not be read back.
//!
//! The reason lies behind a pointer: every field of every event is read with this error as its
//! other way out, and a small one lets values pass in registers. Making one is kept out of line.

use std::fmt;

/// Bytes that could not be read back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct DecodeError(Box<DecodeErrorKind>);

/// Why bytes could not be read back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes end early, or a length, tag or text in them is impossible.
    #[error("the bytes are not a value of this type: {0}")]
    Malformed(String),
    /// The bytes are well formed but the value they hold can never have been written.
    #[error("the stored value is impossible: {0}")]
    Impossible(String),
    /// Bytes are left over after the value.
    #[error("{0} bytes are left over after the value")]
    Trailing(usize),
    /// The value, encoded again, gives other bytes: it was not written by this format.
    #[error("the value encodes to other bytes than it was read from")]
    NotCanonical,
    /// A kind this build does not know.
    #[error("event kind {code} version {version} is unknown here: read it with a newer annals")]
    UnknownKind {
        /// The kind's stable code.
        code: u16,
        /// The version of its schema.
        version: u8,
    },
}

impl DecodeError {
    /// Bytes that are no value of the type asked for.
    #[cold]
    pub fn malformed(why: impl fmt::Display) -> Self {
        DecodeErrorKind::Malformed(why.to_string()).into()
    }

    /// A value that could never have been written.
    #[cold]
    pub fn impossible(why: impl fmt::Display) -> Self {
        DecodeErrorKind::Impossible(why.to_string()).into()
    }

    /// Another form of a value than the one that is stored.
    #[cold]
    pub(crate) fn not_canonical() -> Self {
        DecodeErrorKind::NotCanonical.into()
    }

    /// Why.
    pub fn kind(&self) -> &DecodeErrorKind {
        &self.0
    }
}

impl From<DecodeErrorKind> for DecodeError {
    #[cold]
    fn from(kind: DecodeErrorKind) -> Self {
        Self(Box::new(kind))
    }
}
