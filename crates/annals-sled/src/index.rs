//! The index of a volume in sled, in memory: which event lies where, and what each stream has.
//!
//! Its hashes are seeded at random, since ids and names are chosen by callers. It is derived: a log
//! that was not closed has it built again from the blocks.

use crate::stream_table::StreamPart;
use annals_events::{EventId, Position, StreamId, StreamVersion};
use annals_log::AppendEntry;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hint::black_box;

/// Event id to place.
pub(crate) type Ids = HashMap<EventId, u32, RandomState>;
/// Stream to what the volume has of it.
pub(crate) type Streams = HashMap<StreamId, StreamPart, RandomState>;

/// An event as far as the index knows it: whose it is, and the how manyth of its stream.
pub(crate) type InStream = (EventId, StreamId, StreamVersion);

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

    /// The id of the event at a position, looked for among all.
    pub(crate) fn id_at(&self, position: Position) -> Option<EventId> {
        let place = position.get().checked_sub(self.first.get())?;
        self.ids().find(|(_, at)| u64::from(*at) == place).map(|(id, _)| id)
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
        self.add_id(position, id)?;
        self.add_to_stream(position, stream, version)
    }

    /// Adds events behind all others, one behind the other from a position on, as [`Self::add`]
    /// does one; with the first position where something is wrong. First come all ids, then all
    /// streams: there is no cache that either are in, so that one is waited for beside the next.
    pub(crate) fn add_all(
        &mut self,
        first: Position,
        events: &[InStream],
    ) -> Result<(), (Position, String)> {
        let numbered = || (0..).map(|number| first.plus(number)).zip(events);
        let wrong_id = numbered().find_map(|(position, (id, ..))| {
            self.add_id(position, *id).err().map(|what| (position, what))
        });
        let sound = |position| wrong_id.as_ref().is_none_or(|(wrong, _)| position < *wrong);
        for (position, (_, stream, version)) in numbered().take_while(|(at, _)| sound(*at)) {
            self.add_to_stream(position, stream, *version).map_err(|what| (position, what))?;
        }
        wrong_id.map_or(Ok(()), Err)
    }

    /// Has the processor's caches hold what is about to be asked of events: looked up one right
    /// behind the other, one place in memory is waited for beside the next. It changes nothing.
    pub(crate) fn fetch<'a>(&self, events: impl Iterator<Item = &'a AppendEntry> + Clone) {
        let known = events.clone().filter(|event| self.ids.contains_key(&event.id)).count();
        let begun = events.filter(|event| self.streams.contains_key(&event.stream)).count();
        // Without a use of them they would not be looked up at all.
        black_box((known, begun));
    }

    /// How far a position lies behind the first.
    fn place_of(&self, position: Position) -> Result<u32, String> {
        let place = position.get().checked_sub(self.first.get());
        place
            .and_then(|place| u32::try_from(place).ok())
            .ok_or_else(|| format!("position {position} is too far from {}", self.first))
    }

    fn add_id(&mut self, position: Position, id: EventId) -> Result<(), String> {
        let place = self.place_of(position)?;
        match self.ids.entry(id) {
            Entry::Occupied(first) => {
                let first = self.first.plus(u64::from(*first.get()));
                Err(format!("event id {id} is at position {first} already"))
            }
            Entry::Vacant(free) => {
                free.insert(place);
                Ok(())
            }
        }
    }

    fn add_to_stream(
        &mut self,
        position: Position,
        stream: &StreamId,
        version: StreamVersion,
    ) -> Result<(), String> {
        let place = self.place_of(position)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    proptest! {
        #[test]
        fn of_events_added_together_the_same_is_wrong_as_of_each_added_by_itself(
            first in 0..2_u64,
            batches in prop::collection::vec(
                prop::collection::vec((1..40_u128, 0..2_u8, 1..4_u64), 1..5), 1..5),
        ) {
            let first = Position::new(first);
            let (mut one, mut all) = (Index::starting_at(first), Index::starting_at(first));
            for batch in batches {
                let batch: Vec<_> = batch.into_iter().map(|(id, stream, version)| {
                    let id = EventId::new(Uuid::from_u128(id)).unwrap();
                    let stream = StreamId::party(&format!("customer-{stream}")).unwrap();
                    (id, stream, StreamVersion::new(version))
                }).collect();
                let begin = first.plus(all.count());
                let alone = (0..).zip(&batch).try_for_each(|(number, (id, stream, version))| {
                    let position = begin.plus(number);
                    one.add(position, *id, stream, *version).map_err(|what| (position, what))
                });
                let together = all.add_all(begin, &batch);
                prop_assert_eq!(&together, &alone);
                if together.is_err() {
                    break;
                }
                for (_, stream, _) in &batch {
                    prop_assert_eq!(all.stream(stream), one.stream(stream));
                }
            }
        }
    }
}
