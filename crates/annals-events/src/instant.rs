//! Instants: points on the time line, in nanoseconds, without a place.

use crate::InvalidValue;
use crate::text_type::serde_two_forms;
use std::fmt;
use std::str::FromStr;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Nanoseconds since 1970-01-01T00:00:00Z, from 1677 to 2262. Written as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// The earliest instant there is.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant there is; as a bound, "no bound".
    pub const MAX: Self = Self(i64::MAX);

    /// The instant so many nanoseconds after 1970.
    pub const fn from_unix_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// The instant so many seconds after 1970, at most 2262.
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds since 1970.
    pub const fn unix_nanoseconds(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// The instant so many seconds later (or earlier), kept inside the range.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000_000)))
    }

    pub(crate) fn from_offset(time: OffsetDateTime) -> Result<Self, InvalidValue> {
        i64::try_from(time.unix_timestamp_nanos())
            .map(Self)
            .map_err(|_| InvalidValue::new("a time between the years 1678 and 2261", time))
    }

    pub(crate) fn to_offset(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0))
            .expect("64 bits of nanoseconds lie within the years time can hold")
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.to_offset().format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Instant {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| {
            InvalidValue::new(
                "an RFC 3339 time such as 2026-03-03T09:30:00+08:00",
                format!("{text:?}"),
            )
        })?;
        Self::from_offset(time)
    }
}
serde_two_forms!(Instant, i64, Instant::unix_nanoseconds, |value| Ok::<_, &str>(Instant(value)));
