//! Keeping the projections up with the log.
//!
//! Events are taken in batches. Within a batch each customer is either moved on (its new events are
//! in order behind what is folded already) or refolded whole: a late event, a link, an unlink, a
//! correction or a retraction makes a customer dirty. States, position and parked events of a batch
//! are saved in one write. A projection that is far behind, or has no states that can be read, is
//! built anew from the whole log instead.

use crate::build::{Plan, build, refold};
use crate::customer_history::history;
use crate::entry::{Entry, FoldKey};
use crate::error::AnnalsError;
use crate::parked::Parked;
use crate::people::{Customer, People};
use crate::registry::AnyProjection;
use crate::views::{EntryChanges, Views};
use annals_events::{
    ErasureExecuted, Event, IdentityDeclared, IdentityLinked, IdentityUnlinked, Instant, PartyId,
    Position, RecordedEvent, RetractionRecorded,
};
use annals_log::{Direction, EventLog, Filter, PositionRange, ReadError};
use annals_projection::{AsOf, is_book_keeping, is_mending};
use annals_sled::ViewStoreError;
use futures::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

/// How far a projection may be behind before building it anew is faster than moving it on.
const EVENTS_BEHIND_MAX: u64 = 100_000;
const EVENTS_PER_BATCH: usize = 4096;

/// Told once of each event about people, in the order of the log, before any projection folds it.
pub(crate) trait Witness: Send + Sync {
    /// Whether it can do its part now; while it cannot, it is told the same events again later.
    fn is_able(&self) -> bool;
    /// Sees the next event.
    fn see(&self, event: &RecordedEvent) -> Result<(), AnnalsError>;
}

pub(crate) struct Projector {
    log: Arc<dyn EventLog>,
    views: Arc<Views>,
    projections: Vec<Arc<dyn AnyProjection>>,
    witness: Arc<dyn Witness>,
    pub(crate) people: People,
    threads: usize,
}

/// The next events that say who is who or by what name somebody is found, not too many of them, and
/// the position reached. What cannot be read is passed over: a rebuild finds it again.
fn about_people(
    log: &dyn EventLog,
    start: Position,
    end: Position,
) -> Result<(Vec<RecordedEvent>, Position), ReadError> {
    const EVENTS_MAX: usize = 1 << 16;
    const CODES: [u16; 5] = [
        IdentityDeclared::CODE,
        IdentityLinked::CODE,
        IdentityUnlinked::CODE,
        RetractionRecorded::CODE,
        ErasureExecuted::CODE,
    ];
    let (mut events, mut reached) = (Vec::new(), end);
    log.visit(PositionRange::between(start, end), &mut |position, record| {
        let glance = Event::glance(record.caller_bytes());
        if glance.is_ok_and(|glance| CODES.contains(&glance.code)) {
            events.extend(record.decode(position));
        }
        if events.len() < EVENTS_MAX {
            return ControlFlow::Continue(());
        }
        reached = position.plus(1);
        ControlFlow::Break(())
    })?;
    Ok((events, reached))
}

/// One batch, sorted into what it does.
#[derive(Default)]
struct Batch {
    events: Vec<RecordedEvent>,
    unreadable: Vec<Parked>,
    /// Parties whose customers must be refolded, with the position of the last event that makes
    /// them so.
    dirty: BTreeMap<PartyId, Position>,
}

impl Projector {
    pub(crate) fn new(
        log: Arc<dyn EventLog>,
        views: Arc<Views>,
        projections: Vec<Arc<dyn AnyProjection>>,
        witness: Arc<dyn Witness>,
        threads: usize,
    ) -> Result<Self, AnnalsError> {
        let people = views.people()?;
        Ok(Self { log, views, projections, witness, people, threads })
    }

    /// Lets go of states that stand behind the head: they belong to a longer log than this one,
    /// which was restored from an older copy. To be asked before anything is appended.
    pub(crate) async fn forget_what_is_ahead(&mut self) -> Result<(), AnnalsError> {
        let head = self.log.head().await?.next;
        if self.people.position > head {
            self.people = People::default();
            self.views.save_people(&self.people)?;
        }
        for projection in &self.projections {
            if self.position(&**projection)? > head {
                self.views.replace(&**projection, Position::START, [], &[])?;
            }
        }
        Ok(())
    }

    fn position(&self, projection: &dyn AnyProjection) -> Result<Position, AnnalsError> {
        Ok(self.views.status(projection)?.map_or(Position::START, |status| status.position))
    }

    /// Brings who is who up to the head, and nothing else.
    pub(crate) async fn learn_people(&mut self) -> Result<Position, AnnalsError> {
        let head = self.log.head().await?.next;
        let start = self.people.position;
        if start >= head {
            return Ok(head);
        }
        let mut at = start;
        while at < head {
            let log = Arc::clone(&self.log);
            let found = tokio::task::spawn_blocking(move || about_people(&*log, at, head)).await;
            let found = found.map_err(|error| AnnalsError::Background(error.to_string()))?;
            let (events, reached) = found?;
            for event in events {
                if self.witness.is_able() {
                    self.witness.see(&event)?;
                }
                self.people.learn(&event);
            }
            at = reached;
        }
        self.people.position = head;
        if self.witness.is_able() {
            self.views.save_people(&self.people)?;
        }
        Ok(head)
    }

    /// Brings every projection up to the head; gives the position reached.
    pub(crate) async fn catch_up(
        &mut self,
        progress: &(dyn Fn(Position) + Sync),
    ) -> Result<Position, AnnalsError> {
        let head = self.learn_people().await?;
        let mut behind = Vec::new();
        let mut far_behind = Vec::new();
        for projection in self.projections.clone() {
            match self.views.status(&*projection)?.map(|status| status.position) {
                Some(position) if head.get() - position.get() <= EVENTS_BEHIND_MAX => {
                    if position < head {
                        behind.push((projection, position));
                    }
                }
                // Nothing that could be moved on, or too little of it.
                _ => far_behind.push(projection),
            }
        }
        if !far_behind.is_empty() {
            self.rebuild(&far_behind, progress).await?;
        }
        let Some(start) = behind.iter().map(|(_, position)| *position).min() else {
            return Ok(head);
        };
        let range = PositionRange::between(start, head);
        let events = self.log.read(range, &Filter::all(), Direction::Forwards);
        let mut batches = events.chunks(EVENTS_PER_BATCH);
        let mut at = start;
        while let Some(items) = batches.next().await {
            let end = at.plus(items.len() as u64);
            let batch = self.sort(items)?;
            for (projection, position) in &mut behind {
                if *position >= end {
                    continue;
                }
                match self.move_on(&**projection, &batch, *position, end).await {
                    Ok(()) => *position = end,
                    // What was kept turned out damaged: it follows from the log.
                    Err(AnnalsError::Views(ViewStoreError::Damaged { .. })) => {
                        *position = self.rebuild(&[Arc::clone(projection)], progress).await?;
                    }
                    Err(error) => return Err(error),
                }
            }
            at = end;
            progress(at);
        }
        Ok(head)
    }

    /// Builds projections anew from the whole log and swaps them in; the old states serve until
    /// then.
    pub(crate) async fn rebuild(
        &mut self,
        projections: &[Arc<dyn AnyProjection>],
        progress: &(dyn Fn(Position) + Sync),
    ) -> Result<Position, AnnalsError> {
        let end = self.learn_people().await?;
        let plan = Plan {
            log: Arc::clone(&self.log),
            projections: projections.to_vec(),
            linked: Arc::new(self.people.linked(None)),
            as_of: AsOf::instant(Instant::MAX),
            end,
            threads: self.threads,
        };
        let built = Arc::new(build(plan, progress).await?);
        let saving = projections.iter().enumerate().map(|(number, projection)| {
            let (views, built) = (Arc::clone(&self.views), Arc::clone(&built));
            let projection = Arc::clone(projection);
            tokio::task::spawn_blocking(move || {
                views.replace(&*projection, end, built.rows(number), built.parked(number))
            })
        });
        for saved in saving.collect::<Vec<_>>() {
            saved.await.map_err(|error| AnnalsError::Background(error.to_string()))??;
        }
        Ok(end)
    }

    fn sort(&mut self, items: Vec<Result<RecordedEvent, ReadError>>) -> Result<Batch, AnnalsError> {
        let mut batch = Batch::default();
        for item in items {
            let event = match item {
                Ok(event) => event,
                Err(ReadError::Unreadable { position, why }) => {
                    batch.unreadable.push(Parked { position, why: why.to_string() });
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            for party in self.people.learn(&event) {
                batch.dirty.insert(party, event.position);
            }
            if is_mending(&event.event)
                && let Some(party) = event.event.stream().as_party()
            {
                batch.dirty.insert(party.clone(), event.position);
            }
            batch.events.push(event);
        }
        Ok(batch)
    }

    /// Moves one projection from a position inside the batch to its end.
    async fn move_on(
        &mut self,
        projection: &dyn AnyProjection,
        batch: &Batch,
        from: Position,
        end: Position,
    ) -> Result<(), AnnalsError> {
        let mut parked = self.views.parked(projection)?;
        parked.extend(batch.unreadable.iter().filter(|parked| parked.position >= from).cloned());
        let mut dirty = BTreeSet::new();
        let mut gone = BTreeSet::new();
        let mut fresh: BTreeMap<PartyId, (Customer, Vec<RecordedEvent>)> = BTreeMap::new();
        for party in
            batch.dirty.iter().filter(|(_, position)| **position >= from).map(|(party, _)| party)
        {
            let customer = self.people.customer_of(&*self.log, party).await?;
            gone.extend(customer.members.iter().filter(|member| **member != customer.id).cloned());
            dirty.insert(customer.id);
        }
        for event in batch.events.iter().filter(|event| event.position >= from) {
            let Some(party) = event.event.stream().as_party() else { continue };
            if is_book_keeping(&event.event) {
                continue;
            }
            if let Err(why) = projection.check(event) {
                parked.push(Parked { position: event.position, why });
            }
            let customer = self.people.customer_of(&*self.log, party).await?;
            fresh
                .entry(customer.id.clone())
                .or_insert_with(|| (customer, Vec::new()))
                .1
                .push(event.clone());
        }
        let mut changes: EntryChanges = gone.into_iter().map(|member| (member, None)).collect();
        for (id, (_, events)) in fresh {
            if dirty.contains(&id) {
                continue;
            }
            match self.advance(projection, &id, events)? {
                Some(entry) => {
                    changes.insert(id, Some(entry));
                }
                None => {
                    dirty.insert(id);
                }
            }
        }
        for id in dirty {
            let entry = self.refold(projection, &id, end).await?;
            changes.insert(id, entry);
        }
        parked.sort();
        parked.dedup();
        self.views.save(projection, end, &changes, &parked)
    }

    /// The state with these events folded in; `None` where they do not lie behind what is folded
    /// already.
    fn advance(
        &self,
        projection: &dyn AnyProjection,
        customer: &PartyId,
        mut events: Vec<RecordedEvent>,
    ) -> Result<Option<Entry>, AnnalsError> {
        events.sort_by_key(FoldKey::of);
        let before = self.views.entry(projection, customer)?;
        let (Some(first), Some(last)) =
            (events.first().map(FoldKey::of), events.last().map(FoldKey::of))
        else {
            return Ok(before);
        };
        if before.as_ref().is_some_and(|entry| first < entry.last) {
            return Ok(None);
        }
        // A state that cannot be read is folded anew, as if it were late.
        let folded = projection.fold(before.as_ref().map(|entry| entry.state.as_slice()), &events);
        Ok(folded.ok().map(|state| Entry { last, state }))
    }

    async fn refold(
        &mut self,
        projection: &dyn AnyProjection,
        id: &PartyId,
        end: Position,
    ) -> Result<Option<Entry>, AnnalsError> {
        let customer = self.people.customer_of(&*self.log, id).await?;
        let history = history(&*self.log, &customer, Some(end), None).await?;
        refold(projection, &history.events, id)
    }

    /// Tries the parked events of every projection again, and refolds the customers of those that
    /// can be read now. Gives how many are still parked.
    pub(crate) async fn retry_parked(&mut self) -> Result<usize, AnnalsError> {
        self.catch_up(&|_| {}).await?;
        let mut left = 0;
        for projection in self.projections.clone() {
            let Some(status) = self.views.status(&*projection)? else { continue };
            let mut still = Vec::new();
            let mut changes = EntryChanges::new();
            for parked in self.views.parked(&*projection)? {
                let range = PositionRange::between(parked.position, parked.position.plus(1));
                let read = self.log.read(range, &Filter::all(), Direction::Forwards).next().await;
                let Some(Ok(event)) = read else {
                    still.push(parked);
                    continue;
                };
                if let Err(why) = projection.check(&event) {
                    still.push(Parked { position: parked.position, why });
                    continue;
                }
                if let Some(party) = event.event.stream().as_party() {
                    let customer = self.people.customer_of(&*self.log, party).await?;
                    let entry = self.refold(&*projection, &customer.id, status.position).await?;
                    changes.insert(customer.id, entry);
                }
            }
            left += still.len();
            self.views.save(&*projection, status.position, &changes, &still)?;
        }
        Ok(left)
    }
}
