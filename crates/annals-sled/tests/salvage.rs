//! Salvage of a damaged log: whatever is changed, cut off or taken away, every record that is still
//! sound is found at its own position, none that was not written, and what is lost is said.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails where it stands"
)]

use annals_events::{Event, Instant, Position, StreamId, StreamVersion};
use annals_log::{Append, Block, BlockBuilder, EventLog, write_record};
use annals_sled::{
    Compression, OpenError, Salvaged, SledLog, SledLogOptions, parse_head_text, salvage_directory,
};
use annals_testkit::custom_event;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const VOLUME_EVENTS: u64 = 500;
const BLOCK_EVENTS: usize = 10;
const EVENTS: u128 = 1100;
/// What a group of these events holds at most.
const GROUP_EVENTS: u64 = 200;

fn event(number: u128) -> Event {
    let stream = StreamId::party(&format!("party-{}", number % 7)).unwrap();
    let text = format!("{number} ").repeat(100);
    custom_event(number, &stream, &format!("{{\"text\":\"{text}\"}}"))
}

/// Two sealed volumes and an open one.
async fn write(dir: &Path, compression: Compression) {
    let options = SledLogOptions {
        open_volume_events_max: VOLUME_EVENTS,
        compression,
        ..SledLogOptions::default()
    };
    let log = SledLog::open(dir, options).unwrap();
    let events: Vec<_> = (1..=EVENTS).map(event).collect();
    for some in events.chunks(BLOCK_EVENTS) {
        log.append(Append::new(some).unwrap()).await.unwrap();
    }
    log.close().await.unwrap();
    assert_eq!(files(dir, "sealed").len(), 2);
}

fn files(dir: &Path, kind: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("log")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == kind));
    files.sort();
    files
}

fn salvage(dir: &Path) -> (BTreeMap<Position, Vec<u8>>, Salvaged) {
    let mut found = BTreeMap::new();
    let report = salvage_directory::<OpenError>(dir, |position, bytes| {
        assert!(found.last_key_value().is_none_or(|(last, _)| *last < position), "in order");
        found.insert(position, bytes.to_vec());
        Ok(())
    });
    (found, report.unwrap())
}

/// A log and what salvage finds in it while it is whole.
struct Sound {
    dir: tempfile::TempDir,
    records: BTreeMap<Position, Vec<u8>>,
}

impl Sound {
    async fn new(compression: Compression) -> Self {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), compression).await;
        let (records, report) = salvage(dir.path());
        let kept = parse_head_text(&fs::read(dir.path().join("HEAD")).unwrap()).unwrap();
        assert_eq!((report.kept, report.whole), (Some(kept), kept));
        assert_eq!((report.lost, report.damage), (vec![], vec![]));
        assert_eq!(records.len() as u128, EVENTS);
        Self { dir, records }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    /// What is found is what was written, what is not found is said to be lost. How many that are.
    fn holds(&self, case: &str) -> (u64, Salvaged) {
        let (found, report) = salvage(self.path());
        for (position, bytes) in &found {
            assert_eq!(self.records.get(position), Some(bytes), "{case}: {position}");
        }
        let is_lost = |position: &Position| {
            report.lost.iter().any(|lost| (lost.first..lost.until).contains(position))
        };
        for position in self.records.keys() {
            assert!(found.contains_key(position) != is_lost(position), "{case}: {position}");
        }
        assert_eq!(report.events, found.len() as u64, "{case}");
        let whole = report.lost.first().map_or(report.kept.unwrap().next, |lost| lost.first);
        assert_eq!(report.whole.next, whole, "{case}");
        (self.records.len() as u64 - report.events, report)
    }

    /// Tries changed bytes of a file and puts it back.
    fn with(&self, file: &Path, bytes: &[u8], case: &str) -> (u64, Salvaged) {
        let before = fs::read(file).unwrap();
        fs::write(file, bytes).unwrap();
        let held = self.holds(case);
        fs::write(file, before).unwrap();
        held
    }
}

#[tokio::test]
async fn a_flipped_bit_of_a_sealed_file_costs_at_most_the_group_it_lies_in() {
    for compression in [Compression::None, Compression::Lz4] {
        let sound = Sound::new(compression).await;
        for file in files(sound.path(), "sealed") {
            let bytes = fs::read(&file).unwrap();
            // The frame and the tables lie at the end, the header at the beginning.
            let ends = (bytes.len() - 400..bytes.len()).step_by(37).chain((0..16).step_by(5));
            let steps = (0..bytes.len()).step_by(bytes.len() / 12);
            for place in steps.chain(ends) {
                let mut changed = bytes.clone();
                changed[place] ^= 1 << (place % 8);
                let case = format!("{compression:?}, byte {place} of {}", bytes.len());
                let (lost, report) = sound.with(&file, &changed, &case);
                assert!(lost <= GROUP_EVENTS, "{case}: {lost} lost");
                assert!(lost == 0 || report.damage.iter().any(|damage| damage.file == file));
            }
        }
    }
}

#[tokio::test]
async fn a_damaged_table_of_groups_costs_at_most_the_group_of_the_damaged_entry() {
    for compression in [Compression::None, Compression::Lz4] {
        let sound = Sound::new(compression).await;
        let file = files(sound.path(), "sealed").remove(0);
        let bytes = fs::read(&file).unwrap();
        let table = table_of(&bytes);
        for place in (table..table + 48).step_by(9) {
            for broken_frame in [false, true] {
                let mut changed = bytes.clone();
                changed[place] ^= 1 << (place % 8);
                if broken_frame {
                    *changed.last_mut().unwrap() ^= 1;
                }
                let case = format!("{compression:?}, byte {place} of the table at {table}");
                let (lost, _) = sound.with(&file, &changed, &case);
                let most = if broken_frame { VOLUME_EVENTS } else { GROUP_EVENTS };
                assert!(lost > 0 && lost <= most, "{case}: {lost} lost");
            }
        }
        // Without a frame, but with a whole table, every group but the one that is hit is found.
        let mut changed = bytes.clone();
        changed.truncate(bytes.len() - 100);
        let (lost, _) = sound.with(&file, &changed, "no frame");
        assert_eq!(lost, 0, "{compression:?}");
        changed[100] ^= 1;
        let (lost, _) = sound.with(&file, &changed, "no frame, a damaged group");
        assert!(lost > 0 && lost <= GROUP_EVENTS, "{compression:?}: {lost} lost");
    }
}

/// Where the table of groups begins: behind the groups, whose bytes the footer says.
fn table_of(bytes: &[u8]) -> usize {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let footer = bytes.len() - 16 - number(bytes.len() - 16);
    let chain_end = |at: usize| 48 + 32 * number(at).count_ones() as usize;
    let end = footer + chain_end(footer);
    16 + number(end + chain_end(end))
}

#[tokio::test]
async fn a_file_cut_off_or_missing_costs_its_own_events_alone() {
    let sound = Sound::new(Compression::None).await;
    let sealed = files(sound.path(), "sealed");
    let bytes = fs::read(&sealed[1]).unwrap();
    for length in (0..bytes.len()).step_by(bytes.len() / 5) {
        let (lost, report) = sound.with(&sealed[1], &bytes[..length], &format!("cut at {length}"));
        assert!(lost <= VOLUME_EVENTS);
        assert_eq!(report.damage[0].file, sealed[1]);
    }
    fs::remove_file(&sealed[1]).unwrap();
    let (lost, report) = sound.holds("removed");
    assert_eq!(lost, VOLUME_EVENTS);
    let lost = (report.lost[0].first, report.lost[0].until);
    assert_eq!(lost, (Position::new(VOLUME_EVENTS), Position::new(2 * VOLUME_EVENTS)));
    fs::write(&sealed[1], bytes).unwrap();

    let open = files(sound.path(), "open").remove(0);
    fs::remove_dir_all(open).unwrap();
    let (lost, report) = sound.holds("no open volume");
    assert_eq!(lost, 100);
    assert_eq!(report.lost.len(), 1);
}

#[tokio::test]
async fn blocks_are_found_in_a_database_that_cannot_be_opened() {
    let sound = Sound::new(Compression::None).await;
    let database = files(sound.path(), "open").remove(0).join("db");
    let bytes = fs::read(&database).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    let mut lost_in_all = 0;
    for place in (0..used).step_by(used / 25) {
        let mut changed = bytes.clone();
        changed[place] ^= 1 << (place % 8);
        let (lost, _) = sound.with(&database, &changed, &format!("byte {place} of {used}"));
        assert!(lost <= BLOCK_EVENTS as u64, "byte {place}: {lost} lost");
        lost_in_all += lost;
    }
    assert!(lost_in_all > 0, "no flip hit a block");
    for length in (0..used).step_by(used / 4) {
        sound.with(&database, &bytes[..length], &format!("cut off at {length}"));
    }
    // Neither its header nor its configuration is needed.
    let mut changed = bytes.clone();
    changed[..32].fill(0);
    fs::write(database.with_file_name("conf"), b"nonsense").unwrap();
    let (lost, _) = sound.with(&database, &changed, "no header");
    assert_eq!(lost, 0);
}

/// What a kill tore is no part of the log, however sound it is by itself.
#[tokio::test]
async fn a_block_whose_place_another_took_is_not_taken_for_the_logs() {
    let sound = Sound::new(Compression::None).await;
    let database = files(sound.path(), "open").remove(0).join("db");
    let mut bytes = fs::read(&database).unwrap();
    for start in [2 * VOLUME_EVENTS, 2 * VOLUME_EVENTS + 90] {
        let at = bytes.windows(4).position(|four| four == b"ANBK").unwrap();
        let previous = Block::parse(&block_at(&bytes, at)).unwrap().previous();
        let mut dead = BlockBuilder::new(Position::new(start));
        for number in 0..3 {
            let caller = event(5000 + number).encode().unwrap();
            let version = StreamVersion::new(1);
            dead.push(|to| write_record(to, version, Instant::from_unix_seconds(9), &caller));
        }
        let dead = dead.finish(previous, previous);
        bytes.extend_from_slice(&dead);
        fs::write(&database, &bytes).unwrap();
        let (lost, _) = sound.holds("a dead block behind the database");
        assert_eq!(lost, 0);
        // Nor where sled cannot open the database.
        let mut closed = bytes.clone();
        closed[..32].fill(0);
        let (lost, _) = sound.with(&database, &closed, "a dead block, no database");
        assert_eq!(lost, 0);
    }
}

fn block_at(bytes: &[u8], at: usize) -> Vec<u8> {
    let count = usize::from(u16::from_le_bytes(bytes[at + 6..at + 8].try_into().unwrap()));
    let table = at + 84 + 4 * count;
    let last = u32::from_le_bytes(bytes[table - 4..table].try_into().unwrap()) as usize;
    bytes[at..table + last].to_vec()
}

#[tokio::test]
async fn what_is_found_is_held_against_head_and_a_head_that_cannot_be_read_is_no_hindrance() {
    let sound = Sound::new(Compression::None).await;
    let head = sound.path().join("HEAD");
    let text = fs::read_to_string(&head).unwrap();
    let digit = text.find("root ").unwrap() + 5;
    let mut other = text.clone().into_bytes();
    other[digit] = if other[digit] == b'0' { b'1' } else { b'0' };
    let (lost, report) = sound.with(&head, &other, "another root");
    assert_eq!(lost, 0);
    assert!(report.damage[0].what.contains("HEAD says"), "{:?}", report.damage);

    for change in [Some(&b"annals head 1\nsize"[..]), Some(b"annals head 3\n"), None] {
        match change {
            Some(bytes) => fs::write(&head, bytes).unwrap(),
            None => fs::remove_file(&head).unwrap(),
        }
        let (found, report) = salvage(sound.path());
        assert!(found == sound.records && report.kept.is_none() && report.lost.is_empty());
        assert_eq!(report.damage[0].file, head);
    }
}
