//! What a ledger says about its log when it opens it.

use annals_log::{Clock, RECORD_BYTES_MAX, SKEW_SECONDS_DEFAULT, SystemClock};
use std::sync::Arc;

/// Whether the records of sealed volumes are compressed. Volumes of either kind stand side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// As they are.
    #[default]
    None,
    /// LZ4 blocks: about three quarters of the size, half as fast to read.
    Lz4,
}

impl Compression {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Lz4 => 1,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::None, Self::Lz4].into_iter().find(|compression| compression.code() == code)
    }
}

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
    /// With how many events the open volume is full and is sealed; 1 or more.
    pub open_volume_events_max: u64,
    /// How volumes are sealed.
    pub compression: Compression,
}

impl Default for SledLogOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            record_bytes_max: RECORD_BYTES_MAX,
            skew_seconds: SKEW_SECONDS_DEFAULT,
            queue_appends_max: 1024,
            open_volume_events_max: 1_000_000,
            compression: Compression::None,
        }
    }
}
