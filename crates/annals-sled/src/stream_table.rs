//! The streams of a sealed volume by name, each with the positions of its events.
//!
//! ```text
//! stream    bytes shared with the name before; further bytes of the name, their count first;
//!           version of the first event here; count of events; bytes of what follows;
//!           place of the first event in the volume, then how much further each next one lies
//! page      streams in the order of their names until there are 2048 bytes or more; CRC-32C, u32
//! resident  count of streams; for each page: its first name, the count of bytes first, and bytes
//! of the page; then the filter ([`crate::filter`]) over the hashes of all names
//! ```
//! All numbers but the checksum are of variable length ([`crate::varint`]). The first name of a
//! page shares nothing. The ledger's own stream has the empty name.

use crate::filter::Filter;
use crate::flaw::Flaw;
use crate::place_hash::{hash_of_name, stream_name};
use crate::region::{Region, checked};
use crate::varint::{Reader, put_varint};
use annals_events::{StreamId, StreamVersion};
use std::cmp::Ordering;
use std::io::{self, Write};

const PAGE_BYTES_MIN: usize = 2048;

/// What a volume has of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StreamPart {
    /// The version of the first event here.
    pub(crate) first_version: StreamVersion,
    /// Where its events lie, counted from the volume's first position, in order.
    pub(crate) places: Vec<u32>,
}

impl StreamPart {
    /// Whether the stream begins here: every stream does in one volume and in no other.
    pub(crate) fn begins(&self) -> bool {
        is_first(self.first_version)
    }

    /// The version of the last event here.
    pub(crate) fn last_version(&self) -> StreamVersion {
        StreamVersion::new(last_of(self.first_version.get(), self.places.len()))
    }
}

fn last_of(first_version: u64, count: usize) -> u64 {
    first_version.saturating_add(count as u64).saturating_sub(1)
}

fn is_first(version: StreamVersion) -> bool {
    version == StreamVersion::NONE.next()
}

/// Writes the table, stream by stream in the order of names.
pub(crate) struct StreamTableWriter {
    filter: Filter,
    page: Vec<u8>,
    name: Vec<u8>,
    resident: Vec<u8>,
    numbers: Vec<u8>,
}

impl StreamTableWriter {
    /// A table that is to get so many streams.
    pub(crate) fn new(count: u64) -> Self {
        let mut resident = Vec::new();
        put_varint(&mut resident, count);
        let (page, name, numbers) = (Vec::new(), Vec::new(), Vec::new());
        Self { filter: Filter::for_hashes(count), page, name, resident, numbers }
    }

    pub(crate) fn push(
        &mut self,
        name: &[u8],
        part: &StreamPart,
        to: &mut impl Write,
    ) -> io::Result<()> {
        self.filter.insert(hash_of_name(name));
        let mut shared = 0;
        if self.page.is_empty() {
            put_varint(&mut self.resident, name.len() as u64);
            self.resident.extend_from_slice(name);
        } else {
            shared = self.name.iter().zip(name).take_while(|(before, this)| before == this).count();
        }
        let further = name.get(shared..).unwrap_or_default();
        put_varint(&mut self.page, shared as u64);
        put_varint(&mut self.page, further.len() as u64);
        self.page.extend_from_slice(further);
        put_varint(&mut self.page, part.first_version.get());
        put_varint(&mut self.page, part.places.len() as u64);
        self.numbers.clear();
        let mut before = 0;
        for place in &part.places {
            put_varint(&mut self.numbers, u64::from(place - before));
            before = *place;
        }
        put_varint(&mut self.page, self.numbers.len() as u64);
        self.page.extend_from_slice(&self.numbers);
        self.name.clear();
        self.name.extend_from_slice(name);
        if self.page.len() >= PAGE_BYTES_MIN { self.end_page(to) } else { Ok(()) }
    }

    fn end_page(&mut self, to: &mut impl Write) -> io::Result<()> {
        if !self.page.is_empty() {
            let checksum = crc32c::crc32c(&self.page);
            self.page.extend_from_slice(&checksum.to_le_bytes());
            to.write_all(&self.page)?;
            put_varint(&mut self.resident, self.page.len() as u64);
            self.page.clear();
        }
        Ok(())
    }

    /// Ends the pages and gives the resident part.
    pub(crate) fn finish(mut self, to: &mut impl Write) -> io::Result<Vec<u8>> {
        self.end_page(to)?;
        self.resident.extend_from_slice(self.filter.bytes());
        Ok(self.resident)
    }
}

#[derive(Debug)]
struct PageEntry {
    first_name: Box<[u8]>,
    offset: u64,
    length: u64,
}

/// The table in a file.
#[derive(Debug)]
pub(crate) struct StreamTable {
    pages: Region,
    count: u64,
    index: Vec<PageEntry>,
    filter: Filter,
}

impl StreamTable {
    pub(crate) fn new(pages: Region, resident: &[u8]) -> Result<Self, Flaw> {
        let mut reader = Reader(resident);
        let (mut index, mut offset) = (Vec::new(), 0_u64);
        let count = reader.varint().unwrap_or(u64::MAX);
        while offset < pages.length() {
            let entry = reader.size().and_then(|length| {
                let first_name = reader.bytes(length)?.into();
                Some(PageEntry { first_name, offset, length: reader.varint()? })
            });
            let Some(entry) = entry else {
                return Flaw::damaged("the index of the stream pages is cut off");
            };
            offset = offset.saturating_add(entry.length);
            index.push(entry);
        }
        if offset != pages.length() || reader.0.len() as u64 != Filter::bytes_for(count) {
            return Flaw::damaged("the stream pages are not as long as their index says");
        }
        let filter = Filter::from_bytes(reader.0.to_vec());
        Ok(Self { pages, count, index, filter })
    }

    /// How many streams there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// What the volume has of a stream, if anything.
    pub(crate) fn find(&self, stream: &StreamId) -> Result<Option<StreamPart>, Flaw> {
        let name = stream_name(stream);
        if !self.filter.may_have(hash_of_name(name)) {
            return Ok(None);
        }
        let behind = self.index.partition_point(|page| &*page.first_name <= name);
        let Some(page) = behind.checked_sub(1).and_then(|page| self.index.get(page)) else {
            return Ok(None);
        };
        let bytes = self.pages.read(page.offset, page.length)?;
        let mut streams = Streams::over(checked(&bytes, "a page of streams")?);
        while let Some(numbers) = streams.step()? {
            match streams.name.as_slice().cmp(name) {
                Ordering::Less => {}
                Ordering::Equal => return numbers.part().map(Some),
                Ordering::Greater => break,
            }
        }
        Ok(None)
    }

    /// How many streams begin here.
    pub(crate) fn count_beginning(&self) -> Result<u64, Flaw> {
        let (mut beginning, mut walk) = (0, self.walk());
        while let Some((_, numbers)) = walk.step()? {
            beginning += u64::from(is_first(StreamVersion::new(numbers.first_version)));
        }
        Ok(beginning)
    }

    /// Shows every stream, in the order of names.
    pub(crate) fn for_each(
        &self,
        mut show: impl FnMut(&[u8], StreamPart) -> Result<(), Flaw>,
    ) -> Result<(), Flaw> {
        let mut walk = self.walk();
        while let Some((name, numbers)) = walk.step()? {
            show(name, numbers.part()?)?;
        }
        Ok(())
    }

    /// Goes through all streams, in the order of names.
    pub(crate) fn walk(&self) -> Walk<'_> {
        let (pages, bytes, name) = (self.index.iter(), Vec::new(), Vec::new());
        Walk { table: self, pages, bytes, next: 0, end: 0, name }
    }
}

/// A way through a table, stream by stream, on which nothing is copied but names.
pub(crate) struct Walk<'t> {
    table: &'t StreamTable,
    pages: std::slice::Iter<'t, PageEntry>,
    /// A page with its checksum, where its next stream begins, and where its last one ends.
    bytes: Vec<u8>,
    next: usize,
    end: usize,
    name: Vec<u8>,
}

impl Walk<'_> {
    /// The next stream, if there is one.
    pub(crate) fn step(&mut self) -> Result<Option<(&[u8], Numbers<'_>)>, Flaw> {
        while self.next == self.end {
            let Some(page) = self.pages.next() else { return Ok(None) };
            self.table.pages.read_into(page.offset, page.length, &mut self.bytes)?;
            self.end = checked(&self.bytes, "a page of streams")?.len();
            self.next = 0;
            self.name.clear();
        }
        let rest = Reader(self.bytes.get(self.next..self.end).unwrap_or_default());
        let mut streams = Streams { rest, name: std::mem::take(&mut self.name) };
        let numbers = streams.step()?;
        self.next = self.end - streams.rest.0.len();
        self.name = streams.name;
        Ok(numbers.map(|numbers| (&*self.name, numbers)))
    }

    /// The name of the stream that was given last.
    pub(crate) fn name(&self) -> &[u8] {
        &self.name
    }
}

/// The streams of a page.
struct Streams<'a> {
    rest: Reader<'a>,
    name: Vec<u8>,
}

/// What stands of a stream behind its name.
pub(crate) struct Numbers<'a> {
    pub(crate) first_version: u64,
    count: usize,
    places: Reader<'a>,
}

impl<'a> Streams<'a> {
    fn over(page: &'a [u8]) -> Self {
        Self { rest: Reader(page), name: Vec::new() }
    }

    fn step(&mut self) -> Result<Option<Numbers<'a>>, Flaw> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        match self.parse() {
            Some(numbers) => Ok(Some(numbers)),
            None => Flaw::damaged("a page of streams is not one"),
        }
    }

    fn parse(&mut self) -> Option<Numbers<'a>> {
        let shared = self.rest.size().filter(|shared| *shared <= self.name.len())?;
        let length = self.rest.size()?;
        self.name.truncate(shared);
        self.name.extend_from_slice(self.rest.bytes(length)?);
        let first_version = self.rest.varint()?;
        let count = self.rest.size()?;
        let length = self.rest.size()?;
        let places = Reader(self.rest.bytes(length)?);
        Some(Numbers { first_version, count, places })
    }
}

impl Numbers<'_> {
    /// The version of the last event here.
    pub(crate) fn last_version(&self) -> u64 {
        last_of(self.first_version, self.count)
    }

    fn part(self) -> Result<StreamPart, Flaw> {
        let first_version = StreamVersion::new(self.first_version);
        let mut places = Vec::with_capacity(self.count.min(self.places.0.len()));
        self.each_place(|place| places.push(place))?;
        Ok(StreamPart { first_version, places })
    }

    /// Shows the places of all events, in order.
    pub(crate) fn each_place(mut self, mut show: impl FnMut(u32)) -> Result<(), Flaw> {
        let mut before = None;
        for _ in 0..self.count {
            let place = self.places.varint().and_then(|further| {
                let place = before.map_or(0, u64::from).checked_add(further)?;
                (before.is_none() || further > 0).then(|| u32::try_from(place).ok())?
            });
            let Some(place) = place else {
                return Flaw::damaged("the places of a stream are not in order");
            };
            show(place);
            before = Some(place);
        }
        if before.is_none() || !self.places.is_empty() || self.first_version == 0 {
            return Flaw::damaged("a stream has other events than its count says");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn every_stream_is_found_with_its_places_and_no_other_is(
            streams in prop::collection::btree_map(
                "[ab]{0,6}[a-z]{0,20}",
                (1..u64::MAX / 2, prop::collection::btree_set(any::<u32>(), 1..40)),
                0..200,
            ),
            absent in prop::collection::vec("[ab]{0,6}[a-z]{0,20}", 20),
        ) {
            let streams: BTreeMap<String, (u64, BTreeSet<u32>)> = streams;
            let mut file = tempfile::tempfile().unwrap();
            let mut writer = StreamTableWriter::new(streams.len() as u64);
            let part = |(first_version, places): &(u64, BTreeSet<u32>)| StreamPart {
                first_version: StreamVersion::new(*first_version),
                places: places.iter().copied().collect(),
            };
            for (name, stream) in &streams {
                writer.push(name.as_bytes(), &part(stream), &mut file).unwrap();
            }
            let resident = writer.finish(&mut file).unwrap();
            let table = StreamTable::new(Region::whole(file).unwrap(), &resident).unwrap();
            let mut all = Vec::new();
            table.for_each(|name, part| {
                all.push((String::from_utf8(name.to_vec()).unwrap(), part));
                Ok(())
            }).unwrap();
            let expected = streams.iter().map(|(name, stream)| (name.clone(), part(stream)));
            prop_assert_eq!(all, expected.collect::<Vec<_>>());
            for name in streams.keys().chain(&absent) {
                let id = if name.is_empty() {
                    StreamId::Ledger
                } else {
                    StreamId::party(name).unwrap()
                };
                prop_assert_eq!(table.find(&id).unwrap(), streams.get(name).map(part));
            }
        }
    }
}
