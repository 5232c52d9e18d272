//! What can go wrong when a picture is made of SVG text.

use resvg::usvg;

/// Why an SVG text could not be made into a PNG.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// The text is not SVG.
    #[error("the text is not an SVG picture: {0}; give the text a chart's svg() returned")]
    NotSvg(#[from] usvg::Error),
    /// The picture is larger than memory allows for.
    #[error(
        "a picture of {width} x {height} pixels is above {limit} on a side; charts are 1200 x 800"
    )]
    TooLarge {
        /// Width found, in pixels.
        width: u32,
        /// Height found, in pixels.
        height: u32,
        /// The longest side allowed, in pixels.
        limit: u32,
    },
    /// The pixels could not be written as PNG.
    #[error("the pixels could not be written as PNG: {reason}; keep the SVG instead")]
    NotEncoded {
        /// What the encoder said.
        reason: String,
    },
}
