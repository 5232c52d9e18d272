//! What must hold across volumes: an id stands once in the whole log, and the events of a stream
//! are counted on from one volume to the next.

use crate::archive::Archive;
use crate::damage::Damage;
use crate::flaw::Flaw;
use crate::index::Index;
use crate::open_error::OpenError;
use crate::place_table::Place;
use crate::sealed_volume::SealedVolume;
use annals_events::{Event, EventId, Position};
use annals_log::{ReadError, Record};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::iter::Peekable;
use std::path::Path;

type Found = Result<(), (Position, OpenError)>;

/// Holds the versions of all streams in sealed volumes against those before.
pub(crate) fn check_streams(archive: &Archive) -> Found {
    let mut versions: HashMap<Box<[u8]>, u64, RandomState> = HashMap::default();
    for volume in archive.volumes() {
        let first = volume.first();
        let walked = volume.streams().and_then(|table| {
            table.for_each(|name, part| {
                let last = part.last_version().get();
                let before = if let Some(version) = versions.get_mut(name) {
                    std::mem::replace(version, last)
                } else {
                    versions.insert(name.into(), last);
                    0
                };
                let (goes_on, expected) = (part.first_version.get(), before + 1);
                if goes_on == expected {
                    return Ok(());
                }
                let name = String::from_utf8_lossy(name);
                Flaw::damaged(format!(
                    "stream {name} goes on with version {goes_on}, expected {expected}"
                ))
            })
        });
        walked.map_err(|flaw| (first, flaw.at(first, volume.path())))?;
    }
    Ok(())
}

/// Looks for ids that stand in two sealed volumes, or twice in one. The tables are sorted by hash,
/// so that a small part of all of them at a time is looked at together.
pub(crate) fn check_ids(archive: &Archive) -> Found {
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
    let mut together: Vec<Place> = Vec::new();
    for part in 1..=PARTS {
        together.clear();
        for (volume, table) in &mut tables {
            take_below(table, part * PART_WIDTH, &mut together)
                .map_err(|flaw| damaged(volume, flaw))?;
        }
        together.sort_unstable();
        for equal in together.chunk_by(|a, b| a.0 == b.0).filter(|equal| equal.len() > 1) {
            check_equal(archive, equal)?;
        }
    }
    Ok(())
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
fn check_equal(archive: &Archive, places: &[Place]) -> Found {
    let mut ids: HashMap<EventId, Position> = HashMap::new();
    for (_, position) in places {
        let position = Position::new(*position);
        let Some(volume) = archive.volume_of(position) else { continue };
        let id = id_at(volume, position).map_err(|error| {
            let flaw = Flaw::Damaged(error.to_string());
            (position, flaw.at(position, volume.path()))
        })?;
        if let Some(first) = ids.insert(id, position) {
            let flaw = Flaw::Damaged(format!("event id {id} is at position {first} already"));
            return Err((position, flaw.at(position, volume.path())));
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

/// Holds the index of a volume in sled against all volumes before it.
pub(crate) fn check_index(
    archive: &Archive,
    before: &[&Index],
    index: &Index,
    file: &Path,
) -> Result<(), OpenError> {
    let at = |place: u32| index.first().plus(u64::from(place));
    let damaged = |place: u32, what: String| -> OpenError {
        Damage { position: at(place), file: file.to_owned(), what }.into()
    };
    let mut found: Option<(u32, String)> = None;
    let mut note = |place: u32, what: String| {
        if found.as_ref().is_none_or(|(first, _)| place < *first) {
            found = Some((place, what));
        }
    };
    for (id, place) in index.ids() {
        let earlier = before.iter().find_map(|index| index.position_of(id));
        let earlier = match earlier {
            Some(position) => Some(position),
            None => archive.position_of(id).map_err(|error| damaged(place, error.to_string()))?,
        };
        if let Some(first) = earlier {
            note(place, format!("event id {id} is at position {first} already"));
        }
    }
    for (stream, part) in index.streams() {
        let place = part.places.first().copied().unwrap_or_default();
        let last = match before.iter().rev().find_map(|index| index.stream(stream)) {
            Some(part) => part.last_version(),
            None => archive
                .stream_parts(stream, true)
                .map_err(|error| damaged(place, error.to_string()))?
                .first()
                .map(|(_, part)| part.last_version())
                .unwrap_or_default(),
        };
        let (goes_on, expected) = (part.first_version, last.next());
        if goes_on != expected {
            note(
                place,
                format!("stream {stream} goes on with version {goes_on}, expected {expected}"),
            );
        }
    }
    found.map_or(Ok(()), |(place, what)| Err(damaged(place, what)))
}
