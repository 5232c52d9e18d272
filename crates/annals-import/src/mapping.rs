//! Mapping files: how the rows of a table become events. `docs/import.md` is their reference.

use crate::column::Columns;
use crate::dialect::{Delimiter, Dialect};
use crate::event_mapping::EventMapping;
use crate::number::NumberStyle;
use crate::parse_event::{Shared, conditions};
use crate::parse_recipe::number_style;
use crate::preset::Preset;
use crate::toml_tree::{Item, MappingError, Table, Text};
use annals_events::{ContentHash, InvalidValue, Source, Zone};
use std::collections::HashSet;
use toml::de::DeTable;

/// A checked mapping file.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub(crate) source: Source,
    pub(crate) zone: Option<Zone>,
    pub(crate) file: FileFormat,
    pub(crate) columns: Columns,
    pub(crate) events: Vec<EventMapping>,
    digest: ContentHash,
}

/// How the file is written.
#[derive(Clone, Debug)]
pub(crate) struct FileFormat {
    pub(crate) dialect: Dialect,
    pub(crate) header: bool,
    pub(crate) skip_lines: u64,
    pub(crate) comment: Option<String>,
    pub(crate) null: Vec<String>,
    pub(crate) numbers: NumberStyle,
}

impl Mapping {
    /// Reads a mapping and holds it against the vocabulary.
    ///
    /// # Errors
    /// With line and column of the mapping, what was expected there and what came.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let root = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let expected = format!("TOML ({})", error.message().replace('\n', ", "));
            Text(text).error(at, expected, "something else")
        })?;
        let mut root = Table::new(Text(text), root.get_ref(), 0);
        let source =
            root.require("source", "the system that the rows come from, such as shop/till")?;
        let source = source
            .string("a URI reference such as shop/till")?
            .parse()
            .map_err(|error: InvalidValue| source.error(error.expected, error.came))?;
        let zone = match root.take("time_zone") {
            None => None,
            Some(item) => {
                let zone = Zone::named(item.string("an IANA time zone")?);
                Some(zone.map_err(|error| item.error(error.expected, error.came))?)
            }
        };
        let mut columns = Columns::default();
        let file = match root.take("file") {
            None => FileFormat::default(),
            Some(item) => FileFormat::parse(&item, &mut columns)?,
        };
        let when = match root.take("when") {
            None => Vec::new(),
            Some(item) => conditions(&item, &mut columns, &file.numbers, &file.null)?,
        };
        let items = root.require("event", "at least one [[event]]")?;
        let mut shared =
            Shared { columns: &mut columns, numbers: &file.numbers, null: &file.null, when: &when };
        let items = items.list("events, each under its own [[event]]")?;
        let mut events = Vec::new();
        let mut suffixes = HashSet::new();
        for item in &items {
            let event = shared.event(item)?;
            if !suffixes.insert(event.id_suffix.clone()) {
                let expected =
                    "an id_suffix that no other event of the mapping has, so that their ids differ";
                let came = format!("{:?} a second time", event.id_suffix);
                return Err(item.error(expected, came));
            }
            events.push(event);
        }
        root.finish()?;
        let digest = ContentHash::of(text.as_bytes());
        Ok(Self { source, zone, file, columns, events, digest })
    }

    /// A mapping that ships with the program.
    ///
    /// # Errors
    /// When there is none of that name; with the names there are.
    pub fn preset(name: &str) -> Result<Self, InvalidValue> {
        let preset: Preset = name.parse()?;
        Ok(Self::parse(preset.text()).expect("every preset is read by a test"))
    }

    /// The SHA-256 of the mapping's text.
    pub fn digest(&self) -> ContentHash {
        self.digest
    }

    /// The system that the rows come from.
    pub fn source(&self) -> &Source {
        &self.source
    }
}

impl Default for FileFormat {
    /// Commas, double quotes, a header.
    fn default() -> Self {
        let dialect =
            Dialect { delimiter: Delimiter::Character(','), quote: Some('"'), trim: true };
        let numbers = NumberStyle { decimal_mark: '.', thousands: None, strip: String::new() };
        let (header, skip_lines, comment, null) = (true, 0, None, Vec::new());
        Self { dialect, header, skip_lines, comment, null, numbers }
    }
}

impl FileFormat {
    fn parse(item: &Item<'_>, columns: &mut Columns) -> Result<Self, MappingError> {
        let mut file = Self::default();
        let mut table = item.table("how the file is written")?;
        if let Some(item) = table.take("delimiter") {
            file.dialect.delimiter = match item.string("one character, or whitespace")? {
                "whitespace" => Delimiter::Whitespace,
                text => Delimiter::Character(character(&item, text)?),
            };
        }
        if let Some(item) = table.take("quote") {
            file.dialect.quote = match item.string("one character, or nothing")? {
                "" => None,
                text => Some(character(&item, text)?),
            };
        }
        if let Some(quote) = file.dialect.quote
            && file.dialect.delimiter == Delimiter::Character(quote)
        {
            return Err(table.error("a quote other than the delimiter", format!("{quote:?}")));
        }
        if let Some(item) = table.take("trim") {
            file.dialect.trim = item.boolean()?;
        }
        if let Some(item) = table.take("header") {
            file.header = item.boolean()?;
        }
        if let Some(item) = table.take("columns") {
            if file.header {
                let expected = "columns only with header = false: a header names them itself";
                return Err(item.refused(expected));
            }
            let names = item.strings("column names")?;
            let mut seen = HashSet::new();
            if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
                return Err(item.error("names that differ", format!("{twice:?} a second time")));
            }
            columns.declared = Some(names);
        }
        if let Some(item) = table.take("skip_lines") {
            let count = item.integer("how many lines to skip")?;
            file.skip_lines =
                u64::try_from(count).map_err(|_| item.refused("how many lines to skip"))?;
        }
        if let Some(item) = table.take("comment") {
            let mark = item.string("what a line begins with that is no row")?;
            file.comment = Some(mark.to_owned()).filter(|mark| !mark.is_empty());
        }
        if let Some(item) = table.take("null") {
            file.null = item.strings("texts that mean no value")?;
        }
        file.numbers = number_style(&mut table, &file.numbers)?;
        table.finish()?;
        Ok(file)
    }
}

fn character(item: &Item<'_>, text: &str) -> Result<char, MappingError> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) if character != '\n' && character != '\r' => Ok(character),
        _ => Err(item.refused("one character")),
    }
}
