//! JSON: an event that is read is written to what reads as the same event; lines say where a fault
//! lies.

#![no_main]

use annals_events::{Event, Zone};
use annals_import::{CloudEvents, ImportReader, ImportSource};
use annals_testkit::sealed;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((mode, data)) = data.split_first() else { return };
    match mode % 3 {
        0 => {
            let Ok(value) = serde_json::from_slice(data) else { return };
            if let Ok(event) = Event::from_json(&value) {
                comes_back(event);
            }
        }
        1 => every_line_is_read(data, ImportSource::JsonLines),
        _ => every_line_is_read(data, ImportSource::CloudEvents(CloudEvents::default())),
    }
});

fn comes_back(event: Event) {
    let text = event.to_json().to_string();
    let value = serde_json::from_str(&text).expect("what is written is JSON");
    assert_eq!(Event::from_json(&value).as_ref(), Ok(&event), "{text}");
    let event = sealed(event);
    let bytes = event.encode().expect("a sealed event can be encoded");
    assert_eq!(Event::decode(&bytes).as_ref(), Ok(&event));
}

fn every_line_is_read(data: &[u8], source: ImportSource) {
    let mut reader = ImportReader::new(data, source, Zone::utc());
    let (mut events, mut refused) = (0, 0);
    let last_line = 1 + data.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
    for item in reader.by_ref() {
        match item {
            Ok(imported) => {
                events += 1;
                assert!(*imported.lines.start() >= 1 && *imported.lines.end() <= last_line);
                comes_back(imported.event);
            }
            Err(error) => {
                refused += 1;
                assert!(error.to_string().starts_with("line "), "{error}");
            }
        }
    }
    assert_eq!(events, reader.counts().events);
    assert!(refused >= reader.counts().rejected);
}
