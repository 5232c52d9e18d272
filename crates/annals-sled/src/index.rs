//! The index of a volume in sled, in memory: which event lies where, and what each stream has.
//!
//! Its hashes are seeded at random, since ids and names are chosen by callers. It is derived: a log
//! that was not closed has it built again from the blocks.

use crate::stream_table::StreamPart;
use annals_events::{EventId, Position, StreamId, StreamVersion};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Event id to place.
pub(crate) type Ids = HashMap<EventId, u32, RandomState>;
/// Stream to what the volume has of it.
pub(crate) type Streams = HashMap<StreamId, StreamPart, RandomState>;

/// Event id to place, stream to places; places are counted from the volume's first position.
#[derive(Debug, Default)]
pub(crate) struct Index {
    first: Position,
    ids: Ids,
    streams: Streams,
}

impl Index {
    /// The index of a volume without events that begins here.
    pub(crate) fn starting_at(first: Position) -> Self {
        Self { first, ..Self::default() }
    }

    /// Makes room for about so many events in all.
    pub(crate) fn reserve(&mut self, events: u64) {
        const EVENTS_MAX: u64 = 1 << 22;
        let events = usize::try_from(events.min(EVENTS_MAX)).unwrap_or_default();
        self.ids.reserve(events.saturating_sub(self.ids.len()));
    }

    /// An index as it was kept.
    pub(crate) fn from_parts(first: Position, ids: Ids, streams: Streams) -> Self {
        Self { first, ids, streams }
    }

    pub(crate) fn first(&self) -> Position {
        self.first
    }

    /// How many events there are.
    pub(crate) fn count(&self) -> u64 {
        self.ids.len() as u64
    }

    pub(crate) fn ids(&self) -> impl ExactSizeIterator<Item = (EventId, u32)> {
        self.ids.iter().map(|(id, place)| (*id, *place))
    }

    /// All streams with what the volume has of them.
    pub(crate) fn streams(&self) -> impl ExactSizeIterator<Item = (&StreamId, &StreamPart)> {
        self.streams.iter()
    }

    /// How many streams begin here.
    pub(crate) fn count_beginning(&self) -> u64 {
        self.streams.values().filter(|part| part.begins()).count() as u64
    }

    pub(crate) fn position_of(&self, id: EventId) -> Option<Position> {
        self.ids.get(&id).map(|place| self.first.plus(u64::from(*place)))
    }

    /// What the volume has of a stream.
    pub(crate) fn stream(&self, stream: &StreamId) -> Option<&StreamPart> {
        self.streams.get(stream)
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
        let place = position.get().checked_sub(self.first.get());
        let Some(place) = place.and_then(|place| u32::try_from(place).ok()) else {
            return Err(format!("position {position} is too far from {}", self.first));
        };
        match self.ids.entry(id) {
            Entry::Occupied(first) => {
                let first = self.first.plus(u64::from(*first.get()));
                return Err(format!("event id {id} is at position {first} already"));
            }
            Entry::Vacant(free) => free.insert(place),
        };
        // Most events go to streams that exist: their names are not copied.
        let expected = if let Some(part) = self.streams.get_mut(stream) {
            part.places.push(place);
            part.last_version()
        } else {
            // What came before lies in other volumes; where there are none, nothing did.
            let is_first = self.first == Position::START;
            let first_version = if is_first { StreamVersion::new(1) } else { version };
            let part = StreamPart { first_version, places: vec![place] };
            self.streams.insert(stream.clone(), part);
            first_version
        };
        if version == expected {
            Ok(())
        } else {
            Err(format!("stream {stream} goes on with version {version}, expected {expected}"))
        }
    }
}
