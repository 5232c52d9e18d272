//! The journal of the open volume: small groups are made durable here, with one sync of one small
//! file, and reach sled's own file later, many at once.
//!
//! sled's flush hands its buffer to a thread of its own and waits for the disk, and the sync that
//! makes the same bytes outlive a power cut waits for it once more: for a single event that takes
//! twice as long as writing a file does. So a small group's block is put into sled, where readers
//! find it, and written here, where it is durable. Once the file is full, or a large group comes,
//! everything is flushed and synced in sled's file, and the journal begins anew, over what is
//! needed no more.
//!
//! ```text
//! NNNNNNNNNNNN.open/journal    blocks, one behind the other, each as it is in sled
//! ```
//! A block says itself where it belongs and carries its checksum, so that the file needs no frame:
//! every sound block in it is read when the volume is opened, and those that sled has not, follow
//! its last. What lies behind the newest block is older, whole or half written over, and all in
//! sled. The file has a fixed size, so that a sync writes data alone; it is empty while the log is
//! closed. Deliberately absent: reading from it while the log is open, for sled has everything.

use crate::sound_block::SoundBlock;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// The size of the file while it is written to.
const JOURNAL_BYTES: u64 = 1 << 20;
/// After so many bytes sled begins to write what it has, so that little is left to wait for once
/// the file is full.
const PIECE_BYTES: u64 = 32 << 10;
/// Larger groups are as quick in sled's file, which they have to reach some day.
const GROUP_BYTES_MAX: usize = 32 << 10;

/// Where small groups are made durable.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    /// What was put into sled and is durable nowhere; `None` once it is too much for here.
    pending: Option<Vec<u8>>,
    /// Where the next group goes; `None` until sled's file has all that stands here.
    next: Option<u64>,
    /// How far sled has been told to write.
    piece: u64,
}

impl Journal {
    /// The journal of the volume in a directory.
    pub(crate) fn file_in(dir: &Path) -> PathBuf {
        dir.join("journal")
    }

    /// Opens the journal of the volume in a directory, or makes an empty one; its name is durable
    /// once the directory is synced.
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(Self::file_in(dir))?;
        let next = (file.metadata()?.len() == 0).then_some(0);
        Ok(Self { file, pending: Some(Vec::new()), next, piece: 0 })
    }

    /// All blocks that are whole, by their positions.
    pub(crate) fn blocks(&self) -> io::Result<Vec<SoundBlock>> {
        let mut bytes = Vec::new();
        (&self.file).read_to_end(&mut bytes)?;
        let mut blocks = SoundBlock::all_in(&bytes);
        blocks.sort_by_key(|block| block.first);
        Ok(blocks)
    }

    /// Takes note of a block that was put into sled.
    pub(crate) fn note(&mut self, block: &[u8]) {
        let fits = |pending: &Vec<u8>| pending.len() + block.len() <= GROUP_BYTES_MAX;
        self.pending = self.pending.take().filter(fits);
        if let Some(pending) = &mut self.pending {
            pending.extend_from_slice(block);
        }
    }

    /// Makes durable what was noted; false where it is not for here, and sled's file has to be made
    /// durable instead.
    ///
    /// # Errors
    /// When the disk refuses: then it is not known whether it is durable.
    pub(crate) fn make_durable(&mut self) -> io::Result<bool> {
        let (Some(pending), Some(at)) = (&mut self.pending, self.next) else { return Ok(false) };
        let end = at + pending.len() as u64;
        if end > JOURNAL_BYTES {
            return Ok(false);
        }
        if at == 0
            && let Err(error) = make_room(&self.file)
        {
            // What does not fit here may still fit into sled's file, which has room of its own.
            tracing::debug!(%error, "no room was made for the journal");
            return Ok(false);
        }
        self.file.write_all_at(pending, at)?;
        self.file.sync_data()?;
        pending.clear();
        self.next = Some(end);
        Ok(true)
    }

    /// Whether another piece was filled since this was asked, and sled should begin to write.
    pub(crate) fn has_filled_piece(&mut self) -> bool {
        let pieces = self.next.unwrap_or(0) / PIECE_BYTES;
        std::mem::replace(&mut self.piece, pieces) < pieces
    }

    /// Begins anew, once all that was noted is durable in sled's file.
    pub(crate) fn begin_anew(&mut self) {
        self.pending = Some(Vec::new());
        self.next = Some(0);
        self.piece = 0;
    }

    /// Leaves the file empty, once all that was noted is durable in sled's file.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        self.begin_anew();
        self.file.set_len(0)
    }

    /// How many bytes the file has.
    pub(crate) fn size_bytes(&self) -> io::Result<u64> {
        self.file.metadata().map(|metadata| metadata.len())
    }
}

/// Gives the file its size, in bytes that are written and synced, so that no later sync has any but
/// data to write.
fn make_room(file: &File) -> io::Result<()> {
    static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
    let mut length = file.metadata()?.len();
    if length >= JOURNAL_BYTES {
        return Ok(());
    }
    while length < JOURNAL_BYTES {
        file.write_all_at(&ZEROS, length)?;
        length += ZEROS.len() as u64;
    }
    file.sync_all()
}
