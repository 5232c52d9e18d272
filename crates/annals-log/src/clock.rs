//! The ledger's clock: an argument everywhere, read in one place.

use annals_events::Instant;

/// Says what time it is.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Instant;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Instant {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let nanoseconds =
            since.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX));
        Instant::from_unix_nanoseconds(nanoseconds)
    }
}

/// How far ahead of the clock an event may have occurred unless the ledger says otherwise: 5
/// minutes.
pub const SKEW_SECONDS_DEFAULT: i64 = 300;
