//! Folding the whole log into states: rebuilds, and population questions about the past.
//!
//! Who is who is settled first. The customers are parted by a hash of their ids; each thread goes
//! through the log and gathers the records of one part, then folds each of its customers from its
//! own history: what was late, linked, corrected or retracted needs no way of its own. Where the
//! log is larger than memory is meant for, there are more parts than threads and the log is gone
//! through again. The result does not depend on the number of threads or parts.

use crate::entry::{Entry, FoldKey};
use crate::error::AnnalsError;
use crate::gathered::{Gathered, Part};
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
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// What records gathered at a time may come to, on all threads together.
const GATHERED_BYTES_MAX: usize = 3 << 29;
/// What a record takes while it is gathered, where nothing is known of the log.
const RECORD_BYTES_EXPECTED: u64 = 150;

/// The states of one projection over the whole log.
#[derive(Default)]
pub(crate) struct Built {
    /// In the order of customer ids.
    pub(crate) entries: Vec<(PartyId, Entry)>,
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

struct Builder<'p> {
    plan: &'p Plan,
    /// Every linked party with the id of its customer, where that is another.
    customers: HashMap<&'p str, &'p str, FixedState>,
    /// The parts nobody has taken.
    parts: Mutex<Vec<Part>>,
    part_bytes_max: usize,
    tell: watch::Sender<Position>,
}

impl<'p> Builder<'p> {
    fn new(plan: &'p Plan, tell: watch::Sender<Position>) -> Self {
        let threads = plan.threads.max(1);
        let expected = plan.end.get().saturating_mul(RECORD_BYTES_EXPECTED);
        let passes = expected.div_ceil(GATHERED_BYTES_MAX as u64).max(1);
        let linked = plan.linked.iter().filter(|(party, customer)| **party != customer.id);
        let ids = linked.map(|(party, customer)| (party.as_str(), customer.id.as_str()));
        Self {
            plan,
            customers: ids.collect(),
            parts: Mutex::new(Part::all(passes.saturating_mul(threads as u64))),
            part_bytes_max: GATHERED_BYTES_MAX / threads,
            tell,
        }
    }

    fn run(self) -> Result<Vec<Built>, AnnalsError> {
        let threads = self.plan.threads.max(1);
        // Parts are taken as threads come free, and may be halved meanwhile.
        let work = |()| {
            let mut built: Vec<Built> = self.none();
            while let Some(part) = self.next_part() {
                self.fold(self.gather(part)?, &mut built)?;
            }
            Ok::<_, AnnalsError>(built)
        };
        let built = in_parallel(vec![(); threads], threads, work);
        let mut all: Vec<Built> = self.none();
        for built in built {
            for (all, built) in all.iter_mut().zip(built?) {
                all.entries.extend(built.entries);
                all.parked.extend(built.parked);
            }
        }
        let in_order = |mut built: Built| {
            built.entries.sort_by(|(one, _), (other, _)| one.cmp(other));
            built.parked.sort();
            built
        };
        Ok(in_parallel(all, threads, in_order))
    }

    fn none(&self) -> Vec<Built> {
        self.plan.projections.iter().map(|_| Built::default()).collect()
    }

    fn next_part(&self) -> Option<Part> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Goes through the log once and gathers a part, or as much of it as memory is meant for, with
    /// what nobody can read.
    fn gather(&self, part: Part) -> Result<(Gathered, Vec<Parked>), AnnalsError> {
        const RECORDS_PER_REPORT: u64 = 1 << 16;
        let (mut gathered, mut unreadable) = (Gathered::of(part), Vec::new());
        let range = PositionRange::between(Position::START, self.plan.end);
        self.plan.log.visit(range, &mut |position, record| {
            let bound = self.plan.as_of.recorded_before;
            if bound.is_some_and(|bound| record.recorded_at() >= bound) {
                return ControlFlow::Break(());
            }
            if let Err(why) = self.take(&mut gathered, position, &record) {
                unreadable.push(Parked { position, why: why.to_string() });
            }
            if gathered.size_bytes() > self.part_bytes_max
                && let Some(rest) = gathered.halve()
            {
                self.parts.lock().unwrap_or_else(PoisonError::into_inner).push(rest);
            }
            if position.get() % RECORDS_PER_REPORT == 0 {
                self.report(gathered.part(), RECORDS_PER_REPORT);
            }
            ControlFlow::Continue(())
        })?;
        Ok((gathered, unreadable))
    }

    /// Gathers a record if it is of a customer of the part.
    fn take(
        &self,
        gathered: &mut Gathered,
        position: Position,
        record: &Record<'_>,
    ) -> Result<(), DecodeError> {
        // What is no customer's is looked at by the first part alone.
        let looks_at_all = gathered.part().first == 0;
        match Event::glance(record.caller_bytes()).map(|glance| glance.party) {
            Ok(Some(party)) => {
                let customer = self.customers.get(party).copied().unwrap_or(party);
                if gathered.part().holds(customer) {
                    gathered.push(customer, position, record.bytes())?;
                }
                Ok(())
            }
            Ok(None) if looks_at_all => Event::decode(record.caller_bytes()).map(drop),
            Err(why) if looks_at_all => Err(why),
            _ => Ok(()),
        }
    }

    /// Folds every customer gathered.
    fn fold(
        &self,
        (gathered, unreadable): (Gathered, Vec<Parked>),
        built: &mut [Built],
    ) -> Result<(), AnnalsError> {
        let AsOf { occurred_before, recorded_before } = self.plan.as_of;
        for built in built.iter_mut() {
            built.parked.extend(unreadable.iter().cloned());
        }
        gathered.for_each_customer(|customer, events| {
            let mut history = Vec::with_capacity(events.size_hint().0);
            for (position, event) in events {
                match event {
                    Ok(event) => history.push(event),
                    Err(why) => built.iter_mut().for_each(|built| {
                        built.parked.push(Parked { position, why: why.to_string() });
                    }),
                }
            }
            for (projection, built) in self.plan.projections.iter().zip(built.iter_mut()) {
                for event in history.iter().filter(|event| !is_book_keeping(&event.event)) {
                    if let Err(why) = projection.check(event) {
                        built.parked.push(Parked { position: event.position, why });
                    }
                }
            }
            let history = History::new(history, recorded_before);
            let entries =
                refold(&self.plan.projections, history.before(occurred_before), &customer)?;
            for (built, entry) in built.iter_mut().zip(entries) {
                built.entries.push((customer.clone(), entry));
            }
            Ok(())
        })
    }

    /// Reports so many records more that a part has gone through.
    fn report(&self, part: &Part, records: u64) {
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
