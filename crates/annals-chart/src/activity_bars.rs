//! Amounts by period, stacked: what comes above zero, what goes below.

use crate::Caption;
use crate::canvas::Stroke;
use crate::colour::{Colour, INK, WHITE, series};
use crate::frame::{Frame, Mark, empty};
use crate::number::{Sieve, real};
use crate::scale::{AxisScale, Scale, bounds};

/// Stacked bars over periods: active customers by month, new, returning and resurrecting upwards,
/// dormant downwards.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActivityBars {
    /// What the chart says about itself.
    pub caption: Caption,
    /// The axis below: `month`.
    pub x_label: String,
    /// The axis at the left, with its unit: `customers (count)`.
    pub y_label: String,
    /// Names of the periods, in order.
    pub periods: Vec<String>,
    /// The layers, from zero outwards.
    pub layers: Vec<BarLayer>,
}

/// One layer of [`ActivityBars`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BarLayer {
    /// Name in the legend.
    pub name: String,
    /// One value per period; values below zero are drawn downwards.
    pub values: Vec<f64>,
}

struct Bar {
    period: usize,
    from: f64,
    to: f64,
    colour: Colour,
}

impl ActivityBars {
    /// Draws the chart.
    pub fn svg(&self) -> String {
        let mut sieve = Sieve::default();
        let bars = self.bars(&mut sieve);
        let notes: Vec<_> = sieve.note().into_iter().collect();
        let Some((low, high)) = bounds(bars.iter().flat_map(|bar| [bar.from, bar.to])) else {
            return empty(&self.caption, &notes, (&self.x_label, &self.y_label));
        };
        let layers = self.layers.iter().enumerate();
        let legend: Vec<_> =
            layers.map(|(index, it)| (it.name.clone(), Mark::Area(series(index)))).collect();
        let mut frame = Frame::new(&self.caption, &notes, &legend);
        let y = Scale::fit(AxisScale::Linear, low, high, 8, frame.area.upwards());
        frame.left_axis(&y, &self.y_label);
        frame.bottom_names(&self.periods, &self.x_label);
        let count = self.periods.len();
        let wide = (frame.area.width() / real(count.max(1)) * 0.72).min(90.0);
        let edge = (wide > 5.0).then_some(Stroke::new(WHITE, 1.0));
        for bar in &bars {
            let (top, bottom) = (y.at(bar.from.max(bar.to)), y.at(bar.from.min(bar.to)));
            let left = frame.area.column(bar.period, count) - wide / 2.0;
            frame.canvas.rect((left, top), (wide, bottom - top), bar.colour, edge);
        }
        let (left, right) = frame.area.across();
        frame.canvas.line((left, y.at(0.0)), (right, y.at(0.0)), Stroke::new(INK, 1.5));
        frame.border();
        frame.finish()
    }

    /// The pieces of all bars, each beginning where the piece below it ends.
    fn bars(&self, sieve: &mut Sieve) -> Vec<Bar> {
        let mut ends = vec![(0.0, 0.0); self.periods.len()];
        let mut bars = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            for (period, (value, end)) in layer.values.iter().zip(&mut ends).enumerate() {
                let (down, up) = *end;
                let from = if *value < 0.0 { down } else { up };
                let to = from + value;
                if !sieve.keep(&[*value, to]) {
                    continue;
                }
                *end = if *value < 0.0 { (to, up) } else { (down, to) };
                bars.push(Bar { period, from, to, colour: series(index) });
            }
        }
        bars
    }
}
