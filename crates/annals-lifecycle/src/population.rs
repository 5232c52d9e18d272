//! What is shown of all customers together: whole-number counts, one pass over the states.

use crate::activity::{self, Activity, Run};
use crate::in_order::InOrder;
use crate::path::Path;
use crate::rules::{LifecycleRules, Scheme};
use crate::state::LifecycleState;
use annals_events::{Date, Month};
use serde::Serialize;

/// All customers' lifecycles as of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LifecyclePopulation {
    /// Customers with an event up to the as-of day.
    pub customers: u64,
    /// Those of them who bought.
    pub customers_with_occasions: u64,
    /// Every month from the first occasion of anybody to the as-of month.
    pub activity: Vec<ActivityRow>,
    /// From -> to -> how often, over neighbouring customer-months from each customer's first
    /// occasion to the as-of month. `N` new, `A` returning, `R` resurrecting, `D` no occasion.
    pub transitions: InOrder<InOrder<u64>>,
    /// Every month in which somebody first bought.
    pub cohorts: Vec<CohortRow>,
    /// Scheme -> stage -> customers in it on the as-of day.
    pub stages: InOrder<InOrder<u64>>,
    /// Scheme -> from -> to -> how often a customer went from the one to the other; only what
    /// happened at least once.
    pub stage_transitions: InOrder<InOrder<InOrder<u64>>>,
}

/// How many customers a month was what for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
}

/// The customers who first bought in one month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CohortRow {
    /// The calendar month of the first occasion.
    pub cohort: Month,
    /// How many customers.
    pub size: u64,
    /// How many of them bought in that month, the next, and so on to the as-of month.
    pub retained: Vec<u64>,
}

impl LifecyclePopulation {
    /// The figures of all customers as of a day.
    pub(crate) fn new<'s>(
        states: impl Iterator<Item = &'s LifecycleState> + Clone,
        rules: &LifecycleRules,
        today: Date,
    ) -> Self {
        let known = states.filter(|state| state.first_event.is_some_and(|first| first <= today));
        let bought = known.clone().map(|state| state.occasions.until(today));
        let first = bought.filter_map(|days| days.first()).min().map(|day| day.month());
        let mut months = Months::new(first, today.month());
        let mut tallies: Vec<_> = rules.schemes.iter().map(StageTally::new).collect();
        let mut path = Path::default();
        let mut customers = 0;
        for state in known {
            customers += 1;
            months.add(state.occasions.until(today));
            for tally in &mut tallies {
                path.follow(state, tally.scheme, today);
                tally.add(&path);
            }
        }
        Self {
            customers,
            customers_with_occasions: months.cohorts.iter().filter_map(|row| row.first()).sum(),
            activity: months.activity(),
            transitions: months.transitions(),
            cohorts: months.cohorts(),
            stages: tallies.iter().map(|tally| (tally.id(), tally.stages())).collect(),
            stage_transitions: tallies
                .iter()
                .map(|tally| (tally.id(), tally.transitions()))
                .collect(),
        }
    }
}

/// The names of the Markov states, in the order of [`markov_state`].
const MARKOV: [&str; 4] = ["N", "A", "R", "D"];

const fn markov_state(activity: Activity) -> usize {
    match activity {
        Activity::New => 0,
        Activity::Returning => 1,
        Activity::Resurrecting => 2,
        Activity::Dormant | Activity::Inactive => 3,
    }
}

/// Counts by calendar month.
struct Months {
    /// The first month of anybody; there are no months where nobody bought.
    first: Option<Month>,
    through: Month,
    /// Month by month, the four activities.
    activity: Vec<[u64; 4]>,
    markov: [[u64; 4]; 4],
    /// By cohort month: the customers by months since. Empty where nobody first bought.
    cohorts: Vec<Vec<u64>>,
}

impl Months {
    fn new(first: Option<Month>, through: Month) -> Self {
        let count = first.map_or(0, |first| offset(through, first) + 1);
        Self {
            first,
            through,
            activity: vec![[0; 4]; count],
            markov: [[0; 4]; 4],
            cohorts: vec![Vec::new(); count],
        }
    }

    fn add(&mut self, occasions: &[Date]) {
        let (Some(first), Some(cohort)) = (self.first, occasions.first()) else { return };
        let cohort = cohort.month();
        let mut unused = Vec::new();
        let retained = self.cohorts.get_mut(offset(cohort, first)).unwrap_or(&mut unused);
        if retained.is_empty() {
            retained.resize(offset(self.through, cohort) + 1, 0);
        }
        let mut before: Option<usize> = None;
        activity::runs(occasions, self.through, |run: Run| {
            if let Some(row) = self.activity.get_mut(offset(run.from, first)) {
                // An inactive month has no place in the row.
                add(row, run.activity.index(), 1);
            }
            if run.activity.is_active() {
                add(retained, offset(run.from, cohort), 1);
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
    }

    fn activity(&self) -> Vec<ActivityRow> {
        let Some(first) = self.first else { return Vec::new() };
        let months = std::iter::successors(Some(first), |month| Some(month.plus(1)));
        let row = |(month, [new, returning, resurrecting, dormant]): (Month, &[u64; 4])| {
            let (new, returning, resurrecting, dormant) =
                (*new, *returning, *resurrecting, *dormant);
            ActivityRow { month, new, returning, resurrecting, dormant }
        };
        months.zip(&self.activity).map(row).collect()
    }

    fn transitions(&self) -> InOrder<InOrder<u64>> {
        let names = || MARKOV.iter().map(ToString::to_string);
        let row = |row: &[u64; 4]| names().zip(row.iter().copied()).collect();
        names().zip(self.markov.iter().map(row)).collect()
    }

    fn cohorts(&self) -> Vec<CohortRow> {
        let Some(first) = self.first else { return Vec::new() };
        let months = std::iter::successors(Some(first), |month| Some(month.plus(1)));
        let row = |(cohort, retained): (Month, &Vec<u64>)| {
            let size = *retained.first()?;
            Some(CohortRow { cohort, size, retained: retained.clone() })
        };
        months.zip(&self.cohorts).filter_map(row).collect()
    }
}

/// Counts by the stages of one scheme.
struct StageTally<'r> {
    scheme: &'r Scheme,
    now: Vec<u64>,
    moves: Vec<Vec<u64>>,
}

impl<'r> StageTally<'r> {
    fn new(scheme: &'r Scheme) -> Self {
        let count = scheme.stage_ids().len();
        Self { scheme, now: vec![0; count], moves: vec![vec![0; count]; count] }
    }

    fn add(&mut self, path: &Path) {
        if let Some((stage, _)) = path.spells.last() {
            add(&mut self.now, *stage, 1);
        }
        for ((from, _), (to, _)) in path.spells.iter().zip(path.spells.iter().skip(1)) {
            if let Some(row) = self.moves.get_mut(*from) {
                add(row, *to, 1);
            }
        }
    }

    fn id(&self) -> String {
        self.scheme.id.clone()
    }

    fn names(&self) -> impl Iterator<Item = String> {
        self.scheme.stage_ids().into_iter().map(str::to_owned)
    }

    fn stages(&self) -> InOrder<u64> {
        self.names().zip(self.now.iter().copied()).collect()
    }

    fn transitions(&self) -> InOrder<InOrder<u64>> {
        let row = |row: &Vec<u64>| -> Option<InOrder<u64>> {
            let counts = self.names().zip(row.iter().copied()).filter(|(_, count)| *count > 0);
            row.iter().any(|count| *count > 0).then(|| counts.collect())
        };
        let rows = self.names().zip(&self.moves);
        rows.filter_map(|(name, counts)| Some((name, row(counts)?))).collect()
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
