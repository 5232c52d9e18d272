//! Colours people with any colour vision can tell apart.
//!
//! Lines and areas: the palette of Okabe and Ito ("Color Universal Design", 2008) without its
//! yellow, which is too pale on white. Amounts: `ColorBrewer`'s `YlGnBu`, light to dark, so that it
//! also reads in grey, but with a darker beginning, so that the least can be seen on white. Lines
//! additionally differ in their dashes.

/// A colour as it stands in the SVG.
pub(crate) type Colour = &'static str;

pub(crate) const INK: Colour = "#222222";
pub(crate) const FAINT_INK: Colour = "#5a5a5a";
pub(crate) const GRID: Colour = "#e3e3e3";
pub(crate) const WHITE: Colour = "#ffffff";
pub(crate) const BLUE: Colour = "#0072b2";
pub(crate) const VERMILLION: Colour = "#d55e00";

const SERIES: [Colour; 7] =
    [BLUE, VERMILLION, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"];
const DASHES: [&str; 4] = ["", "10 5", "3 4", "12 4 3 4"];

/// The colour of the series or group with this index.
pub(crate) fn series(index: usize) -> Colour {
    SERIES.get(index % SERIES.len()).copied().unwrap_or(INK)
}

/// The dashes of the line with this index.
pub(crate) fn dashes(index: usize) -> &'static str {
    DASHES.get(index % DASHES.len()).copied().unwrap_or("")
}

const RAMP: [[f64; 3]; 5] = [
    [219.0, 240.0, 178.0],
    [161.0, 218.0, 180.0],
    [65.0, 182.0, 196.0],
    [34.0, 94.0, 168.0],
    [8.0, 29.0, 88.0],
];

/// The colour of an amount as a share of the greatest, 0 (light) to 1 (dark).
pub(crate) fn ramp(share: f64) -> String {
    let [red, green, blue] = mixed(share);
    format!("rgb({red:.0},{green:.0},{blue:.0})")
}

/// The ink that reads on that colour.
pub(crate) fn ink_on(share: f64) -> Colour {
    let [red, green, blue] = mixed(share);
    if 0.299 * red + 0.587 * green + 0.114 * blue > 118.0 { INK } else { WHITE }
}

fn mixed(share: f64) -> [f64; 3] {
    let place = if share.is_finite() { share.clamp(0.0, 1.0) * 4.0 } else { 0.0 };
    let lower = crate::number::whole(place).min(3);
    let part = place - crate::number::real(lower);
    let from = RAMP.get(lower).copied().unwrap_or_default();
    let to = RAMP.get(lower + 1).copied().unwrap_or_default();
    let mut mixed = [0.0; 3];
    for ((mixed, from), to) in mixed.iter_mut().zip(from).zip(to) {
        *mixed = from + (to - from) * part;
    }
    mixed
}
