//! What the tests of importing share: reading text, and what it gave.

use annals_events::{Event, Zone};
use annals_import::{Counts, ImportReader, ImportSource, Mapping};

/// What an input gave.
pub(crate) struct Read {
    pub(crate) events: Vec<Event>,
    pub(crate) lines: Vec<(u64, u64)>,
    pub(crate) errors: Vec<String>,
    pub(crate) counts: Counts,
}

/// Reads an input to its end; local times are those of Berlin.
pub(crate) fn read(input: &[u8], source: ImportSource) -> Read {
    let zone = Zone::named("Europe/Berlin").expect("a zone");
    let mut reader = ImportReader::new(input, source, zone);
    let (mut events, mut lines, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for item in reader.by_ref() {
        match item {
            Ok(imported) => {
                lines.push((*imported.lines.start(), *imported.lines.end()));
                events.push(imported.event);
            }
            Err(error) => errors.push(error.to_string()),
        }
    }
    Read { events, lines, errors, counts: reader.counts() }
}

/// Reads a table by the text of a mapping.
pub(crate) fn read_table(input: &str, mapping: &str) -> Read {
    let mapping = Mapping::parse(mapping).expect("the mapping is right");
    read(input.as_bytes(), ImportSource::Csv(Box::new(mapping)))
}
