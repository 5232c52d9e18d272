//! How a quantity is spread over customers: customer lifetime value.

use crate::Caption;
use crate::canvas::{Anchor, Lettering, Stroke};
use crate::colour::{BLUE, VERMILLION, WHITE};
use crate::frame::{Frame, LABEL_SIZE, empty};
use crate::number::{Sieve, at_step, real, short, whole};
use crate::scale::{AxisScale, Scale, bounds, step_over};
use crate::text::{fitted, width};

const BINS: usize = 45;

/// Values counted in bins of equal width (equal ratio on a log axis).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// What the chart says about itself.
    pub caption: Caption,
    /// The axis below, with its unit: `CLV of the next 12 months (EUR)`.
    pub x_label: String,
    /// The axis at the left: `customers`.
    pub y_label: String,
    /// How the axis below spreads; on [`AxisScale::Log`] values of zero and below are left out.
    pub x_scale: AxisScale,
    /// The values, in any order.
    pub values: Vec<f64>,
    /// Upright lines with names: (`median`, 34.5).
    pub marks: Vec<(String, f64)>,
}

impl Histogram {
    /// Draws the chart.
    pub fn svg(&self) -> String {
        let mut sieve = Sieve::default();
        let kind = self.x_scale;
        let values: Vec<_> =
            self.values.iter().copied().filter(|it| sieve.keep_if(kind.shows(*it))).collect();
        let mut notes: Vec<_> = sieve.note().into_iter().collect();
        let Some((low, high)) = bounds(values.iter().copied()) else {
            return empty(&self.caption, &notes, (&self.x_label, &self.y_label));
        };
        let bins = Bins::over(kind, low, high);
        let counts = bins.counts(&values);
        notes.insert(0, bins.said());
        let mut frame = Frame::new(&self.caption, &notes, &[]);
        frame.area.top += 16.0;
        let most = real(counts.iter().copied().max().unwrap_or(1));
        let marks = self.marks.iter().filter(|(_, it)| kind.shows(*it));
        let reach =
            bounds(marks.clone().map(|it| it.1).chain([bins.edge(0), bins.edge(counts.len())]));
        let (left, right) = reach.unwrap_or((low, high));
        let x = Scale::fit(kind, left, right, 10, frame.area.across());
        let y = Scale::fit(AxisScale::Linear, 0.0, most, 8, frame.area.upwards());
        frame.left_axis(&y, &self.y_label);
        frame.bottom_axis(&x, &self.x_label);
        for (index, count) in counts.iter().enumerate() {
            let (from, to) = (x.at(bins.edge(index)), x.at(bins.edge(index + 1)));
            let top = y.at(real(*count));
            let size = (to - from, frame.area.bottom - top);
            if *count > 0 {
                frame.canvas.rect((from, top), size, BLUE, Some(Stroke::new(WHITE, 1.0)));
            }
        }
        draw_marks(&mut frame, &x, marks);
        frame.border();
        frame.finish()
    }
}

struct Bins {
    kind: AxisScale,
    /// Edge of the first bin, spread as the axis is.
    first: f64,
    step: f64,
    count: usize,
}

impl Bins {
    fn over(kind: AxisScale, low: f64, high: f64) -> Bins {
        let (low, high) = (kind.spread(low), kind.spread(high));
        let span = (high - low).max(low.abs().max(high.abs()) * 1e-9).max(1e-9);
        let step = step_over(span, BINS);
        let first = (low / step + 1e-9).floor() * step;
        let count = (whole(((high - first) / step).floor()) + 1).min(BINS * 3);
        Bins { kind, first, step, count }
    }

    fn counts(&self, values: &[f64]) -> Vec<usize> {
        let mut counts = vec![0; self.count];
        for value in values {
            let bin = whole((self.kind.spread(*value) - self.first) / self.step);
            if let Some(count) = counts.get_mut(bin.min(self.count - 1)) {
                *count += 1;
            }
        }
        counts
    }

    fn edge(&self, index: usize) -> f64 {
        let edge = self.first + self.step * real(index);
        match self.kind {
            AxisScale::Linear => edge,
            AxisScale::Log => 10_f64.powf(edge),
        }
    }

    fn said(&self) -> String {
        match self.kind {
            AxisScale::Linear => format!("bins {} wide", at_step(self.step, self.step)),
            AxisScale::Log => {
                format!("bins by a factor of {}", short(10_f64.powf(self.step)))
            }
        }
    }
}

/// Upright lines; names that would lie on each other go one row lower.
fn draw_marks<'a>(frame: &mut Frame, x: &Scale, marks: impl Iterator<Item = &'a (String, f64)>) {
    let area = frame.area;
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for (name, value) in marks {
        let at = x.at(*value);
        let text = fitted(&format!("{name} {}", short(*value)), LABEL_SIZE, 300.0);
        let room = width(&text, LABEL_SIZE) + 14.0;
        let left = if at + room < area.right { at } else { at - room };
        let meets = taken.iter().filter(|(from, to)| left < *to && *from < left + room).count();
        let y = area.top - 6.0 + 22.0 * real(meets.min(5));
        taken.push((left, left + room));
        let stroke = Stroke::new(VERMILLION, 2.0).dashed("7 5");
        frame.canvas.line((at, area.top - 16.0), (at, area.bottom), stroke);
        let lettering = Lettering::new(LABEL_SIZE, Anchor::Start).with_halo();
        frame.canvas.text((left + 7.0, y), &text, lettering);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_the_bin_between_its_edges() {
        let values: Vec<f64> = (1..1000).map(|i| real(i * i % 977) / 7.0 + 0.1).collect();
        let (low, high) = bounds(values.iter().copied()).unwrap();
        for kind in [AxisScale::Linear, AxisScale::Log] {
            let bins = Bins::over(kind, low, high);
            let counts = bins.counts(&values);
            assert_eq!(counts.iter().sum::<usize>(), values.len());
            for (index, count) in counts.iter().enumerate() {
                let (from, to) = (bins.edge(index), bins.edge(index + 1));
                let inside = values.iter().filter(|it| **it >= from && **it < to).count();
                assert!(inside.abs_diff(*count) <= 1, "{kind:?} {from}..{to}: {inside} {count}");
            }
        }
    }
}
