//! Amounts in rows and columns: recency by frequency, or the share of a cohort that came back.

use crate::Caption;
use crate::canvas::{Anchor, Lettering, Stroke};
use crate::colour::{GRID, INK, WHITE, ink_on, ramp};
use crate::colour_bar::{BAR_ROOM, Shades};
use crate::frame::{Frame, LABEL_SIZE, empty};
use crate::number::{Sieve, plain, real};
use crate::scale::{AxisScale, bounds};
use crate::text::{fitted, widest, width};

/// Cells in rows and columns, coloured by amount.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeatMap {
    /// What the chart says about itself.
    pub caption: Caption,
    /// The axis below, with its unit: `months since the first purchase`.
    pub x_label: String,
    /// The axis at the left, with its unit: `month of the first purchase`.
    pub y_label: String,
    /// What a cell says, with its unit: `customers`, `% of the cohort`.
    pub value_label: String,
    /// Names of the columns, left to right.
    pub columns: Vec<String>,
    /// Names of the rows, top to bottom.
    pub rows: Vec<String>,
    /// By row, then column; `None` and missing entries stay white (a triangular map).
    pub cells: Vec<Vec<Option<f64>>>,
    /// How many decimals the numbers in the cells have, where there is room.
    pub decimals: usize,
    /// So many columns at the left hold the same everywhere (100 % of a cohort in its first month).
    /// They are grey and no part of the colours, which would otherwise tell nothing but them apart.
    pub base_columns: usize,
}

/// Row, column and value.
type Cell = (usize, usize, f64);

impl HeatMap {
    /// Draws the chart.
    pub fn svg(&self) -> String {
        let mut sieve = Sieve::default();
        let cells = self.drawable(&mut sieve);
        let notes: Vec<_> = sieve.note().into_iter().collect();
        let coloured = cells.iter().filter(|(_, column, _)| !self.is_base(*column));
        let all = || bounds(cells.iter().map(|cell| cell.2));
        let Some((low, high)) = bounds(coloured.map(|cell| cell.2)).or_else(all) else {
            return empty(&self.caption, &notes, (&self.x_label, &self.y_label));
        };
        let shades = Shades::over(AxisScale::Linear, low.min(0.0), high);
        let mut frame = Frame::new(&self.caption, &notes, &[]);
        let names = widest(self.rows.iter().map(String::as_str), LABEL_SIZE);
        frame.area.left = 64.0 + names.clamp(40.0, 200.0);
        frame.area.right -= BAR_ROOM;
        frame.area.top -= 8.0;
        let area = frame.area;
        let size = (
            area.width() / real(self.columns.len().max(1)),
            area.height() / real(self.rows.len().max(1)),
        );
        let decimals = self.decimals.min(6);
        let digits = |column, decimals| if self.is_base(column) { 0 } else { decimals };
        let text = |cell: &Cell, decimals| plain(cell.2, digits(cell.1, decimals));
        let written = |decimals| cells.iter().map(|it| text(it, decimals)).collect::<Vec<_>>();
        // Cells too small for the decimals still have room for the whole number.
        let fine = written(decimals);
        let fine_font = font_size(&fine, size);
        let texts = if fine_font.is_some() { fine } else { written(0) };
        let font = fine_font.or_else(|| font_size(&texts, size));
        for ((row, column, value), text) in cells.iter().zip(&texts) {
            let corner = (area.left + size.0 * real(*column), area.top + size.1 * real(*row));
            let share = shades.share(*value);
            let (colour, ink) = if self.is_base(*column) {
                (GRID.to_owned(), INK)
            } else {
                (ramp(share), ink_on(share))
            };
            let edge = (size.0 > 6.0 && size.1 > 6.0).then_some(Stroke::new(WHITE, 1.0));
            frame.canvas.rect(corner, size, &colour, edge);
            if let Some(font) = font {
                let at = (corner.0 + size.0 / 2.0, corner.1 + size.1 / 2.0 + font * 0.36);
                let lettering = Lettering::new(font, Anchor::Middle).coloured(ink);
                frame.canvas.text(at, text, lettering);
            }
        }
        self.draw_row_names(&mut frame, size.1);
        frame.bottom_names(&self.columns, &self.x_label);
        frame.left_label(&self.y_label);
        shades.draw(&mut frame, &self.value_label);
        frame.border();
        frame.finish()
    }

    fn is_base(&self, column: usize) -> bool {
        column < self.base_columns
    }

    /// What can be drawn.
    fn drawable(&self, sieve: &mut Sieve) -> Vec<Cell> {
        let mut cells = Vec::new();
        for (row, values) in self.cells.iter().take(self.rows.len()).enumerate() {
            for (column, value) in values.iter().take(self.columns.len()).enumerate() {
                if let Some(value) = value.filter(|value| sieve.keep(&[*value])) {
                    cells.push((row, column, value));
                }
            }
        }
        cells
    }

    fn draw_row_names(&self, frame: &mut Frame, height: f64) {
        let every = crate::number::whole((17.0 / height).ceil()).max(1);
        let area = frame.area;
        for (index, name) in self.rows.iter().enumerate().step_by(every) {
            let y = area.top + height * (real(index) + 0.5) + 5.0;
            let lettering = Lettering::new(LABEL_SIZE, Anchor::End);
            frame.canvas.text((area.left - 8.0, y), &fitted(name, LABEL_SIZE, 200.0), lettering);
        }
    }
}

/// The largest size at which all numbers fit their cells; none where that would be unreadable.
fn font_size(texts: &[String], cell: (f64, f64)) -> Option<f64> {
    let fits = |size: &f64| {
        let longest = texts.iter().map(|text| width(text, *size)).fold(0.0, f64::max);
        longest + 4.0 <= cell.0 && size * 1.15 <= cell.1
    };
    [20.0, 18.0, 16.0, 15.0, 14.0, 13.0, 12.0, 11.0, 10.0].into_iter().find(fits)
}
