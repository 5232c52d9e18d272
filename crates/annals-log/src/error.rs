//! What can go wrong with a log, in the words of the ledger.

use crate::append_condition::ExpectedVersion;
use annals_events::codec::DecodeError;
use annals_events::{EventId, FieldError, Instant, Position, StreamId, StreamVersion};
use std::path::PathBuf;

/// Why an append was refused. Nothing of it is in the log, unless the error says otherwise.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Another writer was faster.
    #[error(
        "stream {stream} is at version {actual}, expected {expected}: reload it and decide again"
    )]
    VersionConflict {
        /// The stream.
        stream: StreamId,
        /// What the condition said.
        expected: ExpectedVersion,
        /// What it is.
        actual: StreamVersion,
    },
    /// The id names another fact already.
    #[error(
        "event id {id} is at position {position} already with other content: \
         give the new fact an id of its own, or correct the old one with correction.recorded"
    )]
    IdTaken {
        /// The id.
        id: EventId,
        /// Where the other event is.
        position: Position,
    },
    /// The same id twice in one append.
    #[error("event id {id} stands twice in one append: give every event its own id")]
    IdRepeated {
        /// The id.
        id: EventId,
    },
    /// Nothing to append.
    #[error("an append without events: give at least one")]
    Empty,
    /// More than one block holds.
    #[error(
        "an append of {events} events and {size_bytes} bytes is more than one block holds (512 events, 88 KiB): split it"
    )]
    TooLarge {
        /// How many events.
        events: usize,
        /// How many bytes.
        size_bytes: usize,
    },
    /// One event is too large.
    #[error(
        "event {id} takes {size_bytes} bytes, the limit is {limit_bytes}: keep large content outside and name its hash as evidence"
    )]
    RecordTooLarge {
        /// The event.
        id: EventId,
        /// Its size.
        size_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// The event says it happened later than now.
    #[error(
        "event {id} occurred at {occurred_at}, which is more than {skew_seconds} s ahead of the ledger's clock ({now}): \
         correct the time, or put what is planned into the payload (a due date)"
    )]
    AheadOfClock {
        /// The event.
        id: EventId,
        /// When it says it happened.
        occurred_at: Instant,
        /// The ledger's clock.
        now: Instant,
        /// The skew allowed.
        skew_seconds: i64,
    },
    /// A personal field is clear.
    #[error("event {id} has clear personal text: {source}")]
    NotSealed {
        /// The event.
        id: EventId,
        /// Where.
        source: FieldError,
    },
    /// The log takes no appends any more.
    #[error("the log is closed: open it again to append")]
    Closed,
    /// The log is open for reading only.
    #[error("the log is open for reading only: open it for writing to append")]
    ReadOnly,
    /// The disk refused, so that it is not known what is on it.
    #[error(
        "the log could not make the append durable ({what}): close it, make room or mend the disk, and open it again"
    )]
    NotDurable {
        /// What the disk said.
        what: String,
    },
    /// The log is damaged where the append had to read it.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl AppendError {
    /// Whether the same append may succeed later, unchanged, without anybody deciding anew.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Closed | Self::NotDurable { .. })
    }
}

/// Why something could not be read.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// One event cannot be read here, though its bytes are sound; reading goes on behind it.
    #[error("event at position {position} cannot be read: {why}")]
    Unreadable {
        /// Its place in the log.
        position: Position,
        /// Why.
        why: DecodeError,
    },
    /// The bytes are not what was written.
    #[error("damage at position {position} in {}: {what}; run annals verify for the whole extent", file.display())]
    Damaged {
        /// The first position concerned.
        position: Position,
        /// The file.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The operating system refused.
    #[error("reading {} failed: {what}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What it said.
        what: String,
    },
    /// The log was closed.
    #[error("the log is closed: open it again to read")]
    Closed,
}
