//! Blocks that are found by their magic and their checksum alone, wherever they lie in some bytes.

use annals_audit::Hash;
use annals_events::Position;
use annals_log::{BLOCK_BYTES_MAX, BLOCK_MAGIC, Block};
use std::io::BufRead as _;

const HEADER_BYTES: usize = 84;

/// A block that is sound by itself.
#[derive(Clone, Debug)]
pub(crate) struct SoundBlock {
    pub(crate) first: Position,
    pub(crate) next: Position,
    pub(crate) bytes: Vec<u8>,
    pub(crate) header: Hash,
    pub(crate) previous: Hash,
    pub(crate) root: Hash,
}

impl SoundBlock {
    /// All that lie anywhere in some bytes.
    pub(crate) fn all_in(bytes: &[u8]) -> Vec<Self> {
        let [first, ..] = BLOCK_MAGIC;
        let mut blocks = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            if let Some(block) = Self::beginning(rest) {
                rest = rest.get(block.bytes.len()..).unwrap_or_default();
                blocks.push(block);
            } else {
                let behind = rest.get(1..).unwrap_or_default();
                let to_magic = (&*behind).skip_until(first).unwrap_or_default();
                rest = behind.get(to_magic.saturating_sub(1)..).unwrap_or_default();
            }
        }
        blocks
    }

    /// The one that bytes begin with.
    pub(crate) fn beginning(bytes: &[u8]) -> Option<Self> {
        if !bytes.starts_with(&BLOCK_MAGIC) {
            return None;
        }
        let count = u16::from_le_bytes(*bytes.get(6..)?.first_chunk()?);
        let end_of_table = HEADER_BYTES + 4 * usize::from(count);
        let last_end = bytes.get(..end_of_table)?.last_chunk()?;
        let records_bytes = usize::try_from(u32::from_le_bytes(*last_end)).ok()?;
        let length = end_of_table.checked_add(records_bytes)?;
        let bytes = bytes.get(..length).filter(|bytes| bytes.len() <= BLOCK_BYTES_MAX)?;
        let block = Block::parse(bytes).ok()?;
        Some(Self {
            first: block.first(),
            next: block.first().plus(block.count() as u64),
            bytes: bytes.to_vec(),
            header: block.header_hash(),
            previous: block.previous(),
            root: block.root(),
        })
    }
}
