//! Importing, from bytes to events: one program, so that it is linked once.
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod json;
mod mappings;
mod never_panics;
mod presets;
mod reading;
mod tables;
mod worked_example;
