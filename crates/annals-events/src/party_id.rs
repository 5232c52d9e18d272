//! Party ids: opaque names of anyone an event is about.
//!
//! An e-mail address or telephone number would be personal data in the clear, in every key and
//! index, for ever; so what looks like one is refused with the advice to declare it as an alias
//! instead.

use crate::InvalidValue;
use crate::text_type::{graphic, has_either, is_tidy, text_type};
use compact_str::CompactString;

/// An opaque party id of 1 to 64 bytes, ordered by its bytes: without control characters or blanks
/// at its ends, and nothing that looks like an e-mail address (has an `@`) or an international
/// telephone number (`+` and 7 to 15 digits).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartyId(CompactString);

impl PartyId {
    /// The most bytes a party id has.
    pub const BYTES_MAX: usize = 64;

    /// What nearly every party id is: nothing in it could make it look personal.
    #[inline]
    fn plain(bytes: &[u8]) -> Option<&str> {
        if has_either(bytes, b'@', b'+') { None } else { graphic(bytes, Self::BYTES_MAX) }
    }

    pub(crate) fn fits(text: &str) -> bool {
        let has_length = !text.is_empty() && text.len() <= Self::BYTES_MAX;
        has_length && is_tidy(text) && !looks_personal(text)
    }

    #[cold]
    fn refusal(text: &str) -> InvalidValue {
        let expected = if looks_personal(text) {
            "an opaque party id, not an e-mail address or telephone number: choose an id of your own \
             and declare the address as its alias with identity.declared"
        } else {
            "a party id of 1 to 64 bytes without control characters or blanks at its ends"
        };
        InvalidValue::new(expected, format!("{text:?}"))
    }
}

/// Ordered and hashed as its text, so that maps are asked without making an id.
impl std::borrow::Borrow<str> for PartyId {
    fn borrow(&self) -> &str {
        &self.0
    }
}
text_type!(PartyId, "party id, 1 to 64 bytes");

/// Whether a text is written like an e-mail address or an international telephone number
/// (punctuation people put between digits is looked through).
pub fn looks_personal(text: &str) -> bool {
    if text.contains('@') {
        return true;
    }
    let Some(number) = text.trim().strip_prefix('+') else {
        return false;
    };
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let others = number.chars().any(|c| !c.is_ascii_digit() && !" -./()".contains(c));
    !others && (7..=15).contains(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_international_numbers_are_refused_with_advice() {
        for text in ["li@example.org", "+8613800138000", "+49 (30) 1234-567"] {
            let error = PartyId::new(text).expect_err("personal");
            assert!(error.to_string().contains("identity.declared"), "{error}");
        }
        for text in ["00001", "13800138000", "+1", "C-+49x1234567", "客户七"] {
            assert!(PartyId::new(text).is_ok(), "{text}");
        }
    }
}
