//! The recipe for a value of any shape from the rows of one event: a tree whose leaves are
//! constants and cells.

use crate::cell::{Cell, Reading};
use crate::column::Sheet;
use crate::import_error::{Place, RowError};
use crate::row::Row;
use annals_events::{Decimal, Field as _, Money};
use serde_json::{Map, Value};

/// A recipe.
#[derive(Clone, Debug)]
pub(crate) enum Recipe {
    Constant(Value),
    /// One value for the event, from its rows.
    Cell(Cell, Take),
    /// The sum over the event's rows.
    Sum(Cell),
    Object(Vec<(String, Recipe)>),
    /// A list of fixed length.
    List(Vec<Recipe>),
    /// A list with one element for each row of the event.
    EachRow(Box<Recipe>),
}

/// Which row gives a value that an event has once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    /// Any: all rows must agree.
    Same,
    First,
    Last,
}

impl Recipe {
    /// The value of an event's rows; `None` where it is left out.
    ///
    /// A table with cells in it, all of which are left out, is left out with them.
    pub(crate) fn value(&self, rows: &[Row], sheet: &Sheet<'_>) -> Result<Option<Value>, RowError> {
        match self {
            Self::Constant(value) => Ok(Some(value.clone())),
            Self::Cell(cell, take) => one(cell, *take, rows, sheet),
            Self::Sum(cell) => sum(cell, rows, sheet),
            Self::Object(fields) => {
                let mut object = Map::with_capacity(fields.len());
                let (mut cells, mut cells_given) = (false, false);
                for (name, recipe) in fields {
                    let value = recipe.value(rows, sheet)?;
                    if !matches!(recipe, Self::Constant(_)) {
                        cells = true;
                        cells_given |= value.is_some();
                    }
                    if let Some(value) = value {
                        object.insert(name.clone(), value);
                    }
                }
                Ok((cells_given || !cells).then_some(Value::Object(object)))
            }
            Self::List(elements) => {
                let values =
                    elements.iter().filter_map(|element| element.value(rows, sheet).transpose());
                values.collect::<Result<Vec<_>, _>>().map(|values| Some(Value::Array(values)))
            }
            Self::EachRow(element) => {
                let values = rows
                    .iter()
                    .filter_map(|row| element.value(std::slice::from_ref(row), sheet).transpose());
                values.collect::<Result<Vec<_>, _>>().map(|values| Some(Value::Array(values)))
            }
        }
    }

    /// Where the value at a path of the event's JSON came from: the line and the place in it.
    ///
    /// `path`: what is left of the path below this recipe, such as `lines[2].quantity`.
    pub(crate) fn locate(
        &self,
        path: &str,
        rows: &[Row],
        sheet: &Sheet<'_>,
    ) -> (u64, Option<Place>) {
        let line = rows.first().map_or(0, |row| row.line);
        match self {
            Self::Constant(_) => (line, None),
            Self::Cell(cell, _) | Self::Sum(cell) => (line, Some(cell.place(sheet))),
            Self::Object(fields) => {
                let (name, rest) = next_key(path);
                match fields.iter().find(|(field, _)| field == name) {
                    Some((_, recipe)) => recipe.locate(rest, rows, sheet),
                    None => (line, None),
                }
            }
            Self::List(elements) => {
                let (index, rest) = next_index(path);
                // Elements that were left out move the later ones forward.
                let given = elements.iter().filter(|element| {
                    element.value(rows, sheet).is_ok_and(|value| value.is_some())
                });
                match given.clone().nth(index) {
                    Some(element) => element.locate(rest, rows, sheet),
                    None => (line, None),
                }
            }
            Self::EachRow(element) => {
                let (index, rest) = next_index(path);
                let given = rows.iter().filter(|row| {
                    let value = element.value(std::slice::from_ref(*row), sheet);
                    value.is_ok_and(|value| value.is_some())
                });
                match given.clone().nth(index) {
                    Some(row) => element.locate(rest, std::slice::from_ref(row), sheet),
                    None => (line, None),
                }
            }
        }
    }
}

/// The first name of a path such as `total.amount` or `lines[2].sku`, and the rest.
pub(crate) fn next_key(path: &str) -> (&str, &str) {
    let path = path.strip_prefix('.').unwrap_or(path);
    path.split_at(path.find(['.', '[']).unwrap_or(path.len()))
}

fn next_index(path: &str) -> (usize, &str) {
    let index = path.strip_prefix('[').and_then(|path| path.split_once(']'));
    let index = index.and_then(|(digits, rest)| Some((digits.parse().ok()?, rest)));
    index.unwrap_or((usize::MAX, ""))
}

fn one(
    cell: &Cell,
    take: Take,
    rows: &[Row],
    sheet: &Sheet<'_>,
) -> Result<Option<Value>, RowError> {
    let Some(row) = take.row(rows) else { return Ok(None) };
    let value = cell.value(row, sheet)?;
    if take == Take::Same {
        agree(cell, row, rows, sheet)?;
    }
    Ok(value)
}

impl Take {
    pub(crate) fn row(self, rows: &[Row]) -> Option<&Row> {
        match self {
            Self::Same | Self::First => rows.first(),
            Self::Last => rows.last(),
        }
    }
}

/// Refuses the first row that differs from the one before it in a value the event has only once.
pub(crate) fn agree(
    cell: &Cell,
    first: &Row,
    rows: &[Row],
    sheet: &Sheet<'_>,
) -> Result<(), RowError> {
    let expected = cell.text(first, sheet)?;
    for row in rows.get(1..).unwrap_or_default() {
        let came = cell.text(row, sheet)?;
        if came != expected {
            let shown = |text: Option<std::borrow::Cow<'_, str>>| {
                text.map_or_else(|| "nothing".to_owned(), |text| format!("{text:?}"))
            };
            let expected = format!(
                "{}, as in line {} of the same event (take = \"first\" or \"last\" chooses one)",
                shown(expected),
                first.line
            );
            return Err(RowError::new(row.line, cell.place(sheet), expected, shown(came)));
        }
    }
    Ok(())
}

fn sum(cell: &Cell, rows: &[Row], sheet: &Sheet<'_>) -> Result<Option<Value>, RowError> {
    let mut units: Option<i64> = None;
    let mut money: Option<Money> = None;
    for row in rows {
        let Some(text) = cell.text(row, sheet)? else { continue };
        let more = match &cell.reading {
            Reading::Money(quantity, currency) => {
                let more = cell.money((quantity, currency), &text, row, sheet)?;
                let currency = money.unwrap_or(more).currency();
                if more.currency() != currency {
                    let expected = format!("{currency} as in the rows before, so that they add up");
                    let came = more.currency();
                    return Err(RowError::new(row.line, cell.place(sheet), expected, came));
                }
                money = Some(more);
                more.minor_units()
            }
            Reading::Decimal(quantity) => cell.decimal(quantity, &text, row, sheet)?,
            Reading::Integer(style) => cell.integer(style, &text, row, sheet)?,
            // The mapping was refused where a sum is of something else.
            _ => continue,
        };
        let sum = units.unwrap_or(0).checked_add(more).ok_or_else(|| {
            RowError::new(row.line, cell.place(sheet), "a sum that fits 64 bits", "a larger one")
        })?;
        units = Some(sum);
    }
    Ok(units.map(|units| match (money, &cell.reading) {
        (Some(money), _) => Money::new(units, money.currency()).to_json().unwrap_or_default(),
        (None, Reading::Decimal(_)) => Value::String(Decimal::from_millionths(units).to_string()),
        (None, _) => Value::from(units),
    }))
}
