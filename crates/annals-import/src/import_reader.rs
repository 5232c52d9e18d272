//! The reader: input in, events and row errors out, in the order of the input.

use crate::cloud_event::CloudEvents;
use crate::import_error::{ImportError, RowError};
use crate::json_lines::{Form, JsonReader};
use crate::mapping::Mapping;
use crate::table_reader::TableReader;
use annals_events::{Event, Zone};
use std::collections::VecDeque;
use std::io::Read;
use std::ops::RangeInclusive;

/// What an input is, and how to read it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ImportSource {
    /// A table, one event or more per row or group of rows.
    Csv(Box<Mapping>),
    /// One event per line in its JSON form (`docs/events.md`).
    JsonLines,
    /// One `CloudEvent` per line.
    CloudEvents(CloudEvents),
}

/// An event and the lines it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedEvent {
    /// The first and last line, from 1. Of a group whose rows may stand anywhere, other lines may
    /// lie between.
    pub lines: RangeInclusive<u64>,
    /// The event, personal fields clear.
    pub event: Event,
}

/// What has been read so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows, without header, comments and blank lines.
    pub rows: u64,
    /// Events made from them.
    pub events: u64,
    /// Refusals: a row that feeds several events can be refused for each.
    pub rejected: u64,
    /// Rows that no event of the mapping is made from.
    pub skipped: u64,
}

/// Reads events from input, one row or group of rows after the other.
///
/// A [`ImportError::Row`] is one row's affair, and the iterator goes on; any other error is the
/// last item.
///
/// Memory does not grow with the input, with two exceptions for tables: each different event key
/// costs some 40 bytes, because equal keys are counted, and groups whose rows may stand anywhere
/// are kept until the end.
pub struct ImportReader<R> {
    input: Input<R>,
    found: Found,
    ended: bool,
}

enum Input<R> {
    Table(Box<TableReader<R>>),
    Json(JsonReader<R>),
}

/// What rows have given and the caller has not yet taken.
#[derive(Default)]
pub(crate) struct Found {
    ready: VecDeque<Result<ImportedEvent, ImportError>>,
    pub(crate) counts: Counts,
}

impl Found {
    pub(crate) fn add(&mut self, built: Result<ImportedEvent, RowError>) {
        match built {
            Ok(event) => {
                self.counts.events += 1;
                self.ready.push_back(Ok(event));
            }
            Err(error) => self.reject(error),
        }
    }

    pub(crate) fn reject(&mut self, error: RowError) {
        self.counts.rejected += 1;
        self.ready.push_back(Err(error.into()));
    }
}

impl<R: Read> ImportReader<R> {
    /// A reader of some input. `zone`: the ledger's, in which local times are meant where the
    /// mapping names no other.
    pub fn new(input: R, source: ImportSource, zone: Zone) -> Self {
        let input = match source {
            ImportSource::Csv(mapping) => {
                Input::Table(Box::new(TableReader::new(input, *mapping, zone)))
            }
            ImportSource::JsonLines => Input::Json(JsonReader::new(input, Form::Native)),
            ImportSource::CloudEvents(form) => {
                Input::Json(JsonReader::new(input, Form::CloudEvents(form)))
            }
        };
        Self { input, found: Found::default(), ended: false }
    }

    /// What has been read so far; complete when the iterator has ended.
    pub fn counts(&self) -> Counts {
        self.found.counts
    }
}

impl<R: Read> Iterator for ImportReader<R> {
    type Item = Result<ImportedEvent, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.found.ready.pop_front() {
                return Some(item);
            }
            if self.ended {
                return None;
            }
            let more = match &mut self.input {
                Input::Table(table) => table.advance(&mut self.found),
                Input::Json(json) => json.advance(&mut self.found),
            };
            match more {
                Ok(true) => {}
                Ok(false) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
    }
}
