//! Personal fields: clear in the caller's hands, sealed in the ledger.
//!
//! A field names its data subject where that is not the subject of the event: `{"text": "...",
//! "of": "P-7"}`. Before an event is hashed or stored the vault turns the text into ciphertext;
//! what the ledger gives back is sealed until the vault opens it. An event with clear text left in
//! it cannot be encoded.

use crate::codec::{DecodeError, Decoder, Encoder, Stored};
use crate::{Field, FieldError, Fields, InvalidValue, PartyId, Path};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

/// A personal text, clear or sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Personal {
    content: PersonalContent,
    of: Option<PartyId>,
}

/// What a personal field holds.
#[derive(Clone, PartialEq, Eq)]
pub enum PersonalContent {
    /// Text that nobody has sealed yet.
    Clear(Box<str>),
    /// Nonce, ciphertext and tag under the data subject's key.
    Sealed(Box<[u8]>),
}

impl Personal {
    /// The most bytes a personal text has.
    pub const BYTES_MAX: usize = 32 * 1024;
    /// What sealing adds at most.
    const SEAL_BYTES_MAX: usize = 64;

    /// A clear text about the subject of the event.
    ///
    /// # Errors
    /// When it is longer than 32 KiB.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        if text.len() > Self::BYTES_MAX {
            let came = format!("{} bytes", text.len());
            return Err(InvalidValue::new("a personal text of at most 32 KiB", came));
        }
        Ok(Self { content: PersonalContent::Clear(text.into()), of: None })
    }

    /// A sealed text.
    ///
    /// # Errors
    /// When the ciphertext is longer than any text can give.
    pub fn sealed(ciphertext: &[u8]) -> Result<Self, InvalidValue> {
        if ciphertext.len() > Self::BYTES_MAX + Self::SEAL_BYTES_MAX {
            let came = format!("{} bytes", ciphertext.len());
            return Err(InvalidValue::new("a ciphertext of at most 32 KiB and a seal", came));
        }
        Ok(Self { content: PersonalContent::Sealed(ciphertext.into()), of: None })
    }

    /// The same content as data of somebody other than the event's subject.
    #[must_use]
    pub fn of(mut self, party: PartyId) -> Self {
        self.of = Some(party);
        self
    }

    /// What the field holds.
    pub fn content(&self) -> &PersonalContent {
        &self.content
    }

    /// Whose data it is, where that is not the event's subject.
    pub fn data_subject(&self) -> Option<&PartyId> {
        self.of.as_ref()
    }

    /// Replaces the content, keeping whose data it is.
    pub fn set_content(&mut self, content: PersonalContent) {
        self.content = content;
    }
}

/// Never shows the text: debug output ends in logs.
impl std::fmt::Debug for Personal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self.content {
            PersonalContent::Clear(_) => "Personal(clear)",
            PersonalContent::Sealed(_) => "Personal(sealed)",
        })
    }
}

impl Stored for Personal {
    /// # Panics
    /// When the text is still clear: [`crate::Event::encode`] refuses such events before.
    fn store(&self, to: &mut Encoder) {
        let PersonalContent::Sealed(ciphertext) = &self.content else {
            panic!("clear personal text reached the codec: Event::encode must refuse it");
        };
        to.slice(self.of.as_ref().map_or("", PartyId::as_str).as_bytes());
        to.slice(ciphertext);
    }

    #[inline]
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let of = match from.slice()? {
            [] => None,
            id => Some(PartyId::restored(id)?),
        };
        let sealed = Self::sealed(from.slice()?).map_err(DecodeError::impossible)?;
        Ok(Self { of, ..sealed })
    }
}

impl Field for Personal {
    const LOCKED: bool = true;

    fn type_name() -> String {
        "personal text, at most 32 KiB".to_owned()
    }

    fn to_json(&self) -> Option<Value> {
        Some(match (&self.content, &self.of) {
            (PersonalContent::Clear(text), None) => json!(text),
            (PersonalContent::Clear(text), Some(of)) => json!({"text": text, "of": of.as_str()}),
            (PersonalContent::Sealed(bytes), None) => json!({"sealed": BASE64.encode(bytes)}),
            (PersonalContent::Sealed(bytes), Some(of)) => {
                json!({"sealed": BASE64.encode(bytes), "of": of.as_str()})
            }
        })
    }

    fn from_json(value: &Value, path: &Path<'_>) -> Result<Self, FieldError> {
        let refused = |error: InvalidValue| FieldError::new(path, error.expected, value);
        if let Value::String(text) = value {
            return Self::new(text).map_err(refused);
        }
        let what =
            "personal text, {\"text\", \"of\"} for another person's, or {\"sealed\"} as exported";
        let mut fields = Fields::of(value, path, what)?;
        let of: Option<PartyId> = fields.take("of", path)?;
        let (text, sealed) = (fields.raw("text"), fields.raw("sealed"));
        fields.finish(path)?;
        let mut personal = match (text, sealed) {
            (Some(Value::String(text)), None) => Self::new(text).map_err(refused)?,
            (None, Some(Value::String(sealed))) => {
                let bytes = BASE64
                    .decode(sealed)
                    .map_err(|_| FieldError::new(&path.key("sealed"), "base64", value))?;
                Self::sealed(&bytes).map_err(refused)?
            }
            _ => return Err(FieldError::new(path, what, value)),
        };
        personal.of = of;
        Ok(personal)
    }

    fn personal<'s>(&'s self, path: &Path<'_>, visit: &mut dyn FnMut(&Path<'_>, &'s Personal)) {
        visit(path, self);
    }

    fn personal_mut(&mut self, path: &Path<'_>, visit: &mut dyn FnMut(&Path<'_>, &mut Personal)) {
        visit(path, self);
    }
}
