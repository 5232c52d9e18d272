//! From values to pixels, and where the ticks lie: at 1, 2 or 5 times a power of ten.

use crate::number::{at_step, real, whole};

/// How an axis spreads its values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AxisScale {
    /// Equal distances for equal differences.
    #[default]
    Linear,
    /// Equal distances for equal ratios; values of zero and below cannot be shown.
    Log,
}

impl AxisScale {
    /// Whether the value is above zero as far as this scale asks for it.
    pub(crate) fn reaches(self, value: f64) -> bool {
        self == AxisScale::Linear || value >= 1e-15
    }

    /// What the caption says about values a logarithmic axis does not reach.
    pub(crate) const BEYOND: &str = "zero or below, which a logarithmic axis cannot show";

    /// The value as a distance.
    pub(crate) fn spread(self, value: f64) -> f64 {
        match self {
            AxisScale::Linear => value,
            AxisScale::Log => value.max(1e-300).log10(),
        }
    }
}

/// An axis laid over pixels.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    kind: AxisScale,
    low: f64,
    high: f64,
    pixels: (f64, f64),
    ticks: Vec<(f64, String)>,
}

impl Scale {
    /// Covers `low..=high`, rounded outwards to ticks, about `count` of them.
    pub(crate) fn fit(
        kind: AxisScale,
        low: f64,
        high: f64,
        count: usize,
        pixels: (f64, f64),
    ) -> Scale {
        match kind {
            AxisScale::Linear => Scale::fit_linear(low, high, count, pixels),
            AxisScale::Log => Scale::fit_log(low, high, count, pixels),
        }
    }

    /// Covers exactly `low..=high`, with ticks inside.
    pub(crate) fn exact(low: f64, high: f64, count: usize, pixels: (f64, f64)) -> Scale {
        let (low, high) = widened(low, high);
        let step = step_over(high - low, count);
        let ticks = linear_ticks(low, high, step);
        Scale { kind: AxisScale::Linear, low, high, pixels, ticks }
    }

    fn fit_linear(low: f64, high: f64, count: usize, pixels: (f64, f64)) -> Scale {
        let (low, high) = widened(low, high);
        let step = step_over(high - low, count);
        let low = (low / step + 1e-9).floor() * step;
        let high = (high / step - 1e-9).ceil() * step;
        let ticks = linear_ticks(low, high, step);
        Scale { kind: AxisScale::Linear, low, high, pixels, ticks }
    }

    fn fit_log(low: f64, high: f64, count: usize, pixels: (f64, f64)) -> Scale {
        let (low, high) = (low.max(1e-15), high.max(1e-15));
        let decades = (high / low).log10();
        let marks = log_marks(low, high);
        let below = marks.iter().rev().find(|mark| **mark <= low * 1.000_001);
        let above = marks.iter().find(|mark| **mark >= high * 0.999_999);
        let (low, high) = (below.copied().unwrap_or(low), above.copied().unwrap_or(high));
        let high = if high > low { high } else { low * 10.0 };
        let every = if decades <= 3.5 { 0 } else { whole((decades / real(count)).ceil()).max(1) };
        let shown = marks.iter().filter(|mark| **mark >= low * 0.999 && **mark <= high * 1.001);
        let ticks = shown
            .filter(|mark| {
                let exponent = mark.log10();
                let whole_decade = (exponent - exponent.round()).abs() < 1e-6;
                every == 0 || (whole_decade && exponent.round().rem_euclid(real(every)) < 0.5)
            })
            .map(|mark| (*mark, at_step(*mark, *mark)))
            .collect();
        Scale { kind: AxisScale::Log, low: low.log10(), high: high.log10(), pixels, ticks }
    }

    /// The pixel of a value.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let share = (self.kind.spread(value) - self.low) / (self.high - self.low);
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }

    /// Ticks: value and its label.
    pub(crate) fn ticks(&self) -> &[(f64, String)] {
        &self.ticks
    }

    /// The same axis with labels of its own.
    pub(crate) fn labelled(mut self, label: impl Fn(f64) -> String) -> Scale {
        for (value, text) in &mut self.ticks {
            *text = label(*value);
        }
        self
    }
}

/// Least and greatest of some values; nothing where there are none.
pub(crate) fn bounds(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().fold(None, |bounds, value| {
        let (low, high) = bounds.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

/// 1, 2 or 5 times a power of ten, so that a span holds at most about `count` steps.
pub(crate) fn step_over(span: f64, count: usize) -> f64 {
    let rough = (span / real(count.max(1))).max(1e-290);
    let power = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough * 0.999_999);
    factor.unwrap_or(10.0) * power
}

/// A span that pixels can tell apart.
fn widened(low: f64, high: f64) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    if high - low > size * 1e-9 && high - low > 1e-12 {
        return (low, high);
    }
    let half = if size > 0.0 { size * 0.1 } else { 0.5 }.max(1e-9);
    (low - half, high + half)
}

fn linear_ticks(low: f64, high: f64, step: f64) -> Vec<(f64, String)> {
    let first = (low / step - 1e-9).ceil();
    let count = whole((high / step + 1e-9).floor() - first).min(100);
    let values = (0..=count).map(|index| (first + real(index)) * step);
    values.map(|value| (value, at_step(value, step))).collect()
}

/// 1, 2 and 5 times the powers of ten around; the powers alone over many decades.
fn log_marks(low: f64, high: f64) -> Vec<f64> {
    let (first, last) = (low.log10().floor() - 1.0, high.log10().ceil() + 1.0);
    let few = high / low <= 10_f64.powf(3.5);
    let factors: &[f64] = if few { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let powers = (0..=whole(last - first)).map(|index| 10_f64.powf(first + real(index)));
    powers.flat_map(|power| factors.iter().map(move |factor| factor * power)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> Vec<&str> {
        scale.ticks().iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_lie_at_one_two_five() {
        let scale = Scale::fit(AxisScale::Linear, 0.0, 93.0, 6, (0.0, 100.0));
        assert_eq!(labels(&scale), ["0", "20", "40", "60", "80", "100"]);
        let scale = Scale::fit(AxisScale::Linear, -0.3, 0.14, 6, (0.0, 100.0));
        assert_eq!(
            labels(&scale),
            ["\u{2212}0.3", "\u{2212}0.2", "\u{2212}0.1", "0", "0.1", "0.2"]
        );
        let scale = Scale::fit(AxisScale::Log, 3.0, 180.0, 6, (0.0, 100.0));
        assert_eq!(labels(&scale), ["2", "5", "10", "20", "50", "100", "200"]);
    }

    #[test]
    fn ends_of_an_axis_are_ends_of_its_pixels() {
        let scale = Scale::fit(AxisScale::Log, 1.0, 1000.0, 6, (50.0, 350.0));
        assert!((scale.at(1.0) - 50.0).abs() < 1e-9);
        assert!((scale.at(10.0) - 150.0).abs() < 1e-9);
        assert!((scale.at(1000.0) - 350.0).abs() < 1e-9);
    }

    #[test]
    fn equal_values_still_have_an_axis() {
        for value in [0.0, 1e15, -1e15, 1e-15, 7.0] {
            let scale = Scale::fit(AxisScale::Linear, value, value, 6, (0.0, 100.0));
            assert!(scale.at(value) >= 0.0 && scale.at(value) <= 100.0, "{value}");
            assert!(scale.ticks().len() >= 2, "{value}");
        }
    }
}
