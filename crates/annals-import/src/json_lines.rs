//! One JSON value per line: events in their own form, or CloudEvents.

use crate::cloud_event::CloudEvents;
use crate::import_error::{ImportError, Place, RowError};
use crate::import_reader::{Found, ImportedEvent};
use crate::lines::Lines;
use crate::rows::text;
use annals_events::Event;
use serde_json::Value;
use std::io::Read;

/// Reads the events of a file with one JSON value per line.
pub(crate) struct JsonReader<R> {
    lines: Lines<R>,
    form: Form,
}

/// What the JSON values are.
pub(crate) enum Form {
    Native,
    CloudEvents(CloudEvents),
}

impl<R: Read> JsonReader<R> {
    pub(crate) fn new(input: R, form: Form) -> Self {
        Self { lines: Lines::new(input), form }
    }

    /// Reads the next line and adds what it gives; false at the end of the file.
    pub(crate) fn advance(&mut self, found: &mut Found) -> Result<bool, ImportError> {
        let Some((number, line)) = self.lines.next()? else { return Ok(false) };
        let text = match text(number, line) {
            Ok(text) => text,
            Err(ImportError::Row(error)) => {
                found.counts.rows += 1;
                found.reject(error);
                return Ok(true);
            }
            Err(fatal) => return Err(fatal),
        };
        if !text.trim().is_empty() {
            found.counts.rows += 1;
            let event = self.event(number, &text);
            found.add(event.map(|event| ImportedEvent { lines: number..=number, event }));
        }
        Ok(true)
    }

    fn event(&self, line: u64, text: &str) -> Result<Event, RowError> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            let column = error.column() as u64;
            let what = error.to_string();
            let what = what.rsplit_once(" at line ").map_or(what.as_str(), |(what, _)| what);
            RowError::new(line, Place::Byte(column), "one JSON object in one line", what)
        })?;
        if value.is_array() {
            let expected = "one JSON object in one line (to take a list apart: jq -c '.[]' FILE)";
            return Err(RowError::new(line, Place::Row, expected, "a list"));
        }
        match &self.form {
            Form::Native => Event::from_json(&value),
            Form::CloudEvents(form) => form.event(&value),
        }
        .map_err(|error| RowError::field(line, error))
    }
}
