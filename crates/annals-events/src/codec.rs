//! The payload codec: how values become bytes and come back.
//!
//! This is the only module that touches bincode (2.0.1, little endian, variable-length integers):
//! the project is unmaintained, so everything else speaks [`Stored`], [`Encoder`] and [`Decoder`],
//! and replacing it is a matter of this one file. The bytes are described in `docs/format.md`.
//!
//! Decoding never trusts a length: byte and text fields are borrowed from the input before they are
//! copied, so a hostile length fails on the input's end instead of allocating. Every value has one
//! stored form, and decoding refuses all others, so that nothing needs to be encoded again to be
//! sure.
//! Deliberately absent: schema evolution. A record carries its kind and version instead.

pub use crate::decode_error::{DecodeError, DecodeErrorKind};
use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use serde::{Serialize, de::DeserializeOwned};

/// Nothing that is decoded from stored bytes may claim more than this.
const LIMIT_BYTES: usize = 1 << 30;
const CONFIG: Configuration<LittleEndian, Varint, Limit<LIMIT_BYTES>> =
    bincode::config::standard().with_limit::<LIMIT_BYTES>();

/// A value with a stored form.
///
/// The stored form of a value is fixed for ever; a changed one is a new kind version.
pub trait Stored: Sized {
    /// Appends the value's bytes.
    fn store(&self, to: &mut Encoder);
    /// Reads a value back; strict: storing it gives the bytes read and no others.
    ///
    /// # Errors
    /// When the bytes are malformed, hold a value that no constructor would make, or are another
    /// form of a value than the one that is stored.
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError>;
}

/// Collects bytes.
#[derive(Default)]
pub struct Encoder {
    bytes: Vec<u8>,
}

struct Sink<'a>(&'a mut Vec<u8>);

impl bincode::enc::write::Writer for Sink<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), bincode::error::EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

impl Encoder {
    /// An encoder that goes on after the bytes given.
    pub fn after(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// The bytes collected.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn put(&mut self, value: impl bincode::Encode) {
        bincode::encode_into_writer(value, Sink(&mut self.bytes), CONFIG)
            .expect("writing integers and slices to memory cannot fail");
    }

    /// One byte, as it is.
    pub fn byte(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// Bytes without a length, for arrays of a known one.
    pub fn raw(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
    }

    /// An unsigned integer of variable length.
    pub fn unsigned(&mut self, value: u64) {
        self.put(value);
    }

    /// A signed integer of variable length (zigzag).
    pub fn signed(&mut self, value: i64) {
        self.put(value);
    }

    /// A length, then the bytes.
    pub fn slice(&mut self, value: &[u8]) {
        self.put(value);
    }
}

/// The greatest integer that is its own first byte.
const LITERAL_MAX: u8 = 250;

/// Reads bytes front to back.
pub struct Decoder<'a> {
    rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    /// A decoder over these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// One byte.
    ///
    /// # Errors
    /// At the end of the bytes.
    #[inline]
    pub fn byte(&mut self) -> Result<u8, DecodeError> {
        self.raw::<1>().map(|[byte]| *byte)
    }

    /// An array of a known length, where it lies in the input.
    ///
    /// # Errors
    /// When fewer bytes are left.
    #[inline]
    pub fn raw<const N: usize>(&mut self) -> Result<&'a [u8; N], DecodeError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or_else(unexpected_end)?;
        self.rest = rest;
        Ok(head)
    }

    /// An unsigned integer.
    ///
    /// # Errors
    /// When the bytes are no integer.
    #[inline]
    pub fn unsigned(&mut self) -> Result<u64, DecodeError> {
        match self.byte()? {
            byte @ 0..=LITERAL_MAX => Ok(u64::from(byte)),
            tag => self.longer(tag),
        }
    }

    /// An integer that is more than one byte, behind its first.
    fn longer(&mut self, tag: u8) -> Result<u64, DecodeError> {
        // The numbers are those of bincode's variable-length integers; only the shortest form is
        // one, so that what is read encodes to the same bytes again.
        let (value, shorter_max) = match tag {
            251 => (u64::from(u16::from_le_bytes(*self.raw()?)), u64::from(LITERAL_MAX)),
            252 => (u64::from(u32::from_le_bytes(*self.raw()?)), u64::from(u16::MAX)),
            253 => (u64::from_le_bytes(*self.raw()?), u64::from(u32::MAX)),
            tag => return Err(no_integer(tag)),
        };
        if value > shorter_max { Ok(value) } else { Err(DecodeError::not_canonical()) }
    }

    /// A signed integer.
    ///
    /// # Errors
    /// When the bytes are no integer.
    #[inline]
    pub fn signed(&mut self) -> Result<i64, DecodeError> {
        let zigzag = self.unsigned()?;
        Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    /// Bytes behind a length, borrowed from the input.
    ///
    /// # Errors
    /// When the length is beyond the input's end.
    #[inline]
    pub fn slice(&mut self) -> Result<&'a [u8], DecodeError> {
        let length: usize = self.narrow()?;
        let (slice, rest) = self.rest.split_at_checked(length).ok_or_else(unexpected_end)?;
        self.rest = rest;
        Ok(slice)
    }

    /// Text behind a length, borrowed from the input.
    ///
    /// # Errors
    /// When the length is beyond the input's end or the bytes are not UTF-8.
    #[inline]
    pub fn text(&mut self) -> Result<&'a str, DecodeError> {
        str::from_utf8(self.slice()?).map_err(no_text)
    }

    /// An unsigned integer that must fit a smaller type.
    ///
    /// # Errors
    /// When it does not.
    #[inline]
    pub fn narrow<T: TryFrom<u64>>(&mut self) -> Result<T, DecodeError> {
        let value = self.unsigned()?;
        T::try_from(value).map_err(|_| too_large(value))
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// When something is.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(trailing(self.rest.len())) }
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }
}

// What is rarely needed is kept out of the way of what is needed for every event.

#[cold]
fn unexpected_end() -> DecodeError {
    DecodeError::malformed("unexpected end")
}

#[cold]
fn no_integer(tag: u8) -> DecodeError {
    DecodeError::malformed(format_args!("{tag} begins no integer"))
}

#[cold]
fn no_option(tag: u8) -> DecodeError {
    DecodeError::malformed(format_args!("{tag} is no option tag"))
}

#[cold]
fn trailing(bytes: usize) -> DecodeError {
    DecodeErrorKind::Trailing(bytes).into()
}

#[cold]
fn too_large(value: u64) -> DecodeError {
    DecodeError::impossible(format_args!("{value} is too large"))
}

#[cold]
fn no_text(error: std::str::Utf8Error) -> DecodeError {
    DecodeError::malformed(error)
}

impl<T: Stored> Stored for Option<T> {
    fn store(&self, to: &mut Encoder) {
        match self {
            None => to.byte(0),
            Some(value) => {
                to.byte(1);
                value.store(to);
            }
        }
    }

    #[inline]
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        match from.byte()? {
            0 => Ok(None),
            1 => T::restore(from).map(Some),
            tag => Err(no_option(tag)),
        }
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn store(&self, to: &mut Encoder) {
        to.unsigned(self.len() as u64);
        for value in self {
            value.store(to);
        }
    }

    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let count: usize = from.narrow()?;
        // Every element takes at least one byte, so a hostile count ends at the input's end.
        let mut values = Vec::with_capacity(count.min(from.remaining()).min(1024));
        for _ in 0..count {
            values.push(T::restore(from)?);
        }
        Ok(values)
    }
}

/// The stored form of a projection's state.
///
/// # Errors
/// When the state holds what the codec cannot write (an unsized sequence).
pub fn state_to_bytes<T: Serialize>(state: &T) -> Result<Vec<u8>, DecodeError> {
    /// Most states fit, and are then copied once instead of being moved again and again.
    const BYTES_EXPECTED: usize = 512;
    let mut bytes = Vec::with_capacity(BYTES_EXPECTED);
    write_state(state, &mut bytes)?;
    Ok(bytes.as_slice().to_vec())
}

/// Appends the stored form of a projection's state.
///
/// # Errors
/// When the state holds what the codec cannot write (an unsized sequence).
pub fn write_state<T: Serialize>(state: &T, to: &mut Vec<u8>) -> Result<(), DecodeError> {
    bincode::serde::encode_into_writer(state, Sink(to), CONFIG).map_err(DecodeError::impossible)
}

/// A projection's state from its stored form; all bytes must be used.
///
/// # Errors
/// When the bytes are not such a state.
pub fn state_from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let (state, used) =
        bincode::serde::borrow_decode_from_slice(bytes, CONFIG).map_err(DecodeError::malformed)?;
    if used == bytes.len() { Ok(state) } else { Err(trailing(bytes.len() - used)) }
}

/// The beginning of a projection's state, or whatever has the same bytes up to some place; what
/// lies behind is not looked at.
///
/// # Errors
/// When the bytes do not begin so.
pub fn state_beginning_from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let decoded = bincode::serde::borrow_decode_from_slice(bytes, CONFIG);
    decoded.map(|(state, _)| state).map_err(DecodeError::malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_back_and_only_in_their_shortest_form() {
        let edges = [0, 1, 250, 251, 65_535, 65_536, u64::from(u32::MAX), 1 << 32, u64::MAX];
        for value in edges {
            let mut to = Encoder::default();
            to.unsigned(value);
            to.signed(value.cast_signed());
            let bytes = to.into_bytes();
            let mut from = Decoder::new(&bytes);
            assert_eq!(from.unsigned(), Ok(value));
            assert_eq!(from.signed(), Ok(value.cast_signed()));
            from.finish().unwrap();
        }
        let longer: [&[u8]; 3] =
            [&[251, 250, 0], &[252, 255, 255, 0, 0], &[253, 255, 255, 255, 255, 0, 0, 0, 0]];
        for bytes in longer {
            assert_eq!(Decoder::new(bytes).unsigned(), Err(DecodeError::not_canonical()));
        }
        assert!(Decoder::new(&[254; 20]).unsigned().is_err());
    }
}
