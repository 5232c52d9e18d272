//! All volumes of an open log: the sealed ones, those that are full and wait to be sealed, the open
//! one. They change as a whole; a reader keeps the set it began with for as long as one page.

use crate::archive::Archive;
use crate::chain::ChainEnd;
use crate::index::Index;
use crate::open_volume::OpenVolume;
use crate::place_hash::stream_of_name;
use crate::sealed_volume::Group;
use crate::stream_table::StreamTable;
use annals_events::{EventId, Position, StreamId, StreamVersion};
use annals_log::{Block, ReadError, Record};
use std::collections::HashMap;
use std::sync::Arc;

/// A volume in sled that takes no more events.
#[derive(Debug)]
pub(crate) struct FullVolume {
    pub(crate) volume: Arc<OpenVolume>,
    pub(crate) index: Index,
    /// Where the chain stands behind it.
    pub(crate) end: ChainEnd,
}

/// The volumes at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Volumes {
    pub(crate) archive: Arc<Archive>,
    pub(crate) full: Vec<Arc<FullVolume>>,
    pub(crate) open: Arc<OpenVolume>,
}

/// Records that lie together and were read together.
pub(crate) enum Records<'a> {
    Block(Block<'a>),
    Group(&'a Group),
}

impl<'a> Records<'a> {
    /// The position of the first.
    pub(crate) fn first(&self) -> Position {
        match self {
            Self::Block(block) => block.first(),
            Self::Group(group) => group.first(),
        }
    }

    /// The position behind the last.
    pub(crate) fn next(&self) -> Position {
        let count = match self {
            Self::Block(block) => block.count(),
            Self::Group(group) => group.count(),
        };
        self.first().plus(count as u64)
    }

    pub(crate) fn record_at(&self, position: Position) -> Option<Record<'a>> {
        match self {
            Self::Block(block) => block.record_at(position),
            Self::Group(group) => group.record_at(position),
        }
    }
}

impl Volumes {
    /// The volume in sled that holds a position, if it is not sealed.
    fn in_sled(&self, position: Position) -> &OpenVolume {
        let full = self.full.iter().find(|full| full.end.next() > position);
        full.map_or(&self.open, |full| &full.volume)
    }

    /// Uses the records that lie with the one at a position, which must be one of the log's.
    pub(crate) fn with_records<T>(
        &self,
        position: Position,
        group: &mut Group,
        run: impl FnOnce(&Records<'_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        if let Some(sealed) = self.archive.volume_of(position) {
            let index = sealed.group_of(position);
            sealed.read_group(index, group)?;
            return run(&Records::Group(group));
        }
        let volume = self.in_sled(position);
        let bytes = volume.block_bytes(position)?;
        let block = volume.block(&bytes, position)?;
        if block.record_bytes_at(position).is_none() {
            return Err(volume.missing(position).into());
        }
        run(&Records::Block(block))
    }

    /// The bytes of the record at a position.
    pub(crate) fn record_bytes(&self, position: Position) -> Result<Vec<u8>, ReadError> {
        self.with_records(position, &mut Group::default(), |records| {
            let record = records.record_at(position);
            record.map(|record| record.bytes().to_vec()).ok_or_else(|| self.missing(position))
        })
    }

    /// What is said where a position that must be there is not.
    pub(crate) fn missing(&self, position: Position) -> ReadError {
        self.in_sled(position).missing(position).into()
    }

    /// Where the event with this id is, if not in the open volume.
    pub(crate) fn earlier_position_of(&self, id: EventId) -> Result<Option<Position>, ReadError> {
        match self.full.iter().find_map(|full| full.index.position_of(id)) {
            Some(position) => Ok(Some(position)),
            None => self.archive.position_of(id),
        }
    }

    /// The version of a stream before the open volume.
    pub(crate) fn earlier_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        if let Some(part) = self.full.iter().rev().find_map(|full| full.index.stream(stream)) {
            return Ok(part.last_version());
        }
        let parts = self.archive.stream_parts(stream, true)?;
        Ok(parts.first().map_or(StreamVersion::NONE, |(_, part)| part.last_version()))
    }

    /// Where the events of a stream lie that are not in the open volume, in order.
    pub(crate) fn earlier_places(&self, stream: &StreamId) -> Result<Vec<Position>, ReadError> {
        let mut parts = self.archive.stream_parts(stream, false)?;
        parts.reverse();
        let mut positions = Vec::new();
        for (first, part) in &parts {
            positions.extend(part.places.iter().map(|place| first.plus(u64::from(*place))));
        }
        for full in &self.full {
            if let Some(part) = full.index.stream(stream) {
                let first = full.index.first();
                positions.extend(part.places.iter().map(|place| first.plus(u64::from(*place))));
            }
        }
        Ok(positions)
    }

    /// All streams that have events before the open volume, with the first one's position.
    pub(crate) fn earlier_streams(&self) -> Result<HashMap<StreamId, Position>, ReadError> {
        let mut streams: HashMap<StreamId, Position> = HashMap::new();
        for volume in self.archive.volumes() {
            let shown = volume.streams().and_then(|table| {
                table.for_each(|name, part| {
                    let place = part.places.first().copied().unwrap_or_default();
                    if let Some(stream) = stream_of_name(name) {
                        let first = volume.first().plus(u64::from(place));
                        streams.entry(stream).or_insert(first);
                    }
                    Ok(())
                })
            });
            shown.map_err(|flaw| volume.flaw(volume.first(), flaw))?;
        }
        for full in &self.full {
            add_streams(&mut streams, &full.index);
        }
        Ok(streams)
    }

    /// How many streams begin before the open volume.
    pub(crate) fn earlier_streams_count(&self) -> Result<u64, ReadError> {
        let mut count = self.full.iter().map(|full| full.index.count_beginning()).sum();
        for volume in self.archive.volumes() {
            let beginning = volume.streams().and_then(StreamTable::count_beginning);
            count += beginning.map_err(|flaw| volume.flaw(volume.first(), flaw))?;
        }
        Ok(count)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        (self.archive.volumes().len() + self.full.len() + 1) as u64
    }

    /// Bytes of all sealed files.
    pub(crate) fn sealed_bytes(&self) -> u64 {
        self.archive.volumes().iter().map(|volume| volume.size_bytes()).sum()
    }

    /// Bytes on disk of what is not sealed.
    pub(crate) fn unsealed_bytes(&self) -> Result<u64, ReadError> {
        let in_sled = self.full.iter().map(|full| &*full.volume).chain([&*self.open]);
        in_sled.map(OpenVolume::size_on_disk).sum()
    }
}

/// Adds the streams of an index that are not there yet.
pub(crate) fn add_streams(streams: &mut HashMap<StreamId, Position>, index: &Index) {
    for (stream, part) in index.streams() {
        let place = part.places.first().copied().unwrap_or_default();
        if !streams.contains_key(stream) {
            streams.insert(stream.clone(), index.first().plus(u64::from(place)));
        }
    }
}
