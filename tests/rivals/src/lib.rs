//! The same work given to the log and to other stores, and every speed the log promises.
//!
//! One workload ([`workload`]), one small trait ([`store::Store`]) and one file for each store. Two
//! programs use them: `rivals` prints all stores side by side, `bench` prints and writes the table
//! of docs/benchmarks.md. Deliberately absent: anything that a store is told beyond its own
//! recommended settings, which each states.

pub mod machine;
pub mod measure;
pub mod plain_file;
pub mod report;
pub mod sections;
pub mod store;
pub mod stores;
pub mod work;
pub mod workload;

/// As the command has it; every store that is written in Rust gets it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
