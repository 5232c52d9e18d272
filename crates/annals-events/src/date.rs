//! Calendar dates and months, without a time or a place.

use crate::InvalidValue;
use crate::codec::{DecodeError, Decoder, Encoder, Stored};
use crate::text_type::{field_as_text, serde_two_forms};
use std::fmt;
use std::str::FromStr;
use time::macros::format_description;

/// A day of the Gregorian calendar, kept as days since 1970-01-01; years 0001 to 9999.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// Julian day number of 1970-01-01.
const EPOCH_JULIAN_DAY: i32 = 2_440_588;

/// 0001-01-01.
const FIRST_DAY: i32 = -719_162;
/// 9999-12-31.
const LAST_DAY: i32 = 2_932_896;

impl Date {
    /// The day so many days after 1970-01-01.
    ///
    /// # Errors
    /// When it lies outside the years 0001 to 9999.
    pub fn from_days(days: i32) -> Result<Self, InvalidValue> {
        if (FIRST_DAY..=LAST_DAY).contains(&days) {
            Ok(Self(days))
        } else {
            Err(InvalidValue::new(
                "a date in the years 0001 to 9999",
                format!("day {days} since 1970"),
            ))
        }
    }

    /// The day of a calendar date.
    ///
    /// # Errors
    /// When there is no such day.
    pub fn from_calendar(year: i32, month: u8, day: u8) -> Result<Self, InvalidValue> {
        let date = time::Month::try_from(month)
            .and_then(|month| time::Date::from_calendar_date(year, month, day))
            .map_err(|_| {
                InvalidValue::new("a day of the calendar", format!("{year:04}-{month:02}-{day:02}"))
            })?;
        Self::from_days(date.to_julian_day() - EPOCH_JULIAN_DAY)
    }

    /// Days since 1970-01-01.
    pub const fn days(self) -> i32 {
        self.0
    }

    /// The day so many days later (or earlier), kept inside the years 0001 to 9999.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days).clamp(FIRST_DAY, LAST_DAY))
    }

    /// Whole days from an earlier day to this one; negative where it is later.
    pub const fn days_since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// The calendar month the day lies in.
    pub fn month(self) -> Month {
        let date = self.calendar();
        Month(date.year() * 12 + i32::from(u8::from(date.month())) - 1)
    }

    /// Year, month and day.
    pub fn year_month_day(self) -> (i32, u8, u8) {
        let date = self.calendar();
        (date.year(), date.month().into(), date.day())
    }

    pub(crate) fn calendar(self) -> time::Date {
        time::Date::from_julian_day(self.0 + EPOCH_JULIAN_DAY)
            .expect("the constructors checked the range")
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.year_month_day();
        out.pad(&format!("{year:04}-{month:02}-{day:02}"))
    }
}

impl FromStr for Date {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let format = format_description!("[year]-[month]-[day]");
        let date = time::Date::parse(text, format)
            .map_err(|_| InvalidValue::new("a date such as 2026-03-31", format!("{text:?}")))?;
        Self::from_days(date.to_julian_day() - EPOCH_JULIAN_DAY)
    }
}

impl Stored for Date {
    fn store(&self, to: &mut Encoder) {
        to.signed(i64::from(self.0));
    }

    #[inline]
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let days = from.signed()?;
        let days =
            i32::try_from(days).map_err(|_| DecodeError::impossible(format_args!("day {days}")))?;
        Self::from_days(days).map_err(DecodeError::impossible)
    }
}
field_as_text!(Date, "date, YYYY-MM-DD");
serde_two_forms!(Date, i32, Date::days, Date::from_days);

/// A calendar month, ordered; written `1997-03`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// The month so many months later (or earlier).
    #[must_use]
    pub const fn plus(self, months: i32) -> Self {
        Self(self.0 + months)
    }

    /// Whole months from an earlier month to this one.
    pub const fn since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// The first day of the month, kept inside the years 0001 to 9999.
    pub fn first_day(self) -> Date {
        let year = self.0.div_euclid(12).clamp(1, 9999);
        let month =
            u8::try_from(self.0.rem_euclid(12) + 1).expect("a remainder of twelve is small");
        Date::from_calendar(year, month, 1).expect("every month has a first day")
    }

    /// The last day of the month.
    pub fn last_day(self) -> Date {
        self.plus(1).first_day().plus_days(-1)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&format!("{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1))
    }
}

impl FromStr for Month {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        format!("{text}-01")
            .parse::<Date>()
            .map(Date::month)
            .map_err(|_| InvalidValue::new("a month such as 2026-03", format!("{text:?}")))
    }
}
serde_two_forms!(Month, i32, |month: Month| month.0, |value| Ok::<_, &str>(Month(value)));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_days_count_through_year_ends_and_leap_days() {
        let leap: Date = "2024-02-29".parse().expect("a day");
        assert_eq!(leap.plus_days(1).to_string(), "2024-03-01");
        assert_eq!(leap.month().plus(-2).to_string(), "2023-12");
        assert_eq!(leap.month().last_day(), leap);
        assert_eq!("1970-01-01".parse::<Date>().map(Date::days), Ok(0));
        assert!("2023-02-29".parse::<Date>().is_err());
        assert_eq!(Date(0).plus_days(i32::MAX).to_string(), "9999-12-31");
        assert_eq!(Date(0).plus_days(i32::MIN).to_string(), "0001-01-01");
        for (text, further) in [("0001-01-01", -1), ("9999-12-31", 1)] {
            let end: Date = text.parse().expect("a day");
            assert_eq!(Date::from_days(end.days()), Ok(end));
            assert!(Date::from_days(end.days() + further).is_err(), "beyond {text}");
        }
    }
}
