//! Recovery: reading the whole open volume in order, checking it, and building what is derived.
//!
//! Opening and verifying go the same way; verifying looks at every event besides.

use crate::chain::{Broken, ChainEnd};
use crate::damage::Damage;
use crate::head_file::HeadFile;
use crate::index::Index;
use crate::open_error::OpenError;
use crate::open_volume::OpenVolume;
use annals_events::{Event, Position};
use annals_log::{Block, FORMAT_VERSION, Head, ReadError, Record};
use std::path::Path;

/// What was read of a log.
pub(crate) struct Recovered {
    pub(crate) index: Index,
    pub(crate) end: ChainEnd,
}

/// What is looked at in each record besides what recovery needs.
pub(crate) type Inspection = fn(&Record<'_>, Position) -> Result<(), String>;

impl Recovered {
    pub(crate) fn nothing() -> Self {
        Self { index: Index::default(), end: ChainEnd::empty() }
    }

    /// Takes one more block, whole or not at all as far as the end goes.
    fn take(
        &mut self,
        volume: &OpenVolume,
        (key, value): &(impl AsRef<[u8]>, impl AsRef<[u8]>),
        kept: Option<&Head>,
        inspect: Inspection,
    ) -> Result<(), OpenError> {
        let next = self.end.next();
        let mut end = self.end.clone();
        let block =
            end.follow(key.as_ref(), value.as_ref(), kept).map_err(|broken| match broken {
                Broken::Newer(found) => {
                    let file = volume.file().to_owned();
                    OpenError::Newer { file, found, known: FORMAT_VERSION }
                }
                Broken::Damaged(what) => volume.damage(next, what).into(),
            })?;
        self.add_events(&block, inspect)
            .map_err(|(position, what)| volume.damage(position, what))?;
        self.end = end;
        Ok(())
    }

    fn add_events(
        &mut self,
        block: &Block<'_>,
        inspect: Inspection,
    ) -> Result<(), (Position, String)> {
        for (position, bytes) in block.records() {
            let damaged = |what| (position, what);
            let record = Record::parse(bytes).map_err(|error| damaged(error.to_string()))?;
            let summary = Event::decode_summary(record.caller_bytes())
                .map_err(|error| damaged(error.to_string()))?;
            let version = record.stream_version();
            self.index.add(position, summary.id, &summary.stream, version).map_err(damaged)?;
            inspect(&record, position).map_err(damaged)?;
        }
        Ok(())
    }
}

/// Reads a volume up to `until` (to its end where there is none), and gives what was read up to the
/// first damage, with that damage. `kept` is a head the log must agree with, if it is that long.
pub(crate) fn read_volume(
    volume: &OpenVolume,
    until: Option<Position>,
    kept: Option<&Head>,
    inspect: Inspection,
) -> (Recovered, Result<(), OpenError>) {
    let mut read = Recovered::nothing();
    for block in volume.blocks_from(Position::START) {
        if until.is_some_and(|until| read.end.next() >= until) {
            break;
        }
        let taken = match block {
            Ok(block) => read.take(volume, &block, kept, inspect),
            Err(error) => Err(unread(volume, read.end.next(), error)),
        };
        if taken.is_err() {
            return (read, taken);
        }
    }
    (read, Ok(()))
}

fn unread(volume: &OpenVolume, position: Position, error: ReadError) -> OpenError {
    match error {
        ReadError::Io { file, what } => OpenError::Io { file, source: std::io::Error::other(what) },
        ReadError::Damaged { what, .. } => volume.damage(position, what).into(),
        other => volume.damage(position, other.to_string()).into(),
    }
}

/// A log as it is found in a directory.
pub(crate) struct Found {
    pub(crate) volume: OpenVolume,
    pub(crate) recovered: Recovered,
    /// Whether it is sound, and if not, the first thing that is wrong with it.
    pub(crate) sound: Result<(), OpenError>,
}

/// Opens and reads the log of a ledger, and holds it against `HEAD`.
pub(crate) fn find(
    ledger_dir: &Path,
    head_file: &HeadFile,
    inspect: Inspection,
) -> Result<Found, OpenError> {
    if !ledger_dir.is_dir() {
        return Err(OpenError::Missing { dir: ledger_dir.to_owned() });
    }
    let kept = head_file.read()?;
    let size = kept.map_or(Position::START, |kept| kept.next);
    let file = OpenVolume::file_of(ledger_dir);
    if size > Position::START && !file.exists() {
        // Opening would make an empty one in its place.
        let what = format!("the file is missing, HEAD says that the log has {size} events");
        return Err(Damage { position: Position::START, file, what }.into());
    }
    let volume = OpenVolume::open(ledger_dir)?;
    let (recovered, mut sound) = read_volume(&volume, None, kept.as_ref(), inspect);
    if sound.is_ok() {
        sound = check_against_head(&volume, &recovered.end, kept.as_ref(), head_file)
            .map_err(OpenError::from);
    }
    Ok(Found { volume, recovered, sound })
}

/// A log may be longer than `HEAD` says, never shorter; and a log with events has one.
fn check_against_head(
    volume: &OpenVolume,
    end: &ChainEnd,
    kept: Option<&Head>,
    head_file: &HeadFile,
) -> Result<(), Damage> {
    let next = end.next();
    match kept {
        None if next > Position::START => Err(head_file
            .damage(Position::START, format!("the file is missing beside a log of {next} events"))),
        Some(kept) if kept.next > next => {
            let Head { next: size, root, .. } = kept;
            let has = end.head().root;
            Err(volume.damage(
                next,
                format!(
                    "the log ends after {next} events with root {has}, HEAD says {size} events \
                     with root {root}"
                ),
            ))
        }
        Some(kept)
            if kept.next == Position::START && kept.root != ChainEnd::empty().head().root =>
        {
            let what = format!("HEAD says that the root of no events is {}", kept.root);
            Err(head_file.damage(Position::START, what))
        }
        _ => Ok(()),
    }
}
