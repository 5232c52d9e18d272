//! One group commit: the appends that become one block.
//!
//! Each append is decided on over what is durable and what stands before it in the group, and
//! either its new records all join the block or it changes nothing.

use crate::chain::ChainEnd;
use crate::index::InStream;
use crate::shared::State;
use crate::volumes::Volumes;
use annals_events::{EventId, Instant, Position, StreamId, StreamVersion};
use annals_log::{
    APPEND_EVENTS_MAX, ASSIGNED_BYTES, Append, AppendError, BLOCK_BYTES_MAX, Block, BlockBuilder,
    KnownEvents, Outcome, Placed, Planned, ReadError, check_clock, plan, write_record,
};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// What an append of a group comes to, provided that the group becomes durable.
pub(crate) type Decision = Result<(), AppendError>;

/// A block in the making.
pub(crate) struct Group<'a> {
    durable: &'a State,
    volumes: &'a Volumes,
    now: Instant,
    skew_seconds: i64,
    recorded_at: Instant,
    end: ChainEnd,
    builder: BlockBuilder,
    added: Vec<InStream>,
    ids: HashMap<EventId, Position, RandomState>,
    versions: HashMap<StreamId, StreamVersion, RandomState>,
}

/// A block ready to be written, and what is then known.
pub(crate) struct Commit {
    pub(crate) first: Position,
    pub(crate) block: Vec<u8>,
    pub(crate) end: ChainEnd,
    /// Its events, for the index.
    pub(crate) added: Vec<InStream>,
}

impl<'a> Group<'a> {
    /// A group of about so many events.
    pub(crate) fn new(
        durable: &'a State,
        volumes: &'a Volumes,
        now: Instant,
        skew_seconds: i64,
        events: usize,
    ) -> Self {
        let end = durable.end.clone();
        Self {
            durable,
            volumes,
            now,
            skew_seconds,
            recorded_at: end.head().recorded_at.max(now),
            builder: BlockBuilder::new(end.next()),
            end,
            added: Vec::with_capacity(events),
            ids: HashMap::with_capacity_and_hasher(events, RandomState::default()),
            versions: HashMap::with_capacity_and_hasher(events, RandomState::default()),
        }
    }

    /// Decides on an append and takes what is new of it, adding what becomes of each event;
    /// `None` where the block has no room for it.
    pub(crate) fn offer(
        &mut self,
        append: &Append,
        outcomes: &mut Vec<Outcome>,
    ) -> Option<Decision> {
        let planned = match self.decide(append) {
            Ok(planned) => planned,
            Err(refusal) => return Some(Err(refusal)),
        };
        let is_new = |planned: &&Planned| matches!(planned, Planned::New(_));
        let records = planned.iter().filter(is_new).count();
        let bytes = append
            .entries()
            .iter()
            .zip(&planned)
            .filter(|(_, planned)| is_new(planned))
            .map(|(entry, _)| ASSIGNED_BYTES + entry.bytes.len())
            .sum();
        let fits = self.builder.count() + records <= APPEND_EVENTS_MAX
            && self.builder.size_bytes_with(records, bytes) <= BLOCK_BYTES_MAX;
        if !fits {
            return None;
        }
        self.take(append, &planned, outcomes);
        Some(Ok(()))
    }

    /// The block to be written; `None` where nothing is new.
    pub(crate) fn finish(self) -> Option<Commit> {
        let Self { durable, mut end, builder, added, .. } = self;
        if added.is_empty() {
            return None;
        }
        let block = builder.finish(end.previous(), end.pushed_root());
        end.end_with(&Block::parse(&block).expect("a block that was just built is sound"));
        Some(Commit { first: durable.end.next(), block, end, added })
    }

    fn decide(&self, append: &Append) -> Result<Vec<Planned>, AppendError> {
        let planned = plan(append, self)?;
        check_clock(append, &planned, self.now, self.skew_seconds)?;
        Ok(planned)
    }

    fn take(&mut self, append: &Append, planned: &[Planned], outcomes: &mut Vec<Outcome>) {
        for (entry, planned) in append.entries().iter().zip(planned) {
            let version = match *planned {
                Planned::Known(placed) => {
                    outcomes.push(Outcome::Duplicate(placed));
                    continue;
                }
                Planned::New(version) => version,
            };
            let (position, recorded_at) = (self.end.next(), self.recorded_at);
            let record =
                self.builder.push(|to| write_record(to, version, recorded_at, &entry.bytes));
            self.end.push(record, recorded_at);
            self.ids.insert(entry.id, position);
            match self.versions.get_mut(&entry.stream) {
                Some(known) => *known = version,
                None => drop(self.versions.insert(entry.stream.clone(), version)),
            }
            self.added.push((entry.id, entry.stream.clone(), version));
            let placed = Placed { position, stream_version: version, recorded_at };
            outcomes.push(Outcome::Appended(placed));
        }
    }
}

impl KnownEvents for Group<'_> {
    fn position_of(&self, id: EventId) -> Result<Option<Position>, ReadError> {
        let recent = self.ids.get(&id).copied().or_else(|| self.durable.index.position_of(id));
        recent.map_or_else(|| self.volumes.earlier_position_of(id), |position| Ok(Some(position)))
    }

    fn record(&self, position: Position) -> Result<Vec<u8>, ReadError> {
        match self.builder.record_bytes(position) {
            Some(bytes) => Ok(bytes.to_vec()),
            None => self.volumes.record_bytes(position),
        }
    }

    fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        if let Some(pending) = self.versions.get(stream) {
            return Ok(*pending);
        }
        match self.durable.index.stream(stream) {
            Some(part) => Ok(part.last_version()),
            None => self.volumes.earlier_version(stream),
        }
    }
}
