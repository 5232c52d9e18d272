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
    /// Whether the condition holds, or may hold some day, of a customer of whom nothing happened.
    /// Since when the customer is known makes no difference.
    pub(crate) fn may_hold_of_nothing(&self) -> bool {
        self.days(&Standing::new(Date::default())).is_some()
    }

    /// The days on which the condition holds if nothing more happens; `None` where its fact is not
    /// known, or stays beyond its bounds.
    #[inline]
    pub(crate) fn days(&self, standing: &Standing) -> Option<Stretch> {
        match standing.course(self.fact)? {
            Course::Still(value) => {
                (self.min..=self.max).contains(&value.into()).then_some(Stretch::ALL)
            }
            Course::Days { since } => Some(Stretch::after(since, self.min, self.max)),
            Course::Rhythm { since, gaps, span_days } => {
                let (span_days, a_day) = (i128::from(span_days), rhythm_a_day(gaps));
                // From the least value on: rounded up. Up to the greatest: rounded down. No value
                // is negative.
                let first = divided(i128::from(self.min) * span_days + a_day - 1, a_day);
                let last = match self.max {
                    i64::MAX => i64::MAX,
                    max => divided(i128::from(max) * span_days, a_day),
                };
                Some(Stretch::after(since, first, last))
            }
        }
    }
}

/// Days in a row, both ends included, as days since 1970. They may lie beyond all dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Stretch {
    const ALL: Self = Self { first: i64::MIN, last: i64::MAX };

    /// From so many days after a day to so many days after it.
    fn after(since: Date, first: i64, last: i64) -> Self {
        let since = i64::from(since.days());
        Self { first: since.saturating_add(first), last: since.saturating_add(last) }
    }

    /// The days in both; `None` where there are none.
    pub(crate) fn and(self, other: Self) -> Option<Self> {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (first <= last).then_some(Self { first, last })
    }
}

/// What silence of one day adds to the rhythm ratio, in millionths, times the days of all gaps.
pub(crate) fn rhythm_a_day(gaps: u32) -> i128 {
    i128::from(gaps) * 1_000_000
}

/// A quotient of two numbers that are not negative, at most `i64::MAX`. Most fit into 64 bits,
/// which divide many times faster than 128.
fn divided(number: i128, by: i128) -> i64 {
    match (i64::try_from(number), i64::try_from(by)) {
        (Ok(number), Ok(by)) => number / by,
        _ => i64::try_from(number / by).unwrap_or(i64::MAX),
    }
}
