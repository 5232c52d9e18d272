//! Import: rows of tables, JSON Lines and CloudEvents become events, or errors with line and
//! column.
//!
//! A table is read by a [`Mapping`], a TOML file that says which columns make up which fields
//! (reference and worked example: `docs/import.md`). Ids follow from the file's own columns, so
//! that reading it again gives the same events.
//!
//! ```
//! use annals_events::Zone;
//! use annals_import::{ImportReader, ImportSource, Mapping};
//!
//! let file = " customer_id  date number_of_cds  dollar_value\n 00001 19970101  1   11.77\n";
//! let mapping = Mapping::preset("cdnow").map_err(|error| error.to_string())?;
//! let source = ImportSource::Csv(Box::new(mapping));
//! for imported in ImportReader::new(file.as_bytes(), source, Zone::utc()) {
//!     match imported {
//!         Ok(imported) => assert_eq!(imported.event.kind(), "purchase.completed"),
//!         Err(error) if error.is_row() => eprintln!("{error}"),
//!         Err(error) => return Err(error.to_string()),
//!     }
//! }
//! # Ok::<(), String>(())
//! ```
//!
//! Deliberately absent: async, the ledger, the clock. Whether a time lies in the future and whether
//! an event is known already is found out where it is appended.

mod cell;
mod cloud_event;
mod column;
mod condition;
mod dialect;
mod event_key;
mod event_mapping;
mod field_type;
mod group;
mod import_error;
mod import_reader;
mod json_lines;
mod lines;
mod mapping;
mod moment;
mod number;
mod parse_event;
mod parse_recipe;
mod preset;
mod recipe;
mod row;
mod rows;
mod table_reader;
mod toml_tree;

pub use cloud_event::CloudEvents;
pub use import_error::{ImportError, Place, RowError};
pub use import_reader::{Counts, ImportReader, ImportSource, ImportedEvent};
pub use mapping::Mapping;
pub use preset::Preset;
pub use toml_tree::MappingError;
