//! Event ids: the idempotency key, chosen by the producer, unique for ever.

use crate::codec::{DecodeError, Decoder, Encoder, Stored};
use crate::{Field, FieldError, InvalidValue, Path};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A UUID that names one event for ever. `UUIDv7` is the natural choice for new facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(Uuid);

impl EventId {
    /// Takes a UUID as an id.
    ///
    /// # Errors
    /// When it is the nil UUID, which programs write when they forget to choose one.
    pub fn new(id: Uuid) -> Result<Self, InvalidValue> {
        if id.is_nil() {
            Err(InvalidValue::new(
                "a UUID other than nil: choose a new one, UUIDv7 for example",
                id,
            ))
        } else {
            Ok(Self(id))
        }
    }

    /// The id of an event whose own id is no UUID: `UUIDv8` of the first 16 bytes of
    /// SHA-256(source, 0, id) (RFC 9562 section 5.8).
    pub fn from_foreign(source: &str, id: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(source.as_bytes());
        hash.update([0]);
        hash.update(id.as_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let (head, _) = digest.split_first_chunk::<16>().expect("a digest has 32 bytes");
        Self(uuid::Builder::from_custom_bytes(*head).into_uuid())
    }

    /// The UUID.
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }

    /// The sixteen bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

impl FromStr for EventId {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        // Only the hyphenated form: a digest or a number of 32 digits is somebody's own id, not a
        // UUID.
        match Uuid::try_parse(text) {
            Ok(id) if text.len() == 36 => Self::new(id),
            _ => Err(InvalidValue::new(
                "a UUID such as 0190b2f4-6f0e-7c3a-9d51-3f6d1c2a7b10",
                format!("{text:?}"),
            )),
        }
    }
}

impl Stored for EventId {
    fn store(&self, to: &mut Encoder) {
        to.raw(self.as_bytes());
    }

    #[inline]
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Self::new(Uuid::from_bytes(*from.raw()?)).map_err(DecodeError::impossible)
    }
}

impl Field for EventId {
    fn type_name() -> String {
        "event id (UUID)".to_owned()
    }

    fn to_json(&self) -> Option<Value> {
        Some(Value::String(self.to_string()))
    }

    fn from_json(value: &Value, path: &Path<'_>) -> Result<Self, FieldError> {
        let text = value.as_str().ok_or_else(|| FieldError::new(path, "a UUID as text", value))?;
        text.parse::<Self>().map_err(|error| FieldError::new(path, error.expected, value))
    }
}

impl serde::Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            to.collect_str(self)
        } else {
            serde::Serialize::serialize(self.as_bytes(), to)
        }
    }
}

impl<'de> serde::Deserialize<'de> for EventId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            let text = String::deserialize(from)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            Self::new(Uuid::from_bytes(<[u8; 16]>::deserialize(from)?))
                .map_err(serde::de::Error::custom)
        }
    }
}
