//! JSON Lines and CloudEvents: what is said is what is taken, and what is wrong has its place.

use crate::reading::{Read, read};
use annals_import::{CloudEvents, ImportSource};

const EVENT: &str = r#"{"id":"0190b2f4-6f0e-7c3a-9d51-3f6d1c2a7b10","kind":"purchase.completed","kind_version":1,"subject":"C-1","occurred_at":"2026-03-03T09:30:00+08:00","source":"shop/till","channel":"branch","data":{"total":{"amount":"12.00","currency":"EUR"}}}"#;
const CLOUD_EVENT: &str = r#"{"specversion":"1.0","type":"org.example.purchase.completed","source":"shop/till","id":"0190b2f4-6f0e-7c3a-9d51-3f6d1c2a7b10","subject":"C-1","time":"2026-03-03T09:30:00+08:00","datacontenttype":"application/json; charset=utf-8","channel":"branch","data":{"total":{"amount":"12.00","currency":"EUR"}}}"#;

fn lines(input: &str) -> Read {
    read(input.as_bytes(), ImportSource::JsonLines)
}

fn cloud_events(input: &str, ignore: &[&str]) -> Read {
    let ignore = ignore.iter().map(ToString::to_string).collect();
    let form = CloudEvents { type_prefix: "org.example.".to_owned(), ignore };
    read(input.as_bytes(), ImportSource::CloudEvents(form))
}

#[test]
fn events_come_back_from_their_own_lines_exactly() {
    let read = lines(&format!("{EVENT}\n\n{EVENT}\r\n"));
    assert_eq!(read.errors, Vec::<String>::new());
    assert_eq!(read.lines, [(1, 1), (3, 3)]);
    for event in read.events {
        assert_eq!(event.to_json().to_string(), EVENT);
    }
}

#[test]
fn a_faulty_line_has_its_place_and_the_others_go_in() {
    let missing = EVENT.replace("\"amount\":\"12.00\",", "");
    let read = lines(&format!("{{\"id\":}}\n{missing}\n[{EVENT}]\n7\n{EVENT}\n{{\n"));
    assert_eq!(
        read.errors,
        [
            "line 1, column 7: expected one JSON object in one line, got expected value",
            "line 2, data.total.amount: expected a decimal as text, such as \"12.00\", got nothing",
            "line 3: expected one JSON object in one line (to take a list apart: jq -c '.[]' FILE), got a list",
            "line 4: expected an object: an event with id, kind, subject, occurred_at and data, got 7",
            "line 6, column 1: expected one JSON object in one line, got EOF while parsing an object",
        ]
    );
    assert_eq!((read.counts.rows, read.counts.events), (6, 1));
}

#[test]
fn a_cloud_event_is_the_event_it_stands_for() {
    let read = cloud_events(CLOUD_EVENT, &[]);
    assert_eq!(read.errors, Vec::<String>::new());
    assert_eq!(read.events[0].to_json().to_string(), EVENT);
    let foreign =
        cloud_events(&CLOUD_EVENT.replace("0190b2f4-6f0e-7c3a-9d51-3f6d1c2a7b10", "A-77"), &[]);
    let envelope = foreign.events[0].envelope();
    assert_eq!(envelope.foreign_id.as_ref().map(ToString::to_string).as_deref(), Some("A-77"));
    let extended = CLOUD_EVENT.replace(
        "\"channel\"",
        "\"correlationid\":\"O-1\",\"actortype\":\"employee\",\"actorid\":\"ag-3\",\"precision\":\"minute\",\"channel\"",
    );
    let json = cloud_events(&extended, &[]).events[0].to_json();
    assert_eq!(json["correlation"], "O-1");
    assert_eq!(json["actor"]["id"], "ag-3");
    assert_eq!(json["precision"], "minute");
}

#[test]
fn a_cloud_event_that_would_lose_something_is_refused_by_the_attributes_name() {
    let cases = [
        (
            "\"specversion\":\"1.0\"",
            "\"specversion\":\"0.3\"",
            "line 1, specversion: expected \"1.0\"",
        ),
        (
            "\"org.example.purchase",
            "\"com.example.purchase",
            "line 1, type: expected a type that begins with org.example.",
        ),
        ("purchase.completed", "purchase.imagined", "line 1, type: expected a kind"),
        ("\"time\":\"2026-03-03T09:30:00+08:00\",", "", "line 1, time: expected text, got nothing"),
        ("2026-03-03T09", "2026-03-03 9", "line 1, time: expected an RFC 3339 time"),
        (
            "application/json; charset=utf-8",
            "text/xml",
            "line 1, datacontenttype: expected application/json",
        ),
        ("\"data\"", "\"data_base64\"", "line 1, data_base64: expected one of the attributes"),
        (
            "\"channel\"",
            "\"traceparent\":\"00-1\",\"channel\"",
            "line 1, traceparent: expected one of the attributes",
        ),
        (
            "\"channel\"",
            "\"occurreduntil\":\"2026-01-01T00:00:00Z\",\"channel\"",
            "line 1, occurreduntil: expected a time not before",
        ),
        ("\"branch\"", "\"shop\"", "line 1, channel: expected one of phone"),
        ("\"12.00\"", "\"12.005\"", "line 1, data.total.amount: expected an amount of EUR"),
        ("\"channel\"", "\"actorid\":\"x\",\"channel\"", "line 1, actortype: expected"),
    ];
    for (piece, by, expected) in cases {
        assert!(CLOUD_EVENT.contains(piece), "{piece}");
        let read = cloud_events(&CLOUD_EVENT.replace(piece, by), &[]);
        assert!(
            read.errors.first().is_some_and(|error| error.starts_with(expected)),
            "{by} gave {:?}",
            read.errors
        );
    }
    let ignored = CLOUD_EVENT.replace("\"channel\"", "\"traceparent\":\"00-1\",\"channel\"");
    assert_eq!(cloud_events(&ignored, &["traceparent"]).counts.events, 1);
}
