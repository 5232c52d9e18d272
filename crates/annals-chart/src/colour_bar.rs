//! Amounts as colours, and the bar at the right that says which colour is which amount.

use crate::canvas::{Anchor, Lettering, Stroke};
use crate::colour::{INK, ramp};
use crate::frame::{Frame, LABEL_SIZE};
use crate::number::real;
use crate::scale::{AxisScale, Scale};
use crate::text::fitted;

/// Room the bar needs at the right of the area, in pixels.
pub(crate) const BAR_ROOM: f64 = 112.0;
const STRIPS: usize = 64;

/// From amounts to shares of the ramp.
pub(crate) struct Shades {
    kind: AxisScale,
    low: f64,
    high: f64,
}

impl Shades {
    pub(crate) fn over(kind: AxisScale, low: f64, high: f64) -> Shades {
        Shades { kind, low, high }
    }

    /// 0 for the least, 1 for the greatest; 1 where all are equal.
    pub(crate) fn share(&self, value: f64) -> f64 {
        let (low, high) = (self.kind.spread(self.low), self.kind.spread(self.high));
        if high > low { (self.kind.spread(value) - low) / (high - low) } else { 1.0 }
    }

    /// Draws the bar into the room at the right of the area.
    pub(crate) fn draw(&self, frame: &mut Frame, label: &str) {
        let area = frame.area;
        let (left, bar) = (area.right + 30.0, 22.0);
        let strip = area.height() / real(STRIPS);
        for index in 0..STRIPS {
            let top = area.bottom - strip * (real(index) + 1.0);
            let share = (real(index) + 0.5) / real(STRIPS);
            frame.canvas.rect((left, top), (bar, strip + 0.5), &ramp(share), None);
        }
        let scale = Scale::fit(self.kind, self.low, self.high, 6, (0.0, 1.0));
        for (value, text) in scale.ticks() {
            let share = self.share(*value);
            if (-0.001..=1.001).contains(&share) {
                let y = area.bottom - share * area.height();
                let (from, to) = ((left + bar, y), (left + bar + 5.0, y));
                frame.canvas.line(from, to, Stroke::new(INK, 1.0));
                let lettering = Lettering::new(LABEL_SIZE - 1.0, Anchor::Start);
                frame.canvas.text((left + bar + 9.0, y + 5.0), text, lettering);
            }
        }
        let at = (left - 9.0, area.centre().1);
        let lettering = Lettering::new(LABEL_SIZE, Anchor::Middle).upright();
        frame.canvas.text(at, &fitted(label, LABEL_SIZE, area.height()), lettering);
    }
}
