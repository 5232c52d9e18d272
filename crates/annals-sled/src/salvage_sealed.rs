//! The groups of a sealed file whose frame or table of groups is damaged.
//!
//! Each entry of the table carries the checksum of its group, so that entries prove themselves
//! where the checksum of the table is gone. What they cannot prove is the position of a group: it
//! follows from the counts of all groups before it, or of all behind it. So groups count from the
//! beginning up to the first unsound one, and from the end back to the last.

use crate::options::Compression;
use crate::region::Region;
use crate::sealed_footer::{Frame, HEADER_BYTES, Section};
use crate::sealed_volume::{Group, GroupEntry};
use crate::varint::Reader;
use annals_events::Position;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

const ENTRY_BYTES: usize = 16;
const GROUPS_START: usize = 16;
const _: () = assert!(GROUPS_START as u64 == HEADER_BYTES);

/// What is known of a damaged file.
struct Damaged<'a> {
    bytes: &'a [u8],
    first: Position,
    /// Where the table of groups begins: the groups end there.
    table: usize,
    entries: Vec<&'a [u8]>,
    /// The position behind the last group, where it is known.
    until: Option<Position>,
}

/// The sound groups of a damaged file that is to begin at a position, in order. `until` is where
/// the next file begins, if there is one.
pub(crate) fn groups_in(path: &Path, first: Position, until: Option<Position>) -> Vec<Group> {
    let bytes = readable_bytes(path);
    let frame = File::open(path).ok().and_then(|file| Frame::read(&Region::whole(file).ok()?).ok());
    let damaged = match &frame {
        Some(frame) => Damaged::by_frame(&bytes, frame),
        None => Damaged::by_search(&bytes, first, until),
    };
    damaged.map_or_else(Vec::new, |damaged| damaged.groups())
}

impl<'a> Damaged<'a> {
    fn by_frame(bytes: &'a [u8], frame: &Frame) -> Option<Self> {
        let table = GROUPS_START + usize::try_from(frame.size(Section::Groups).0).ok()?;
        let length = usize::try_from(frame.size(Section::GroupTable).0).ok()?;
        let entries = bytes.get(table..table.checked_add(length)?)?.chunks_exact(ENTRY_BYTES);
        let (first, until) = (frame.start.next(), Some(frame.end.next()));
        Some(Self { bytes, first, table, entries: entries.collect(), until })
    }

    /// Looks for the table by its first entry, which the first group must prove, or by all of them,
    /// whose groups must fill the file up to it.
    fn by_search(bytes: &'a [u8], first: Position, until: Option<Position>) -> Option<Self> {
        let starts = || {
            (GROUPS_START + 1..bytes.len().saturating_sub(ENTRY_BYTES)).filter(|at| {
                let entry = entry_at(bytes, *at, 0, 0);
                entry.is_some_and(|entry| GROUPS_START + entry.stored as usize <= *at)
            })
        };
        let at = |table| Self { bytes, first, table, entries: entries_from(bytes, table), until };
        let proved = |this: &Self| this.group(0, 0, GROUPS_START).is_some();
        let found = starts().map(at).find(proved);
        found.or_else(|| starts().map(at).find(Self::is_filled))
    }

    /// Whether the groups of all entries end where the table begins.
    fn is_filled(&self) -> bool {
        let sizes = (0..self.entries.len()).filter_map(|index| self.entry(index, 0));
        let end: u64 = sizes.map(|entry| u64::from(entry.stored)).sum();
        end + GROUPS_START as u64 == self.table as u64
    }

    fn entry(&self, index: usize, first: u32) -> Option<GroupEntry> {
        entry_at(self.entries.get(index)?, 0, first, 0)
    }

    /// The group of an entry that begins at a place in the volume and in the file, where it is
    /// sound.
    fn group(&self, index: usize, place: u32, offset: usize) -> Option<(Group, GroupEntry)> {
        let entry = self.entry(index, place)?;
        let end = offset.checked_add(entry.stored as usize).filter(|end| *end <= self.table)?;
        let stored = self.bytes.get(offset..end)?;
        let compressions = [Compression::None, Compression::Lz4];
        let of = |compression| Group::of_entry(stored, entry, compression, self.first).ok();
        let is_whole = |compression: &Compression| {
            *compression == Compression::Lz4 || entry.stored == entry.raw
        };
        let group = compressions.into_iter().filter(is_whole).find_map(of)?;
        Some((group, entry))
    }

    fn groups(&self) -> Vec<Group> {
        let (mut groups, mut index) = (Vec::new(), 0);
        let (mut place, mut offset) = (0, GROUPS_START);
        while let Some((group, entry)) = self.group(index, place, offset) {
            groups.push(group);
            index += 1;
            (place, offset) = (place + entry.records, offset + entry.stored as usize);
        }
        groups.extend(self.groups_from_end(index));
        groups
    }

    /// The groups behind the first unsound one, as far as they can be counted from the end.
    fn groups_from_end(&self, sound: usize) -> Vec<Group> {
        let count = self.until.and_then(|until| until.get().checked_sub(self.first.get()));
        let count = count.and_then(|count| u32::try_from(count).ok());
        let (Some(mut place), mut offset) = (count, self.table) else { return Vec::new() };
        let mut groups = Vec::new();
        for index in (sound..self.entries.len()).rev() {
            let before = self.entry(index, 0).and_then(|entry| {
                let place = place.checked_sub(entry.records)?;
                Some((place, offset.checked_sub(entry.stored as usize)?))
            });
            let group = before.and_then(|(place, offset)| self.group(index, place, offset));
            let (Some(before), Some((group, _))) = (before, group) else { break };
            groups.push(group);
            (place, offset) = before;
        }
        groups.reverse();
        groups
    }
}

fn entry_at(bytes: &[u8], at: usize, first: u32, offset: u64) -> Option<GroupEntry> {
    let entry = GroupEntry::take(&mut Reader(bytes.get(at..)?), first, offset)?;
    (entry.stored > 0 && entry.raw > 0).then_some(entry)
}

/// The entries of a table up to where its groups fill the file before it, or as many as can be
/// ones.
fn entries_from(bytes: &[u8], table: usize) -> Vec<&[u8]> {
    let mut offset = GROUPS_START;
    let mut entries = Vec::new();
    for bytes in bytes.get(table..).unwrap_or_default().chunks_exact(ENTRY_BYTES) {
        let Some(entry) = entry_at(bytes, 0, 0, 0) else { break };
        offset += entry.stored as usize;
        if offset > table {
            break;
        }
        entries.push(bytes);
    }
    entries
}

/// The bytes of a file, with zeros where they cannot be read.
pub(crate) fn readable_bytes(path: &Path) -> Vec<u8> {
    const PIECE_BYTES: usize = 4096;
    if let Ok(bytes) = std::fs::read(path) {
        return bytes;
    }
    let Ok(file) = File::open(path) else { return Vec::new() };
    let length = file.metadata().map_or(0, |file| file.len());
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    for (piece, offset) in bytes.chunks_mut(PIECE_BYTES).zip((0..).step_by(PIECE_BYTES)) {
        if file.read_exact_at(piece, offset).is_err() {
            piece.fill(0);
        }
    }
    bytes
}
