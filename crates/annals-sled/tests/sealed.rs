//! Sealed volumes: what is sealed is read as before, whatever happens to what is derived from it,
//! and no changed byte goes unnoticed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use annals_events::{Event, Position, RecordedEvent, StreamId, StreamVersion};
use annals_log::{
    Append, AppendError, Direction, EventLog, ExpectedVersion, Filter, Outcome, PositionRange,
    VersionRange,
};
use annals_sled::{
    Compression, OpenError, SledLog, SledLogOptions, VerifyReport, verify_directory,
};
use annals_testkit::{copy_directory, custom_event};
use futures::StreamExt as _;
use std::fs;
use std::path::{Path, PathBuf};

const VOLUME_EVENTS: u64 = 30;

fn stream(number: u128) -> StreamId {
    StreamId::party(&format!("party-{}", number % 7)).unwrap()
}

fn event(number: u128) -> Event {
    let text = "plenty ".repeat(usize::try_from(number % 90).unwrap());
    custom_event(number, &stream(number), &format!("{{\"text\":\"{text}\"}}"))
}

fn options(compression: Compression) -> SledLogOptions {
    let open_volume_events_max = VOLUME_EVENTS;
    SledLogOptions { open_volume_events_max, compression, ..SledLogOptions::default() }
}

fn open(dir: &Path) -> Result<SledLog, OpenError> {
    SledLog::open(dir, options(Compression::None))
}

/// Appends events with these numbers, in appends of ten.
async fn append(log: &SledLog, numbers: std::ops::Range<u128>) {
    let events: Vec<_> = numbers.map(event).collect();
    for some in events.chunks(10) {
        log.append(Append::new(some).unwrap()).await.unwrap();
    }
}

async fn write(dir: &Path, compression: Compression, numbers: std::ops::Range<u128>) {
    let log = SledLog::open(dir, options(compression)).unwrap();
    append(&log, numbers).await;
    log.seal().await.unwrap();
    log.close().await.unwrap();
}

fn files(dir: &Path, kind: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == kind));
    files.sort();
    files
}

async fn read_all(log: &SledLog, direction: Direction) -> Vec<RecordedEvent> {
    let events = log.read(PositionRange::ALL, &Filter::all(), direction);
    events.map(Result::unwrap).collect().await
}

/// Everything that can be asked of the log gives what the events 1 to `count` were.
async fn holds_all(log: &SledLog, count: u128) {
    let read = read_all(log, Direction::Forwards).await;
    let expected: Vec<_> = (1..=count).map(event).collect();
    assert_eq!(
        read.iter().map(|event| &event.event).collect::<Vec<_>>(),
        Vec::from_iter(&expected)
    );
    let mut backwards = read_all(log, Direction::Backwards).await;
    backwards.reverse();
    assert_eq!(backwards, read);
    for number in 1..=count {
        let id = event(number).id();
        let position = u64::try_from(number - 1).unwrap();
        assert_eq!(log.position_of(id).await.unwrap(), Some(Position::new(position)));
    }
    assert_eq!(log.position_of(event(count + 1).id()).await.unwrap(), None);
    for number in 0..8 {
        let events = log.read_stream(&stream(number), VersionRange::ALL, Direction::Forwards);
        let events: Vec<_> = events.map(Result::unwrap).collect().await;
        let of_stream = read.iter().filter(|event| *event.event.stream() == stream(number));
        assert!(events.iter().eq(of_stream));
        let version = log.stream_version(&stream(number)).await.unwrap();
        assert_eq!(version, StreamVersion::new(events.len() as u64));
    }
    assert_eq!(log.streams().await.unwrap().len(), 7);
    let report = log.verify().await.unwrap();
    assert_eq!((report.damage, report.events), (None, u64::try_from(count).unwrap()));
    assert_eq!(report.root, log.head().await.unwrap().root);
}

#[tokio::test]
async fn sealed_events_are_found_read_and_counted_on_however_they_are_stored() {
    for compression in [Compression::None, Compression::Lz4] {
        let dir = tempfile::tempdir().unwrap();
        let log = SledLog::open(dir.path(), options(compression)).unwrap();
        append(&log, 1..401).await;
        holds_all(&log, 400).await;
        log.seal().await.unwrap();
        holds_all(&log, 400).await;
        assert!(log.status().await.unwrap().volumes > 10);
        log.close().await.unwrap();
        assert_eq!(files(&dir.path().join("log"), "open").len(), 1);

        // What is sealed counts as what is not does: duplicates, taken ids, conditions.
        let log = SledLog::open(dir.path(), options(compression)).unwrap();
        let again = log.append(Append::new(&[event(5)]).unwrap()).await.unwrap();
        let [Outcome::Duplicate(placed)] = again.outcomes[..] else { panic!("{again:?}") };
        assert_eq!(placed.position, Position::new(4));
        let mut other = event(5).envelope().clone();
        other.stream = stream(6);
        let other = Event::new(other, event(5).payload().clone()).unwrap();
        let taken = log.append(Append::new(&[other]).unwrap()).await;
        assert!(matches!(taken, Err(AppendError::IdTaken { .. })), "{taken:?}");
        let new = Append::new(&[event(401)]).unwrap();
        let refused = log.append(new.expect(stream(401), ExpectedVersion::NoStream)).await;
        assert!(matches!(refused, Err(AppendError::VersionConflict { .. })), "{refused:?}");
        append(&log, 401..411).await;
        holds_all(&log, 410).await;
        log.close().await.unwrap();
        assert_eq!(verify_directory(dir.path()).unwrap().events, 410);
    }
}

#[tokio::test]
async fn a_stream_is_counted_once_wherever_it_begins_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    for number in 0..100_u128 {
        // A stream goes on in many volumes, another begins in each.
        for (id, party) in [(2 * number, number % 3), (2 * number + 1, 10 + number / 5)] {
            let mut envelope = event(id + 1).envelope().clone();
            envelope.stream = StreamId::party(&format!("party-{party}")).unwrap();
            let payload = event(1).payload().clone();
            let append = Append::new(&[Event::new(envelope, payload).unwrap()]).unwrap();
            log.append(append).await.unwrap();
        }
        let streams = log.streams().await.unwrap().len() as u64;
        assert_eq!(log.status().await.unwrap().streams, streams);
    }
    assert_eq!(log.status().await.unwrap().streams, 23);
    log.close().await.unwrap();
}

#[tokio::test]
async fn sealing_nothing_is_done_at_once_and_a_closed_log_seals_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    log.seal().await.unwrap();
    assert_eq!(log.status().await.unwrap().volumes, 1);
    log.close().await.unwrap();
    assert!(log.seal().await.is_err());
}

#[tokio::test]
async fn runs_that_are_missing_damaged_or_anothers_change_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), Compression::None, 1..401).await;
    let runs_dir = dir.path().join("log/runs");
    let other = tempfile::tempdir().unwrap();
    write(other.path(), Compression::None, 2..402).await;
    let of_other = files(&other.path().join("log/runs"), "run");
    assert!(!files(&runs_dir, "run").is_empty() && !of_other.is_empty());
    for run in of_other {
        fs::copy(&run, runs_dir.join(run.file_name().unwrap())).unwrap();
    }
    let log = open(dir.path()).unwrap();
    holds_all(&log, 400).await;
    log.close().await.unwrap();

    for round in 0..12 {
        for run in files(&runs_dir, "run") {
            let mut bytes = fs::read(&run).unwrap();
            let place = bytes.len() * round / 12;
            bytes[place] ^= 0x10;
            fs::write(&run, bytes).unwrap();
        }
        let log = open(dir.path()).unwrap();
        holds_all(&log, 400).await;
        log.close().await.unwrap();
    }
    fs::remove_dir_all(&runs_dir).unwrap();
    let log = open(dir.path()).unwrap();
    holds_all(&log, 400).await;
    log.close().await.unwrap();
}

/// The log is damaged, and what says so names the file; or it is sound.
async fn is_noticed(dir: &Path, file: &Path, sound: &VerifyReport, case: &str) -> bool {
    let report = verify_directory(dir).unwrap();
    match open(dir) {
        Err(OpenError::Damaged { .. }) => assert!(report.damage.is_some(), "{case}"),
        Err(other) => panic!("{case}: {other}"),
        Ok(log) => {
            // No reader is given what was not written, verified or not.
            let mut read = log.read(PositionRange::ALL, &Filter::all(), Direction::Forwards);
            while let Some(Ok(recorded)) = read.next().await {
                let number = u128::from(recorded.position.get()) + 1;
                assert_eq!(recorded.event, event(number), "{case}");
            }
            let live = log.verify().await.unwrap();
            assert_eq!(live.damage.is_some(), report.damage.is_some(), "{case}: {live:?}");
            log.close().await.unwrap();
        }
    }
    let Some(damage) = report.damage else {
        assert_eq!(&report, sound, "{case}");
        return false;
    };
    assert_eq!(damage.file.file_name(), file.file_name(), "{case}: {damage}");
    assert!(report.events <= damage.position.get(), "{case}: {damage}");
    true
}

#[tokio::test]
async fn every_flipped_bit_of_a_sealed_file_is_damage_that_names_it() {
    for compression in [Compression::None, Compression::Lz4] {
        let whole = tempfile::tempdir().unwrap();
        write(whole.path(), compression, 1..91).await;
        let sound = verify_directory(whole.path()).unwrap();
        let second = files(&whole.path().join("log"), "sealed").remove(1);
        let bytes = fs::read(&second).unwrap();
        let flips = 50;
        for flip in 0..=flips {
            let dir = tempfile::tempdir().unwrap();
            copy_directory(whole.path(), dir.path()).unwrap();
            let place = (bytes.len() - 1) * flip / flips;
            let mut changed = bytes.clone();
            changed[place] ^= 1 << (flip % 8);
            let file = dir.path().join("log").join(second.file_name().unwrap());
            fs::write(&file, changed).unwrap();
            // A flipped version of the format is a newer format, not damage.
            if (4..6).contains(&place) {
                assert!(matches!(open(dir.path()), Err(OpenError::Newer { .. })));
                continue;
            }
            let case = format!("byte {place} of {}", bytes.len());
            assert!(is_noticed(dir.path(), &file, &sound, &case).await, "{case}");
        }
        for length in (0..bytes.len()).step_by(bytes.len() / 4) {
            let dir = tempfile::tempdir().unwrap();
            copy_directory(whole.path(), dir.path()).unwrap();
            let file = dir.path().join("log").join(second.file_name().unwrap());
            fs::write(&file, &bytes[..length]).unwrap();
            let case = format!("cut off at {length}");
            assert!(is_noticed(dir.path(), &file, &sound, &case).await, "{case}");
        }
    }
}

#[tokio::test]
async fn a_volume_missing_in_the_middle_or_of_another_log_is_damage() {
    let whole = tempfile::tempdir().unwrap();
    write(whole.path(), Compression::None, 1..91).await;
    let other = tempfile::tempdir().unwrap();
    write(other.path(), Compression::None, 2..92).await;
    let second = files(&whole.path().join("log"), "sealed").remove(1);
    let name = second.file_name().unwrap();
    fs::copy(other.path().join("log").join(name), &second).unwrap();
    let Err(OpenError::Damaged { position, what, .. }) = open(whole.path()) else {
        panic!("another log's volume was taken")
    };
    assert_eq!(position, Position::new(VOLUME_EVENTS));
    assert!(what.contains("does not follow"), "{what}");
    fs::remove_file(&second).unwrap();
    let Err(OpenError::Damaged { position, what, .. }) = open(whole.path()) else {
        panic!("a gap was not noticed")
    };
    assert_eq!(position, Position::new(VOLUME_EVENTS));
    assert!(what.contains("begins at 60, expected 30"), "{what}");
    assert_eq!(verify_directory(whole.path()).unwrap().events, VOLUME_EVENTS);
}

/// What a kill leaves between two steps of sealing: a temporary file; the sealed file and the
/// database of the same events; a database that a removal has begun on.
#[tokio::test]
async fn what_a_kill_leaves_between_two_steps_of_sealing_is_taken_up() {
    let unsealed = tempfile::tempdir().unwrap();
    let log = SledLog::open(unsealed.path(), SledLogOptions::default()).unwrap();
    append(&log, 1..31).await;
    log.close().await.unwrap();
    let database = unsealed.path().join("log/000000000000.open");

    for step in 0..3 {
        let dir = tempfile::tempdir().unwrap();
        copy_directory(unsealed.path(), dir.path()).unwrap();
        let log = open(dir.path()).unwrap();
        log.seal().await.unwrap();
        log.close().await.unwrap();
        let log_dir = dir.path().join("log");
        let sealed = log_dir.join("000000000000.sealed");
        copy_directory(&database, &log_dir.join("000000000000.open")).unwrap();
        match step {
            0 => {
                let bytes = fs::read(&sealed).unwrap();
                fs::write(sealed.with_extension("tmp"), &bytes[..bytes.len() / 2]).unwrap();
                fs::remove_file(&sealed).unwrap();
            }
            1 => {}
            _ => fs::remove_file(log_dir.join("000000000000.open/db")).unwrap(),
        }
        let log = open(dir.path()).unwrap();
        log.seal().await.unwrap();
        holds_all(&log, 30).await;
        log.close().await.unwrap();
        assert!(sealed.exists() && !sealed.with_extension("tmp").exists());
        assert!(!log_dir.join("000000000000.open").exists());
    }
}

/// Where the disk refuses a step of sealing: a directory stands where the file is to be written.
#[tokio::test]
async fn a_volume_that_cannot_be_written_stays_where_it_is_and_is_sealed_once_it_can_be() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let obstacle = dir.path().join("log/000000000000.tmp");
    fs::create_dir_all(obstacle.join("inside")).unwrap();
    append(&log, 1..41).await;
    assert!(log.seal().await.is_err());
    holds_all(&log, 40).await;
    append(&log, 41..51).await;
    fs::remove_dir_all(&obstacle).unwrap();
    log.seal().await.unwrap();
    holds_all(&log, 50).await;
    log.close().await.unwrap();
    assert!(files(&dir.path().join("log"), "sealed").len() > 1);
}

/// Where the disk refuses to make a new database, the full one goes on, and what was begun is not
/// taken for events that are missing.
#[tokio::test]
async fn a_database_that_cannot_be_made_leaves_appends_where_they_are_and_a_log_that_opens() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let begun = dir.path().join("log/000000000030.open");
    fs::create_dir_all(begun.join("db/inside")).unwrap();
    append(&log, 1..61).await;
    holds_all(&log, 60).await;
    log.close().await.unwrap();
    assert_eq!(files(&dir.path().join("log"), "sealed").len(), 1, "rolled later");
    fs::remove_dir_all(begun.join("db")).unwrap();

    let log = open(dir.path()).unwrap();
    holds_all(&log, 60).await;
    assert!(!begun.exists());
    log.close().await.unwrap();
    assert_eq!(verify_directory(dir.path()).unwrap().events, 60);
}

/// Where the disk refuses `HEAD`: it lags, which is said at close, and nothing is lost.
#[tokio::test]
async fn a_head_that_cannot_be_replaced_is_said_at_close_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let obstacle = dir.path().join("HEAD.tmp");
    fs::create_dir_all(obstacle.join("inside")).unwrap();
    append(&log, 1..21).await;
    holds_all(&log, 20).await;
    assert!(log.close().await.is_err());
    drop(log);
    fs::remove_dir_all(&obstacle).unwrap();
    let log = open(dir.path()).unwrap();
    holds_all(&log, 20).await;
    log.close().await.unwrap();
}
