//! Counts by the stages of one scheme: who is where, who went where, how long they stayed.

use crate::in_order::InOrder;
use crate::path::Path;
use crate::ratio::share;
use crate::route::Route;
use crate::rules::{Scheme, SchemeKind};
use serde::Serialize;

/// How long customers stay in a stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DwellRow {
    /// Stays that ended.
    pub ended: u64,
    /// Stays that last to the as-of day; their length is not known yet and not in the figures
    /// below.
    pub open: u64,
    /// Median length of those that ended, in days; null where none did.
    pub median_days: Option<f64>,
    /// The shortest length that at least 90 % of those that ended do not exceed, in days.
    pub p90_days: Option<u32>,
}

/// Steps against the order of a life.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BackSteps {
    /// Steps between two stages of the scheme's life order.
    pub steps: u64,
    /// Those that lead to an earlier one; null where the scheme gives no life order.
    pub back: Option<u64>,
    /// Back / steps; null where there are no steps.
    pub share: Option<f64>,
    /// Why something is null; null where nothing is.
    pub why: Option<&'static str>,
}

/// The counts of some customers.
#[derive(Clone, Debug)]
pub(crate) struct StageTally<'r> {
    pub(crate) route: Route<'r>,
    now: Vec<u64>,
    moves: Vec<Vec<u64>>,
    /// Stage by stage, how many stays ended after so many days.
    stays: Vec<Vec<u64>>,
}

impl<'r> StageTally<'r> {
    pub(crate) fn new(scheme: &'r Scheme) -> Self {
        let count = scheme.stage_ids().len();
        Self {
            route: Route::new(scheme),
            now: vec![0; count],
            moves: vec![vec![0; count]; count],
            stays: vec![Vec::new(); count],
        }
    }

    pub(crate) fn add(&mut self, path: &Path) {
        if let Some(now) = path.spells.last().and_then(|(stage, _)| self.now.get_mut(*stage)) {
            *now += 1;
        }
        for ((from, since), (to, until)) in path.spells.iter().zip(path.spells.iter().skip(1)) {
            if let Some(count) = self.moves.get_mut(*from).and_then(|row| row.get_mut(*to)) {
                *count += 1;
            }
            let days = usize::try_from(until.days_since(*since)).unwrap_or_default();
            if let Some(stays) = self.stays.get_mut(*from) {
                if stays.len() <= days {
                    stays.resize(days + 1, 0);
                }
                if let Some(count) = stays.get_mut(days) {
                    *count += 1;
                }
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        merge(&mut self.now, &other.now);
        for (mine, theirs) in self.moves.iter_mut().zip(&other.moves) {
            merge(mine, theirs);
        }
        for (mine, theirs) in self.stays.iter_mut().zip(&other.stays) {
            merge(mine, theirs);
        }
    }

    pub(crate) fn id(&self) -> String {
        self.route.scheme.id.clone()
    }

    fn names(&self) -> impl Iterator<Item = String> {
        self.route.scheme.stage_ids().into_iter().map(str::to_owned)
    }

    pub(crate) fn stages(&self) -> InOrder<u64> {
        self.names().zip(self.now.iter().copied()).collect()
    }

    pub(crate) fn transitions(&self) -> InOrder<InOrder<u64>> {
        let row = |row: &Vec<u64>| -> Option<InOrder<u64>> {
            let counts = self.names().zip(row.iter().copied()).filter(|(_, count)| *count > 0);
            row.iter().any(|count| *count > 0).then(|| counts.collect())
        };
        let rows = self.names().zip(&self.moves);
        rows.filter_map(|(name, counts)| Some((name, row(counts)?))).collect()
    }

    pub(crate) fn dwell(&self) -> InOrder<DwellRow> {
        let row = |(stays, open): (&Vec<u64>, &u64)| {
            let ended: u64 = stays.iter().sum();
            let middle = [nth(stays, ended.div_ceil(2)), nth(stays, ended / 2 + 1)];
            let median_days = match middle {
                [Some(low), Some(high)] if ended > 0 => {
                    Some(f64::midpoint(low.into(), high.into()))
                }
                _ => None,
            };
            let ninth = (ended.saturating_mul(9)).div_ceil(10);
            DwellRow { ended, open: *open, median_days, p90_days: nth(stays, ninth) }
        };
        self.names().zip(self.stays.iter().zip(&self.now).map(row)).collect()
    }

    pub(crate) fn back_steps(&self) -> BackSteps {
        let order = &self.route.scheme.life_order;
        if order.is_empty() {
            let why = "the scheme gives no life_order, so no step is known to lead back";
            return BackSteps { steps: 0, back: None, share: None, why: Some(why) };
        }
        let ids = self.route.scheme.stage_ids();
        let age = |stage: usize| {
            let id = ids.get(stage)?;
            order.iter().position(|known| known == id)
        };
        let (mut steps, mut back) = (0, 0);
        for (from, row) in self.moves.iter().enumerate() {
            for (to, count) in row.iter().enumerate() {
                if let (Some(from), Some(to)) = (age(from), age(to)) {
                    steps += count;
                    back += if to < from { *count } else { 0 };
                }
            }
        }
        let why = (steps == 0).then_some("no customer went from one stage to another yet");
        BackSteps { steps, back: Some(back), share: share(back, steps), why }
    }

    /// Stage -> what is done with customers in it, where the scheme says so.
    pub(crate) fn levers(&self) -> InOrder<String> {
        let SchemeKind::Stages(stages) = &self.route.scheme.kind else { return InOrder::default() };
        let lever = |stage: &crate::rules::Stage| Some((stage.id.clone(), stage.lever.clone()?));
        stages.iter().filter_map(lever).collect()
    }
}

fn merge(mine: &mut Vec<u64>, theirs: &[u64]) {
    if mine.len() < theirs.len() {
        mine.resize(theirs.len(), 0);
    }
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        *mine += theirs;
    }
}

/// The n-th shortest (from 1), given how many there are of each length.
fn nth(counts: &[u64], n: u64) -> Option<u32> {
    let mut so_far = 0;
    let place = counts.iter().position(|count| {
        so_far += count;
        so_far >= n && n > 0
    });
    place.and_then(|place| u32::try_from(place).ok())
}
