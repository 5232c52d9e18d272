//! Times as people give them: a day of the ledger's calendar, or an instant.

use annals::Annals;
use annals::events::{Date, Instant, Zone};
use annals::projection::AsOf;
use clap::Args;
use std::str::FromStr;

/// A day, or an instant with its offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// `1998-06-30`
    Day(Date),
    /// `1998-06-30T12:00:00Z`
    Instant(Instant),
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let day = text.parse().map(Self::Day);
        day.or_else(|_| text.parse().map(Self::Instant)).map_err(|_| {
            "expected a day such as 1998-06-30 or an instant with its offset such as \
             1998-06-30T12:00:00+02:00"
                .to_owned()
        })
    }
}

impl When {
    /// As a bound that is exclusive: a day means its beginning.
    pub(crate) fn start(self, zone: &Zone) -> Instant {
        match self {
            Self::Day(day) => zone.start_of_day(day),
            Self::Instant(instant) => instant,
        }
    }

    /// As the time of a question: a day is included whole, an instant is not.
    pub(crate) fn as_of(self, zone: &Zone) -> AsOf {
        match self {
            Self::Day(day) => AsOf::date(day, zone),
            Self::Instant(instant) => AsOf::instant(instant),
        }
    }
}

/// The time of a question.
#[derive(Args, Clone, Copy)]
pub(crate) struct AsOfArgs {
    /// The time asked about: a day, included whole (in the ledger's time zone), or an RFC 3339
    /// instant, not included. Now unless given
    #[arg(long, value_name = "DATE|INSTANT")]
    as_of: Option<When>,
    /// Only what the ledger had learned before: an RFC 3339 instant, or a day, which means its
    /// beginning
    #[arg(long, value_name = "DATE|INSTANT")]
    recorded_before: Option<When>,
}

impl AsOfArgs {
    /// The question's place in time.
    pub(crate) fn resolve(&self, ledger: &Annals) -> AsOf {
        let as_of = self.as_of.map_or_else(|| ledger.as_of_now(), |when| when.as_of(ledger.zone()));
        known_before(as_of, self.recorded_before, ledger.zone())
    }
}

/// The same question, as known before a time if one is given.
pub(crate) fn known_before(as_of: AsOf, recorded_before: Option<When>, zone: &Zone) -> AsOf {
    match recorded_before {
        Some(when) => as_of.known_before(when.start(zone)),
        None => as_of,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_included_whole_as_a_question_and_not_at_all_as_a_bound() {
        let zone = Zone::named("Europe/Berlin").expect("a zone");
        let day: When = "1998-06-30".parse().expect("a day");
        assert_eq!(day.as_of(&zone).occurred_before.to_string(), "1998-06-30T22:00:00Z");
        assert_eq!(day.start(&zone).to_string(), "1998-06-29T22:00:00Z");
        let instant: When = "1998-06-30T12:00:00+02:00".parse().expect("an instant");
        assert_eq!(instant.as_of(&zone).occurred_before, instant.start(&zone));
        assert!("1998-06-30T12:00:00".parse::<When>().is_err(), "an instant needs its offset");
    }
}
