//! Tests that cross crates, and what they share.

pub mod log_fixture;
