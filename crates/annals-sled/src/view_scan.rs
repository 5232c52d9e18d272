//! The states of a projection in the order of their keys, all or a part of them: those of the
//! generation's file and those saved since, merged.

use crate::change_database::Change;
use crate::generation::{ProjectionKey, Row, Rows};
use crate::view_store::Shared;
use crate::view_store_error::{Unreadable, ViewStoreError};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::sync::Arc;

type Changes = BTreeMap<Vec<u8>, Change>;

/// States of a projection as they were when the scan began.
pub struct ViewScan {
    store: Arc<Shared>,
    projection: ProjectionKey,
    generation: u64,
    rows: Peekable<std::iter::Flatten<std::option::IntoIter<Rows>>>,
    changes: Peekable<std::collections::btree_map::IntoIter<Vec<u8>, Change>>,
    failure: Option<Unreadable>,
    has_ended: bool,
}

impl ViewScan {
    pub(crate) fn new(
        store: Arc<Shared>,
        projection: ProjectionKey,
        generation: u64,
        rows: Option<Rows>,
        changes: Result<Changes, Unreadable>,
    ) -> Self {
        let (changes, failure) = match changes {
            Ok(changes) => (changes, None),
            Err(error) => (Changes::new(), Some(error)),
        };
        Self {
            store,
            projection,
            generation,
            rows: rows.into_iter().flatten().peekable(),
            changes: changes.into_iter().peekable(),
            failure,
            has_ended: false,
        }
    }

    pub(crate) fn empty(store: Arc<Shared>, projection: ProjectionKey) -> Self {
        Self::new(store, projection, 0, None, Ok(Changes::new()))
    }

    /// The next state of file and changes; a changed state stands for the file's.
    fn merge(&mut self) -> Option<Result<Row, Unreadable>> {
        if let Some(error) = self.failure.take() {
            return Some(Err(error));
        }
        loop {
            let first = match (self.rows.peek(), self.changes.peek()) {
                (Some(Err(_)), _) | (_, None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(Ok((key, _))), Some((changed, _))) => key.cmp(changed),
            };
            if first == Ordering::Less {
                return self.rows.next();
            }
            if first == Ordering::Equal {
                drop(self.rows.next());
            }
            // A removed state is passed over.
            if let (key, Change::State(state)) = self.changes.next()? {
                return Some(Ok((key, state)));
            }
        }
    }
}

impl Iterator for ViewScan {
    type Item = Result<Row, ViewStoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        match self.merge() {
            Some(Ok(row)) => Some(Ok(row)),
            Some(Err(error)) => {
                self.has_ended = true;
                Some(Err(match error {
                    Unreadable::Refused(error) => error,
                    damage @ Unreadable::Damaged(_) => self.store.lose(
                        &mut self.store.write(),
                        &self.projection,
                        self.generation,
                        damage,
                    ),
                }))
            }
            None => {
                self.has_ended = true;
                None
            }
        }
    }
}
