//! Deciding what an append does, before anything is written: the same decision for every backend.

use crate::append::{Append, AppendEntry, Placed};
use crate::error::{AppendError, ReadError};
use crate::record::Record;
use annals_events::codec::DecodeError;
use annals_events::{EventId, Instant, Position, StreamId, StreamVersion};
use foldhash::fast::RandomState;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// What a log knows of the events in it.
pub trait KnownEvents {
    /// Where the event with this id is.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn position_of(&self, id: EventId) -> Result<Option<Position>, ReadError>;

    /// The bytes of the record at a position.
    ///
    /// # Errors
    /// When the log cannot be read there.
    fn record(&self, position: Position) -> Result<Vec<u8>, ReadError>;

    /// The version of a stream.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError>;
}

/// What is to be done with one event of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planned {
    /// It goes to its stream with this version.
    New(StreamVersion),
    /// It is there already, the same.
    Known(Placed),
}

/// Decides on an append: ids first, then conditions, then versions.
///
/// # Errors
/// When the append is refused; it is then refused whole.
pub fn plan(append: &Append, known: &impl KnownEvents) -> Result<Vec<Planned>, AppendError> {
    // Most appends have one event, for which there is nothing to remember.
    if let [entry] = append.entries() {
        let place = known_place(entry, known)?;
        check_conditions(append, &[place], known)?;
        return Ok(vec![match place {
            Some(known_at) => Planned::Known(known_at),
            None => Planned::New(known.stream_version(&entry.stream)?.next()),
        }]);
    }
    let mut places = Vec::with_capacity(append.entries().len());
    let mut ids = HashSet::with_capacity_and_hasher(append.entries().len(), RandomState::default());
    for entry in append.entries() {
        if !ids.insert(entry.id) {
            return Err(AppendError::IdRepeated { id: entry.id });
        }
        places.push(known_place(entry, known)?);
    }
    check_conditions(append, &places, known)?;
    let mut versions: HashMap<&StreamId, StreamVersion, RandomState> = HashMap::default();
    let mut planned = Vec::with_capacity(places.len());
    for (entry, place) in append.entries().iter().zip(places) {
        if let Some(known_at) = place {
            planned.push(Planned::Known(known_at));
            continue;
        }
        let version = match versions.entry(&entry.stream) {
            Entry::Occupied(mut last) => {
                let next = last.get().next();
                last.insert(next);
                next
            }
            Entry::Vacant(first) => *first.insert(known.stream_version(&entry.stream)?.next()),
        };
        planned.push(Planned::New(version));
    }
    Ok(planned)
}

fn known_place(
    entry: &AppendEntry,
    known: &impl KnownEvents,
) -> Result<Option<Placed>, AppendError> {
    let Some(position) = known.position_of(entry.id)? else {
        return Ok(None);
    };
    let bytes = known.record(position)?;
    let unreadable = |why: DecodeError| AppendError::Read(ReadError::Unreadable { position, why });
    let record = Record::parse(&bytes).map_err(unreadable)?;
    if record.caller_bytes() != &*entry.bytes {
        return Err(AppendError::IdTaken { id: entry.id, position });
    }
    let (stream_version, recorded_at) = (record.stream_version(), record.recorded_at());
    Ok(Some(Placed { position, stream_version, recorded_at }))
}

fn check_conditions(
    append: &Append,
    places: &[Option<Placed>],
    known: &impl KnownEvents,
) -> Result<(), AppendError> {
    if places.iter().all(Option::is_some) {
        return Ok(());
    }
    for condition in append.conditions() {
        let mut events = append
            .entries()
            .iter()
            .zip(places)
            .filter(|(entry, _)| entry.stream == condition.stream)
            .peekable();
        let all_known = events.peek().is_some() && events.all(|(_, place)| place.is_some());
        let actual = known.stream_version(&condition.stream)?;
        if !all_known && !condition.expected.holds(actual) {
            return Err(AppendError::VersionConflict {
                stream: condition.stream.clone(),
                expected: condition.expected,
                actual,
            });
        }
    }
    Ok(())
}

/// Refuses new events that say they happened later than the clock allows. What is in the log
/// already is acknowledged also where the clock was put back since.
///
/// # Errors
/// With the first such event.
pub fn check_clock(
    append: &Append,
    planned: &[Planned],
    now: Instant,
    skew_seconds: i64,
) -> Result<(), AppendError> {
    let latest = now.plus_seconds(skew_seconds);
    let mut new = append
        .entries()
        .iter()
        .zip(planned)
        .filter_map(|(entry, planned)| matches!(planned, Planned::New(_)).then_some(entry));
    match new.find(|entry| entry.occurred_at > latest) {
        None => Ok(()),
        Some(entry) => Err(AppendError::AheadOfClock {
            id: entry.id,
            occurred_at: entry.occurred_at,
            now,
            skew_seconds,
        }),
    }
}
