//! How rows become events of one kind.
//!
//! Recipes fill the event's JSON form, which [`Event::from_json`] then checks as it checks any
//! other; its refusals are led back to the line and column the refused value came from.

use crate::column::{Column, Sheet};
use crate::condition::Condition;
use crate::import_error::{Place, RowError};
use crate::recipe::{Recipe, Take, agree, next_key};
use crate::row::Row;
use annals_events::{Event, FieldError, Precision};
use serde_json::{Map, Value};

/// One `[[event]]` of a mapping.
#[derive(Clone, Debug)]
pub(crate) struct EventMapping {
    pub(crate) kind: String,
    pub(crate) when: Vec<Condition>,
    /// The columns that make up the event's id, and the group where there is one.
    pub(crate) key: Vec<Column>,
    pub(crate) id_suffix: String,
    pub(crate) grouping: Option<Grouping>,
    pub(crate) occurred_at: Recipe,
    /// The other fields of the envelope.
    pub(crate) envelope: Vec<(String, Recipe)>,
    pub(crate) data: Recipe,
}

/// Where the rows of one event stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grouping {
    /// One after the other.
    Consecutive,
    /// Anywhere in the file.
    Anywhere,
}

impl EventMapping {
    /// Whether a row belongs to such an event.
    pub(crate) fn matches(&self, row: &Row, sheet: &Sheet<'_>) -> Result<bool, RowError> {
        for condition in &self.when {
            if !condition.holds(row, sheet)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Builds the event of one or more rows.
    pub(crate) fn event(
        &self,
        rows: &[Row],
        sheet: &Sheet<'_>,
        source: &str,
        id: String,
    ) -> Result<Event, RowError> {
        let built = self.json(rows, sheet, source, id).and_then(|json| {
            Event::from_json(&json).map_err(|error| self.located(error, rows, sheet))
        });
        built.map_err(|error| error.with_left_out(rows))
    }

    fn json(
        &self,
        rows: &[Row],
        sheet: &Sheet<'_>,
        source: &str,
        id: String,
    ) -> Result<Value, RowError> {
        let mut json = Map::with_capacity(self.envelope.len() + 6);
        json.insert("id".to_owned(), Value::String(id));
        json.insert("source".to_owned(), Value::from(source));
        json.insert("kind".to_owned(), Value::from(self.kind.as_str()));
        let (occurred_at, precision) = self.occurred_at(rows, sheet)?;
        if let Some(time) = occurred_at {
            json.insert("occurred_at".to_owned(), time);
        }
        if precision != Precision::Second {
            json.insert("precision".to_owned(), Value::from(precision.as_str()));
        }
        for (name, recipe) in &self.envelope {
            if let Some(value) = recipe.value(rows, sheet)? {
                json.insert(name.clone(), value);
            }
        }
        let data = self.data.value(rows, sheet)?;
        json.insert("data".to_owned(), data.unwrap_or_else(|| Value::Object(Map::new())));
        Ok(Value::Object(json))
    }

    fn occurred_at(
        &self,
        rows: &[Row],
        sheet: &Sheet<'_>,
    ) -> Result<(Option<Value>, Precision), RowError> {
        let Recipe::Cell(cell, take) = &self.occurred_at else {
            return Ok((self.occurred_at.value(rows, sheet)?, Precision::Second));
        };
        let Some(row) = take.row(rows) else { return Ok((None, Precision::Second)) };
        let moment = cell.moment(row, sheet)?;
        if *take == Take::Same {
            agree(cell, row, rows, sheet)?;
        }
        Ok(match moment {
            Some((time, precision)) => (Some(Value::String(time.to_string())), precision),
            None => (None, Precision::Second),
        })
    }

    /// The line and column that a refused field came from.
    fn located(&self, error: FieldError, rows: &[Row], sheet: &Sheet<'_>) -> RowError {
        let (name, rest) = next_key(&error.path);
        let recipe = match name {
            "occurred_at" => Some(&self.occurred_at),
            "data" => Some(&self.data),
            _ => self.envelope.iter().find(|(field, _)| field == name).map(|(_, recipe)| recipe),
        };
        let first = rows.first().map_or(0, |row| row.line);
        match recipe.map(|recipe| recipe.locate(rest, rows, sheet)) {
            Some((line, Some(place))) => {
                let expected = format!("{} ({})", error.expected, error.path);
                RowError::new(line, place, expected, error.came)
            }
            Some((line, None)) => RowError::field(line, error),
            None => RowError::field(first, error),
        }
    }

    /// The columns of the key, for errors.
    pub(crate) fn key_place(&self, sheet: &Sheet<'_>) -> Place {
        let names: Vec<_> = self.key.iter().map(|column| sheet.name(*column)).collect();
        Place::Column(names.join("+"))
    }
}
