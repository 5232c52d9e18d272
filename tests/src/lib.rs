//! Tests that cross crates, and what they share.

pub mod interrupted_writer;
pub mod log_fixture;
