//! What a store must be able to do to be given the work.

use annals_log::Append;
use async_trait::async_trait;

/// What is said of a store beside its figures.
#[derive(Clone, Debug)]
pub struct About {
    /// Its name and version.
    pub name: String,
    /// The settings it was given, and why.
    pub settings: String,
    /// Whether what it acknowledges is behind a sync of its own.
    pub is_durable: bool,
    /// Whether it refuses an event whose id it has.
    pub checks_ids: bool,
    /// Whether it refuses an event whose stream is not at the expected version.
    pub checks_versions: bool,
}

/// A store that takes events and gives them back.
///
/// An append is durable when its future is done. Where it has an expected version, the store
/// refuses it if the stream is at another; of a batch the store assigns the versions itself.
#[async_trait]
pub trait Store: Send + Sync {
    /// What it is and how it was set up.
    fn about(&self) -> About;
    /// Appends events, all or none.
    async fn append(&self, append: Append) -> Result<(), String>;
    /// Reads everything in order; how many events there were.
    async fn replay(&self) -> Result<u64, String>;
    /// Reads a stream in order; how many events there were.
    async fn read_stream(&self, name: &str) -> Result<u64, String>;
    /// Ends it in good order.
    async fn close(&self);
}

/// The version a single event's stream must be at.
pub fn expected_version(append: &Append) -> Option<u64> {
    match append.conditions() {
        [one] => match one.expected {
            annals_log::ExpectedVersion::Exact(version) => Some(version.get()),
            annals_log::ExpectedVersion::NoStream => Some(0),
            _ => None,
        },
        _ => None,
    }
}

/// Any error as text.
pub fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
