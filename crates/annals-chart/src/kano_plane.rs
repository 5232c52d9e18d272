//! The Kano plane: what a feature adds when it is there (Better) against what it costs when it is
//! not (Worse), after Berger and others, "Kano's Methods for Understanding Customer-defined
//! Quality" (1993). The quarters are named by the category that lies there.

use crate::Caption;
use crate::canvas::{Anchor, Lettering, Stroke};
use crate::colour::{Colour, FAINT_INK, series};
use crate::frame::{Frame, Mark, empty};
use crate::label::{self, Room};
use crate::number::{Sieve, at_step};
use crate::scale::Scale;

const X_LABEL: &str =
    "Worse: dissatisfaction without the feature (0 to \u{2212}1, share of answers)";
const Y_LABEL: &str = "Better: satisfaction with the feature (0 to 1)";

/// Features by Better and Worse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KanoPlane {
    /// What the chart says about itself.
    pub caption: Caption,
    /// The features; where names compete for room, earlier features have it.
    pub features: Vec<KanoFeature>,
}

/// One feature of a [`KanoPlane`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KanoFeature {
    /// Its name.
    pub feature: String,
    /// (A + O) / (A + O + M + I), 0 to 1.
    pub better: f64,
    /// -(O + M) / (A + O + M + I), -1 to 0.
    pub worse: f64,
    /// Its category, for the colour: `attractive`.
    pub category: String,
}

impl KanoPlane {
    /// Draws the chart.
    pub fn svg(&self) -> String {
        let mut sieve = Sieve::default();
        let features: Vec<_> = self
            .features
            .iter()
            .filter(|it| {
                let inside = (0.0..=1.0).contains(&it.better) && (-1.0..=0.0).contains(&it.worse);
                sieve.keep_if(inside)
            })
            .collect();
        let notes: Vec<_> = sieve.note().into_iter().collect();
        if features.is_empty() {
            return empty(&self.caption, &notes, (X_LABEL, Y_LABEL));
        }
        let categories = categories(&features);
        let legend: Vec<_> = categories
            .iter()
            .map(|(name, colour)| ((*name).to_owned(), Mark::Dot(colour)))
            .collect();
        let mut frame = Frame::new(&self.caption, &notes, &legend);
        let x = Scale::exact(0.0, 1.0, 10, frame.area.across()).labelled(|it| at_step(-it, 0.1));
        let y = Scale::exact(0.0, 1.0, 10, frame.area.upwards());
        frame.left_axis(&y, Y_LABEL);
        frame.bottom_axis(&x, X_LABEL);
        let taken = draw_quarters(&mut frame, &x, &y);
        let mut labels = Vec::new();
        for feature in &features {
            let at = (x.at(-feature.worse), y.at(feature.better));
            let colour = categories.iter().find(|(name, _)| *name == feature.category);
            frame.canvas.circle(at, 7.0, colour.map_or(FAINT_INK, |(_, colour)| colour), 0.85);
            labels.push((at, feature.feature.clone()));
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

/// The categories in the order of their names, each with its colour.
fn categories<'a>(features: &[&'a KanoFeature]) -> Vec<(&'a str, Colour)> {
    let mut names: Vec<_> = features.iter().map(|it| it.category.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| !name.is_empty());
    names.into_iter().enumerate().map(|(index, name)| (name, series(index))).collect()
}

/// The lines and names of the quarters; answers where the names are.
fn draw_quarters(frame: &mut Frame, x: &Scale, y: &Scale) -> Vec<Room> {
    let area = frame.area;
    let stroke = Stroke::new(FAINT_INK, 1.5).dashed("6 5");
    frame.canvas.line((x.at(0.5), area.top), (x.at(0.5), area.bottom), stroke);
    frame.canvas.line((area.left, y.at(0.5)), (area.right, y.at(0.5)), stroke);
    let quarters = [
        ("attractive", 0.25, area.top + 24.0),
        ("one-dimensional", 0.75, area.top + 24.0),
        ("indifferent", 0.25, area.bottom - 14.0),
        ("must-be", 0.75, area.bottom - 14.0),
    ];
    let mut taken = Vec::new();
    for (name, middle, baseline) in quarters {
        taken.push(Room::around((x.at(middle), baseline - 6.0), (80.0, 12.0)));
        let lettering = Lettering::new(19.0, Anchor::Middle).coloured("#8a8a8a");
        frame.canvas.text((x.at(middle), baseline), name, lettering);
    }
    taken
}
