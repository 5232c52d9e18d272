//! References to columns: by name or number in the mapping, by place once the header is known.

use crate::row::Row;
use crate::toml_tree::{Item, MappingError};
use annals_events::Zone;
use std::fmt;

/// A column as the mapping calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ColumnName {
    Name(String),
    /// Counted from 1.
    Number(usize),
}

impl fmt::Display for ColumnName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => out.pad(name),
            Self::Number(number) => write!(out, "{number}"),
        }
    }
}

/// A column of the mapping's list of columns in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column(usize);

/// The columns a mapping uses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    used: Vec<ColumnName>,
    /// The names where the mapping gives them because the file has no header.
    pub(crate) declared: Option<Vec<String>>,
}

impl Columns {
    /// The column an item of the mapping names.
    pub(crate) fn resolve(&mut self, item: &Item<'_>) -> Result<Column, MappingError> {
        if let Some(number) = item.as_integer() {
            let number = usize::try_from(number).ok().filter(|number| *number > 0);
            let number = number.ok_or_else(|| item.refused("a column's number, from 1"))?;
            return Ok(self.add(ColumnName::Number(number)));
        }
        self.named(item.string("a column's name, or its number")?, item)
    }

    pub(crate) fn named(&mut self, name: &str, at: &Item<'_>) -> Result<Column, MappingError> {
        if let Some(declared) = &self.declared
            && !declared.iter().any(|known| known == name)
        {
            let expected = format!("one of the columns {}", declared.join(", "));
            return Err(at.error(expected, format!("{name:?}")));
        }
        Ok(self.add(ColumnName::Name(name.to_owned())))
    }

    fn add(&mut self, name: ColumnName) -> Column {
        Column(self.used.iter().position(|used| *used == name).unwrap_or_else(|| {
            self.used.push(name);
            self.used.len() - 1
        }))
    }

    /// Where each used column stands in a file with this header; the first that is missing or
    /// there twice is refused with what was expected and what came.
    pub(crate) fn places(&self, header: &[String]) -> Result<Vec<usize>, (String, String)> {
        let place = |column: &ColumnName| match column {
            ColumnName::Number(number) if *number <= header.len() => Ok(number - 1),
            ColumnName::Number(number) => {
                Err((format!("a column number {number}"), format!("{} columns", header.len())))
            }
            ColumnName::Name(name) => {
                let mut found = (0..).zip(header).filter(|(_, known)| *known == name);
                match (found.next(), found.next()) {
                    (Some((index, _)), None) => Ok(index),
                    (None, _) => Err((format!("a column {name}"), header.join(", "))),
                    (Some(_), Some(_)) => {
                        let expected =
                            format!("one column {name} (give the column's number instead)");
                        Err((expected, "several of that name".to_owned()))
                    }
                }
            }
        };
        self.used.iter().map(place).collect()
    }

    pub(crate) fn name(&self, column: Column) -> String {
        self.used.get(column.0).map(ToString::to_string).unwrap_or_default()
    }
}

/// What is needed beside a row to read its cells.
#[derive(Clone, Copy)]
pub(crate) struct Sheet<'a> {
    pub(crate) columns: &'a Columns,
    /// The place of each used column.
    pub(crate) places: &'a [usize],
    pub(crate) zone: &'a Zone,
}

impl Sheet<'_> {
    pub(crate) fn cell<'r>(&self, row: &'r Row, column: Column) -> &'r str {
        self.places.get(column.0).map_or("", |place| row.cell(*place))
    }

    pub(crate) fn name(&self, column: Column) -> String {
        self.columns.name(column)
    }
}
