//! Counts by calendar month: activity, transitions, cohorts.

use crate::activity::{self, Activity, Run};
use crate::in_order::InOrder;
use crate::markov::STATES;
use crate::ratio::share;
use annals_events::{Date, Month};
use serde::Serialize;

/// How many customers a month was what for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ActivityRow {
    /// The calendar month.
    pub month: Month,
    /// First occasion in this month.
    pub new: u64,
    /// Occasions in this month and the one before.
    pub returning: u64,
    /// Occasion in this month, none in the one before, not new.
    pub resurrecting: u64,
    /// Occasion in the month before, none in this one.
    pub dormant: u64,
    /// New, returning and resurrecting together: customers with an occasion in this month.
    pub active: u64,
    /// Returning / last month's active; null where nobody was active last month.
    pub retention_rate: Option<f64>,
    /// (New + resurrecting) / dormant: above 1 more customers came than fell silent; null where
    /// nobody fell silent.
    pub quick_ratio: Option<f64>,
}

/// The customers who first bought in one month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CohortRow {
    /// The calendar month of the first occasion.
    pub cohort: Month,
    /// How many customers.
    pub size: u64,
    /// How many of them bought in that month, the next, and so on to the as-of month.
    pub retained: Vec<u64>,
    /// The same as shares of the size.
    pub retained_rates: Vec<f64>,
    /// How many of them bought in that month or a later one: an unbroken fall, whose last months
    /// are too low because those who will come back have not yet.
    pub survived: Vec<u64>,
    /// The same as shares of the size.
    pub survived_rates: Vec<f64>,
}

const fn markov_state(activity: Activity) -> usize {
    match activity {
        Activity::New => 0,
        Activity::Returning => 1,
        Activity::Resurrecting => 2,
        Activity::Dormant | Activity::Inactive => 3,
    }
}

/// The counts of some customers.
#[derive(Clone, Debug)]
pub(crate) struct Months {
    /// The first month of anybody; there are no months where nobody bought.
    first: Option<Month>,
    through: Month,
    /// Month by month, the four activities.
    activity: Vec<[u64; 4]>,
    pub(crate) markov: [[u64; 4]; 4],
    /// By cohort month: customers by months since, and by months to the last occasion. Empty where
    /// nobody first bought.
    cohorts: Vec<Vec<[u64; 2]>>,
}

impl Months {
    /// No customers yet; the first month of anybody is known before counting begins.
    pub(crate) fn new(first: Option<Month>, through: Month) -> Self {
        let count = first.map_or(0, |first| offset(through, first) + 1);
        Self {
            first,
            through,
            activity: vec![[0; 4]; count],
            markov: [[0; 4]; 4],
            cohorts: vec![Vec::new(); count],
        }
    }

    pub(crate) fn add(&mut self, occasions: &[Date]) {
        let (Some(first), Some(cohort)) = (self.first, occasions.first()) else { return };
        let cohort = cohort.month();
        let mut unused = Vec::new();
        let retained = self.cohorts.get_mut(offset(cohort, first)).unwrap_or(&mut unused);
        if retained.is_empty() {
            retained.resize(offset(self.through, cohort) + 1, [0; 2]);
        }
        let mut before: Option<usize> = None;
        let mut last_active = cohort;
        activity::runs(occasions, self.through, |run: Run| {
            if let Some(row) = self.activity.get_mut(offset(run.from, first)) {
                // An inactive month has no place in the row.
                add(row, run.activity.index(), 1);
            }
            if run.activity.is_active() {
                last_active = run.from;
                if let Some([count, _]) = retained.get_mut(offset(run.from, cohort)) {
                    *count += 1;
                }
            }
            let state = markov_state(run.activity);
            let mut count = |from: usize, by: u64| {
                if let Some(row) = self.markov.get_mut(from) {
                    add(row, state, by);
                }
            };
            if let Some(before) = before {
                count(before, 1);
            }
            count(state, u64::from(run.months.unsigned_abs()).saturating_sub(1));
            before = Some(state);
        });
        if let Some([_, last]) = retained.get_mut(offset(last_active, cohort)) {
            *last += 1;
        }
    }

    /// Adds the counts of other customers, begun with the same first month.
    pub(crate) fn merge(&mut self, other: &Self) {
        merge_rows(&mut self.activity, &other.activity);
        merge_rows(&mut self.markov, &other.markov);
        for (mine, theirs) in self.cohorts.iter_mut().zip(&other.cohorts) {
            if mine.is_empty() {
                mine.clone_from(theirs);
            } else {
                merge_rows(mine, theirs);
            }
        }
    }

    fn months(&self) -> impl Iterator<Item = Month> {
        std::iter::successors(self.first, |month| Some(month.plus(1)))
    }

    pub(crate) fn activity(&self) -> Vec<ActivityRow> {
        let mut active_before = 0;
        let row = |(month, row): (Month, &[u64; 4])| {
            let [new, returning, resurrecting, dormant] = *row;
            let active = new + returning + resurrecting;
            let retention_rate = share(returning, active_before);
            active_before = active;
            let quick_ratio = share(new + resurrecting, dormant);
            ActivityRow {
                month,
                new,
                returning,
                resurrecting,
                dormant,
                active,
                retention_rate,
                quick_ratio,
            }
        };
        // Of a group, the months begin with its own first, not with that of all customers.
        let before = |(_, row): &(Month, &[u64; 4])| **row == [0; 4];
        self.months().zip(&self.activity).skip_while(before).map(row).collect()
    }

    pub(crate) fn transitions(&self) -> InOrder<InOrder<u64>> {
        let names = || STATES.iter().map(ToString::to_string);
        let row = |row: &[u64; 4]| names().zip(row.iter().copied()).collect();
        names().zip(self.markov.iter().map(row)).collect()
    }

    /// How many customers have an occasion.
    pub(crate) fn customers(&self) -> u64 {
        self.cohorts.iter().filter_map(|row| row.first()).map(|[size, _]| size).sum()
    }

    pub(crate) fn cohorts(&self) -> Vec<CohortRow> {
        let row = |(cohort, counts): (Month, &Vec<[u64; 2]>)| {
            let [size, _] = *counts.first()?;
            let rates = |counts: &[u64]| -> Vec<f64> {
                counts.iter().filter_map(|count| share(*count, size)).collect()
            };
            let mut staying = size;
            let survived: Vec<_> = counts
                .iter()
                .map(|[_, last]| {
                    let before = staying;
                    staying -= last;
                    before
                })
                .collect();
            let retained: Vec<_> = counts.iter().map(|[count, _]| *count).collect();
            let (retained_rates, survived_rates) = (rates(&retained), rates(&survived));
            Some(CohortRow { cohort, size, retained, retained_rates, survived, survived_rates })
        };
        self.months().zip(&self.cohorts).filter_map(row).collect()
    }
}

/// Months from an earlier month to a later one.
fn offset(later: Month, earlier: Month) -> usize {
    usize::try_from(later.since(earlier)).unwrap_or_default()
}

/// Adds to a count, where there is one of this place.
fn add(counts: &mut [u64], place: usize, by: u64) {
    if let Some(count) = counts.get_mut(place) {
        *count += by;
    }
}

fn merge_rows<const N: usize>(mine: &mut [[u64; N]], theirs: &[[u64; N]]) {
    for (mine, theirs) in mine.iter_mut().flatten().zip(theirs.iter().flatten()) {
        *mine += theirs;
    }
}
