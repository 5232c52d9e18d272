//! The blocks of a database that sled may not open any more, and of the journal beside it.
//!
//! sled keeps a value in one piece, and a block begins with its magic and carries its checksum, so
//! that blocks are found wherever they lie in the file. Among them may be some that were never
//! acknowledged: a kill tore what sled wrote around one, and another took its place. The chain
//! tells which of two is the log's: the other is followed by nothing.

use crate::journal::Journal;
use crate::layout::Layout;
use crate::open_volume::OpenVolume;
use crate::salvage_sealed::readable_bytes;
use crate::sound_block::SoundBlock;
use annals_events::Position;
use annals_log::Head;
use std::collections::{BTreeMap, BTreeSet};

/// The blocks of the database that begins at a position, in order, without any that are not the
/// log's; and the positions at which two are found and neither can be told from the other.
pub(crate) fn blocks_of(
    layout: &Layout,
    first: Position,
    kept: Option<&Head>,
) -> (Vec<SoundBlock>, Vec<Position>) {
    let mut found: BTreeMap<(Position, [u8; 32]), SoundBlock> = BTreeMap::new();
    let dir = layout.open_path(first);
    for file in [OpenVolume::file_in(&dir), Journal::file_in(&dir)] {
        let scanned = SoundBlock::all_in(&readable_bytes(&file));
        let scanned = scanned.into_iter().filter(|block| block.first >= first);
        found.extend(scanned.map(|block| ((block.first, block.header.0), block)));
    }
    let mut in_database = BTreeSet::new();
    if !is_whole(found.values(), first, kept) {
        for block in blocks_by_sled(layout, first) {
            in_database.insert(block.header.0);
            found.entry((block.first, block.header.0)).or_insert(block);
        }
    }
    choose(&found.into_values().collect::<Vec<_>>(), &in_database, kept)
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

/// The blocks that sled finds in a copy, up to where it fails.
fn blocks_by_sled(layout: &Layout, first: Position) -> Vec<SoundBlock> {
    let Ok(volume) = OpenVolume::open_copy(layout, first) else { return Vec::new() };
    let blocks = volume.blocks_from(first).map_while(Result::ok);
    blocks
        .filter_map(|(key, bytes)| {
            let block = SoundBlock::beginning(&bytes)?;
            (*key == block.first.get().to_be_bytes()).then_some(block)
        })
        .collect()
}

/// `in_database`: the headers' hashes of those that the database has, as far as sled can say.
fn choose(
    blocks: &[SoundBlock],
    in_database: &BTreeSet<[u8; 32]>,
    kept: Option<&Head>,
) -> (Vec<SoundBlock>, Vec<Position>) {
    let named: BTreeSet<[u8; 32]> = blocks.iter().map(|block| block.previous.0).collect();
    let at_head = |block: &SoundBlock| {
        kept.is_some_and(|kept| (kept.next, kept.root) == (block.next, block.root))
    };
    let rank = |block: &SoundBlock| {
        let header = &block.header.0;
        (named.contains(header), at_head(block), in_database.contains(header))
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
