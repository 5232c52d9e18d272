//! Dates and times as tables write them, read by the format descriptions of the crate `time`.
//!
//! A format without a time of day gives local midnight and the precision `day`; without a day of
//! the month the first and `month`; without seconds `minute`. Two digits of a year mean 1969 to
//! 2068, as POSIX has it.

use annals_events::{Date, Instant, InvalidValue, OccurredAt, Precision, Zone};
use std::num::NonZero;
use time::OffsetDateTime;
use time::format_description::{self, OwnedFormatItem};
use time::parsing::Parsed;

/// The formats of a column, tried in order.
#[derive(Clone, Debug)]
pub(crate) struct Formats(Vec<Format>);

#[derive(Clone, Debug)]
enum Format {
    /// RFC 3339, with its offset.
    Rfc3339,
    Described {
        text: String,
        item: OwnedFormatItem,
    },
}

impl Default for Formats {
    /// RFC 3339 times and ISO 8601 dates.
    fn default() -> Self {
        let date = Format::described("[year]-[month]-[day]").expect("the description is right");
        Self(vec![Format::Rfc3339, date])
    }
}

impl Format {
    fn described(text: &str) -> Result<Self, String> {
        if has_nested_brackets(text) {
            return Err(
                "brackets in brackets: what may be missing is told by several formats, with \
                        it and without"
                    .to_owned(),
            );
        }
        let item = format_description::parse_owned::<2>(text).map_err(|error| error.to_string())?;
        Ok(Self::Described { text: text.to_owned(), item })
    }

    fn text(&self) -> &str {
        match self {
            Self::Rfc3339 => "rfc3339",
            Self::Described { text, .. } => text,
        }
    }
}

/// Whether a component in brackets holds another, as optional ones do. The parser of `time` 0.3.55
/// loses count of the brackets in a wrong one, and panics where debug assertions are on.
fn has_nested_brackets(text: &str) -> bool {
    let (mut in_component, mut escaped) = (false, false);
    text.chars().any(|character| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        match character {
            '\\' => escaped = true,
            '[' if in_component => return true,
            '[' => in_component = true,
            ']' => in_component = false,
            _ => {}
        }
        false
    })
}

impl Formats {
    /// Reads format descriptions, or `rfc3339`.
    ///
    /// # Errors
    /// With the number of the description at fault, from 0, and its fault.
    pub(crate) fn new(descriptions: &[String]) -> Result<Self, (usize, String)> {
        let format = |text: &String| match text.as_str() {
            "rfc3339" => Ok(Format::Rfc3339),
            text => Format::described(text),
        };
        let formats = descriptions.iter().enumerate();
        formats
            .map(|(index, text)| format(text).map_err(|error| (index, error)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The moment a text stands for, and how precisely.
    pub(crate) fn moment(
        &self,
        text: &str,
        zone: &Zone,
    ) -> Result<(OccurredAt, Precision), InvalidValue> {
        for format in &self.0 {
            match format {
                Format::Rfc3339 => {
                    if let Ok(time) = text.parse() {
                        return Ok((time, Precision::Second));
                    }
                }
                Format::Described { item, .. } => {
                    if let Some(parsed) = parse(text, item) {
                        return moment(parsed, zone).ok_or_else(|| self.refused(text));
                    }
                }
            }
        }
        Err(self.refused(text))
    }

    /// The day a text stands for.
    pub(crate) fn date(&self, text: &str, zone: &Zone) -> Result<Date, InvalidValue> {
        for format in &self.0 {
            match format {
                Format::Rfc3339 => {
                    if let Ok(time) = text.parse::<OccurredAt>() {
                        return Ok(zone.date_of(time.instant()));
                    }
                }
                Format::Described { item, .. } => {
                    if let Some(parsed) = parse(text, item) {
                        return date(parsed).ok_or_else(|| self.refused(text));
                    }
                }
            }
        }
        Err(self.refused(text))
    }

    fn refused(&self, text: &str) -> InvalidValue {
        let known: Vec<_> = self.0.iter().map(Format::text).collect();
        InvalidValue {
            expected: format!("a time written as {}", known.join(" or ")),
            came: format!("{text:?}"),
        }
    }
}

fn parse(text: &str, item: &OwnedFormatItem) -> Option<Parsed> {
    let mut parsed = Parsed::new();
    let rest = parsed.parse_item(text.as_bytes(), item).ok()?;
    rest.is_empty().then_some(parsed)
}

/// The day, with what the format leaves out filled in.
fn date(mut parsed: Parsed) -> Option<Date> {
    if parsed.year().is_none()
        && let Some(digits) = parsed.year_last_two()
    {
        let century = if digits >= 69 { 1900 } else { 2000 };
        parsed.set_year(century + i32::from(digits))?;
    }
    if !has_day(&parsed) {
        parsed.set_day(NonZero::<u8>::MIN)?;
    }
    let date = time::Date::try_from(parsed).ok()?;
    Date::from_calendar(date.year(), date.month().into(), date.day()).ok()
}

fn has_day(parsed: &Parsed) -> bool {
    parsed.day().is_some() || parsed.ordinal().is_some() || parsed.weekday().is_some()
}

fn has_time(parsed: &Parsed) -> bool {
    parsed.hour_24().is_some() || parsed.hour_12().is_some()
}

fn moment(parsed: Parsed, zone: &Zone) -> Option<(OccurredAt, Precision)> {
    if parsed.unix_timestamp_nanos().is_some() {
        let time = OffsetDateTime::try_from(parsed).ok()?;
        return Some((zone.at(instant(time)?).ok()?, Precision::Second));
    }
    let day = date(parsed)?;
    if !has_time(&parsed) {
        let precision = if has_day(&parsed) { Precision::Day } else { Precision::Month };
        let start = zone.start_of_day(day);
        // Outside the years a ledger can hold, the start of day is the nearest instant there is.
        return (zone.date_of(start) == day).then_some((zone.at(start).ok()?, precision));
    }
    let precision = if parsed.second().is_some() { Precision::Second } else { Precision::Minute };
    let time = time::Time::try_from(parsed).ok()?;
    if parsed.offset_hour().is_some() {
        let (year, month, of_month) = day.year_month_day();
        let month = time::Month::try_from(month).ok()?;
        let date = time::Date::from_calendar_date(year, month, of_month).ok()?;
        let offset = time::UtcOffset::try_from(parsed).ok()?;
        let moment = OffsetDateTime::new_in_offset(date, time, offset);
        let minutes = offset.whole_minutes();
        return Some((OccurredAt::new(instant(moment)?, minutes).ok()?, precision));
    }
    let (hour, minute, second, nanosecond) = time.as_hms_nano();
    let seconds = u32::from(hour) * 3600 + u32::from(minute) * 60 + u32::from(second);
    Some((zone.local(day, seconds, nanosecond).ok()?, precision))
}

fn instant(time: OffsetDateTime) -> Option<Instant> {
    i64::try_from(time.unix_timestamp_nanos()).ok().map(Instant::from_unix_nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &str, text: &str) -> Result<(String, Precision), String> {
        let zone = Zone::named("Europe/Berlin").expect("a zone");
        let formats = Formats::new(&[format.to_owned()]).map_err(|(_, error)| error)?;
        match formats.moment(text, &zone) {
            Ok((time, precision)) => Ok((time.to_string(), precision)),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn brackets_in_brackets_are_refused_and_escaped_ones_are_text() {
        for nested in
            ["[optional [:[second]]]", "[mo#,#[\t [ ####nth padding:none]/[day]", "[a[ [b"]
        {
            let refused = read(nested, "1").expect_err("a refusal");
            assert!(refused.starts_with("brackets in brackets"), "{nested}: {refused}");
        }
        let expected = ("1997-07-01T00:00:00+02:00".to_owned(), Precision::Day);
        assert_eq!(read("\\[[year]-[month]\\]-[day]", "[1997-07]-01"), Ok(expected));
    }

    #[test]
    fn what_a_format_leaves_out_makes_the_time_less_precise() {
        let cases = [
            ("[day].[month].[year]", "28.02.2026", "2026-02-28T00:00:00+01:00", Precision::Day),
            ("[year][month][day]", "19970701", "1997-07-01T00:00:00+02:00", Precision::Day),
            ("[month]/[year]", "07/1997", "1997-07-01T00:00:00+02:00", Precision::Month),
            (
                "[day].[month].[year repr:last_two]",
                "01.02.97",
                "1997-02-01T00:00:00+01:00",
                Precision::Day,
            ),
            (
                "[day].[month].[year repr:last_two]",
                "01.02.26",
                "2026-02-01T00:00:00+01:00",
                Precision::Day,
            ),
            (
                "[month padding:none]/[day padding:none]/[year]",
                "8/30/2013",
                "2013-08-30T00:00:00+02:00",
                Precision::Day,
            ),
            (
                "[month padding:none]/[day padding:none]/[year]",
                "08/03/2013",
                "2013-08-03T00:00:00+02:00",
                Precision::Day,
            ),
            (
                "[year]-[month]-[day] [hour]:[minute]",
                "2026-07-01 09:30",
                "2026-07-01T09:30:00+02:00",
                Precision::Minute,
            ),
            (
                "[year]-[month]-[day] [hour repr:12]:[minute] [period]",
                "2026-01-01 09:30 PM",
                "2026-01-01T21:30:00+01:00",
                Precision::Minute,
            ),
            (
                "[year]-[month]-[day]T[hour]:[minute]:[second][offset_hour sign:mandatory][offset_minute]",
                "2026-01-01T09:30:05-0330",
                "2026-01-01T09:30:05-03:30",
                Precision::Second,
            ),
            ("[unix_timestamp]", "0", "1970-01-01T01:00:00+01:00", Precision::Second),
            ("rfc3339", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", Precision::Second),
        ];
        for (format, text, time, precision) in cases {
            assert_eq!(read(format, text), Ok((time.to_owned(), precision)), "{format} {text}");
        }
    }

    #[test]
    fn days_that_do_not_exist_and_texts_left_over_are_refused() {
        for text in ["30.02.2026", "1.2.2026", "01.02.2026 ", "", "01.02.26", "01.02.1500"] {
            let error = read("[day].[month].[year]", text).expect_err("no such day");
            assert!(error.contains("[day].[month].[year]"), "{error}");
        }
        assert!(read("[dya]", "1").is_err());
    }

    #[test]
    fn a_day_of_a_moment_is_the_zones() {
        let zone = Zone::named("Europe/Berlin").expect("a zone");
        let date = Formats::default().date("2026-01-01T23:30:00Z", &zone).map(|d| d.to_string());
        assert_eq!(date, Ok("2026-01-02".to_owned()));
    }
}
