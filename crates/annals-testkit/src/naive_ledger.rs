//! The ledger in its plainest form: a list of events, everything else worked out anew from it.
//!
//! It is the measure for model tests, so it shares no decision with the logs or the runtime: no
//! index, no plan, no state kept between questions. Only what the contract itself names is taken
//! from elsewhere: the types of an append, how a history is read, and folding.

use annals_events::{
    Event, EventId, Instant, PartyId, Payload, Position, RecordedEvent, StreamId, StreamVersion,
};
use annals_log::{
    APPEND_BYTES_MAX, APPEND_EVENTS_MAX, ASSIGNED_BYTES, AppendCondition, AppendError,
    ExpectedVersion, Outcome, Placed, RECORD_BYTES_MAX, SKEW_SECONDS_DEFAULT,
};
use annals_projection::{AsOf, History, Projection, Rates, fold};
use std::collections::{BTreeMap, BTreeSet};

/// Why the naive ledger refuses an append.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nothing to append.
    #[error("empty")]
    Empty,
    /// A personal field is clear.
    #[error("not sealed")]
    NotSealed,
    /// One event is too large.
    #[error("record too large")]
    RecordTooLarge,
    /// All events together are more than a block holds.
    #[error("too large")]
    TooLarge,
    /// An id stands twice in the append.
    #[error("id {0} repeated")]
    IdRepeated(EventId),
    /// An id names another event already.
    #[error("id {0} taken at {1}")]
    IdTaken(EventId, Position),
    /// A stream is not as expected.
    #[error("version conflict in {0}")]
    VersionConflict(StreamId),
    /// An event says it happened too far ahead of the clock.
    #[error("event {0} ahead of the clock")]
    AheadOfClock(EventId),
}

impl Refusal {
    /// Whether a log's error says the same.
    pub fn agrees_with(&self, error: &AppendError) -> bool {
        match (self, error) {
            (Self::Empty, AppendError::Empty)
            | (Self::NotSealed, AppendError::NotSealed { .. })
            | (Self::RecordTooLarge, AppendError::RecordTooLarge { .. })
            | (Self::TooLarge, AppendError::TooLarge { .. }) => true,
            (Self::IdRepeated(one), AppendError::IdRepeated { id })
            | (Self::AheadOfClock(one), AppendError::AheadOfClock { id, .. }) => one == id,
            (Self::IdTaken(one, at), AppendError::IdTaken { id, position }) => {
                one == id && at == position
            }
            (Self::VersionConflict(one), AppendError::VersionConflict { stream, .. }) => {
                one == stream
            }
            _ => false,
        }
    }
}

/// A whole log and its views, by recomputation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NaiveLedger {
    events: Vec<RecordedEvent>,
}

impl NaiveLedger {
    /// A ledger without events.
    pub fn new() -> Self {
        Self::default()
    }

    /// A ledger of these events, in this order.
    pub fn of(events: Vec<RecordedEvent>) -> Self {
        Self { events }
    }

    /// All events, in the order of the log.
    pub fn events(&self) -> &[RecordedEvent] {
        &self.events
    }

    /// Appends all or nothing at a time of the ledger's clock.
    ///
    /// # Errors
    /// With what the contract says must be refused; nothing is appended then.
    pub fn append(
        &mut self,
        events: &[Event],
        conditions: &[AppendCondition],
        now: Instant,
    ) -> Result<Vec<Outcome>, Refusal> {
        check_size(events)?;
        self.check_ids(events)?;
        self.check_conditions(events, conditions)?;
        let latest = now.plus_seconds(SKEW_SECONDS_DEFAULT);
        let ahead =
            |event: &&Event| self.find(event.id()).is_none() && event.occurred_at() > latest;
        if let Some(event) = events.iter().find(ahead) {
            return Err(Refusal::AheadOfClock(event.id()));
        }
        let recorded_at = self.events.last().map_or(now, |last| last.recorded_at.max(now));
        let mut outcomes = Vec::new();
        for event in events {
            if let Some(known) = self.find(event.id()) {
                outcomes.push(Outcome::Duplicate(placed(known)));
                continue;
            }
            let recorded = RecordedEvent {
                position: Position::new(self.events.len() as u64),
                stream_version: self.stream_version(event.stream()).next(),
                recorded_at,
                event: event.clone(),
            };
            outcomes.push(Outcome::Appended(placed(&recorded)));
            self.events.push(recorded);
        }
        Ok(outcomes)
    }

    fn check_ids(&self, events: &[Event]) -> Result<(), Refusal> {
        for (index, event) in events.iter().enumerate() {
            if events.iter().take(index).any(|before| before.id() == event.id()) {
                return Err(Refusal::IdRepeated(event.id()));
            }
            if let Some(known) = self.find(event.id())
                && known.event != *event
            {
                return Err(Refusal::IdTaken(event.id(), known.position));
            }
        }
        Ok(())
    }

    /// Conditions count for streams that something new goes to, and for streams that the append
    /// has no event for; an append without anything new succeeds whatever they say.
    fn check_conditions(
        &self,
        events: &[Event],
        conditions: &[AppendCondition],
    ) -> Result<(), Refusal> {
        let is_new = |event: &&Event| self.find(event.id()).is_none();
        if !events.iter().any(|event| is_new(&event)) {
            return Ok(());
        }
        for AppendCondition { stream, expected } in conditions {
            let named: Vec<_> = events.iter().filter(|event| event.stream() == stream).collect();
            let counts = named.is_empty() || named.iter().any(is_new);
            let actual = self.stream_version(stream);
            let holds = match expected {
                ExpectedVersion::Any => true,
                ExpectedVersion::NoStream => actual == StreamVersion::NONE,
                ExpectedVersion::Exact(version) => actual == *version,
            };
            if counts && !holds {
                return Err(Refusal::VersionConflict(stream.clone()));
            }
        }
        Ok(())
    }

    /// The event with an id.
    pub fn find(&self, id: EventId) -> Option<&RecordedEvent> {
        self.events.iter().find(|recorded| recorded.event.id() == id)
    }

    /// The events of a stream, in order.
    pub fn stream(&self, stream: &StreamId) -> Vec<&RecordedEvent> {
        self.events.iter().filter(|recorded| recorded.event.stream() == stream).collect()
    }

    /// The version of a stream.
    pub fn stream_version(&self, stream: &StreamId) -> StreamVersion {
        StreamVersion::new(self.stream(stream).len() as u64)
    }

    /// What the ledger knew before an instant.
    fn known(&self, recorded_before: Option<Instant>) -> Vec<&RecordedEvent> {
        let known = |recorded: &&RecordedEvent| {
            recorded_before.is_none_or(|bound| recorded.recorded_at < bound)
        };
        self.events.iter().filter(known).collect()
    }

    /// The customers known before an instant with all their members, by canonical id: that of the
    /// member whose stream begins first; of members without events, the smallest id.
    pub fn customers(
        &self,
        recorded_before: Option<Instant>,
    ) -> BTreeMap<PartyId, BTreeSet<PartyId>> {
        let known = self.known(recorded_before);
        let mut groups: Vec<BTreeSet<PartyId>> = Vec::new();
        for recorded in &known {
            groups
                .extend(recorded.event.stream().as_party().map(|id| BTreeSet::from([id.clone()])));
        }
        for recorded in &known {
            if let (Payload::IdentityLinked(link), Some(one)) =
                (recorded.event.payload(), recorded.event.stream().as_party())
                && !is_taken_back(recorded, &known)
            {
                groups.push(BTreeSet::from([one.clone(), link.other.clone()]));
            }
        }
        let mut customers: Vec<BTreeSet<PartyId>> = Vec::new();
        for group in groups {
            let (touching, mut apart): (Vec<_>, Vec<_>) =
                customers.into_iter().partition(|customer| !customer.is_disjoint(&group));
            apart.push(touching.into_iter().flatten().chain(group).collect());
            customers = apart;
        }
        let first = |id: &PartyId| {
            let begins =
                |recorded: &&&RecordedEvent| recorded.event.stream().as_party() == Some(id);
            known.iter().find(begins).map_or(u64::MAX, |recorded| recorded.position.get())
        };
        let canonical = |members: BTreeSet<PartyId>| {
            let id = members.iter().min_by_key(|id| (first(id), (*id).clone())).cloned();
            id.map(|id| (id, members))
        };
        customers.into_iter().filter_map(canonical).collect()
    }

    /// The canonical id of the customer a party belongs to; `None` where nothing is known of it.
    pub fn customer_of(
        &self,
        party: &PartyId,
        recorded_before: Option<Instant>,
    ) -> Option<PartyId> {
        let customers = self.customers(recorded_before);
        customers.into_iter().find(|(_, members)| members.contains(party)).map(|(id, _)| id)
    }

    /// The history of the customer a party belongs to, as known before an instant.
    pub fn history(&self, party: &PartyId, recorded_before: Option<Instant>) -> History {
        let customers = self.customers(recorded_before);
        let members = customers.into_values().find(|members| members.contains(party));
        let members = members.unwrap_or_default();
        let of_members = |recorded: &&RecordedEvent| {
            recorded.event.stream().as_party().is_some_and(|id| members.contains(id))
        };
        let events = self.events.iter().filter(of_members).cloned().collect();
        History::new(events, recorded_before)
    }

    /// The state of the customer a party belongs to, as of a place in time.
    pub fn state<P: Projection>(&self, projection: &P, party: &PartyId, as_of: AsOf) -> P::State {
        let history = self.history(party, as_of.recorded_before);
        fold(projection, history.before(as_of.occurred_before))
    }

    /// The states of all customers of whom something counts as of a place in time, by canonical id.
    pub fn states<P: Projection>(&self, projection: &P, as_of: AsOf) -> Vec<(PartyId, P::State)> {
        let mut states = Vec::new();
        for (id, _) in self.customers(as_of.recorded_before) {
            let history = self.history(&id, as_of.recorded_before);
            let events = history.before(as_of.occurred_before);
            if !events.is_empty() {
                states.push((id, fold(projection, events)));
            }
        }
        states
    }

    /// The rates known before an instant.
    pub fn rates(&self, recorded_before: Option<Instant>) -> Rates {
        let mut rates = Rates::default();
        for recorded in self.known(recorded_before) {
            if let Payload::FxRateRecorded(rate) = recorded.event.payload() {
                rates.learn(rate);
            }
        }
        rates
    }
}

/// Whether an unlink or a retraction behind an event takes it back and holds itself.
fn is_taken_back(event: &RecordedEvent, known: &[&RecordedEvent]) -> bool {
    known.iter().any(|later| {
        let target = match later.event.payload() {
            Payload::IdentityUnlinked(unlink) => unlink.link,
            Payload::RetractionRecorded(retraction) => retraction.target,
            _ => return false,
        };
        target == event.event.id()
            && later.position > event.position
            && !is_taken_back(later, known)
    })
}

fn check_size(events: &[Event]) -> Result<(), Refusal> {
    let mut total = 0;
    for event in events {
        let size = event.encode().map_err(|_| Refusal::NotSealed)?.len();
        if size > RECORD_BYTES_MAX {
            return Err(Refusal::RecordTooLarge);
        }
        total += ASSIGNED_BYTES + size;
    }
    match events.len() {
        0 => Err(Refusal::Empty),
        count if count > APPEND_EVENTS_MAX || total > APPEND_BYTES_MAX => Err(Refusal::TooLarge),
        _ => Ok(()),
    }
}

fn placed(recorded: &RecordedEvent) -> Placed {
    Placed {
        position: recorded.position,
        stream_version: recorded.stream_version,
        recorded_at: recorded.recorded_at,
    }
}
