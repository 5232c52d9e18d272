//! The macro behind the text-like types: checked text with a stored, a JSON and a serde form.

/// Whether every byte is one of these, looked through without a branch for each: texts are checked
/// whenever an event is read.
#[inline]
pub(crate) fn every_byte(text: &str, is: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |every, byte| every & is(byte))
}

/// Whether a text has neither control characters nor blanks at its ends. Most texts are ASCII, and
/// are looked through byte by byte.
pub(crate) fn is_tidy(text: &str) -> bool {
    if every_byte(text, |byte| (0x20..0x7f).contains(&byte)) {
        return !text.starts_with(' ') && !text.ends_with(' ');
    }
    text.trim() == text && !text.chars().any(char::is_control)
}

/// Gives a newtype over `String` with `parse(&str) -> Result<Self, String>` its forms.
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
                let text = String::deserialize(from)?;
                Self::new(&text).map_err(serde::de::Error::custom)
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
