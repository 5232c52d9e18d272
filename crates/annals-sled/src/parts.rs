//! Parts of the log on their own, for measuring and fuzzing; not an interface, and no promise.
//!
//! What a hostile file does to its reader, and how long a lookup takes at a size that nobody wants
//! to append event by event, cannot be asked through [`crate::SledLog`]. Errors are texts: whoever
//! asks here looks at none of them.

use crate::archive::Archive;
use crate::flaw::Flaw;
use crate::generation::{Generation, ProjectionKey};
use crate::index::Index;
use crate::place_hash::{hash_of_id, stream_of_name};
use crate::place_table::Place;
use crate::run::{Run, RunWriter};
use crate::saved_index::read_index;
use crate::sealed_volume::{Group, SealedVolume};
use crate::varint::Reader;
use crate::verify::decodes_strictly;
use crate::verify_sealed::verify_sealed;
use annals_audit::Hash;
use annals_events::{Event, EventId, Position, StreamId, StreamVersion};
use annals_log::Record;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Verifies a sealed volume, asks it for every id and stream it holds, and gives all its records.
///
/// # Errors
/// When anything in it is not as it was written.
pub fn read_sealed_volume(path: &Path) -> Result<Vec<Vec<u8>>, String> {
    let volume = SealedVolume::open(path).map_err(in_words)?;
    verify_sealed(&volume, None, decodes_strictly).map_err(|(_, flaw)| in_words(flaw))?;
    let (mut group, mut records) = (Group::default(), Vec::new());
    for index in 0..volume.group_count() {
        volume.read_group(index, &mut group).map_err(|error| error.to_string())?;
        for (position, bytes) in group.records() {
            look_up(&volume, position, bytes)?;
            records.push(bytes.to_vec());
        }
    }
    Ok(records)
}

fn look_up(volume: &SealedVolume, position: Position, bytes: &[u8]) -> Result<(), String> {
    let record = Record::parse(bytes).map_err(|error| error.to_string())?;
    let event = Event::decode_summary(record.caller_bytes()).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    volume.ids().and_then(|ids| ids.find(hash_of_id(event.id), &mut found)).map_err(in_words)?;
    let part = volume.stream(&event.stream).map_err(|error| error.to_string())?;
    let place = position.get() - volume.first().get();
    let has = part.is_some_and(|part| part.places.iter().any(|at| u64::from(*at) == place));
    if has && found.contains(&position) {
        Ok(())
    } else {
        Err(format!("the event at {position} is not found by its id and stream"))
    }
}

/// All keys and states of a generation file of a projection.
///
/// # Errors
/// When anything in it is not as it was written.
pub fn read_generation(
    path: &Path,
    (name, version): (&str, u32),
    number: u64,
) -> Result<Vec<[Vec<u8>; 2]>, String> {
    let projection = ProjectionKey { name: name.to_owned(), version };
    let generation = Arc::new(Generation::open(path, &projection, number).map_err(in_words)?);
    let rows = generation.rows(1).into_iter().flat_map(|(rows, _)| rows);
    rows.map(|row| row.map(|(key, state)| [key, state]).map_err(in_words)).collect()
}

/// What a saved index says behind its chain end: how many events and streams.
pub fn read_saved_index(body: &[u8], first: Position) -> Option<(u64, usize)> {
    let index = read_index(&mut Reader(body), first)?;
    Some((index.count(), index.streams().len()))
}

fn in_words(flaw: impl std::fmt::Debug) -> String {
    format!("{flaw:?}")
}

/// The lookups of a writer over runs of synthetic ids and an open volume behind them.
#[derive(Debug)]
pub struct SyntheticIndex {
    archive: Archive,
    open: Index,
}

impl SyntheticIndex {
    /// Makes a run over each of these ranges, which follow each other, in a directory, with an
    /// entry for each position; then an open volume with so many events.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn build(
        directory: &Path,
        runs: &[Range<u64>],
        open_events: u64,
        id_at: impl Fn(u64) -> EventId,
    ) -> Result<Self, String> {
        let mut opened = Vec::new();
        for range in runs {
            let path = write_run(directory, range, &id_at).map_err(in_words)?;
            opened.push(Run::open(&path).map_err(in_words)?);
        }
        let first = runs.last().map_or(0, |range| range.end);
        let mut open = Index::starting_at(Position::new(first));
        let stream = stream_of_name(b"synthetic").unwrap_or(StreamId::Ledger);
        for position in first..first + open_events {
            let version = StreamVersion::new(position + 1);
            open.add(Position::new(position), id_at(position), &stream, version)?;
        }
        Ok(Self { archive: Archive::of_runs(opened), open })
    }

    /// Whether an id may be known, and then takes it into the open volume: what an append costs the
    /// index.
    ///
    /// # Errors
    /// When the id is known, or a run cannot be read.
    pub fn append(&mut self, id: EventId, stream: &StreamId) -> Result<(), String> {
        let known = match self.open.position_of(id) {
            Some(position) => Some(position),
            None => self.archive.position_of(id).map_err(|error| error.to_string())?,
        };
        if let Some(position) = known {
            return Err(format!("the id is known, at {position}"));
        }
        let before = self.open.stream(stream).map_or(0, |part| part.last_version().get());
        let next = self.open.first().plus(self.open.count());
        self.open.add(next, id, stream, StreamVersion::new(before + 1))
    }
}

fn write_run(
    directory: &Path,
    range: &Range<u64>,
    id_at: impl Fn(u64) -> EventId,
) -> Result<PathBuf, Flaw> {
    let mut places: Vec<Place> =
        range.clone().map(|position| (hash_of_id(id_at(position)), position)).collect();
    places.sort_unstable();
    let path = directory.join(format!("{:012}-{:012}.run", range.start, range.end));
    let mut writer = RunWriter::create(&path)?;
    let never = AtomicBool::new(false);
    let count = places.len() as u64;
    writer.table(count, places.into_iter().map(Ok), &never)?;
    writer.table(0, std::iter::empty(), &never)?;
    let (first, next) = (Position::new(range.start), Position::new(range.end));
    writer.finish(first, next, Hash([0; 32]))?;
    Ok(path)
}
