//! A sealed volume: an immutable file of about a million events, read with positioned reads.
//!
//! Opening reads the frame and the table of groups; the tables of ids and streams are read when
//! they are first asked, since ledger-wide runs mostly answer instead.

use crate::chain::ChainEnd;
use crate::flaw::Flaw;
use crate::options::Compression;
use crate::place_table::PlaceTable;
use crate::region::Region;
use crate::sealed_footer::{Frame, Section};
use crate::stream_table::{StreamPart, StreamTable};
use crate::varint::Reader;
use annals_events::{Position, StreamId};
use annals_log::{ReadError, Record};
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// No group is longer, so that a damaged table cannot ask for more memory.
const GROUP_BYTES_MAX: u32 = 128 * 1024;

/// A sealed volume whose frame is sound.
#[derive(Debug)]
pub(crate) struct SealedVolume {
    path: PathBuf,
    frame: Frame,
    file: Region,
    groups: Region,
    table: Vec<GroupEntry>,
    ids: OnceLock<PlaceTable>,
    streams: OnceLock<StreamTable>,
}

/// A group as the table of groups has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupEntry {
    /// The place of the first record in the volume.
    pub(crate) first: u32,
    pub(crate) records: u32,
    /// Where its bytes begin among those of all groups.
    pub(crate) offset: u64,
    pub(crate) stored: u32,
    pub(crate) raw: u32,
    checksum: u32,
}

impl GroupEntry {
    /// Takes the entry of a group that begins here; `None` where it can be none.
    pub(crate) fn take(reader: &mut Reader<'_>, first: u32, offset: u64) -> Option<Self> {
        let (stored, raw, records) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let checksum = reader.u32()?;
        if records == 0 || raw > GROUP_BYTES_MAX || stored > 2 * GROUP_BYTES_MAX {
            return None;
        }
        Some(Self { first, records, offset, stored, raw, checksum })
    }
}

impl SealedVolume {
    /// Opens a file and checks its frame.
    pub(crate) fn open(path: &Path) -> Result<Self, Flaw> {
        let file = Region::whole(File::open(path)?)?;
        let frame = Frame::read(&file)?;
        let groups = frame.section(&file, Section::Groups)?;
        let bytes = checked_section(&frame, &file, Section::GroupTable, "table of groups")?;
        let count = frame.end.next().get() - frame.start.next().get();
        let table = group_table(&bytes, groups.length(), count)
            .ok_or_else(|| Flaw::Damaged("the table of groups does not add up".to_owned()))?;
        let path = path.to_owned();
        let (ids, streams) = (OnceLock::new(), OnceLock::new());
        Ok(Self { path, frame, file, groups, table, ids, streams })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the chain stood before it.
    pub(crate) fn start(&self) -> &ChainEnd {
        &self.frame.start
    }

    /// Where the chain stands behind it.
    pub(crate) fn end(&self) -> &ChainEnd {
        &self.frame.end
    }

    /// The position of its first event.
    pub(crate) fn first(&self) -> Position {
        self.frame.start.next()
    }

    /// The position behind its last event.
    pub(crate) fn next(&self) -> Position {
        self.frame.end.next()
    }

    pub(crate) fn size_bytes(&self) -> u64 {
        self.file.length()
    }

    pub(crate) fn group_count(&self) -> usize {
        self.table.len()
    }

    /// Which group holds a position of this volume.
    pub(crate) fn group_of(&self, position: Position) -> usize {
        /// How far from where it would be, had all groups as many records, a group is looked for
        /// first. A search through the whole table would touch a dozen places of memory that are in
        /// no cache.
        const NEAR: usize = 16;
        let place = position.get().saturating_sub(self.first().get());
        let begins_behind =
            |group: usize| self.table.get(group).is_none_or(|group| u64::from(group.first) > place);
        let (groups, records) = (self.table.len(), self.next().get() - self.first().get());
        let even = u128::from(place) * groups as u128 / u128::from(records.max(1));
        let even = usize::try_from(even).unwrap_or(groups).min(groups);
        let (mut from, mut until) = (even.saturating_sub(NEAR), groups.min(even + NEAR));
        if begins_behind(from) || !begins_behind(until) {
            (from, until) = (0, groups);
        }
        let near = self.table.get(from..until).unwrap_or_default();
        let behind = from + near.partition_point(|group| u64::from(group.first) <= place);
        behind.saturating_sub(1)
    }

    /// Reads a group into a buffer.
    pub(crate) fn read_group(&self, group: usize, into: &mut Group) -> Result<(), ReadError> {
        let Some(entry) = self.table.get(group) else {
            return Err(self.flaw(self.next(), Flaw::Damaged("there is no such group".to_owned())));
        };
        let first = self.first().plus(u64::from(entry.first));
        self.read_entry(*entry, into).map_err(|flaw| self.flaw(first, flaw))?;
        into.first = first;
        Ok(())
    }

    fn read_entry(&self, entry: GroupEntry, into: &mut Group) -> Result<(), Flaw> {
        let stored = match self.frame.compression {
            Compression::None => &mut into.bytes,
            Compression::Lz4 => &mut into.stored,
        };
        self.groups.read_into(entry.offset, u64::from(entry.stored), stored)?;
        into.unpack(entry, self.frame.compression)
    }

    /// The first position of a group, and the one behind its last.
    pub(crate) fn group_span(&self, group: usize) -> Option<(Position, Position)> {
        let entry = self.table.get(group)?;
        let first = self.first().plus(u64::from(entry.first));
        Some((first, first.plus(u64::from(entry.records))))
    }

    /// The bytes of the record at a position.
    pub(crate) fn record_bytes(&self, position: Position) -> Result<Vec<u8>, ReadError> {
        let mut group = Group::default();
        self.read_group(self.group_of(position), &mut group)?;
        group.record_bytes(position).map(<[u8]>::to_vec).ok_or_else(|| {
            self.flaw(position, Flaw::Damaged("no group holds this position".to_owned()))
        })
    }

    /// The table of its event ids.
    pub(crate) fn ids(&self) -> Result<&PlaceTable, Flaw> {
        if let Some(table) = self.ids.get() {
            return Ok(table);
        }
        let resident = self.section(Section::IdsResident, "resident part of the id table")?;
        let pages = self.frame.section(&self.file, Section::Ids)?;
        let count = self.next().get() - self.first().get();
        let table = PlaceTable::new(pages, count, &resident)?;
        Ok(self.ids.get_or_init(|| table))
    }

    /// The table of its streams.
    pub(crate) fn streams(&self) -> Result<&StreamTable, Flaw> {
        if let Some(table) = self.streams.get() {
            return Ok(table);
        }
        let resident = self.section(Section::StreamsResident, "resident part of the streams")?;
        let table = StreamTable::new(self.frame.section(&self.file, Section::Streams)?, &resident)?;
        Ok(self.streams.get_or_init(|| table))
    }

    /// What it has of a stream.
    pub(crate) fn stream(&self, stream: &StreamId) -> Result<Option<StreamPart>, ReadError> {
        let found = self.streams().and_then(|table| table.find(stream));
        found.map_err(|flaw| self.flaw(self.first(), flaw))
    }

    /// The nodes of the Merkle tree that are complete in it, one behind the other.
    pub(crate) fn nodes(&self) -> Result<Vec<u8>, Flaw> {
        self.section(Section::Nodes, "nodes of the Merkle tree")
    }

    fn section(&self, section: Section, what: &str) -> Result<Vec<u8>, Flaw> {
        checked_section(&self.frame, &self.file, section, what)
    }

    pub(crate) fn flaw(&self, position: Position, flaw: Flaw) -> ReadError {
        flaw.read_at(position, &self.path)
    }
}

fn checked_section(
    frame: &Frame,
    file: &Region,
    section: Section,
    what: &str,
) -> Result<Vec<u8>, Flaw> {
    frame.section(file, section)?.read_checked(frame.size(section).1, what)
}

fn group_table(bytes: &[u8], groups_bytes: u64, count: u64) -> Option<Vec<GroupEntry>> {
    let mut reader = Reader(bytes);
    let (mut first, mut offset) = (0_u32, 0_u64);
    let mut table = Vec::with_capacity(bytes.len() / 16);
    while !reader.is_empty() {
        let entry = GroupEntry::take(&mut reader, first, offset)?;
        table.push(entry);
        first = first.checked_add(entry.records)?;
        offset += u64::from(entry.stored);
    }
    (offset == groups_bytes && u64::from(first) == count).then_some(table)
}

/// A group that was read, and the buffers it was read into.
#[derive(Debug, Default)]
pub(crate) struct Group {
    first: Position,
    stored: Vec<u8>,
    bytes: Vec<u8>,
    records: Vec<Range<u32>>,
}

impl Group {
    /// The group of a volume that begins at `volume`, made of the bytes stored for an entry.
    pub(crate) fn of_entry(
        stored: &[u8],
        entry: GroupEntry,
        compression: Compression,
        volume: Position,
    ) -> Result<Self, Flaw> {
        let mut group = Self { first: volume.plus(u64::from(entry.first)), ..Self::default() };
        match compression {
            Compression::None => group.bytes.extend_from_slice(stored),
            Compression::Lz4 => group.stored.extend_from_slice(stored),
        }
        group.unpack(entry, compression)?;
        Ok(group)
    }

    /// Checks the bytes that were read for an entry, and takes them apart.
    fn unpack(&mut self, entry: GroupEntry, compression: Compression) -> Result<(), Flaw> {
        let stored = match compression {
            Compression::None => &self.bytes,
            Compression::Lz4 => &self.stored,
        };
        let (computed, expected) = (crc32c::crc32c(stored), entry.checksum);
        if computed != expected {
            return Flaw::damaged(format!(
                "the checksum of a group is {computed:08x}, expected {expected:08x}"
            ));
        }
        if compression == Compression::Lz4 {
            self.bytes.resize(entry.raw as usize, 0);
            let read = lz4_flex::block::decompress_into(&self.stored, &mut self.bytes);
            if read.ok() != Some(entry.raw as usize) {
                return Flaw::damaged("a group cannot be decompressed");
            }
        }
        match self.find_records(entry.records) {
            Some(()) => Ok(()),
            None => Flaw::damaged("the records of a group do not fill it"),
        }
    }

    fn find_records(&mut self, count: u32) -> Option<()> {
        self.records.clear();
        let length = u32::try_from(self.bytes.len()).ok()?;
        let mut reader = Reader(&self.bytes);
        for _ in 0..count {
            let size = reader.size()?;
            let start = length - u32::try_from(reader.0.len()).ok()?;
            reader.bytes(size)?;
            self.records.push(start..length - u32::try_from(reader.0.len()).ok()?);
        }
        reader.is_empty().then_some(())
    }

    pub(crate) fn first(&self) -> Position {
        self.first
    }

    pub(crate) fn count(&self) -> usize {
        self.records.len()
    }

    /// The bytes of the record at a position; `None` where another group holds it.
    pub(crate) fn record_bytes(&self, position: Position) -> Option<&[u8]> {
        let index = usize::try_from(position.get().checked_sub(self.first.get())?).ok()?;
        let range = self.records.get(index)?;
        self.bytes.get(range.start as usize..range.end as usize)
    }

    /// The record at a position, taken apart.
    pub(crate) fn record_at(&self, position: Position) -> Option<Record<'_>> {
        Record::parse(self.record_bytes(position)?).ok()
    }

    /// The bytes of all records with their positions.
    pub(crate) fn records(&self) -> impl Iterator<Item = (Position, &[u8])> {
        let ranges = self.records.iter();
        let bytes = ranges
            .map(|range| self.bytes.get(range.start as usize..range.end as usize))
            .map(Option::unwrap_or_default);
        (0..).map(|index| self.first.plus(index)).zip(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealed_writer::SealedWriter;
    use annals_audit::Hash;
    use annals_testkit::{custom_event, record_of};

    /// A record with so many bytes of data, and some.
    fn record(number: u64, data_bytes: usize) -> Vec<u8> {
        let data = format!("\"{}\"", "x".repeat(data_bytes));
        record_of(&custom_event(u128::from(number) + 1, &StreamId::Ledger, &data), number + 1)
    }

    #[test]
    fn a_group_is_found_where_groups_have_as_many_records_and_where_they_have_not() {
        let sizes_of: [fn(u64) -> usize; 4] = [
            |_| 300,
            |number| if number < 3000 { 1 } else { 12_000 },
            |number| if number < 300 { 12_000 } else { 1 },
            |number| if number % 1000 < 50 { 9_000 } else { 40 },
        ];
        for data_bytes in sizes_of {
            let dir = tempfile::tempdir().unwrap();
            let (path, start) = (dir.path().join("sealed"), ChainEnd::empty());
            let mut writer = SealedWriter::create(&path, &start, Compression::None).unwrap();
            for number in 0..3300 {
                writer.push(&record(number, data_bytes(number))).unwrap();
            }
            writer.finish(Hash([7; 32])).unwrap();
            let volume = SealedVolume::open(&path).unwrap();
            assert!(volume.group_count() > 60, "{} groups", volume.group_count());
            for position in (0..3300).map(Position::new) {
                let (first, next) = volume.group_span(volume.group_of(position)).unwrap();
                assert!((first..next).contains(&position), "{position} not in {first}..{next}");
            }
        }
    }
}
