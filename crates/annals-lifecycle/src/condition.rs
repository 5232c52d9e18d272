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
        let value = match standing.course(self.fact) {
            None => return false,
            Some(Course::Still(value)) => i64::from(value),
            Some(Course::Days { since }) => i64::from(day.days_since(since)),
            Some(Course::Rhythm { since, gaps, span_days }) => {
                let millionths = i128::from(day.days_since(since)) * rhythm_a_day(gaps);
                let over = i128::from(span_days);
                return i128::from(self.min) * over <= millionths
                    && millionths <= i128::from(self.max) * over;
            }
        };
        self.min <= value && value <= self.max
    }

    /// The bounds at which the condition begins or ceases to hold as days pass; none where its fact
    /// does not change by itself.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = Bound> {
        let fact = self.fact;
        let begins = (self.min > 0).then_some(Bound { fact, value: self.min, is_above: false });
        let ceases =
            (self.max < i64::MAX).then_some(Bound { fact, value: self.max, is_above: true });
        [begins, ceases].into_iter().flatten().filter(move |_| fact.is_running())
    }
}

/// A value that a growing fact reaches, or rises above, on some day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    fact: Fact,
    value: i64,
    is_above: bool,
}

impl Bound {
    /// The day on which the fact gets there if nothing happens, as days since 1970. It may lie in
    /// the past, or beyond all dates.
    pub(crate) fn crossing(&self, standing: &Standing) -> Option<i64> {
        let above = i64::from(self.is_above);
        let (since, days) = match standing.course(self.fact)? {
            Course::Still(_) => return None,
            Course::Days { since } => (since, self.value.saturating_add(above)),
            Course::Rhythm { since, gaps, span_days } => {
                let (value, a_day) = (i128::from(self.value), rhythm_a_day(gaps));
                // The first day at or above the value: rounded up. The first day above it: the last
                // at or below it, and one more. No value is negative.
                let over = value * i128::from(span_days);
                let round_up = if self.is_above { 0 } else { a_day - 1 };
                (since, divided(over + round_up, a_day).saturating_add(above))
            }
        };
        Some(i64::from(since.days()).saturating_add(days))
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
