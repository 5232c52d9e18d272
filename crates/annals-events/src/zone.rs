//! The ledger's time zone: which day an instant belongs to.
//!
//! The rules come from the zone database compiled into the program, never from the machine, so that
//! the same ledger gives the same days everywhere. jiff is used for these rules alone; all other
//! times are the crate `time`'s.

use crate::{Date, Instant, InvalidValue, OccurredAt};
use std::fmt;
use std::sync::Arc;

/// A time zone of the IANA database, such as `Asia/Shanghai`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    rules: jiff::tz::TimeZone,
    /// The offsets from UTC there are within the range of instants, each with the second since 1970
    /// from which it holds. Every event of a fold asks for its day, and to follow the rules each
    /// time takes several times as long as to look here.
    offsets: Arc<[(i64, i32)]>,
    /// The place of the offset at the start of each stretch of time, so that few are looked at.
    by_stretch: Arc<[usize]>,
}

/// A stretch of time has so many seconds, as a power of two: 194 days.
const STRETCH_SECONDS_LOG2: u32 = 24;

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self::of(jiff::tz::TimeZone::UTC)
    }

    /// Looks up a zone by its IANA name.
    ///
    /// # Errors
    /// When the database has no such name.
    pub fn named(name: &str) -> Result<Self, InvalidValue> {
        if name == "UTC" {
            return Ok(Self::utc());
        }
        jiff::tz::db().get(name).map(Self::of).map_err(|_| {
            InvalidValue::new(
                "an IANA time zone such as Asia/Shanghai, Europe/Berlin or UTC",
                format!("{name:?}"),
            )
        })
    }

    fn of(rules: jiff::tz::TimeZone) -> Self {
        let first = Instant::MIN.unix_seconds();
        let mut offsets = vec![(first, rules.to_offset(timestamp(first)).seconds())];
        let changes = rules.following(timestamp(first));
        let changes = changes.map(|change| (change.timestamp().as_second(), change.offset()));
        let within = changes.take_while(|(from, _)| *from <= Instant::MAX.unix_seconds());
        offsets.extend(within.map(|(from, offset)| (from, offset.seconds())));
        let stretches = 0..=stretch_of(Instant::MAX.unix_seconds());
        let starts = (first..).step_by(1 << STRETCH_SECONDS_LOG2);
        let place = |start| offsets.partition_point(|(from, _)| *from <= start).saturating_sub(1);
        let by_stretch = stretches.zip(starts).map(|(_, start)| place(start)).collect();
        Self { rules, offsets: offsets.into(), by_stretch }
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.rules.iana_name().unwrap_or("UTC")
    }

    /// The local day an instant lies in.
    pub fn date_of(&self, instant: Instant) -> Date {
        let seconds = instant.unix_seconds() + i64::from(self.offset_seconds(instant));
        let days = i32::try_from(seconds.div_euclid(86_400))
            .expect("the years 1677 to 2262 fit 32 bits of days");
        Date::from_days(days).expect("the years 1677 to 2262 are dates")
    }

    /// The first instant of a local day.
    ///
    /// Where the clock skips midnight it is the first instant after; where midnight comes twice,
    /// the first of both. Days outside the years 1678 to 2261 give the nearest instant there is.
    pub fn start_of_day(&self, date: Date) -> Instant {
        let (year, month, day) = date.year_month_day();
        if year < 1678 {
            return Instant::MIN;
        }
        if year > 2261 {
            return Instant::MAX;
        }
        let parts = (i16::try_from(year), i8::try_from(month), i8::try_from(day));
        let (Ok(year), Ok(month), Ok(day)) = parts else {
            return Instant::MAX;
        };
        jiff::civil::Date::new(year, month, day)
            .and_then(|date| date.to_zoned(self.rules.clone()))
            .ok()
            .and_then(|start| i64::try_from(start.timestamp().as_nanosecond()).ok())
            .map_or(Instant::MAX, Instant::from_unix_nanoseconds)
    }

    /// The instant as people in this zone write it.
    ///
    /// # Errors
    /// Within a day of the range's ends, where the local time cannot be written.
    pub fn at(&self, instant: Instant) -> Result<OccurredAt, InvalidValue> {
        // Offsets before standard time had seconds; they are cut to whole minutes as RFC 3339
        // writes them.
        let minutes = self.offset_seconds(instant) / 60;
        OccurredAt::new(instant, i16::try_from(minutes).unwrap_or_default())
    }

    /// The instant of a local date and time of day; a skipped time is moved forward by the gap, the
    /// first of two is taken.
    ///
    /// # Errors
    /// When there is no such time of day, or the year lies outside 1678 to 2261.
    pub fn local(
        &self,
        date: Date,
        seconds_of_day: u32,
        nanoseconds: u32,
    ) -> Result<OccurredAt, InvalidValue> {
        let refused = || InvalidValue::new("a local time between the years 1678 and 2261", date);
        let (year, month, day) = date.year_month_day();
        let civil = jiff::civil::DateTime::new(
            i16::try_from(year).map_err(|_| refused())?,
            i8::try_from(month).map_err(|_| refused())?,
            i8::try_from(day).map_err(|_| refused())?,
            i8::try_from(seconds_of_day / 3600).map_err(|_| refused())?,
            i8::try_from(seconds_of_day / 60 % 60).map_err(|_| refused())?,
            i8::try_from(seconds_of_day % 60).map_err(|_| refused())?,
            i32::try_from(nanoseconds).map_err(|_| refused())?,
        );
        let zoned =
            civil.and_then(|civil| civil.to_zoned(self.rules.clone())).map_err(|_| refused())?;
        let nanoseconds =
            i64::try_from(zoned.timestamp().as_nanosecond()).map_err(|_| refused())?;
        self.at(Instant::from_unix_nanoseconds(nanoseconds))
    }

    fn offset_seconds(&self, instant: Instant) -> i32 {
        let seconds = instant.unix_seconds();
        let start = self.by_stretch.get(stretch_of(seconds)).copied().unwrap_or_default();
        let from = self.offsets.get(start..).unwrap_or_default();
        let in_force = from.iter().take_while(|(from, _)| *from <= seconds).last();
        in_force.map_or(0, |(_, offset)| *offset)
    }
}

/// Which stretch of time since the first instant a second lies in.
fn stretch_of(seconds: i64) -> usize {
    let since = seconds.abs_diff(Instant::MIN.unix_seconds());
    usize::try_from(since >> STRETCH_SECONDS_LOG2).unwrap_or(usize::MAX)
}

fn timestamp(seconds: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(seconds).expect("the years 1677 to 2262 lie within jiff's range")
}

impl fmt::Display for Zone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_those_of_the_rules_around_every_change_and_between() {
        let names = ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kolkata"];
        for name in names.into_iter().chain(["Africa/Casablanca", "Pacific/Apia", "Europe/Dublin"])
        {
            let zone = Zone::named(name).unwrap();
            let mut asked = vec![Instant::MIN.unix_seconds(), Instant::MAX.unix_seconds()];
            for (from, _) in &*zone.offsets {
                let around = [from - 1, *from, from + 1, from + 7_000_000];
                asked.extend(around.map(|at| at.clamp(asked[0], asked[1])));
            }
            asked.extend((0..20_000).map(|n| -9_000_000_000 + n * 911_111));
            for seconds in asked {
                let at = Instant::from_unix_seconds(seconds);
                let expected = zone.rules.to_offset(timestamp(at.unix_seconds())).seconds();
                assert_eq!(zone.offset_seconds(at), expected, "{name} at {at}");
            }
        }
    }

    #[test]
    fn days_follow_the_zone_through_clock_changes() {
        let berlin = Zone::named("Europe/Berlin").expect("a zone");
        let instant: Instant = "2026-03-28T23:30:00Z".parse().expect("an instant");
        assert_eq!(berlin.date_of(instant).to_string(), "2026-03-29");
        let day: Date = "2026-03-29".parse().expect("a day");
        let hours = (berlin.start_of_day(day.plus_days(1)).unix_seconds()
            - berlin.start_of_day(day).unix_seconds())
            / 3600;
        assert_eq!(hours, 23, "the day summer time begins");
        assert_eq!(
            berlin.at(instant).map(|time| time.to_string()),
            Ok("2026-03-29T00:30:00+01:00".to_owned())
        );
        assert!(Zone::named("Mars/Olympus").is_err());
    }
}
