//! Shares that fall or rise in steps, with bands: survival by Kaplan and Meier.

use crate::Caption;
use crate::canvas::{Point, Stroke};
use crate::colour::{dashes, series};
use crate::frame::{Frame, Mark, empty};
use crate::number::{Sieve, plain};
use crate::scale::{Scale, bounds};

/// Step curves over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepCurves {
    /// What the chart says about itself.
    pub caption: Caption,
    /// The axis below, with its unit: `days since the first purchase`.
    pub x_label: String,
    /// The axis at the left: `still active (%)`.
    pub y_label: String,
    /// The curves; with one alone its name is not shown.
    pub curves: Vec<StepCurve>,
}

/// One curve of [`StepCurves`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepCurve {
    /// Name in the legend.
    pub name: String,
    /// The steps in order of time; the first is where the curve begins (time 0, share 1).
    pub steps: Vec<Step>,
}

/// From its time on, until the next step, the share has this value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Time, in the unit of the axis.
    pub time: f64,
    /// The share, 0 to 1.
    pub share: f64,
    /// Lower end of its interval; the share itself where there is none.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
}

impl StepCurves {
    /// Draws the chart.
    pub fn svg(&self) -> String {
        let mut sieve = Sieve::default();
        let curves: Vec<_> = self.curves.iter().map(|it| drawable(it, &mut sieve)).collect();
        let notes: Vec<_> = sieve.note().into_iter().collect();
        let Some((first, last)) = bounds(curves.iter().flatten().map(|step| step.time)) else {
            return empty(&self.caption, &notes, (&self.x_label, &self.y_label));
        };
        let mut legend = Vec::new();
        if self.curves.len() > 1 {
            for (index, curve) in self.curves.iter().enumerate() {
                legend.push((curve.name.clone(), Mark::Line(stroke(index))));
            }
        }
        let mut frame = Frame::new(&self.caption, &notes, &legend);
        let x = Scale::exact(first.min(0.0), last, 12, frame.area.across());
        let y = Scale::exact(0.0, 1.0, 10, frame.area.upwards())
            .labelled(|share| format!("{} %", plain(share * 100.0, 0)));
        frame.left_axis(&y, &self.y_label);
        frame.bottom_axis(&x, &self.x_label);
        for (index, steps) in curves.iter().enumerate() {
            let mut edge = corners(steps, |it| (x.at(it.time), y.at(it.high)));
            edge.extend(corners(steps, |it| (x.at(it.time), y.at(it.low))).iter().rev());
            frame.canvas.polygon(&edge, series(index), 0.15);
        }
        for (index, steps) in curves.iter().enumerate() {
            let line = corners(steps, |it| (x.at(it.time), y.at(it.share)));
            frame.canvas.polyline(&line, stroke(index));
        }
        frame.border();
        frame.finish()
    }
}

fn stroke(index: usize) -> Stroke {
    Stroke::new(series(index), 2.5).dashed(dashes(index))
}

fn drawable(curve: &StepCurve, sieve: &mut Sieve) -> Vec<Step> {
    let inside = |share: f64| (0.0..=1.0).contains(&share);
    let shown = |it: &&Step| {
        let shares = inside(it.share) && inside(it.low) && inside(it.high);
        sieve.keep_if(shares && crate::number::drawable(it.time))
    };
    curve.steps.iter().filter(shown).copied().collect()
}

/// Level until the next step, then straight up or down.
fn corners(steps: &[Step], place: impl Fn(&Step) -> Point) -> Vec<Point> {
    let mut corners: Vec<Point> = Vec::new();
    for step in steps {
        let (x, y) = place(step);
        if let Some((_, level)) = corners.last().copied() {
            corners.push((x, level));
        }
        corners.push((x, y));
    }
    corners
}
