//! Records: what decodes encodes to the same bytes, and every event that can be made comes back.

#![no_main]

use annals_events::{Event, Position, StreamId};
use annals_fuzz::{choices_of, event_of};
use annals_log::{Append, Record, write_record};
use annals_testkit::{Choices, FromChoices, sealed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((mode, data)) = data.split_first() else { return };
    match mode % 3 {
        0 => bytes_are_a_record_or_refused(data),
        1 => comes_back(sealed(event_of(data))),
        _ => comes_back(sealed(Event::from_choices(&mut Choices::given(&choices_of(data))))),
    }
});

fn bytes_are_a_record_or_refused(bytes: &[u8]) {
    let summary = |bytes| Event::decode_summary(bytes);
    let Ok(record) = Record::parse(bytes) else { return };
    let Ok(recorded) = record.decode(Position::START) else {
        drop(summary(record.caller_bytes()));
        return;
    };
    let mut again = Vec::new();
    let caller = recorded.event.encode().expect("what decodes is sealed");
    write_record(&mut again, recorded.stream_version, recorded.recorded_at, &caller);
    assert_eq!(again, bytes, "strict decoding gives the same bytes");
    let summary = summary(record.caller_bytes()).expect("what decodes has a summary");
    assert_eq!((summary.id, &summary.stream), (recorded.event.id(), recorded.event.stream()));
    assert_eq!(summary.occurred_at.instant(), recorded.event.occurred_at());
    comes_back(recorded.event);
}

fn comes_back(event: Event) {
    let bytes = event.encode().expect("a sealed event can be encoded");
    assert_eq!(Event::decode(&bytes).as_ref(), Ok(&event));
    assert_eq!(Event::from_json(&event.to_json()).as_ref(), Ok(&event));
    let about_ledger = matches!(event.stream(), StreamId::Ledger);
    if let Ok(append) = Append::new(&[event]) {
        let [entry] = append.entries() else { panic!("one event is one entry") };
        assert_eq!(*entry.bytes, *bytes);
        assert_eq!(matches!(entry.stream, StreamId::Ledger), about_ledger);
    }
}
