//! An SVG text of 1200 x 800 written mark by mark, in the order of the calls.
//!
//! Written by hand: a chart needs six kinds of mark, and a library would only wrap the same
//! strings. Coordinates have two decimals, so the same input gives the same bytes everywhere.

use crate::colour::{Colour, INK, WHITE};
use std::fmt::Write;

/// Width of every chart in pixels.
pub const WIDTH: f64 = 1200.0;
/// Height of every chart in pixels.
pub const HEIGHT: f64 = 800.0;

pub(crate) type Point = (f64, f64);

/// How a line is drawn.
#[derive(Clone, Copy)]
pub(crate) struct Stroke {
    pub(crate) colour: Colour,
    pub(crate) width: f64,
    pub(crate) dashes: &'static str,
}

impl Stroke {
    pub(crate) fn new(colour: Colour, width: f64) -> Stroke {
        Stroke { colour, width, dashes: "" }
    }

    pub(crate) fn dashed(self, dashes: &'static str) -> Stroke {
        Stroke { dashes, ..self }
    }
}

/// Which end of a text stands at its place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text is set.
#[derive(Clone, Copy)]
pub(crate) struct Lettering {
    pub(crate) size: f64,
    pub(crate) anchor: Anchor,
    pub(crate) colour: Colour,
    /// A white edge, for text over marks.
    pub(crate) halo: bool,
    /// Reads upwards, for the axis at the left.
    pub(crate) upright: bool,
}

impl Lettering {
    pub(crate) fn new(size: f64, anchor: Anchor) -> Lettering {
        Lettering { size, anchor, colour: INK, halo: false, upright: false }
    }

    pub(crate) fn coloured(self, colour: Colour) -> Lettering {
        Lettering { colour, ..self }
    }

    pub(crate) fn with_halo(self) -> Lettering {
        Lettering { halo: true, ..self }
    }

    pub(crate) fn upright(self) -> Lettering {
        Lettering { upright: true, ..self }
    }
}

#[derive(Default)]
pub(crate) struct Canvas {
    body: String,
}

impl Canvas {
    pub(crate) fn line(&mut self, from: Point, to: Point, stroke: Stroke) {
        self.polyline(&[from, to], stroke);
    }

    pub(crate) fn polyline(&mut self, points: &[Point], stroke: Stroke) {
        if points.len() < 2 {
            return;
        }
        let dashes = match stroke.dashes {
            "" => String::new(),
            dashes => format!(" stroke-dasharray=\"{dashes}\""),
        };
        self.put(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" \
             stroke-linejoin=\"round\"{dashes}/>",
            listed(points),
            stroke.colour,
            number(stroke.width)
        ));
    }

    pub(crate) fn polygon(&mut self, points: &[Point], fill: &str, opacity: f64) {
        if points.len() < 3 {
            return;
        }
        self.put(format_args!(
            "<polygon points=\"{}\" fill=\"{fill}\" fill-opacity=\"{}\"/>",
            listed(points),
            number(opacity)
        ));
    }

    /// A band between two upright edges, narrowing and widening smoothly: (top, bottom) at each
    /// end.
    pub(crate) fn ribbon(&mut self, xs: Point, left: Point, right: Point, fill: &str) {
        let ((x0, x1), middle) = (xs, number(f64::midpoint(xs.0, xs.1)));
        let [x0, x1, top0, bottom0, top1, bottom1] =
            [x0, x1, left.0, left.1, right.0, right.1].map(number);
        self.put(format_args!(
            "<path d=\"M{x0} {top0}C{middle} {top0} {middle} {top1} {x1} {top1}L{x1} {bottom1}\
             C{middle} {bottom1} {middle} {bottom0} {x0} {bottom0}Z\" fill=\"{fill}\" \
             fill-opacity=\"0.45\"/>"
        ));
    }

    pub(crate) fn rect(&mut self, corner: Point, size: Point, fill: &str, edge: Option<Stroke>) {
        let edge = edge.map_or_else(String::new, |edge| {
            format!(" stroke=\"{}\" stroke-width=\"{}\"", edge.colour, number(edge.width))
        });
        self.put(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{fill}\"{edge}/>",
            number(corner.0),
            number(corner.1),
            number(size.0.max(0.0)),
            number(size.1.max(0.0))
        ));
    }

    pub(crate) fn circle(&mut self, centre: Point, radius: f64, fill: &str, opacity: f64) {
        self.put(format_args!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{fill}\" fill-opacity=\"{}\"/>",
            number(centre.0),
            number(centre.1),
            number(radius),
            number(opacity)
        ));
    }

    /// A text whose baseline begins, is centred or ends at a place.
    pub(crate) fn text(&mut self, at: Point, text: &str, lettering: Lettering) {
        if text.is_empty() {
            return;
        }
        let (x, y) = (number(at.0), number(at.1));
        let anchor = match lettering.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let turn = if lettering.upright {
            format!(" transform=\"rotate(-90 {x} {y})\"")
        } else {
            String::new()
        };
        let attributes =
            format!("x=\"{x}\" y=\"{y}\" font-size=\"{}\"{anchor}{turn}", number(lettering.size));
        let text = escaped(text);
        if lettering.halo {
            self.put(format_args!(
                "<text {attributes} fill=\"{WHITE}\" stroke=\"{WHITE}\" stroke-width=\"4\" \
                 stroke-linejoin=\"round\" aria-hidden=\"true\">{text}</text>"
            ));
        }
        self.put(format_args!("<text {attributes} fill=\"{}\">{text}</text>", lettering.colour));
    }

    /// The whole document, with a title and a description for those who cannot see it.
    pub(crate) fn document(&self, title: &str, description: &str) -> String {
        let (title, description) = (escaped(title), escaped(description));
        let body = &self.body;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             font-family=\"'DejaVu Sans', Verdana, Arial, sans-serif\">\n\
             <title>{title}</title>\n<desc>{description}</desc>\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"{WHITE}\"/>\n{body}</svg>\n"
        )
    }

    fn put(&mut self, mark: std::fmt::Arguments<'_>) {
        writeln!(self.body, "{mark}").expect("writing into a string does not fail");
    }
}

fn listed(points: &[Point]) -> String {
    let points: Vec<_> =
        points.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect();
    points.join(" ")
}

/// A coordinate: two decimals at most, no trailing zeros, never a sign before zero.
fn number(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text for XML: marks of its own escaped, characters XML cannot hold replaced by U+FFFD.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                escaped.push('\u{fffd}');
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_and_text_is_escaped() {
        assert_eq!(number(1.0), "1");
        assert_eq!(number(-0.001), "0");
        assert_eq!(number(12.345_6), "12.35");
        assert_eq!(number(f64::NAN), "0");
        assert_eq!(escaped("a < b & \u{1}c"), "a &lt; b &amp; \u{fffd}c");
    }
}
