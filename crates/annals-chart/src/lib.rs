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

mod canvas;
mod caption;
mod colour;
mod error;
mod frame;
mod label;
mod number;
mod png;
mod scale;
mod text;
mod time_series;

pub use canvas::{HEIGHT, WIDTH};
pub use caption::Caption;
pub use error::ChartError;
pub use png::png;
pub use scale::AxisScale;
pub use time_series::{Estimate, TimeLine, TimeSeries};
