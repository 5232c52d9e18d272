//! The projection held against properties, published numbers and numbers worked out by hand.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod complaints;
mod consistency;
mod contacts;
mod cuts;
mod deadlines;
mod figures;
mod indices;
mod kano_and_trap;
mod ledger;
mod profile;
mod properties;
mod rules;
