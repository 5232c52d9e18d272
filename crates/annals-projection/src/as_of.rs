//! The two clocks of a question: what was true before V, as the ledger knew it before R.

use annals_events::{Date, Instant, Zone};

/// A question's place in time. Both bounds are exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// Only what occurred before this instant.
    pub occurred_before: Instant,
    /// Only what the ledger learned before this instant; `None`: all it knows.
    pub recorded_before: Option<Instant>,
}

impl AsOf {
    /// Everything that occurred before an instant, as known today.
    pub const fn instant(occurred_before: Instant) -> Self {
        Self { occurred_before, recorded_before: None }
    }

    /// Everything up to and including a local day, as known today.
    pub fn date(day: Date, zone: &Zone) -> Self {
        Self::instant(zone.start_of_day(day.plus_days(1)))
    }

    /// The same, as the ledger knew it before an instant.
    #[must_use]
    pub const fn known_before(self, recorded_before: Instant) -> Self {
        Self { recorded_before: Some(recorded_before), ..self }
    }

    /// The local day the question is asked on: the day of the last instant it includes.
    pub fn day(&self, zone: &Zone) -> Date {
        let last = self.occurred_before.unix_nanoseconds().saturating_sub(1);
        zone.date_of(Instant::from_unix_nanoseconds(last))
    }
}
