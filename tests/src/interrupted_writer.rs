//! A writer that says what was acknowledged, until it is killed or its disk is gone, and the check
//! of what it leaves. A test runs it in a child process of its own.

use crate::log_fixture::{append, event, id};
use annals_events::{EventId, Position};
use annals_log::{Direction, EventLog, Filter, PositionRange};
use annals_sled::{SledLog, SledLogOptions};
use futures::StreamExt as _;
use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

const WRITERS: u32 = 4;
/// How many ids each round has of its own.
const ROUND_IDS: u32 = 10_000_000;

/// What a writer writes, and what is done beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Appends alone, into one volume.
    Appending,
    /// Appends into volumes of a hundred events, and seals asked for all the time, so that an
    /// interruption comes upon every step of rolling, sealing and merging.
    Sealing,
}

impl Work {
    /// How the log is opened for it.
    pub fn options(self) -> SledLogOptions {
        match self {
            Self::Appending => SledLogOptions::default(),
            Self::Sealing => {
                SledLogOptions { open_volume_events_max: 100, ..SledLogOptions::default() }
            }
        }
    }
}

/// Says something to the parent, whole or not at all.
pub fn say(line: &str) {
    let said = std::io::stdout().write_all(format!("\n{line}\n").as_bytes());
    said.expect("the parent reads");
}

/// The threads a child works on.
///
/// # Panics
/// When the system gives no threads.
pub fn runtime() -> tokio::runtime::Runtime {
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    threads.worker_threads(2).build().expect("the threads start")
}

/// Opens the log and appends until an append is refused, saying what is acknowledged.
///
/// # Panics
/// When the log does not open, or acknowledges anything after it refused.
pub fn write(dir: &Path, round: u32, work: Work) {
    say("opening");
    runtime().block_on(async move {
        let log = SledLog::open(dir, work.options()).expect("the log opens");
        let log = Arc::new(log);
        say("open");
        let writers = (0..WRITERS).map(|writer| {
            let number = round * ROUND_IDS + writer * (ROUND_IDS / WRITERS);
            tokio::spawn(write_on(Arc::clone(&log), number))
        });
        let writers: Vec<_> = writers.collect();
        while work == Work::Sealing && log.seal().await.is_ok() {}
        for writer in writers {
            writer.await.expect("the writer ends by itself");
        }
        say("done");
    });
}

async fn write_on(log: Arc<SledLog>, mut number: u32) {
    for length in [1, 1, 7, 1, 200, 1, 40].into_iter().cycle() {
        let event = |number| event(number, &format!("party-{}", number % 50));
        let events: Vec<_> = (number..number + length).map(event).collect();
        match log.append(append(&events)).await {
            Ok(appended) => {
                let first = appended.outcomes.first().expect("one for each event");
                say(&format!("acknowledged {number} {length} {}", first.placed().position));
            }
            Err(error) => {
                say(&format!("refused {error}"));
                let again = log.append(append(&events)).await;
                assert!(again.is_err(), "nothing is acknowledged behind a refusal: {again:?}");
                return;
            }
        }
        number += length;
    }
}

/// What was acknowledged, with where it was placed.
#[derive(Debug, Default)]
pub struct Acknowledged(HashMap<EventId, Position>);

impl Acknowledged {
    /// Takes a line of the writer's; whether it was an acknowledgement.
    pub fn hear(&mut self, line: &str) -> bool {
        let Some(words) = line.strip_prefix("acknowledged ") else { return false };
        let numbers: Vec<u32> = words.split(' ').filter_map(|word| word.parse().ok()).collect();
        let &[number, length, first] = &numbers[..] else { return false };
        let placed = (0..length)
            .map(|index| (id(number + index), Position::new(u64::from(first) + u64::from(index))));
        self.0.extend(placed);
        true
    }

    /// How many events were acknowledged.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Opens the log again and checks that every acknowledged event is in its place, every event
    /// there once, without a gap, and everything verifies.
    ///
    /// # Panics
    /// When it is not so.
    pub async fn check(&self, dir: &Path, work: Work, case: &str) {
        let log = SledLog::open(dir, work.options()).unwrap_or_else(|error| {
            panic!("{case}: {error}");
        });
        let head = log.head().await.expect("an open log has a head");
        let mut there = HashMap::new();
        let mut events = log.read(PositionRange::ALL, &Filter::all(), Direction::Forwards);
        let mut next = Position::START;
        while let Some(event) = events.next().await {
            let recorded = event.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(recorded.position, next, "{case}: a gap");
            next = next.plus(1);
            let twice = there.insert(recorded.event.id(), recorded.position);
            assert_eq!(twice, None, "{case}: {} is there twice", recorded.event.id());
        }
        assert_eq!(next, head.next, "{case}");
        for (id, position) in &self.0 {
            assert_eq!(there.get(id), Some(position), "{case}: event {id}");
        }
        let report = log.verify().await.unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!((report.damage, report.events), (None, head.next.get()), "{case}");
        assert_eq!(report.root, head.root, "{case}");
        log.close().await.unwrap_or_else(|error| panic!("{case}: {error}"));
    }
}
