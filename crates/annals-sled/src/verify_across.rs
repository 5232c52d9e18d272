//! What must hold across volumes: an id stands once in the whole log, and the events of a stream
//! are counted on from one volume to the next.

use crate::archive::Archive;
use crate::damage::Damage;
use crate::flaw::Flaw;
use crate::index::Index;
use crate::open_error::OpenError;
use crate::place_hash::{hash_of_id, stream_name};
use crate::place_table::Place;
use crate::sealed_volume::SealedVolume;
use crate::stream_table::StreamPart;
use annals_events::{Event, EventId, Position};
use annals_log::{ReadError, Record};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::iter::Peekable;
use std::path::Path;

type Found = Result<(), (Position, OpenError)>;

/// A volume in sled: what was read of it, and the file it lies in.
pub(crate) struct InSled<'v> {
    pub(crate) index: &'v Index,
    pub(crate) file: &'v Path,
}

impl InSled<'_> {
    fn damaged(&self, position: Position, what: String) -> (Position, OpenError) {
        (position, Damage { position, file: self.file.to_owned(), what }.into())
    }
}

/// The last version of every stream so far, by the stream's name.
#[derive(Default)]
struct Versions(HashMap<Box<[u8]>, u64, RandomState>);

impl Versions {
    /// Takes what a volume has of a stream; says what is wrong where it does not go on from there.
    fn go_on(&mut self, name: &[u8], part: &StreamPart) -> Result<(), String> {
        let last = part.last_version().get();
        let before = if let Some(version) = self.0.get_mut(name) {
            std::mem::replace(version, last)
        } else {
            self.0.insert(name.into(), last);
            0
        };
        let (goes_on, expected) = (part.first_version.get(), before + 1);
        if goes_on == expected {
            return Ok(());
        }
        let name = String::from_utf8_lossy(name);
        Err(format!("stream {name} goes on with version {goes_on}, expected {expected}"))
    }
}

/// Holds the versions of all streams in all volumes against those before.
pub(crate) fn check_streams(archive: &Archive, in_sled: &[InSled<'_>]) -> Found {
    let mut versions = Versions::default();
    for volume in archive.volumes() {
        let walked = volume.streams().and_then(|table| {
            table.for_each(|name, part| versions.go_on(name, &part).map_err(Flaw::Damaged))
        });
        let first = volume.first();
        walked.map_err(|flaw| (first, flaw.at(first, volume.path())))?;
    }
    for volume in in_sled {
        let streams = volume.index.streams();
        let wrong = streams.filter_map(|(stream, part)| {
            let place = part.places.first().copied().unwrap_or_default();
            versions.go_on(stream_name(stream), part).err().map(|what| (place, what))
        });
        if let Some((place, what)) = wrong.min() {
            return Err(volume.damaged(volume.index.first().plus(u64::from(place)), what));
        }
    }
    Ok(())
}

/// Looks for ids that stand in two volumes, or twice in one. The tables of sealed volumes are
/// sorted by hash, and so are the ids in sled here, so that a small part of all of them at a time
/// is looked at together.
pub(crate) fn check_ids(archive: &Archive, in_sled: &[InSled<'_>]) -> Found {
    const PARTS: u64 = 1024;
    const PART_WIDTH: u64 = (1 << 40) / PARTS;
    let damaged = |volume: &SealedVolume, flaw: Flaw| {
        (volume.first(), flaw.at(volume.first(), volume.path()))
    };
    let mut tables = Vec::new();
    for volume in archive.volumes() {
        let ids = volume.ids().map_err(|flaw| damaged(volume, flaw))?;
        tables.push((volume, ids.iter().peekable()));
    }
    let open = IdsInSled::of(in_sled);
    let mut rest = open.sorted.iter().map(|(place, _)| *place).peekable();
    let mut together: Vec<Place> = Vec::new();
    for part in 1..=PARTS {
        let limit = part * PART_WIDTH;
        together.clear();
        for (volume, table) in &mut tables {
            take_below(table, limit, &mut together).map_err(|flaw| damaged(volume, flaw))?;
        }
        together.extend(std::iter::from_fn(|| rest.next_if(|place| place.0 < limit)));
        together.sort_unstable();
        for equal in together.chunk_by(|a, b| a.0 == b.0).filter(|equal| equal.len() > 1) {
            check_equal(archive, &open, equal)?;
        }
    }
    Ok(())
}

/// The ids of volumes in sled, sorted by hash as those of sealed volumes are.
struct IdsInSled<'v> {
    volumes: &'v [InSled<'v>],
    sorted: Vec<(Place, EventId)>,
}

impl<'v> IdsInSled<'v> {
    fn of(volumes: &'v [InSled<'v>]) -> Self {
        let ids = volumes.iter().flat_map(|volume| {
            let first = volume.index.first().get();
            volume.index.ids().map(move |(id, at)| ((hash_of_id(id), first + u64::from(at)), id))
        });
        let mut sorted: Vec<_> = ids.collect();
        sorted.sort_unstable_by_key(|(place, _)| *place);
        Self { volumes, sorted }
    }

    fn id_at(&self, place: Place) -> Option<EventId> {
        let found = self.sorted.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        self.sorted.get(found).map(|(_, id)| *id)
    }

    fn volume_of(&self, position: Position) -> Option<&InSled<'v>> {
        self.volumes.iter().rfind(|volume| volume.index.first() <= position)
    }
}

fn take_below(
    table: &mut Peekable<impl Iterator<Item = Result<Place, Flaw>>>,
    limit: u64,
    into: &mut Vec<Place>,
) -> Result<(), Flaw> {
    let is_below =
        |place: &Result<Place, Flaw>| place.as_ref().map_or(true, |place| place.0 < limit);
    while let Some(place) = table.next_if(is_below) {
        into.push(place?);
    }
    Ok(())
}

/// Events whose ids have the same hash must have different ids.
fn check_equal(archive: &Archive, open: &IdsInSled<'_>, places: &[Place]) -> Found {
    let mut ids: HashMap<EventId, Position> = HashMap::new();
    for place in places {
        let position = Position::new(place.1);
        let again =
            |id: EventId, first: Position| format!("event id {id} is at position {first} already");
        if let Some(volume) = archive.volume_of(position) {
            let damaged = |what| (position, Flaw::Damaged(what).at(position, volume.path()));
            let id = id_at(volume, position).map_err(|error| damaged(error.to_string()))?;
            if let Some(first) = ids.insert(id, position) {
                return Err(damaged(again(id, first)));
            }
        } else if let (Some(id), Some(volume)) = (open.id_at(*place), open.volume_of(position))
            && let Some(first) = ids.insert(id, position)
        {
            return Err(volume.damaged(position, again(id, first)));
        }
    }
    Ok(())
}

fn id_at(volume: &SealedVolume, position: Position) -> Result<EventId, ReadError> {
    let bytes = volume.record_bytes(position)?;
    let summary = Record::parse(&bytes)
        .and_then(|record| Event::decode_summary(record.caller_bytes()))
        .map_err(|why| ReadError::Unreadable { position, why })?;
    Ok(summary.id)
}
