//! The open volume of the log in sled, its group-commit writer, recovery and the view store.
//!
//! This is the only crate that names sled. [`SledLog`] keeps the contract of `annals_log`: what it
//! acknowledges survives a kill and a power cut. A ledger's directory holds `HEAD` (how long the log
//! was, and its root), `log/open/` (the database) and `log/quarantine/` (files of an interrupted
//! start). Deliberately absent for now: sealed volumes, which take over what is full.

mod barrier;
mod chain;
mod damage;
mod directory;
mod group;
mod head_file;
mod index;
mod open_error;
mod open_volume;
mod options;
mod recovery;
mod shared;
mod sled_log;
mod sled_pages;
mod verify;
mod writer;

pub use damage::Damage;
pub use head_file::{HeadTextError, head_text, parse_head_text};
pub use open_error::OpenError;
pub use options::SledLogOptions;
pub use sled_log::{LogStatus, SledLog};
pub use verify::{VerifyReport, verify_directory};
