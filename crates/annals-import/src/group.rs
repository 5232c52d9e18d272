//! Rows that make up one event together, collected until no more can come.
//!
//! A consecutive group ends with the first row of another key, whether or not that row
//! is one of the event's; its key must not come again,
//! because the rows of an event would then stand in two places and its sums would be wrong without
//! anybody noticing. Groups whose rows may stand anywhere are kept to the end of the file, with all
//! their rows. A row that cannot be read may belong to any group that is open, or to the one that
//! begins after it: those are refused, not built without it.

use crate::import_error::{Place, RowError};
use crate::row::Row;
use std::collections::{HashMap, HashSet};

/// The most bytes of all cells of one group.
const GROUP_BYTES_MAX: usize = 16 << 20;

/// Rows with the same key.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) key: String,
    pub(crate) rows: Vec<Row>,
    size_bytes: usize,
    /// Why the group is no event.
    pub(crate) fault: Option<RowError>,
}

/// The groups of one `[[event]]` that are not complete.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    open: Vec<Group>,
    /// The place in `open` of each key, where groups may stand anywhere.
    places: HashMap<String, usize>,
    /// The keys of consecutive groups that have begun.
    begun: HashSet<String>,
    /// The first row that could not be read: no group whose rows may stand anywhere is known to be
    /// whole.
    lost_first: Option<RowError>,
    /// The last such row, and the key of the rows after it once that is known: a
    /// consecutive group of that key is not known to be whole.
    lost: Option<(Option<String>, RowError)>,
}

impl Group {
    fn new(key: String) -> Self {
        Self { key, rows: Vec::new(), size_bytes: 0, fault: None }
    }

    /// Adds a row, and the reason where it makes the group unfit. Of a group that is too large only
    /// the first rows are kept.
    fn add(&mut self, row: Row, fault: Option<RowError>) {
        self.spoil(fault);
        self.size_bytes += row.size_bytes();
        if self.size_bytes > GROUP_BYTES_MAX {
            let expected = "at most 16 MiB of rows that make up one event";
            self.spoil(Some(RowError::new(row.line, Place::Row, expected, "more")));
        } else {
            self.rows.push(row);
        }
    }

    /// Makes the group unfit; the first reason counts.
    pub(crate) fn spoil(&mut self, fault: Option<RowError>) {
        if self.fault.is_none() {
            self.fault = fault;
        }
    }
}

impl Groups {
    /// Takes note of a row's key, whether or not the row is one of the event's, and hands back the
    /// group that it ends.
    pub(crate) fn see(&mut self, key: &str) -> Option<Group> {
        match &mut self.lost {
            Some((after @ None, _)) => *after = Some(key.to_owned()),
            Some((Some(after), _)) if after != key => self.lost = None,
            _ => {}
        }
        self.open.pop_if(|group| group.key != key)
    }

    /// Takes note of a row that cannot be read.
    pub(crate) fn lose(&mut self, error: &RowError) {
        for group in &mut self.open {
            group.spoil(Some(error.clone()));
        }
        self.lost_first.get_or_insert_with(|| error.clone());
        self.lost = Some((None, error.clone()));
    }

    /// Adds a row to the group that is open, or opens one. `again`: the fault where groups of this
    /// key have ended before.
    pub(crate) fn add_consecutive(
        &mut self,
        key: String,
        row: Row,
        fault: Option<RowError>,
        again: impl FnOnce(&Row) -> RowError,
    ) {
        if self.open.is_empty() {
            let fault = if self.begun.insert(key.clone()) { None } else { Some(again(&row)) };
            let mut group = Group::new(key);
            group.spoil(fault);
            group.spoil(self.lost.as_ref().map(|(_, error)| error.clone()));
            self.open.push(group);
        }
        if let Some(group) = self.open.last_mut() {
            group.add(row, fault);
        }
    }

    /// Adds a row to the group of its key.
    pub(crate) fn add_anywhere(&mut self, key: String, row: Row, fault: Option<RowError>) {
        let place = *self.places.entry(key).or_insert_with_key(|key| {
            self.open.push(Group::new(key.clone()));
            self.open.len() - 1
        });
        if let Some(group) = self.open.get_mut(place) {
            group.add(row, fault);
        }
    }

    /// The groups that are open at the end of the file, by their first rows.
    pub(crate) fn finish(&mut self) -> Vec<Group> {
        if !self.places.is_empty() {
            for group in &mut self.open {
                group.spoil(self.lost_first.clone());
            }
        }
        std::mem::take(&mut self.open)
    }
}
