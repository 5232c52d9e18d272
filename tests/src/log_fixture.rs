//! Logs to hold to the contract, on a clock that stands where it is put, and small events for them.

use annals_events::{
    Custom, CustomKind, Envelope, Event, EventId, Instant, JsonText, OccurredAt, Payload, StreamId,
};
use annals_log::{Append, Clock, EventLog, MemoryLog};
use annals_sled::{SledLog, SledLogOptions};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;
use uuid::Uuid;

/// A clock that stands.
#[derive(Debug)]
pub struct StandingClock(AtomicI64);

impl StandingClock {
    /// Puts it to so many seconds after 1970.
    pub fn put(&self, seconds: i64) {
        self.0.store(Instant::from_unix_seconds(seconds).unix_nanoseconds(), Ordering::SeqCst);
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Instant {
        Instant::from_unix_nanoseconds(self.0.load(Ordering::SeqCst))
    }
}

/// Where the clock stands first, in seconds after 1970.
pub const NOW_SECONDS: i64 = 1_700_000_000;

/// An empty log and its clock.
pub struct Fixture {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// Its clock, put to [`NOW_SECONDS`].
    pub clock: Arc<StandingClock>,
    /// Where it lies, if anywhere; behind the log, so that the log is gone first.
    _dir: Option<TempDir>,
}

impl Fixture {
    /// A log in memory.
    pub fn memory() -> Self {
        let clock = standing_clock();
        let log = Arc::new(MemoryLog::with_clock(Arc::clone(&clock) as _));
        Self { log, clock, _dir: None }
    }

    /// A log on disk.
    pub fn sled() -> Self {
        Self::sled_with(SledLogOptions::default())
    }

    /// A log on disk whose volumes are full, and sealed, with a handful of events.
    pub fn sealed() -> Self {
        Self::sled_with(SledLogOptions { open_volume_events_max: 7, ..Default::default() })
    }

    fn sled_with(mut options: SledLogOptions) -> Self {
        let clock = standing_clock();
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        options.clock = Arc::clone(&clock) as _;
        let log = Arc::new(SledLog::open(dir.path(), options).expect("an empty ledger opens"));
        Self { log, clock, _dir: Some(dir) }
    }
}

fn standing_clock() -> Arc<StandingClock> {
    let clock = Arc::new(StandingClock(AtomicI64::new(0)));
    clock.put(NOW_SECONDS);
    clock
}

/// A party's stream.
pub fn stream(party: &str) -> StreamId {
    StreamId::party(party).expect("tests name parties as parties are named")
}

/// The id with this number.
pub fn id(number: u32) -> EventId {
    EventId::new(Uuid::from_u128(u128::from(number) + 1)).expect("the number is not zero")
}

/// An event of the kind `x.<kind>` that occurred so many seconds after 1970.
pub fn event_of(number: u32, party: &str, kind: &str, seconds: i64, text: &str) -> Event {
    let at = OccurredAt::utc(Instant::from_unix_seconds(seconds));
    let kind = CustomKind::new(&format!("x.{kind}")).expect("tests name kinds as kinds are named");
    let data = JsonText::new(&format!("\"{text}\"")).expect("tests give plain text");
    let payload = Payload::Custom(Custom { kind, data });
    Event::new(Envelope::new(id(number), stream(party), at), payload).expect("it is about a party")
}

/// A small event.
pub fn event(number: u32, party: &str) -> Event {
    event_of(number, party, "test", NOW_SECONDS - 60, "small")
}

/// An append of events that fit one.
pub fn append(events: &[Event]) -> Append {
    Append::new(events).expect("the events fit an append")
}
