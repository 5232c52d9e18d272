//! The two ways out: data to the standard output in the format asked for, messages to the standard
//! error.
//!
//! No colours anywhere in data, so that `NO_COLOR` holds by itself; help texts and progress bars
//! follow it through the libraries that draw them.

use crate::failure::Failure;
use crate::figures::{each_figure, figures, text};
use crate::table::Table;
use clap::ValueEnum;
use serde_json::Value;
use std::collections::HashMap;
use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};

/// How data is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// One JSON document
    Json,
    /// One JSON document per line
    Jsonl,
    /// Comma-separated values with a header
    Csv,
}

/// Where data and messages go.
pub(crate) struct Output {
    format: Format,
    quiet: bool,
    out: BufWriter<Stdout>,
}

impl Output {
    pub(crate) fn new(format: Format, quiet: bool) -> Self {
        Self { format, quiet, out: BufWriter::with_capacity(1 << 16, io::stdout()) }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// The standard output, for data of any length.
    pub(crate) fn data(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    /// Writes what is still held back.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }

    /// One line of text.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{text}")?)
    }

    /// Says where the rest is, where so many were left out.
    pub(crate) fn more(&mut self, left_out: usize) -> Result<(), Failure> {
        if left_out > 0 {
            self.line(&format!(" and {left_out} more: --format json"))?;
        }
        Ok(())
    }

    /// A table for people.
    pub(crate) fn table(&mut self, table: &Table) -> Result<(), Failure> {
        Ok(self.out.write_all(table.to_string().as_bytes())?)
    }

    /// One JSON document on one line.
    pub(crate) fn json_line(&mut self, value: &Value) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.out, value).map_err(io::Error::from)?;
        Ok(self.out.write_all(b"\n")?)
    }

    /// One object: JSON as it is, CSV as one row per figure in it, a table as `table` writes it.
    pub(crate) fn object(
        &mut self,
        value: &Value,
        table: impl FnOnce(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Table => table(self),
            Format::Json => {
                serde_json::to_writer_pretty(&mut self.out, value).map_err(io::Error::from)?;
                Ok(self.out.write_all(b"\n")?)
            }
            Format::Jsonl => self.json_line(value),
            Format::Csv => {
                let rows = figures(value).into_iter().map(|(place, value)| [place, value]);
                self.csv(&["figure", "value"], rows)
            }
        }
    }

    /// A list of objects: JSON as one list, JSON Lines as one line each, CSV as one row each with
    /// a column for every figure in any of them, a table as `table` writes it.
    pub(crate) fn rows(
        &mut self,
        rows: Vec<Value>,
        table: impl FnOnce(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Table => table(self),
            Format::Json => self.object(&Value::Array(rows), |_| Ok(())),
            Format::Jsonl => rows.iter().try_for_each(|row| self.json_line(row)),
            Format::Csv => self.csv_of(&rows),
        }
    }

    /// Walks the rows twice, once for the columns: kept as text, a million rows of two hundred
    /// figures would fill memory.
    fn csv_of(&mut self, rows: &[Value]) -> Result<(), Failure> {
        let mut columns: Vec<String> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for row in rows {
            each_figure(row, &mut |place, _| {
                if !known.contains_key(place) {
                    known.insert(place.to_owned(), columns.len());
                    columns.push(place.to_owned());
                }
            });
        }
        if columns.is_empty() {
            return Ok(());
        }
        let mut writer = csv::Writer::from_writer(&mut self.out);
        writer.write_record(&columns)?;
        let mut record = vec![String::new(); columns.len()];
        for row in rows {
            record.iter_mut().for_each(String::clear);
            each_figure(row, &mut |place, value| {
                let column = known.get(place).and_then(|column| record.get_mut(*column));
                if let Some(field) = column {
                    *field = text(value);
                }
            });
            writer.write_record(&record)?;
        }
        Ok(writer.flush()?)
    }

    /// Rows of comma-separated values.
    pub(crate) fn csv<const N: usize>(
        &mut self,
        header: &[&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Result<(), Failure> {
        let mut writer = csv::Writer::from_writer(&mut self.out);
        writer.write_record(header)?;
        for row in rows {
            writer.write_record(row)?;
        }
        Ok(writer.flush()?)
    }

    /// A message, unless asked to be quiet.
    pub(crate) fn message(&self, text: &str) {
        if !self.quiet {
            to_stderr(text);
        }
    }

    /// Whether progress may be drawn.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }
}

/// Says what must not be overlooked, quiet or not.
pub(crate) fn warn(text: &str) {
    to_stderr(&format!("annals: {text}"));
}

/// Says what went wrong; a reader that has gone away is nothing wrong.
pub(crate) fn say(failure: &Failure) {
    if !matches!(failure, Failure::ClosedPipe) {
        to_stderr(&format!("annals: {failure}"));
    }
}

/// Nobody is left to be told that the standard error is closed.
fn to_stderr(text: &str) {
    writeln!(io::stderr(), "{text}").unwrap_or_default();
}
