//! The grid of care: four areas by three phases, what was due, done, missed, and how it was
//! answered.

use crate::mean::{Mean, MeanSums};
use crate::ratio::ratio;
use crate::rules::SampleRules;
use crate::state::SatisfactionState;
use annals_events::{CareArea, Date, Phase};
use serde::Serialize;
use std::collections::BTreeMap;

/// All care.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CareGrid {
    /// The twelve cells, area by area.
    pub cells: Vec<CareCell>,
    /// Actions known only as missed or answered, in no cell.
    pub without_plan_or_deed: u64,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CareCell {
    /// The area.
    pub area: CareArea,
    /// The phase of the purchase.
    pub phase: Phase,
    /// Planned actions due by the day of the question.
    pub due: u64,
    /// Planned actions due later and not done yet.
    pub upcoming: u64,
    /// Actions done, planned or not.
    pub done: u64,
    /// Done after the day they were due; also among the done.
    pub done_late: u64,
    /// Done without a plan; also among the done.
    pub unplanned: u64,
    /// Said to be missed, and not done after all.
    pub missed: u64,
    /// Due before the day of the question, and neither done nor said to be missed.
    pub overdue: u64,
    /// Of the planned actions due, the share done, 0 to 1; null where none was due.
    pub done_rate: Option<f64>,
    /// Actions the customer answered.
    pub responded: u64,
    /// How the answers felt, -5 to 5.
    pub valence: Mean,
}

#[derive(Default)]
struct Sums {
    due: u64,
    due_done: u64,
    upcoming: u64,
    done: u64,
    done_late: u64,
    unplanned: u64,
    missed: u64,
    overdue: u64,
    responded: u64,
    valence: MeanSums,
}

/// Care actions counted so far.
#[derive(Default)]
pub(crate) struct CareSums {
    cells: BTreeMap<(CareArea, Phase), Sums>,
    without_plan_or_deed: u64,
}

impl CareSums {
    /// Adds a customer's care.
    pub(crate) fn add(&mut self, state: &SatisfactionState, today: Date) {
        for action in state.rest().care.values() {
            let Some(place) = action.place else {
                self.without_plan_or_deed += 1;
                continue;
            };
            let sums = self.cells.entry(place).or_default();
            let due = action.due.filter(|due| *due <= today);
            let done = action.done.is_some();
            let late = |(done, due): (Date, Date)| done > due;
            sums.due += u64::from(due.is_some());
            sums.due_done += u64::from(due.is_some() && done);
            sums.upcoming += u64::from(action.due.is_some_and(|due| due > today) && !done);
            sums.done += u64::from(done);
            sums.done_late += u64::from(action.done.zip(action.due).is_some_and(late));
            sums.unplanned += u64::from(done && action.due.is_none());
            sums.missed += u64::from(!done && action.missed.is_some());
            let past = action.due.is_some_and(|due| due < today);
            sums.overdue += u64::from(past && !done && action.missed.is_none());
            sums.responded += u64::from(action.responded);
            if let Some(valence) = action.valence {
                sums.valence.add(valence);
            }
        }
    }

    pub(crate) fn report(self, sample: SampleRules) -> CareGrid {
        let Self { mut cells, without_plan_or_deed } = self;
        let places = CareArea::ALL.iter().flat_map(|area| Phase::ALL.iter().map(|p| (*area, *p)));
        let cell = |(area, phase)| {
            let sums = cells.remove(&(area, phase)).unwrap_or_default();
            CareCell {
                area,
                phase,
                due: sums.due,
                upcoming: sums.upcoming,
                done: sums.done,
                done_late: sums.done_late,
                unplanned: sums.unplanned,
                missed: sums.missed,
                overdue: sums.overdue,
                done_rate: ratio(sums.due_done.into(), sums.due),
                responded: sums.responded,
                valence: sums.valence.mean(sample, "answers to care with a valence"),
            }
        };
        CareGrid { cells: places.map(cell).collect(), without_plan_or_deed }
    }
}
