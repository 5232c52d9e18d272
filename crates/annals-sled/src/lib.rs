//! The log on disk: the open volume in sled with its group-commit writer, sealed volumes, recovery;
//! and the view store.
//!
//! This is the only crate that names sled. [`SledLog`] keeps the contract of `annals_log`: what it
//! acknowledges survives a kill and a power cut. A ledger's directory holds `HEAD` (how long the
//! log was, and its root) and `log/`: the database that takes appends, the sealed volumes that took
//! over what was full, and the runs that find ids and streams among them. The formats stand at
//! `sealed_footer`, `place_table`, `stream_table`, `run`, `saved_index` and in docs/format.md.
//! [`ViewStore`] keeps what projections fold in `views/`, all of which follows from the log, and
//! [`CursorStore`] how far a service's own consumers are in `cursors/`.

mod archive;
mod barrier;
mod chain;
mod change_database;
mod cursors;
mod damage;
mod database;
mod directory;
mod durable_name;
mod equal_hashes;
mod file_lock;
mod filter;
mod flaw;
mod generation;
mod generation_file_writer;
mod generation_writer;
mod group;
mod group_commit;
mod head_file;
mod index;
mod journal;
mod keeper;
mod layout;
mod ledger_lock;
mod log_copy;
mod log_pages;
mod multiset_hash;
mod open_error;
mod open_volume;
mod options;
#[doc(hidden)]
pub mod parts;
mod place_hash;
mod place_table;
mod private_copy;
mod read_only;
mod recovery;
mod region;
mod run;
mod salvage;
mod salvage_blocks;
mod salvage_sealed;
mod saved_index;
mod scan;
mod sealed_footer;
mod sealed_volume;
mod sealed_writer;
mod shared;
mod sled_log;
mod sound_block;
mod stream_table;
mod streams_in_order;
mod tasks;
mod varint;
mod verify;
mod verify_across;
mod verify_sealed;
mod view_scan;
mod view_store;
mod view_store_error;
mod volumes;
mod writer;

pub use cursors::{CursorError, CursorStore};
pub use damage::Damage;
pub use file_lock::FileLock;
pub use generation_writer::GenerationWriter;
pub use head_file::{HeadTextError, head_text, parse_head_text};
pub use log_copy::{CopiedVolume, CopyError, LogCopy, restore_log};
pub use open_error::{OpenError, SealError};
pub use options::{Compression, SledLogOptions};
pub use salvage::{Lost, Salvaged, salvage_directory};
pub use sled_log::{LogStatus, SledLog};
pub use verify::{VerifyReport, verify_directory};
pub use view_scan::ViewScan;
pub use view_store::{ViewStatus, ViewStore};
pub use view_store_error::ViewStoreError;
