//! What can go wrong while input is read: a row that is no event, or an end to reading.
//!
//! A [`RowError`] is one row's affair: reading goes on after it. Everything else in
//! [`ImportError`] ends the reading, because what follows could not be understood either.

use crate::row::Row;
use annals_events::{FieldError, InvalidValue};
use std::fmt;

/// A failure while reading input.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// One row is no event; the rows after it are read all the same.
    #[error(transparent)]
    Row(#[from] RowError),
    /// The header does not have what the mapping asks for.
    #[error("line {line}: expected {expected}, got {came}")]
    Header {
        /// The header's line, from 1.
        line: u64,
        /// What the mapping asks for.
        expected: String,
        /// What is there.
        came: String,
    },
    /// The text is in an encoding that is not read.
    #[error("line 1: expected UTF-8, got {came}: convert it first, for example with iconv")]
    Encoding {
        /// The encoding that the first bytes announce.
        came: &'static str,
    },
    /// The input could not be read on.
    #[error("reading stopped after line {line}")]
    Read {
        /// The last line that was read whole.
        line: u64,
        /// The reason the system gives.
        source: std::io::Error,
    },
}

impl ImportError {
    /// Whether only one row is concerned, so that reading goes on.
    pub const fn is_row(&self) -> bool {
        matches!(self, Self::Row(_))
    }
}

/// A row that is no event: where, what was expected, what came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowError {
    /// The line at fault in the file, from 1; the first of a row that spans several.
    pub line: u64,
    /// Where in that line.
    pub place: Place,
    /// What would have been accepted.
    pub expected: String,
    /// What was found, shortened.
    pub came: String,
    /// The lines of other rows that are left out with this one, because they make up one event with
    /// it, or may do so where it cannot be read.
    pub left_out: Vec<u64>,
}

/// A place within a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The whole line.
    Row,
    /// A column of a table, by its name or number.
    Column(String),
    /// A field of the event, such as `data.total`, that no single column gives.
    Field(String),
    /// A byte of the line, from 1.
    Byte(u64),
}

impl RowError {
    pub(crate) fn new(
        line: u64,
        place: Place,
        expected: impl Into<String>,
        came: impl fmt::Display,
    ) -> Self {
        Self {
            line,
            place,
            expected: expected.into(),
            came: shortened(&came.to_string()),
            left_out: Vec::new(),
        }
    }

    /// A refusal of a cell's or field's value, which came as text.
    pub(crate) fn refused(line: u64, place: Place, error: InvalidValue) -> Self {
        Self::new(line, place, error.expected, error.came)
    }

    /// A refusal of a field of the event's JSON.
    pub(crate) fn field(line: u64, error: FieldError) -> Self {
        let place =
            if error.path.is_empty() { Place::Row } else { Place::Field(error.path.clone()) };
        Self::new(line, place, error.expected, error.came)
    }

    /// The same refusal, for all rows of an event.
    pub(crate) fn with_left_out(mut self, rows: &[Row]) -> Self {
        let others = rows.iter().map(|row| row.line).filter(|line| *line != self.line);
        self.left_out = others.collect();
        self
    }

    /// The place within the line as one word: the column's name, the field's path or the byte's
    /// number; nothing for the whole line.
    pub fn column(&self) -> Option<String> {
        match &self.place {
            Place::Row => None,
            Place::Column(name) | Place::Field(name) => Some(name.clone()),
            Place::Byte(number) => Some(number.to_string()),
        }
    }

    /// What was expected and what came, without the place.
    pub fn why(&self) -> String {
        const LINES_SHOWN: usize = 5;
        let shown: Vec<_> =
            self.left_out.iter().take(LINES_SHOWN).map(ToString::to_string).collect();
        let left_out = match self.left_out.len() {
            0 => String::new(),
            count if count <= LINES_SHOWN => {
                format!("; lines left out with it: {}", shown.join(", "))
            }
            count => {
                let more = count - LINES_SHOWN;
                format!("; lines left out with it: {} and {more} more", shown.join(", "))
            }
        };
        format!("expected {}, got {}{left_out}", self.expected, self.came)
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}", self.line)?;
        match &self.place {
            Place::Row => {}
            Place::Column(name) => write!(out, ", column {name}")?,
            Place::Field(path) => write!(out, ", {path}")?,
            Place::Byte(number) => write!(out, ", column {number}")?,
        }
        write!(out, ": {}", self.why())
    }
}

impl std::error::Error for RowError {}

/// At most 80 characters of what came, so that an error stays readable.
pub(crate) fn shortened(text: &str) -> String {
    const CHARACTERS_MAX: usize = 80;
    match text.char_indices().nth(CHARACTERS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}
