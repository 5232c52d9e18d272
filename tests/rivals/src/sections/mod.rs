//! The sections of the table of promises, one file for each kind of work.
//!
//! What must be clean of what came before (memory, opening, rebuilding) runs in a process of its
//! own: this program again, with `--child`.

pub mod appending;
pub mod child;
pub mod disk;
pub mod importing;
pub mod new_id;
pub mod reading;
pub mod rebuilding;

use crate::report::Row;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Section {
    /// Batches of 512 events
    Batch,
    /// 64, 16 and 1 producers
    Producers,
    /// Replay and verification of a large ledger, and the memory they take
    Replay,
    /// One stream of 50 events in a large ledger
    Stream,
    /// Opening a large ledger, closed well or killed
    Open,
    /// Appending a new id to a very large index
    NewId,
    /// Bytes of sealed volumes
    Disk,
    /// Rows of a CSV file
    Import,
    /// All three projections folded anew
    Rebuild,
}

impl Section {
    /// All of them, in the order of the table.
    pub const ALL: &[Self] = &[
        Self::Batch,
        Self::Producers,
        Self::Replay,
        Self::Rebuild,
        Self::Stream,
        Self::NewId,
        Self::Open,
        Self::Disk,
        Self::Import,
    ];
}

/// How large the work is and where it lies.
#[derive(Args, Clone, Debug)]
pub struct Sizes {
    /// Where everything is written; on the disk that is meant
    #[arg(long, default_value = "bench-data")]
    pub directory: PathBuf,
    /// Events of the large ledgers
    #[arg(long, default_value_t = 10_000_000)]
    pub events: u64,
    /// Events of a round of batches
    #[arg(long, default_value_t = 400_000)]
    pub batch_events: u64,
    /// Events of a round of 64 producers, in all
    #[arg(long, default_value_t = 96_000)]
    pub producer_events: u64,
    /// Events in the index that a new id is looked up in
    #[arg(long, default_value_t = 100_000_000)]
    pub index_events: u64,
    /// Rows of the CSV file
    #[arg(long, default_value_t = 1_000_000)]
    pub rows: u64,
    /// Rounds, of which the median counts
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
}

impl Sizes {
    /// With how many events a volume of a large ledger is sealed: a tenth of it, a million at most.
    pub fn volume_events(&self) -> u64 {
        (self.events / 10).clamp(10_000, 1_000_000)
    }

    /// Streams of the large ledger: 50 events each.
    pub fn large_streams(&self) -> u64 {
        (self.events / 50).max(1)
    }
}

/// Measures a section.
///
/// # Errors
/// With what went wrong.
pub async fn measure(section: Section, sizes: &Sizes) -> Result<Vec<Row>, String> {
    match section {
        Section::Batch => appending::batches(sizes).await,
        Section::Producers => appending::producers(sizes).await,
        Section::Replay => reading::replay(sizes).await,
        Section::Stream => reading::stream(sizes).await,
        Section::Open => reading::opening(sizes).await,
        Section::NewId => new_id::new_id(sizes),
        Section::Disk => disk::disk(sizes).await,
        Section::Import => importing::import(sizes).await,
        Section::Rebuild => rebuilding::rebuild(sizes).await,
    }
}
