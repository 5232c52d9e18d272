//! A model held against what happened: cumulative repeat purchases, actual and expected, over the
//! time it was fitted on and the time it was not (Fader, Hardie and Lee, 2005, figure 5).

use crate::Caption;
use crate::canvas::{Anchor, Lettering, Point, Stroke};
use crate::colour::{BLUE, FAINT_INK, VERMILLION};
use crate::frame::{Frame, LABEL_SIZE, Mark, empty};
use crate::number::Sieve;
use crate::scale::{AxisScale, Scale, bounds};
use crate::text::width;

/// Two lines over time, cut where the calibration ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrackingPlot {
    /// What the chart says about itself.
    pub caption: Caption,
    /// The axis below, with its unit: `weeks since the first day`.
    pub x_label: String,
    /// The axis at the left, with its unit: `cumulative repeat purchases (count)`.
    pub y_label: String,
    /// What happened, (time, value) in order of time.
    pub actual: Vec<(f64, f64)>,
    /// What the model says, (time, value) in order of time.
    pub model: Vec<(f64, f64)>,
    /// Name of the model: `BG/NBD`.
    pub model_name: String,
    /// When the calibration ends and the holdout begins.
    pub calibration_end: Option<f64>,
}

impl TrackingPlot {
    /// Draws the chart.
    pub fn svg(&self) -> String {
        let mut sieve = Sieve::default();
        let actual: Vec<_> = self.actual.iter().filter(|it| sieve.keep(&[it.0, it.1])).collect();
        let model: Vec<_> = self.model.iter().filter(|it| sieve.keep(&[it.0, it.1])).collect();
        let end = self.calibration_end.filter(|end| sieve.keep(&[*end]));
        let notes: Vec<_> = sieve.note().into_iter().collect();
        let all = actual.iter().chain(&model);
        let across = bounds(all.clone().map(|it| it.0));
        let (Some(across), Some(upwards)) = (across, bounds(all.map(|it| it.1))) else {
            return empty(&self.caption, &notes, (&self.x_label, &self.y_label));
        };
        let strokes = [Stroke::new(BLUE, 3.0), Stroke::new(VERMILLION, 3.0).dashed("10 6")];
        let [first, second] = strokes;
        let legend = [
            ("actual".to_owned(), Mark::Line(first)),
            (self.model_name.clone(), Mark::Line(second)),
        ];
        let mut frame = Frame::new(&self.caption, &notes, &legend);
        frame.area.top += 18.0;
        let x = Scale::exact(across.0, across.1, 12, frame.area.across());
        let (low, high) = (upwards.0.min(0.0), upwards.1);
        let y = Scale::fit(AxisScale::Linear, low, high, 8, frame.area.upwards());
        frame.left_axis(&y, &self.y_label);
        frame.bottom_axis(&x, &self.x_label);
        if let Some(end) = end.filter(|end| (across.0..=across.1).contains(end)) {
            draw_end(&mut frame, x.at(end));
        }
        for (line, stroke) in [actual, model].iter().zip(strokes) {
            let points: Vec<Point> = line.iter().map(|it| (x.at(it.0), y.at(it.1))).collect();
            frame.canvas.polyline(&points, stroke);
        }
        frame.border();
        frame.finish()
    }
}

/// The line between the two times, with their names above the plane.
fn draw_end(frame: &mut Frame, at: f64) {
    let area = frame.area;
    let stroke = Stroke::new(FAINT_INK, 1.5).dashed("3 4");
    frame.canvas.line((at, area.top - 24.0), (at, area.bottom), stroke);
    let (before, after) = ("calibration", "holdout");
    if at - width(before, LABEL_SIZE) > area.left {
        let lettering = Lettering::new(LABEL_SIZE, Anchor::End).coloured(FAINT_INK);
        frame.canvas.text((at - 10.0, area.top - 10.0), before, lettering);
    }
    if at + width(after, LABEL_SIZE) < area.right {
        let lettering = Lettering::new(LABEL_SIZE, Anchor::Start).coloured(FAINT_INK);
        frame.canvas.text((at + 10.0, area.top - 10.0), after, lettering);
    }
}
