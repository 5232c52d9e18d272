//! The blocks of a database that sled may not open any more.
//!
//! sled keeps a value in one piece, and a block begins with its magic and carries its checksum, so
//! that blocks are found wherever they lie in the file. Among them may be some that were never
//! acknowledged: a kill tore what sled wrote around one, and another took its place. The chain
//! tells which of two is the log's: the other is followed by nothing.

use crate::layout::Layout;
use crate::open_volume::OpenVolume;
use crate::salvage_sealed::readable_bytes;
use annals_audit::Hash;
use annals_events::Position;
use annals_log::{BLOCK_BYTES_MAX, BLOCK_MAGIC, Block, Head};
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead as _;

const HEADER_BYTES: usize = 84;

/// A block that is sound by itself.
#[derive(Clone, Debug)]
pub(crate) struct SoundBlock {
    pub(crate) first: Position,
    pub(crate) next: Position,
    pub(crate) bytes: Vec<u8>,
    header: Hash,
    previous: Hash,
    root: Hash,
    /// Whether the database has it, as far as sled can say.
    is_in_database: bool,
}

/// The blocks of the database that begins at a position, in order, without any that are not the
/// log's; and the positions at which two are found and neither can be told from the other.
pub(crate) fn blocks_of(
    layout: &Layout,
    first: Position,
    kept: Option<&Head>,
) -> (Vec<SoundBlock>, Vec<Position>) {
    let mut found: BTreeMap<(Position, [u8; 32]), SoundBlock> = BTreeMap::new();
    let file = OpenVolume::file_in(&layout.open_path(first));
    let scanned = readable_bytes(&file);
    let scanned = blocks_in(&scanned).into_iter().filter(|block| block.first >= first);
    found.extend(scanned.map(|block| ((block.first, block.header.0), block)));
    if !is_whole(found.values(), first, kept) {
        for block in blocks_by_sled(layout, first) {
            let known = found.entry((block.first, block.header.0));
            known.or_insert(block).is_in_database = true;
        }
    }
    choose(&found.into_values().collect::<Vec<_>>(), kept)
}

/// Whether each of these blocks begins where the one before it ends, up to where `HEAD` says that
/// the log ends.
fn is_whole<'b>(
    mut blocks: impl Iterator<Item = &'b SoundBlock>,
    first: Position,
    kept: Option<&Head>,
) -> bool {
    let end = blocks.try_fold(first, |next, block| (block.first == next).then_some(block.next));
    end.zip(kept).is_some_and(|(end, kept)| end == kept.next)
}

/// All blocks that lie anywhere in some bytes.
fn blocks_in(bytes: &[u8]) -> Vec<SoundBlock> {
    let [first, ..] = BLOCK_MAGIC;
    let mut blocks = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        if let Some(block) = sound_block(rest, false) {
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

/// The block that bytes begin with.
fn sound_block(bytes: &[u8], is_in_database: bool) -> Option<SoundBlock> {
    if !bytes.starts_with(&BLOCK_MAGIC) {
        return None;
    }
    let count = u16::from_le_bytes(*bytes.get(6..)?.first_chunk()?);
    let end_of_table = HEADER_BYTES + 4 * usize::from(count);
    let last_end = bytes.get(..end_of_table)?.last_chunk()?;
    let length = end_of_table.checked_add(usize::try_from(u32::from_le_bytes(*last_end)).ok()?)?;
    let bytes = bytes.get(..length).filter(|bytes| bytes.len() <= BLOCK_BYTES_MAX)?;
    let block = Block::parse(bytes).ok()?;
    Some(SoundBlock {
        first: block.first(),
        next: block.first().plus(block.count() as u64),
        bytes: bytes.to_vec(),
        header: block.header_hash(),
        previous: block.previous(),
        root: block.root(),
        is_in_database,
    })
}

/// The blocks that sled finds in a copy, up to where it fails.
fn blocks_by_sled(layout: &Layout, first: Position) -> Vec<SoundBlock> {
    let Ok(volume) = OpenVolume::open_copy(layout, first) else { return Vec::new() };
    let blocks = volume.blocks_from(first).map_while(Result::ok);
    blocks
        .filter_map(|(key, bytes)| {
            let block = sound_block(&bytes, true)?;
            (*key == block.first.get().to_be_bytes()).then_some(block)
        })
        .collect()
}

fn choose(blocks: &[SoundBlock], kept: Option<&Head>) -> (Vec<SoundBlock>, Vec<Position>) {
    let named: BTreeSet<[u8; 32]> = blocks.iter().map(|block| block.previous.0).collect();
    let at_head = |block: &SoundBlock| {
        kept.is_some_and(|kept| (kept.next, kept.root) == (block.next, block.root))
    };
    let rank = |block: &SoundBlock| {
        (named.contains(&block.header.0), at_head(block), block.is_in_database)
    };
    let mut unclear = BTreeSet::new();
    let mut chosen = Vec::with_capacity(blocks.len());
    for (index, block) in blocks.iter().enumerate() {
        let overlaps = |other: &&SoundBlock| other.first < block.next && other.next > block.first;
        let near = near(blocks, index).filter(overlaps);
        match near.map(rank).max() {
            Some(best) if best > rank(block) => {}
            Some(best) if best == rank(block) => {
                unclear.insert(block.first);
            }
            _ => chosen.push(block.clone()),
        }
    }
    (chosen, unclear.into_iter().collect())
}

/// The other blocks that may share positions with one, by the most a block holds.
fn near(blocks: &[SoundBlock], index: usize) -> impl Iterator<Item = &SoundBlock> {
    let reach = annals_log::APPEND_EVENTS_MAX as u64;
    let at = blocks.get(index).map_or(0, |block| block.first.get());
    let is_near = move |block: &&SoundBlock| block.first.get().abs_diff(at) <= reach;
    let before = blocks.get(..index).unwrap_or_default().iter().rev().take_while(is_near);
    let behind = blocks.get(index + 1..).unwrap_or_default().iter().take_while(is_near);
    before.chain(behind)
}
