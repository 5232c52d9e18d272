//! Numbers as tables write them: decimal comma or point, groups of thousands, signs of currency.
//!
//! Everything is exact: a number is an integer and how many of its digits stand after the point.
//! Nothing is rounded; what does not come out exactly is refused.

use std::borrow::Cow;

/// How numbers are written in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NumberStyle {
    /// What stands before the fraction: `.` or `,`.
    pub(crate) decimal_mark: char,
    /// What stands between groups of three digits.
    pub(crate) thousands: Option<char>,
    /// Characters that are dropped, such as `$`.
    pub(crate) strip: String,
}

impl NumberStyle {
    /// The number as a plain decimal (`-1234.56`); `None` where it is not written in this style.
    pub(crate) fn plain<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        if self.decimal_mark == '.' && self.thousands.is_none() && self.strip.is_empty() {
            return Some(Cow::Borrowed(text.strip_prefix('+').unwrap_or(text)));
        }
        let kept: String = text.chars().filter(|c| !self.strip.contains(*c)).collect();
        let (sign, size) = match kept.strip_prefix('-') {
            Some(size) => ("-", size),
            None => ("", kept.strip_prefix('+').unwrap_or(&kept)),
        };
        let (whole, fraction) = match size.split_once(self.decimal_mark) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (size, None),
        };
        let mut plain = String::with_capacity(kept.len());
        plain.push_str(sign);
        match self.thousands {
            None => plain.push_str(whole),
            // A mark that does not part groups of three is no thousands mark: `1.5` is not 15.
            Some(mark) => {
                let mut groups = whole.split(mark);
                let first = groups.next().unwrap_or_default();
                plain.push_str(first);
                for group in groups {
                    if group.len() != 3 || !(1..=3).contains(&first.len()) {
                        return None;
                    }
                    plain.push_str(group);
                }
            }
        }
        if let Some(fraction) = fraction {
            plain.push('.');
            plain.push_str(fraction);
        }
        let digits = plain.strip_prefix('-').unwrap_or(&plain);
        // Only the one point written above may be there: a second mark stays and is refused.
        let marks = usize::from(fraction.is_some());
        let fits = digits.matches('.').count() == marks
            && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        fits.then_some(Cow::Owned(plain))
    }

    /// An example of the style, for errors.
    pub(crate) fn example(&self) -> String {
        let mark = self.thousands.map(String::from).unwrap_or_default();
        format!("1{mark}234{}50", self.decimal_mark)
    }
}

/// An exact decimal of any number of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exact {
    units: i128,
    places: u32,
}

impl Exact {
    /// Reads a plain decimal of at most 18 digits.
    pub(crate) fn parse(plain: &str) -> Option<Self> {
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, "0"));
        let digits = whole.strip_prefix('-').unwrap_or(whole);
        let numeric = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !numeric(digits) || !numeric(fraction) || digits.len() + fraction.len() > 18 {
            return None;
        }
        let size: i128 = format!("{digits}{fraction}").parse().ok()?;
        let units = if whole.starts_with('-') { -size } else { size };
        Some(Self { units, places: u32::try_from(fraction.len()).ok()? })
    }

    pub(crate) fn times(self, other: Self) -> Self {
        // Two numbers of 18 digits have a product of 36: it fits.
        Self { units: self.units * other.units, places: self.places + other.places }
    }

    pub(crate) fn negated(self) -> Self {
        Self { units: -self.units, places: self.places }
    }

    /// The number in units of so many places; `None` where it does not come out exactly or does not
    /// fit.
    pub(crate) fn in_places(self, places: u32) -> Option<i64> {
        let units = match self.places.checked_sub(places) {
            None => {
                self.units.checked_mul(10_i128.checked_pow(places.checked_sub(self.places)?)?)?
            }
            Some(too_many) => {
                let divisor = 10_i128.checked_pow(too_many)?;
                if self.units % divisor != 0 {
                    return None;
                }
                self.units / divisor
            }
        };
        i64::try_from(units).ok()
    }

    /// Compares two numbers.
    pub(crate) fn compare(self, other: Self) -> std::cmp::Ordering {
        // At most 18 digits and 18 more places on either side.
        let raised = |number: Self, places: u32| {
            number.units * 10_i128.pow(places.saturating_sub(number.places).min(18))
        };
        let places = self.places.max(other.places);
        raised(self, places).cmp(&raised(other, places))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    fn style(decimal_mark: char, thousands: Option<char>, strip: &str) -> NumberStyle {
        NumberStyle { decimal_mark, thousands, strip: strip.to_owned() }
    }

    #[test]
    fn marks_that_part_no_thousands_are_not_looked_through() {
        let german = style(',', Some('.'), "€ ");
        assert_eq!(german.plain("1.234.567,89 €").as_deref(), Some("1234567.89"));
        assert_eq!(german.plain("-12,50").as_deref(), Some("-12.50"));
        assert_eq!(german.plain("999").as_deref(), Some("999"));
        for text in ["1.5", "12.34", "1234.567", ".123", "1,2,3", "1,234.5", "12a", "--1"] {
            assert_eq!(german.plain(text), None, "{text}");
        }
        assert_eq!(style(',', None, "").plain("1.5"), None);
        assert_eq!(style('.', Some(','), "$").plain("$1,234.50").as_deref(), Some("1234.50"));
    }

    #[test]
    fn products_come_out_exactly_or_not_at_all() {
        let number = |text| Exact::parse(text).expect("a decimal");
        assert_eq!(number("1.25").times(number("0.8")).in_places(2), Some(100));
        assert_eq!(number("0.333").times(number("0.1")).in_places(2), None);
        assert_eq!(number("-3").in_places(2), Some(-300));
        assert_eq!(number("0.5").negated().in_places(6), Some(-500_000));
        assert_eq!(number("1.50").compare(number("1.5")), Ordering::Equal);
        assert_eq!(number("-2").compare(number("1.999")), Ordering::Less);
        for text in ["", "-", "1.", ".5", "1e3", "1234567890123456789"] {
            assert_eq!(Exact::parse(text), None, "{text}");
        }
    }
}
