//! Whatever bytes a decoder is given, it answers; and what it takes, it gives back byte for byte.

#![expect(clippy::indexing_slicing, reason = "a test that cannot go on fails where it stands")]

use annals_audit::Hash;
use annals_events::{Event, Instant, Position, StreamVersion};
use annals_log::{Block, BlockBuilder, Record, write_record};
use annals_sled::{head_text, parse_head_text};
use annals_testkit::any_event_sealed;
use proptest::collection::vec;
use proptest::prelude::*;

/// Takes bytes apart as deep as they go.
fn take_apart_block(bytes: &[u8]) {
    let Ok(block) = Block::parse(bytes) else { return };
    assert_eq!(block.records().count(), block.count());
    for (position, record) in block.records() {
        take_apart_record(record, position);
    }
    assert!(block.record_bytes(block.count()).is_none());
    assert!(block.record_at(Position::new(u64::MAX)).is_none());
}

fn take_apart_record(bytes: &[u8], position: Position) {
    if let Ok(record) = Record::parse(bytes) {
        assert_eq!(record.bytes(), bytes);
        take_apart_event(record.caller_bytes());
        if let Ok(decoded) = record.decode(position) {
            let summary = Event::decode_summary(record.caller_bytes());
            assert_eq!(summary.map(|summary| summary.id), Ok(decoded.event.id()));
        }
    }
}

fn take_apart_event(bytes: &[u8]) {
    if let Ok(event) = Event::decode(bytes) {
        assert_eq!(event.encode().as_deref(), Ok(bytes));
    }
}

/// Changes to bytes: where (as a share of their length), and what is put there.
fn any_changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
}

fn change(bytes: &mut [u8], changes: &[(prop::sample::Index, u8)]) {
    for (place, byte) in changes {
        let place = place.index(bytes.len());
        bytes[place] = *byte;
    }
}

fn block_of(events: &[Event]) -> Vec<u8> {
    let mut builder = BlockBuilder::new(Position::new(7));
    for event in events {
        let caller = event.encode().expect("the strategy seals what is personal");
        let (version, at) = (StreamVersion::new(1), Instant::from_unix_seconds(1));
        builder.push(|to| write_record(to, version, at, &caller));
    }
    builder.finish(Hash([1; 32]), Hash([2; 32]))
}

/// Makes the checksum of a changed block right again, so that the change gets past it.
fn mend_checksum(block: &mut [u8]) {
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&block[..80]), &block[84..]);
    block[80..84].copy_from_slice(&checksum.to_le_bytes());
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..400)) {
        take_apart_block(&bytes);
        take_apart_record(&bytes, Position::START);
        take_apart_event(&bytes);
        drop(Event::decode_summary(&bytes));
        drop(parse_head_text(&bytes));
    }

    #[test]
    fn any_change_to_an_event_is_answered(
        event in any_event_sealed(),
        changes in any_changes(),
        length in any::<prop::sample::Index>(),
    ) {
        let mut bytes = event.encode().expect("the strategy seals what is personal");
        prop_assert_eq!(Event::decode(&bytes), Ok(event));
        take_apart_event(&bytes[..length.index(bytes.len())]);
        change(&mut bytes, &changes);
        take_apart_event(&bytes);
    }

    #[test]
    fn any_change_to_a_block_is_noticed_by_its_checksum(
        events in vec(any_event_sealed(), 1..4),
        place in any::<prop::sample::Index>(),
        flip in 1_u8..,
    ) {
        let mut block = block_of(&events);
        prop_assert_eq!(Block::parse(&block).map(|block| block.count()), Ok(events.len()));
        let place = place.index(block.len());
        block[place] ^= flip;
        prop_assert!(Block::parse(&block).is_err(), "byte {}", place);
    }

    #[test]
    fn any_change_to_a_block_with_a_right_checksum_is_answered(
        events in vec(any_event_sealed(), 1..4),
        changes in any_changes(),
        header_changes in vec((4_usize..100, prop_oneof![any::<u8>(), Just(u8::MAX)]), 0..12),
        length in any::<prop::sample::Index>(),
    ) {
        let mut block = block_of(&events);
        change(&mut block, &changes);
        for (place, byte) in header_changes {
            block[place] = byte;
        }
        mend_checksum(&mut block);
        take_apart_block(&block);
        block.truncate(84 + length.index(block.len() - 84));
        mend_checksum(&mut block);
        take_apart_block(&block);
    }

    #[test]
    fn only_what_is_written_for_a_head_is_read_as_one(
        size in any::<u64>(),
        root in any::<[u8; 32]>(),
        recorded_at in any::<i64>(),
        changes in any_changes(),
    ) {
        let recorded_at = Instant::from_unix_nanoseconds(recorded_at);
        let head = annals_log::Head { next: Position::new(size), root: Hash(root), recorded_at };
        let mut text = head_text(&head).into_bytes();
        prop_assert_eq!(parse_head_text(&text), Ok(head));
        change(&mut text, &changes);
        if let Ok(read) = parse_head_text(&text) {
            let earlier = head_text(&read).replace("annals head 2", "annals head 1");
            prop_assert!([head_text(&read), earlier].map(String::into_bytes).contains(&text));
        }
    }
}
