//! Folding the whole log into states: rebuilds, and population questions about the past.
//!
//! Who is who is settled first. One task reads the log and deals the events to threads by customer;
//! each thread folds its customers as the events come. A customer whose events do not come in the
//! order they occurred, or are corrected or retracted, is set aside and folded from its own history
//! at the end: read from its streams where there are few such customers, else gathered by reading
//! the log again, as many customers at a time as memory is meant for. The result does not depend on
//! the number of threads.

use crate::customer_history::history;
use crate::entry::{Entry, FoldKey};
use crate::error::AnnalsError;
use crate::parked::Parked;
use crate::people::Customer;
use crate::registry::{AnyProjection, Folder};
use annals_events::{PartyId, Payload, Position, RecordedEvent};
use annals_log::{Direction, EventLog, Filter, PositionRange, ReadError};
use annals_projection::{AsOf, History, is_book_keeping};
use futures::{StreamExt as _, TryStreamExt as _};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// The states of one projection over the whole log.
#[derive(Default)]
pub(crate) struct Built {
    /// In the order of customer ids.
    pub(crate) entries: BTreeMap<PartyId, Entry>,
    /// What the projection could not read.
    pub(crate) parked: Vec<Parked>,
}

/// What is built, and from what.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) projections: Vec<Arc<dyn AnyProjection>>,
    /// Every linked party with its customer.
    pub(crate) linked: Arc<HashMap<PartyId, Customer>>,
    pub(crate) as_of: AsOf,
    /// The position the states will stand at.
    pub(crate) end: Position,
    pub(crate) threads: usize,
}

type Deal = Vec<(PartyId, RecordedEvent)>;

/// Builds the states of the planned projections, in their order. `progress` is told each position
/// reached.
pub(crate) async fn build(
    plan: Plan,
    progress: &(dyn Fn(Position) + Sync),
) -> Result<Vec<Built>, AnnalsError> {
    let threads = plan.threads.max(1);
    let mut senders = Vec::with_capacity(threads);
    let mut workers = Vec::with_capacity(threads);
    for _ in 0..threads {
        let (sender, receiver) = sync_channel(8);
        let folders =
            plan.projections.iter().map(|projection| Arc::clone(projection).folder()).collect();
        let as_of = plan.as_of;
        senders.push(sender);
        workers
            .push(tokio::task::spawn_blocking(move || Worker::new(folders, as_of).run(&receiver)));
    }
    let unreadable = deal(&plan, senders, &|_| true, progress).await;
    let mut built: Vec<Built> = plan.projections.iter().map(|_| Built::default()).collect();
    let mut aside = Vec::new();
    for worker in workers {
        let folded = worker.await.map_err(|error| AnnalsError::Background(error.to_string()))??;
        for (built, folded) in built.iter_mut().zip(folded.projections) {
            built.entries.extend(folded.entries);
            built.parked.extend(folded.parked);
        }
        aside.extend(folded.aside);
    }
    for built in &mut built {
        built.parked.extend(unreadable.as_ref().map_or(&[][..], Vec::as_slice).iter().cloned());
    }
    unreadable?;
    fold_aside(&plan, aside, &mut built).await?;
    for built in &mut built {
        built.parked.sort();
    }
    Ok(built)
}

/// Reads the log and deals the events of the customers wanted to the threads; gives the events
/// nobody can read.
async fn deal(
    plan: &Plan,
    senders: Vec<SyncSender<Deal>>,
    wanted: &(dyn Fn(&PartyId) -> bool + Sync),
    progress: &(dyn Fn(Position) + Sync),
) -> Result<Vec<Parked>, AnnalsError> {
    const EVENTS_PER_DEAL: usize = 512;
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let mut unreadable = Vec::new();
    let mut hands: Vec<Deal> = senders.iter().map(|_| Deal::new()).collect();
    let range = PositionRange::between(Position::START, plan.end);
    let mut events = plan.log.read(range, &Filter::all(), Direction::Forwards);
    while let Some(event) = events.next().await {
        let event = match event {
            Ok(event) => event,
            Err(ReadError::Unreadable { position, why }) => {
                unreadable.push(Parked { position, why: why.to_string() });
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if plan.as_of.recorded_before.is_some_and(|bound| event.recorded_at >= bound) {
            break;
        }
        let position = event.position;
        let Some(party) = event.event.stream().as_party() else { continue };
        let customer = plan.linked.get(party).map_or(party, |customer| &customer.id);
        if !wanted(customer) {
            continue;
        }
        let customer = customer.clone();
        let chosen =
            usize::try_from(hasher.hash_one(&customer) % senders.len() as u64).unwrap_or_default();
        if let (Some(hand), Some(sender)) = (hands.get_mut(chosen), senders.get(chosen)) {
            hand.push((customer, event));
            if hand.len() == EVENTS_PER_DEAL {
                send(sender, std::mem::take(hand)).await?;
                progress(position);
            }
        }
    }
    for (hand, sender) in hands.into_iter().zip(&senders) {
        send(sender, hand).await?;
    }
    Ok(unreadable)
}

/// Hands a deal over; where the thread is behind, waits without holding up the runtime.
async fn send(sender: &SyncSender<Deal>, deal: Deal) -> Result<(), AnnalsError> {
    use std::sync::mpsc::TrySendError;
    let ended = || AnnalsError::Background("a folding thread".to_owned());
    match sender.try_send(deal) {
        Ok(()) => Ok(()),
        Err(TrySendError::Disconnected(_)) => Err(ended()),
        Err(TrySendError::Full(deal)) => {
            let sender = sender.clone();
            let sent = tokio::task::spawn_blocking(move || sender.send(deal)).await;
            sent.map_err(|_| ended())?.map_err(|_| ended())
        }
    }
}

struct Worker {
    folders: Vec<Box<dyn Folder>>,
    parked: Vec<Vec<Parked>>,
    seen: HashMap<PartyId, Seen>,
    as_of: AsOf,
}

/// How far a customer has been folded.
struct Seen {
    last: FoldKey,
    events: u64,
    aside: bool,
}

struct Folded {
    projections: Vec<Built>,
    /// The customers set aside, with how many events they have.
    aside: Vec<(PartyId, u64)>,
}

impl Worker {
    fn new(folders: Vec<Box<dyn Folder>>, as_of: AsOf) -> Self {
        let parked = folders.iter().map(|_| Vec::new()).collect();
        Self { folders, parked, seen: HashMap::new(), as_of }
    }

    fn run(mut self, deals: &Receiver<Deal>) -> Result<Folded, AnnalsError> {
        while let Ok(deal) = deals.recv() {
            for (customer, event) in deal {
                self.fold(&customer, &event);
            }
        }
        let mut projections = Vec::with_capacity(self.folders.len());
        for (folder, parked) in self.folders.into_iter().zip(self.parked) {
            let states =
                folder.finish().map_err(|error| AnnalsError::Background(error.to_string()))?;
            let with_place = |(customer, state)| {
                let last = self.seen.get(&customer).map_or(FoldKey::BEFORE_ALL, |seen| seen.last);
                (customer, Entry { last, state })
            };
            let entries = states.into_iter().map(with_place).collect();
            projections.push(Built { entries, parked });
        }
        let aside = self.seen.into_iter().filter(|(_, seen)| seen.aside);
        Ok(Folded { projections, aside: aside.map(|(id, seen)| (id, seen.events)).collect() })
    }

    fn fold(&mut self, customer: &PartyId, event: &RecordedEvent) {
        if !self.seen.contains_key(customer) {
            let seen = Seen { last: FoldKey::BEFORE_ALL, events: 0, aside: false };
            self.seen.insert(customer.clone(), seen);
        }
        let Some(seen) = self.seen.get_mut(customer) else { return };
        seen.events += 1;
        if is_book_keeping(&event.event) {
            let links = matches!(
                event.event.payload(),
                Payload::IdentityLinked(_) | Payload::IdentityUnlinked(_)
            );
            if !links && !std::mem::replace(&mut seen.aside, true) {
                self.forget(customer);
            }
            return;
        }
        let key = FoldKey::of(event);
        if !seen.aside && event.event.occurred_at() >= self.as_of.occurred_before {
            return;
        }
        if !seen.aside && key < seen.last {
            seen.aside = true;
            self.forget(customer);
        } else if !seen.aside {
            seen.last = key;
            for (folder, parked) in self.folders.iter_mut().zip(&mut self.parked) {
                if let Err(why) = folder.apply(customer, event) {
                    parked.push(Parked { position: event.position, why });
                }
            }
            return;
        }
        self.park_refused(event);
    }

    fn park_refused(&mut self, event: &RecordedEvent) {
        for (folder, parked) in self.folders.iter().zip(&mut self.parked) {
            if let Err(why) = folder.check(event) {
                parked.push(Parked { position: event.position, why });
            }
        }
    }

    fn forget(&mut self, customer: &PartyId) {
        for folder in &mut self.folders {
            folder.forget(customer);
        }
    }
}

/// Folds the customers set aside from their own histories.
async fn fold_aside(
    plan: &Plan,
    mut aside: Vec<(PartyId, u64)>,
    built: &mut [Built],
) -> Result<(), AnnalsError> {
    /// What histories held in memory at a time may come to.
    const EVENTS_GATHERED_MAX: u64 = 1_000_000;
    /// Reading a stream costs about as much as passing over so many events of the log.
    const EVENTS_PASSED_PER_STREAM_EVENT: u64 = 100;
    let events: u64 = aside.iter().map(|(_, events)| events).sum();
    if events.saturating_mul(EVENTS_PASSED_PER_STREAM_EVENT) <= plan.end.get() {
        return fold_from_streams(plan, aside, built).await;
    }
    aside.sort();
    let mut part = HashSet::new();
    let mut gathered = 0;
    for (id, events) in aside {
        if gathered + events > EVENTS_GATHERED_MAX && !part.is_empty() {
            fold_from_log(plan, std::mem::take(&mut part), built).await?;
            gathered = 0;
        }
        gathered += events;
        part.insert(id);
    }
    fold_from_log(plan, part, built).await
}

/// Gathers the events of some customers by reading the log, and folds them.
async fn fold_from_log(
    plan: &Plan,
    customers: HashSet<PartyId>,
    built: &mut [Built],
) -> Result<(), AnnalsError> {
    let mut senders = Vec::with_capacity(plan.threads);
    let mut workers = Vec::with_capacity(plan.threads);
    for _ in 0..plan.threads.max(1) {
        let (sender, receiver) = sync_channel::<Deal>(8);
        let (projections, as_of) = (plan.projections.clone(), plan.as_of);
        senders.push(sender);
        workers.push(tokio::task::spawn_blocking(move || gather(&receiver, &projections, as_of)));
    }
    deal(plan, senders, &|customer| customers.contains(customer), &|_| {}).await?;
    for worker in workers {
        let folded = worker.await.map_err(|error| AnnalsError::Background(error.to_string()))??;
        keep(built, folded);
    }
    Ok(())
}

type FoldedCustomers = Vec<(PartyId, Vec<Entry>)>;

fn gather(
    deals: &Receiver<Deal>,
    projections: &[Arc<dyn AnyProjection>],
    as_of: AsOf,
) -> Result<FoldedCustomers, AnnalsError> {
    let mut histories: HashMap<PartyId, Vec<RecordedEvent>> = HashMap::new();
    while let Ok(deal) = deals.recv() {
        for (customer, event) in deal {
            histories.entry(customer).or_default().push(event);
        }
    }
    let fold = |(id, events): (PartyId, Vec<RecordedEvent>)| {
        let history = History::new(events, as_of.recorded_before);
        let entries = refold(projections, history.before(as_of.occurred_before), &id)?;
        Ok((id, entries))
    };
    histories.into_iter().map(fold).collect()
}

fn keep(built: &mut [Built], folded: FoldedCustomers) {
    for (customer, entries) in folded {
        for (built, entry) in built.iter_mut().zip(entries) {
            built.entries.insert(customer.clone(), entry);
        }
    }
}

/// Folds customers one by one from their streams.
async fn fold_from_streams(
    plan: &Plan,
    customers: Vec<(PartyId, u64)>,
    built: &mut [Built],
) -> Result<(), AnnalsError> {
    let folded: FoldedCustomers = futures::stream::iter(customers)
        .map(|(id, _)| {
            let plan = plan.clone();
            async move {
                let task = tokio::spawn(async move { fold_customer(&plan, id).await });
                task.await.map_err(|error| AnnalsError::Background(error.to_string()))?
            }
        })
        .buffer_unordered(plan.threads.max(1) * 2)
        .try_collect()
        .await?;
    keep(built, folded);
    Ok(())
}

async fn fold_customer(plan: &Plan, id: PartyId) -> Result<(PartyId, Vec<Entry>), AnnalsError> {
    let customer = plan.linked.get(&id).cloned().unwrap_or_else(|| Customer::single(id.clone()));
    let history =
        history(&*plan.log, &customer, Some(plan.end), plan.as_of.recorded_before).await?;
    let entries = refold(&plan.projections, history.before(plan.as_of.occurred_before), &id)?;
    Ok((id, entries))
}

/// The entries of all projections for a customer with this history; none where nothing has
/// occurred.
pub(crate) fn refold(
    projections: &[Arc<dyn AnyProjection>],
    events: &[RecordedEvent],
    customer: &PartyId,
) -> Result<Vec<Entry>, AnnalsError> {
    let Some(last) = events.last().map(FoldKey::of) else {
        return Ok(Vec::new());
    };
    projections
        .iter()
        .map(|projection| {
            let state = projection.fold(None, events).map_err(|error| AnnalsError::State {
                projection: projection.id(),
                customer: customer.to_string(),
                what: error.to_string(),
            })?;
            Ok(Entry { last, state })
        })
        .collect()
}
