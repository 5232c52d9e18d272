//! The macro behind the text-like types: checked text with a stored, a JSON and a serde form.

/// The sorts of bytes in a text, as bits.
#[derive(Clone, Copy)]
pub(crate) struct Sorts(u8);

const BLANK: u8 = 1;
const SIGN: u8 = 2;
const OTHER: u8 = 4;
static SORT_OF_BYTE: [u8; 256] = sort_of_byte();

const fn sort_of_byte() -> [u8; 256] {
    let mut sorts = [0; 256];
    let mut rest: &mut [u8] = &mut sorts;
    let mut byte = 0_u8;
    while let [sort, after @ ..] = rest {
        *sort = match byte {
            b' ' => BLANK,
            b'@' | b'+' => SIGN,
            0x21..0x7f => 0,
            _ => OTHER,
        };
        byte = byte.wrapping_add(1);
        rest = after;
    }
    sorts
}

impl Sorts {
    /// Looks through a text once, without a branch for each byte: texts are checked whenever an
    /// event is read.
    #[inline]
    pub(crate) fn of(text: &str) -> Self {
        let sort = |byte: u8| SORT_OF_BYTE.get(usize::from(byte)).copied().unwrap_or(OTHER);
        Self(text.bytes().fold(0, |sorts, byte| sorts | sort(byte)))
    }

    /// Whether there are printable ASCII characters and nothing else, blanks included.
    #[inline]
    pub(crate) fn is_printable(self) -> bool {
        self.0 & OTHER == 0
    }

    /// Whether there are printable ASCII characters other than blanks, `@` and `+`, and nothing
    /// else.
    #[inline]
    pub(crate) fn is_plain(self) -> bool {
        self.0 == 0
    }

    /// Whether there are printable ASCII characters other than blanks, and nothing else.
    #[inline]
    pub(crate) fn has_no_blank(self) -> bool {
        self.0 & (OTHER | BLANK) == 0
    }
}

/// Whether a text has neither control characters nor blanks at its ends.
#[inline]
pub(crate) fn is_tidy(text: &str, sorts: Sorts) -> bool {
    if sorts.has_no_blank() {
        return true;
    }
    if sorts.is_printable() {
        return !text.starts_with(' ') && !text.ends_with(' ');
    }
    text.trim() == text && !text.chars().any(char::is_control)
}

/// Gives a newtype over `SmolStr` with `new(&str) -> Result<Self, InvalidValue>` its forms.
macro_rules! text_type {
    ($name:ident, $what:literal) => {
        impl $name {
            /// The text.
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

            fn restore(
                from: &mut $crate::codec::Decoder<'_>,
            ) -> Result<Self, $crate::codec::DecodeError> {
                Self::new(from.text()?)
                    .map_err(|error| $crate::codec::DecodeError::Impossible(error.to_string()))
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
