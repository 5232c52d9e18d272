//! Exact decimals with six places, and shares of one. Never binary floating point.

use crate::InvalidValue;
use crate::codec::{DecodeError, Decoder, Encoder, Stored};
use crate::text_type::{field_as_text, serde_two_forms};
use std::fmt;
use std::str::FromStr;

/// An exact decimal with six places, kept as millionths: -9223372036854.775808 to
/// 9223372036854.775807.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i64);

impl Decimal {
    /// Nought.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(1_000_000);

    /// The decimal that is so many millionths.
    pub const fn from_millionths(millionths: i64) -> Self {
        Self(millionths)
    }

    /// How many millionths it is.
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// The nearest binary number, for formulas that estimate; sums stay in millionths.
    #[expect(clippy::cast_precision_loss, reason = "this is what the function is for")]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

/// Reads a plain decimal (`-12.34`) as an integer of the given number of places; `None` where it
/// has more places, other characters, or does not fit.
pub(crate) fn scaled(text: &str, places: u32) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let dangling = digits.contains('.') && fraction.is_empty();
    if whole.is_empty() || dangling || !plain(whole) || !plain(fraction) {
        return None;
    }
    let places_given = u32::try_from(fraction.len()).ok()?;
    let missing = places.checked_sub(places_given)?;
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let value = digits.checked_mul(10_i128.checked_pow(missing)?)?;
    i64::try_from(if negative { -value } else { value }).ok()
}

/// Writes an integer of the given number of places as a plain decimal.
pub(crate) fn plain(value: i64, places: u32) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let unit = 10_u64.pow(places);
    let size = value.unsigned_abs();
    if places == 0 {
        return format!("{sign}{size}");
    }
    format!("{sign}{}.{:0width$}", size / unit, size % unit, width = places as usize)
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = plain(self.0, 6);
        out.pad(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl FromStr for Decimal {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        scaled(text, 6).map(Self).ok_or_else(|| {
            InvalidValue::new(
                "a plain decimal with at most six places, such as 12.5",
                format!("{text:?}"),
            )
        })
    }
}

impl Stored for Decimal {
    fn store(&self, to: &mut Encoder) {
        to.signed(self.0);
    }

    #[inline]
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        from.signed().map(Self)
    }
}
field_as_text!(Decimal, "decimal as text, at most six places");
serde_two_forms!(Decimal, i64, Decimal::millionths, |value| Ok::<_, &str>(Decimal(value)));

/// A share of one, 0 to 1, with six places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(Decimal);

impl Share {
    /// Checks a share.
    ///
    /// # Errors
    /// When it is below 0 or above 1.
    pub fn new(value: Decimal) -> Result<Self, InvalidValue> {
        if (Decimal::ZERO..=Decimal::ONE).contains(&value) {
            Ok(Self(value))
        } else {
            Err(InvalidValue::new("a share from 0 to 1 (0.25 for a quarter)", value))
        }
    }

    /// The decimal.
    pub const fn get(self) -> Decimal {
        self.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

impl FromStr for Share {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::new(text.parse()?)
    }
}

impl Stored for Share {
    fn store(&self, to: &mut Encoder) {
        self.0.store(to);
    }

    #[inline]
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Self::new(Decimal::restore(from)?).map_err(DecodeError::impossible)
    }
}
field_as_text!(Share, "share as decimal text, 0 to 1");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_six_places_exactly() {
        for (text, millionths) in
            [("12.5", 12_500_000), ("-0.000001", -1), ("0", 0), ("7.000000", 7_000_000)]
        {
            assert_eq!(text.parse::<Decimal>(), Ok(Decimal(millionths)));
        }
        assert_eq!(Decimal(12_500_000).to_string(), "12.5");
        assert_eq!(Decimal(-1).to_string(), "-0.000001");
        assert_eq!(Decimal(100_000_000).to_string(), "100");
        for text in ["", "-", "1.", ".5", "1e3", "+1", "1.0000001", "99999999999999", " 1", "1,5"] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }

    #[test]
    fn shares_lie_between_nought_and_one() {
        assert!("1".parse::<Share>().is_ok());
        assert!("1.000001".parse::<Share>().is_err());
        assert!("-0.1".parse::<Share>().is_err());
    }
}
