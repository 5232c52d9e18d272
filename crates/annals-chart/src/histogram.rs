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
        let mut beyond = Sieve::default();
        let mut shown = |value: &f64| sieve.keep(&[*value]) && beyond.keep_if(kind.reaches(*value));
        let values: Vec<_> = self.values.iter().copied().filter(&mut shown).collect();
        let mut marks: Vec<_> = self.marks.iter().filter(|mark| shown(&mark.1)).collect();
        marks.sort_by(|one, other| one.1.total_cmp(&other.1));
        let mut notes: Vec<_> =
            sieve.note().into_iter().chain(beyond.note_because(AxisScale::BEYOND)).collect();
        let Some((low, high)) = bounds(values.iter().copied()) else {
            return empty(&self.caption, &notes, (&self.x_label, &self.y_label));
        };
        let bins = Bins::over(kind, low, high);
        let counts = bins.counts(&values);
        notes.insert(0, bins.said());
        let mut frame = Frame::new(&self.caption, &notes, &[]);
        let most = real(counts.iter().copied().max().unwrap_or(1));
        let edges = [bins.edge(0), bins.edge(counts.len())];
        let reach = bounds(marks.iter().map(|mark| mark.1).chain(edges));
        let (left, right) = reach.unwrap_or((low, high));
        let x = Scale::fit(kind, left, right, 10, frame.area.across());
        let names = Names::over(&frame, &x, &marks);
        frame.area.top += names.height();
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
        names.draw(&mut frame);
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

/// The names of upright lines above the plane, in rows, so that none lies on another and no line
/// runs through a name.
struct Names {
    /// Pixel of the line, row, name.
    placed: Vec<(f64, usize, String)>,
    rows: usize,
}

impl Names {
    const ROW: f64 = 22.0;

    /// Marks come in order of their values.
    fn over(frame: &Frame, x: &Scale, marks: &[&(String, f64)]) -> Names {
        let mut ends: Vec<f64> = Vec::new();
        let mut placed = Vec::new();
        for (name, value) in marks {
            let at = x.at(*value);
            let text = fitted(&format!("{name} {}", short(*value)), LABEL_SIZE, 300.0);
            let end = at.min(frame.area.right - width(&text, LABEL_SIZE))
                + width(&text, LABEL_SIZE)
                + 14.0;
            // Under all rows whose names reach this line, which begins at its own row.
            let row = ends.iter().rposition(|end| *end > at - 4.0).map_or(0, |row| row + 1);
            ends.truncate(row);
            ends.push(end);
            placed.push((at, row, text));
        }
        let rows = placed.iter().map(|(_, row, _)| row + 1).max().unwrap_or(0).min(8);
        Names { placed, rows }
    }

    fn height(&self) -> f64 {
        Self::ROW * real(self.rows)
    }

    fn draw(&self, frame: &mut Frame) {
        let area = frame.area;
        for (at, row, text) in &self.placed {
            let baseline = area.top - self.height() + Self::ROW * real(*row) + 14.0;
            let stroke = Stroke::new(VERMILLION, 2.0).dashed("7 5");
            frame.canvas.line(
                (*at, (baseline - 12.0).min(area.bottom)),
                (*at, area.bottom),
                stroke,
            );
            if *row < self.rows {
                let left = (at + 7.0).min(area.right - width(text, LABEL_SIZE));
                let lettering = Lettering::new(LABEL_SIZE, Anchor::Start).with_halo();
                frame.canvas.text((left, baseline), text, lettering);
            }
        }
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
