//! Lapses: gaps of more than so many days between purchase occasions, and how many customers came
//! back after one.
//!
//! The last gap runs to the as-of day. A customer may lapse and return several times; each gap
//! counts. Beside them the win-back offers and their answers.

use crate::ratio::share;
use crate::state::{HappeningKind, LifecycleState};
use annals_events::Date;
use annals_projection::wilson_95;
use serde::Serialize;

/// Lapses of more than so many days.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WinBackRow {
    /// A gap of more days than this is a lapse.
    pub threshold_days: i32,
    /// Lapses that a later occasion ended.
    pub returned: u64,
    /// Lapses that last to the as-of day.
    pub open: u64,
    /// Returned / (returned + open); null where nobody lapsed.
    pub rate: Option<f64>,
    /// Lower end of its Wilson 95 % interval.
    pub lower: Option<f64>,
    /// Upper end of its Wilson 95 % interval.
    pub upper: Option<f64>,
}

/// One customer's lapses of more than so many days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LapseView {
    /// A gap of more days than this is a lapse.
    pub threshold_days: i32,
    /// Lapses that a later occasion ended.
    pub returned: u64,
    /// Whether the customer is in one now.
    pub open: bool,
}

/// Win-back offers and their answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WinBackOffers {
    /// Offers made.
    pub offered: u64,
    /// Answers that accept.
    pub accepted: u64,
    /// Answers that decline.
    pub declined: u64,
    /// Offers not answered yet.
    pub open: u64,
    /// Accepted / (accepted + declined); null before the first answer.
    pub acceptance_rate: Option<f64>,
}

/// Counts of lapses by threshold, and of offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LapseTally {
    lapses: Vec<(i32, [u64; 2])>,
    offers: [u64; 4],
}

/// A customer's lapses of more than a number of days: how many ended, and whether one lasts.
fn lapses(occasions: &[Date], today: Date, threshold_days: i32) -> (u64, bool) {
    let pairs = occasions.iter().zip(occasions.iter().skip(1));
    let returned = pairs.filter(|(one, next)| next.days_since(**one) > threshold_days).count();
    let open = occasions.last().is_some_and(|last| today.days_since(*last) > threshold_days);
    (returned as u64, open)
}

impl LapseView {
    pub(crate) fn all(occasions: &[Date], today: Date, thresholds_days: &[i32]) -> Vec<Self> {
        let view = |threshold_days: &i32| {
            let (returned, open) = lapses(occasions, today, *threshold_days);
            Self { threshold_days: *threshold_days, returned, open }
        };
        thresholds_days.iter().map(view).collect()
    }
}

impl LapseTally {
    pub(crate) fn new(thresholds_days: &[i32]) -> Self {
        Self {
            lapses: thresholds_days.iter().map(|days| (*days, [0; 2])).collect(),
            offers: [0; 4],
        }
    }

    pub(crate) fn add(&mut self, state: &LifecycleState, today: Date) {
        let occasions = state.occasions.until(today);
        for (threshold_days, [returned, open]) in &mut self.lapses {
            let (own_returned, own_open) = lapses(occasions, today, *threshold_days);
            *returned += own_returned;
            *open += u64::from(own_open);
        }
        let Some(dealings) = &state.dealings else { return };
        let [offered, accepted, declined, open] = &mut self.offers;
        for happening in state.happenings_until(today) {
            match happening.kind {
                HappeningKind::WinBackOffered => *offered += 1,
                HappeningKind::WinBackAccepted => *accepted += 1,
                HappeningKind::WinBackDeclined => *declined += 1,
                _ => {}
            }
        }
        *open += dealings.win_back_offers_open.len() as u64;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for ((_, mine), (_, theirs)) in self.lapses.iter_mut().zip(&other.lapses) {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                *mine += theirs;
            }
        }
        for (mine, theirs) in self.offers.iter_mut().zip(&other.offers) {
            *mine += theirs;
        }
    }

    pub(crate) fn rows(&self) -> Vec<WinBackRow> {
        let row = |(threshold_days, [returned, open]): &(i32, [u64; 2])| {
            let all = returned + open;
            let (lower, upper) = wilson_95(*returned, all).map(<(f64, f64)>::from).unzip();
            WinBackRow {
                threshold_days: *threshold_days,
                returned: *returned,
                open: *open,
                rate: share(*returned, all),
                lower,
                upper,
            }
        };
        self.lapses.iter().map(row).collect()
    }

    pub(crate) fn offers(&self) -> WinBackOffers {
        let [offered, accepted, declined, open] = self.offers;
        let acceptance_rate = share(accepted, accepted + declined);
        WinBackOffers { offered, accepted, declined, open, acceptance_rate }
    }
}
