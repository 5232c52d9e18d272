//! Blocks: what parses is what its records give when they are put together again; the checksum is
//! made right in half of the runs, so that changes get past it.

#![no_main]

use annals_events::{Instant, Position, StreamVersion};
use annals_fuzz::{changed, event_of};
use annals_log::{Block, BlockBuilder, write_record};
use annals_testkit::sealed;
use libfuzzer_sys::fuzz_target;

const HEADER_BYTES: usize = 84;

fuzz_target!(|data: &[u8]| {
    let Some((mode, data)) = data.split_first() else { return };
    let mut bytes = match mode % 4 {
        0 | 1 => data.to_vec(),
        _ => {
            let (made_of, edits) = data.split_at(data.len() / 2);
            changed(&block_of(made_of), edits)
        }
    };
    if mode % 2 == 1 {
        mend_checksum(&mut bytes);
    }
    let Ok(block) = Block::parse(&bytes) else { return };
    let mut again = BlockBuilder::new(block.first());
    let mut count = 0;
    for (position, record) in block.records() {
        assert_eq!(block.record_bytes_at(position), Some(record));
        assert_eq!(again.push(|to| to.extend_from_slice(record)), record);
        drop(block.record_at(position).map(|record| record.decode(position)));
        count += 1;
    }
    assert_eq!(count, block.count());
    assert_eq!(again.finish(block.previous(), block.root()), bytes);
});

/// A block of events, eight bytes of choices for each.
fn block_of(bytes: &[u8]) -> Vec<u8> {
    let mut builder = BlockBuilder::new(Position::new(7));
    for choices in bytes.chunks(8).take(64) {
        let caller = sealed(event_of(choices)).encode().expect("a sealed event can be encoded");
        let (version, at) = (StreamVersion::new(1), Instant::from_unix_seconds(1));
        builder.push(|to| write_record(to, version, at, &caller));
    }
    let (previous, root) = (annals_fuzz::hash(1), annals_fuzz::hash(2));
    builder.finish(previous, root)
}

fn mend_checksum(block: &mut [u8]) {
    if let Some((header, body)) = block.split_at_mut_checked(HEADER_BYTES) {
        let checksum = crc32c::crc32c_append(crc32c::crc32c(&header[..80]), body);
        header[80..].copy_from_slice(&checksum.to_le_bytes());
    }
}
