//! A condition: bounds on one fact, decided in whole numbers.

use crate::fact::Fact;
use crate::standing::{Course, Standing};
use annals_events::Date;

/// A fact lies between two bounds, both included. A fact that is not known lies nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The fact.
    pub fact: Fact,
    /// The least value: a count, days, millionths of a ratio, 1 for yes.
    pub min: i64,
    /// The greatest value, in the same unit; `i64::MAX` where there is none.
    pub max: i64,
}

impl Condition {
    /// Whether the condition holds on a day.
    pub(crate) fn holds(&self, standing: &Standing, day: Date) -> bool {
        let (min, max) = (i128::from(self.min), i128::from(self.max));
        match standing.course(self.fact) {
            None => false,
            Some(Course::Still(value)) => min <= value && value <= max,
            Some(Course::Running { since, per_day, over }) => {
                let value = i128::from(day.days_since(since)) * per_day;
                min * over <= value && value <= max * over
            }
        }
    }

    /// The days on which the condition begins or ceases to hold if nothing happens, as days since
    /// 1970. They may lie in the past, or beyond all dates.
    pub(crate) fn crossings(&self, standing: &Standing) -> Option<[i128; 2]> {
        let Course::Running { since, per_day, over } = standing.course(self.fact)? else {
            return None;
        };
        let (min, max) = (i128::from(self.min) * over, i128::from(self.max) * over);
        // The first day at or above min: rounded up. The first day above max: the last at or below
        // it, and one more. Neither bound is negative.
        let begins = (min + per_day - 1) / per_day;
        let ceases = max / per_day + 1;
        let since = i128::from(since.days());
        Some([since + begins, since + ceases])
    }
}
