//! CSV, JSON Lines and CloudEvents rows into events, by mapping files.
