//! Readers that never read hold at most a page each, however much is appended: the process does not
//! grow by them. Alone in its file, since what the process holds is what is measured.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use annals_events::{Event, Position, StreamId};
use annals_log::{Append, Direction, EventLog, EventStream, Filter, PositionRange, VersionRange};
use annals_sled::{SledLog, SledLogOptions};
use annals_testkit::custom_event;

const READERS_OF_A_KIND: u64 = 25;
const APPENDS: u32 = 250;
const APPEND_EVENTS: u32 = 80;

fn anna() -> StreamId {
    StreamId::party("anna").unwrap()
}

/// An event of about 1 KiB.
fn event(number: u32) -> Event {
    let data = format!("\"{number} {}\"", "plenty ".repeat(140));
    custom_event(u128::from(number) + 1, &anna(), &data)
}

/// Bytes of memory this process has, where the system says.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Readers of every kind that were asked for one event and never again.
async fn readers(log: &SledLog) -> Vec<EventStream> {
    let mut readers = Vec::new();
    for number in 0..READERS_OF_A_KIND {
        readers.push(log.subscribe(Position::new(number)));
        readers.push(log.read(PositionRange::ALL, &Filter::all(), Direction::Forwards));
        readers.push(log.read(PositionRange::ALL, &Filter::all(), Direction::Backwards));
        readers.push(log.read_stream(&anna(), VersionRange::ALL, Direction::Forwards));
    }
    for reader in &mut readers {
        futures::StreamExt::next(reader).await.unwrap().unwrap();
    }
    readers
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_and_subscribers_that_never_read_on_do_not_grow_the_process() {
    let Some(before) = resident_bytes() else {
        println!("skipped: this system does not say how much memory a process has");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    // Small volumes, so that what a log itself keeps of its newest events does not count.
    let options = SledLogOptions { open_volume_events_max: 5000, ..SledLogOptions::default() };
    let log = SledLog::open(dir.path(), options).unwrap();
    let mut held = vec![log.subscribe(Position::START)];
    let mut appended_bytes = 0;
    for append in 0..APPENDS {
        let first = append * APPEND_EVENTS;
        let events: Vec<_> = (first..first + APPEND_EVENTS).map(event).collect();
        log.append(Append::new(&events).unwrap()).await.unwrap();
        appended_bytes += u64::from(APPEND_EVENTS) * 1024;
        if append == 0 {
            held.extend(readers(&log).await);
        }
    }
    held.extend(readers(&log).await);
    let grown = resident_bytes().unwrap().saturating_sub(before);
    // If each held what it has not read, it would be this many times more.
    let unread_bytes = appended_bytes * held.len() as u64;
    println!("{} readers: {} MiB more, {} MiB unread", held.len(), grown >> 20, unread_bytes >> 20);
    assert!(grown < unread_bytes / 10, "{grown} bytes more with {} readers", held.len());
    log.close().await.unwrap();
}
