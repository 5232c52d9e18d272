//! Sorted tables from a hash to positions: the ids of a sealed volume or a run, and the streams of
//! a run.
//!
//! ```text
//! entry     hash, 40 bits big endian; position, 40 bits big endian
//! page      204 entries (the last page may have fewer), CRC-32C of them, u32 little endian
//! resident  for each page the hash of its first entry, 5 bytes big endian; then the filter
//!           ([`crate::filter`])
//! ```
//! Entries are in order and none stands twice. A lookup asks the filter, finds the page by the
//! first hashes, which are in memory, and reads that page: two kilobytes. An entry is an answer
//! that may be wrong (one in 2⁴⁰ for each entry), so that whoever asks looks at the event; what is
//! not there is certainly not there.

use crate::filter::Filter;
use crate::flaw::Flaw;
use crate::region::{Region, checked};
use annals_events::Position;
use std::io::{self, Write};

/// Positions at or behind this one have no place in a table.
pub(crate) const POSITION_LIMIT: u64 = 1 << 40;
const ENTRY_BYTES: usize = 10;
const PAGE_ENTRIES: u64 = 204;
const PAGE_ENTRIES_BYTES: usize = 204 * ENTRY_BYTES;
const PAGE_BYTES: u64 = PAGE_ENTRIES_BYTES as u64 + 4;

/// A hash and where it leads.
pub(crate) type Place = (u64, u64);

/// Writes a table, entry by entry in order.
pub(crate) struct PlaceTableWriter {
    count: u64,
    page: Vec<u8>,
    first_hashes: Vec<u8>,
    filter: Filter,
    entries: u64,
}

impl PlaceTableWriter {
    /// A table that is to get so many entries.
    pub(crate) fn new(count: u64) -> Self {
        let filter = Filter::for_hashes(count);
        Self { count, page: Vec::new(), first_hashes: Vec::new(), filter, entries: 0 }
    }

    pub(crate) fn push(&mut self, (hash, position): Place, to: &mut impl Write) -> io::Result<()> {
        if self.page.is_empty() {
            self.first_hashes.extend_from_slice(&five_bytes(hash));
        }
        self.page.extend_from_slice(&five_bytes(hash));
        self.page.extend_from_slice(&five_bytes(position));
        self.filter.insert(hash);
        self.entries += 1;
        if self.entries.is_multiple_of(PAGE_ENTRIES) { self.end_page(to) } else { Ok(()) }
    }

    fn end_page(&mut self, to: &mut impl Write) -> io::Result<()> {
        if !self.page.is_empty() {
            to.write_all(&self.page)?;
            to.write_all(&crc32c::crc32c(&self.page).to_le_bytes())?;
            self.page.clear();
        }
        Ok(())
    }

    /// Ends the pages and gives the resident part.
    pub(crate) fn finish(mut self, to: &mut impl Write) -> io::Result<Vec<u8>> {
        self.end_page(to)?;
        if self.entries != self.count {
            let what = format!("{} entries were to come, {} came", self.count, self.entries);
            return Err(io::Error::other(what));
        }
        let mut resident = self.first_hashes;
        resident.extend_from_slice(self.filter.bytes());
        Ok(resident)
    }
}

fn five_bytes(value: u64) -> [u8; 5] {
    let [_, _, _, five @ ..] = value.to_be_bytes();
    five
}

fn from_five(five: &[u8]) -> u64 {
    five.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// The length of the pages of a table with so many entries.
pub(crate) fn pages_bytes(count: u64) -> u64 {
    count * ENTRY_BYTES as u64 + 4 * count.div_ceil(PAGE_ENTRIES)
}

/// A table in a file.
#[derive(Debug)]
pub(crate) struct PlaceTable {
    pages: Region,
    count: u64,
    first_hashes: Vec<u64>,
    filter: Filter,
}

impl PlaceTable {
    /// The table of so many entries with these pages and resident part.
    pub(crate) fn new(pages: Region, count: u64, resident: &[u8]) -> Result<Self, Flaw> {
        let page_count = usize::try_from(count.div_ceil(PAGE_ENTRIES)).unwrap_or(usize::MAX);
        let (first_hashes, filter) = match resident.split_at_checked(page_count.saturating_mul(5)) {
            Some((hashes, filter)) if filter.len() as u64 == Filter::bytes_for(count) => {
                (hashes, filter)
            }
            _ => return Flaw::damaged(format!("the resident part is not one of {count} entries")),
        };
        if pages.length() != pages_bytes(count) {
            return Flaw::damaged(format!("the pages are not those of {count} entries"));
        }
        let (hashes, _) = first_hashes.as_chunks::<5>();
        let first_hashes = hashes.iter().map(|bytes| from_five(bytes)).collect();
        let filter = Filter::from_bytes(filter.to_vec());
        Ok(Self { pages, count, first_hashes, filter })
    }

    /// How many entries it has.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Adds the positions that a hash leads to, in order.
    pub(crate) fn find(&self, hash: u64, found: &mut Vec<Position>) -> Result<(), Flaw> {
        if !self.filter.may_have(hash) {
            return Ok(());
        }
        // Equal hashes may begin at the end of the page before the first that begins with them.
        let mut page = self.first_hashes.partition_point(|first| *first < hash).saturating_sub(1);
        let mut bytes = Vec::new();
        while self.first_hashes.get(page).is_some_and(|first| *first <= hash) {
            let entries = self.page(page as u64, &mut bytes)?;
            let start = entries.partition_point(|entry| place(entry).0 < hash);
            let equal =
                entries.iter().skip(start).map(place).take_while(|(found, _)| *found == hash);
            found.extend(equal.map(|(_, position)| Position::new(position)));
            page += 1;
        }
        Ok(())
    }

    fn page<'a>(&self, page: u64, bytes: &'a mut Vec<u8>) -> Result<&'a [[u8; ENTRY_BYTES]], Flaw> {
        let offset = page * PAGE_BYTES;
        let length = PAGE_BYTES.min(self.pages.length().saturating_sub(offset));
        self.pages.read_into(offset, length, bytes)?;
        let (entries, _) = checked(bytes, "a page of places")?.as_chunks();
        Ok(entries)
    }

    /// All entries in order, read many pages at a time.
    pub(crate) fn iter(&self) -> Places<'_> {
        Places { table: self, next_page: 0, read: Vec::new().into_iter() }
    }
}

fn place(entry: &[u8; ENTRY_BYTES]) -> Place {
    let (hash, position) = entry.split_at(5);
    (from_five(hash), from_five(position))
}

/// The entries of a table. Ends with the first flaw.
pub(crate) struct Places<'a> {
    table: &'a PlaceTable,
    next_page: u64,
    read: std::vec::IntoIter<Place>,
}

impl Places<'_> {
    fn read_on(&mut self) -> Result<(), Flaw> {
        const PAGES_AT_ONCE: u64 = 32;
        let offset = self.next_page * PAGE_BYTES;
        let left = self.table.pages.length().saturating_sub(offset);
        let length = left.min(PAGES_AT_ONCE * PAGE_BYTES);
        let bytes = self.table.pages.read(offset, length)?;
        let mut places = Vec::with_capacity(bytes.len() / ENTRY_BYTES);
        for page in bytes.chunks(PAGE_ENTRIES_BYTES + 4) {
            let (entries, _) = checked(page, "a page of places")?.as_chunks();
            places.extend(entries.iter().map(place));
        }
        self.next_page += PAGES_AT_ONCE;
        self.read = places.into_iter();
        Ok(())
    }
}

impl Iterator for Places<'_> {
    type Item = Result<Place, Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(place) = self.read.next() {
            return Some(Ok(place));
        }
        if self.next_page * PAGE_BYTES >= self.table.pages.length() {
            return None;
        }
        if let Err(flaw) = self.read_on() {
            self.next_page = u64::MAX / PAGE_BYTES;
            return Some(Err(flaw));
        }
        self.read.next().map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn table(places: &BTreeSet<Place>) -> PlaceTable {
        let mut file = tempfile::tempfile().unwrap();
        let mut writer = PlaceTableWriter::new(places.len() as u64);
        for place in places {
            writer.push(*place, &mut file).unwrap();
        }
        let resident = writer.finish(&mut file).unwrap();
        PlaceTable::new(Region::whole(file).unwrap(), places.len() as u64, &resident).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn what_was_put_in_is_found_and_nothing_else(
            sparse in prop::collection::btree_set((0..1_u64 << 40, 0..POSITION_LIMIT), 0..900),
            dense in prop::collection::btree_set((0..40_u64, 0..1000_u64), 0..900),
            absent in prop::collection::vec(0..1_u64 << 40, 20),
        ) {
            for places in [&sparse, &dense] {
                let table = table(places);
                let all: Vec<_> = table.iter().map(Result::unwrap).collect();
                prop_assert!(all.iter().eq(places));
                let hashes = places.iter().map(|place| place.0).chain(absent.iter().copied());
                for hash in hashes.chain(0..45) {
                    let mut found = Vec::new();
                    table.find(hash, &mut found).unwrap();
                    let expected = places.range((hash, 0)..(hash + 1, 0)).map(|place| place.1);
                    prop_assert!(found.iter().map(|position| position.get()).eq(expected));
                }
            }
        }
    }
}
