//! The satisfaction trap: loyalty by level of satisfaction, and where its slope breaks.
//!
//! Jones and Sasser, "Why Satisfied Customers Defect" (HBR, November 1995): between satisfied and
//! very satisfied loyalty jumps. The chart shows the mean of every level, and the broken line only
//! where one was found; otherwise it says "none here" and why.

use crate::Caption;
use crate::canvas::{Anchor, Lettering, Point, Stroke};
use crate::colour::{BLUE, FAINT_INK, VERMILLION};
use crate::frame::{Frame, LABEL_SIZE, Mark, empty};
use crate::number::{Sieve, grouped, short, whole};
use crate::scale::{AxisScale, Scale, bounds};
use crate::text::{width, wrapped};

/// Loyalty by satisfaction level.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrapCurve {
    /// What the chart says about itself.
    pub caption: Caption,
    /// The axis below, with its scale: `satisfaction (1 to 10)`.
    pub x_label: String,
    /// The axis at the left, with its unit: `would recommend (0 to 10, mean)`.
    pub y_label: String,
    /// The levels, in any order.
    pub levels: Vec<TrapLevel>,
    /// The knot, where a trap was found.
    pub knot: Option<Knot>,
    /// Why none was found; shown where there is no knot.
    pub why_none: String,
}

/// One level of a [`TrapCurve`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrapLevel {
    /// The level of satisfaction.
    pub level: f64,
    /// Mean loyalty at this level.
    pub mean: f64,
    /// Lower end of the mean's interval; the mean itself where there is none.
    pub low: f64,
    /// Upper end of the mean's interval.
    pub high: f64,
    /// How many customers are at this level.
    pub n: u64,
}

/// The fitted broken line of a [`TrapCurve`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knot {
    /// The level where the slope breaks.
    pub at: f64,
    /// The fitted loyalty there.
    pub value: f64,
    /// Slope below the knot, loyalty per level.
    pub slope_below: f64,
    /// Slope above the knot, loyalty per level.
    pub slope_above: f64,
}

impl Knot {
    fn value_at(&self, level: f64) -> f64 {
        let slope = if level < self.at { self.slope_below } else { self.slope_above };
        self.value + slope * (level - self.at)
    }
}

impl TrapCurve {
    /// Draws the chart.
    pub fn svg(&self) -> String {
        let mut sieve = Sieve::default();
        let mut levels: Vec<_> = self
            .levels
            .iter()
            .filter(|it| sieve.keep(&[it.level, it.mean, it.low, it.high]))
            .collect();
        levels.sort_by(|one, other| one.level.total_cmp(&other.level));
        let knot =
            self.knot.filter(|it| sieve.keep(&[it.at, it.value, it.slope_below, it.slope_above]));
        let notes: Vec<_> = sieve.note().into_iter().collect();
        let Some((first, last)) = bounds(levels.iter().map(|it| it.level)) else {
            return empty(&self.caption, &notes, (&self.x_label, &self.y_label));
        };
        let line: Vec<Point> = knot
            .filter(|knot| (first..=last).contains(&knot.at))
            .map(|knot| [first, knot.at, last].map(|level| (level, knot.value_at(level))))
            .into_iter()
            .flatten()
            .collect();
        let seen = levels.iter().flat_map(|it| [it.low, it.mean, it.high]);
        let (low, high) = bounds(seen.chain(line.iter().map(|it| it.1))).unwrap_or((0.0, 1.0));
        let mut frame = Frame::new(&self.caption, &notes, &legend(&line));
        let side = if last > first { (last - first) * 0.06 } else { 0.5 };
        // Levels are whole numbers: no ticks between them.
        let ticks = (whole(last - first) + 1).min(12);
        let x = Scale::exact(first - side, last + side, ticks, frame.area.across());
        // Room below for the counts.
        let low = low - (high - low) * 0.1;
        let y = Scale::fit(AxisScale::Linear, low, high, 8, frame.area.upwards());
        frame.left_axis(&y, &self.y_label);
        frame.bottom_axis(&x, &self.x_label);
        draw_counts(&mut frame, &x, &levels);
        let line: Vec<Point> = line.iter().map(|it| (x.at(it.0), y.at(it.1))).collect();
        frame.canvas.polyline(&line, Stroke::new(VERMILLION, 3.0));
        for level in &levels {
            let middle = x.at(level.level);
            let (from, to) = ((middle, y.at(level.low)), (middle, y.at(level.high)));
            frame.canvas.line(from, to, Stroke::new(BLUE, 2.5));
            frame.canvas.circle((middle, y.at(level.mean)), 6.0, BLUE, 1.0);
        }
        match (knot, line.as_slice()) {
            (Some(knot), [_, at, _]) => draw_knot(&mut frame, &knot, *at),
            _ => self.draw_none(&mut frame),
        }
        frame.border();
        frame.finish()
    }

    fn draw_none(&self, frame: &mut Frame) {
        let (x, mut y) = (frame.area.left + 24.0, frame.area.top + 34.0);
        let lettering = Lettering::new(22.0, Anchor::Start).with_halo();
        frame.canvas.text((x, y), "none here", lettering);
        for line in wrapped(&self.why_none, LABEL_SIZE, frame.area.width() * 0.45).iter().take(5) {
            y += 24.0;
            let lettering = Lettering::new(LABEL_SIZE, Anchor::Start).with_halo();
            frame.canvas.text((x, y), line, lettering.coloured(FAINT_INK));
        }
    }
}

fn legend(line: &[Point]) -> Vec<(String, Mark)> {
    let mut legend = vec![("mean of the level, with interval".to_owned(), Mark::Dot(BLUE))];
    if !line.is_empty() {
        legend.push(("fitted broken line".to_owned(), Mark::Line(Stroke::new(VERMILLION, 3.0))));
    }
    legend
}

fn draw_counts(frame: &mut Frame, x: &Scale, levels: &[&TrapLevel]) {
    let mut free_from = f64::NEG_INFINITY;
    for level in levels {
        let text = format!("n {}", grouped(&level.n.to_string()));
        let (middle, half) = (x.at(level.level), width(&text, 13.0) / 2.0);
        if middle - half >= free_from {
            let lettering = Lettering::new(13.0, Anchor::Middle).coloured(FAINT_INK).with_halo();
            frame.canvas.text((middle, frame.area.bottom - 10.0), &text, lettering);
            free_from = middle + half + 8.0;
        }
    }
}

fn draw_knot(frame: &mut Frame, knot: &Knot, at: Point) {
    let area = frame.area;
    let stroke = Stroke::new(VERMILLION, 1.5).dashed("6 5");
    frame.canvas.line((at.0, area.top), (at.0, area.bottom - 30.0), stroke);
    let left_half = at.0 < area.centre().0;
    let (x, anchor) =
        if left_half { (at.0 + 12.0, Anchor::Start) } else { (at.0 - 12.0, Anchor::End) };
    let lines = [
        format!("knot at {}", short(knot.at)),
        format!("slope below {} per level", short(knot.slope_below)),
        format!("slope above {} per level", short(knot.slope_above)),
    ];
    let mut y = area.top + 22.0;
    for line in lines {
        let lettering = Lettering::new(LABEL_SIZE + 1.0, anchor).with_halo();
        frame.canvas.text((x, y), &line, lettering);
        y += 23.0;
    }
}
