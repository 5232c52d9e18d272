//! Goal: whatever a process is killed at (appending, rolling and sealing volumes, opening, saving
//! views, rebuilding them), what it acknowledged is there once and in its place, and views are what
//! a fresh rebuild makes them.
//!
//! Method: the test starts itself as a child that works and reports each acknowledgement, and kills
//! it (SIGKILL) when it has seen so many; one ledger goes through all kills.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use annals::events::{Event, EventId, PartyId, Position, Zone};
use annals::log::{Append, Direction, Filter, PositionRange};
use annals::projection::AsOf;
use annals::{Annals, Options};
use annals_tests::interrupted_writer::{Acknowledged, Work, runtime, say, write};
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const DIR: &str = "ANNALS_CRASH_TEST_DIR";
const ROUND: &str = "ANNALS_CRASH_TEST_ROUND";
const WORK: &str = "ANNALS_CRASH_TEST_WORK";
/// How often a child is killed unless `ANNALS_CRASH_KILLS` says otherwise.
const KILLS_DEFAULT: u32 = 20;

fn kills() -> u32 {
    let asked = std::env::var("ANNALS_CRASH_KILLS").ok();
    asked.and_then(|kills| kills.parse().ok()).unwrap_or(KILLS_DEFAULT)
}

/// Not a test but the child, which ends only by being killed.
#[test]
fn child() {
    let variable = |name| std::env::var(name).ok();
    let (Some(dir), Some(round)) = (variable(DIR), variable(ROUND)) else { return };
    let (dir, round) = (Path::new(&dir), round.parse().unwrap());
    match variable(WORK).as_deref() {
        Some("appending") => write(dir, round, Work::Appending),
        Some("sealing") => write(dir, round, Work::Sealing),
        _ => runtime().block_on(keep_views(dir, round)),
    }
}

/// Runs the child until it has said something so often (never: until it begins), kills it, and
/// gives all that it said. Behind the kill, what stands in the pipe was said before it and counts.
fn run_and_kill(dir: &Path, round: u32, work: &str, awaited: &str, times: u32) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(DIR, dir)
        .env(ROUND, round.to_string())
        .env(WORK, work)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut said, mut seen, mut killed) = (Vec::new(), 0, false);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        seen += u32::from(line.starts_with(awaited));
        if !killed && (times == 0 && line == "opening" || times > 0 && seen >= times) {
            child.kill().unwrap();
            killed = true;
        }
        said.push(line);
    }
    let status = child.wait().unwrap();
    assert!(killed, "the child ended by itself: {status}");
    said
}

/// From none at all (killed while it opens) to fifty or so, in no order.
fn times_of(round: u32) -> u32 {
    if round % 4 == 3 { 0 } else { (round * 37) % 47 + 1 }
}

async fn kill_again_and_again(work: Work, name: &str) {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Acknowledged::default();
    for round in 0..kills() {
        for line in run_and_kill(dir.path(), round, name, "acknowledged", times_of(round)) {
            acknowledged.hear(&line);
            assert!(!line.starts_with("refused"), "round {round}: {line}");
        }
        acknowledged.check(dir.path(), work, &format!("round {round}")).await;
    }
    assert!(acknowledged.count() > 1000, "the children came to {} events", acknowledged.count());
}

#[tokio::test]
async fn what_was_acknowledged_survives_any_kill_in_its_place_once_and_verified() {
    kill_again_and_again(Work::Appending, "appending").await;
}

/// A hundred events a volume, and seals asked for all the time: kills come while volumes roll, are
/// written, renamed and removed, and while runs are merged.
#[tokio::test]
async fn what_was_acknowledged_survives_kills_while_volumes_are_sealed() {
    kill_again_and_again(Work::Sealing, "sealing").await;
}

/// Purchases and complaints of forty customers, some of them late.
fn fact(round: u32, number: u32) -> Event {
    let id = EventId::from_foreign("test", &format!("{round}/{number}"));
    let day = 1 + (number * 7 + round) % 28;
    let (kind, data) = if number % 5 == 4 {
        let complaint = format!("K-{round}-{number}");
        ("complaint.received", json!({"complaint": complaint, "category": "goods"}))
    } else {
        let total = json!({"amount": format!("{number}.00"), "currency": "EUR"});
        ("purchase.completed", json!({"total": total}))
    };
    let event = json!({
        "id": id, "kind": kind, "subject": format!("C-{}", number % 40),
        "occurred_at": format!("2026-03-{day:02}T09:30:00Z"), "data": data,
    });
    Event::from_json(&event).unwrap()
}

async fn open(dir: &Path) -> Annals {
    let options = Options::new().threads(2).open_volume_events_max(500);
    Annals::open(dir, options).await.unwrap()
}

/// Appends for a while, so that two hundred rounds leave a ledger that can still be checked in
/// seconds; and saves views and rebuilds them all the time.
async fn keep_views(dir: &Path, round: u32) {
    say("opening");
    let ledger = open(dir).await;
    tokio::spawn({
        let ledger = ledger.clone();
        async move {
            for first in (0..400).step_by(20) {
                let events: Vec<_> =
                    (first..first + 20).map(|number| fact(round, number)).collect();
                ledger.log().append(Append::new(&events).unwrap()).await.unwrap();
                say(&format!("acknowledged {first}"));
            }
        }
    });
    for turn in 0.. {
        if turn % 3 == 2 {
            ledger.rebuild(None, &|_| {}).await.unwrap();
            say("kept: rebuilt");
        } else {
            ledger.catch_up().await.unwrap();
            say("kept: saved");
        }
    }
}

/// What every projection shows of every customer, by the states that are kept.
async fn all_views(ledger: &Annals, as_of: AsOf) -> Vec<Vec<(PartyId, Value)>> {
    let mut all = Vec::new();
    for projection in ledger.projections() {
        all.push(ledger.views_json(projection, as_of).await.unwrap().value);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn views_after_any_kill_are_those_of_a_fresh_rebuild_and_no_event_is_lost_or_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("ledger");
    Annals::create(&dir, Zone::utc(), Options::new()).await.unwrap().close().await.unwrap();
    let (mut acknowledged, mut rebuilds) = (HashSet::new(), 0);
    for round in 0..kills() {
        let times = if round % 4 == 3 { 0 } else { round % 5 + 1 };
        for line in run_and_kill(&dir, round, "views", "kept", times) {
            rebuilds += u32::from(line == "kept: rebuilt");
            let Some(first) = line.strip_prefix("acknowledged ") else { continue };
            let first: u32 = first.parse().unwrap();
            acknowledged.extend((first..first + 20).map(|number| fact(round, number).id()));
        }
        let ledger = open(&dir).await;
        let mut events = ledger.log().read(PositionRange::ALL, &Filter::all(), Direction::Forwards);
        let mut there = HashSet::new();
        while let Some(event) = events.next().await {
            let recorded = event.unwrap();
            assert_eq!(recorded.position, Position::new(there.len() as u64), "a gap");
            assert!(there.insert(recorded.event.id()), "round {round}: an event is there twice");
        }
        assert!(acknowledged.is_subset(&there), "round {round}: an acknowledged event is missing");
        let as_of = ledger.as_of_now();
        let saved = all_views(&ledger, as_of).await;
        ledger.rebuild(None, &|_| {}).await.unwrap();
        assert!(
            saved == all_views(&ledger, as_of).await,
            "round {round}: views differ from a rebuild"
        );
        ledger.close().await.unwrap();
    }
    assert!(rebuilds > 0 && acknowledged.len() > 500, "{rebuilds}, {}", acknowledged.len());
}
