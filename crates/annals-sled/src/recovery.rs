//! Recovery: reading what is not sealed in order, checking it, and building what is derived.
//!
//! Opening and verifying go the same way; verifying looks at every event besides, and into the
//! sealed volumes, of which opening only checks that they follow each other.

use crate::archive::{Archive, missing};
use crate::chain::{Broken, ChainEnd};
use crate::damage::Damage;
use crate::head_file::{HeadFile, KeptHead};
use crate::index::{InStream, Index};
use crate::journal::Journal;
use crate::layout::Layout;
use crate::ledger_lock::LedgerLock;
use crate::open_error::OpenError;
use crate::open_volume::OpenVolume;
use crate::saved_index::load_index;
use annals_events::codec::DecodeError;
use annals_events::{Event, EventSummary, Position};
use annals_log::{Block, FORMAT_VERSION, Head, ReadError, Record};
use sled::IVec;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

/// What was read of a volume in sled.
pub(crate) struct Recovered {
    pub(crate) index: Index,
    pub(crate) end: ChainEnd,
    /// Whether the index is the saved one.
    pub(crate) was_saved: bool,
}

/// Reads of a record what recovery needs, and looks at as much of the rest as is asked.
pub(crate) type Inspection = fn(&Record<'_>) -> Result<EventSummary, DecodeError>;

/// Looks at nothing else.
pub(crate) fn summary_of(record: &Record<'_>) -> Result<EventSummary, DecodeError> {
    Event::decode_summary(record.caller_bytes())
}

impl Recovered {
    fn behind(end: &ChainEnd) -> Self {
        Self { index: Index::starting_at(end.next()), end: end.clone(), was_saved: false }
    }

    /// Takes one more block, behind which the chain stands at `end`, whole or not at all as far as
    /// the end goes.
    fn take(
        &mut self,
        bytes: &[u8],
        end: ChainEnd,
        inspect: Inspection,
    ) -> Result<(), (Position, String)> {
        let next = self.end.next();
        let block = Block::parse(bytes).map_err(|error| (next, error.to_string()))?;
        self.add_events(&block, inspect)?;
        self.end = end;
        Ok(())
    }

    fn add_events(
        &mut self,
        block: &Block<'_>,
        inspect: Inspection,
    ) -> Result<(), (Position, String)> {
        let mut events = Vec::with_capacity(block.count());
        let mut unread = Ok(());
        for (position, bytes) in block.records() {
            match read_event(bytes, inspect) {
                Ok(event) => events.push(event),
                Err(error) => {
                    unread = Err((position, error.to_string()));
                    break;
                }
            }
        }
        // What is wrong with those before it counts.
        self.index.add_all(block.first(), &events).and(unread)
    }
}

fn read_event(bytes: &[u8], inspect: Inspection) -> Result<InStream, DecodeError> {
    let record = Record::parse(bytes)?;
    let EventSummary { id, stream, .. } = inspect(&record)?;
    Ok((id, stream, record.stream_version()))
}

/// A block that follows the chain, and where the chain stands behind it.
type Followed = (IVec, ChainEnd);

/// Reads a volume from where the chain stands before it up to `until` (to its end where there is
/// none), and gives what was read up to the first damage, with that damage. `kept` is a head the
/// log must agree with, if it is that long. The chain is followed on one thread, the index built on
/// another, a few blocks behind.
pub(crate) fn read_volume(
    volume: &OpenVolume,
    start: &ChainEnd,
    until: Option<Position>,
    kept: Option<&Head>,
    inspect: Inspection,
) -> (Recovered, Result<(), OpenError>) {
    const BLOCKS_AHEAD: usize = 64;
    thread::scope(|scope| {
        let (sender, followed) = mpsc::sync_channel::<Followed>(BLOCKS_AHEAD);
        let indexing = scope.spawn(move || {
            let mut read = Recovered::behind(start);
            let end = volume.next().unwrap_or(start.next());
            read.index.reserve(end.get().saturating_sub(start.next().get()));
            let mut taken = followed.iter().map(|(bytes, end)| read.take(&bytes, end, inspect));
            let damaged = taken.find_map(Result::err);
            drop(taken);
            (read, damaged)
        });
        let chain = follow_chain(volume, start, until, kept, &sender);
        drop(sender);
        let (read, damaged) =
            indexing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // What the index found lies before what the chain found: it sees only what follows.
        let damaged = damaged.map(|(position, what)| volume.damage(position, what).into());
        (read, damaged.map_or(chain, Err))
    })
}

fn follow_chain(
    volume: &OpenVolume,
    start: &ChainEnd,
    until: Option<Position>,
    kept: Option<&Head>,
    to: &mpsc::SyncSender<Followed>,
) -> Result<(), OpenError> {
    let mut end = start.clone();
    for block in volume.blocks_from(start.next()) {
        let next = end.next();
        if until.is_some_and(|until| next >= until) {
            break;
        }
        let (key, bytes) = block.map_err(|error| unread(volume, next, error))?;
        end.follow(&key, &bytes, kept).map_err(|broken| match broken {
            Broken::Newer(found) => {
                let file = volume.file().to_owned();
                OpenError::Newer { file, found, known: FORMAT_VERSION }
            }
            Broken::Damaged(what) => volume.damage(next, what).into(),
        })?;
        if to.send((bytes, end.clone())).is_err() {
            // The index has come upon damage.
            break;
        }
    }
    Ok(())
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
    pub(crate) lock: LedgerLock,
    pub(crate) layout: Layout,
    pub(crate) kept: Option<Head>,
    /// Whether every database must have a journal beside it.
    has_journals: bool,
    /// The sealed volumes, up to the first that does not open.
    pub(crate) archive: Archive,
    /// The volumes in sled behind them, up to the first that is damaged; the last is the open one.
    pub(crate) in_sled: Vec<(OpenVolume, Recovered)>,
    /// Where databases begin that are not needed: their events are sealed, and a kill came before
    /// they were removed; or none was ever put there, since making them failed halfway, and the
    /// volume before went on.
    pub(crate) sealed_databases: Vec<Position>,
    /// Whether it is sound, and if not, the first thing that is wrong with it.
    pub(crate) sound: Result<(), OpenError>,
}

/// Opens and reads the log of a ledger, and holds it against `HEAD`. Without an inspection what was
/// saved when the log was closed spares reading the open volume.
pub(crate) fn find(
    ledger_dir: &Path,
    head_file: &HeadFile,
    inspect: Option<Inspection>,
) -> Result<Found, OpenError> {
    if !ledger_dir.is_dir() {
        return Err(OpenError::Missing { dir: ledger_dir.to_owned() });
    }
    Layout::create(ledger_dir).map_err(OpenError::io(ledger_dir))?;
    let lock = LedgerLock::take(ledger_dir)?;
    let kept = head_file.read()?;
    let layout = Layout::read(ledger_dir).map_err(OpenError::io(ledger_dir))?;
    layout.remove_unfinished().map_err(OpenError::io(layout.log_dir()))?;
    let mut found = Found::sealed(lock, layout, kept);
    found.read_on(inspect, OpenVolume::open);
    if found.sound.is_ok() {
        found.sound = found.check_against_head(head_file).map_err(OpenError::from);
    }
    Ok(found)
}

/// The same without writing anything, from copies of the databases, beside others that do so. A
/// damaged `HEAD` is no reason not to read the log.
pub(crate) fn find_read_only(
    ledger_dir: &Path,
    head_file: &HeadFile,
    inspect: Option<Inspection>,
) -> Result<Found, OpenError> {
    Ok(SealedAlone::find(ledger_dir, head_file)?.read_on(head_file, inspect))
}

/// A log that is only read, of which nothing but the sealed volumes was opened yet.
pub(crate) struct SealedAlone {
    found: Found,
    head_sound: Result<(), OpenError>,
}

impl SealedAlone {
    /// Opens the sealed volumes of a ledger.
    pub(crate) fn find(ledger_dir: &Path, head_file: &HeadFile) -> Result<Self, OpenError> {
        if !ledger_dir.is_dir() {
            return Err(OpenError::Missing { dir: ledger_dir.to_owned() });
        }
        let lock = LedgerLock::share(ledger_dir)?;
        let (kept, head_sound) = match head_file.read() {
            Ok(kept) => (kept, Ok(())),
            Err(error @ OpenError::Damaged { .. }) => (None, Err(error)),
            Err(error) => return Err(error),
        };
        let layout = Layout::read(ledger_dir).map_err(OpenError::io(ledger_dir))?;
        Ok(Self { found: Found::sealed(lock, layout, kept), head_sound })
    }

    pub(crate) fn archive(&self) -> &Archive {
        &self.found.archive
    }

    pub(crate) fn kept(&self) -> Option<Head> {
        self.found.kept
    }

    /// Reads the volumes behind them too, and holds the log against `HEAD`.
    pub(crate) fn read_on(self, head_file: &HeadFile, inspect: Option<Inspection>) -> Found {
        let Self { mut found, head_sound } = self;
        found.read_on(inspect, OpenVolume::open_copy);
        if found.sound.is_ok() {
            let against = || found.check_against_head(head_file).map_err(OpenError::from);
            found.sound = head_sound.and_then(|()| against());
        }
        found
    }
}

/// How the database that begins at a position is opened, or one in its place.
type OpenDatabase = fn(&Layout, Position) -> Result<OpenVolume, OpenError>;

impl Found {
    /// Opens the sealed volumes, up to the first damage.
    fn sealed(lock: LedgerLock, layout: Layout, kept: Option<KeptHead>) -> Self {
        let (archive, sound) = Archive::open(&layout);
        Self {
            lock,
            layout,
            has_journals: kept.as_ref().is_some_and(|kept| kept.has_journals),
            kept: kept.map(|kept| kept.head),
            archive,
            in_sled: Vec::new(),
            sealed_databases: Vec::new(),
            sound,
        }
    }

    /// Reads the volumes in sled too, up to the first damage.
    fn read_on(&mut self, inspect: Option<Inspection>, open: OpenDatabase) {
        if self.sound.is_ok() {
            self.sound = self.read_sled(inspect, open);
        }
    }

    /// Where the chain stands behind all that was read.
    pub(crate) fn end(&self) -> &ChainEnd {
        self.in_sled.last().map_or(self.archive.end(), |(_, recovered)| &recovered.end)
    }

    fn read_sled(
        &mut self,
        inspect: Option<Inspection>,
        open: OpenDatabase,
    ) -> Result<(), OpenError> {
        for (first, dir) in self.layout.open().to_vec() {
            let next = self.end().next();
            if first < next {
                self.sealed_databases.push(first);
                continue;
            }
            if first > next {
                return Err(missing(&self.layout, next, first).into());
            }
            if first != next {
                let what = format!("the database begins at {first}, expected {next}");
                return Err(Damage { position: next, file: OpenVolume::file_in(&dir), what }.into());
            }
            self.read_database(inspect, open)?;
        }
        if !self.in_sled.is_empty() {
            return Ok(());
        }
        let next = self.archive.end().next();
        match self.kept {
            Some(kept) if kept.next > next => {
                // Opening would make an empty one in its place.
                let file = OpenVolume::file_in(&self.layout.open_path(next));
                let size = kept.next;
                let what = format!("the file is missing, HEAD says that the log has {size} events");
                Err(Damage { position: next, file, what }.into())
            }
            _ => self.read_database(inspect, open),
        }
    }

    /// Reads the database that begins behind all that was read, or makes it.
    fn read_database(
        &mut self,
        inspect: Option<Inspection>,
        open: OpenDatabase,
    ) -> Result<(), OpenError> {
        let start = self.end().clone();
        let dir = self.layout.open_path(start.next());
        let file = OpenVolume::file_in(&dir);
        if let Some(kept) = self.kept
            && kept.next > start.next()
            && !file.exists()
        {
            let size = kept.next;
            let what = format!("the file is missing, HEAD says that the log has {size} events");
            return Err(Damage { position: start.next(), file, what }.into());
        }
        let journal = Journal::file_in(&dir);
        if self.has_journals && file.exists() && !journal.exists() {
            let what = "the file is missing: what was appended last may be in it alone".to_owned();
            return Err(Damage { position: start.next(), file: journal, what }.into());
        }
        let volume = open(&self.layout, start.next())?;
        let journal_sound = volume.journal_damage().cloned().map_or(Ok(()), Err);
        let saved = self.layout.index_path(start.next());
        let kept = self.kept.as_ref();
        if inspect.is_none()
            && let Some((index, end)) = load_index(&saved, &volume, &start, kept)
        {
            self.in_sled.push((volume, Recovered { index, end, was_saved: true }));
            return journal_sound.map_err(OpenError::from);
        }
        let inspect = inspect.unwrap_or(summary_of);
        let (read, sound) = read_volume(&volume, &start, None, kept, inspect);
        self.in_sled.push((volume, read));
        sound.and(journal_sound.map_err(OpenError::from))
    }

    /// A log may be longer than `HEAD` says, never shorter; and a log with events has one.
    fn check_against_head(&self, head_file: &HeadFile) -> Result<(), Damage> {
        let head = self.end().head();
        let next = head.next;
        let Some(kept) = self.kept else {
            return match next {
                Position::START => Ok(()),
                _ => Err(head_file.damage(
                    Position::START,
                    format!("the file is missing beside a log of {next} events"),
                )),
            };
        };
        let Head { next: size, root, .. } = kept;
        if size > next {
            let file = match self.in_sled.last() {
                Some((volume, _)) => volume.file().to_owned(),
                None => self.layout.log_dir().to_owned(),
            };
            let has = head.root;
            let what = format!(
                "the log ends after {next} events with root {has}, HEAD says {size} events \
                 with root {root}"
            );
            return Err(Damage { position: next, file, what });
        }
        let at_size = self.archive.end_at(size);
        let agrees = at_size.map_or(Ok(()), |end| end.agrees_with(&kept));
        agrees.map_err(|what| head_file.damage(size, what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::SledLogOptions;
    use crate::sled_log::SledLog;
    use annals_events::{EventId, Instant, StreamId, StreamVersion};
    use annals_log::{
        BlockBuilder, Direction, EventLog as _, Filter, PositionRange, VersionRange, write_record,
    };
    use annals_testkit::custom_event;
    use futures::StreamExt as _;
    use uuid::Uuid;

    fn caller_bytes(number: u128) -> Vec<u8> {
        custom_event(number, &StreamId::party("anna").unwrap(), "1").encode().unwrap()
    }

    /// Writes a sound chain of one block for each list of records (version, caller's bytes), and
    /// its `HEAD`.
    fn write_blocks(dir: &Path, blocks: &[&[(u64, Vec<u8>)]]) {
        Layout::create(dir).unwrap();
        let layout = Layout::read(dir).unwrap();
        let volume = OpenVolume::open(&layout, Position::START).unwrap();
        let mut end = ChainEnd::empty();
        for records in blocks {
            let first = end.next();
            let mut builder = BlockBuilder::new(first);
            for (version, caller) in *records {
                let (version, at) = (StreamVersion::new(*version), Instant::from_unix_seconds(9));
                let record = builder.push(|to| write_record(to, version, at, caller));
                end.push(record, at);
            }
            let block = builder.finish(end.previous(), end.pushed_root());
            end.end_with(&Block::parse(&block).unwrap());
            volume.put(first, &block).unwrap();
        }
        volume.make_durable().unwrap();
        HeadFile::of(dir).write(&end.head()).unwrap();
    }

    fn open(dir: &Path) -> Result<SledLog, OpenError> {
        SledLog::open(dir, SledLogOptions::default())
    }

    fn damage(dir: &Path) -> (u64, String) {
        match open(dir).err() {
            Some(OpenError::Damaged { position, what, .. }) => (position.get(), what),
            other => panic!("expected damage, came {other:?}"),
        }
    }

    /// A damaged block shows when its first events are in the index already.
    #[tokio::test]
    async fn reading_only_knows_nothing_of_the_events_before_the_damage_in_its_block() {
        let dir = tempfile::tempdir().unwrap();
        let block = [(2, caller_bytes(2)), (3, caller_bytes(3)), (4, caller_bytes(1))];
        write_blocks(dir.path(), &[&[(1, caller_bytes(1))], &block]);
        assert_eq!(damage(dir.path()).0, 3);
        let log = SledLog::open_read_only(dir.path()).unwrap();
        assert_eq!(log.damage().unwrap().position, Position::new(3));
        assert_eq!(log.head().await.unwrap().next, Position::new(1));
        let id = |number| EventId::new(Uuid::from_u128(number)).unwrap();
        assert_eq!(log.position_of(id(1)).await.unwrap(), Some(Position::START));
        assert_eq!(log.position_of(id(2)).await.unwrap(), None);
        let anna = StreamId::party("anna").unwrap();
        assert_eq!(log.stream_version(&anna).await.unwrap(), StreamVersion::new(1));
        let report = log.verify().await.unwrap();
        assert_eq!((report.events, report.damage.as_ref()), (1, log.damage()));
    }

    #[test]
    fn an_id_that_stands_twice_and_a_version_left_out_are_damage() {
        let twice = tempfile::tempdir().unwrap();
        let (one, two) = ((1, caller_bytes(1)), (2, caller_bytes(1)));
        write_blocks(twice.path(), &[std::slice::from_ref(&one), &[two]]);
        let (position, what) = damage(twice.path());
        assert_eq!(position, 1);
        assert!(what.contains("is at position 0 already"), "{what}");

        let left_out = tempfile::tempdir().unwrap();
        write_blocks(left_out.path(), &[&[one, (3, caller_bytes(2))]]);
        let (position, what) = damage(left_out.path());
        assert_eq!(position, 1);
        assert!(what.contains("version 3, expected 2"), "{what}");
    }

    #[tokio::test]
    async fn an_event_of_an_unknown_kind_is_read_over_and_verifies() {
        let dir = tempfile::tempdir().unwrap();
        let mut unknown = caller_bytes(2);
        // The kind's code is the first of the bytes: 65535, of which 65000 is no kind at all.
        let code = unknown.windows(2).position(|two| two == u16::MAX.to_le_bytes()).unwrap();
        unknown[code..code + 2].copy_from_slice(&65_000_u16.to_le_bytes());
        let blocks = [(1, caller_bytes(1)), (2, unknown), (3, caller_bytes(3))];
        write_blocks(dir.path(), &[&blocks[..2], &blocks[2..]]);
        let log = open(dir.path()).unwrap();
        let anna = StreamId::party("anna").unwrap();
        let all = |direction| log.read(PositionRange::ALL, &Filter::all(), direction);
        let reads = [
            all(Direction::Forwards),
            all(Direction::Backwards),
            log.read_stream(&anna, VersionRange::ALL, Direction::Forwards),
        ];
        for read in reads {
            let read: Vec<_> = read.collect().await;
            assert_eq!(read.len(), 3);
            assert!(read[0].is_ok() && read[2].is_ok(), "{read:?}");
            let unreadable = &read[1];
            let at = Position::new(1);
            assert!(
                matches!(
                    unreadable,
                    Err(ReadError::Unreadable { position, .. }) if *position == at
                ),
                "{unreadable:?}"
            );
        }
        assert_eq!(log.verify().await.unwrap().damage, None);
        log.close().await.unwrap();
    }

    #[tokio::test]
    async fn an_event_that_does_not_decode_opens_and_is_damage_to_verification() {
        let dir = tempfile::tempdir().unwrap();
        let mut longer = caller_bytes(2);
        longer.push(0);
        write_blocks(dir.path(), &[&[(1, caller_bytes(1))], &[(2, longer)]]);
        let log = open(dir.path()).unwrap();
        let report = log.verify().await.unwrap();
        assert_eq!(report.events, 1);
        assert_eq!(report.damage.unwrap().position, Position::new(1));
    }

    #[tokio::test]
    async fn a_block_that_goes_bad_while_the_log_is_open_is_named_and_nothing_is_made_up() {
        let dir = tempfile::tempdir().unwrap();
        let records: Vec<_> = (1..=4).map(|n| (n, caller_bytes(u128::from(n)))).collect();
        let blocks: Vec<_> = records.chunks(1).collect();
        write_blocks(dir.path(), &blocks);
        let layout = Layout::read(dir.path()).unwrap();
        let volume = OpenVolume::open(&layout, Position::START).unwrap();
        let empty = ChainEnd::empty();
        let (read, sound) = read_volume(&volume, &empty, None, None, summary_of);
        sound.unwrap();
        volume.remove_block(Position::new(2));
        let volumes = crate::volumes::Volumes {
            archive: std::sync::Arc::new(Archive::empty()),
            full: Vec::new(),
            open: std::sync::Arc::new(volume),
        };
        let shared = crate::shared::Shared::new(volumes, read.index, read.end);
        let report = crate::verify::verify_open(&shared).unwrap();
        assert_eq!(report.events, 2);
        assert_eq!(report.damage.unwrap().position, Position::new(2));
        let pages: std::sync::Arc<dyn annals_log::Pages> =
            std::sync::Arc::new(crate::log_pages::LogPages(std::sync::Arc::new(shared)));
        for direction in [Direction::Forwards, Direction::Backwards] {
            let pages = std::sync::Arc::clone(&pages);
            let head = Position::new(4);
            let range = PositionRange::ALL;
            let read = annals_log::read_range(pages, range, head, &Filter::all(), direction);
            let read: Vec<_> = read.collect().await;
            let damaged = read.last().unwrap();
            let at = Position::new(2);
            assert!(
                matches!(damaged, Err(ReadError::Damaged { position, .. }) if *position == at),
                "{damaged:?}"
            );
            assert_eq!(read.len(), if direction == Direction::Forwards { 3 } else { 2 });
        }
    }
}
