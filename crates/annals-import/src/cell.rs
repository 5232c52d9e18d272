//! The recipe for one value from one row: which cells, what is done to their text, what it is then
//! read as.
//!
//! The order is fixed: text of the column or template; empty or a null marker?; value map; prefix
//! and suffix; reading as the field's type. A value given for an empty or unmapped cell is read
//! the same way.

use crate::column::{Column, Sheet};
use crate::import_error::{Place, RowError};
use crate::moment::Formats;
use crate::number::{Exact, NumberStyle};
use crate::row::Row;
use annals_events::{Currency, Decimal, Field as _, InvalidValue, Money, OccurredAt, Precision};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::HashMap;

/// How one value comes from one row.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) from: From,
    /// Texts that mean that there is no value.
    pub(crate) null: Vec<String>,
    pub(crate) map: Option<HashMap<String, String>>,
    /// What cells stand for that the map does not have; without it they are refused.
    pub(crate) otherwise: Option<String>,
    pub(crate) prefix: String,
    pub(crate) suffix: String,
    /// What an empty cell stands for.
    pub(crate) if_empty: Option<String>,
    /// Whether the field is left out where the cell is empty.
    pub(crate) optional: bool,
    pub(crate) reading: Reading,
}

/// Where a text comes from.
#[derive(Clone, Debug)]
pub(crate) enum From {
    Column(Column),
    /// Texts, each with the column that follows it, and the text at the end.
    Template(Vec<(String, Column)>, String),
}

/// What a text is read as.
#[derive(Clone, Debug)]
pub(crate) enum Reading {
    Text,
    Boolean,
    Integer(NumberStyle),
    Decimal(Quantity),
    Money(Quantity, InCurrency),
    Scale { min: i64, max: i64 },
    Time(Formats),
    Date(Formats),
}

/// How an exact number is read.
#[derive(Clone, Debug)]
pub(crate) struct Quantity {
    pub(crate) style: NumberStyle,
    /// A column the number is multiplied with.
    pub(crate) times: Option<Column>,
    /// Whether its sign is turned round.
    pub(crate) negate: bool,
}

/// Where an amount's currency comes from.
#[derive(Clone, Debug)]
pub(crate) enum InCurrency {
    Always(Currency),
    Column(Column),
}

impl Cell {
    /// The value of a row; `None` where it is empty and may be.
    pub(crate) fn value(&self, row: &Row, sheet: &Sheet<'_>) -> Result<Option<Value>, RowError> {
        let Some(text) = self.text(row, sheet)? else { return Ok(None) };
        let value = match &self.reading {
            Reading::Text => Value::String(text.into_owned()),
            Reading::Boolean => match &*text {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => {
                    let expected = "true or false (map other words with map)";
                    return Err(self.refused(row, sheet, expected, &text));
                }
            },
            Reading::Integer(style) => Value::from(self.integer(style, &text, row, sheet)?),
            Reading::Scale { min, max } => {
                let value = text.parse::<i64>().ok().filter(|value| (min..=max).contains(&value));
                let expected = || format!("a whole number from {min} to {max}");
                let value = value.ok_or_else(|| self.refused(row, sheet, expected(), &text))?;
                json!({"min": min, "max": max, "value": value})
            }
            Reading::Decimal(quantity) => {
                let value = self.decimal(quantity, &text, row, sheet)?;
                Value::String(Decimal::from_millionths(value).to_string())
            }
            Reading::Money(quantity, currency) => {
                let money = self.money((quantity, currency), &text, row, sheet)?;
                money.to_json().unwrap_or_default()
            }
            Reading::Time(formats) => {
                let moment = formats.moment(&text, sheet.zone);
                Value::String(self.accepted(moment, row, sheet)?.0.to_string())
            }
            Reading::Date(formats) => {
                let date = formats.date(&text, sheet.zone);
                Value::String(self.accepted(date, row, sheet)?.to_string())
            }
        };
        Ok(Some(value))
    }

    /// The text of a row before it is read; `None` where it is empty and may be.
    pub(crate) fn text<'r>(
        &'r self,
        row: &'r Row,
        sheet: &Sheet<'_>,
    ) -> Result<Option<Cow<'r, str>>, RowError> {
        let raw = match &self.from {
            From::Column(column) => Some(Cow::Borrowed(sheet.cell(row, *column)))
                .filter(|text| !self.is_null(text))
                .ok_or(*column),
            From::Template(pieces, end) => self.fill(pieces, end, row, sheet),
        };
        let text = match (raw, &self.if_empty) {
            (Ok(text), _) => text,
            (Err(_), Some(value)) => return Ok(Some(Cow::Borrowed(value))),
            (Err(_), None) if self.optional => return Ok(None),
            (Err(column), None) => {
                let place = Place::Column(sheet.name(column));
                return Err(RowError::new(row.line, place, "a value", "nothing"));
            }
        };
        let text = match &self.map {
            None => text,
            Some(map) => match (map.get(&*text), &self.otherwise) {
                (Some(value), _) | (None, Some(value)) => Cow::Borrowed(value.as_str()),
                (None, None) => {
                    let mut known: Vec<_> = map.keys().map(String::as_str).collect();
                    known.sort_unstable();
                    let expected = format!("one of {}", known.join(", "));
                    return Err(self.refused(row, sheet, expected, &text));
                }
            },
        };
        if self.prefix.is_empty() && self.suffix.is_empty() {
            return Ok(Some(text));
        }
        Ok(Some(Cow::Owned(format!("{}{text}{}", self.prefix, self.suffix))))
    }

    /// The text of a template, or its first column without a value.
    fn fill<'r>(
        &self,
        pieces: &[(String, Column)],
        end: &str,
        row: &'r Row,
        sheet: &Sheet<'_>,
    ) -> Result<Cow<'r, str>, Column> {
        let mut text = String::new();
        for (before, column) in pieces {
            let cell = sheet.cell(row, *column);
            if self.is_null(cell) {
                return Err(*column);
            }
            text.push_str(before);
            text.push_str(cell);
        }
        text.push_str(end);
        Ok(Cow::Owned(text))
    }

    fn is_null(&self, text: &str) -> bool {
        text.is_empty() || self.null.iter().any(|null| null == text)
    }

    pub(crate) fn integer(
        &self,
        style: &NumberStyle,
        text: &str,
        row: &Row,
        sheet: &Sheet<'_>,
    ) -> Result<i64, RowError> {
        let number = style.plain(text).and_then(|plain| Exact::parse(&plain)?.in_places(0));
        number.ok_or_else(|| self.refused(row, sheet, "a whole number", text))
    }

    /// A decimal in millionths.
    pub(crate) fn decimal(
        &self,
        quantity: &Quantity,
        text: &str,
        row: &Row,
        sheet: &Sheet<'_>,
    ) -> Result<i64, RowError> {
        let number = self.exact(quantity, text, row, sheet)?;
        number.in_places(6).ok_or_else(|| {
            let expected = "a number of at most six places and 9223372036854 in size";
            self.refused(row, sheet, expected, text)
        })
    }

    pub(crate) fn money(
        &self,
        (quantity, currency): (&Quantity, &InCurrency),
        text: &str,
        row: &Row,
        sheet: &Sheet<'_>,
    ) -> Result<Money, RowError> {
        let currency = match currency {
            InCurrency::Always(currency) => *currency,
            InCurrency::Column(column) => {
                let place = || Place::Column(sheet.name(*column));
                sheet
                    .cell(row, *column)
                    .parse()
                    .map_err(|error| RowError::refused(row.line, place(), error))?
            }
        };
        if quantity.times.is_none() && !quantity.negate {
            let plain = self.plain(quantity, text, row, sheet)?;
            let money = Money::parse(&plain, currency);
            return self.accepted(money, row, sheet);
        }
        let number = self.exact(quantity, text, row, sheet)?;
        number.in_places(currency.digits()).map(|units| Money::new(units, currency)).ok_or_else(
            || {
                let digits = currency.digits();
                let expected =
                    format!("an amount of {currency} that has {digits} digits after the point");
                self.refused(row, sheet, expected, text)
            },
        )
    }

    /// The row's time and how precisely it is known, where the cell is read as one.
    pub(crate) fn moment(
        &self,
        row: &Row,
        sheet: &Sheet<'_>,
    ) -> Result<Option<(OccurredAt, Precision)>, RowError> {
        let (Reading::Time(formats), Some(text)) = (&self.reading, self.text(row, sheet)?) else {
            return Ok(None);
        };
        self.accepted(formats.moment(&text, sheet.zone), row, sheet).map(Some)
    }

    fn plain<'t>(
        &self,
        quantity: &Quantity,
        text: &'t str,
        row: &Row,
        sheet: &Sheet<'_>,
    ) -> Result<Cow<'t, str>, RowError> {
        quantity.style.plain(text).ok_or_else(|| {
            let expected = format!("a number such as {}", quantity.style.example());
            self.refused(row, sheet, expected, text)
        })
    }

    fn exact(
        &self,
        quantity: &Quantity,
        text: &str,
        row: &Row,
        sheet: &Sheet<'_>,
    ) -> Result<Exact, RowError> {
        let example = || format!("a number such as {}", quantity.style.example());
        let plain = self.plain(quantity, text, row, sheet)?;
        let number = Exact::parse(&plain);
        let mut number = number.ok_or_else(|| self.refused(row, sheet, example(), text))?;
        if let Some(column) = quantity.times {
            let text = sheet.cell(row, column);
            let plain = quantity.style.plain(text);
            let factor = plain.as_deref().and_then(Exact::parse).ok_or_else(|| {
                let place = Place::Column(sheet.name(column));
                RowError::new(row.line, place, example(), format!("{text:?}"))
            })?;
            number = number.times(factor);
        }
        Ok(if quantity.negate { number.negated() } else { number })
    }

    /// The place of this recipe's cells, for errors.
    pub(crate) fn place(&self, sheet: &Sheet<'_>) -> Place {
        match &self.from {
            From::Column(column) => Place::Column(sheet.name(*column)),
            From::Template(pieces, _) => {
                let names: Vec<_> = pieces.iter().map(|(_, column)| sheet.name(*column)).collect();
                Place::Column(names.join("+"))
            }
        }
    }

    fn refused(
        &self,
        row: &Row,
        sheet: &Sheet<'_>,
        expected: impl Into<String>,
        text: &str,
    ) -> RowError {
        RowError::new(row.line, self.place(sheet), expected, format!("{text:?}"))
    }

    fn accepted<T>(
        &self,
        value: Result<T, InvalidValue>,
        row: &Row,
        sheet: &Sheet<'_>,
    ) -> Result<T, RowError> {
        value.map_err(|error| RowError::refused(row.line, self.place(sheet), error))
    }
}
