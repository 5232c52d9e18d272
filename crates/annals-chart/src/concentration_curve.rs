//! How unequally value is spread over customers: the Lorenz or concentration curve with its Gini.

use crate::Caption;
use crate::canvas::{Anchor, Lettering, Point, Stroke};
use crate::colour::{BLUE, FAINT_INK};
use crate::frame::{Frame, Mark, empty};
use crate::label;
use crate::number::{Sieve, plain};
use crate::scale::Scale;

/// Cumulative shares, against the diagonal on which all customers are worth the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConcentrationCurve {
    /// What the chart says about itself.
    pub caption: Caption,
    /// The axis below: `share of customers, the most valuable first (%)`.
    pub x_label: String,
    /// The axis at the left: `share of revenue (%)`.
    pub y_label: String,
    /// Points of the curve in order, (share of customers, share of value), each 0 to 1.
    pub points: Vec<(f64, f64)>,
    /// The Gini coefficient, as the report gives it; not shown where it is `None`.
    pub gini: Option<f64>,
    /// Points to be named: (share of customers, share of value, `20 % bring 68 %`).
    pub marks: Vec<(f64, f64, String)>,
}

impl ConcentrationCurve {
    /// Draws the chart.
    pub fn svg(&self) -> String {
        let mut sieve = Sieve::default();
        let inside = |x: f64, y: f64| (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y);
        let points: Vec<_> =
            self.points.iter().filter(|it| sieve.keep_if(inside(it.0, it.1))).collect();
        let marks: Vec<_> =
            self.marks.iter().filter(|it| sieve.keep_if(inside(it.0, it.1))).collect();
        let gini = self.gini.filter(|gini| sieve.keep(&[*gini]));
        let notes: Vec<_> = sieve.note().into_iter().collect();
        if points.len() < 2 {
            return empty(&self.caption, &notes, (&self.x_label, &self.y_label));
        }
        let legend = [
            ("as it is".to_owned(), Mark::Line(Stroke::new(BLUE, 3.0))),
            ("if all were worth the same".to_owned(), Mark::Line(diagonal())),
        ];
        let mut frame = Frame::new(&self.caption, &notes, &legend);
        let percent = |share: f64| format!("{} %", plain(share * 100.0, 0));
        let x = Scale::exact(0.0, 1.0, 10, frame.area.across()).labelled(percent);
        let y = Scale::exact(0.0, 1.0, 10, frame.area.upwards()).labelled(percent);
        frame.left_axis(&y, &self.y_label);
        frame.bottom_axis(&x, &self.x_label);
        let curve: Vec<Point> = points.iter().map(|it| (x.at(it.0), y.at(it.1))).collect();
        frame.canvas.polygon(&curve, BLUE, 0.12);
        frame.canvas.line((x.at(0.0), y.at(0.0)), (x.at(1.0), y.at(1.0)), diagonal());
        frame.canvas.polyline(&curve, Stroke::new(BLUE, 3.0));
        let middle = points.get(points.len() / 2);
        let above = middle.is_some_and(|it| it.1 >= it.0);
        if let Some(gini) = gini {
            let (at, anchor) = if above {
                ((frame.area.right - 24.0, frame.area.bottom - 28.0), Anchor::End)
            } else {
                ((frame.area.left + 24.0, frame.area.top + 40.0), Anchor::Start)
            };
            let lettering = Lettering::new(26.0, anchor).with_halo();
            frame.canvas.text(at, &format!("Gini {}", plain(gini, 3)), lettering);
        }
        let taken = label::along(&curve);
        let mut labels = Vec::new();
        for (share, value, name) in marks {
            let at = (x.at(*share), y.at(*value));
            frame.canvas.circle(at, 6.0, BLUE, 1.0);
            labels.push((at, name.clone()));
        }
        let area = frame.area;
        let unsaid = label::place(&mut frame.canvas, &area, &labels, &taken);
        if let Some(unsaid) = unsaid {
            frame.remark(&unsaid);
        }
        frame.border();
        frame.finish()
    }
}

fn diagonal() -> Stroke {
    Stroke::new(FAINT_INK, 1.5).dashed("7 5")
}
