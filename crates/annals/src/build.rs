//! Folding the whole log into states: rebuilds, and population questions about the past.
//!
//! Who is who is settled first. Each thread goes through a range of the log and gathers its records
//! in buckets of customers; then the buckets are folded, each customer from its own history: what
//! was late, linked, corrected or retracted needs no way of its own. Where the log is larger than
//! memory is meant for, the customers are gathered in several parts, and the log is gone through
//! for each. The result does not depend on the number of threads or parts.

use crate::entry::{Entry, FoldKey};
use crate::error::AnnalsError;
use crate::folded::{Built, Folded};
use crate::gathered::{BUCKETS, Bucket, Gathered, Part, for_each_customer};
use crate::parked::Parked;
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

/// What is built, and from what.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) projections: Vec<Arc<dyn AnyProjection>>,
    /// Every linked party with the one that stands for all members of its customer.
    pub(crate) linked: Arc<HashMap<PartyId, PartyId>>,
    pub(crate) as_of: AsOf,
    /// The position the states will stand at.
    pub(crate) end: Position,
    pub(crate) threads: usize,
}

/// Builds the states of the planned projections. `progress` is told how much of the
/// log has been gone through, as if it were gone through once.
pub(crate) async fn build(
    plan: Plan,
    progress: &(dyn Fn(Position) + Sync),
) -> Result<Built, AnnalsError> {
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
    /// Every linked party with the one that stands for its customer, where that is another.
    stands_for: HashMap<&'p str, &'p str, FixedState>,
    gathered_bytes_max: usize,
    tell: watch::Sender<Position>,
}

impl<'p> Builder<'p> {
    fn new(plan: &'p Plan, tell: watch::Sender<Position>) -> Self {
        let others = plan.linked.iter().filter(|(party, standing)| party != standing);
        let stands_for = others.map(|(party, standing)| (party.as_str(), standing.as_str()));
        let gathered_bytes_max = GATHERED_BYTES_MAX;
        Self { plan, stands_for: stands_for.collect(), gathered_bytes_max, tell }
    }

    fn run(self) -> Result<Built, AnnalsError> {
        let expected = self.plan.end.get().saturating_mul(RECORD_BYTES_EXPECTED);
        let mut parts = Part::all(expected.div_ceil(self.gathered_bytes_max as u64));
        let (mut folded, mut all_unreadable) = (Vec::new(), Vec::new());
        while let Some(part) = parts.pop() {
            let Pass { buckets, unreadable, rest } = self.gather(part)?;
            parts.extend(rest);
            all_unreadable.extend(unreadable);
            let fold = |bucket: Vec<Bucket>| self.fold(&bucket);
            for bucket in in_parallel(buckets, self.threads(), fold) {
                folded.push(bucket?);
            }
        }
        Ok(Built::together(folded, self.plan.projections.len(), &all_unreadable))
    }

    fn threads(&self) -> usize {
        self.plan.threads.max(1)
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
                if let Some(hash) = part.hash_of(self.standing_for(party)) {
                    gathered.push(hash, position, record);
                }
                Ok(())
            }
            Ok(None) if looks_at_all => Event::decode(record.caller_bytes()).map(drop),
            Err(why) if looks_at_all => Err(why),
            _ => Ok(()),
        }
    }

    fn standing_for<'r>(&self, party: &'r str) -> &'r str
    where
        'p: 'r,
    {
        self.stands_for.get(party).copied().unwrap_or(party)
    }

    /// Folds every customer of a bucket.
    fn fold(&self, bucket: &[Bucket]) -> Result<Folded, AnnalsError> {
        let AsOf { occurred_before, recorded_before } = self.plan.as_of;
        let projections = &self.plan.projections;
        let mut folded = Folded::of(projections.len());
        let standing_for = |party| self.standing_for(party);
        for_each_customer(bucket, party_of, standing_for, |customer, records| {
            let mut history = Vec::with_capacity(records.len());
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
            for (projection, all_parked) in projections.iter().zip(folded.parked()) {
                for event in history.iter().filter(|event| !is_book_keeping(&event.event)) {
                    if let Err(why) = projection.check(event) {
                        all_parked.push(Parked { position: event.position, why });
                    }
                }
                all_parked.extend(parked.iter().cloned());
            }
            // A customer whose id is none has no event that can be read.
            let Ok(customer) = PartyId::new(customer) else { return Ok(()) };
            let history = History::new(history, recorded_before);
            let events = history.before(occurred_before);
            let Some(last) = events.last().map(FoldKey::of) else { return Ok(()) };
            folded.push(customer.clone(), last, |number, to| match projections.get(number) {
                Some(projection) => projection
                    .fold_into(None, events, to)
                    .map_err(|error| unfolded(&**projection, &customer, &error)),
                None => Ok(()),
            })
        })?;
        Ok(folded)
    }

    /// Reports so many records more that a part has gone through.
    fn report(&self, part: Part, records: u64) {
        let width = u128::from(part.last - part.first) + 1;
        let share = u64::try_from((u128::from(records) * width) >> 64).unwrap_or(records);
        self.tell.send_modify(|reached| *reached = reached.plus(share).min(self.plan.end));
    }
}

/// Whose a gathered record is.
fn party_of(record: &[u8]) -> Option<&str> {
    Event::glance(Record::parse(record).ok()?.caller_bytes()).ok()?.party
}

/// The entry of a customer with this history; none where nothing has occurred.
pub(crate) fn refold(
    projection: &dyn AnyProjection,
    events: &[RecordedEvent],
    customer: &PartyId,
) -> Result<Option<Entry>, AnnalsError> {
    let Some(last) = events.last().map(FoldKey::of) else {
        return Ok(None);
    };
    let state =
        projection.fold(None, events).map_err(|error| unfolded(projection, customer, &error))?;
    Ok(Some(Entry { last, state }))
}

fn unfolded(
    projection: &dyn AnyProjection,
    customer: &PartyId,
    error: &DecodeError,
) -> AnnalsError {
    AnnalsError::State {
        projection: projection.id(),
        customer: customer.to_string(),
        what: error.to_string(),
    }
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
        let in_order = parties.clone();
        parties.sort();
        parties.dedup();
        let members = [&parties[3], &parties[100], &parties[200]];
        let first = in_order.into_iter().find(|party| members.contains(&party)).unwrap();
        let linked = members.map(|party| (party.clone(), parties[200].clone()));
        let mut plan = Plan {
            log: Arc::new(log),
            projections: Options::projections(Vec::new(), &Zone::utc()),
            linked: Arc::new(linked.into_iter().collect()),
            as_of: AsOf::instant(annals_events::Instant::MAX),
            end,
            threads: 1,
        };
        let shown = |built: &Built, projection| {
            let rows = built.rows(projection).map(|(id, row)| (id.clone(), row.to_vec()));
            (rows.collect::<Vec<_>>(), built.parked(projection).to_vec())
        };
        let mut expected = None;
        for (threads, bytes) in
            [(1, usize::MAX / 2), (3, usize::MAX / 2), (1, 1 << 20), (2, 3 << 20)]
        {
            plan.threads = threads;
            let (tell, _told) = watch::channel(Position::START);
            let mut builder = Builder::new(&plan, tell);
            builder.gathered_bytes_max = bytes;
            let built = builder.run().unwrap();
            let built: Vec<_> = (0..3).map(|projection| shown(&built, projection)).collect();
            assert!(built.iter().all(|(rows, _)| rows.len() > 300));
            assert!(built.iter().all(|(rows, _)| rows.is_sorted_by(|one, next| one.0 < next.0)));
            // Of linked parties the one whose stream begins first gives the customer its name.
            let named = built[0].0.iter().filter(|(id, _)| members.contains(&id));
            let named: Vec<_> = named.map(|(id, _)| id).collect();
            assert_eq!(named, [&first]);
            match &expected {
                None => expected = Some(built),
                Some(expected) => assert!(*expected == built, "{threads} threads, {bytes} bytes"),
            }
        }
    }
}
