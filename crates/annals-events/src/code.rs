//! Opaque names and clear texts that are nobody's personal data: ids of other systems, reason
//! codes, rulesets.

use crate::InvalidValue;
use crate::text_type::{graphic, is_tidy, text_type};
use compact_str::CompactString;

/// An opaque id or code of 1 to 128 bytes without control characters or blanks at its ends:
/// an order number, a product, a reason, a staff pseudonym.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(CompactString);

impl Code {
    /// The most bytes a code has.
    pub const BYTES_MAX: usize = 128;

    /// What nearly every code is.
    #[inline]
    fn plain(bytes: &[u8]) -> Option<&str> {
        graphic(bytes, Self::BYTES_MAX)
    }

    fn fits(text: &str) -> bool {
        !text.is_empty() && text.len() <= Self::BYTES_MAX && is_tidy(text)
    }

    #[cold]
    fn refusal(text: &str) -> InvalidValue {
        let expected =
            "an id or code of 1 to 128 bytes without control characters or blanks at its ends";
        InvalidValue::new(expected, format!("{text:?}"))
    }
}
text_type!(Code, "id or code, 1 to 128 bytes");

/// Clear text that is nobody's personal data, such as a ruleset or the name of a touchpoint; at
/// most 48 KiB.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClearText(CompactString);

impl ClearText {
    /// The most bytes a clear text has.
    pub const BYTES_MAX: usize = 48 * 1024;

    #[inline]
    fn plain(bytes: &[u8]) -> Option<&str> {
        graphic(bytes, Self::BYTES_MAX)
    }

    fn fits(text: &str) -> bool {
        text.len() <= Self::BYTES_MAX
    }

    #[cold]
    fn refusal(text: &str) -> InvalidValue {
        InvalidValue::new("text of at most 48 KiB", format!("{} bytes", text.len()))
    }
}
text_type!(ClearText, "clear text, at most 48 KiB, nobody's personal data");

/// The system, branch or file that asserts a fact: a URI reference as in CloudEvents `source`, of 1
/// to 256 bytes without blanks or control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source(CompactString);

impl Source {
    /// The most bytes a source has.
    pub const BYTES_MAX: usize = 256;

    #[inline]
    fn plain(bytes: &[u8]) -> Option<&str> {
        graphic(bytes, Self::BYTES_MAX)
    }

    fn fits(text: &str) -> bool {
        !text.is_empty()
            && text.len() <= Self::BYTES_MAX
            && !text.chars().any(|c| c.is_control() || c.is_whitespace())
    }

    #[cold]
    fn refusal(text: &str) -> InvalidValue {
        let expected = "a URI reference of 1 to 256 bytes without blanks, such as shop/web or https://example.org/crm";
        InvalidValue::new(expected, format!("{text:?}"))
    }
}
text_type!(Source, "URI reference, 1 to 256 bytes");

/// A JSON value other than null, kept as compact text because the ledger does not look into it:
/// keys in the order given, numbers digit for digit, no blanks between tokens. So every value has
/// one text, and an exported event comes back as the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JsonText(CompactString);

impl JsonText {
    /// Reads one JSON value of at most 48 KiB, and keeps it in compact form.
    ///
    /// # Errors
    /// When the text is not one, or is null, which stands for a field that is not given.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        if text.len() > ClearText::BYTES_MAX {
            return Err(InvalidValue::new(
                "JSON of at most 48 KiB",
                format!("{} bytes", text.len()),
            ));
        }
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(serde_json::Value::Null) => {
                Err(InvalidValue::new("one JSON value other than null", "null"))
            }
            Ok(value) => Ok(Self(value.to_string().into())),
            Err(error) => Err(InvalidValue::new("one JSON value", error)),
        }
    }

    /// The value the text holds.
    pub fn value(&self) -> serde_json::Value {
        serde_json::from_str(&self.0).expect("the constructor wrote the text as JSON")
    }
}

impl std::fmt::Display for JsonText {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl JsonText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl crate::codec::Stored for JsonText {
    fn store(&self, to: &mut crate::codec::Encoder) {
        to.slice(self.0.as_bytes());
    }

    #[inline]
    fn restore(from: &mut crate::codec::Decoder<'_>) -> Result<Self, crate::codec::DecodeError> {
        let text = from.text()?;
        let value = Self::new(text).map_err(crate::codec::DecodeError::impossible)?;
        // The same JSON may be written in many ways; one of them is stored.
        if &*value.0 == text { Ok(value) } else { Err(crate::codec::DecodeError::not_canonical()) }
    }
}

impl crate::Field for JsonText {
    fn type_name() -> String {
        "any JSON, at most 48 KiB".to_owned()
    }

    fn to_json(&self) -> Option<serde_json::Value> {
        Some(self.value())
    }

    fn from_json(
        value: &serde_json::Value,
        path: &crate::Path<'_>,
    ) -> Result<Self, crate::FieldError> {
        Self::new(&value.to_string())
            .map_err(|error| crate::FieldError::new(path, error.expected, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PartyId;
    use crate::codec::{Decoder, Encoder, Stored};
    use proptest::prelude::*;

    /// What a type says of a text does not depend on how quickly it could be told, and a stored
    /// text is read back where it was made, and nowhere else.
    fn is_the_same_read_back<T: Stored + PartialEq + std::fmt::Debug>(
        text: &str,
        new: fn(&str) -> Result<T, InvalidValue>,
        fits: fn(&str) -> bool,
    ) {
        let made = new(text);
        assert_eq!(made.is_ok(), fits(text), "{text:?}");
        let mut to = Encoder::default();
        to.slice(text.as_bytes());
        let bytes = to.into_bytes();
        assert_eq!(T::restore(&mut Decoder::new(&bytes)).ok(), made.ok(), "{text:?}");
    }

    proptest! {
        #[test]
        fn plain_texts_are_taken_as_others_are(
            text in prop_oneof!["[ -~]{0,40}", "[a-z@+0-9]{0,70}", "\\PC{0,30}", ".{0,20}", "[!-~]{120,260}"]
        ) {
            is_the_same_read_back(&text, Code::new, Code::fits);
            is_the_same_read_back(&text, ClearText::new, ClearText::fits);
            is_the_same_read_back(&text, Source::new, Source::fits);
            is_the_same_read_back(&text, PartyId::new, PartyId::fits);
        }

        #[test]
        fn bytes_that_are_no_text_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut to = Encoder::default();
            to.slice(&bytes);
            let stored = to.into_bytes();
            let read = Code::restore(&mut Decoder::new(&stored));
            let text = str::from_utf8(&bytes).ok();
            prop_assert_eq!(read.ok(), text.and_then(|text| Code::new(text).ok()));
        }
    }
}
