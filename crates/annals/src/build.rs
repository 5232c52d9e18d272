//! Folding the whole log into states: rebuilds, and population questions about the past.
//!
//! Who is who is settled first. Each thread goes through a range of the log and gathers its records
//! in buckets of customers; then the buckets are folded, each customer from its own history: what
//! was late, linked, corrected or retracted needs no way of its own. Where the log is larger than
//! memory is meant for, the customers are gathered in several parts, and the log is gone through
//! for each. The result does not depend on the number of threads or parts.

use crate::entry::{Entry, FoldKey};
use crate::error::AnnalsError;
use crate::gathered::{BUCKETS, Bucket, Gathered, Part, for_each_customer};
use crate::parked::Parked;
use crate::people::Customer;
use crate::registry::AnyProjection;
use annals_events::codec::DecodeError;
use annals_events::{Event, PartyId, Position, RecordedEvent};
use annals_log::{EventLog, PositionRange, Record};
use annals_projection::{AsOf, History, in_parallel, is_book_keeping};
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::watch;

/// What records gathered at a time may come to, on all threads together.
const GATHERED_BYTES_MAX: usize = 3 << 29;
/// What a record takes while it is gathered, where nothing is known of the log.
const RECORD_BYTES_EXPECTED: u64 = 150;

/// The states of one projection over the whole log.
#[derive(Default, PartialEq)]
pub(crate) struct Built {
    /// In the order of customer ids.
    pub(crate) entries: Vec<(PartyId, Entry)>,
    /// What the projection could not read.
    pub(crate) parked: Vec<Parked>,
}

impl Built {
    fn together(parts: Vec<Self>) -> Self {
        let mut all = Self::default();
        all.entries.reserve_exact(parts.iter().map(|part| part.entries.len()).sum());
        for part in parts {
            all.entries.extend(part.entries);
            all.parked.extend(part.parked);
        }
        all.in_order()
    }

    fn in_order(mut self) -> Self {
        self.entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.parked.sort();
        self
    }
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

/// Builds the states of the planned projections, in their order. `progress` is told how much of the
/// log has been gone through, as if it were gone through once.
pub(crate) async fn build(
    plan: Plan,
    progress: &(dyn Fn(Position) + Sync),
) -> Result<Vec<Built>, AnnalsError> {
    let (tell, mut told) = watch::channel(Position::START);
    let built = tokio::task::spawn_blocking(move || Builder::new(&plan, tell).run());
    while told.changed().await.is_ok() {
        progress(*told.borrow_and_update());
    }
    built.await.map_err(|error| AnnalsError::Background(error.to_string()))?
}

/// What came of going through the log once.
struct Pass {
    /// The records of the customers of a part, or of as many of them as memory is meant for.
    buckets: Vec<Vec<Bucket>>,
    /// What nobody can read.
    unreadable: Vec<Parked>,
    /// The customers left for another pass.
    rest: Option<Part>,
}

struct Builder<'p> {
    plan: &'p Plan,
    /// Every linked party with the id of its customer, where that is another.
    customers: HashMap<&'p str, &'p str, FixedState>,
    gathered_bytes_max: usize,
    tell: watch::Sender<Position>,
}

impl<'p> Builder<'p> {
    fn new(plan: &'p Plan, tell: watch::Sender<Position>) -> Self {
        let linked = plan.linked.iter().filter(|(party, customer)| **party != customer.id);
        let ids = linked.map(|(party, customer)| (party.as_str(), customer.id.as_str()));
        let gathered_bytes_max = GATHERED_BYTES_MAX;
        Self { plan, customers: ids.collect(), gathered_bytes_max, tell }
    }

    fn run(self) -> Result<Vec<Built>, AnnalsError> {
        let expected = self.plan.end.get().saturating_mul(RECORD_BYTES_EXPECTED);
        let mut parts = Part::all(expected.div_ceil(self.gathered_bytes_max as u64));
        let mut all: Vec<Vec<Built>> = self.plan.projections.iter().map(|_| Vec::new()).collect();
        while let Some(part) = parts.pop() {
            let Pass { buckets, unreadable, rest } = self.gather(part)?;
            parts.extend(rest);
            for all in &mut all {
                all.push(Built { entries: Vec::new(), parked: unreadable.clone() });
            }
            let fold = |bucket: Vec<Bucket>| self.fold(&bucket);
            for built in in_parallel(buckets, self.threads(), fold) {
                for (all, built) in all.iter_mut().zip(built?) {
                    all.push(built);
                }
            }
        }
        Ok(in_parallel(all, self.threads(), Built::together))
    }

    fn threads(&self) -> usize {
        self.plan.threads.max(1)
    }

    fn none(&self) -> Vec<Built> {
        self.plan.projections.iter().map(|_| Built::default()).collect()
    }

    /// Goes through the log once and gathers what it has of a part.
    fn gather(&self, part: Part) -> Result<Pass, AnnalsError> {
        let threads = self.threads() as u64;
        let end = self.plan.end.get();
        let at =
            |range: u64| Position::new(end / threads * range + end % threads * range / threads);
        let ranges = (0..threads).map(|range| PositionRange::between(at(range), at(range + 1)));
        let buckets = AtomicUsize::new(BUCKETS);
        let gathered = in_parallel(ranges.collect(), self.threads(), |range| {
            self.range(part, range, &buckets)
        });
        let buckets = buckets.into_inner();
        let (mut ranges, mut unreadable) = (Vec::new(), Vec::new());
        for range in gathered {
            let (mut gathered, parked) = range?;
            gathered.keep(buckets);
            ranges.push(gathered);
            unreadable.extend(parked);
        }
        let rest = if buckets < BUCKETS { part.upper(buckets) } else { None };
        Ok(Pass { buckets: Gathered::across(ranges), unreadable, rest })
    }

    /// Gathers what a range of the log has of a part. `buckets` of it are gathered by all threads;
    /// one that has no more room halves them for all.
    fn range(
        &self,
        part: Part,
        range: PositionRange,
        buckets: &AtomicUsize,
    ) -> Result<(Gathered, Vec<Parked>), AnnalsError> {
        const RECORDS_PER_REPORT: u64 = 1 << 16;
        let bytes_max = self.gathered_bytes_max / self.threads();
        let (mut gathered, mut unreadable) = (Gathered::of(part), Vec::new());
        self.plan.log.visit(range, &mut |position, record| {
            let bound = self.plan.as_of.recorded_before;
            if bound.is_some_and(|bound| record.recorded_at() >= bound) {
                return ControlFlow::Break(());
            }
            if let Err(why) = self.take(part, &mut gathered, position, &record) {
                unreadable.push(Parked { position, why: why.to_string() });
            }
            if gathered.size_bytes() > bytes_max {
                buckets.fetch_min((gathered.buckets() / 2).max(1), Ordering::Relaxed);
                gathered.keep(buckets.load(Ordering::Relaxed));
            }
            if position.get() % RECORDS_PER_REPORT == 0 {
                gathered.keep(buckets.load(Ordering::Relaxed));
                self.report(part, RECORDS_PER_REPORT);
            }
            ControlFlow::Continue(())
        })?;
        Ok((gathered, unreadable))
    }

    /// Gathers a record if it is of a customer of the part.
    fn take(
        &self,
        part: Part,
        gathered: &mut Gathered,
        position: Position,
        record: &Record<'_>,
    ) -> Result<(), DecodeError> {
        // What is no customer's is looked at with the first part alone.
        let looks_at_all = part.first == 0;
        match Event::glance(record.caller_bytes()).map(|glance| glance.party) {
            Ok(Some(party)) => {
                if let Some(hash) = part.hash_of(self.customer_of(party)) {
                    gathered.push(hash, position, record);
                }
                Ok(())
            }
            Ok(None) if looks_at_all => Event::decode(record.caller_bytes()).map(drop),
            Err(why) if looks_at_all => Err(why),
            _ => Ok(()),
        }
    }

    fn customer_of<'r>(&self, party: &'r str) -> &'r str
    where
        'p: 'r,
    {
        self.customers.get(party).copied().unwrap_or(party)
    }

    fn customer_of_record<'r>(&self, record: &'r [u8]) -> Option<&'r str>
    where
        'p: 'r,
    {
        let record = Record::parse(record).ok()?;
        let party = Event::glance(record.caller_bytes()).ok()?.party?;
        Some(self.customer_of(party))
    }

    /// Folds every customer of a bucket.
    fn fold(&self, bucket: &[Bucket]) -> Result<Vec<Built>, AnnalsError> {
        let AsOf { occurred_before, recorded_before } = self.plan.as_of;
        let mut built = self.none();
        for_each_customer(
            bucket,
            |record| self.customer_of_record(record),
            |customer, records| {
                let mut history = Vec::with_capacity(records.size_hint().1.unwrap_or_default());
                let mut parked = Vec::new();
                for kept in records {
                    let event =
                        Record::parse(kept.record).and_then(|record| record.decode(kept.position));
                    match event {
                        Ok(event) => history.push(event),
                        Err(why) => {
                            parked.push(Parked { position: kept.position, why: why.to_string() });
                        }
                    }
                }
                for (projection, built) in self.plan.projections.iter().zip(built.iter_mut()) {
                    for event in history.iter().filter(|event| !is_book_keeping(&event.event)) {
                        if let Err(why) = projection.check(event) {
                            built.parked.push(Parked { position: event.position, why });
                        }
                    }
                    built.parked.extend(parked.iter().cloned());
                }
                // A customer whose id is none has no event that can be read.
                let Ok(customer) = PartyId::new(customer) else { return Ok(()) };
                let history = History::new(history, recorded_before);
                let entries =
                    refold(&self.plan.projections, history.before(occurred_before), &customer)?;
                for (built, entry) in built.iter_mut().zip(entries) {
                    built.entries.push((customer.clone(), entry));
                }
                Ok::<_, AnnalsError>(())
            },
        )?;
        // Sorting what is sorted in stretches takes far less time than sorting all of it at once.
        Ok(built.into_iter().map(Built::in_order).collect())
    }

    /// Reports so many records more that a part has gone through.
    fn report(&self, part: Part, records: u64) {
        let width = u128::from(part.last - part.first) + 1;
        let share = u64::try_from((u128::from(records) * width) >> 64).unwrap_or(records);
        self.tell.send_modify(|reached| *reached = reached.plus(share).min(self.plan.end));
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use annals_events::Zone;
    use annals_log::{Append, MemoryLog};
    use annals_testkit::{Company, sealed};

    #[tokio::test]
    async fn the_states_do_not_depend_on_threads_parts_or_memory() {
        let company = Company {
            name: "parts".to_owned(),
            seed: 5,
            customers: 400,
            start: "2024-01-01".parse().unwrap(),
            days: 200,
            zone: Zone::utc(),
        };
        let log = MemoryLog::new();
        let mut parties = Vec::new();
        for event in company.events().unwrap() {
            parties.extend(event.stream().as_party().cloned());
            log.append(Append::new(&[sealed(event)]).unwrap()).await.unwrap();
        }
        let end = log.head().await.unwrap().next;
        parties.sort();
        parties.dedup();
        let members = vec![parties[3].clone(), parties[100].clone(), parties[200].clone()];
        let customer = Customer { id: members.first().cloned().unwrap(), members };
        let linked = customer.members.iter().map(|party| (party.clone(), customer.clone()));
        let mut plan = Plan {
            log: Arc::new(log),
            projections: Options::projections(Vec::new(), &Zone::utc()),
            linked: Arc::new(linked.collect()),
            as_of: AsOf::instant(annals_events::Instant::MAX),
            end,
            threads: 1,
        };
        let mut expected: Option<Vec<Built>> = None;
        for (threads, bytes) in
            [(1, usize::MAX / 2), (3, usize::MAX / 2), (1, 1 << 20), (2, 3 << 20)]
        {
            plan.threads = threads;
            let (tell, _told) = watch::channel(Position::START);
            let mut builder = Builder::new(&plan, tell);
            builder.gathered_bytes_max = bytes;
            let built = builder.run().unwrap();
            assert!(built.iter().all(|built| built.entries.len() > 300));
            match &expected {
                None => expected = Some(built),
                Some(expected) => assert!(*expected == built, "{threads} threads, {bytes} bytes"),
            }
        }
    }
}
