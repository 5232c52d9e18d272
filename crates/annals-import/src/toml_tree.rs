//! A mapping's TOML with the place of every key and value, so that each refusal names line and
//! column.

use crate::import_error::shortened;
use std::fmt;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A mapping that cannot be used: where, what was expected, what came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("mapping line {line}, column {column}: expected {expected}, got {came}")]
#[non_exhaustive]
pub struct MappingError {
    /// Line of the mapping file, from 1.
    pub line: usize,
    /// Character of the line, from 1.
    pub column: usize,
    /// What would have been accepted.
    pub expected: String,
    /// What was found.
    pub came: String,
}

/// The text of a mapping, for places.
#[derive(Clone, Copy)]
pub(crate) struct Text<'t>(pub(crate) &'t str);

impl Text<'_> {
    pub(crate) fn error(
        self,
        at: usize,
        expected: impl Into<String>,
        came: impl fmt::Display,
    ) -> MappingError {
        let before = self.0.get(..at).unwrap_or(self.0);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        MappingError {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            expected: expected.into(),
            came: shortened(&came.to_string()),
        }
    }
}

/// A value and its place.
#[derive(Clone, Copy)]
pub(crate) struct Item<'t> {
    pub(crate) text: Text<'t>,
    value: &'t DeValue<'t>,
    at: usize,
}

impl<'t> Item<'t> {
    fn new(text: Text<'t>, value: &'t Spanned<DeValue<'t>>) -> Self {
        Self { text, value: value.get_ref(), at: value.span().start }
    }

    pub(crate) fn value(&self) -> &'t DeValue<'t> {
        self.value
    }

    /// A refusal of this value.
    pub(crate) fn refused(&self, expected: impl Into<String>) -> MappingError {
        self.text.error(self.at, expected, self.came())
    }

    /// A refusal at this value, for something that came with it.
    pub(crate) fn error(
        &self,
        expected: impl Into<String>,
        came: impl fmt::Display,
    ) -> MappingError {
        self.text.error(self.at, expected, came)
    }

    fn came(&self) -> String {
        match self.value {
            DeValue::String(text) => format!("{text:?}"),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(value) => value.to_string(),
            DeValue::Datetime(value) => value.to_string(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        }
    }

    pub(crate) fn string(&self, what: &str) -> Result<&'t str, MappingError> {
        self.value.as_str().ok_or_else(|| self.refused(format!("{what}, in quotes")))
    }

    pub(crate) fn boolean(&self) -> Result<bool, MappingError> {
        self.value.as_bool().ok_or_else(|| self.refused("true or false"))
    }

    pub(crate) fn integer(&self, what: &str) -> Result<i64, MappingError> {
        self.as_integer().ok_or_else(|| self.refused(what))
    }

    pub(crate) fn as_integer(&self) -> Option<i64> {
        let number = self.value.as_integer()?;
        i64::from_str_radix(number.as_str(), number.radix()).ok()
    }

    /// A number or text as written.
    pub(crate) fn scalar_text(&self, what: &str) -> Result<String, MappingError> {
        match self.value {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(number) => Ok(number.to_string()),
            DeValue::Float(number) => Ok(number.to_string()),
            _ => Err(self.refused(what)),
        }
    }

    pub(crate) fn list(&self, what: &str) -> Result<Vec<Item<'t>>, MappingError> {
        let list =
            self.value.as_array().ok_or_else(|| self.refused(format!("a list of {what}")))?;
        Ok(list.iter().map(|value| Item::new(self.text, value)).collect())
    }

    pub(crate) fn strings(&self, what: &str) -> Result<Vec<String>, MappingError> {
        self.list(what)?.iter().map(|item| item.string(what).map(ToOwned::to_owned)).collect()
    }

    pub(crate) fn table(&self, what: &str) -> Result<Table<'t>, MappingError> {
        match self.value {
            DeValue::Table(table) => Ok(Table::new(self.text, table, self.at)),
            _ => Err(self.refused(format!("a table: {what}"))),
        }
    }
}

/// A table whose keys are taken one by one; what nobody takes is refused.
pub(crate) struct Table<'t> {
    text: Text<'t>,
    entries: &'t DeTable<'t>,
    at: usize,
    known: Vec<&'static str>,
}

impl<'t> Table<'t> {
    pub(crate) fn new(text: Text<'t>, table: &'t DeTable<'t>, at: usize) -> Self {
        Self { text, entries: table, at, known: Vec::new() }
    }

    pub(crate) fn take(&mut self, key: &'static str) -> Option<Item<'t>> {
        self.known.push(key);
        self.peek(key)
    }

    pub(crate) fn peek(&self, key: &str) -> Option<Item<'t>> {
        self.entries().find(|(name, _, _)| *name == key).map(|(_, _, item)| item)
    }

    pub(crate) fn require(
        &mut self,
        key: &'static str,
        what: &str,
    ) -> Result<Item<'t>, MappingError> {
        let at = self.at;
        self.take(key).ok_or_else(|| self.text.error(at, format!("{key}: {what}"), "nothing"))
    }

    /// Every key with its place and its value.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'t str, usize, Item<'t>)> + use<'t> {
        let text = self.text;
        self.entries.iter().map(move |(key, value)| {
            let name: &'t str = key.get_ref();
            (name, key.span().start, Item::new(text, value))
        })
    }

    /// A refusal at the table's beginning.
    pub(crate) fn error(
        &self,
        expected: impl Into<String>,
        came: impl fmt::Display,
    ) -> MappingError {
        self.text.error(self.at, expected, came)
    }

    /// A refusal at a place in the table.
    pub(crate) fn error_at(
        &self,
        at: usize,
        expected: impl Into<String>,
        came: impl fmt::Display,
    ) -> MappingError {
        self.text.error(at, expected, came)
    }

    /// Refuses keys that nobody took.
    pub(crate) fn finish(self) -> Result<(), MappingError> {
        match self.entries().find(|(name, _, _)| !self.known.contains(name)) {
            None => Ok(()),
            Some((name, at, _)) => {
                let expected = format!("one of the keys {}", self.known.join(", "));
                Err(self.text.error(at, expected, name))
            }
        }
    }
}
