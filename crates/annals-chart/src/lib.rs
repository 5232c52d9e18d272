//! Charts of the reports: plain numbers and labels in, SVG text or PNG bytes out.
//!
//! One struct per chart with plain fields; `svg()` draws it, [`png`] makes a picture of the text.
//! Every chart is 1200 x 800, names its axes with their units, and says under the picture on how
//! many things it stands, as of when and from where. An empty input gives the frame and the reason;
//! numbers that cannot be drawn are left out, and the caption says how many. The same input gives
//! the same bytes: no clock, no random ids, no fonts of the machine.
//!
//! Deliberately absent: reading views, computing measures, files. The picture computes nothing a
//! report does not already say, except where things lie.

mod activity_bars;
mod canvas;
mod caption;
mod colour;
mod colour_bar;
mod concentration_curve;
mod error;
mod frame;
mod heat_map;
mod histogram;
mod kano_plane;
mod label;
mod number;
mod png;
mod scale;
mod scatter;
mod stage_flow;
mod step_curves;
mod text;
mod time_series;
mod tracking_plot;
mod trap_curve;

pub use activity_bars::{ActivityBars, BarLayer};
pub use canvas::{HEIGHT, WIDTH};
pub use caption::Caption;
pub use concentration_curve::ConcentrationCurve;
pub use error::ChartError;
pub use heat_map::HeatMap;
pub use histogram::Histogram;
pub use kano_plane::{KanoFeature, KanoPlane};
pub use png::png;
pub use scale::AxisScale;
pub use scatter::Scatter;
pub use stage_flow::{Flow, StageFlow};
pub use step_curves::{Step, StepCurve, StepCurves};
pub use time_series::{Estimate, TimeLine, TimeSeries};
pub use tracking_plot::TrackingPlot;
pub use trap_curve::{Knot, TrapCurve, TrapLevel};
