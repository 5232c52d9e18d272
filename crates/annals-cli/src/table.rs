//! Tables for people: plain columns, numbers to the right, large ones grouped.

use comfy_table::{Cell, CellAlignment, presets};
use serde_json::Value;
use std::fmt;

/// Stands where there is nothing to show.
pub(crate) const NOTHING: &str = "-";

/// A table being made.
pub(crate) struct Table {
    inner: comfy_table::Table,
    right: Vec<usize>,
}

impl Table {
    /// A table with these column titles; the columns numbered in `right` (from 0) hold numbers.
    pub(crate) fn new<I>(titles: I, right: &[usize]) -> Self
    where
        I: IntoIterator<Item: ToString>,
    {
        let mut inner = comfy_table::Table::new();
        inner.load_style(presets::NOTHING).force_no_tty().set_header(cells(titles, right));
        Self { inner, right: right.to_vec() }
    }

    /// Two columns without titles: what it is, and the value.
    pub(crate) fn pairs<'a>(rows: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let mut inner = comfy_table::Table::new();
        inner.load_style(presets::NOTHING).force_no_tty();
        for (name, value) in rows {
            inner.add_row([name.to_owned(), value]);
        }
        Self { inner, right: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row<I>(&mut self, row: I)
    where
        I: IntoIterator<Item: ToString>,
    {
        self.inner.add_row(cells(row, &self.right));
    }
}

fn cells<I>(row: I, right: &[usize]) -> Vec<Cell>
where
    I: IntoIterator<Item: ToString>,
{
    let cell = |(index, text): (usize, I::Item)| {
        let alignment =
            if right.contains(&index) { CellAlignment::Right } else { CellAlignment::Left };
        Cell::new(text).set_alignment(alignment)
    };
    row.into_iter().enumerate().map(cell).collect()
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.inner.lines() {
            writeln!(out, " {}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A whole number with its thousands grouped: `69,659`.
pub(crate) fn grouped(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The value at a place in JSON, such as `/csat/mean`.
pub(crate) fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// A count, grouped; `-` where there is none.
pub(crate) fn count(value: &Value) -> String {
    let number = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
    number.map_or_else(|| NOTHING.to_owned(), grouped)
}

/// A number with so many decimals; `-` where there is none.
pub(crate) fn decimals(value: &Value, digits: usize) -> String {
    value.as_f64().map_or_else(|| NOTHING.to_owned(), |number| format!("{number:.digits$}"))
}

/// A share of 1 as a percentage; `-` where there is none.
pub(crate) fn percent(value: &Value) -> String {
    value.as_f64().map_or_else(|| NOTHING.to_owned(), |share| format!("{:.1} %", share * 100.0))
}

/// A text, or whatever else stands there, as one would write it; `-` for nothing.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => NOTHING.to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

/// At most so many characters of a text.
pub(crate) fn shortened(text: &str, characters_max: usize) -> String {
    match text.char_indices().nth(characters_max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_from_the_right() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (69_659, "69,659"),
            (-1_234_567, "-1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(shortened("日本語", 2), "日本...");
        assert_eq!(shortened("日本", 2), "日本");
    }
}
