//! Row filters: which rows an event is made from. All conditions of an event must hold.

use crate::column::{Column, Sheet};
use crate::import_error::{Place, RowError};
use crate::number::{Exact, NumberStyle};
use crate::row::Row;
use std::cmp::Ordering;

/// A condition on one column.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) column: Column,
    pub(crate) test: Test,
}

/// What a cell is held against.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    OneOf(Vec<String>),
    NoneOf(Vec<String>),
    /// Whether the cell is empty or a null marker.
    Empty {
        wanted: bool,
        null: Vec<String>,
    },
    /// How the cell's number must compare; empty cells do not.
    Compares {
        accepted: &'static [Ordering],
        number: Exact,
        style: NumberStyle,
        null: Vec<String>,
    },
}

impl Condition {
    /// Whether a row fulfils the condition.
    ///
    /// # Errors
    /// When a number is asked for and the cell holds none.
    pub(crate) fn holds(&self, row: &Row, sheet: &Sheet<'_>) -> Result<bool, RowError> {
        let cell = sheet.cell(row, self.column);
        let is_null = |null: &[String]| cell.is_empty() || null.iter().any(|text| text == cell);
        match &self.test {
            Test::OneOf(texts) => Ok(texts.iter().any(|text| text == cell)),
            Test::NoneOf(texts) => Ok(!texts.iter().any(|text| text == cell)),
            Test::Empty { wanted, null } => Ok(is_null(null) == *wanted),
            Test::Compares { null, .. } if is_null(null) => Ok(false),
            Test::Compares { accepted, number, style, .. } => {
                if let Some(value) = style.plain(cell).and_then(|plain| Exact::parse(&plain)) {
                    Ok(accepted.contains(&value.compare(*number)))
                } else {
                    let place = Place::Column(sheet.name(self.column));
                    let expected = format!("a number such as {}", style.example());
                    Err(RowError::new(row.line, place, expected, format!("{cell:?}")))
                }
            }
        }
    }
}
