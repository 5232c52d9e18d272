//! Golden bytes: what format version 1 wrote, every later build reads and writes the same.
//!
//! Goal: no change of code changes a stored byte unnoticed. Method: `golden/v1/` holds, for every
//! kind, two events as JSON and as the bytes they were encoded to, three records, and two chained
//! blocks of them. Each value is built anew from its JSON (that of records stands here) and must
//! encode to the bytes in the file; the bytes must decode to the value.
//!
//! `ANNALS_BLESS=1 cargo test -p annals-tests --test golden` writes files that are missing, for new
//! kinds. It never changes one: other bytes are another format version with decoders of its own.

use annals_audit::{Frontier, Hash, leaf_hash};
use annals_events::{Event, Instant, KindSpec, Position, RecordedEvent, StreamVersion, kinds};
use annals_log::{Block, BlockBuilder, Record, write_record};
use annals_testkit::{Choices, Presence, around, payload_of_kind, sample, sealed};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::PathBuf;

const RECORDS: &[&str] = &[
    r#"{"id":"0190b2f4-6f0e-7c3a-9d51-3f6d1c2a7b10","kind":"party.registered","kind_version":1,"subject":"C-1","occurred_at":"2026-03-03T09:30:00+08:00","position":0,"stream_version":1,"recorded_at":"2026-03-03T01:30:01.5Z","data":{"party_type":"person","roles":["customer"]}}"#,
    r#"{"id":"0190b2f4-6f0e-7c3a-9d51-3f6d1c2a7b11","kind":"purchase.completed","kind_version":1,"subject":"C-1","occurred_at":"2026-03-03T09:31:00+08:00","source":"shop/web","channel":"web","position":1,"stream_version":2,"recorded_at":"2026-03-03T01:31:00Z","data":{"order":"A-17","lines":[{"sku":"tea","quantity":"2","unit_price":"6.25"}],"total":{"amount":"12.50","currency":"EUR"}}}"#,
    r#"{"id":"0190b2f4-6f0e-7c3a-9d51-3f6d1c2a7b12","kind":"fx.rate_recorded","kind_version":1,"occurred_at":"2026-03-03T00:00:00Z","precision":"day","position":2,"stream_version":1,"recorded_at":"2026-03-03T01:31:00Z","data":{"from":"EUR","to":"JPY","rate":"160.5","valid_from":"2026-03-03"}}"#,
];

/// One section of a golden file: what is said of the bytes, and the bytes.
#[derive(Debug, PartialEq)]
struct Section {
    title: String,
    json: Option<Value>,
    bytes: Vec<u8>,
}

fn write_sections(sections: &[Section]) -> String {
    let mut text = String::new();
    for Section { title, json, bytes } in sections {
        writeln!(text, "# {title}").expect("text grows");
        if let Some(json) = json {
            writeln!(text, "# {json}").expect("text grows");
        }
        for line in bytes.chunks(32) {
            for byte in line {
                write!(text, "{byte:02x}").expect("text grows");
            }
            text.push('\n');
        }
    }
    text
}

fn read_sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines() {
        let last = sections.last_mut();
        match (line.strip_prefix("# "), last) {
            (Some(json), Some(section)) if json.starts_with('{') => {
                section.json = Some(serde_json::from_str(json).expect("JSON behind a #"));
            }
            (Some(title), _) => {
                sections.push(Section { title: title.to_owned(), json: None, bytes: Vec::new() });
            }
            (None, Some(section)) => {
                let digits = line.as_bytes().chunks(2);
                section.bytes.extend(digits.map(|pair| {
                    let pair = std::str::from_utf8(pair).expect("hexadecimal digits");
                    u8::from_str_radix(pair, 16).expect("hexadecimal digits")
                }));
            }
            (None, None) => panic!("a golden file begins with a # and what it holds"),
        }
    }
    sections
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/v1").join(format!("{name}.hex"))
}

/// The sections of a golden file; a missing one is made where that was asked for.
fn golden(name: &str, make: impl FnOnce() -> Vec<Section>) -> Vec<Section> {
    let path = path(name);
    if !path.exists() && std::env::var("ANNALS_BLESS").as_deref() == Ok("1") {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
        std::fs::write(&path, write_sections(&make())).expect("the file is written");
    }
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        let verb = "ANNALS_BLESS=1 cargo test -p annals-tests --test golden";
        panic!("{} cannot be read ({error}); for a new kind write it: {verb}", path.display())
    });
    read_sections(&text)
}

fn same_bytes(name: &str, title: &str, now: &[u8], golden: &[u8]) {
    assert!(
        now == golden,
        "{name} ({title}): this build writes other bytes than format version 1 did.\n  golden {}\n  \
         now    {}\nStored bytes never change: make a new kind version, or a new format version \
         with decoders of its own",
        hex(golden),
        hex(now),
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("text grows");
        text
    })
}

fn sample_sections(kind: &KindSpec) -> Vec<Section> {
    let about = format!("{}: code {}, version {}", kind.name, kind.code, kind.version);
    [("every field given", Presence::Always), ("nothing that may be left out", Presence::Never)]
        .map(|(what, presence)| section(format!("{about}; {what}"), &sample(kind, presence)))
        .into()
}

fn custom_section() -> Section {
    let mut choices = Choices::steady(1, Presence::Always);
    let payload = payload_of_kind("x.golden", &mut choices).expect("a name of a service's own");
    let stream = "C-1000".parse().map(annals_events::StreamId::Party).expect("a party id");
    let event = sealed(around(payload, &stream, &mut choices));
    section("x.golden: code 65535, version 1; a kind of a service's own".to_owned(), &event)
}

fn section(title: String, event: &Event) -> Section {
    let bytes = event.encode().expect("the event is sealed");
    Section { title, json: Some(event.to_json()), bytes }
}

fn holds(name: &str, sections: &[Section]) {
    assert!(!sections.is_empty(), "{name} holds nothing");
    for Section { title, json, bytes } in sections {
        let json = json.as_ref().unwrap_or_else(|| panic!("{name} ({title}) gives no JSON"));
        let event = Event::from_json(json).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(&event.to_json(), json, "{name} ({title}): the JSON form changed");
        same_bytes(name, title, &event.encode().expect("the event is sealed"), bytes);
        assert_eq!(Event::decode(bytes).as_ref(), Ok(&event), "{name} ({title})");
    }
}

#[test]
fn every_kind_is_encoded_as_format_version_1_was() {
    for kind in kinds() {
        let sections = golden(kind.name, || sample_sections(&kind));
        let (code, version) = (kind.code, kind.version);
        for section in &sections {
            let expected = format!("{}: code {code}, version {version};", kind.name);
            assert!(section.title.starts_with(&expected), "{} is no {expected}", section.title);
        }
        holds(kind.name, &sections);
    }
    holds("x.golden", &golden("x.golden", || vec![custom_section()]));
}

#[test]
fn every_golden_file_is_of_a_kind_there_is() {
    let mut known: Vec<String> = kinds().iter().map(|kind| format!("{}.hex", kind.name)).collect();
    known.extend(["x.golden.hex", "records.hex", "blocks.hex"].map(str::to_owned));
    let folder = path("x").parent().expect("a folder").to_path_buf();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(known.contains(&name), "{name}: a kind that was written once is read for ever");
    }
}

/// The records of this file, built anew.
fn records() -> Vec<(RecordedEvent, Vec<u8>)> {
    let record = |json: &&str| {
        let json: Value = serde_json::from_str(json).expect("JSON");
        let number = |name: &str| json.get(name).and_then(Value::as_u64).expect("a number");
        let time = json.get("recorded_at").and_then(Value::as_str).expect("a time");
        let recorded = RecordedEvent {
            position: Position::new(number("position")),
            stream_version: StreamVersion::new(number("stream_version")),
            recorded_at: time.parse::<Instant>().expect("a time"),
            event: Event::from_json(&json).expect("an event"),
        };
        let (version, at) = (recorded.stream_version, recorded.recorded_at);
        let mut bytes = Vec::new();
        write_record(&mut bytes, version, at, &recorded.event.encode().expect("no sealed fields"));
        (recorded, bytes)
    };
    RECORDS.iter().map(record).collect()
}

#[test]
fn records_are_written_as_format_version_1_wrote_them() {
    let records = records();
    let sections = golden("records", || {
        let section = |(recorded, bytes): &(RecordedEvent, Vec<u8>)| Section {
            title: format!("the record at position {}", recorded.position),
            json: Some(recorded.to_json()),
            bytes: bytes.clone(),
        };
        records.iter().map(section).collect()
    });
    assert_eq!(sections.len(), records.len());
    for (Section { title, json, bytes }, (recorded, now)) in sections.iter().zip(&records) {
        same_bytes("records", title, now, bytes);
        assert_eq!(json.as_ref(), Some(&recorded.to_json()), "the JSON form changed");
        let record = Record::parse(bytes).expect("a record");
        assert_eq!(record.decode(recorded.position).as_ref(), Ok(recorded));
    }
}

/// Two blocks of these records: the first holds two, the second names the first and holds one.
fn blocks(records: &[(RecordedEvent, Vec<u8>)]) -> Vec<Vec<u8>> {
    let (mut frontier, mut previous) = (Frontier::new(), Hash([0; 32]));
    let mut blocks = Vec::new();
    for part in [records.get(..2), records.get(2..)].into_iter().flatten() {
        let first = part.first().expect("a record").0.position;
        let mut builder = BlockBuilder::new(first);
        for (_, record) in part {
            let bytes = builder.push(|to| to.extend_from_slice(record));
            frontier.push(leaf_hash(bytes));
        }
        let block = builder.finish(previous, frontier.root());
        previous = Block::parse(&block).expect("the block is sound").header_hash();
        blocks.push(block);
    }
    blocks
}

#[test]
fn blocks_are_written_and_chained_as_format_version_1_did() {
    let records = records();
    let now = blocks(&records);
    let sections = golden("blocks", || {
        let titles =
            ["the block of records 0 and 1", "the block of record 2, chained to the first"];
        let section = |(title, bytes): (&str, &Vec<u8>)| Section {
            title: title.to_owned(),
            json: None,
            bytes: bytes.clone(),
        };
        titles.into_iter().zip(&now).map(section).collect()
    });
    assert_eq!(sections.len(), 2);
    let mut read = Vec::new();
    let mut previous = Hash([0; 32]);
    for (Section { title, bytes, .. }, now) in sections.iter().zip(&now) {
        same_bytes("blocks", title, now, bytes);
        let block = Block::parse(bytes).expect("the block is sound");
        assert_eq!(block.previous(), previous, "the chain");
        previous = block.header_hash();
        read.extend(block.records().map(|(position, record)| (position, record.to_vec())));
    }
    let expected: Vec<_> =
        records.into_iter().map(|(recorded, bytes)| (recorded.position, bytes)).collect();
    assert_eq!(read, expected);
}
