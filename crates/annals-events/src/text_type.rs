//! The macro behind the text-like types: checked text with a stored, a JSON and a serde form.

use crate::InvalidValue;
use crate::codec::DecodeError;

const ONES: u64 = u64::MAX / 255;
const TOPS: u64 = ONES << 7;

/// Whether a test, which gives some of the top bits of the bytes it finds, finds one among some.
/// Texts are checked whenever an event is read, so eight bytes are tested at a time; the last eight
/// may be tested with some of those before.
#[inline]
fn finds(bytes: &[u8], find: impl Fn(u64) -> u64) -> bool {
    let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) else {
        let mut padded = [b'0'; 8];
        padded.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        return find(u64::from_le_bytes(padded)) != 0;
    };
    let ends = find(u64::from_le_bytes(*first)) | find(u64::from_le_bytes(*last));
    let (eights, _) = bytes.as_chunks::<8>();
    let between = eights.get(1..).unwrap_or_default();
    between.iter().fold(ends, |found, eight| found | find(u64::from_le_bytes(*eight))) != 0
}

/// The top bits of the bytes that equal one; others may be among them where a byte is not ASCII.
#[inline]
fn equal(bytes: u64, byte: u8) -> u64 {
    let differs = bytes ^ (ONES * u64::from(byte));
    differs.wrapping_sub(ONES) & !differs & TOPS
}

/// The text of bytes, at least one and at most so many, that are all printable ASCII without
/// blanks: nearly every text that is read back.
#[inline]
#[expect(unsafe_code, reason = "texts are half of what is read back, and were looked at twice")]
pub(crate) fn graphic(bytes: &[u8], bytes_max: usize) -> Option<&str> {
    let all_are = (1..=bytes_max).contains(&bytes.len()) && is_graphic(bytes);
    // SAFETY: bytes of printable ASCII lie below 0x80, where every byte is a character in UTF-8.
    all_are.then(|| unsafe { str::from_utf8_unchecked(bytes) })
}

/// Whether all bytes are printable ASCII, blanks not among them.
#[inline]
fn is_graphic(bytes: &[u8]) -> bool {
    // Taking 0x21 from a byte below it borrows, adding 1 to 0x7f carries; both reach the top bit,
    // and so may the byte above, where there is one to be found in any case.
    !finds(bytes, |bytes| {
        (bytes | bytes.wrapping_sub(ONES * 0x21) | bytes.wrapping_add(ONES)) & TOPS
    })
}

/// Whether an ASCII text has one of two signs in it.
#[inline]
pub(crate) fn has_either(bytes: &[u8], one: u8, other: u8) -> bool {
    finds(bytes, |bytes| equal(bytes, one) | equal(bytes, other))
}

/// Whether a text has neither control characters nor blanks at its ends.
pub(crate) fn is_tidy(text: &str) -> bool {
    text.trim() == text && !text.chars().any(char::is_control)
}

/// Reads back a text that is not as plain as most.
#[cold]
pub(crate) fn restored<T>(
    bytes: &[u8],
    new: fn(&str) -> Result<T, InvalidValue>,
) -> Result<T, DecodeError> {
    let text = str::from_utf8(bytes).map_err(DecodeError::malformed)?;
    new(text).map_err(DecodeError::impossible)
}

/// Gives a newtype over `CompactString` with `new(&str) -> Result<Self, InvalidValue>` its forms.
macro_rules! text_type {
    ($name:ident, $what:literal) => {
        impl $name {
            /// Checks a text and keeps it.
            ///
            /// # Errors
            /// When it is none; what one is stands at the type.
            pub fn new(text: &str) -> Result<Self, $crate::InvalidValue> {
                if Self::plain(text.as_bytes()).is_some() || Self::fits(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(Self::refusal(text))
                }
            }

            /// Reads stored bytes back.
            #[inline]
            pub(crate) fn restored(bytes: &[u8]) -> Result<Self, $crate::codec::DecodeError> {
                match Self::plain(bytes) {
                    Some(text) => Ok(Self(text.into())),
                    None => $crate::text_type::restored(bytes, Self::new),
                }
            }

            /// The text.
            #[inline]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.pad(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::InvalidValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl $crate::codec::Stored for $name {
            fn store(&self, to: &mut $crate::codec::Encoder) {
                to.slice(self.0.as_bytes());
            }

            #[inline]
            fn restore(
                from: &mut $crate::codec::Decoder<'_>,
            ) -> Result<Self, $crate::codec::DecodeError> {
                Self::restored(from.slice()?)
            }
        }

        impl $crate::Field for $name {
            fn type_name() -> String {
                $what.to_owned()
            }

            fn to_json(&self) -> Option<serde_json::Value> {
                Some(serde_json::Value::String(self.0.to_string()))
            }

            fn from_json(
                value: &serde_json::Value,
                path: &$crate::Path<'_>,
            ) -> Result<Self, $crate::FieldError> {
                let serde_json::Value::String(text) = value else {
                    return Err($crate::FieldError::new(path, concat!("text: ", $what), value));
                };
                Self::new(text)
                    .map_err(|error| $crate::FieldError::new(path, error.expected, value))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        to.write_str($what)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::new(text).map_err(E::custom)
                    }
                }
                from.deserialize_str(Text)
            }
        }
    };
}

/// Gives a `Copy` type its serde forms: text where people read, the compact representation
/// elsewhere.
macro_rules! serde_two_forms {
    ($name:ident, $compact:ty, $into:expr, $from:expr) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() {
                    to.collect_str(self)
                } else {
                    let compact: $compact = $into(*self);
                    serde::Serialize::serialize(&compact, to)
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                if from.is_human_readable() {
                    let text = <String as serde::Deserialize>::deserialize(from)?;
                    text.parse().map_err(serde::de::Error::custom)
                } else {
                    let compact = <$compact as serde::Deserialize>::deserialize(from)?;
                    $from(compact).map_err(serde::de::Error::custom)
                }
            }
        }
    };
}

/// Gives a type with `Display` and `FromStr<Err = InvalidValue>` its JSON form as text.
macro_rules! field_as_text {
    ($name:ident, $what:literal) => {
        impl $crate::Field for $name {
            fn type_name() -> String {
                $what.to_owned()
            }

            fn to_json(&self) -> Option<serde_json::Value> {
                Some(serde_json::Value::String(self.to_string()))
            }

            fn from_json(
                value: &serde_json::Value,
                path: &$crate::Path<'_>,
            ) -> Result<Self, $crate::FieldError> {
                let serde_json::Value::String(text) = value else {
                    return Err($crate::FieldError::new(path, concat!("text: ", $what), value));
                };
                text.parse::<Self>()
                    .map_err(|error| $crate::FieldError::new(path, error.expected, value))
            }
        }
    };
}

pub(crate) use {field_as_text, serde_two_forms, text_type};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_bytes_at_a_time_find_what_one_at_a_time_finds() {
        let odd = ['!', '~', ' ', '\u{7f}', '\t', '\0', '@', '+', 'A', '*', 'é', '客', '\u{80}'];
        for length in 0..20 {
            for place in 0..length.max(1) {
                for sign in odd {
                    let mut text: Vec<char> = vec!['x'; length];
                    if let Some(place) = text.get_mut(place) {
                        *place = sign;
                    }
                    let text: String = text.into_iter().collect();
                    assert_eq!(
                        is_graphic(text.as_bytes()),
                        text.chars().all(|c| c.is_ascii_graphic())
                    );
                    if text.is_ascii() {
                        assert_eq!(
                            has_either(text.as_bytes(), b'@', b'+'),
                            text.contains(['@', '+'])
                        );
                    }
                }
            }
        }
    }
}
