//! A time as precisely as it is known, and how long it is from one to another.

use annals_events::{Date, Event, Instant, Precision, Zone};
use serde::{Deserialize, Serialize};

/// When something happened, and how precisely that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moment {
    at: Instant,
    precision: Precision,
}

impl Moment {
    /// When an event occurred.
    pub(crate) fn of(event: &Event) -> Self {
        Self { at: event.occurred_at(), precision: event.envelope().precision }
    }

    /// A time known to the second.
    pub(crate) fn second(at: Instant) -> Self {
        Self { at, precision: Precision::Second }
    }

    /// The local day.
    pub(crate) fn day(self, zone: &Zone) -> Date {
        zone.date_of(self.at)
    }

    /// Seconds from an earlier moment to this one, negative where that one is the later.
    ///
    /// Both are read as coarsely as the coarser is known, so that "received at 9:30, closed some
    /// time that day" is zero and not half a day backwards: a day counts 86 400 s, a month from its
    /// first day.
    pub(crate) fn seconds_since(self, earlier: Self, zone: &Zone) -> i64 {
        match self.precision.max(earlier.precision) {
            Precision::Second => self.at.unix_seconds() - earlier.at.unix_seconds(),
            Precision::Minute => {
                let minute = |moment: Self| moment.at.unix_seconds().div_euclid(60);
                60 * (minute(self) - minute(earlier))
            }
            Precision::Day => seconds_between(earlier.day(zone), self.day(zone)),
            Precision::Month => {
                let month = |moment: Self| moment.day(zone).month().first_day();
                seconds_between(month(earlier), month(self))
            }
        }
    }
}

fn seconds_between(earlier: Date, later: Date) -> i64 {
    86_400 * i64::from(later.days_since(earlier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coarser_precision_decides_what_is_backwards() {
        let zone = Zone::named("Asia/Shanghai").expect("a zone");
        let moment =
            |text: &str, precision| Moment { at: text.parse().expect("a time"), precision };
        let received = moment("2026-03-03T01:30:00Z", Precision::Second);
        let that_day = moment("2026-03-02T16:00:00Z", Precision::Day);
        let day_before = moment("2026-03-01T16:00:00Z", Precision::Day);
        let earlier = moment("2026-03-03T01:29:59Z", Precision::Second);
        let that_month = moment("2026-02-28T16:00:00Z", Precision::Month);
        assert_eq!(that_day.seconds_since(received, &zone), 0);
        assert_eq!(day_before.seconds_since(received, &zone), -86_400);
        assert_eq!(earlier.seconds_since(received, &zone), -1);
        assert_eq!(that_month.seconds_since(received, &zone), 0);
    }
}
