//! What all charts share: title, legend, axes with units, caption, and the words for an empty one.

use crate::Caption;
use crate::canvas::{Anchor, Canvas, HEIGHT, Lettering, Point, Stroke, WIDTH};
use crate::colour::{Colour, FAINT_INK, GRID, INK};
use crate::number::real;
use crate::scale::Scale;
use crate::text::{fitted, widest, width, wrapped};

pub(crate) const LABEL_SIZE: f64 = 15.0;
const TITLE_SIZE: f64 = 26.0;
const AXIS_SIZE: f64 = 17.0;
const CAPTION_SIZE: f64 = 14.0;
const EDGE: f64 = 32.0;
const LEGEND_TOP: f64 = 78.0;
const LEGEND_ROW: f64 = 26.0;

/// How a series is marked in the legend.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    Line(Stroke),
    Area(Colour),
    Dot(Colour),
}

/// Where the data is drawn.
#[derive(Clone, Copy)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Area {
    pub(crate) fn across(&self) -> Point {
        (self.left, self.right)
    }

    /// Upwards: the pixels of the lowest value and of the highest.
    pub(crate) fn upwards(&self) -> Point {
        (self.bottom, self.top)
    }

    pub(crate) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub(crate) fn centre(&self) -> Point {
        (f64::midpoint(self.left, self.right), f64::midpoint(self.top, self.bottom))
    }

    /// The middle of one of so many equal columns.
    pub(crate) fn column(&self, index: usize, count: usize) -> f64 {
        self.left + (real(index) + 0.5) * self.width() / real(count.max(1))
    }
}

pub(crate) struct Frame {
    pub(crate) canvas: Canvas,
    pub(crate) area: Area,
    title: String,
    said: String,
}

impl Frame {
    /// Title above, legend under it, caption and notes below; the area between is free.
    pub(crate) fn new(caption: &Caption, notes: &[String], legend: &[(String, Mark)]) -> Frame {
        let mut canvas = Canvas::default();
        let room = WIDTH - 2.0 * EDGE;
        let title_size = (TITLE_SIZE * room / width(&caption.title, TITLE_SIZE).max(1.0))
            .clamp(TITLE_SIZE * 0.65, TITLE_SIZE);
        let title = fitted(&caption.title, title_size, room);
        canvas.text((EDGE, 48.0), &title, Lettering::new(title_size, Anchor::Start));
        let rows = draw_legend(&mut canvas, legend);
        let notes = notes.join("; ");
        let mut lines = wrapped(&caption.line(), CAPTION_SIZE, room);
        lines.truncate(if notes.is_empty() { 3 } else { 2 });
        if !notes.is_empty() {
            lines.push(fitted(&notes, CAPTION_SIZE, room));
        }
        let first = HEIGHT - 18.0 - 20.0 * (real(lines.len()) - 1.0);
        for (index, line) in lines.iter().enumerate() {
            let lettering = Lettering::new(CAPTION_SIZE, Anchor::Start).coloured(FAINT_INK);
            canvas.text((EDGE, first + 20.0 * real(index)), line, lettering);
        }
        let area = Area {
            left: 120.0,
            top: LEGEND_TOP + LEGEND_ROW * real(rows),
            right: WIDTH - 44.0,
            bottom: first - 92.0,
        };
        let said = [caption.line(), notes].join(" \u{b7} ");
        let said = said.trim_end_matches(" \u{b7} ").to_owned();
        Frame { canvas, area, title: caption.title.clone(), said }
    }

    /// Grid, ticks and labels of an upward axis at the left.
    pub(crate) fn left_axis(&mut self, scale: &Scale, label: &str) {
        for (value, text) in scale.ticks() {
            let y = scale.at(*value);
            let (from, to) = ((self.area.left, y), (self.area.right, y));
            self.canvas.line(from, to, Stroke::new(GRID, 1.0));
            let lettering = Lettering::new(LABEL_SIZE, Anchor::End);
            self.canvas.text((self.area.left - 10.0, y + 5.0), text, lettering);
        }
        self.left_label(label);
    }

    /// Grid, ticks and labels of an axis below; ticks without room for a label have none.
    pub(crate) fn bottom_axis(&mut self, scale: &Scale, label: &str) {
        let mut free_from = f64::NEG_INFINITY;
        for (value, text) in scale.ticks() {
            let x = scale.at(*value);
            let (from, to) = ((x, self.area.top), (x, self.area.bottom));
            self.canvas.line(from, to, Stroke::new(GRID, 1.0));
            let half = width(text, LABEL_SIZE) / 2.0;
            if x - half >= free_from {
                self.tick_label(x, text);
                free_from = x + half + 10.0;
            }
        }
        self.bottom_label(label);
    }

    /// Names below equal columns, as many as there is room for, at equal distances.
    pub(crate) fn bottom_names(&mut self, names: &[String], label: &str) {
        let room = self.area.width() / real(names.len().max(1));
        let longest = widest(names.iter().map(String::as_str), LABEL_SIZE) + 14.0;
        let steps = [1, 2, 3, 4, 6, 12, 24, 48, 120, 240];
        let fits = steps.into_iter().find(|every| real(*every) * room >= longest.min(160.0));
        let every = fits.unwrap_or(names.len().max(1));
        for (index, name) in names.iter().enumerate().step_by(every) {
            let x = self.area.column(index, names.len());
            let bottom = self.area.bottom;
            self.canvas.line((x, bottom), (x, bottom + 5.0), Stroke::new(INK, 1.0));
            self.tick_label(x, &fitted(name, LABEL_SIZE, (real(every) * room).max(40.0) - 6.0));
        }
        self.bottom_label(label);
    }

    pub(crate) fn left_label(&mut self, label: &str) {
        let at = (36.0, self.area.centre().1);
        let lettering = Lettering::new(AXIS_SIZE, Anchor::Middle).upright();
        self.canvas.text(at, &fitted(label, AXIS_SIZE, self.area.height()), lettering);
    }

    pub(crate) fn bottom_label(&mut self, label: &str) {
        let at = (self.area.centre().0, self.area.bottom + 58.0);
        let text = fitted(label, AXIS_SIZE, self.area.width());
        self.canvas.text(at, &text, Lettering::new(AXIS_SIZE, Anchor::Middle));
    }

    fn tick_label(&mut self, x: f64, text: &str) {
        let at = (x, self.area.bottom + 26.0);
        self.canvas.text(at, text, Lettering::new(LABEL_SIZE, Anchor::Middle));
    }

    /// The lines at the left and below.
    pub(crate) fn border(&mut self) {
        let Area { left, top, right, bottom } = self.area;
        self.canvas
            .polyline(&[(left, top), (left, bottom), (right, bottom)], Stroke::new(INK, 1.5));
    }

    /// A remark at the upper edge of the area, for what is known only after drawing.
    pub(crate) fn remark(&mut self, text: &str) {
        let at = (self.area.right, self.area.top - 8.0);
        let lettering = Lettering::new(CAPTION_SIZE, Anchor::End).coloured(FAINT_INK);
        self.canvas.text(at, text, lettering);
    }

    /// The document.
    pub(crate) fn finish(self) -> String {
        self.canvas.document(&self.title, &self.said)
    }
}

/// The chart of an empty input: its frame, axis labels, and why there is nothing.
pub(crate) fn empty(caption: &Caption, notes: &[String], axes: (&str, &str)) -> String {
    let mut frame = Frame::new(caption, notes, &[]);
    frame.bottom_label(axes.0);
    frame.left_label(axes.1);
    frame.border();
    let (x, y) = frame.area.centre();
    frame.canvas.text((x, y - 14.0), "nothing to show", Lettering::new(24.0, Anchor::Middle));
    let lettering = Lettering::new(AXIS_SIZE, Anchor::Middle).coloured(FAINT_INK);
    let why = wrapped(&caption.why_empty, AXIS_SIZE, frame.area.width() - 80.0);
    for (index, line) in why.iter().take(6).enumerate() {
        frame.canvas.text((x, y + 20.0 + 26.0 * real(index)), line, lettering);
    }
    frame.finish()
}

/// Draws the legend in up to three rows; answers how many.
fn draw_legend(canvas: &mut Canvas, legend: &[(String, Mark)]) -> usize {
    let (mut x, mut row) = (EDGE, 0);
    for (name, mark) in legend {
        let name = fitted(name, LABEL_SIZE, 300.0);
        let taken = 40.0 + width(&name, LABEL_SIZE) + 26.0;
        if x > EDGE && x + taken > WIDTH - EDGE {
            (x, row) = (EDGE, row + 1);
        }
        if row == 3 {
            break;
        }
        let y = LEGEND_TOP + LEGEND_ROW * real(row);
        match mark {
            Mark::Line(stroke) => canvas.line((x, y), (x + 32.0, y), *stroke),
            Mark::Area(colour) => canvas.rect((x + 12.0, y - 9.0), (20.0, 18.0), colour, None),
            Mark::Dot(colour) => canvas.circle((x + 24.0, y), 7.0, colour, 1.0),
        }
        canvas.text((x + 40.0, y + 5.0), &name, Lettering::new(LABEL_SIZE, Anchor::Start));
        x += taken;
    }
    if legend.is_empty() { 0 } else { row.min(2) + 1 }
}
