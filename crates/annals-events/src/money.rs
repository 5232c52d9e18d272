//! Money: whole minor units of one ISO 4217 currency.

use crate::codec::{DecodeError, Decoder, Encoder, Stored};
use crate::decimal::{plain, scaled};
use crate::{Currency, Field, FieldError, Fields, InvalidValue, Path};
use serde::ser::SerializeStruct;
use serde_json::{Value, json};
use std::fmt;

/// An amount in minor units (cents) of one currency. Amounts of different currencies are never
/// added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    minor_units: i64,
    currency: Currency,
}

impl Money {
    /// So many minor units of a currency.
    pub const fn new(minor_units: i64, currency: Currency) -> Self {
        Self { minor_units, currency }
    }

    /// Reads a decimal amount with at most the currency's own number of digits after the point.
    ///
    /// # Errors
    /// When the text is no plain decimal, has more digits than the currency, or is too large.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, InvalidValue> {
        scaled(amount, currency.digits()).map(|units| Self::new(units, currency)).ok_or_else(|| {
            let expected = format!(
                "an amount of {currency} as a plain decimal with at most {} digits after the point",
                currency.digits()
            );
            InvalidValue::new(expected, format!("{amount:?}"))
        })
    }

    /// How many minor units.
    pub const fn minor_units(self) -> i64 {
        self.minor_units
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The amount as a decimal with the currency's own number of digits.
    pub fn amount(self) -> String {
        plain(self.minor_units, self.currency.digits())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&format!("{} {}", self.amount(), self.currency))
    }
}

impl Stored for Money {
    fn store(&self, to: &mut Encoder) {
        self.currency.store(to);
        to.signed(self.minor_units);
    }

    #[inline]
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let currency = Currency::restore(from)?;
        Ok(Self { minor_units: from.signed()?, currency })
    }
}

impl Field for Money {
    const UNIT: &'static str = "ISO 4217 currency";

    fn type_name() -> String {
        "money: {amount: decimal as text, currency: code}".to_owned()
    }

    fn to_json(&self) -> Option<Value> {
        Some(json!({"amount": self.amount(), "currency": self.currency.code()}))
    }

    fn from_json(value: &Value, path: &Path<'_>) -> Result<Self, FieldError> {
        let example = "money such as {\"amount\":\"12.00\",\"currency\":\"EUR\"}";
        let mut fields = Fields::of(value, path, example)?;
        let currency: Currency = fields.take("currency", path)?;
        let place = path.key("amount");
        let amount = fields
            .raw("amount")
            .ok_or_else(|| FieldError::missing(&place, "a decimal as text, such as \"12.00\""))?;
        fields.finish(path)?;
        let text = amount.as_str().ok_or_else(|| {
            FieldError::new(&place, "a decimal as text, such as \"12.00\"", amount)
        })?;
        Self::parse(text, currency).map_err(|error| FieldError::new(&place, error.expected, amount))
    }
}

impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            let mut fields = to.serialize_struct("Money", 2)?;
            fields.serialize_field("amount", &self.amount())?;
            fields.serialize_field("currency", &self.currency)?;
            fields.end()
        } else {
            (self.currency, self.minor_units).serialize(to)
        }
    }
}

impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        if from.is_human_readable() {
            let value = Value::deserialize(from)?;
            Self::from_json(&value, &Path::Root).map_err(D::Error::custom)
        } else {
            let (currency, minor_units) = <(Currency, i64)>::deserialize(from)?;
            Ok(Self { minor_units, currency })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_digits_of_their_currency() {
        let euro: Currency = "EUR".parse().expect("a currency");
        let yen: Currency = "JPY".parse().expect("a currency");
        let dinar: Currency = "KWD".parse().expect("a currency");
        assert_eq!(Money::parse("12.5", euro).map(Money::minor_units), Ok(1250));
        assert_eq!(
            Money::parse("-0.05", euro).map(|money| money.to_string()),
            Ok("-0.05 EUR".to_owned())
        );
        assert_eq!(Money::parse("12.345", dinar).map(Money::minor_units), Ok(12_345));
        assert!(Money::parse("12.345", euro).is_err());
        assert!(Money::parse("1.0", yen).is_err());
        assert_eq!(Money::new(7, yen).amount(), "7");
    }
}
