//! Rows of a table: lines put together where quotes span them, cut into cells, counted.
//!
//! A quote that is never closed must not swallow the rest of the file: such a row is refused by its
//! first line, and reading goes on with the second.

use crate::dialect::{Cut, Dialect};
use crate::import_error::{ImportError, Place, RowError};
use crate::lines::{LINE_BYTES_MAX, Line, Lines};
use crate::row::Row;
use std::collections::VecDeque;
use std::io::Read;

/// The most bytes of a row that spans several lines.
const ROW_BYTES_MAX: usize = 256 * 1024;

/// Reads rows.
pub(crate) struct Rows<R> {
    lines: Lines<R>,
    dialect: Dialect,
    comment: Option<String>,
    /// Lines that were read on behalf of a row which could not be completed.
    again: VecDeque<(u64, Line)>,
}

impl<R: Read> Rows<R> {
    pub(crate) fn new(input: R, dialect: Dialect, comment: Option<String>) -> Self {
        Self { lines: Lines::new(input), dialect, comment, again: VecDeque::new() }
    }

    /// Passes over lines whatever stands in them.
    pub(crate) fn skip_lines(&mut self, count: u64) -> Result<(), ImportError> {
        for _ in 0..count {
            if self.next_line()?.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// The next row that is neither blank nor a comment; `None` at the end.
    ///
    /// # Errors
    /// [`ImportError::Row`] where a row cannot be cut into cells; the next can be asked for then.
    pub(crate) fn next(&mut self) -> Result<Option<Row>, ImportError> {
        while let Some((number, line)) = self.next_line()? {
            let text = text(number, line)?;
            let comment = self.comment.as_deref();
            if text.trim().is_empty() || comment.is_some_and(|mark| text.starts_with(mark)) {
                continue;
            }
            let mut row = Row::at(number);
            return match self.dialect.cut(&text, &mut row, false) {
                Cut::Whole => Ok(Some(row)),
                Cut::Open => self.complete(row).map(Some),
                Cut::AfterQuote(came) => Err(after_quote(number, &came)),
            };
        }
        Ok(None)
    }

    /// Reads on until the open quote of a row is closed.
    fn complete(&mut self, mut row: Row) -> Result<Row, ImportError> {
        let mut read = VecDeque::new();
        let refusal = loop {
            let Some((number, line)) = self.next_line()? else {
                break unclosed(row.line, "the end of the file");
            };
            let text = match &line {
                Line::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
                Line::TooLong => None,
            };
            let cut = text.map(|text| {
                row.push("\n");
                self.dialect.cut(text, &mut row, true)
            });
            read.push_back((number, line));
            match cut {
                Some(Cut::Whole) => {
                    row.line_last = number;
                    return Ok(row);
                }
                Some(Cut::AfterQuote(came)) => break after_quote(row.line, &came),
                Some(Cut::Open) if row.size_bytes() <= ROW_BYTES_MAX => {}
                Some(Cut::Open) => break unclosed(row.line, "none in the next 256 KiB"),
                None => break unclosed(row.line, "none before a line that is no text"),
            }
        };
        read.append(&mut self.again);
        self.again = read;
        Err(refusal)
    }

    fn next_line(&mut self) -> Result<Option<(u64, Line)>, ImportError> {
        match self.again.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.next(),
        }
    }
}

/// The text of a line.
pub(crate) fn text(number: u64, line: Line) -> Result<String, ImportError> {
    match line {
        Line::TooLong => {
            let expected = format!("a line of at most {LINE_BYTES_MAX} bytes");
            Err(RowError::new(number, Place::Row, expected, "a longer one").into())
        }
        Line::Bytes(bytes) => String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let came = error
                .as_bytes()
                .get(good)
                .map_or_else(|| "an end".to_owned(), |byte| format!("the byte {byte:#04x}"));
            let place = Place::Byte(good as u64 + 1);
            RowError::new(number, place, "UTF-8 text", came).into()
        }),
    }
}

fn unclosed(line: u64, came: &str) -> ImportError {
    RowError::new(line, Place::Row, "a closing quote", came).into()
}

fn after_quote(line: u64, came: &str) -> ImportError {
    let expected = "a delimiter or the end of the line after a closing quote (a quote inside a quoted cell is doubled)";
    RowError::new(line, Place::Row, expected, format!("{came:?}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Delimiter;

    fn read(input: &str) -> Vec<Result<Vec<String>, String>> {
        let dialect =
            Dialect { delimiter: Delimiter::Character(','), quote: Some('"'), trim: true };
        let mut rows = Rows::new(input.as_bytes(), dialect, Some("#".to_owned()));
        let mut read = Vec::new();
        loop {
            match rows.next() {
                Ok(None) => return read,
                Ok(Some(row)) => read.push(Ok(row.cells().map(ToOwned::to_owned).collect())),
                Err(error) => read.push(Err(error.to_string())),
            }
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_one_line() {
        let read = read("1,a\n2,\"b\n# note\n\n3,c\n");
        assert_eq!(read[0], Ok(vec!["1".to_owned(), "a".to_owned()]));
        assert_eq!(
            read[1],
            Err("line 2: expected a closing quote, got the end of the file".to_owned())
        );
        assert_eq!(read[2..], [Ok(vec!["3".to_owned(), "c".to_owned()])]);
    }
}
