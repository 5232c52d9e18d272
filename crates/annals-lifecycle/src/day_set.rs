//! A set of days, stored as the first and the gaps between them: one byte per gap of up to 250
//! days, which is what makes a million customers' purchase days small.

use annals_events::Date;
use serde::{Deserialize, Serialize};

/// Distinct days in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "StoredDays", try_from = "StoredDays")]
pub struct DaySet(Vec<Date>);

#[derive(Serialize, Deserialize)]
struct StoredDays {
    first: Option<Date>,
    gaps_days: Vec<u32>,
}

impl DaySet {
    /// Puts a day into the set. Cheapest for days in ascending order, as folds meet them.
    pub fn insert(&mut self, day: Date) {
        let place = self.0.partition_point(|known| *known < day);
        if self.0.get(place) != Some(&day) {
            self.0.insert(place, day);
        }
    }

    /// The first day.
    pub fn first(&self) -> Option<Date> {
        self.0.first().copied()
    }

    /// The days up to and including one.
    pub fn until(&self, last: Date) -> &[Date] {
        let end = self.0.partition_point(|day| *day <= last);
        self.0.get(..end).unwrap_or_default()
    }
}

impl From<DaySet> for StoredDays {
    fn from(set: DaySet) -> Self {
        let gap = |pair: (&Date, &Date)| pair.1.days_since(*pair.0).unsigned_abs();
        Self {
            first: set.0.first().copied(),
            gaps_days: set.0.iter().zip(set.0.iter().skip(1)).map(gap).collect(),
        }
    }
}

/// Stored days that no set was ever stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored days must be a first day and gaps of 1 day or more, up to the year 9999")]
pub struct ImpossibleDays;

impl TryFrom<StoredDays> for DaySet {
    type Error = ImpossibleDays;

    fn try_from(stored: StoredDays) -> Result<Self, ImpossibleDays> {
        let Some(first) = stored.first else {
            return if stored.gaps_days.is_empty() {
                Ok(Self::default())
            } else {
                Err(ImpossibleDays)
            };
        };
        let mut days = Vec::with_capacity(stored.gaps_days.len() + 1);
        days.push(first);
        let mut last = first;
        for gap in stored.gaps_days {
            let gap = i32::try_from(gap).ok().filter(|gap| *gap > 0).ok_or(ImpossibleDays)?;
            let next = last.days().checked_add(gap).ok_or(ImpossibleDays)?;
            last = Date::from_days(next).map_err(|_| ImpossibleDays)?;
            days.push(last);
        }
        Ok(Self(days))
    }
}
