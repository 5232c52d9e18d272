//! SVG text into PNG bytes, with the font this crate carries.
//!
//! The fonts of the machine are not asked: the picture is the same on a server without any, and
//! the same bytes everywhere. A script `DejaVu` Sans lacks (Chinese, Japanese, Korean) shows as
//! boxes in a PNG; the SVG has the text itself.

use crate::ChartError;
use resvg::{tiny_skia, usvg};
use std::sync::Arc;

const FONT: &[u8] = include_bytes!("../font/DejaVuSans.ttf");
const SIDE_MAX: u32 = 8_192;

/// Draws the SVG text of a chart into a PNG of the same size in pixels.
///
/// # Errors
/// Text that is not SVG, or a picture above 8,192 pixels on a side.
pub fn png(svg: &str) -> Result<Vec<u8>, ChartError> {
    let mut options = usvg::Options { font_family: "DejaVu Sans".to_owned(), ..Default::default() };
    let fonts = Arc::make_mut(&mut options.fontdb);
    fonts.load_font_data(FONT.to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    let tree = usvg::Tree::from_str(svg, &options)?;
    let size = tree.size().to_int_size();
    let (width, height) = (size.width(), size.height());
    let too_large = ChartError::TooLarge { width, height, limit: SIDE_MAX };
    if width.max(height) > SIDE_MAX {
        return Err(too_large);
    }
    let mut pixels = tiny_skia::Pixmap::new(width, height).ok_or(too_large)?;
    resvg::render(&tree, tiny_skia::Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| ChartError::NotEncoded { reason: error.to_string() })
}
