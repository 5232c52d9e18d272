//! The mappings that ship with the program, against files of the shape they are for.

use crate::reading::{Read, read};
use annals_events::{Event, EventId, Money, Payload, Precision};
use annals_import::{ImportSource, Mapping, Preset};
use std::collections::{BTreeSet, HashSet};

const MASTER: &str = include_str!("../data/cdnow_master_excerpt.txt");
const SAMPLE: &str = include_str!("../data/cdnow_sample_excerpt.txt");
const COMPLAINTS: &str = include_str!("../data/cfpb_synthetic.csv");

fn read_preset(input: &str, preset: &str) -> Read {
    let mapping = Mapping::preset(preset).expect("the preset is there");
    read(input.as_bytes(), ImportSource::Csv(Box::new(mapping)))
}

fn total(event: &Event) -> Money {
    match event.payload() {
        Payload::PurchaseCompleted(purchase) => purchase.total,
        other => panic!("{} is no purchase", other.kind()),
    }
}

fn ids(read: &Read) -> Vec<EventId> {
    read.events.iter().map(Event::id).collect()
}

#[test]
fn every_preset_is_a_right_mapping_and_goes_by_its_name() {
    for preset in Preset::all() {
        assert!(Mapping::parse(preset.text()).is_ok(), "{preset}");
        assert_eq!(preset.name().parse(), Ok(*preset));
    }
    let error = Mapping::preset("amazon").expect_err("no such preset");
    assert_eq!(
        error.to_string(),
        "expected one of the presets cdnow, cdnow-sample, cfpb, got \"amazon\""
    );
}

#[test]
fn every_cdnow_row_is_a_purchase_and_equal_rows_stay_apart() {
    let read = read_preset(MASTER, "cdnow");
    let rows = MASTER.lines().count() as u64 - 1;
    assert_eq!(read.errors, Vec::<String>::new());
    assert_eq!((read.counts.rows, read.counts.events), (rows, rows));
    let different: HashSet<EventId> = ids(&read).into_iter().collect();
    assert_eq!(different.len() as u64, rows, "ids differ");
    let texts: BTreeSet<&str> = MASTER.lines().skip(1).collect();
    assert!((texts.len() as u64) < rows, "the excerpt has equal rows");
    assert!(read.events.iter().any(|event| total(event).minor_units() == 0));
    let first = &read.events[0];
    assert_eq!(read.lines[0], (2, 2));
    assert_eq!(
        first.to_json().to_string(),
        r#"{"id":"ID","kind":"purchase.completed","kind_version":1,"subject":"00001","occurred_at":"1997-01-01T00:00:00+01:00","precision":"day","foreign_id":"00001|19970101|1|11.77#1","source":"cdnow/master","channel":"web","data":{"lines":[{"sku":"cd","quantity":"1"}],"total":{"amount":"11.77","currency":"USD"}}}"#
            .replace("ID", &first.id().to_string())
    );
    let again = read_preset(MASTER, "cdnow");
    assert_eq!(again.events, read.events, "reading again gives the same events");
}

#[test]
fn the_sample_gives_events_of_the_master_file() {
    let master = read_preset(MASTER, "cdnow");
    let sample = read_preset(SAMPLE, "cdnow-sample");
    assert_eq!(sample.errors, Vec::<String>::new());
    assert_eq!(sample.counts.events, SAMPLE.lines().count() as u64);
    assert!(sample.events.iter().all(|event| master.events.contains(event)));
}

#[test]
fn complaints_say_what_their_columns_say_and_no_more() {
    let read = read_preset(COMPLAINTS, "cfpb");
    assert_eq!(read.errors, Vec::<String>::new());
    assert_eq!((read.counts.rows, read.counts.events), (4, 4 + 4 + 2 + 1));
    let of = |complaint: &str, kind: &str| {
        let subject = format!("cfpb-{complaint}");
        read.events.iter().find(|event| {
            event.kind() == kind
                && event.stream().as_party().is_some_and(|party| party.as_str() == subject)
        })
    };
    let received = of("900001", "complaint.received").expect("received").to_json();
    assert_eq!(received["data"]["description"], "They wrote \"paid\".\nThen they did not.");
    assert_eq!(received["data"]["jurisdiction"], "US-CA");
    assert_eq!(received["channel"], "web");
    assert_eq!(received["occurred_at"], "2013-08-03T00:00:00+02:00");
    let closed = of("900001", "complaint.closed").expect("closed");
    assert_eq!(closed.envelope().precision, Precision::Month);
    assert_eq!(closed.to_json()["data"]["satisfied"], "no");
    assert!(of("900001", "complaint.remedy_rejected").is_some());
    let undisputed = of("900002", "complaint.closed").expect("closed").to_json();
    assert_eq!(undisputed["data"]["satisfied"], "unknown");
    assert!(of("900002", "complaint.remedy_rejected").is_none());
    assert!(of("900003", "complaint.closed").is_none(), "an untimely response closes nothing");
    assert!(of("900004", "complaint.closed").is_none());
    let transferred = of("900004", "complaint.transferred").expect("transferred").to_json();
    assert_eq!(transferred["occurred_at"], "2014-03-01T00:00:00+01:00");
}
