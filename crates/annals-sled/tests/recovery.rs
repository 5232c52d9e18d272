//! What opening makes of a log that was not closed, was damaged, or is not all there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use annals_events::{Event, Position, StreamId};
use annals_log::{Append, AppendError, Direction, EventLog, Filter, PositionRange, ReadError};
use annals_sled::{
    OpenError, SledLog, SledLogOptions, VerifyReport, head_text, parse_head_text, verify_directory,
};
use annals_testkit::{copy_directory, custom_event};
use futures::StreamExt as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

fn event(number: u128) -> Event {
    let stream = StreamId::party(&format!("party-{}", number % 7)).unwrap();
    custom_event(number, &stream, &format!("{{\"text\":\"{}\"}}", "plenty ".repeat(40)))
}

fn open(dir: &Path) -> Result<SledLog, OpenError> {
    SledLog::open(dir, SledLogOptions::default())
}

/// Appends events with these numbers, in appends of ten, and closes.
async fn write(dir: &Path, numbers: std::ops::Range<u128>) {
    let log = open(dir).unwrap();
    let events: Vec<_> = numbers.map(event).collect();
    for some in events.chunks(10) {
        log.append(Append::new(some).unwrap()).await.unwrap();
    }
    log.close().await.unwrap();
}

fn damage_of(dir: &Path) -> (Position, std::path::PathBuf, String) {
    let (position, file, what) = match open(dir).err() {
        Some(OpenError::Damaged { position, file, what }) => (position, file, what),
        other => panic!("expected damage, came {other:?}"),
    };
    let report = verify_directory(dir).unwrap();
    let damage = report.damage.expect("what cannot be opened for damage does not verify");
    assert_eq!((&damage.position, &damage.file, &damage.what), (&position, &file, &what));
    (position, file, what)
}

#[tokio::test]
async fn a_closed_log_opens_with_the_same_head_and_verifies() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 1..101).await;
    let kept = parse_head_text(&fs::read(dir.path().join("HEAD")).unwrap()).unwrap();
    assert_eq!(kept.next, Position::new(100));
    let log = open(dir.path()).unwrap();
    assert_eq!(log.head().await.unwrap(), kept);
    let live = log.verify().await.unwrap();
    assert!(log.status().await.unwrap().bytes_on_disk > 0);
    log.close().await.unwrap();
    let report = verify_directory(dir.path()).unwrap();
    assert_eq!(report, live);
    assert_eq!((report.events, report.root, report.damage), (100, kept.root, None));
}

#[tokio::test]
async fn the_index_is_saved_anew_only_where_it_is_not_the_one_that_was_saved() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 1..101).await;
    let path = dir.path().join("log/000000000000.index");
    let inode = || fs::metadata(&path).unwrap().ino();
    let before = inode();
    open(dir.path()).unwrap().close().await.unwrap();
    assert_eq!(inode(), before, "nothing was appended");
    let saved = fs::read(&path).unwrap();
    let mut changed = saved.clone();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(&path, changed).unwrap();
    open(dir.path()).unwrap().close().await.unwrap();
    assert_eq!(fs::read(&path).unwrap().len(), saved.len());
    assert_ne!(inode(), before, "what was there was not whole");
    let before = inode();
    write(dir.path(), 101..111).await;
    assert_ne!(inode(), before, "the log goes on");
}

#[tokio::test]
async fn an_unfinished_snapshot_is_set_aside_and_the_log_opens() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 1..31).await;
    let name = "snap.0000000000800000.generating";
    fs::write(dir.path().join("log/000000000000.open").join(name), b"").unwrap();
    let log = open(dir.path()).unwrap();
    assert_eq!(log.head().await.unwrap().next, Position::new(30));
    log.close().await.unwrap();
    assert!(dir.path().join("log/quarantine").join(name).exists());
}

#[tokio::test]
async fn a_log_that_lost_its_end_is_damage_and_names_both_lengths() {
    let dir = tempfile::tempdir().unwrap();
    let old = tempfile::tempdir().unwrap();
    write(dir.path(), 1..31).await;
    copy_directory(dir.path(), old.path()).unwrap();
    write(dir.path(), 31..51).await;
    fs::copy(dir.path().join("HEAD"), old.path().join("HEAD")).unwrap();
    let (position, file, what) = damage_of(old.path());
    assert_eq!(position, Position::new(30));
    assert!(file.ends_with("log/000000000000.open/db"));
    assert!(what.contains("30 events") && what.contains("50 events"), "{what}");
}

#[tokio::test]
async fn a_log_exchanged_for_another_of_the_same_length_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    write(dir.path(), 1..31).await;
    write(other.path(), 2..42).await;
    fs::copy(dir.path().join("HEAD"), other.path().join("HEAD")).unwrap();
    let (_, _, what) = damage_of(other.path());
    let kept = parse_head_text(&fs::read(dir.path().join("HEAD")).unwrap()).unwrap();
    assert!(what.contains(&kept.root.to_string()), "{what}");
}

#[tokio::test]
async fn a_log_without_its_head_or_a_head_without_its_log_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 1..31).await;
    let head = fs::read(dir.path().join("HEAD")).unwrap();
    fs::remove_file(dir.path().join("HEAD")).unwrap();
    assert!(damage_of(dir.path()).1.ends_with("HEAD"));
    fs::write(dir.path().join("HEAD"), &head).unwrap();
    fs::remove_dir_all(dir.path().join("log")).unwrap();
    assert!(damage_of(dir.path()).2.contains("30 events"));
    assert!(
        !dir.path().join("log/000000000000.open/db").exists(),
        "no empty log is made in its place"
    );
    fs::write(dir.path().join("HEAD"), b"annals head 1\nsize").unwrap();
    assert!(damage_of(dir.path()).1.ends_with("HEAD"));
}

#[tokio::test]
async fn a_head_with_another_time_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 1..31).await;
    let path = dir.path().join("HEAD");
    let mut kept = parse_head_text(&fs::read(&path).unwrap()).unwrap();
    kept.recorded_at = kept.recorded_at.plus_seconds(1);
    fs::write(&path, head_text(&kept)).unwrap();
    let (_, _, what) = damage_of(dir.path());
    assert!(what.contains("HEAD says"), "{what}");
}

#[tokio::test]
async fn a_head_that_lags_is_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 1..31).await;
    let lagging = fs::read(dir.path().join("HEAD")).unwrap();
    write(dir.path(), 31..51).await;
    fs::write(dir.path().join("HEAD"), lagging).unwrap();
    assert_eq!(verify_directory(dir.path()).unwrap().events, 50);
    assert_eq!(open(dir.path()).unwrap().head().await.unwrap().next, Position::new(50));
}

#[tokio::test]
async fn missing_newer_and_foreign_ledgers_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let missing = open(&dir.path().join("nowhere")).err().unwrap();
    assert!(matches!(missing, OpenError::Missing { .. }), "{missing}");
    write(dir.path(), 1..2).await;
    let kept = parse_head_text(&fs::read(dir.path().join("HEAD")).unwrap()).unwrap();
    let newer = head_text(&kept).replace("annals head 2", "annals head 3");
    fs::write(dir.path().join("HEAD"), newer).unwrap();
    let error = open(dir.path()).err().unwrap();
    assert!(matches!(error, OpenError::Newer { found: 3, .. }), "{error}");
}

#[tokio::test]
async fn a_log_in_use_says_so_and_opens_at_once_when_closed_even_with_readers_left() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 1..31).await;
    for _ in 0..5 {
        let log = open(dir.path()).unwrap();
        let second = open(dir.path()).err().unwrap();
        assert!(matches!(second, OpenError::InUse { .. }), "{second}");
        let mut reader = log.read(PositionRange::ALL, &Filter::all(), Direction::Forwards);
        let mut live = log.subscribe(Position::new(30));
        log.close().await.unwrap();
        log.close().await.unwrap();
        open(dir.path()).unwrap().close().await.unwrap();
        let read = reader.next().await.unwrap();
        assert!(matches!(read, Err(ReadError::Closed)), "{read:?}");
        assert!(live.next().await.is_none());
        let refused = log.append(Append::new(&[event(99)]).unwrap()).await;
        assert!(matches!(refused, Err(AppendError::Closed)), "{refused:?}");
    }
}

/// The log either is damaged, and says so both ways, or has every event as it was. Whether it was
/// damaged.
async fn is_damaged_or_whole(dir: &Path, sound: &VerifyReport, case: &str) -> bool {
    match open(dir) {
        Err(OpenError::Damaged { .. }) => {
            let report = verify_directory(dir).unwrap();
            assert!(report.damage.is_some(), "{case}: refused but verified");
            true
        }
        Err(other) => panic!("{case}: {other}"),
        Ok(log) => {
            // A log closed in good order is not read whole when it opens, but it is by
            // verification.
            let report = log.verify().await.unwrap();
            if report.damage.is_none() {
                assert_eq!(&report, sound, "{case}");
            }
            log.close().await.unwrap();
            report.damage.is_some()
        }
    }
}

/// Wherever a bit is flipped: what does no harm lay in what holds no events.
#[tokio::test]
async fn a_flipped_bit_is_damage_or_harmless_and_never_a_panic_or_other_events() {
    let whole = tempfile::tempdir().unwrap();
    write(whole.path(), 1..201).await;
    let sound = verify_directory(whole.path()).unwrap();
    for file in fs::read_dir(whole.path().join("log/000000000000.open")).unwrap() {
        let file = file.unwrap();
        if file.path().is_dir() {
            continue;
        }
        let name = file.file_name();
        let is_database = name == "db";
        let bytes = fs::read(file.path()).unwrap();
        let Some(used) = bytes.iter().rposition(|byte| *byte != 0) else {
            assert_eq!(name, "journal", "only the journal of a closed log holds nothing");
            continue;
        };
        let flips = if is_database { 60 } else { used.min(8) };
        let mut damaged = 0;
        for flip in 0..flips {
            let dir = tempfile::tempdir().unwrap();
            copy_directory(whole.path(), dir.path()).unwrap();
            let place = used * flip / flips;
            let mut changed = bytes.clone();
            changed[place] ^= 1 << (flip % 8);
            fs::write(dir.path().join("log/000000000000.open").join(&name), changed).unwrap();
            let case = format!("byte {place} of {}", name.display());
            damaged += usize::from(is_damaged_or_whole(dir.path(), &sound, &case).await);
        }
        assert!(damaged > flips / 2 || !is_database, "only {damaged} of {flips} were noticed");
    }
}

#[tokio::test]
async fn a_database_cut_off_anywhere_is_damage_or_harmless_and_never_a_panic() {
    let whole = tempfile::tempdir().unwrap();
    write(whole.path(), 1..201).await;
    let sound = verify_directory(whole.path()).unwrap();
    let bytes = fs::read(whole.path().join("log/000000000000.open/db")).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    for cut in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        copy_directory(whole.path(), dir.path()).unwrap();
        let length = used * cut / 10;
        fs::write(dir.path().join("log/000000000000.open/db"), &bytes[..length]).unwrap();
        let case = format!("cut off at {length}");
        assert!(is_damaged_or_whole(dir.path(), &sound, &case).await, "{case}");
    }
}
