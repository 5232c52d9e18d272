//! One row of a table: its cells, and the lines it came from.

/// The cells of a row, in one piece of memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    /// The first line of the row, from 1.
    pub(crate) line: u64,
    /// The last line: another one where a quoted cell holds line ends.
    pub(crate) line_last: u64,
    text: String,
    cells: Vec<std::ops::Range<usize>>,
    open: usize,
}

impl Row {
    pub(crate) fn at(line: u64) -> Self {
        Self { line, line_last: line, ..Self::default() }
    }

    /// Adds to the cell being written.
    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Ends the cell being written; without the blanks at its ends where they do not count.
    pub(crate) fn end_cell(&mut self, trim: bool) {
        let mut cell = self.open..self.text.len();
        if trim && let Some(text) = self.text.get(cell.clone()) {
            let end = cell.start + text.trim_end().len();
            cell = end - text.trim().len()..end;
        }
        self.cells.push(cell);
        self.open = self.text.len();
    }

    /// The cell of a column, counted from 0; empty where the row has no such column.
    pub(crate) fn cell(&self, index: usize) -> &str {
        self.cells.get(index).and_then(|cell| self.text.get(cell.clone())).unwrap_or_default()
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.cells.len()).map(|index| self.cell(index))
    }

    /// How many cells the row has.
    pub(crate) fn width(&self) -> usize {
        self.cells.len()
    }

    /// Bytes of all cells.
    pub(crate) fn size_bytes(&self) -> usize {
        self.text.len()
    }
}
