//! Whether BG/NBD keeps what it promises: cumulative repeat occasions by week, actual against
//! expected, in the calibration and in the holdout after it.
//!
//! The customers are those of the calibration. What is expected of one who began on day f is
//! E[X(t)] with t from f to the end of the week, whatever he did since.

use crate::model::bg_nbd::BgNbd;
use crate::model::repeat_history::RepeatHistory;
use crate::rules::LoyaltyRules;
use crate::state::LoyaltyState;
use annals_events::{Date, PartyId};
use annals_projection::ViewContext;
use serde::Serialize;
use std::collections::BTreeMap;

/// Cumulative repeat occasions by week.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tracking {
    /// The first day of the first week: when the first customer of the calibration first bought.
    pub first_day: Option<Date>,
    /// The last day of the calibration.
    pub calibration_end: Date,
    /// Customers who had bought by then.
    pub customers: u64,
    /// In order; weeks of seven days, whole ones up to the day asked about.
    pub weeks: Vec<TrackingWeek>,
}

/// One week of a tracking plot.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrackingWeek {
    /// The number of the week, from 1.
    pub week: u32,
    /// Its last day.
    pub last_day: Date,
    /// Whether it ends within the calibration; the others are the holdout.
    pub calibration: bool,
    /// Repeat occasions up to its end.
    pub actual: u64,
    /// How many the model expects.
    pub expected: f64,
}

/// The tracking of a model fitted up to `calibration_end`, up to the day asked about.
pub fn tracking(
    customers: &[&(PartyId, LoyaltyState)],
    calibration_end: Date,
    model: &BgNbd,
    context: &ViewContext<'_, LoyaltyRules>,
) -> Tracking {
    let calibration_end = calibration_end.min(context.today);
    let mut first_days: BTreeMap<Date, u32> = BTreeMap::new();
    let mut repeats: BTreeMap<Date, u64> = BTreeMap::new();
    let mut count = 0;
    for (_, state) in customers {
        let mut days = state.purchase_days();
        let Some(first) = days.next().filter(|first| *first <= calibration_end) else { continue };
        count += 1;
        *first_days.entry(first).or_default() += 1;
        for day in days {
            *repeats.entry(day).or_default() += 1;
        }
    }
    let first_day = first_days.keys().next().copied();
    let weeks = first_day.map_or(0, |first| (context.today.days_since(first) + 1) / 7);
    let week = |week: i32| {
        let last_day = first_day?.plus_days(7 * week - 1);
        let begun = first_days.range(..=last_day);
        let expected = begun.map(|(first, customers)| {
            let since = RepeatHistory::of([*first], last_day).map_or(0.0, |since| since.t_weeks());
            f64::from(*customers) * model.expected_of_new_customer(since)
        });
        Some(TrackingWeek {
            week: u32::try_from(week).unwrap_or_default(),
            last_day,
            calibration: last_day <= calibration_end,
            actual: repeats.range(..=last_day).map(|(_, occasions)| occasions).sum(),
            expected: expected.sum(),
        })
    };
    let weeks = (1..=weeks).filter_map(week).collect();
    Tracking { first_day, calibration_end, customers: count, weeks }
}
