//! Working days: which days of the week are off, holidays, and days worked in exchange for them.
//!
//! All of it is data of the ruleset. A year without holidays in the ruleset has its weekends only:
//! nothing is guessed, because holidays are announced year by year.

use crate::rules::Checker;
use annals_events::Date;
use annals_projection::RulesetError;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Included};
use toml::Spanned;

const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const DAYS_OF_WEEK: i32 = 7;
/// 1970-01-01 was a Thursday.
const FIRST_WEEKDAY: i32 = 3;

/// A calendar of working days; the empty one has no day off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Days of the week that are off, Monday as 0.
    weekend: BTreeSet<i32>,
    /// Days off beside the weekends.
    holidays: BTreeSet<Date>,
    /// Days of a weekend that are worked.
    make_up_days: BTreeSet<Date>,
}

impl Calendar {
    fn is_weekend(&self, day: Date) -> bool {
        self.weekend.contains(&(day.days() + FIRST_WEEKDAY).rem_euclid(DAYS_OF_WEEK))
    }

    /// Whether a day is worked.
    pub fn is_working(&self, day: Date) -> bool {
        self.make_up_days.contains(&day) || !(self.is_weekend(day) || self.holidays.contains(&day))
    }

    /// The day on which so many working days have passed, the day itself not counted.
    pub(crate) fn after(&self, day: Date, working_days: i32) -> Date {
        let (mut at, mut left) = (day, working_days);
        while left > 0 {
            let next = at.plus_days(1);
            if next == at {
                // The last day there is.
                break;
            }
            at = next;
            left -= i32::from(self.is_working(at));
        }
        at
    }

    /// The working days after one day, up to another; none where that is not later.
    pub(crate) fn working_days(&self, after: Date, to: Date) -> usize {
        if to <= after {
            return 0;
        }
        let days = to.days_since(after);
        let (weeks, rest) = (days / DAYS_OF_WEEK, days % DAYS_OF_WEEK);
        let weekdays = (0..DAYS_OF_WEEK).filter(|day| !self.weekend.contains(day)).count();
        let in_rest = (0..rest).filter(|back| !self.is_weekend(to.plus_days(-back))).count();
        let within = (Excluded(after), Included(to));
        let holidays = self.holidays.range(within).filter(|day| !self.is_weekend(**day)).count();
        let worked = self.make_up_days.range(within).count();
        let weeks = usize::try_from(weeks).expect("the other day is later");
        weeks * weekdays + in_rest + worked - holidays
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenCalendar {
    weekend: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    holidays: Vec<Spanned<String>>,
    #[serde(default)]
    make_up_days: Vec<Spanned<String>>,
}

impl Checker<'_> {
    pub(crate) fn calendar(&self, written: &WrittenCalendar) -> Result<Calendar, RulesetError> {
        let mut calendar = Calendar::default();
        for name in written.weekend.get_ref() {
            let Some(weekday) =
                (0..).zip(WEEKDAYS).find(|(_, day)| *day == name.get_ref().as_str())
            else {
                let expected = WEEKDAYS.join(", ");
                return self
                    .refuse(name, format!("expected one of {expected}, got {:?}", name.get_ref()));
            };
            calendar.weekend.insert(weekday.0);
        }
        if calendar.weekend.len() == WEEKDAYS.len() {
            return self.refuse(&written.weekend, "expected a day of the week that is worked");
        }
        for holiday in &written.holidays {
            let day = self.date(holiday)?;
            if !calendar.holidays.insert(day) {
                return self.refuse(holiday, format!("holiday {day} is named twice"));
            }
        }
        for worked in &written.make_up_days {
            let day = self.date(worked)?;
            if !calendar.is_weekend(day) || calendar.holidays.contains(&day) {
                let what = format!("expected a day of a weekend that is no holiday, got {day}");
                return self.refuse(worked, what);
            }
            if !calendar.make_up_days.insert(day) {
                return self.refuse(worked, format!("make-up day {day} is named twice"));
            }
        }
        Ok(calendar)
    }

    fn date(&self, written: &Spanned<String>) -> Result<Date, RulesetError> {
        written.get_ref().parse().or_else(|error| self.refuse(written, format!("{error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn calendars() -> impl Strategy<Value = Calendar> {
        let days = || proptest::collection::vec(0..60_i32, 0..20);
        (proptest::collection::btree_set(0..DAYS_OF_WEEK, 0..6), days(), days()).prop_map(
            |(weekend, holidays, worked)| {
                let days = |days: Vec<i32>| days.into_iter().map(day).collect::<BTreeSet<_>>();
                let mut calendar =
                    Calendar { weekend, holidays: days(holidays), ..Calendar::default() };
                let mut worked = days(worked);
                worked.retain(|day| calendar.is_weekend(*day) && !calendar.holidays.contains(day));
                calendar.make_up_days = worked;
                calendar
            },
        )
    }

    fn day(days: i32) -> Date {
        Date::from_days(days).expect("a day")
    }

    proptest! {
        #[test]
        fn working_days_are_those_of_looking_at_each_day(
            calendar in calendars(), from in 0..60_i32, length in -5..60_i32, term in 1..30_i32
        ) {
            let looked_at = |to| (from + 1..=to).filter(|at| calendar.is_working(day(*at))).count();
            let to = from + length;
            prop_assert_eq!(calendar.working_days(day(from), day(to)), looked_at(to));
            let due = calendar.after(day(from), term);
            prop_assert!(calendar.is_working(due));
            prop_assert_eq!(looked_at(due.days()), usize::try_from(term).expect("positive"));
        }
    }

    #[test]
    fn no_term_leads_beyond_the_last_day() {
        let last = day(0).plus_days(i32::MAX);
        assert_eq!(Calendar::default().after(last.plus_days(-1), 5), last);
    }
}
