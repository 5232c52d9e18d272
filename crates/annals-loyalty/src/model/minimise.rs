//! The search for the least value of a smooth function of a few numbers: BFGS with a line search by
//! bisection for the weak Wolfe conditions (Nocedal & Wright, Numerical Optimization, 2006, chapter
//! 6; Lewis & Overton, Mathematical Programming 141, 2013).
//!
//! Deterministic: nothing but the function and the start decides. A search counts as converged
//! where no slope exceeds 1e-9; one that runs out of the box or stands still is a failure, not a
//! result.

use crate::model::gradient::Gradient;

/// No slope may exceed this at the end.
const SLOPE_MAX: f64 = 1e-9;
const STEPS_MAX: u32 = 500;
const TRIALS_MAX: u32 = 60;

/// Where a search ended.
#[derive(Debug)]
pub(crate) struct Minimum<const N: usize> {
    pub(crate) at: [f64; N],
    pub(crate) value: f64,
    pub(crate) steps: u32,
}

/// Why a search found nothing, and after how many steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotFound {
    pub(crate) steps: u32,
    /// The number that ran out of its box, by its place.
    pub(crate) ran_away: Option<usize>,
}

/// Searches downwards from `start` while every number stays within `bounds`.
pub(crate) fn minimise<const N: usize>(
    start: [f64; N],
    bounds: (f64, f64),
    function: impl Fn([f64; N]) -> Gradient<N>,
) -> Result<Minimum<N>, NotFound> {
    let (mut at, mut here) = (start, function(start));
    let mut inverse = Inverse::identity();
    for steps in 0..STEPS_MAX {
        let failed = |ran_away| NotFound { steps, ran_away };
        if !here.value.is_finite() {
            return Err(failed(None));
        }
        if here.slopes.iter().all(|slope| slope.abs() <= SLOPE_MAX) {
            return Ok(Minimum { at, value: here.value, steps });
        }
        let mut direction = inverse.times(here.slopes).map(|part| -part);
        if dot(direction, here.slopes) >= 0.0 {
            inverse = Inverse::identity();
            direction = here.slopes.map(|slope| -slope);
        }
        let (next, there) = step(at, &here, direction, &function).ok_or_else(|| failed(None))?;
        let outside = |value: &f64| !(bounds.0..=bounds.1).contains(value);
        if let Some(place) = next.iter().position(outside) {
            return Err(failed(Some(place)));
        }
        inverse.learn(minus(next, at), minus(there.slopes, here.slopes), steps == 0);
        (at, here) = (next, there);
    }
    Err(NotFound { steps: STEPS_MAX, ran_away: None })
}

/// A step along a direction that goes down far enough and flattens the slope.
fn step<const N: usize>(
    at: [f64; N],
    here: &Gradient<N>,
    direction: [f64; N],
    function: &impl Fn([f64; N]) -> Gradient<N>,
) -> Option<([f64; N], Gradient<N>)> {
    let slope = dot(direction, here.slopes);
    // Sums over a million rows are off by about this much. Values closer than that say nothing of
    // which is lower; their slopes do.
    let rounding = 1e-12 * (1.0 + here.value.abs());
    // No first trial changes a parameter by more than a factor of e.
    let longest = direction.iter().fold(1.0_f64, |longest, part| longest.max(part.abs()));
    let (mut low, mut high, mut length) = (0.0, f64::INFINITY, longest.recip());
    for _ in 0..TRIALS_MAX {
        let next = plus(at, direction.map(|part| part * length));
        let there = function(next);
        let finite = there.value.is_finite() && there.slopes.iter().all(|slope| slope.is_finite());
        let slope_there = dot(direction, there.slopes);
        let alike = (there.value - here.value).abs() <= rounding;
        let too_far = there.value > here.value + 1e-4 * length * slope + rounding
            || (alike && slope_there > -0.9 * slope);
        if !finite || too_far {
            high = length;
        } else if slope_there < 0.9 * slope {
            low = length;
        } else {
            return Some((next, there));
        }
        length = if high.is_finite() { f64::midpoint(low, high) } else { 2.0 * low };
    }
    None
}

/// What is known of the inverse of the second derivatives.
struct Inverse<const N: usize>([[f64; N]; N]);

impl<const N: usize> Inverse<N> {
    fn identity() -> Self {
        let mut rows = [[0.0; N]; N];
        for (place, row) in rows.iter_mut().enumerate() {
            if let Some(cell) = row.get_mut(place) {
                *cell = 1.0;
            }
        }
        Self(rows)
    }

    fn times(&self, vector: [f64; N]) -> [f64; N] {
        self.0.map(|row| dot(row, vector))
    }

    /// Learns from a step and how the slopes changed over it.
    fn learn(&mut self, step: [f64; N], change: [f64; N], first: bool) {
        let curvature = dot(step, change);
        if curvature <= 0.0 {
            return;
        }
        if first {
            let scale = curvature / dot(change, change);
            self.0 = self.0.map(|row| row.map(|cell| cell * scale));
        }
        let known = self.times(change);
        let weight = (1.0 + dot(change, known) / curvature) / curvature;
        for ((row, row_step), row_known) in self.0.iter_mut().zip(step).zip(known) {
            for ((cell, step), known) in row.iter_mut().zip(step).zip(known) {
                *cell +=
                    weight * row_step * step - (row_known * step + row_step * known) / curvature;
            }
        }
    }
}

fn dot<const N: usize>(one: [f64; N], other: [f64; N]) -> f64 {
    one.into_iter().zip(other).map(|(one, other)| one * other).sum()
}

fn plus<const N: usize>(mut one: [f64; N], other: [f64; N]) -> [f64; N] {
    for (one, other) in one.iter_mut().zip(other) {
        *one += other;
    }
    one
}

fn minus<const N: usize>(one: [f64; N], other: [f64; N]) -> [f64; N] {
    plus(one, other.map(|part| -part))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's function (The Computer Journal 3, 1960): the least value is 0, at (1, 1).
    #[test]
    fn the_bottom_of_a_crooked_valley_is_found() {
        let valley = |at: [f64; 2]| {
            let [x, y] = at;
            let across = y - x * x;
            Gradient {
                value: 100.0 * across * across + (1.0 - x) * (1.0 - x),
                slopes: [-400.0 * across * x - 2.0 * (1.0 - x), 200.0 * across],
            }
        };
        let found = minimise([-1.2, 1.0], (-10.0, 10.0), valley).expect("a minimum");
        assert!(found.at.iter().all(|part| (part - 1.0).abs() < 1e-9), "{:?}", found.at);
        assert!(found.value < 1e-18 && found.steps < 60, "{} steps", found.steps);
    }

    #[test]
    fn a_function_that_only_falls_ends_out_of_its_box() {
        let slope = |at: [f64; 1]| Gradient { value: (-at[0]).exp(), slopes: [-(-at[0]).exp()] };
        let failed = minimise([0.0], (-9.0, 9.0), slope).expect_err("no minimum");
        assert_eq!(failed.ran_away, Some(0));
    }

    #[test]
    fn a_function_without_a_value_is_refused_at_once() {
        let failed = minimise([0.0], (-9.0, 9.0), |_| Gradient::constant(f64::NAN)).err();
        assert_eq!(failed, Some(NotFound { steps: 0, ran_away: None }));
    }
}
