//! A writer that is killed, again and again, at any point: what it acknowledged is there.
//!
//! The test starts itself as a child that appends and reports each acknowledgement, and kills it
//! (SIGKILL) when it has seen so many; the ledger goes through all kills.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails where it stands"
)]

use annals_events::{EventId, Position};
use annals_log::{Direction, EventLog, Filter, PositionRange};
use annals_sled::{SledLog, SledLogOptions};
use annals_tests::log_fixture::{append, event, id};
use futures::StreamExt as _;
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

const DIR: &str = "ANNALS_CRASH_TEST_DIR";
const ROUND: &str = "ANNALS_CRASH_TEST_ROUND";
const SEALING: &str = "ANNALS_CRASH_TEST_SEALING";
/// How often the writer is killed unless `ANNALS_CRASH_KILLS` says otherwise.
const KILLS_DEFAULT: u32 = 20;
const WRITERS: u32 = 4;
/// How many ids each round has of its own.
const ROUND_IDS: u32 = 10_000_000;

/// Says something to the parent, whole or not at all.
fn say(line: &str) {
    std::io::stdout().write_all(format!("\n{line}\n").as_bytes()).unwrap();
}

/// Not a test but the child, which ends only by being killed.
#[test]
fn child() {
    let (Ok(dir), Ok(round)) = (std::env::var(DIR), std::env::var(ROUND)) else { return };
    let round: u32 = round.parse().unwrap();
    say("opening");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async move {
        let log = Arc::new(SledLog::open(Path::new(&dir), options()).unwrap());
        say("open");
        let writers = (0..WRITERS).map(|writer| {
            let log = Arc::clone(&log);
            tokio::spawn(write_for_ever(log, round * ROUND_IDS + writer * (ROUND_IDS / WRITERS)))
        });
        let writers: Vec<_> = writers.collect();
        if std::env::var_os(SEALING).is_some() {
            // Besides the volumes that are full, so that kills come upon every step of sealing.
            while log.seal().await.is_ok() {}
        }
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

/// With small volumes where sealing is what is to be interrupted.
fn options() -> SledLogOptions {
    match std::env::var_os(SEALING) {
        Some(_) => small_volumes(),
        None => SledLogOptions::default(),
    }
}

fn small_volumes() -> SledLogOptions {
    SledLogOptions { open_volume_events_max: 100, ..SledLogOptions::default() }
}

async fn write_for_ever(log: Arc<SledLog>, mut number: u32) {
    for length in [1, 1, 7, 1, 200, 1, 40].into_iter().cycle() {
        let events: Vec<_> =
            (number..number + length).map(|number| event(number, &party_of(number))).collect();
        let appended = log.append(append(&events)).await.unwrap();
        let first = appended.outcomes[0].placed().position;
        say(&format!("acknowledged {number} {length} {first}"));
        number += length;
    }
}

fn kills() -> u32 {
    let asked = std::env::var("ANNALS_CRASH_KILLS").ok();
    asked.and_then(|kills| kills.parse().ok()).unwrap_or(KILLS_DEFAULT)
}

fn party_of(number: u32) -> String {
    format!("party-{}", number % 50)
}

/// Runs the child until it has acknowledged so many appends (0: until it begins to open), kills it,
/// and gives what it acknowledged.
fn run_and_kill(
    dir: &Path,
    round: u32,
    appends: usize,
    is_sealing: bool,
) -> Vec<(EventId, Position)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .envs(is_sealing.then_some((SEALING, "1")))
        .env(DIR, dir)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    let mut seen = 0;
    let mut killed = false;
    // Behind the kill, what stands in the pipe was said before it and counts as well.
    while let Some(Ok(line)) = lines.next() {
        let mut words = line.split(' ');
        let word = words.next();
        if word == Some("acknowledged") {
            let numbers: Vec<u32> = words.filter_map(|word| word.parse().ok()).collect();
            let [number, length, first] = numbers[..] else { continue };
            for index in 0..length {
                let position = Position::new(u64::from(first + index));
                acknowledged.push((id(number + index), position));
            }
            seen += 1;
        }
        if !killed && (word == Some("opening") && appends == 0 || appends > 0 && seen >= appends) {
            child.kill().unwrap();
            killed = true;
        }
    }
    let status = child.wait().unwrap();
    assert!(killed, "the child ended by itself: {status}");
    acknowledged
}

#[tokio::test]
async fn what_was_acknowledged_survives_any_kill_in_its_place_once_and_verified() {
    kill_again_and_again(false, SledLogOptions::default()).await;
}

/// A hundred events a volume, and seals asked for all the time: kills come while volumes roll, are
/// written, renamed and removed, and while runs are merged.
#[tokio::test]
async fn what_was_acknowledged_survives_kills_while_volumes_are_sealed() {
    kill_again_and_again(true, small_volumes()).await;
}

async fn kill_again_and_again(is_sealing: bool, options: SledLogOptions) {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged: HashMap<EventId, Position> = HashMap::new();
    for round in 0..kills() {
        // From none at all (killed while it opens) to a hundred or so, in no order.
        let appends = if round % 4 == 3 { 0 } else { (round as usize * 37) % 113 + 1 };
        acknowledged.extend(run_and_kill(dir.path(), round, appends, is_sealing));

        let log = SledLog::open(dir.path(), options.clone()).unwrap();
        let head = log.head().await.unwrap();
        let mut there = HashMap::new();
        let mut events = log.read(PositionRange::ALL, &Filter::all(), Direction::Forwards);
        let mut next = Position::START;
        while let Some(event) = events.next().await {
            let recorded = event.unwrap();
            assert_eq!(recorded.position, next, "a gap");
            next = next.plus(1);
            let twice = there.insert(recorded.event.id(), recorded.position);
            assert_eq!(twice, None, "{} is there twice", recorded.event.id());
        }
        assert_eq!(next, head.next);
        for (id, position) in &acknowledged {
            assert_eq!(there.get(id), Some(position), "round {round}: event {id}");
        }
        let report = log.verify().await.unwrap();
        assert_eq!((report.damage, report.events), (None, head.next.get()));
        assert_eq!(report.root, head.root);
        log.close().await.unwrap();
    }
    assert!(acknowledged.len() > 1000, "the children came to {} events", acknowledged.len());
}
