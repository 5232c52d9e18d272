//! What the fuzz targets share: values made of the fuzzer's bytes, changes to sound files, a place
//! for files.
//!
//! Every target claims something (what decodes encodes to the same bytes; a changed file is
//! refused), so that it finds wrong answers and not crashes alone. Deliberately absent: committed
//! corpora. `seeds` makes them from golden files and examples.

use annals_events::{Event, StreamId};
use annals_testkit::{Choices, event_in};
use std::path::PathBuf;

/// A row of choices: a byte for each, and after 255 the eight bytes of a large one.
pub fn choices_of(mut bytes: &[u8]) -> Vec<u64> {
    let mut row = Vec::new();
    while let Some((byte, rest)) = bytes.split_first() {
        bytes = rest;
        if *byte == u8::MAX
            && let Some((large, rest)) = rest.split_first_chunk::<8>()
        {
            row.push(u64::from_le_bytes(*large));
            bytes = rest;
        } else {
            row.push(u64::from(*byte));
        }
    }
    row
}

/// An event of one party, personal fields clear.
pub fn event_of(bytes: &[u8]) -> Event {
    let row = choices_of(bytes);
    let stream = StreamId::party("C-1").expect("a party id");
    event_in(&stream, &mut Choices::given(&row))
}

/// Changes bytes of a sound file: four bytes say each time where (24 bits) and what to. A place
/// beyond the file shortens it.
pub fn changed(sound: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    for edit in edits.as_chunks::<4>().0 {
        let place = usize::from(edit[0]) | usize::from(edit[1]) << 8 | usize::from(edit[2]) << 16;
        if bytes.is_empty() {
            return bytes;
        }
        if edit[2] == u8::MAX {
            bytes.truncate(place % bytes.len());
        } else {
            let place = place % bytes.len();
            bytes[place] = edit[3];
        }
    }
    bytes
}

/// The integer at an offset, if it is there.
pub fn number_at<const N: usize>(bytes: &[u8], offset: usize) -> Option<usize> {
    let field = bytes.get(offset..)?.first_chunk::<N>()?;
    let wide = field.iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    usize::try_from(wide).ok()
}

/// Puts the checksum of a range where it belongs; nothing where either is not there.
pub fn mend(bytes: &mut [u8], range: std::ops::Range<usize>, offset: usize) -> Option<()> {
    let checksum = crc32c::crc32c(bytes.get(range)?);
    let field = bytes.get_mut(offset..)?.first_chunk_mut::<4>()?;
    *field = checksum.to_le_bytes();
    Some(())
}

/// A directory of this process, in memory where there is such a place.
pub fn scratch() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let parent = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let directory = tempfile::Builder::new().prefix("annals-fuzz").tempdir_in(parent);
    directory.expect("a directory can be made").keep()
}

/// A hash that is as good as any.
pub fn hash(byte: u8) -> annals_audit::Hash {
    annals_audit::Hash([byte; 32])
}
