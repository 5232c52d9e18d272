//! The contract of a log: append, read, subscribe; the record and block format; the log in memory.
//!
//! Everything here is independent of where a log is kept. A backend implements [`EventLog`] and is
//! held to it by the conformance suite, the in-memory log first.

mod append;
mod append_condition;
mod block;
mod clock;
mod error;
mod event_log;
mod filter;
mod memory_log;
mod pages;
mod plan;
mod position_range;
mod record;

pub use append::{
    APPEND_BYTES_MAX, APPEND_EVENTS_MAX, Append, AppendEntry, Appended, Outcome, Placed,
};
pub use append_condition::{AppendCondition, ExpectedVersion};
pub use block::{BLOCK_BYTES_MAX, BLOCK_MAGIC, Block, BlockBuilder, BlockError, FORMAT_VERSION};
pub use clock::{Clock, SKEW_SECONDS_DEFAULT, SystemClock};
pub use error::{AppendError, ReadError};
pub use event_log::{EventLog, EventStream, Head};
pub use filter::Filter;
pub use memory_log::MemoryLog;
pub use pages::{HeadSignal, Page, Pages, follow, read_positions, read_range};
pub use plan::{KnownEvents, Planned, check_clock, plan};
pub use position_range::{Direction, PositionRange, VersionRange};
pub use record::{ASSIGNED_BYTES, RECORD_BYTES_MAX, Record, write_record};
