//! A plain event of a service's own kind, for tests that need events and not what they say.

use annals_events::{
    Custom, CustomKind, Envelope, Event, EventId, Instant, JsonText, OccurredAt, Payload, StreamId,
    StreamVersion,
};
use annals_log::write_record;
use uuid::Uuid;

/// An event of the kind `x.test` with this number as its id and this JSON as its data, which
/// occurred eleven days into 1970.
///
/// # Panics
/// When the number is zero, which is no id, or the data are no JSON of at most 48 KiB.
pub fn custom_event(id: u128, stream: &StreamId, data: &str) -> Event {
    let id = EventId::new(Uuid::from_u128(id)).expect("an id is not zero");
    let at = OccurredAt::utc(Instant::from_unix_seconds(1_000_000));
    let kind = CustomKind::new("x.test").expect("it is the name of a kind");
    let data = JsonText::new(data).expect("data are JSON of at most 48 KiB");
    Event::new(Envelope::new(id, stream.clone(), at), Payload::Custom(Custom { kind, data }))
        .expect("nothing about it cannot be true")
}

/// The record of an event that was recorded nine seconds into 1970, as this version of its stream.
///
/// # Panics
/// When the event has clear personal fields.
pub fn record_of(event: &Event, version: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (version, at) = (StreamVersion::new(version), Instant::from_unix_seconds(9));
    write_record(&mut bytes, version, at, &event.encode().expect("its personal fields are sealed"));
    bytes
}
