//! Recipes from the TOML of a mapping, held against the shape of the field they are for.

use crate::cell::{Cell, From, InCurrency, Quantity, Reading};
use crate::column::{Column, Columns};
use crate::field_type::FieldType;
use crate::moment::Formats;
use crate::number::NumberStyle;
use crate::recipe::{Recipe, Take};
use crate::toml_tree::{Item, MappingError, Table};
use annals_events::FieldSpec;
use serde_json::Value;
use std::collections::HashMap;
use toml::de::DeValue;

/// The keys that make a table a recipe.
const RECIPES: [&str; 4] = ["column", "template", "each_row", "sum"];

/// Reads recipes, with what they share.
pub(crate) struct RecipeParser<'m> {
    pub(crate) columns: &'m mut Columns,
    pub(crate) numbers: &'m NumberStyle,
    pub(crate) null: &'m [String],
    /// Whether several rows make up an event.
    pub(crate) grouped: bool,
}

impl RecipeParser<'_> {
    /// The recipe for a field of some shape.
    pub(crate) fn recipe(
        &mut self,
        item: &Item<'_>,
        shape: &FieldType,
    ) -> Result<Recipe, MappingError> {
        match item.value() {
            DeValue::Array(_) => self.list(item, shape),
            DeValue::Table(table) => {
                match RECIPES
                    .into_iter()
                    .find(|key| table.iter().any(|(name, _)| name.get_ref() == key))
                {
                    Some("each_row") => self.each_row(item, shape),
                    Some("sum") => self.sum(item, shape),
                    Some(_) => {
                        let (cell, take) = self.cell(item, shape)?;
                        Ok(Recipe::Cell(cell, take))
                    }
                    None => self.object(item, shape),
                }
            }
            _ => constant(item, shape).map(Recipe::Constant),
        }
    }

    /// The recipes for the fields of a table; unknown ones and required ones that are missing are
    /// refused.
    pub(crate) fn fields(
        &mut self,
        table: &Table<'_>,
        what: &str,
        specs: &[FieldSpec],
    ) -> Result<Vec<(String, Recipe)>, MappingError> {
        let mut fields = Vec::new();
        for (name, at, item) in table.entries() {
            let Some(spec) = specs.iter().find(|spec| spec.name == name) else {
                let known: Vec<_> = specs.iter().map(|spec| spec.name).collect();
                let expected = format!("one of the fields of {what}: {}", known.join(", "));
                return Err(table.error_at(at, expected, name));
            };
            fields.push((name.to_owned(), self.recipe(&item, &FieldType::of(&spec.type_name))?));
        }
        match specs.iter().find(|spec| spec.required && table.peek(spec.name).is_none()) {
            None => Ok(fields),
            Some(spec) => {
                let expected = format!("{} ({}), which {what} needs", spec.name, spec.type_name);
                Err(table.error(expected, "nothing"))
            }
        }
    }

    fn list(&mut self, item: &Item<'_>, shape: &FieldType) -> Result<Recipe, MappingError> {
        let element = match shape {
            FieldType::List(element) => element,
            FieldType::Any => shape,
            _ => return Err(item.refused(shape.words())),
        };
        let elements = item.list("values")?;
        let recipes = elements.iter().map(|item| self.recipe(item, element));
        recipes.collect::<Result<_, _>>().map(Recipe::List)
    }

    fn each_row(&mut self, item: &Item<'_>, shape: &FieldType) -> Result<Recipe, MappingError> {
        let element = match shape {
            FieldType::List(element) => element,
            FieldType::Any => shape,
            _ => return Err(item.refused(shape.words())),
        };
        let mut table = item.table("each_row")?;
        let each = table.require("each_row", "the recipe of one element")?;
        table.finish()?;
        self.recipe(&each, element).map(|recipe| Recipe::EachRow(Box::new(recipe)))
    }

    fn sum(&mut self, item: &Item<'_>, shape: &FieldType) -> Result<Recipe, MappingError> {
        let mut table = item.table("sum")?;
        let inner = table.require("sum", "the recipe of what is added up")?;
        table.finish()?;
        let (cell, _) = self.cell(&inner, shape)?;
        match cell.reading {
            Reading::Money(..) | Reading::Decimal(_) | Reading::Integer(_) => Ok(Recipe::Sum(cell)),
            _ => Err(item.error("sum for money, a decimal or a whole number", shape.words())),
        }
    }

    fn object(&mut self, item: &Item<'_>, shape: &FieldType) -> Result<Recipe, MappingError> {
        let table = item.table(&shape.words())?;
        let part = |name: &str, shape: FieldType| (name.to_owned(), shape);
        let parts = match shape {
            FieldType::Record(specs) => {
                return self.fields(&table, "the table", specs).map(Recipe::Object);
            }
            FieldType::Any => {
                table.entries().map(|(name, _, _)| part(name, FieldType::Any)).collect()
            }
            FieldType::Money => {
                vec![part("amount", FieldType::Text), part("currency", FieldType::Text)]
            }
            FieldType::Scale => ["min", "max", "value"].map(|n| part(n, FieldType::Integer)).into(),
            FieldType::Personal => vec![part("text", FieldType::Text), part("of", FieldType::Text)],
            _ => {
                let expected = format!(
                    "{}: a constant, or a table with column, template or sum",
                    shape.words()
                );
                return Err(item.refused(expected));
            }
        };
        let mut fields = Vec::new();
        for (name, at, item) in table.entries() {
            let Some((_, shape)) = parts.iter().find(|(known, _)| known == name) else {
                let known: Vec<_> = parts.iter().map(|(name, _)| name.as_str()).collect();
                let expected = format!("column, template, sum, or {}", known.join(", "));
                return Err(table.error_at(at, expected, name));
            };
            fields.push((name.to_owned(), self.recipe(&item, shape)?));
        }
        Ok(Recipe::Object(fields))
    }

    fn cell(&mut self, item: &Item<'_>, shape: &FieldType) -> Result<(Cell, Take), MappingError> {
        let mut table = item.table("a recipe with column or template")?;
        let from = match (table.take("column"), table.take("template")) {
            (Some(column), None) => From::Column(self.columns.resolve(&column)?),
            (None, Some(template)) => self.template(&template)?,
            _ => return Err(item.refused("either column or template")),
        };
        let reading = self.reading(&mut table, item, shape)?;
        let null = match table.take("null") {
            Some(null) => null.strings("texts that mean no value")?,
            None => self.null.to_vec(),
        };
        let map = table.take("map").map(|map| value_map(&map, shape)).transpose()?;
        let mut value = |key| table.take(key).map(|item| constant_text(&item, shape)).transpose();
        let (otherwise, if_empty) = (value("otherwise")?, value("if_empty")?);
        let mut text = |key| match table.take(key) {
            Some(item) => item.string("text").map(ToOwned::to_owned),
            None => Ok(String::new()),
        };
        let (prefix, suffix) = (text("prefix")?, text("suffix")?);
        let optional = table.take("optional").map_or(Ok(false), |item| item.boolean())?;
        let take = match table.take("take") {
            None => Take::Same,
            Some(item) if !self.grouped => {
                return Err(item.refused("take only in an event with group_by"));
            }
            Some(item) => match item.string("first or last")? {
                "first" => Take::First,
                "last" => Take::Last,
                _ => return Err(item.refused("\"first\" or \"last\"")),
            },
        };
        table.finish()?;
        if otherwise.is_some() && map.is_none() {
            return Err(item.error("otherwise beside a map", "no map"));
        }
        let cell = Cell { from, null, map, otherwise, prefix, suffix, if_empty, optional, reading };
        Ok((cell, take))
    }

    fn template(&mut self, item: &Item<'_>) -> Result<From, MappingError> {
        let expected = "text with columns in braces, such as {street} {number}";
        let mut rest = item.string(expected)?;
        let mut pieces = Vec::new();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(|| item.refused(expected))?;
            pieces.push((before.to_owned(), self.named(name, item)?));
            rest = after;
        }
        if pieces.is_empty() || rest.contains('}') {
            return Err(item.refused(expected));
        }
        Ok(From::Template(pieces, rest.to_owned()))
    }

    fn named(&mut self, name: &str, item: &Item<'_>) -> Result<Column, MappingError> {
        self.columns.named(name, item)
    }

    /// What a cell is read as: by the field's shape, or `as` where the shape is a service's own.
    fn reading(
        &mut self,
        table: &mut Table<'_>,
        item: &Item<'_>,
        shape: &FieldType,
    ) -> Result<Reading, MappingError> {
        let named = match (shape, table.take("as")) {
            (FieldType::Any, Some(name)) => Some(match name.string("a type")? {
                "text" => FieldType::Text,
                "integer" => FieldType::Integer,
                "decimal" => FieldType::Decimal,
                "boolean" => FieldType::Boolean,
                "money" => FieldType::Money,
                "scale" => FieldType::Scale,
                "time" => FieldType::Time,
                "date" => FieldType::Date,
                _ => {
                    let known = "text, integer, decimal, boolean, money, scale, time or date";
                    return Err(name.refused(known));
                }
            }),
            (_, Some(name)) => {
                let expected = format!("no as: the field is {}", shape.words());
                return Err(name.refused(expected));
            }
            (_, None) => None,
        };
        match named.as_ref().unwrap_or(shape) {
            FieldType::Text | FieldType::Personal | FieldType::Choice(_) | FieldType::Any => {
                Ok(Reading::Text)
            }
            FieldType::Boolean => Ok(Reading::Boolean),
            FieldType::Integer => number_style(table, self.numbers).map(Reading::Integer),
            FieldType::Decimal => self.quantity(table).map(Reading::Decimal),
            FieldType::Money => {
                let quantity = self.quantity(table)?;
                let currency =
                    table.require("currency", "a code such as EUR, or { column = … }")?;
                Ok(Reading::Money(quantity, self.currency(&currency)?))
            }
            FieldType::Scale => {
                let expected = "an end of the scale, a whole number";
                let min = table.require("min", expected)?;
                let max = table.require("max", expected)?;
                let (min, max) = (min.integer(expected)?, max.integer(expected)?);
                if min >= max {
                    return Err(item.error("min below max", format!("{min} and {max}")));
                }
                Ok(Reading::Scale { min, max })
            }
            FieldType::Time => formats(table).map(Reading::Time),
            FieldType::Date => formats(table).map(Reading::Date),
            FieldType::Record(_) | FieldType::List(_) => Err(item.refused(shape.words())),
        }
    }

    fn quantity(&mut self, table: &mut Table<'_>) -> Result<Quantity, MappingError> {
        let style = number_style(table, self.numbers)?;
        let times = match table.take("times") {
            None => None,
            Some(item) => {
                let mut factor = item.table("the column to multiply with, { column = … }")?;
                let column = factor.require("column", "the column to multiply with")?;
                factor.finish()?;
                Some(self.columns.resolve(&column)?)
            }
        };
        let negate = table.take("negate").map_or(Ok(false), |item| item.boolean())?;
        Ok(Quantity { style, times, negate })
    }

    fn currency(&mut self, item: &Item<'_>) -> Result<InCurrency, MappingError> {
        if item.value().is_table() {
            let mut table = item.table("the currency's column")?;
            let column = table.require("column", "the column with the currency's code")?;
            table.finish()?;
            return self.columns.resolve(&column).map(InCurrency::Column);
        }
        let code = item.string("an ISO 4217 currency code")?;
        code.parse()
            .map(InCurrency::Always)
            .map_err(|error: annals_events::InvalidValue| item.error(error.expected, error.came))
    }
}

/// How numbers are written, with what the table says over what holds otherwise.
pub(crate) fn number_style(
    table: &mut Table<'_>,
    otherwise: &NumberStyle,
) -> Result<NumberStyle, MappingError> {
    let mut style = otherwise.clone();
    if let Some(item) = table.take("decimal_mark") {
        style.decimal_mark = match item.string("\".\" or \",\"")? {
            "." => '.',
            "," => ',',
            _ => return Err(item.refused("\".\" or \",\"")),
        };
    }
    if let Some(item) = table.take("thousands") {
        let mut mark = item.string("one character, or nothing")?.chars();
        style.thousands = match (mark.next(), mark.next()) {
            (mark, None) if mark != Some(style.decimal_mark) => mark,
            _ => {
                let expected = "one character other than decimal_mark, or nothing";
                return Err(item.refused(expected));
            }
        };
    }
    if let Some(item) = table.take("strip") {
        let dropped = item.string("the characters to drop, such as \"$€ \"")?;
        dropped.clone_into(&mut style.strip);
    }
    Ok(style)
}

fn formats(table: &mut Table<'_>) -> Result<Formats, MappingError> {
    let Some(item) = table.take("formats") else { return Ok(Formats::default()) };
    let what = "format descriptions such as \"[day].[month].[year]\"";
    let descriptions = item.strings(what)?;
    if descriptions.is_empty() {
        return Err(item.error(format!("a list of {what}"), "an empty list"));
    }
    Formats::new(&descriptions).map_err(|(index, fault)| {
        let at = item.list(what).ok().and_then(|items| items.into_iter().nth(index));
        let described = descriptions.get(index).map(String::as_str).unwrap_or_default();
        let expected =
            "a format description of the crate time, version 2, such as [day].[month].[year]";
        at.as_ref().unwrap_or(&item).error(expected, format!("{described:?}: {fault}"))
    })
}

fn value_map(item: &Item<'_>, shape: &FieldType) -> Result<HashMap<String, String>, MappingError> {
    let table = item.table("cells and what they stand for")?;
    let pairs = table.entries();
    pairs.map(|(name, _, item)| Ok((name.to_owned(), constant_text(&item, shape)?))).collect()
}

/// A value that a cell's text is replaced with, as the text that is then read.
fn constant_text(item: &Item<'_>, shape: &FieldType) -> Result<String, MappingError> {
    match (item.value(), shape) {
        (DeValue::Boolean(value), FieldType::Boolean | FieldType::Any) => Ok(value.to_string()),
        (_, FieldType::Boolean) => Err(item.refused("true or false")),
        (_, FieldType::Choice(_)) => match constant(item, shape)? {
            Value::String(text) => Ok(text),
            other => Ok(other.to_string()),
        },
        _ => item.scalar_text("text or a number"),
    }
}

/// A value that is the same for every row.
fn constant(item: &Item<'_>, shape: &FieldType) -> Result<Value, MappingError> {
    let refused = || item.refused(shape.words());
    let text = || item.value().as_str().map(Value::from);
    match shape {
        FieldType::Text | FieldType::Personal | FieldType::Time | FieldType::Date => {
            match item.value() {
                DeValue::Datetime(time) => Ok(Value::from(time.to_string())),
                _ => text().ok_or_else(|| item.refused(format!("{}, in quotes", shape.words()))),
            }
        }
        FieldType::Choice(choices) => {
            let choice = item.value().as_str();
            let known = choice.filter(|text| choices.iter().any(|choice| choice == text));
            known.map(Value::from).ok_or_else(refused)
        }
        FieldType::Integer => item.as_integer().map(Value::from).ok_or_else(refused),
        FieldType::Boolean => item.value().as_bool().map(Value::from).ok_or_else(refused),
        FieldType::Decimal => item.scalar_text("a decimal such as 1.5").map(Value::from),
        FieldType::Any => match item.value() {
            DeValue::Boolean(value) => Ok(Value::from(*value)),
            DeValue::Integer(_) => item.as_integer().map(Value::from).ok_or_else(refused),
            _ => text().ok_or_else(|| item.refused("text, a whole number, true or false")),
        },
        FieldType::Money | FieldType::Scale | FieldType::Record(_) | FieldType::List(_) => {
            Err(refused())
        }
    }
}
