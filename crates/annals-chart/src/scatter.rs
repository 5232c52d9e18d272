//! Points in a plane cut by its means: the behaviour matrix.
//!
//! Up to 2,000 points are drawn one by one, translucent. More are counted in hexagons, whose colour
//! says how many lie there: 20,000 marks over each other would only show an outline.

use crate::Caption;
use crate::canvas::{Anchor, Lettering, Point, Stroke};
use crate::colour::{BLUE, INK, ramp};
use crate::colour_bar::{BAR_ROOM, Shades};
use crate::frame::{Frame, LABEL_SIZE, empty};
use crate::number::{Sieve, real, short, whole};
use crate::scale::{AxisScale, Scale, bounds};
use crate::text::fitted;
use std::collections::BTreeMap;

const POINTS_MAX: usize = 2_000;
/// From the middle of a hexagon to its corners, in pixels.
const RADIUS: f64 = 7.0;

/// Free above the lower edge, for the names of the lower quarters, in pixels.
const NAME_ROOM: f64 = 36.0;

/// Points, mean lines and the names of the four quarters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scatter {
    /// What the chart says about itself.
    pub caption: Caption,
    /// The axis below, with its unit: `purchases (count)`.
    pub x_label: String,
    /// The axis at the left, with its unit: `average purchase (EUR)`.
    pub y_label: String,
    /// How the axis below spreads; quantities with a long tail want [`AxisScale::Log`].
    pub x_scale: AxisScale,
    /// How the axis at the left spreads.
    pub y_scale: AxisScale,
    /// The points, (x, y).
    pub points: Vec<(f64, f64)>,
    /// Where the lines lie that cut the plane, (x, y); none are drawn where it is `None`.
    pub means: Option<(f64, f64)>,
    /// Names of the quarters: top left, top right, bottom left, bottom right.
    pub quarters: [String; 4],
}

impl Scatter {
    /// Draws the chart.
    pub fn svg(&self) -> String {
        let mut sieve = Sieve::default();
        let mut beyond = Sieve::default();
        let mut shown = |(x, y): &(f64, f64)| {
            let reached = self.x_scale.reaches(*x) && self.y_scale.reaches(*y);
            sieve.keep(&[*x, *y]) && beyond.keep_if(reached)
        };
        let points: Vec<_> = self.points.iter().copied().filter(&mut shown).collect();
        let means = self.means.filter(shown);
        let said = means.map(|(x, y)| {
            format!("dashed: the means, {} across and {} upwards", short(x), short(y))
        });
        let refused = sieve.note().into_iter().chain(beyond.note_because(AxisScale::BEYOND));
        let notes: Vec<_> = said.into_iter().chain(refused).collect();
        let across = bounds(points.iter().chain(&means).map(|point| point.0));
        let upwards = bounds(points.iter().chain(&means).map(|point| point.1));
        let (Some(across), Some(upwards), false) = (across, upwards, points.is_empty()) else {
            return empty(&self.caption, &notes, (&self.x_label, &self.y_label));
        };
        let binned = points.len() > POINTS_MAX;
        let mut frame = Frame::new(&self.caption, &notes, &[]);
        // Names of the upper quarters stand above the plane, off the points.
        frame.area.top += 14.0;
        if binned {
            frame.area.right -= BAR_ROOM;
        }
        let x = Scale::fit(self.x_scale, across.0, across.1, 10, inset(frame.area.across(), 12.0));
        let y = Scale::fit(
            self.y_scale,
            upwards.0,
            upwards.1,
            8,
            inset(frame.area.upwards(), NAME_ROOM),
        );
        frame.left_axis(&y, &self.y_label);
        frame.bottom_axis(&x, &self.x_label);
        let marks: Vec<Point> = points.iter().map(|point| (x.at(point.0), y.at(point.1))).collect();
        if binned {
            draw_hexagons(&mut frame, &marks);
        } else {
            for mark in marks {
                frame.canvas.circle(mark, 4.5, BLUE, 0.35);
            }
        }
        if let Some(means) = means {
            self.draw_quarters(&mut frame, (x.at(means.0), y.at(means.1)));
        }
        frame.border();
        frame.finish()
    }

    fn draw_quarters(&self, frame: &mut Frame, at: Point) {
        let area = frame.area;
        let stroke = Stroke::new(INK, 1.5).dashed("7 5");
        frame.canvas.line((at.0, area.top), (at.0, area.bottom), stroke);
        frame.canvas.line((area.left, at.1), (area.right, at.1), stroke);
        let lefts = (area.left + 8.0, Anchor::Start);
        let rights = (area.right - 8.0, Anchor::End);
        let (top, bottom) = (area.top - 8.0, area.bottom - 10.0);
        let places = [(lefts, top), (rights, top), (lefts, bottom), (rights, bottom)];
        for (name, ((x, anchor), y)) in self.quarters.iter().zip(places) {
            let name = fitted(name, LABEL_SIZE + 2.0, area.width() / 2.0 - 20.0);
            let lettering = Lettering::new(LABEL_SIZE + 2.0, anchor).with_halo();
            frame.canvas.text((x, y), &name, lettering);
        }
    }
}

/// Off the edges, so that marks at the ends are whole.
fn inset((from, to): (f64, f64), first: f64) -> (f64, f64) {
    let direction = (to - from).signum();
    (from + direction * first, to - direction * 12.0)
}

/// How many marks lie in each hexagon, by its middle: row, column.
fn counted(marks: &[Point], origin: Point) -> BTreeMap<(usize, usize), usize> {
    let (wide, high) = (RADIUS * 3_f64.sqrt(), RADIUS * 3.0);
    let mut counts = BTreeMap::new();
    for (x, y) in marks {
        let (x, y) = ((x - origin.0) / wide, (y - origin.1) / high);
        // The middles are two square lattices, one shifted by half; the nearer middle has the mark.
        let even = (x.round(), y.round());
        let odd = ((x - 0.5).round() + 0.5, (y - 0.5).round() + 0.5);
        let far =
            |middle: (f64, f64)| ((x - middle.0) * wide).powi(2) + ((y - middle.1) * high).powi(2);
        let middle = if far(even) <= far(odd) { even } else { odd };
        let place = (whole((middle.1 * 2.0).round()), whole((middle.0 * 2.0).round()));
        *counts.entry(place).or_insert(0) += 1;
    }
    counts
}

fn draw_hexagons(frame: &mut Frame, marks: &[Point]) {
    // One hexagon aside, so that no middle has a negative row or column.
    let origin = (frame.area.left - RADIUS * 3_f64.sqrt(), frame.area.top - RADIUS * 3.0);
    let counts = counted(marks, origin);
    let most = counts.values().copied().max().unwrap_or(1);
    let shades = Shades::over(AxisScale::Log, 1.0, real(most));
    for ((row, column), count) in &counts {
        let x = origin.0 + real(*column) / 2.0 * RADIUS * 3_f64.sqrt();
        let y = origin.1 + real(*row) / 2.0 * RADIUS * 3.0;
        let (half, radius) = (RADIUS * 3_f64.sqrt() / 2.0, RADIUS);
        let corners = [
            (x, y - radius),
            (x + half, y - radius / 2.0),
            (x + half, y + radius / 2.0),
            (x, y + radius),
            (x - half, y + radius / 2.0),
            (x - half, y - radius / 2.0),
        ];
        frame.canvas.polygon(&corners, &ramp(shades.share(real(*count))), 1.0);
    }
    shades.draw(frame, "points in a hexagon");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_lies_in_one_hexagon_near_it() {
        let marks: Vec<Point> =
            (0..500).map(|i| (real(i * 37 % 211), real(i * 53 % 173))).collect();
        let counts = counted(&marks, (-20.0, -30.0));
        assert_eq!(counts.values().sum::<usize>(), marks.len());
        for mark in &marks {
            let alone = counted(&[*mark], (-20.0, -30.0));
            let ((row, column), _) = alone.first_key_value().unwrap();
            let x = -20.0 + real(*column) / 2.0 * RADIUS * 3_f64.sqrt();
            let y = -30.0 + real(*row) / 2.0 * RADIUS * 3.0;
            assert!((mark.0 - x).hypot(mark.1 - y) <= RADIUS + 1e-9, "{mark:?}");
        }
    }
}
