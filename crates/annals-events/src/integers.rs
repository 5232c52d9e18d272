//! Whole numbers with a range: counts, seconds, valences, grades.

use crate::codec::{DecodeError, Decoder, Encoder, Stored};
use crate::{Field, FieldError, InvalidValue, Path};
use serde::{Deserialize, Serialize};
use serde_json::Value;

macro_rules! integer_type {
    (
        $(#[doc = $doc:literal])*
        $name:ident($inner:ty), $min:expr, $max:expr, $unit:literal, $what:literal
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "i64", into = "i64")]
        pub struct $name($inner);

        impl $name {
            /// The smallest value.
            pub const MIN: i64 = $min;
            /// The largest value.
            pub const MAX: i64 = $max;

            /// Checks the range.
            ///
            /// # Errors
            /// When the number lies outside.
            pub fn new(number: i64) -> Result<Self, InvalidValue> {
                if (Self::MIN..=Self::MAX).contains(&number) {
                    if let Ok(inner) = <$inner>::try_from(number) {
                        return Ok(Self(inner));
                    }
                }
                Err(InvalidValue::new(concat!("a whole number, ", $what), number))
            }

            /// The number.
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl TryFrom<i64> for $name {
            type Error = InvalidValue;

            fn try_from(number: i64) -> Result<Self, InvalidValue> {
                Self::new(number)
            }
        }

        impl From<$name> for i64 {
            fn from(number: $name) -> i64 {
                i64::from(number.0)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, out)
            }
        }

        impl Stored for $name {
            fn store(&self, to: &mut Encoder) {
                to.signed(i64::from(self.0));
            }

            #[inline]
            fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
                Self::new(from.signed()?)
                    .map_err(DecodeError::impossible)
            }
        }

        impl Field for $name {
            const UNIT: &'static str = $unit;

            fn type_name() -> String {
                concat!("whole number, ", $what).to_owned()
            }

            fn to_json(&self) -> Option<Value> {
                Some(Value::from(i64::from(self.0)))
            }

            fn from_json(value: &Value, path: &Path<'_>) -> Result<Self, FieldError> {
                value
                    .as_i64()
                    .and_then(|number| Self::new(number).ok())
                    .ok_or_else(|| FieldError::new(path, concat!("a whole number, ", $what), value))
            }
        }
    };
}

integer_type!(
    /// A length of time in whole seconds, up to 136 years.
    Seconds(u32), 0, u32::MAX as i64, "s", "0 or more"
);
integer_type!(
    /// How many of something.
    Count(u32), 0, u32::MAX as i64, "", "0 or more"
);
integer_type!(
    /// A signed number of days.
    Days(i32), -1_000_000, 1_000_000, "days", "-1000000 to 1000000"
);
integer_type!(
    /// How a moment felt: -5 as bad as can be, 0 neutral, 5 as good as can be.
    Valence(i8), -5, 5, "", "-5 to 5"
);
integer_type!(
    /// A grade from 1 (least) to 5 (most): severity, complexity, impact.
    Grade(u8), 1, 5, "", "1 to 5"
);
integer_type!(
    /// A version number, from 1.
    VersionNumber(u32), 1, u32::MAX as i64, "", "1 or more"
);

impl Stored for bool {
    fn store(&self, to: &mut Encoder) {
        to.byte(u8::from(*self));
    }

    #[inline]
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(DecodeError::malformed(format_args!("{other} is neither true nor false"))),
        }
    }
}

impl Field for bool {
    fn type_name() -> String {
        "true or false".to_owned()
    }

    fn to_json(&self) -> Option<Value> {
        Some(Value::Bool(*self))
    }

    fn from_json(value: &Value, path: &Path<'_>) -> Result<Self, FieldError> {
        value.as_bool().ok_or_else(|| FieldError::new(path, "true or false", value))
    }
}
