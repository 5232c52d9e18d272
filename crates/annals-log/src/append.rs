//! Appends: what is asked for, and what became of it.
//!
//! The events are encoded when the append is made, on the caller's thread, so that the one thread
//! that writes only assigns places and hashes.

use crate::append_condition::{AppendCondition, ExpectedVersion};
use crate::error::AppendError;
use crate::record::{ASSIGNED_BYTES, RECORD_BYTES_MAX};
use annals_events::{Event, EventId, Instant, Position, StreamId, StreamVersion};

/// The most events of one append, and of one block.
pub const APPEND_EVENTS_MAX: usize = 512;
/// The most bytes of records of one append, what the ledger assigns included: it must fit a block
/// whole.
pub const APPEND_BYTES_MAX: usize = 88 * 1024;

/// Events to be appended all or nothing, with what must hold.
#[derive(Clone, Debug)]
pub struct Append {
    entries: Vec<AppendEntry>,
    conditions: Vec<AppendCondition>,
}

/// One encoded event of an append.
#[derive(Clone, Debug)]
pub struct AppendEntry {
    /// The idempotency key.
    pub id: EventId,
    /// The stream it goes to.
    pub stream: StreamId,
    /// When it occurred, for the check against the writer's clock.
    pub occurred_at: Instant,
    /// What the caller answers for: [`Event::encode`].
    pub bytes: Box<[u8]>,
}

impl Append {
    /// Encodes events for appending, without conditions.
    ///
    /// # Errors
    /// When there are none, a personal field is not sealed, an event is larger than a record may
    /// be, or all together are more than one block holds.
    pub fn new(events: &[Event]) -> Result<Self, AppendError> {
        Self::with_record_limit(events, RECORD_BYTES_MAX)
    }

    /// The same with a smaller limit for one record.
    ///
    /// # Errors
    /// As [`Append::new`].
    pub fn with_record_limit(
        events: &[Event],
        record_bytes_max: usize,
    ) -> Result<Self, AppendError> {
        let mut entries = Vec::with_capacity(events.len());
        let mut total = 0;
        for event in events {
            let bytes = event
                .encode()
                .map_err(|source| AppendError::NotSealed { id: event.id(), source })?;
            let limit = record_bytes_max.min(RECORD_BYTES_MAX);
            if bytes.len() > limit {
                return Err(AppendError::RecordTooLarge {
                    id: event.id(),
                    size_bytes: bytes.len(),
                    limit_bytes: limit,
                });
            }
            total += ASSIGNED_BYTES + bytes.len();
            entries.push(AppendEntry {
                id: event.id(),
                stream: event.stream().clone(),
                occurred_at: event.occurred_at(),
                bytes: bytes.into_boxed_slice(),
            });
        }
        if entries.is_empty() {
            return Err(AppendError::Empty);
        }
        if entries.len() > APPEND_EVENTS_MAX || total > APPEND_BYTES_MAX {
            return Err(AppendError::TooLarge { events: entries.len(), size_bytes: total });
        }
        Ok(Self { entries, conditions: Vec::new() })
    }

    /// Adds what a stream must be like. Streams without a condition may be at any version.
    #[must_use]
    pub fn expect(mut self, stream: StreamId, expected: ExpectedVersion) -> Self {
        self.conditions.push(AppendCondition { stream, expected });
        self
    }

    /// The encoded events.
    pub fn entries(&self) -> &[AppendEntry] {
        &self.entries
    }

    /// What must hold.
    pub fn conditions(&self) -> &[AppendCondition] {
        &self.conditions
    }
}

/// Where an event is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its place in the log.
    pub position: Position,
    /// Its place in its stream.
    pub stream_version: StreamVersion,
    /// When the ledger learned it.
    pub recorded_at: Instant,
}

/// What became of one event of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was appended.
    Appended(Placed),
    /// It was there already, the same: this is where.
    Duplicate(Placed),
}

impl Outcome {
    /// Where the event is, either way.
    pub fn placed(&self) -> Placed {
        match self {
            Self::Appended(placed) | Self::Duplicate(placed) => *placed,
        }
    }
}

/// A durable append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// What became of each event, in the order given.
    pub outcomes: Vec<Outcome>,
}
