//! A table and its mapping become events: header, filters, keys, groups.

use crate::column::Sheet;
use crate::event_key::{Occurrences, key};
use crate::event_mapping::{EventMapping, Grouping};
use crate::group::{Group, Groups};
use crate::import_error::{ImportError, Place, RowError};
use crate::import_reader::{Found, ImportedEvent};
use crate::mapping::Mapping;
use crate::row::Row;
use crate::rows::Rows;
use annals_events::Zone;
use std::io::Read;

/// Reads the events of a table.
pub(crate) struct TableReader<R> {
    rows: Rows<R>,
    mapping: Mapping,
    zone: Zone,
    places: Vec<usize>,
    /// How many cells every row has; known after the header or the first row.
    width: Option<usize>,
    started: bool,
    finished: bool,
    occurrences: Vec<Occurrences>,
    groups: Vec<Groups>,
}

impl<R: Read> TableReader<R> {
    pub(crate) fn new(input: R, mapping: Mapping, zone: Zone) -> Self {
        let file = &mapping.file;
        let zone = mapping.zone.clone().unwrap_or(zone);
        let events = mapping.events.len();
        Self {
            rows: Rows::new(input, file.dialect, file.comment.clone()),
            zone,
            places: Vec::new(),
            width: None,
            started: false,
            finished: false,
            occurrences: std::iter::repeat_with(Occurrences::default).take(events).collect(),
            groups: std::iter::repeat_with(Groups::default).take(events).collect(),
            mapping,
        }
    }

    /// Reads the next row and adds what it gives; false at the end of the file.
    pub(crate) fn advance(&mut self, found: &mut Found) -> Result<bool, ImportError> {
        if self.finished {
            return Ok(false);
        }
        if !self.started {
            self.started = true;
            self.start()?;
        }
        let row = match self.rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => {
                self.finished = true;
                self.finish(found);
                return Ok(true);
            }
            Err(ImportError::Row(error)) => {
                found.counts.rows += 1;
                self.lose_row(error, found);
                return Ok(true);
            }
            Err(fatal) => return Err(fatal),
        };
        found.counts.rows += 1;
        let width = match self.width {
            Some(width) => width,
            None => self.place_by_first_row(&row)?,
        };
        if row.width() == width {
            self.take_row(&row, found);
        } else {
            let expected = format!("{width} columns");
            let came = row.width();
            self.lose_row(RowError::new(row.line, Place::Row, expected, came), found);
        }
        Ok(true)
    }

    /// Reads the header.
    fn start(&mut self) -> Result<(), ImportError> {
        self.rows.skip_lines(self.mapping.file.skip_lines)?;
        let (line, header) = if self.mapping.file.header {
            let row = match self.rows.next() {
                Ok(row) => row,
                Err(ImportError::Row(error)) => {
                    let RowError { line, expected, came, .. } = error;
                    return Err(ImportError::Header { line, expected, came });
                }
                Err(fatal) => return Err(fatal),
            };
            let Some(row) = row else {
                let (expected, came) = ("a header line".to_owned(), "an empty file".to_owned());
                return Err(ImportError::Header { line: 1, expected, came });
            };
            (row.line, row.cells().map(ToOwned::to_owned).collect())
        } else {
            match &self.mapping.columns.declared {
                Some(names) => (1, names.clone()),
                None => return Ok(()),
            }
        };
        self.place(line, &header)
    }

    fn place(&mut self, line: u64, header: &[String]) -> Result<(), ImportError> {
        let places = self.mapping.columns.places(header);
        self.places = places.map_err(|(expected, came)| {
            let came = crate::import_error::shortened(&came);
            ImportError::Header { line, expected, came }
        })?;
        self.width = Some(header.len());
        Ok(())
    }

    /// Without header and names the first row says how many columns there are.
    fn place_by_first_row(&mut self, row: &Row) -> Result<usize, ImportError> {
        let unnamed = vec![String::new(); row.width()];
        self.place(row.line, &unnamed)?;
        Ok(row.width())
    }

    /// Reports a row that nothing can be made of, and the groups it may have belonged to.
    fn lose_row(&mut self, error: RowError, found: &mut Found) {
        for groups in &mut self.groups {
            groups.lose(&error);
        }
        found.reject(error);
    }

    fn take_row(&mut self, row: &Row, found: &mut Found) {
        let sheet =
            Sheet { columns: &self.mapping.columns, places: &self.places, zone: &self.zone };
        let source = self.mapping.source.as_str();
        let mut used = false;
        let events = self.mapping.events.iter();
        for ((event, occurrences), groups) in
            events.zip(&mut self.occurrences).zip(&mut self.groups)
        {
            let key = key(&event.key, &event.id_suffix, row, &sheet);
            if event.grouping == Some(Grouping::Consecutive)
                && let Some(group) = key.as_deref().and_then(|key| groups.see(key))
            {
                close(event, group, &sheet, source, occurrences, found);
            }
            let fault = match event.matches(row, &sheet) {
                Ok(false) => continue,
                Ok(true) => None,
                Err(error) => Some(error),
            };
            used = true;
            let Some(key) = key else {
                let expected = "a value: the event's id is made from it";
                let place = event.key_place(&sheet);
                let error = RowError::new(row.line, place, expected, "nothing");
                groups.lose(&error);
                found.reject(error);
                continue;
            };
            match event.grouping {
                None => {
                    let id = occurrences.next(source, &key);
                    let rows = std::slice::from_ref(row);
                    let built = match fault {
                        Some(error) => Err(error),
                        None => event.event(rows, &sheet, source, id),
                    };
                    found.add(
                        built.map(|event| ImportedEvent { lines: row.line..=row.line_last, event }),
                    );
                }
                Some(Grouping::Consecutive) => {
                    groups.add_consecutive(key, row.clone(), fault, |row| {
                        let expected = "the rows of an event one after the other (sort the file, or set grouping = \"anywhere\")";
                        let came = "a row of an event that had ended";
                        RowError::new(row.line, event.key_place(&sheet), expected, came)
                    });
                }
                Some(Grouping::Anywhere) => groups.add_anywhere(key, row.clone(), fault),
            }
        }
        if !used {
            found.counts.skipped += 1;
        }
    }

    fn finish(&mut self, found: &mut Found) {
        let sheet =
            Sheet { columns: &self.mapping.columns, places: &self.places, zone: &self.zone };
        let source = self.mapping.source.as_str();
        let events = self.mapping.events.iter();
        for ((event, occurrences), groups) in
            events.zip(&mut self.occurrences).zip(&mut self.groups)
        {
            for group in groups.finish() {
                close(event, group, &sheet, source, occurrences, found);
            }
        }
    }
}

/// Builds the event of a complete group.
fn close(
    event: &EventMapping,
    group: Group,
    sheet: &Sheet<'_>,
    source: &str,
    occurrences: &mut Occurrences,
    found: &mut Found,
) {
    let Group { key, rows, fault, .. } = group;
    let id = occurrences.next(source, &key);
    let built = match fault {
        Some(error) => Err(error.with_left_out(&rows)),
        None => event.event(&rows, sheet, source, id),
    };
    let first = rows.first().map_or(0, |row| row.line);
    let last = rows.last().map_or(first, |row| row.line_last);
    found.add(built.map(|event| ImportedEvent { lines: first..=last, event }));
}
