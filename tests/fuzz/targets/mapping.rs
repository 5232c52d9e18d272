//! CSV mappings: a mapping is refused with a place in it or it works; a table gives the same events
//! however its bytes arrive.

#![no_main]

use annals_events::{Event, Zone};
use annals_import::{Counts, ImportReader, ImportSource, Mapping, Preset};
use annals_testkit::sealed;
use libfuzzer_sys::fuzz_target;
use std::io::{self, Read};

const INVOICES: &[u8] = include_bytes!("../../../docs/examples/import/invoices.csv");

fuzz_target!(|data: &[u8]| {
    let Some((mode, data)) = data.split_first() else { return };
    let zero = data.iter().position(|byte| *byte == 0);
    let (mapping, table) = zero.map_or((data, INVOICES), |at| (&data[..at], &data[at + 1..]));
    let presets = Preset::all();
    let preset = presets.get(usize::from(*mode));
    let mapping = match preset {
        Some(preset) => preset.text().to_owned(),
        None => String::from_utf8_lossy(mapping).into_owned(),
    };
    let table = if preset.is_some() { data } else { table };
    match Mapping::parse(&mapping) {
        Ok(mapping) => the_table_is_read(&mapping, table),
        Err(error) => {
            assert!(error.line >= 1 && error.column >= 1, "{error}");
            assert!(error.line <= mapping.lines().count() + 1, "{error}");
        }
    }
});

fn the_table_is_read(mapping: &Mapping, table: &[u8]) {
    let whole = read(mapping, table);
    for event in &whole.0 {
        let event = sealed(event.clone());
        let bytes = event.encode().expect("a sealed event can be encoded");
        assert_eq!(Event::decode(&bytes).as_ref(), Ok(&event));
    }
    assert!(whole.1.iter().all(|error| error.starts_with("line ")), "{:?}", whole.1);
    assert_eq!(whole.0.len() as u64, whole.2.events);
    assert!(whole.1.len() as u64 >= whole.2.rejected);
    assert_eq!(read(mapping, InPieces(table)), whole, "in pieces");
}

type Outcome = (Vec<Event>, Vec<String>, Counts);

fn read(mapping: &Mapping, input: impl Read) -> Outcome {
    let source = ImportSource::Csv(Box::new(mapping.clone()));
    let zone = Zone::named("Europe/Berlin").expect("a zone");
    let mut reader = ImportReader::new(input, source, zone);
    let (mut events, mut errors) = (Vec::new(), Vec::new());
    for item in reader.by_ref() {
        match item {
            Ok(imported) => events.push(imported.event),
            Err(error) => errors.push(error.to_string()),
        }
    }
    (events, errors, reader.counts())
}

/// Gives three bytes at a time.
struct InPieces<'a>(&'a [u8]);

impl Read for InPieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = into.len().min(3);
        let (piece, rest) = self.0.split_at(length.min(self.0.len()));
        into[..piece.len()].copy_from_slice(piece);
        self.0 = rest;
        Ok(piece.len())
    }
}
