//! The satisfaction trap: a stretch where more satisfaction brings no more loyalty, and a rise only
//! beyond it.
//!
//! Each customer is a point: the level of satisfaction and the loyalty. A line with one bend is
//! fitted by least squares over the customers, y = b0 + b1 x + b2 max(0, x - knot), for each inner
//! level as the knot; the best knot wins, of equals the lowest. Sums and determinants are whole
//! numbers, so a straight line has no bend, not a bend of 1e-16. A trap needs a bend upwards (b2 >
//! 0); whether the data show one is the finding, and "none here" is an answer.

use crate::answer_pool::answers;
use crate::interval::{Interval, wilson_95};
use crate::loyalty_rules::{Loyalty, TrapRules};
use crate::mean::MeanSums;
use crate::ratio::{float, ratio};
use crate::state::SatisfactionState;
use annals_events::{Code, Date, Zone};
use serde::Serialize;
use std::collections::BTreeMap;

/// Loyalty by satisfaction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrapReport {
    /// Customers of whom both are known.
    pub n: u64,
    /// The items satisfaction was read from.
    pub satisfaction: Vec<Code>,
    /// What loyalty was read from.
    pub loyalty: String,
    /// Loyalty at each level of satisfaction that somebody has, from low to high.
    pub levels: Vec<TrapLevel>,
    /// The level at which the line bends; null where there are too few levels.
    pub knot: Option<i16>,
    /// Loyalty gained per level up to the knot.
    pub slope_below: Option<f64>,
    /// Loyalty gained per level beyond it.
    pub slope_above: Option<f64>,
    /// Whether there is a trap: the slope above exceeds the slope below.
    pub found: bool,
    /// Customers in the trap, at or below the knot; null where there is none.
    pub customers_in_zone: Option<u64>,
    /// What was found, or why nothing could be.
    pub why: String,
}

/// The customers of one level.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrapLevel {
    /// The level of satisfaction, on its scale.
    pub level: i16,
    /// Customers.
    pub n: u64,
    /// Their mean loyalty: points of the recommendation scale, or the share that bought again.
    pub loyalty: Option<f64>,
    /// 95 % interval: of points the normal one of a mean, null below two customers; of a share
    /// Wilson's.
    pub interval_95: Option<Interval>,
}

/// Customers' loyalty by level.
type Levels = BTreeMap<i16, MeanSums>;

struct Bend {
    knot: i16,
    slope_below: f64,
    slope_above: f64,
    upwards: bool,
    squares: f64,
}

/// Loyalty by level of satisfaction, for each of the rules' pairs.
pub(crate) struct TrapSums<'r>(Vec<(&'r TrapRules, Levels)>);

impl<'r> TrapSums<'r> {
    pub(crate) fn new(rules: &'r [TrapRules]) -> Self {
        Self(rules.iter().map(|pair| (pair, Levels::new())).collect())
    }

    /// Adds a customer.
    pub(crate) fn add(&mut self, state: &SatisfactionState, today: Date, zone: &Zone) {
        for (pair, levels) in &mut self.0 {
            if let Some((level, loyalty)) = point(state, pair, today, zone) {
                levels.entry(level).or_default().add(loyalty);
            }
        }
    }
}

impl TrapReport {
    /// The first of the rules' pairs that can be fitted; else the first, saying why not.
    pub(crate) fn of(sums: &TrapSums<'_>) -> Self {
        let mut first = None;
        for (pair, levels) in &sums.0 {
            let report = Self::of_pair(pair, levels);
            if report.knot.is_some() {
                return report;
            }
            first = first.or(Some(report));
        }
        first.unwrap_or_else(|| Self {
            n: 0,
            satisfaction: Vec::new(),
            loyalty: String::new(),
            levels: Vec::new(),
            knot: None,
            slope_below: None,
            slope_above: None,
            found: false,
            customers_in_zone: None,
            why: "the ruleset has no section [[trap]]".to_owned(),
        })
    }

    fn of_pair(pair: &TrapRules, levels: &Levels) -> Self {
        let bend = best_bend(levels);
        let found = bend.as_ref().is_some_and(|bend| bend.upwards);
        let zone_of = |bend: &Bend| levels.range(..=bend.knot).map(|(_, sums)| sums.n).sum();
        let shown = levels.iter().map(|(level, sums)| TrapLevel {
            level: *level,
            n: sums.n,
            loyalty: ratio(sums.sum, sums.n),
            interval_95: match pair.loyalty {
                Loyalty::Recommendation(_) => sums.interval_95(),
                Loyalty::RepurchaseWithinDays(_) => {
                    u64::try_from(sums.sum).ok().and_then(|bought| wilson_95(bought, sums.n))
                }
            },
        });
        Self {
            n: levels.values().map(|sums| sums.n).sum(),
            satisfaction: pair.satisfaction.items.clone(),
            loyalty: pair.loyalty.to_string(),
            levels: shown.collect(),
            knot: bend.as_ref().map(|bend| bend.knot),
            slope_below: bend.as_ref().map(|bend| bend.slope_below),
            slope_above: bend.as_ref().map(|bend| bend.slope_above),
            found,
            customers_in_zone: bend.as_ref().filter(|_| found).map(zone_of),
            why: match &bend {
                None => format!(
                    "customers at {} levels of satisfaction: a bend needs at least 3",
                    levels.len()
                ),
                Some(bend) if found => {
                    format!("up to {} more satisfaction brings less than beyond it", bend.knot)
                }
                Some(_) => "none here: loyalty does not rise faster at the top".to_owned(),
            },
        }
    }
}

/// A customer's level of satisfaction and loyalty.
fn point(
    state: &SatisfactionState,
    pair: &TrapRules,
    today: Date,
    zone: &Zone,
) -> Option<(i16, i16)> {
    let satisfied = answers(state, &pair.satisfaction);
    match &pair.loyalty {
        Loyalty::Recommendation(question) => {
            let (.., level) = satisfied.max_by_key(|(at, item, _)| (*at, *item))?;
            let loyal = answers(state, question).max_by_key(|(at, item, _)| (*at, *item));
            loyal.map(|(.., loyalty)| (level, loyalty))
        }
        Loyalty::RepurchaseWithinDays(days) => {
            let watched = |day: Date| day.days_since(today) <= -*days;
            let dated = satisfied.map(|(at, item, level)| (at, item, zone.date_of(at), level));
            let (_, _, day, level) = dated
                .filter(|(.., day, _)| watched(*day))
                .max_by_key(|(at, item, ..)| (*at, *item))?;
            let bought = state.purchase_days.iter().any(|purchase| {
                let later = purchase.days_since(day);
                0 < later && later <= *days
            });
            Some((level, i16::from(bought)))
        }
    }
}

/// The best bend over the inner levels.
fn best_bend(levels: &Levels) -> Option<Bend> {
    let inner: Vec<i16> = levels.keys().copied().collect();
    let inner = inner.get(1..inner.len().saturating_sub(1))?;
    let mut best: Option<Bend> = None;
    for knot in inner {
        let bend = bend_at(levels, *knot)?;
        // A hair better is rounding; the lower knot stays.
        if best.as_ref().is_none_or(|best| bend.squares < best.squares * (1.0 - 1e-9) - 1e-12) {
            best = Some(bend);
        }
    }
    best
}

/// Least squares with the bend at a knot, by Cramer's rule.
fn bend_at(levels: &Levels, knot: i16) -> Option<Bend> {
    let lowest = *levels.keys().next()?;
    let from = |origin: i16, level: i16| i128::from(level) - i128::from(origin);
    let row = |level: i16| [1, from(lowest, level), from(knot, level).max(0)];
    let (mut normal, mut right) = ([[0_i128; 3]; 3], [0_i128; 3]);
    for (level, MeanSums { n, sum, .. }) in levels {
        let row = row(*level);
        for ((normal, right), one) in normal.iter_mut().zip(&mut right).zip(row) {
            *right += one * sum;
            for (normal, other) in normal.iter_mut().zip(row) {
                *normal += i128::from(*n) * one * other;
            }
        }
    }
    let whole = determinant(normal);
    if whole == 0 {
        return None;
    }
    // Symmetric, so rows may stand for columns.
    let [first, second, third] = normal;
    let base = determinant([right, second, third]);
    let slope = determinant([first, right, third]);
    let turn = determinant([first, second, right]);
    let quotient = |numerator: i128| float(numerator) / float(whole);
    let squares = levels.iter().map(|(level, MeanSums { n, sum, .. })| {
        let coefficients = [base, slope, turn].map(quotient);
        let row = row(*level).map(float);
        let fitted: f64 = coefficients.iter().zip(row).map(|(b, x)| b * x).sum();
        let n = float((*n).into());
        n * (float(*sum) / n - fitted).powi(2)
    });
    Some(Bend {
        knot,
        slope_below: quotient(slope),
        slope_above: quotient(slope + turn),
        // The determinant of normal equations is positive, so the sign is the numerator's.
        upwards: turn > 0,
        squares: squares.sum(),
    })
}

/// The product of three rows: a · (b x c).
fn determinant([first, second, third]: [[i128; 3]; 3]) -> i128 {
    let [b1, b2, b3] = second;
    let [c1, c2, c3] = third;
    let cross = [b2 * c3 - b3 * c2, b3 * c1 - b1 * c3, b1 * c2 - b2 * c1];
    first.iter().zip(cross).map(|(value, minor)| value * minor).sum()
}
