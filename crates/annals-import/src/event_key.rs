//! Ids of events made from columns of a file: the same file gives the same ids, for ever.
//!
//! The key is the text of the chosen columns, joined by `|`; then `~` and the event's id suffix
//! where it has one; then `#` and which of the equal keys of the file it is, from 1. `\`, `|` and
//! `~` inside a cell are preceded by `\`, so that different cells never give the same key. A key
//! too long for an id, or with characters no id may have, is replaced by its SHA-256.

use crate::column::{Column, Sheet};
use crate::row::Row;
use annals_events::{Code, ContentHash, EventId};
use std::collections::HashMap;

/// How many digits an occurrence may take beside the key, with its mark.
const OCCURRENCE_BYTES: usize = 21;

/// The key of a row, without its occurrence; `None` where all its columns are empty.
pub(crate) fn key(
    columns: &[Column],
    suffix: &str,
    row: &Row,
    sheet: &Sheet<'_>,
) -> Option<String> {
    let mut key = String::new();
    let mut anything = false;
    for (index, column) in columns.iter().enumerate() {
        if index > 0 {
            key.push('|');
        }
        let cell = sheet.cell(row, *column);
        anything |= !cell.is_empty();
        for c in cell.chars() {
            if matches!(c, '\\' | '|' | '~') {
                key.push('\\');
            }
            key.push(c);
        }
    }
    if !suffix.is_empty() {
        key.push('~');
        key.push_str(suffix);
    }
    if key.len() > Code::BYTES_MAX - OCCURRENCE_BYTES || Code::new(&key).is_err() {
        key = format!("sha256:{}", ContentHash::of(key.as_bytes()));
    }
    anything.then_some(key)
}

/// Counts equal keys. Takes memory in proportion to the number of different keys in a file.
#[derive(Debug, Default)]
pub(crate) struct Occurrences(HashMap<EventId, u64>);

impl Occurrences {
    /// The id text of the next event with a key.
    pub(crate) fn next(&mut self, source: &str, key: &str) -> String {
        let count = self.0.entry(EventId::from_foreign(source, key)).or_insert(0);
        *count += 1;
        format!("{key}#{count}")
    }
}
