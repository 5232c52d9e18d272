//! A sled database that can be let go of on a broken disk.
//!
//! sled syncs its file when it is dropped and panics where the disk refuses. Where two databases
//! are dropped one behind the other, the second panic would come while the first unwinds and end
//! the whole process, a service with it.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A sled database whose drop does not panic.
#[derive(Debug)]
pub(crate) struct Database(Option<sled::Db>);

impl From<sled::Db> for Database {
    fn from(database: sled::Db) -> Self {
        Self(Some(database))
    }
}

impl Deref for Database {
    type Target = sled::Db;

    fn deref(&self) -> &sled::Db {
        self.0.as_ref().expect("it is taken when it is dropped and not before")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let database = self.0.take();
        if catch_unwind(AssertUnwindSafe(|| drop(database))).is_err() {
            tracing::error!("the disk refused when a database was put away");
        }
    }
}
