//! A disk that becomes full: appends fail with an error that says so, reads go on, what was
//! acknowledged is there, and with room again the log goes on.
//!
//! The test starts itself as a child in a mount namespace of its own, where it may mount a small
//! tmpfs that vanishes with it. Where the system does not allow that it says so and tests nothing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use annals_events::{Event, Position, StreamId};
use annals_log::{Append, AppendError, Direction, EventLog, Filter, PositionRange};
use annals_sled::{SledLog, SledLogOptions, verify_directory};
use annals_testkit::custom_event;
use futures::StreamExt as _;
use std::fs;
use std::path::Path;
use std::process::Command;

const DIR: &str = "ANNALS_DISK_FULL_TEST_DIR";
const DISK_BYTES: u64 = 64 << 20;
const NO_ROOM: &str = "No space left on device";

/// An event of about 8 KiB.
fn event(number: u64) -> Event {
    let data = format!("\"{number} {}\"", "plenty ".repeat(1170));
    custom_event(u128::from(number) + 1, &StreamId::party("anna").unwrap(), &data)
}

fn options(volume_events: u64) -> SledLogOptions {
    SledLogOptions { open_volume_events_max: volume_events, ..SledLogOptions::default() }
}

/// The first `count` events are there, in order.
async fn holds(log: &SledLog, count: u64) {
    let events = log.read(
        PositionRange::between(Position::START, Position::new(count)),
        &Filter::all(),
        FORWARDS,
    );
    let read: Vec<_> = events.map(|event| event.unwrap().event.id()).collect().await;
    assert!(read.into_iter().eq((0..count).map(|number| event(number).id())));
}

const FORWARDS: Direction = Direction::Forwards;

/// Appends until the disk is full; gives how many events were acknowledged, and the refusal.
async fn fill(log: &SledLog, mut number: u64) -> (u64, AppendError) {
    loop {
        match log.append(Append::new(&[event(number)]).unwrap()).await {
            Ok(_) => number += 1,
            Err(error) => return (number, error),
        }
    }
}

async fn a_disk_of_which_so_much_is_free(dir: &Path, free_bytes: u64, volume_events: u64) {
    let ledger = dir.join("ledger");
    fs::create_dir(&ledger).unwrap();
    let filling = usize::try_from(DISK_BYTES - free_bytes).unwrap();
    fs::write(dir.join("filler"), vec![7; filling]).unwrap();
    let log = SledLog::open(&ledger, options(volume_events)).unwrap();
    let (count, error) = fill(&log, 0).await;
    assert!(matches!(error, AppendError::NotDurable { .. }), "{error:?}");
    assert!(error.to_string().contains(NO_ROOM), "{error}");
    assert!(error.to_string().contains("make room"), "{error}");
    // Nothing is acknowledged any more, and what was acknowledged can be read.
    let refused = log.append(Append::new(&[event(count)]).unwrap()).await;
    assert!(refused.is_err(), "{refused:?}");
    holds(&log, count).await;
    assert_eq!(log.head().await.unwrap().next, Position::new(count));
    let closed = log.close().await;
    assert!(closed.is_err(), "what was not written is not passed over in silence");
    drop(log);

    let left = fs::read_dir(ledger.join("log")).unwrap().map(|entry| entry.unwrap().path());
    let unfinished = left.filter(|path| path.extension().is_some_and(|kind| kind == "tmp"));
    assert_eq!(unfinished.count(), 0, "what could not be finished takes no room");
    // While it is full it may not open, and never for any other reason than that.
    match SledLog::open(&ledger, options(volume_events)) {
        Ok(log) => drop(log.close().await),
        Err(error) => assert!(error.to_string().contains(NO_ROOM), "{error}"),
    }

    fs::remove_file(dir.join("filler")).unwrap();
    let log = SledLog::open(&ledger, options(volume_events)).unwrap();
    let there = log.head().await.unwrap().next.get();
    assert!((count..=count + 1).contains(&there), "{there} events, {count} were acknowledged");
    for number in count..count + 100 {
        let appended = log.append(Append::new(&[event(number)]).unwrap()).await.unwrap();
        let position = appended.outcomes.first().unwrap().placed().position;
        assert_eq!(position, Position::new(number));
    }
    log.seal().await.unwrap();
    holds(&log, count + 100).await;
    log.close().await.unwrap();
    let report = verify_directory(&ledger).unwrap();
    assert_eq!((report.damage, report.events), (None, count + 100));
    fs::remove_dir_all(&ledger).unwrap();
}

/// Not a test but the child in its own mount namespace.
#[tokio::test]
async fn child() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let size = format!("size={DISK_BYTES}");
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", &size, "annals"]).arg(&dir).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        println!("\nskipped");
        return;
    }
    // With more or less room, and volumes so small that sealing comes upon the end of it as well.
    for (free_mib, volume_events) in [(3, 10_000), (12, 10_000), (5, 100), (9, 100), (16, 300)] {
        println!("{free_mib} MiB free, {volume_events} events a volume");
        a_disk_of_which_so_much_is_free(Path::new(&dir), free_mib << 20, volume_events).await;
    }
    println!("\ndone");
}

#[test]
fn a_full_disk_loses_nothing_acknowledged_and_with_room_the_log_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let child = Command::new("unshare")
        .args(["--map-root-user", "--mount", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(DIR, dir.path())
        .output();
    let (output, is_over) = match &child {
        Ok(output) => {
            let text = [&output.stdout[..], &output.stderr[..]].concat();
            let text = String::from_utf8_lossy(&text).into_owned();
            let began = text.contains("running 1 test");
            (text, began)
        }
        Err(error) => (error.to_string(), false),
    };
    if !is_over || output.contains("\nskipped") {
        println!("skipped: no file system can be mounted here: {output}");
        return;
    }
    assert!(output.contains("\ndone"), "{output}");
}
