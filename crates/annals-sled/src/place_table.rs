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
/// How many pages are read together where all of them are wanted.
const PAGES_AT_ONCE: u64 = 32;

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
    let mut eight = [0; 8];
    eight[3..].copy_from_slice(five);
    u64::from_be_bytes(eight)
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
        self.iter_at_page(0)
    }

    /// The entries in order from the first on whose hash is no smaller.
    pub(crate) fn iter_from(&self, hash: u64) -> Result<Places<'_>, Flaw> {
        // Equal hashes may begin at the end of the page before the first that begins with them.
        let page = self.first_hashes.partition_point(|first| *first < hash).saturating_sub(1);
        let mut places = self.iter_at_page(page as u64);
        while let Some(before) = places.below(hash)? {
            places.next += before;
        }
        Ok(places)
    }

    fn iter_at_page(&self, page: u64) -> Places<'_> {
        let (bytes, read) = (Vec::new(), Vec::new());
        Places { table: self, next_page: page, bytes, read, next: 0 }
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
    bytes: Vec<u8>,
    read: Vec<Place>,
    /// How many of those read have been given.
    next: usize,
}

impl Places<'_> {
    /// Reads on where all that was read has been given; whether there is more.
    fn read_on(&mut self) -> Result<bool, Flaw> {
        if self.next < self.read.len() {
            return Ok(true);
        }
        self.read.clear();
        self.next = 0;
        let offset = self.next_page * PAGE_BYTES;
        let left = self.table.pages.length().saturating_sub(offset);
        if left == 0 {
            return Ok(false);
        }
        self.next_page += PAGES_AT_ONCE;
        self.read_pages(offset, left.min(PAGES_AT_ONCE * PAGE_BYTES)).inspect_err(|_| {
            self.read.clear();
            self.next_page = u64::MAX / PAGE_BYTES;
        })?;
        Ok(true)
    }

    fn read_pages(&mut self, offset: u64, length: u64) -> Result<(), Flaw> {
        self.table.pages.read_into(offset, length, &mut self.bytes)?;
        for page in self.bytes.chunks(PAGE_ENTRIES_BYTES + 4) {
            let (entries, _) = checked(page, "a page of places")?.as_chunks();
            self.read.extend(entries.iter().map(place));
        }
        Ok(())
    }

    /// Those that were read and not given yet.
    fn rest(&self) -> &[Place] {
        self.read.get(self.next..).unwrap_or_default()
    }

    /// How many of the next entries that lie together have smaller hashes than this; `None` where
    /// the next has not, or there is none.
    fn below(&mut self, limit: u64) -> Result<Option<usize>, Flaw> {
        if !self.read_on()? {
            return Ok(None);
        }
        let below = self.rest().partition_point(|place| place.0 < limit);
        Ok(Some(below).filter(|below| *below > 0))
    }

    /// The next entries that lie together, in order; none at the end.
    pub(crate) fn next_together(&mut self) -> Result<&[Place], Flaw> {
        self.read_on()?;
        let given = std::mem::replace(&mut self.next, self.read.len());
        Ok(self.read.get(given..).unwrap_or_default())
    }

    /// Adds the next entries with smaller hashes than this.
    pub(crate) fn take_below(&mut self, limit: u64, into: &mut Vec<Place>) -> Result<(), Flaw> {
        while let Some(below) = self.below(limit)? {
            into.extend_from_slice(self.rest().get(..below).unwrap_or_default());
            self.next += below;
        }
        Ok(())
    }
}

impl Iterator for Places<'_> {
    type Item = Result<Place, Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(flaw) = self.read_on() {
            return Some(Err(flaw));
        }
        let place = self.read.get(self.next).copied()?;
        self.next += 1;
        Some(Ok(place))
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
                for from in absent.iter().copied().chain(0..45) {
                    let mut behind = Vec::new();
                    let mut iter = table.iter_from(from).unwrap();
                    iter.take_below(from + 7, &mut behind).unwrap();
                    behind.extend(iter.map(Result::unwrap));
                    prop_assert!(behind.iter().eq(places.range((from, 0)..)));
                }
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
