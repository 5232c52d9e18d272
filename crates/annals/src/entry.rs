//! What the view store keeps for one customer of one projection: the state, and the last event
//! folded into it.
//!
//! ```text
//! offset  size  field
//!      0     8  occurred_at of the last event in the order of folding, i64 little endian
//!      8     8  its position, u64 little endian
//!     16     n  the state (bincode through serde)
//! ```

use annals_events::{Instant, Position, RecordedEvent};

/// A stored state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Where in the customer's history the state stands.
    pub(crate) last: FoldKey,
    /// The state in its stored form.
    pub(crate) state: Vec<u8>,
}

/// The order of folding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FoldKey {
    pub(crate) occurred_at: Instant,
    pub(crate) position: Position,
}

impl FoldKey {
    pub(crate) fn of(event: &RecordedEvent) -> Self {
        Self { occurred_at: event.event.occurred_at(), position: event.position }
    }

    /// Writes what stands before a state.
    pub(crate) fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.occurred_at.unix_nanoseconds().to_le_bytes());
        to.extend_from_slice(&self.position.get().to_le_bytes());
    }
}

impl Entry {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16 + self.state.len());
        self.last.write(&mut bytes);
        bytes.extend_from_slice(&self.state);
        bytes
    }

    /// `None` where the bytes are too short to be an entry; the caller rebuilds.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (occurred_at, rest) = bytes.split_first_chunk::<8>()?;
        let (position, state) = rest.split_first_chunk::<8>()?;
        let occurred_at = Instant::from_unix_nanoseconds(i64::from_le_bytes(*occurred_at));
        let position = Position::new(u64::from_le_bytes(*position));
        Some(Self { last: FoldKey { occurred_at, position }, state: state.to_vec() })
    }
}
