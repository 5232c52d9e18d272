//! Answers on a scale: the scale's ends travel with the value, so that 4 of 5 and 4 of 10 are never
//! mixed.

use crate::codec::{DecodeError, Decoder, Encoder, Stored};
use crate::{Field, FieldError, Fields, InvalidValue, Path};
use serde_json::{Value, json};

/// A whole number on a stated scale, such as 4 on 1 to 5. Ends within -1000 to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scale {
    min: i16,
    max: i16,
    value: i16,
}

impl Scale {
    /// Checks a value on its scale.
    ///
    /// # Errors
    /// When the ends are out of order or beyond ±1000, or the value lies outside them.
    pub fn new(min: i16, max: i16, value: i16) -> Result<Self, InvalidValue> {
        let fits = min < max && min >= -1000 && max <= 1000 && (min..=max).contains(&value);
        if fits {
            Ok(Self { min, max, value })
        } else {
            let expected =
                "a value from min to max, with min below max and both within -1000 to 1000";
            Err(InvalidValue::new(expected, format!("{value} on {min} to {max}")))
        }
    }

    /// The low end.
    pub const fn min(self) -> i16 {
        self.min
    }

    /// The high end.
    pub const fn max(self) -> i16 {
        self.max
    }

    /// The value.
    pub const fn value(self) -> i16 {
        self.value
    }

    /// Whether the scale has these ends.
    pub const fn is(self, min: i16, max: i16) -> bool {
        self.min == min && self.max == max
    }
}

impl Stored for Scale {
    fn store(&self, to: &mut Encoder) {
        for number in [self.min, self.max, self.value] {
            to.signed(i64::from(number));
        }
    }

    #[inline]
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut number = || {
            let number = from.signed()?;
            i16::try_from(number)
                .map_err(|_| DecodeError::impossible(format_args!("{number} on a scale")))
        };
        let (min, max, value) = (number()?, number()?, number()?);
        Self::new(min, max, value).map_err(DecodeError::impossible)
    }
}

impl Field for Scale {
    fn type_name() -> String {
        "scale: {min, max, value}, whole numbers".to_owned()
    }

    fn to_json(&self) -> Option<Value> {
        Some(json!({"min": self.min, "max": self.max, "value": self.value}))
    }

    fn from_json(value: &Value, path: &Path<'_>) -> Result<Self, FieldError> {
        let mut fields =
            Fields::of(value, path, "a scale such as {\"min\":1,\"max\":5,\"value\":4}")?;
        let mut number = |name: &'static str| {
            let place = path.key(name);
            let raw =
                fields.raw(name).ok_or_else(|| FieldError::missing(&place, "a whole number"))?;
            raw.as_i64()
                .and_then(|number| i16::try_from(number).ok())
                .ok_or_else(|| FieldError::new(&place, "a whole number", raw))
        };
        let (min, max, answer) = (number("min")?, number("max")?, number("value")?);
        fields.finish(path)?;
        Self::new(min, max, answer).map_err(|error| FieldError::new(path, error.expected, value))
    }
}
