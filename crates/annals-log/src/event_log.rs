//! The contract every log keeps, whatever it is made of. `tests/conformance.rs` holds each to it.

use crate::append::{Append, Appended};
use crate::error::{AppendError, ReadError};
use crate::filter::Filter;
use crate::position_range::{Direction, PositionRange, VersionRange};
use crate::record::Record;
use annals_audit::Hash;
use annals_events::{EventId, Instant, Position, RecordedEvent, StreamId, StreamVersion};
use async_trait::async_trait;
use futures::stream::BoxStream;
use std::ops::ControlFlow;

/// Events as they are read. After [`ReadError::Unreadable`] the stream goes on with the next event;
/// after any other error it ends.
pub type EventStream = BoxStream<'static, Result<RecordedEvent, ReadError>>;

/// The end of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The position the next event will have, which is also how many events there are.
    pub next: Position,
    /// The RFC 6962 root over all records.
    pub root: Hash,
    /// When the last event was recorded; [`Instant::MIN`] for an empty log.
    pub recorded_at: Instant,
}

/// A sequence of immutable events in streams.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Appends all or nothing; durable when it returns.
    ///
    /// Ids are looked at before conditions. An event whose id is in the log already is skipped and
    /// acknowledged with its first place where what the caller gave is the same, and the whole
    /// append is refused where it differs. Conditions are then checked for the streams that events
    /// are still left for, and for streams that only a condition names; an append of which every
    /// event is there already succeeds whatever the conditions say. Dropping the future neither
    /// cancels nor repeats the append.
    ///
    /// # Errors
    /// As [`AppendError`] says; nothing of a refused append is in the log.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// Reads a range of the log.
    fn read(&self, range: PositionRange, filter: &Filter, direction: Direction) -> EventStream;

    /// Shows the records of a range, as far as the log goes when this is called, in order and
    /// undecoded, until `visit` breaks off. For threads of the caller's own that go through most of
    /// the log: blocks while it reads.
    ///
    /// # Errors
    /// When the log is closed or cannot be read further; what lies before has been shown.
    fn visit(
        &self,
        range: PositionRange,
        visit: &mut dyn FnMut(Position, Record<'_>) -> ControlFlow<()>,
    ) -> Result<(), ReadError>;

    /// Reads a stream.
    fn read_stream(
        &self,
        stream: &StreamId,
        range: VersionRange,
        direction: Direction,
    ) -> EventStream;

    /// Reads from a position to the head and then goes on with what is appended, without gap or
    /// repeat. Ends when the log is closed. A subscriber that does not read costs no memory.
    fn subscribe(&self, from: Position) -> EventStream;

    /// The end of the log.
    ///
    /// # Errors
    /// When the log cannot be read.
    async fn head(&self) -> Result<Head, ReadError>;

    /// The version of a stream: [`StreamVersion::NONE`] where it has no events.
    ///
    /// # Errors
    /// When the log cannot be read.
    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError>;

    /// Where the event with this id is.
    ///
    /// # Errors
    /// When the log cannot be read.
    async fn position_of(&self, id: EventId) -> Result<Option<Position>, ReadError>;

    /// All streams that have events, with the position of the first one, in no particular order.
    ///
    /// # Errors
    /// When the log cannot be read.
    async fn streams(&self) -> Result<Vec<(StreamId, Position)>, ReadError>;

    /// Takes no more appends, finishes those accepted, and lets go of what the log holds.
    ///
    /// # Errors
    /// When the last of it could not be made durable.
    async fn close(&self) -> Result<(), AppendError>;
}
