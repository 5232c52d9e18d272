//! What holds for every event of every kind: both forms come back as they were, and nothing that
//! was not written by them is accepted.

use annals_events::codec::DecodeErrorKind;
use annals_events::{CustomKind, Event, JsonText, KindSpec, OccurredAt, Personal, kinds};
use annals_testkit::{Presence, any_event, any_event_sealed, any_value, event_of, sample};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 256,
        failure_persistence: Some(Box::new(
            proptest::test_runner::FileFailurePersistence::WithSource("regressions"),
        )),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_event_is_decoded_as_it_was_encoded(event in any_event_sealed()) {
        let bytes = event.encode().expect("the event is sealed");
        prop_assert_eq!(Event::decode(&bytes), Ok(event));
    }

    #[test]
    fn every_event_is_read_from_json_as_it_was_written(event in any_event()) {
        let json = event.to_json();
        prop_assert_eq!(Event::from_json(&json), Ok(event.clone()));
        let text: Value = serde_json::from_str(&json.to_string()).expect("JSON is written");
        prop_assert_eq!(Event::from_json(&text), Ok(event));
    }

    #[test]
    fn sealed_events_survive_export(event in any_event_sealed()) {
        let text = event.to_json().to_string();
        let json: Value = serde_json::from_str(&text).expect("JSON is written");
        let again = Event::from_json(&json).expect("an exported event is an event");
        prop_assert_eq!(again.encode(), event.encode());
    }

    #[test]
    fn clear_personal_text_is_never_encoded(event in any_event()) {
        let mut personal = 0;
        event.visit_personal(&mut |_, _| personal += 1);
        prop_assert_eq!(event.encode().is_err(), personal > 0);
        if let Err(error) = event.encode() {
            prop_assert!(error.path.starts_with("data."), "{}", error);
        }
    }

    #[test]
    fn the_head_of_an_event_is_read_without_its_kind(event in any_event_sealed()) {
        let bytes = event.encode().expect("the event is sealed");
        let summary = Event::decode_summary(&bytes).expect("an event has a head");
        prop_assert_eq!(summary.id, event.id());
        prop_assert_eq!(&summary.stream, event.stream());
        prop_assert_eq!(summary.occurred_at, event.envelope().occurred_at);
        prop_assert_eq!(summary.code, event.payload().code());
    }

    #[test]
    fn an_unknown_field_is_refused_by_its_path(event in any_event()) {
        let mut json = event.to_json();
        json["surprise"] = json!(1);
        let error = Event::from_json(&json).expect_err("no such field");
        prop_assert_eq!(&error.path, "surprise");
        if !event.kind().starts_with("x.") {
            let mut json = event.to_json();
            json["data"]["surprise"] = json!(1);
            let error = Event::from_json(&json).expect_err("no such field");
            prop_assert_eq!(&error.path, "data.surprise");
        }
    }

    #[test]
    fn arbitrary_bytes_are_an_event_only_if_it_encodes_to_them(
        bytes in prop::collection::vec(any::<u8>(), 0..200)
    ) {
        accepted_only_if_canonical(&bytes);
    }

    #[test]
    fn changed_bytes_are_an_event_only_if_it_encodes_to_them(
        event in any_event_sealed(), at in any::<prop::sample::Index>(), change in 1_u8..
    ) {
        let mut bytes = event.encode().expect("the event is sealed");
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        accepted_only_if_canonical(&bytes);
    }

    #[test]
    fn a_shortened_or_lengthened_encoding_is_refused(
        event in any_event_sealed(), at in any::<prop::sample::Index>(), more in any::<u8>()
    ) {
        let mut bytes = event.encode().expect("the event is sealed");
        prop_assert!(Event::decode(&bytes[..at.index(bytes.len())]).is_err());
        bytes.push(more);
        prop_assert_eq!(Event::decode(&bytes), Err(DecodeErrorKind::Trailing(1).into()));
    }

    #[test]
    fn arbitrary_json_is_refused_or_read_back(json in any_json()) {
        read_back(&json);
    }

    #[test]
    fn arbitrary_json_in_any_field_is_refused_or_read_back(
        event in any_event(), at in any::<prop::sample::Index>(), json in any_json()
    ) {
        let mut changed = event.to_json();
        let paths = paths(&changed);
        let path = &paths[at.index(paths.len())];
        *changed.pointer_mut(path).expect("the path is there") = json;
        read_back(&changed);
    }

    #[test]
    fn every_moment_with_an_offset_has_a_text(
        nanoseconds in any::<i64>(), offset in -1439_i16..=1439
    ) {
        let instant = annals_events::Instant::from_unix_nanoseconds(nanoseconds);
        if let Ok(moment) = OccurredAt::new(instant, offset) {
            prop_assert_eq!(moment.to_string().parse::<OccurredAt>(), Ok(moment));
        }
    }

    #[test]
    fn personal_text_never_shows_in_debug_output(personal in any_value::<Personal>()) {
        prop_assert_eq!(format!("{personal:?}"), "Personal(clear)");
    }
}

/// Any JSON, with the names that fields have, deep and wide enough to meet every reader.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["EUR", "1.5", "2026-03-03T09:30:00+08:00", "2026-03-03", "C-1"])
            .prop_map(Value::from),
        prop::sample::select(kinds()).prop_map(|kind| Value::from(kind.name)),
    ];
    let name = prop::sample::select(vec![
        "id",
        "kind",
        "subject",
        "occurred_at",
        "data",
        "source",
        "amount",
        "currency",
        "min",
        "max",
        "value",
        "text",
        "of",
        "sealed",
        "item",
        "lines",
        "answers",
        "$serde_json::private::Number",
    ]);
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|fields| {
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

/// The places inside a value, as JSON pointers.
fn paths(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let below: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(values) => {
            values.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    for (name, value) in below {
        let name = name.replace('~', "~0").replace('/', "~1");
        found.extend(paths(value).into_iter().map(|path| format!("/{name}{path}")));
    }
    found
}

fn accepted_only_if_canonical(bytes: &[u8]) {
    if let Ok(event) = Event::decode(bytes) {
        assert_eq!(event.encode().as_deref(), Ok(bytes));
        read_back(&event.to_json());
    }
}

fn read_back(json: &Value) {
    if let Ok(event) = Event::from_json(json) {
        let again = event.to_json();
        assert_eq!(Event::from_json(&again), Ok(event), "{again}");
    }
}

#[test]
fn every_byte_of_every_kind_counts() {
    for kind in kinds() {
        for presence in [Presence::Always, Presence::Never] {
            let bytes = sample(&kind, presence).encode().expect("samples are sealed");
            for at in 0..bytes.len() {
                for change in [0x01, 0xff] {
                    let mut changed = bytes.clone();
                    changed[at] ^= change;
                    if let Ok(event) = Event::decode(&changed) {
                        assert_eq!(event.encode().as_ref(), Ok(&changed), "{}", kind.name);
                    }
                }
            }
        }
    }
}

#[test]
fn a_missing_required_field_is_named_by_its_path() {
    for kind in kinds() {
        let json = sample(&kind, Presence::Never).to_json();
        for field in required(&kind) {
            for nothing in [None, Some(Value::Null)] {
                let mut json = json.clone();
                let data = json["data"].as_object_mut().expect("data is an object");
                data.shift_remove(field);
                data.extend(nothing.map(|null| (field.to_owned(), null)));
                let error = Event::from_json(&json).expect_err("the field is required");
                assert_eq!(error.path, format!("data.{field}"), "{}", kind.name);
                assert_eq!(error.came, "nothing", "{}", kind.name);
            }
        }
        for field in ["id", "kind", "occurred_at"] {
            let mut json = json.clone();
            json.as_object_mut().expect("an event is an object").shift_remove(field);
            let error = Event::from_json(&json).expect_err("the field is required");
            assert_eq!(error.path, field, "{}", kind.name);
        }
    }
}

fn required(kind: &KindSpec) -> Vec<&'static str> {
    kind.fields.iter().filter(|field| field.required).map(|field| field.name).collect()
}

#[test]
fn codes_and_names_are_given_once() {
    let kinds = kinds();
    let mut codes: Vec<_> = kinds.iter().map(|kind| (kind.code, kind.name)).collect();
    assert!(codes.is_sorted_by_key(|(code, _)| *code), "the table is in the order of its codes");
    codes.extend(annals_events::RESERVED);
    assert_eq!(codes.iter().map(|(code, _)| code).collect::<BTreeSet<_>>().len(), codes.len());
    assert_eq!(codes.iter().map(|(_, name)| name).collect::<BTreeSet<_>>().len(), codes.len());
}

#[test]
fn every_kind_has_a_strategy_that_gives_it() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for kind in kinds() {
        let tree = event_of(&kind).new_tree(&mut runner).expect("nothing is filtered out");
        let event = proptest::strategy::ValueTree::current(&tree);
        assert_eq!(event.kind(), kind.name);
        assert_eq!(event.payload().code(), kind.code);
    }
}

#[test]
fn opaque_json_has_one_text_and_is_never_null() {
    let text = JsonText::new(" { \"b\" : 1.50, \"a\" : [ ] } ").expect("JSON");
    assert_eq!(text.as_str(), "{\"b\":1.50,\"a\":[]}");
    for refused in ["null", " null ", "", "{", "1 2", "\"\\ud800\"", "nan"] {
        assert!(JsonText::new(refused).is_err(), "{refused}");
    }
    assert!(JsonText::new(&"[".repeat(10_000)).is_err(), "deeper than any reader goes");
}

#[test]
fn kinds_of_a_services_own_have_plain_names() {
    for name in ["x.a", "x.loyalty_card.scanned", "x.0"] {
        assert!(CustomKind::new(name).is_ok(), "{name}");
    }
    for name in ["x.", "y.a", "x.A", "x.a b", "complaint.received", &format!("x.{:063}", 0)] {
        assert!(CustomKind::new(name).is_err(), "{name}");
    }
}
