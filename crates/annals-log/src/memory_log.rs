//! The log in memory: the plainest thing that keeps the contract, and the measure of the others.
//!
//! It holds records as bytes and goes the same way through planning, encoding and hashing as the
//! durable logs. Deliberately absent: durability.

use crate::append::{Append, Appended, Outcome, Placed};
use crate::clock::{Clock, SKEW_SECONDS_DEFAULT, SystemClock};
use crate::error::{AppendError, ReadError};
use crate::event_log::{EventLog, EventStream, Head};
use crate::filter::Filter;
use crate::pages::{Page, Pages, follow, read_positions, read_range};
use crate::plan::{KnownEvents, Planned, check_clock, plan};
use crate::position_range::{Direction, PositionRange, VersionRange};
use crate::record::{Record, write_record};
use annals_audit::{Frontier, leaf_hash};
use annals_events::codec::DecodeError;
use annals_events::{EventId, Instant, Position, RecordedEvent, StreamId, StreamVersion};
use async_trait::async_trait;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, RwLock};
use tokio::sync::watch;

/// A log that is gone when it is dropped.
pub struct MemoryLog {
    store: Arc<RwLock<Store>>,
    head: watch::Sender<Option<Position>>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Store {
    records: Vec<Box<[u8]>>,
    ids: HashMap<EventId, Position>,
    streams: HashMap<StreamId, Vec<Position>>,
    frontier: Frontier,
    recorded_at: Option<Instant>,
    closed: bool,
}

impl MemoryLog {
    /// An empty log on the machine's clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// An empty log on another clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        let (head, _) = watch::channel(Some(Position::START));
        Self { store: Arc::default(), head, clock }
    }

    fn read_store<T>(&self, read: impl FnOnce(&Store) -> T) -> T {
        read(&self.store.read().expect("no thread panics while it holds the store"))
    }

    fn pages(&self) -> Arc<dyn Pages> {
        Arc::new(StorePages(Arc::clone(&self.store)))
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl Store {
    fn next(&self) -> Position {
        Position::new(self.records.len() as u64)
    }

    fn bytes_at(&self, position: Position) -> Option<&[u8]> {
        self.records.get(usize::try_from(position.get()).ok()?).map(AsRef::as_ref)
    }

    fn append(&mut self, append: &Append, now: Instant) -> Result<Vec<Outcome>, AppendError> {
        if self.closed {
            return Err(AppendError::Closed);
        }
        let planned = plan(append, self)?;
        check_clock(append, &planned, now, SKEW_SECONDS_DEFAULT)?;
        let recorded_at = self.recorded_at.map_or(now, |last| last.max(now));
        let mut outcomes = Vec::with_capacity(planned.len());
        for (entry, planned) in append.entries().iter().zip(planned) {
            let stream_version = match planned {
                Planned::Known(placed) => {
                    outcomes.push(Outcome::Duplicate(placed));
                    continue;
                }
                Planned::New(version) => version,
            };
            let position = self.next();
            let mut record = Vec::new();
            write_record(&mut record, stream_version, recorded_at, &entry.bytes);
            self.frontier.push(leaf_hash(&record));
            self.records.push(record.into_boxed_slice());
            self.ids.insert(entry.id, position);
            self.streams.entry(entry.stream.clone()).or_default().push(position);
            self.recorded_at = Some(recorded_at);
            outcomes.push(Outcome::Appended(Placed { position, stream_version, recorded_at }));
        }
        Ok(outcomes)
    }

    fn event_at(&self, position: Position) -> Result<RecordedEvent, ReadError> {
        let unreadable = |why| ReadError::Unreadable { position, why };
        let bytes = self
            .bytes_at(position)
            .ok_or_else(|| unreadable(DecodeError::malformed("behind the head")))?;
        Record::parse(bytes).and_then(|record| record.decode(position)).map_err(unreadable)
    }
}

impl KnownEvents for Store {
    fn position_of(&self, id: EventId) -> Result<Option<Position>, ReadError> {
        Ok(self.ids.get(&id).copied())
    }

    fn record(&self, position: Position) -> Result<Vec<u8>, ReadError> {
        Ok(self.bytes_at(position).unwrap_or_default().to_vec())
    }

    fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        let count = self.streams.get(stream).map_or(0, Vec::len);
        Ok(StreamVersion::new(count as u64))
    }
}

struct StorePages(Arc<RwLock<Store>>);

impl StorePages {
    fn page(&self, positions: impl Iterator<Item = u64>) -> Result<Page, ReadError> {
        const EVENTS_PER_PAGE: usize = 512;
        let store = self.0.read().expect("no thread panics while it holds the store");
        if store.closed {
            return Err(ReadError::Closed);
        }
        let page = positions
            .take(EVENTS_PER_PAGE)
            .map(|position| store.event_at(Position::new(position)))
            .collect();
        Ok(page)
    }
}

impl Pages for StorePages {
    fn forwards(&self, start: Position, end: Position) -> Result<Page, ReadError> {
        self.page(start.get()..end.get())
    }

    fn backwards(&self, start: Position, end: Position) -> Result<Page, ReadError> {
        self.page((start.get()..end.get()).rev())
    }

    fn at(&self, positions: &[Position]) -> Result<Page, ReadError> {
        self.page(positions.iter().map(|position| position.get()))
    }
}

#[async_trait]
impl EventLog for MemoryLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let now = self.clock.now();
        let mut store = self.store.write().expect("no thread panics while it holds the store");
        let outcomes = store.append(&append, now)?;
        self.head.send_replace(Some(store.next()));
        Ok(Appended { outcomes })
    }

    fn read(&self, range: PositionRange, filter: &Filter, direction: Direction) -> EventStream {
        let head = self.read_store(Store::next);
        read_range(self.pages(), range, head, filter, direction)
    }

    fn visit(
        &self,
        range: PositionRange,
        visit: &mut dyn FnMut(Position, Record<'_>) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let head = self.read_store(Store::next);
        let end = range.end.map_or(head, |end| end.min(head));
        for position in (range.start.get()..end.get()).map(Position::new) {
            let store = self.store.read().expect("no thread panics while it holds the store");
            if store.closed {
                return Err(ReadError::Closed);
            }
            let bytes = store.bytes_at(position).unwrap_or_default().to_vec();
            drop(store);
            let unreadable = |why| ReadError::Unreadable { position, why };
            if visit(position, Record::parse(&bytes).map_err(unreadable)?).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn read_stream(
        &self,
        stream: &StreamId,
        range: VersionRange,
        direction: Direction,
    ) -> EventStream {
        let positions = self.read_store(|store| {
            range.select(store.streams.get(stream).map_or(&[], Vec::as_slice), direction)
        });
        read_positions(self.pages(), positions)
    }

    fn subscribe(&self, from: Position) -> EventStream {
        follow(self.pages(), from, self.head.subscribe())
    }

    async fn head(&self) -> Result<Head, ReadError> {
        Ok(self.read_store(|store| Head {
            next: store.next(),
            root: store.frontier.root(),
            recorded_at: store.recorded_at.unwrap_or(Instant::MIN),
        }))
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        self.read_store(|store| KnownEvents::stream_version(store, stream))
    }

    async fn position_of(&self, id: EventId) -> Result<Option<Position>, ReadError> {
        self.read_store(|store| KnownEvents::position_of(store, id))
    }

    async fn streams(&self) -> Result<Vec<(StreamId, Position)>, ReadError> {
        Ok(self.read_store(|store| {
            let first = |(stream, positions): (&StreamId, &Vec<Position>)| {
                positions.first().map(|first| (stream.clone(), *first))
            };
            store.streams.iter().filter_map(first).collect()
        }))
    }

    async fn close(&self) -> Result<(), AppendError> {
        self.store.write().expect("no thread panics while it holds the store").closed = true;
        self.head.send_replace(None);
        Ok(())
    }
}
