//! Measures over periods, each with its interval as a band: NPS or CSAT by month.

use crate::Caption;
use crate::canvas::{Point, Stroke};
use crate::colour::{INK, dashes, series};
use crate::frame::{Frame, Mark, empty};
use crate::number::Sieve;
use crate::scale::{AxisScale, Scale, bounds};

/// Lines over periods of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeSeries {
    /// What the chart says about itself.
    pub caption: Caption,
    /// The axis below: `month`.
    pub x_label: String,
    /// The axis at the left, with its unit: `NPS (points, -100 to 100)`.
    pub y_label: String,
    /// Names of the periods, in order.
    pub periods: Vec<String>,
    /// The lines; with one alone its name is not shown.
    pub lines: Vec<TimeLine>,
}

/// One line of a [`TimeSeries`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeLine {
    /// Name in the legend.
    pub name: String,
    /// One entry per period; `None` where nothing was measured: the line has a gap there.
    pub estimates: Vec<Option<Estimate>>,
}

/// A value with the interval it is known by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The value, in the unit of its axis.
    pub value: f64,
    /// Lower end of the interval; the value itself where there is none.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl TimeSeries {
    /// Draws the chart.
    pub fn svg(&self) -> String {
        let mut sieve = Sieve::default();
        let lines: Vec<_> = self.lines.iter().map(|line| self.drawable(line, &mut sieve)).collect();
        let notes: Vec<_> = sieve.note().into_iter().collect();
        let all = lines.iter().flatten().flatten();
        let Some((low, high)) = bounds(all.flat_map(|it| [it.low, it.value, it.high])) else {
            return empty(&self.caption, &notes, (&self.x_label, &self.y_label));
        };
        let mut frame = Frame::new(&self.caption, &notes, &self.legend());
        let scale = Scale::fit(AxisScale::Linear, low, high, 8, frame.area.upwards());
        frame.left_axis(&scale, &self.y_label);
        frame.bottom_names(&self.periods, &self.x_label);
        if low < 0.0 && high > 0.0 {
            let (left, right) = frame.area.across();
            let zero = scale.at(0.0);
            frame.canvas.line((left, zero), (right, zero), Stroke::new(INK, 1.0));
        }
        for (index, line) in lines.iter().enumerate() {
            for run in runs(line) {
                self.draw_band(&mut frame, &scale, &run, index);
            }
        }
        for (index, line) in lines.iter().enumerate() {
            for run in runs(line) {
                self.draw_line(&mut frame, &scale, &run, index);
            }
        }
        frame.border();
        frame.finish()
    }

    fn legend(&self) -> Vec<(String, Mark)> {
        if self.lines.len() < 2 {
            return Vec::new();
        }
        let lines = self.lines.iter().enumerate();
        lines.map(|(index, line)| (line.name.clone(), Mark::Line(stroke(index)))).collect()
    }

    fn drawable(&self, line: &TimeLine, sieve: &mut Sieve) -> Vec<Option<Estimate>> {
        let estimates = line.estimates.iter().take(self.periods.len());
        estimates.map(|it| it.filter(|it| sieve.keep(&[it.value, it.low, it.high]))).collect()
    }

    fn x(&self, frame: &Frame, period: usize) -> f64 {
        frame.area.column(period, self.periods.len())
    }

    fn draw_band(&self, frame: &mut Frame, scale: &Scale, run: &[(usize, Estimate)], index: usize) {
        let upper = run.iter().map(|(period, it)| (self.x(frame, *period), scale.at(it.high)));
        let lower = run.iter().map(|(period, it)| (self.x(frame, *period), scale.at(it.low)));
        let edge: Vec<Point> = upper.chain(lower.rev()).collect();
        if let [(period, it)] = run {
            let x = self.x(frame, *period);
            let (from, to) = ((x, scale.at(it.low)), (x, scale.at(it.high)));
            frame.canvas.line(from, to, Stroke::new(series(index), 3.0));
        }
        frame.canvas.polygon(&edge, series(index), 0.18);
    }

    fn draw_line(&self, frame: &mut Frame, scale: &Scale, run: &[(usize, Estimate)], index: usize) {
        let points: Vec<Point> =
            run.iter().map(|(period, it)| (self.x(frame, *period), scale.at(it.value))).collect();
        frame.canvas.polyline(&points, stroke(index));
        for point in points {
            frame.canvas.circle(point, if run.len() > 60 { 2.0 } else { 4.5 }, series(index), 1.0);
        }
    }
}

fn stroke(index: usize) -> Stroke {
    Stroke::new(series(index), 2.5).dashed(dashes(index))
}

/// Neighbouring periods with a value, together.
fn runs(line: &[Option<Estimate>]) -> Vec<Vec<(usize, Estimate)>> {
    let mut runs: Vec<Vec<(usize, Estimate)>> = vec![Vec::new()];
    for (period, estimate) in line.iter().enumerate() {
        match (estimate, runs.last_mut()) {
            (Some(estimate), Some(run)) => run.push((period, *estimate)),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}
