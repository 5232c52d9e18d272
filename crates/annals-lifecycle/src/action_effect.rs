//! What came of actions to keep customers, against comparable customers without any.
//!
//! A customer after an action is compared with customers who had no action at all, of the same
//! recency band and frequency band, looked at on the first day of the same month. Both have bought
//! before; returned means an occasion within so many days after the day looked at. Where a band has
//! customers on one side only, it is left out and counted as unmatched.
//!
//! Difference = sum over bands of w (p1 - p0), w = the band's share of the matched customers after
//! the action (the effect on those treated, as in stratification on covariates, Cochran 1968). Its
//! 95 % interval is normal, with variance sum w^2 (v1 + v0), v = p (1 - p) / n with one return and
//! one non-return added to each side (Agresti and Caffo 2000), so that bands in which all or nobody
//! returned do not pretend to be sure. Customers were not drawn by lot: what chose them for the
//! action may be what brought them back.

use crate::dealings::Action;
use crate::ratio::{real, share};
use crate::rules::ActionEffectRules;
use crate::state::LifecycleState;
use annals_events::{Code, Date, Month};
use annals_projection::NORMAL_97_5;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One action and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ActionRow {
    /// The action; `win_back` for win-back offers.
    pub action: Code,
    /// How often it was taken.
    pub taken: u64,
    /// Of these: too late for the days of return to be over on the as-of day.
    pub open: u64,
    /// Of these: within the days of return of another action for the same customer before it.
    pub overlapping: u64,
    /// Of these: for a customer who had not bought before.
    pub without_purchase: u64,
    /// Of these: looked at, but nobody is comparable.
    pub unmatched: u64,
    /// Of these: compared.
    pub matched: u64,
    /// Those compared who returned.
    pub returned: u64,
    /// Returned / matched; null where nobody is compared.
    pub returned_rate: Option<f64>,
    /// Customers without an action they are compared with.
    pub comparable: u64,
    /// Share of these who returned, weighted by the bands of those compared.
    pub comparable_rate: Option<f64>,
    /// The difference of the two rates; null where there are too few on either side.
    pub difference: Option<f64>,
    /// Lower end of its 95 % interval.
    pub lower: Option<f64>,
    /// Upper end of its 95 % interval.
    pub upper: Option<f64>,
    /// Why something is null; null where nothing is.
    pub why: Option<String>,
}

/// Month, recency band, frequency band.
type Band = (Month, usize, usize);
/// How many, and how many of them returned.
type Count = [u64; 2];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OfAction {
    taken: u64,
    open: u64,
    overlapping: u64,
    without_purchase: u64,
    bands: BTreeMap<Band, Count>,
}

/// The counts of some customers.
#[derive(Clone, Debug)]
pub(crate) struct ActionTally<'r> {
    rules: &'r ActionEffectRules,
    /// The months in which anybody had an action.
    /// Of each the first day, ascending, as far as the days of return are over.
    months: Vec<(Month, Date)>,
    today: Date,
    actions: BTreeMap<Code, OfAction>,
    /// Customers without an action: month by month, in it by recency band, in it by frequency band.
    others: Vec<Count>,
}

/// Where a customer stood on a day, and whether an occasion followed within the days of return.
struct Look {
    recency: usize,
    frequency: usize,
    returned: bool,
}

impl<'r> ActionTally<'r> {
    pub(crate) fn new(rules: &'r ActionEffectRules, months: &BTreeSet<Month>, today: Date) -> Self {
        let months = months.iter().map(|month| (*month, month.first_day()));
        let is_over = |day: Date| today.days_since(day) >= rules.returned_within_days;
        let months: Vec<_> = months.filter(|(_, day)| is_over(*day)).collect();
        let (recencies, frequencies) = bands(rules);
        let others = vec![[0; 2]; months.len() * recencies * frequencies];
        Self { rules, months, today, actions: BTreeMap::new(), others }
    }

    fn look(&self, occasions: &[Date], day: Date) -> Option<Look> {
        self.look_after(occasions, occasions.partition_point(|bought| *bought <= day), day)
    }

    /// Where a customer stood on a day with so many occasions up to then.
    fn look_after(&self, occasions: &[Date], count: usize, day: Date) -> Option<Look> {
        let last = occasions.get(count.checked_sub(1)?)?;
        let recency_days = day.days_since(*last);
        let recency = self.rules.recency_bands_days.partition_point(|end| *end < recency_days);
        let frequency =
            self.rules.frequency_bands.partition_point(|end| u64::from(*end) < count as u64);
        let next = occasions.get(count);
        let returned =
            next.is_some_and(|next| next.days_since(day) <= self.rules.returned_within_days);
        Some(Look { recency, frequency, returned })
    }

    pub(crate) fn add(&mut self, state: &LifecycleState) {
        let occasions = state.occasions.until(self.today);
        let actions = state.dealings.as_ref().map_or(&[][..], |dealings| &dealings.actions);
        let within = self.rules.returned_within_days;
        if actions.is_empty() {
            self.add_other(occasions);
            return;
        }
        let is_over = |day: Date| self.today.days_since(day) >= within;
        let mut before: Option<Date> = None;
        for Action { day, action } in actions.iter().filter(|action| action.day <= self.today) {
            let overlaps = before.is_some_and(|before| day.days_since(before) <= within);
            before = Some(*day);
            let look = self.look(occasions, *day);
            let of_action = self.actions.entry(action.clone()).or_default();
            of_action.taken += 1;
            match look {
                _ if !is_over(*day) => of_action.open += 1,
                _ if overlaps => of_action.overlapping += 1,
                None => of_action.without_purchase += 1,
                Some(look) => {
                    let band = (day.month(), look.recency, look.frequency);
                    count(of_action.bands.entry(band).or_default(), look.returned);
                }
            }
        }
    }

    /// Looks at a customer without an action on the first day of every month in which others had
    /// one.
    fn add_other(&mut self, occasions: &[Date]) {
        let (recencies, frequencies) = bands(self.rules);
        let mut bought = 0;
        for (place, (_, day)) in self.months.iter().enumerate() {
            let later = occasions.get(bought..).unwrap_or_default();
            bought += later.iter().take_while(|occasion| *occasion <= day).count();
            let Some(look) = self.look_after(occasions, bought, *day) else { continue };
            let place = (place * recencies + look.recency) * frequencies + look.frequency;
            if let Some(counts) = self.others.get_mut(place) {
                count(counts, look.returned);
            }
        }
    }

    /// The customers without an action in a band.
    fn others(&self, (month, recency, frequency): &Band) -> Option<Count> {
        let (recencies, frequencies) = bands(self.rules);
        let place = self.months.binary_search_by_key(month, |(month, _)| *month).ok()?;
        self.others.get((place * recencies + recency) * frequencies + frequency).copied()
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (action, theirs) in &other.actions {
            let mine = self.actions.entry(action.clone()).or_default();
            mine.taken += theirs.taken;
            mine.open += theirs.open;
            mine.overlapping += theirs.overlapping;
            mine.without_purchase += theirs.without_purchase;
            merge_bands(&mut mine.bands, &theirs.bands);
        }
        for (mine, theirs) in self.others.iter_mut().flatten().zip(other.others.iter().flatten()) {
            *mine += theirs;
        }
    }

    pub(crate) fn rows(&self) -> Vec<ActionRow> {
        self.actions.iter().map(|(action, counts)| self.row(action, counts)).collect()
    }

    fn row(&self, action: &Code, counts: &OfAction) -> ActionRow {
        let pairs = counts.bands.iter().filter_map(|(band, own)| {
            Some((*own, self.others(band)?)).filter(|(_, [others, _])| *others > 0)
        });
        let pairs: Vec<(Count, Count)> = pairs.collect();
        let sum = |of: fn(&(Count, Count)) -> u64| pairs.iter().map(of).sum::<u64>();
        let (matched, returned) = (sum(|pair| pair.0[0]), sum(|pair| pair.0[1]));
        let comparable = sum(|pair| pair.1[0]);
        let looked_at: u64 = counts.bands.values().map(|[all, _]| all).sum();
        let (mut other_rate, mut variance) = (0.0, 0.0);
        for ([own, own_returned], [others, others_returned]) in &pairs {
            let weight = share(*own, matched).unwrap_or_default();
            other_rate += weight * share(*others_returned, *others).unwrap_or_default();
            variance += weight
                * weight
                * (share_variance(*own_returned, *own) + share_variance(*others_returned, *others));
        }
        let own_rate = share(returned, matched);
        let least = self.rules.customers_min;
        let is_enough = matched >= least && comparable >= least;
        let difference = own_rate.map(|rate| rate - other_rate).filter(|_| is_enough);
        let reach = NORMAL_97_5 * variance.sqrt();
        ActionRow {
            action: action.clone(),
            taken: counts.taken,
            open: counts.open,
            overlapping: counts.overlapping,
            without_purchase: counts.without_purchase,
            unmatched: looked_at - matched,
            matched,
            returned,
            returned_rate: own_rate,
            comparable,
            comparable_rate: own_rate.map(|_| other_rate),
            difference,
            lower: difference.map(|difference| (difference - reach).max(-1.0)),
            upper: difference.map(|difference| (difference + reach).min(1.0)),
            why: (!is_enough).then(|| {
                format!(
                    "too few: {matched} compared with {comparable}, at least {least} of each are \
                     wanted"
                )
            }),
        }
    }
}

/// How many bands of recency and of frequency there are.
fn bands(rules: &ActionEffectRules) -> (usize, usize) {
    (rules.recency_bands_days.len() + 1, rules.frequency_bands.len() + 1)
}

fn share_variance(part: u64, whole: u64) -> f64 {
    let n = real(whole + 2);
    let p = real(part + 1) / n;
    p * (1.0 - p) / n
}

fn count([all, returned]: &mut Count, did_return: bool) {
    *all += 1;
    *returned += u64::from(did_return);
}

fn merge_bands(mine: &mut BTreeMap<Band, Count>, theirs: &BTreeMap<Band, Count>) {
    for (band, counts) in theirs {
        for (mine, theirs) in mine.entry(*band).or_default().iter_mut().zip(counts) {
            *mine += theirs;
        }
    }
}
