//! A customer's buying as the models read it: (x, `t_x`, T).

use annals_events::Date;
use serde::Serialize;

/// When a customer bought: kept in whole days, read by the models in weeks of seven days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RepeatHistory {
    /// x: purchase occasions after the first.
    pub repeats: u32,
    /// `t_x`: days from the first occasion to the last; 0 at x = 0.
    pub last_repeat_days: u32,
    /// T: days from the first occasion to the end of the calibration.
    pub observed_days: u32,
}

impl RepeatHistory {
    /// Of the days a customer bought on up to an end, in order and each once; `None` without any.
    pub fn of(days: impl IntoIterator<Item = Date>, end: Date) -> Option<Self> {
        let mut days = days.into_iter().take_while(|day| *day <= end);
        let first = days.next()?;
        let since_first = |day: Date| u32::try_from(day.days_since(first)).unwrap_or_default();
        let (repeats, last) = days.fold((0_u32, first), |(count, _), day| (count + 1, day));
        Some(Self { repeats, last_repeat_days: since_first(last), observed_days: since_first(end) })
    }

    /// x as a number of formulas.
    pub fn x(&self) -> f64 {
        f64::from(self.repeats)
    }

    /// `t_x` in weeks.
    pub fn t_x_weeks(&self) -> f64 {
        f64::from(self.last_repeat_days) / 7.0
    }

    /// T in weeks.
    pub fn t_weeks(&self) -> f64 {
        f64::from(self.observed_days) / 7.0
    }
}

/// Equal histories once, each with how many customers have it: a likelihood is the same for all of
/// them. In the order of x.
pub(crate) fn grouped(histories: &[RepeatHistory]) -> Vec<(RepeatHistory, f64)> {
    let mut sorted = histories.to_vec();
    sorted.sort_unstable();
    let count = |group: &[RepeatHistory]| {
        let first = group.first().copied()?;
        Some((first, crate::ratio::float(group.len())))
    };
    sorted.chunk_by(PartialEq::eq).filter_map(count).collect()
}
