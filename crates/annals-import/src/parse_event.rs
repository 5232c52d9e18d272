//! One `[[event]]` of a mapping, held against the table of kinds.

use crate::column::Columns;
use crate::condition::{Condition, Test};
use crate::event_mapping::{EventMapping, Grouping};
use crate::field_type::{self, FieldType};
use crate::number::{Exact, NumberStyle};
use crate::parse_recipe::{RecipeParser, number_style};
use crate::recipe::Recipe;
use crate::toml_tree::{Item, MappingError, Table};
use annals_events::{About, CustomKind};
use std::cmp::Ordering;

/// What all events of a mapping share.
pub(crate) struct Shared<'m> {
    pub(crate) columns: &'m mut Columns,
    pub(crate) numbers: &'m NumberStyle,
    pub(crate) null: &'m [String],
    pub(crate) when: &'m [Condition],
}

impl Shared<'_> {
    pub(crate) fn event(&mut self, item: &Item<'_>) -> Result<EventMapping, MappingError> {
        let mut table = item.table("an event")?;
        let kind_item = table.require("kind", "what the event says, such as purchase.completed")?;
        let kind = kind_item.string("a kind")?;
        let spec = field_type::kind(kind);
        if spec.is_none() {
            CustomKind::new(kind).map_err(|error| kind_item.error(error.expected, error.came))?;
        }
        let mut when = self.when.to_vec();
        if let Some(item) = table.take("when") {
            when.extend(conditions(&item, self.columns, self.numbers, self.null)?);
        }
        let (key, grouping) = self.key(&mut table)?;
        let id_suffix = match table.take("id_suffix") {
            None => String::new(),
            Some(item) => id_suffix(&item)?,
        };
        let about = spec.as_ref().map_or(About::Either, |spec| spec.about);
        let fields_item = table.require("fields", "the fields of the event")?;
        table.finish()?;
        let mut fields = fields_item.table("the fields of the event")?;
        let data_item = fields.take("data");
        let null = self.null;
        let mut parser = RecipeParser {
            columns: self.columns,
            numbers: self.numbers,
            null,
            grouped: grouping.is_some(),
        };
        let data = match (&data_item, &spec) {
            (Some(item), Some(spec)) => {
                let table = item.table("the data of the event")?;
                Recipe::Object(parser.fields(&table, kind, &spec.fields)?)
            }
            (Some(item), None) => parser.recipe(item, &FieldType::Any)?,
            (None, Some(spec)) if spec.fields.iter().any(|field| field.required) => {
                return Err(fields.error(format!("data, which {kind} needs"), "nothing"));
            }
            (None, _) => Recipe::Object(Vec::new()),
        };
        let (occurred_at, envelope) = envelope(&mut parser, &fields, about)?;
        Ok(EventMapping {
            kind: kind.to_owned(),
            when,
            key,
            id_suffix,
            grouping,
            occurred_at,
            envelope,
            data,
        })
    }

    /// The columns that make up the id and the group.
    fn key(
        &mut self,
        table: &mut Table<'_>,
    ) -> Result<(Vec<crate::column::Column>, Option<Grouping>), MappingError> {
        let (id, group_by) = (table.take("id"), table.take("group_by"));
        let grouping = table.take("grouping");
        let (item, grouped) = match (id, group_by) {
            (Some(id), None) => (id, false),
            (None, Some(group)) => (group, true),
            (Some(id), Some(_)) => {
                let expected = "either id or group_by: the columns of a group make up its id";
                return Err(id.error(expected, "both"));
            }
            (None, None) => {
                let expected = "id, the columns that tell events apart, or group_by";
                return Err(table.error(expected, "nothing"));
            }
        };
        let columns = item.list("columns")?;
        if columns.is_empty() {
            return Err(item.error("at least one column", "none"));
        }
        let columns = columns.iter().map(|column| self.columns.resolve(column));
        let columns = columns.collect::<Result<_, _>>()?;
        let grouping = match (grouping, grouped) {
            (None, false) => None,
            (None, true) => {
                let expected = "grouping = \"consecutive\" or \"anywhere\" beside group_by";
                return Err(item.error(expected, "nothing"));
            }
            (Some(item), false) => return Err(item.refused("grouping only beside group_by")),
            (Some(item), true) => match item.string("consecutive or anywhere")? {
                "consecutive" => Some(Grouping::Consecutive),
                "anywhere" => Some(Grouping::Anywhere),
                _ => return Err(item.refused("\"consecutive\" or \"anywhere\"")),
            },
        };
        Ok((columns, grouping))
    }
}

/// The recipe of the time and those of the other fields beside `data`.
fn envelope(
    parser: &mut RecipeParser<'_>,
    fields: &Table<'_>,
    about: About,
) -> Result<(Recipe, Vec<(String, Recipe)>), MappingError> {
    let specs = field_type::envelope(about);
    let mut recipes = Vec::new();
    for (name, at, item) in fields.entries().filter(|(name, _, _)| *name != "data") {
        let Some(spec) = specs.iter().find(|spec| spec.name == name) else {
            let known: Vec<_> = specs.iter().map(|spec| spec.name).collect();
            let expected = format!("data or one of the fields {}", known.join(", "));
            return Err(fields.error_at(at, expected, name));
        };
        let recipe = parser.recipe(&item, &FieldType::of(&spec.type_name))?;
        recipes.push((name.to_owned(), recipe));
    }
    for spec in specs.iter().filter(|spec| spec.required) {
        if fields.peek(spec.name).is_none() {
            let expected = format!("{} ({}), which every event needs", spec.name, spec.type_name);
            return Err(fields.error(expected, "nothing"));
        }
    }
    let place = recipes.iter().position(|(name, _)| name == "occurred_at");
    let time = place.map(|place| recipes.remove(place).1);
    let time = time.ok_or_else(|| fields.error("occurred_at", "nothing"))?;
    Ok((time, recipes))
}

fn id_suffix(item: &Item<'_>) -> Result<String, MappingError> {
    let expected = "1 to 32 lower-case letters, digits, _ or .";
    let suffix = item.string(expected)?;
    let plain = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.');
    if (1..=32).contains(&suffix.len()) && suffix.bytes().all(plain) {
        Ok(suffix.to_owned())
    } else {
        Err(item.refused(expected))
    }
}

/// The conditions of `when`.
pub(crate) fn conditions(
    item: &Item<'_>,
    columns: &mut Columns,
    numbers: &NumberStyle,
    null: &[String],
) -> Result<Vec<Condition>, MappingError> {
    let items = item.list("conditions such as { column = \"type\", equals = \"R\" }")?;
    items.iter().map(|item| condition(item, columns, numbers, null)).collect()
}

/// The keys of comparisons and the outcomes they accept.
const COMPARISONS: [(&str, &[Ordering]); 4] = [
    ("below", &[Ordering::Less]),
    ("at_most", &[Ordering::Less, Ordering::Equal]),
    ("above", &[Ordering::Greater]),
    ("at_least", &[Ordering::Greater, Ordering::Equal]),
];

fn condition(
    item: &Item<'_>,
    columns: &mut Columns,
    numbers: &NumberStyle,
    null: &[String],
) -> Result<Condition, MappingError> {
    let mut table = item.table("a condition such as { column = \"type\", equals = \"R\" }")?;
    let column = columns.resolve(&table.require("column", "the column to look at")?)?;
    let style = number_style(&mut table, numbers)?;
    let mut tests = Vec::new();
    if let Some(item) = table.take("equals") {
        tests.push(Test::OneOf(vec![item.scalar_text("text or a number")?]));
    }
    if let Some(item) = table.take("not_equals") {
        tests.push(Test::NoneOf(vec![item.scalar_text("text or a number")?]));
    }
    if let Some(item) = table.take("one_of") {
        tests.push(Test::OneOf(item.strings("texts")?));
    }
    if let Some(item) = table.take("none_of") {
        tests.push(Test::NoneOf(item.strings("texts")?));
    }
    if let Some(item) = table.take("empty") {
        tests.push(Test::Empty { wanted: item.boolean()?, null: null.to_vec() });
    }
    for (key, accepted) in COMPARISONS {
        if let Some(item) = table.take(key) {
            let text = item.scalar_text("a number")?;
            let number = Exact::parse(&text).ok_or_else(|| item.refused("a plain number"))?;
            let (style, null) = (style.clone(), null.to_vec());
            tests.push(Test::Compares { accepted, number, style, null });
        }
    }
    table.finish()?;
    if let (Some(test), true) = (tests.pop(), tests.is_empty()) {
        Ok(Condition { column, test })
    } else {
        let expected =
            "one of equals, not_equals, one_of, none_of, empty, below, at_most, above, at_least";
        Err(item.refused(expected))
    }
}
