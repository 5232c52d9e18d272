//! What a ledger says about its log when it opens it.

use annals_log::{Clock, RECORD_BYTES_MAX, SKEW_SECONDS_DEFAULT, SystemClock};
use std::sync::Arc;

/// How a log is opened.
#[derive(Clone)]
pub struct SledLogOptions {
    /// Says when events are recorded.
    pub clock: Arc<dyn Clock>,
    /// The most bytes the caller's part of a record may have; 64 KiB at most.
    pub record_bytes_max: usize,
    /// How far ahead of the clock an event may say it occurred, in seconds.
    pub skew_seconds: i64,
    /// How many appends may wait for the writer, 1 to 65,536; the next caller waits for room.
    pub queue_appends_max: usize,
}

impl Default for SledLogOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            record_bytes_max: RECORD_BYTES_MAX,
            skew_seconds: SKEW_SECONDS_DEFAULT,
            queue_appends_max: 1024,
        }
    }
}
