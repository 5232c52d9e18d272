//! A customer's value from the way months follow each other: V = (I - P / (1 + d))^-1 R.
//!
//! Pfeifer and Carraway 2000 (Modeling Customer Relationships as Markov Chains, Journal of
//! Interactive Marketing 14:2): P = the shares with which a month in one state is followed by a
//! month in another, R = the margin of a month in a state, d = the discount rate a month. The value
//! counts the present month in full, the next divided by 1 + d, and so on for ever.
//!
//! The lifecycle state knows no money: R is the ruleset's, or passed in.

use crate::in_order::InOrder;
use crate::ratio::share;
use serde::Serialize;

/// The names of the states: a new customer's month, one of a returning customer, one of a
/// resurrecting customer, one without an occasion.
pub(crate) const STATES: [&str; 4] = ["N", "A", "R", "D"];
const COUNT: usize = STATES.len();

/// Transition shares and what follows from them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MarkovView {
    /// From -> to -> share of the months in the first that were followed by the second; null from
    /// a state no month of which was followed by another.
    pub probabilities: InOrder<InOrder<Option<f64>>>,
    /// Discount rate a month; null where the ruleset gives none.
    pub discount_rate_monthly: Option<f64>,
    /// Margin of a month in each state, in whole units of the currency.
    pub reward: Option<InOrder<f64>>,
    /// The currency.
    pub currency: Option<String>,
    /// Value of a customer who is in the state this month, in whole units of the currency.
    pub clv: InOrder<Option<f64>>,
    /// Why values are null; null where none is.
    pub why: Option<&'static str>,
}

/// Shares by row; a row without counts is not known.
pub(crate) fn probabilities(counts: &[[u64; COUNT]; COUNT]) -> [Option<[f64; COUNT]>; COUNT] {
    counts.map(|row| {
        let all: u64 = row.iter().sum();
        (all > 0).then(|| row.map(|count| share(count, all).unwrap_or_default()))
    })
}

/// The value of each state for ever, given shares by row, the discount rate a period (above 0) and
/// the reward of a period in each state. `None` for a state from which one can come into a state
/// with an unknown row, and for all where the rate is not above 0.
///
/// ```
/// // Two live states and a lost one: a customer stays with 0.5 and is worth 10 a period.
/// let value = annals_lifecycle::markov_value(
///     &[Some([0.5, 0.0, 0.5]), None, Some([0.0, 0.0, 1.0])], 0.25, &[10.0, 0.0, 0.0]);
/// assert!((value[0].unwrap() - 10.0 / (1.0 - 0.5 / 1.25)).abs() < 1e-12);
/// assert_eq!(value[1], None);
/// ```
pub fn markov_value<const N: usize>(
    probabilities: &[Option<[f64; N]>; N],
    discount_rate: f64,
    reward: &[f64; N],
) -> [Option<f64>; N] {
    let is_rate = discount_rate.is_finite() && discount_rate > 0.0;
    let known = known_for_ever(probabilities);
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(N);
    for (place, (row, is_known)) in probabilities.iter().zip(known).enumerate() {
        let identity = (0..N).map(|column| if column == place { 1.0 } else { 0.0 });
        let row = row.as_ref().filter(|_| is_known);
        let mut left: Vec<f64> = match row {
            Some(row) => {
                identity.zip(row).map(|(one, p)| one - p / (1.0 + discount_rate)).collect()
            }
            None => identity.collect(),
        };
        left.push(row.and(reward.get(place).copied()).unwrap_or_default());
        rows.push(left);
    }
    let solved = if is_rate { solve(rows) } else { None };
    let mut values = [None; N];
    for (place, (value, is_known)) in values.iter_mut().zip(known).enumerate() {
        let solved = solved.as_ref().and_then(|solved| solved.get(place).copied());
        *value = solved.filter(|_| is_known);
    }
    values
}

/// Which states only ever lead to states with known rows.
fn known_for_ever<const N: usize>(probabilities: &[Option<[f64; N]>; N]) -> [bool; N] {
    let mut known = [true; N];
    // The longest way to an unknown row has as many steps as there are states.
    for _ in 0..=N {
        let before = known;
        for (is_known, row) in known.iter_mut().zip(probabilities) {
            *is_known = row
                .as_ref()
                .is_some_and(|row| row.iter().zip(before).all(|(p, known)| known || *p <= 0.0));
        }
    }
    known
}

/// Solves linear equations, each a row of coefficients and the right side, by elimination with the
/// largest pivot.
fn solve(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let count = rows.len();
    for step in 0..count {
        let size = |row: &Vec<f64>| row.get(step).map_or(0.0, |value| value.abs());
        let (best, _) = rows
            .iter()
            .enumerate()
            .skip(step)
            .max_by(|(_, one), (_, other)| size(one).total_cmp(&size(other)))?;
        rows.swap(step, best);
        let pivot_row = rows.get(step)?.clone();
        let pivot = *pivot_row.get(step)?;
        if pivot == 0.0 {
            return None;
        }
        for (place, row) in rows.iter_mut().enumerate() {
            if place == step {
                for value in row.iter_mut() {
                    *value /= pivot;
                }
            } else {
                let factor = *row.get(step)? / pivot;
                for (value, top) in row.iter_mut().zip(&pivot_row) {
                    *value -= factor * top;
                }
            }
        }
    }
    rows.iter().map(|row| row.last().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four recency states and a lost one, a purchase worth 40, mailing for 4, 20 % a period; the
    /// values are those of `numpy.linalg.inv(I - P / 1.2) @ R` (numpy 2.4.6).
    #[test]
    fn value_of_recency_states_is_that_of_numpy() {
        let p = [0.3, 0.2, 0.15, 0.05];
        let row = |buys: f64, next: usize| {
            let mut row = [0.0; 5];
            row[0] = buys;
            row[next] = 1.0 - buys;
            Some(row)
        };
        let lost = Some([0.0, 0.0, 0.0, 0.0, 1.0]);
        let rows = [row(p[0], 1), row(p[1], 2), row(p[2], 3), row(p[3], 4), lost];
        let value = markov_value(&rows, 0.2, &[36.0, -4.0, -4.0, -4.0, 0.0]);
        let expected = [
            52.319_609_438_567_94,
            5.553_783_563_873_07,
            1.250_772_986_167_616,
            -1.820_016_273_393_001_9,
            0.0,
        ];
        for (found, expected) in value.into_iter().zip(expected) {
            assert!((found.expect("known") - expected).abs() < 1e-9, "{found:?} {expected}");
        }
    }

    #[test]
    fn values_that_rest_on_unseen_months_are_not_shown() {
        let rows = [Some([0.0, 1.0]), None];
        assert_eq!(markov_value(&rows, 0.1, &[1.0, 1.0]), [None, None]);
        let rows = [Some([1.0, 0.0]), None];
        assert_eq!(markov_value(&rows, 1.0, &[1.0, 1.0]), [Some(2.0), None]);
        assert_eq!(markov_value(&rows, 0.0, &[1.0, 1.0]), [None, None]);
    }
}
