//! The index of the open volume, in memory: which event lies where, and what each stream has.
//!
//! It is derived: a log that was not closed has it built again from the blocks.

use annals_events::{EventId, Position, StreamId, StreamVersion};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Event id to position, stream to positions.
#[derive(Default)]
pub(crate) struct Index {
    ids: HashMap<EventId, Position>,
    streams: HashMap<StreamId, Vec<Position>>,
}

impl Index {
    pub(crate) fn position_of(&self, id: EventId) -> Option<Position> {
        self.ids.get(&id).copied()
    }

    /// The positions of a stream's events, in order.
    pub(crate) fn stream(&self, stream: &StreamId) -> &[Position] {
        self.streams.get(stream).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn stream_version(&self, stream: &StreamId) -> StreamVersion {
        StreamVersion::new(self.stream(stream).len() as u64)
    }

    /// All streams with the position of their first event.
    pub(crate) fn streams(&self) -> Vec<(StreamId, Position)> {
        let first = |(stream, positions): (&StreamId, &Vec<Position>)| {
            positions.first().map(|first| (stream.clone(), *first))
        };
        self.streams.iter().filter_map(first).collect()
    }

    /// Adds the event behind all others; says what is wrong where its id is there already or its
    /// version is not the stream's next.
    pub(crate) fn add(
        &mut self,
        position: Position,
        id: EventId,
        stream: &StreamId,
        version: StreamVersion,
    ) -> Result<(), String> {
        match self.ids.entry(id) {
            Entry::Occupied(first) => {
                let first = first.get();
                return Err(format!("event id {id} is at position {first} already"));
            }
            Entry::Vacant(place) => place.insert(position),
        };
        // Most events go to streams that exist: their names are not copied.
        let positions = match self.streams.get_mut(stream) {
            Some(positions) => positions,
            None => self.streams.entry(stream.clone()).or_default(),
        };
        positions.push(position);
        let expected = positions.len() as u64;
        if version.get() == expected {
            Ok(())
        } else {
            Err(format!("stream {stream} goes on with version {version}, expected {expected}"))
        }
    }
}
