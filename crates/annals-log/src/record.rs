//! The record: the bytes of one event in its place, all of it that is hashed.
//!
//! ```text
//! offset  size  field
//!      0     8  stream version, u64 little endian
//!      8     8  recorded_at, nanoseconds since 1970, i64 little endian
//!     16     n  the event as its caller gave it (annals_events::Event::encode)
//! ```
//! What the ledger assigns comes first and has a fixed size, so that the writer puts it before
//! bytes that were encoded elsewhere, and so that two records can be compared without it.

use annals_audit::{Hash, leaf_hash};
use annals_events::codec::DecodeError;
use annals_events::{Event, Instant, Position, RecordedEvent, StreamVersion};

/// The most bytes the caller's part of a record has; ledgers may set a smaller limit.
pub const RECORD_BYTES_MAX: usize = 64 * 1024;
/// The bytes before the caller's part.
pub const ASSIGNED_BYTES: usize = 16;

/// Appends a record to a buffer.
pub fn write_record(to: &mut Vec<u8>, version: StreamVersion, recorded_at: Instant, caller: &[u8]) {
    to.extend_from_slice(&version.get().to_le_bytes());
    to.extend_from_slice(&recorded_at.unix_nanoseconds().to_le_bytes());
    to.extend_from_slice(caller);
}

/// A record's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    bytes: &'a [u8],
    version: StreamVersion,
    recorded_at: Instant,
    caller: &'a [u8],
}

impl<'a> Record<'a> {
    /// Takes a record apart.
    ///
    /// # Errors
    /// When it is shorter than what the ledger assigns.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let parts = bytes.split_first_chunk::<8>().and_then(|(version, rest)| {
            let (recorded_at, caller) = rest.split_first_chunk::<8>()?;
            Some((version, recorded_at, caller))
        });
        let Some((version, recorded_at, caller)) = parts else {
            return Err(DecodeError::malformed(format_args!("a record of {} bytes", bytes.len())));
        };
        Ok(Self {
            bytes,
            version: StreamVersion::new(u64::from_le_bytes(*version)),
            recorded_at: Instant::from_unix_nanoseconds(i64::from_le_bytes(*recorded_at)),
            caller,
        })
    }

    /// All the bytes: what is hashed.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What the caller answered for.
    pub fn caller_bytes(&self) -> &'a [u8] {
        self.caller
    }

    /// The place in the stream.
    pub fn stream_version(&self) -> StreamVersion {
        self.version
    }

    /// When the ledger learned it.
    pub fn recorded_at(&self) -> Instant {
        self.recorded_at
    }

    /// The RFC 6962 leaf hash of the exact bytes.
    pub fn leaf(&self) -> Hash {
        leaf_hash(self.bytes)
    }

    /// Decodes the event, strictly.
    ///
    /// # Errors
    /// When the bytes are no event, or one of a kind unknown here.
    #[inline]
    pub fn decode(&self, position: Position) -> Result<RecordedEvent, DecodeError> {
        Ok(RecordedEvent {
            position,
            stream_version: self.version,
            recorded_at: self.recorded_at,
            event: Event::decode(self.caller)?,
        })
    }
}
