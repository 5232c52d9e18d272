//! The journal of the open volume: what it alone has after a kill, and what becomes of it when it
//! is damaged.
//!
//! A kill is a copy of the ledger's directory while the log is open: it has what the operating
//! system has, and nothing of what sled holds in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use annals_events::{Event, EventId, Position, StreamId};
use annals_log::{Append, Direction, EventLog, Filter, PositionRange};
use annals_sled::{
    OpenError, SledLog, SledLogOptions, VerifyReport, head_text, parse_head_text,
    salvage_directory, verify_directory,
};
use annals_testkit::{copy_directory, custom_event};
use futures::StreamExt as _;
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use uuid::Uuid;

/// An event of about so many bytes.
fn event(number: u64, bytes: usize) -> Event {
    let stream = StreamId::party(&format!("party-{}", number % 7)).unwrap();
    let data = format!("\"{number} {}\"", "x".repeat(bytes));
    custom_event(u128::from(number) + 1, &stream, &data)
}

fn open(dir: &Path) -> Result<SledLog, OpenError> {
    SledLog::open(dir, SledLogOptions::default())
}

fn journal_of(dir: &Path) -> PathBuf {
    dir.join("log/000000000000.open/journal")
}

async fn append(log: &SledLog, number: u64, bytes: usize) {
    log.append(Append::new(&[event(number, bytes)]).unwrap()).await.unwrap();
}

/// The numbers of the events, which must lie in order.
async fn count_in_order(log: &SledLog) -> u64 {
    let events = log.read(PositionRange::ALL, &Filter::all(), Direction::Forwards);
    let ids: Vec<_> = events.map(|event| event.unwrap().event.id()).collect().await;
    let expected = (1..=ids.len() as u128).map(|id| EventId::new(Uuid::from_u128(id)).unwrap());
    assert!(ids.iter().copied().eq(expected));
    ids.len() as u64
}

/// What a kill leaves of an open log.
fn killed(dir: &Path) -> TempDir {
    let left = tempfile::tempdir().unwrap();
    copy_directory(dir, left.path()).unwrap();
    left
}

/// A log of so many events that was killed; `HEAD` knows of none of them.
async fn killed_log(count: u64) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    for number in 0..count {
        append(&log, number, 300).await;
    }
    let left = killed(dir.path());
    log.close().await.unwrap();
    left
}

fn verified(dir: &Path) -> VerifyReport {
    verify_directory(dir).unwrap()
}

#[tokio::test]
async fn what_only_the_journal_has_is_there_for_readers_writers_and_verification() {
    let dir = killed_log(30).await;
    assert_eq!(verified(dir.path()).events, 30);
    let log = SledLog::open_read_only(dir.path()).unwrap();
    assert_eq!((count_in_order(&log).await, log.damage()), (30, None));
    log.close().await.unwrap();
    let log = open(dir.path()).unwrap();
    assert_eq!(count_in_order(&log).await, 30);
    append(&log, 30, 300).await;
    let again = killed(dir.path());
    log.close().await.unwrap();
    assert_eq!(fs::metadata(journal_of(dir.path())).unwrap().len(), 0, "a closed log needs none");
    for dir in [dir, again] {
        assert_eq!((verified(dir.path()).events, verified(dir.path()).damage), (31, None));
    }
}

#[tokio::test]
async fn a_journal_that_is_missing_is_damage_but_not_in_a_ledger_that_never_had_one() {
    let dir = killed_log(3).await;
    fs::remove_file(journal_of(dir.path())).unwrap();
    let damage = verified(dir.path()).damage.unwrap();
    assert_eq!(damage.file, journal_of(dir.path()));
    assert!(matches!(open(dir.path()), Err(OpenError::Damaged { .. })));

    let dir = killed_log(3).await;
    open(dir.path()).unwrap().close().await.unwrap();
    fs::remove_file(journal_of(dir.path())).unwrap();
    let head = dir.path().join("HEAD");
    let kept = parse_head_text(&fs::read(&head).unwrap()).unwrap();
    let earlier = head_text(&kept).replace("annals head 2", "annals head 1");
    fs::write(&head, earlier).unwrap();
    assert_eq!((verified(dir.path()).events, verified(dir.path()).damage), (3, None));
    let log = open(dir.path()).unwrap();
    append(&log, 3, 300).await;
    let left = killed(dir.path());
    log.close().await.unwrap();
    let kept = fs::read_to_string(left.path().join("HEAD")).unwrap();
    assert!(
        kept.starts_with("annals head 2\n"),
        "an earlier annals must not pass over the journal"
    );
    assert_eq!(verified(left.path()).events, 4);
}

/// Wherever the journal is changed: what comes behind the change is not passed over in silence,
/// and what is shown is what was appended.
#[tokio::test]
async fn damage_in_the_journal_is_named_unless_it_is_in_its_last_block_and_nothing_is_made_up() {
    let whole = killed_log(30).await;
    let bytes = fs::read(journal_of(whole.path())).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let block = used / 30;
    for case in 0..40 {
        let place = used * case / 40;
        let mut changed = bytes.clone();
        match case % 3 {
            0 => changed[place] ^= 1 << (case % 8),
            1 => changed[place..place + block].fill(0),
            _ => changed[place..place + 8].fill(0xa5),
        }
        fs::write(journal_of(whole.path()), changed).unwrap();
        let report = verified(whole.path());
        let log = SledLog::open_read_only(whole.path()).unwrap();
        assert_eq!(count_in_order(&log).await, report.events, "case {case}");
        log.close().await.unwrap();
        let before = (place / block) as u64;
        assert!(report.events.abs_diff(before) <= 1, "case {case}: {report:?}");
        if report.events + 2 < 30 {
            let damage = report.damage.expect("blocks follow that are sound");
            assert_eq!(damage.file, journal_of(whole.path()), "case {case}");
            assert_eq!(damage.position, Position::new(report.events));
            assert!(matches!(open(whole.path()), Err(OpenError::Damaged { .. })), "case {case}");
            let mut salvaged = 0;
            let take = |_: Position, _: &[u8]| -> Result<(), OpenError> {
                salvaged += 1;
                Ok(())
            };
            salvage_directory(whole.path(), take).unwrap();
            assert!((28..30).contains(&salvaged), "case {case}: {salvaged}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    /// Groups of all sizes, so that the journal is full again and again and is passed by: after a
    /// kill at any place every event is there, and what is left of earlier rounds in the journal
    /// is none.
    #[test]
    fn after_a_kill_every_acknowledged_event_is_there_in_its_place(
        sizes in prop::collection::vec(
            prop_oneof![6 => 10_usize..2000, 3 => 20_000_usize..32_000, 1 => 33_000_usize..48_000],
            1..150,
        ),
        kills in prop::collection::vec(0_usize..150, 1..4),
        torn in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut dir = tempfile::tempdir().unwrap();
            let mut log = open(dir.path()).unwrap();
            for (number, size) in sizes.iter().enumerate() {
                append(&log, number as u64, *size).await;
                if kills.contains(&number) {
                    let left = killed(dir.path());
                    drop(log);
                    dir = left;
                    if torn {
                        // Half of a block that was never acknowledged, behind the last that was.
                        let path = journal_of(dir.path());
                        let mut bytes = fs::read(&path).unwrap();
                        let zero = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
                        let end = bytes.len().min(zero + 100);
                        bytes[zero..end].fill(b'A');
                        fs::write(&path, bytes).unwrap();
                    }
                    log = open(dir.path()).unwrap();
                    assert_eq!(count_in_order(&log).await, number as u64 + 1);
                }
            }
            let head = log.head().await.unwrap();
            let left = killed(dir.path());
            let report = verified(left.path());
            assert_eq!((report.events, report.root), (head.next.get(), head.root));
            assert_eq!(report.damage, None);
            log.close().await.unwrap();
            let report = verified(dir.path());
            assert_eq!((report.events, report.damage), (sizes.len() as u64, None));
        });
    }
}
