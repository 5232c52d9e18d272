//! When something was true in the world: an instant with the offset it was written in, and how
//! precise it is.

use crate::codec::{DecodeError, Decoder, Encoder, Stored};
use crate::text_type::field_as_text;
use crate::{Instant, InvalidValue};
use std::fmt;
use std::str::FromStr;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// A time in the world. Compared by its instant alone; the offset is kept because it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OccurredAt {
    instant: Instant,
    offset_minutes: i16,
}

impl OccurredAt {
    /// The widest offset RFC 3339 can write.
    const OFFSET_MINUTES_MAX: u16 = 23 * 60 + 59;

    /// An instant as seen at an offset from UTC.
    ///
    /// # Errors
    /// When the offset is a day or more.
    #[inline]
    pub fn new(instant: Instant, offset_minutes: i16) -> Result<Self, InvalidValue> {
        if offset_minutes.unsigned_abs() > Self::OFFSET_MINUTES_MAX {
            return Err(InvalidValue::new(
                "an offset of less than a day in minutes",
                offset_minutes,
            ));
        }
        // The local reading must be writable too, so that every value has an RFC 3339 form.
        let local =
            instant.unix_nanoseconds().checked_add(i64::from(offset_minutes) * 60_000_000_000);
        match local {
            Some(_) => Ok(Self { instant, offset_minutes }),
            None => Err(InvalidValue::new("a time between the years 1678 and 2261", instant)),
        }
    }

    /// An instant in UTC.
    pub const fn utc(instant: Instant) -> Self {
        Self { instant, offset_minutes: 0 }
    }

    /// The instant.
    pub const fn instant(self) -> Instant {
        self.instant
    }

    /// Minutes east of UTC, as written.
    pub const fn offset_minutes(self) -> i16 {
        self.offset_minutes
    }
}

impl fmt::Display for OccurredAt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = UtcOffset::from_whole_seconds(i32::from(self.offset_minutes) * 60)
            .map_err(|_| fmt::Error)?;
        let time = self.instant.to_offset().to_offset(offset);
        out.pad(&time.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for OccurredAt {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| {
            let expected = "an RFC 3339 time with its offset, such as 2026-03-03T09:30:00+08:00";
            InvalidValue::new(expected, format!("{text:?}"))
        })?;
        Self::new(Instant::from_offset(time)?, time.offset().whole_minutes())
    }
}

impl Stored for OccurredAt {
    fn store(&self, to: &mut Encoder) {
        to.raw(&self.instant.unix_nanoseconds().to_le_bytes());
        to.signed(i64::from(self.offset_minutes));
    }

    #[inline]
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let instant = Instant::from_unix_nanoseconds(i64::from_le_bytes(*from.raw()?));
        let minutes = from.signed()?;
        let minutes = i16::try_from(minutes)
            .map_err(|_| DecodeError::impossible(format_args!("an offset of {minutes} minutes")))?;
        Self::new(instant, minutes).map_err(DecodeError::impossible)
    }
}
field_as_text!(OccurredAt, "RFC 3339 time with offset");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_that_no_time_is_written_with_is_refused_down_to_the_smallest() {
        let at = Instant::from_unix_seconds(1);
        for minutes in [i16::MIN, -1440, 1440, i16::MAX] {
            assert!(OccurredAt::new(at, minutes).is_err(), "{minutes}");
        }
        for minutes in [-1439, 1439] {
            assert!(OccurredAt::new(at, minutes).is_ok(), "{minutes}");
        }
    }

    #[test]
    fn the_offset_and_every_digit_of_the_second_survive() {
        for text in [
            "2026-03-03T09:30:00+08:00",
            "1997-01-01T00:00:00.123456789-05:30",
            "2001-02-03T04:05:06Z",
        ] {
            assert_eq!(
                text.parse::<OccurredAt>().map(|time| time.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in [
            "2026-03-03",
            "2026-03-03T09:30:00",
            "1500-01-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "",
        ] {
            assert!(text.parse::<OccurredAt>().is_err(), "{text}");
        }
    }
}
