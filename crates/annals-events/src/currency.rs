//! Currencies of ISO 4217 and how many digits each has after the point.
//!
//! The table is frozen with the format version: another digit count would change what stored
//! amounts mean. It holds the active national currencies and the former ones that old records still
//! name (Deutsche Mark, lira, ...); precious metals, bond units and test codes, which have no minor
//! unit, are deliberately absent.

use crate::InvalidValue;
use crate::codec::{DecodeError, Decoder, Encoder, Stored};
use crate::text_type::{field_as_text, serde_two_forms};
use std::fmt;
use std::str::FromStr;

/// Code and digits after the point, in the order of the codes.
const TABLE: &[(&str, u8)] = &[
    ("AED", 2),
    ("AFN", 2),
    ("ALL", 2),
    ("AMD", 2),
    ("ANG", 2),
    ("AOA", 2),
    ("ARS", 2),
    ("ATS", 2),
    ("AUD", 2),
    ("AWG", 2),
    ("AZN", 2),
    ("BAM", 2),
    ("BBD", 2),
    ("BDT", 2),
    ("BEF", 0),
    ("BHD", 3),
    ("BIF", 0),
    ("BMD", 2),
    ("BND", 2),
    ("BOB", 2),
    ("BOV", 2),
    ("BRL", 2),
    ("BSD", 2),
    ("BTN", 2),
    ("BWP", 2),
    ("BYN", 2),
    ("BYR", 0),
    ("BZD", 2),
    ("CAD", 2),
    ("CDF", 2),
    ("CHE", 2),
    ("CHF", 2),
    ("CHW", 2),
    ("CLF", 4),
    ("CLP", 0),
    ("CNY", 2),
    ("COP", 2),
    ("COU", 2),
    ("CRC", 2),
    ("CUC", 2),
    ("CUP", 2),
    ("CVE", 2),
    ("CYP", 2),
    ("CZK", 2),
    ("DEM", 2),
    ("DJF", 0),
    ("DKK", 2),
    ("DOP", 2),
    ("DZD", 2),
    ("EEK", 2),
    ("EGP", 2),
    ("ERN", 2),
    ("ESP", 0),
    ("ETB", 2),
    ("EUR", 2),
    ("FIM", 2),
    ("FJD", 2),
    ("FKP", 2),
    ("FRF", 2),
    ("GBP", 2),
    ("GEL", 2),
    ("GHS", 2),
    ("GIP", 2),
    ("GMD", 2),
    ("GNF", 0),
    ("GRD", 0),
    ("GTQ", 2),
    ("GYD", 2),
    ("HKD", 2),
    ("HNL", 2),
    ("HRK", 2),
    ("HTG", 2),
    ("HUF", 2),
    ("IDR", 2),
    ("IEP", 2),
    ("ILS", 2),
    ("INR", 2),
    ("IQD", 3),
    ("IRR", 2),
    ("ISK", 0),
    ("ITL", 0),
    ("JMD", 2),
    ("JOD", 3),
    ("JPY", 0),
    ("KES", 2),
    ("KGS", 2),
    ("KHR", 2),
    ("KMF", 0),
    ("KPW", 2),
    ("KRW", 0),
    ("KWD", 3),
    ("KYD", 2),
    ("KZT", 2),
    ("LAK", 2),
    ("LBP", 2),
    ("LKR", 2),
    ("LRD", 2),
    ("LSL", 2),
    ("LTL", 2),
    ("LUF", 0),
    ("LVL", 2),
    ("LYD", 3),
    ("MAD", 2),
    ("MDL", 2),
    ("MGA", 2),
    ("MKD", 2),
    ("MMK", 2),
    ("MNT", 2),
    ("MOP", 2),
    ("MRO", 2),
    ("MRU", 2),
    ("MTL", 2),
    ("MUR", 2),
    ("MVR", 2),
    ("MWK", 2),
    ("MXN", 2),
    ("MXV", 2),
    ("MYR", 2),
    ("MZN", 2),
    ("NAD", 2),
    ("NGN", 2),
    ("NIO", 2),
    ("NLG", 2),
    ("NOK", 2),
    ("NPR", 2),
    ("NZD", 2),
    ("OMR", 3),
    ("PAB", 2),
    ("PEN", 2),
    ("PGK", 2),
    ("PHP", 2),
    ("PKR", 2),
    ("PLN", 2),
    ("PTE", 0),
    ("PYG", 0),
    ("QAR", 2),
    ("ROL", 0),
    ("RON", 2),
    ("RSD", 2),
    ("RUB", 2),
    ("RWF", 0),
    ("SAR", 2),
    ("SBD", 2),
    ("SCR", 2),
    ("SDG", 2),
    ("SEK", 2),
    ("SGD", 2),
    ("SHP", 2),
    ("SIT", 2),
    ("SKK", 2),
    ("SLE", 2),
    ("SLL", 2),
    ("SOS", 2),
    ("SRD", 2),
    ("SSP", 2),
    ("STD", 2),
    ("STN", 2),
    ("SVC", 2),
    ("SYP", 2),
    ("SZL", 2),
    ("THB", 2),
    ("TJS", 2),
    ("TMT", 2),
    ("TND", 3),
    ("TOP", 2),
    ("TRL", 0),
    ("TRY", 2),
    ("TTD", 2),
    ("TWD", 2),
    ("TZS", 2),
    ("UAH", 2),
    ("UGX", 0),
    ("USD", 2),
    ("USN", 2),
    ("UYI", 0),
    ("UYU", 2),
    ("UYW", 4),
    ("UZS", 2),
    ("VED", 2),
    ("VEF", 2),
    ("VES", 2),
    ("VND", 0),
    ("VUV", 0),
    ("WST", 2),
    ("XAD", 2),
    ("XAF", 0),
    ("XCD", 2),
    ("XCG", 2),
    ("XOF", 0),
    ("XPF", 0),
    ("YER", 2),
    ("ZAR", 2),
    ("ZMW", 2),
    ("ZWG", 2),
    ("ZWL", 2),
];

/// A currency of the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: [u8; 3],
    digits: u8,
}

impl Currency {
    fn from_bytes(code: [u8; 3]) -> Result<Self, InvalidValue> {
        let digits = place_of(code).and_then(|place| DIGITS.get(place)).copied().flatten();
        digits.map(|digits| Self { code, digits }).ok_or_else(|| {
            InvalidValue::new(
                "an ISO 4217 currency code such as EUR",
                String::from_utf8_lossy(&code).into_owned(),
            )
        })
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).expect("the table holds ASCII codes")
    }

    /// How many digits an amount has after the point: 0 to 4.
    pub const fn digits(self) -> u32 {
        self.digits as u32
    }

    /// All currencies, in the order of their codes.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().filter_map(|(code, _)| code.parse().ok())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let code = <[u8; 3]>::try_from(text.as_bytes()).map_err(|_| {
            InvalidValue::new("an ISO 4217 currency code such as EUR", format!("{text:?}"))
        })?;
        Self::from_bytes(code)
    }
}

impl Stored for Currency {
    fn store(&self, to: &mut Encoder) {
        to.raw(&self.code);
    }

    #[inline]
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Self::from_bytes(*from.raw()?).map_err(DecodeError::impossible)
    }
}
field_as_text!(Currency, "ISO 4217 currency code");
serde_two_forms!(Currency, [u8; 3], |currency: Currency| currency.code, Currency::from_bytes);

/// The digits of every code that three letters can make: currencies are read with every purchase.
static DIGITS: [Option<u8>; 26 * 26 * 26] = digits_by_place();

#[expect(
    clippy::indexing_slicing,
    clippy::large_stack_arrays,
    reason = "it runs when this is compiled"
)]
const fn digits_by_place() -> [Option<u8>; 26 * 26 * 26] {
    let mut places = [None; 26 * 26 * 26];
    let mut index = 0;
    while index < TABLE.len() {
        let (code, digits) = TABLE[index];
        let code = code.as_bytes();
        if let Some(place) = place_of([code[0], code[1], code[2]]) {
            places[place] = Some(digits);
        }
        index += 1;
    }
    places
}

const fn place_of(code: [u8; 3]) -> Option<usize> {
    let [a, b, c] = code;
    if a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_uppercase() {
        let (a, b, c) = ((a - b'A') as usize, (b - b'A') as usize, (c - b'A') as usize);
        Some((a * 26 + b) * 26 + c)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_can_be_found_and_the_table_is_sorted() {
        assert!(TABLE.is_sorted());
        assert_eq!(Currency::all().count(), TABLE.len());
        assert_eq!("EUR".parse::<Currency>().map(Currency::digits), Ok(2));
        for text in ["eur", "XAU", "EURO", "", "ZZZ"] {
            assert!(text.parse::<Currency>().is_err(), "{text}");
        }
    }
}
