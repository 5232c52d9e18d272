//! Zeros behind the end of sled's file, so that it seldom grows while single events are appended.
//!
//! A sync of a file that has grown makes its new length and its new blocks durable as well, which
//! is a transaction in the file system's journal each time; a sync of bytes written over others is
//! not. So when sled has written a little past what was prepared, the next piece is. Groups of more
//! than a few events gain nothing by it, since most of their blocks are new, and so have none.
//!
//! This can neither change nor cover a byte of sled's: the zeros are appended (`O_APPEND`), so that
//! the operating system puts them behind whatever is there at that moment, and what sled writes
//! later goes over them. And sled is used to them: whenever it opens a database it fills the rest
//! of the segment that it goes on in with zeros itself (`advance_snapshot` in its `snapshot.rs`),
//! which is why they never go beyond that segment. Where it cuts its file off, they go as well.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much is prepared at a time.
const PIECE_BYTES: usize = 128 << 10;
/// By how much the file grows at most where more is prepared.
const GROWN_BYTES_MAX: u64 = 1 << 10;

/// Keeps zeros behind the end of a file.
#[derive(Debug)]
pub(crate) struct RoomAhead {
    file: File,
    /// What the file is full at a multiple of.
    segment_bytes: u64,
    /// How long the file was left.
    length: AtomicU64,
}

impl RoomAhead {
    pub(crate) fn behind(path: &Path, segment_bytes: usize) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).open(path)?;
        let length = AtomicU64::new(file.metadata()?.len());
        Ok(Self { file, segment_bytes: segment_bytes as u64, length })
    }

    /// Prepares the next piece where the one before is used up; to be called before a sync.
    pub(crate) fn keep(&self) {
        // Where there is no room for zeros, the file grows with what is written.
        if let Err(error) = self.try_keep() {
            tracing::debug!(%error, "no room was prepared behind the database");
        }
    }

    fn try_keep(&self) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        let left = self.length.swap(length, Ordering::Relaxed);
        if left < length && length - left <= GROWN_BYTES_MAX {
            static ZEROS: [u8; PIECE_BYTES] = [0; PIECE_BYTES];
            let room = length.next_multiple_of(self.segment_bytes) - length;
            let room = usize::try_from(room).unwrap_or(PIECE_BYTES);
            let zeros = ZEROS.get(..room).unwrap_or(&ZEROS);
            (&self.file).write_all(zeros)?;
            self.length.store(length + zeros.len() as u64, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;
    use std::os::unix::fs::FileExt as _;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]
        #[test]
        fn zeros_cover_nothing_and_never_go_beyond_the_segment(
            writes in prop::collection::vec(
                prop_oneof![9 => 1_usize..1500, 1 => 1_usize..200_000],
                1..60,
            ),
            segment_kib in 1_usize..300,
        ) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("db");
            let file = File::create(&path).unwrap();
            let segment_bytes = segment_kib << 10;
            let room = RoomAhead::behind(&path, segment_bytes).unwrap();
            let mut written = Vec::new();
            for (number, bytes) in writes.into_iter().enumerate() {
                let bytes = vec![u8::try_from(number + 1).unwrap(); bytes];
                file.write_all_at(&bytes, written.len() as u64).unwrap();
                written.extend_from_slice(&bytes);
                room.keep();
                let stored = fs::read(&path).unwrap();
                let (before, zeros) = stored.split_at(written.len());
                prop_assert!(before == written, "what was written has changed");
                prop_assert!(zeros.iter().all(|byte| *byte == 0));
                prop_assert!(stored.len() <= written.len().next_multiple_of(segment_bytes));
            }
        }
    }

    #[test]
    fn small_writes_find_room_and_a_file_cut_off_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db");
        let file = File::create(&path).unwrap();
        let room = RoomAhead::behind(&path, 8 << 20).unwrap();
        let length = || file.metadata().unwrap().len();
        let mut grown = 0;
        for number in 0..1000 {
            let before = length();
            file.write_all_at(&[1; 300], number * 300).unwrap();
            grown += u64::from(length() > before);
            room.keep();
        }
        assert_eq!(grown, 300_000_u64.div_ceil(PIECE_BYTES as u64));
        file.set_len(1000).unwrap();
        room.keep();
        assert_eq!(length(), 1000);
        file.write_all_at(&[1; 300], 1000).unwrap();
        room.keep();
        assert_eq!(length(), 1300 + PIECE_BYTES as u64);
    }
}
