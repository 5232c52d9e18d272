//! A generation: the states of one projection as one sorted, checksummed file that never changes.
//!
//! ```text
//! header
//!      0     4  magic "ANVG"
//!      4     2  format version, u16 little endian: 1
//!      6     2  n = bytes of the projection's name, u16 little endian
//!      8     4  version of the projection, u32 little endian
//!     12     8  number of the generation, u64 little endian
//!     20     n  name of the projection
//!   20+n     4  CRC-32C of all bytes before, u32 little endian
//! blocks, one behind the other, each
//!      .     .  records, whole, until they take 64 KiB or more:
//!               bytes of the key u32, bytes of the state u32 (little endian), key, state
//! index, an entry for each block
//!      0     8  offset of the block in the file, u64 little endian
//!      8     4  bytes of the block, u32 little endian
//!     12     4  CRC-32C of the block, u32 little endian
//!     16     4  bytes of its first key, u32 little endian
//!     20     .  its first key
//! footer
//!      0     8  offset of the index in the file, u64 little endian
//!      8     8  bytes of the index, u64 little endian
//!     16     8  count of records, u64 little endian
//!     24     4  CRC-32C of the index, u32 little endian
//!     28     4  zero
//!     32     4  magic "ANGE"
//!     36     4  CRC-32C of bytes 0 to 36 of the footer, u32 little endian
//! ```
//! Keys ascend strictly, as bytes. Through the index the last checksum depends on every byte of
//! every block, so it tells one generation from any other. Opening reads header, index and footer;
//! a block is checked whenever it is read. Deliberately absent: compression, and a cache of blocks
//! (the operating system has one).

use crate::view_store_error::Unreadable;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) const HEADER_MAGIC: [u8; 4] = *b"ANVG";
pub(crate) const FOOTER_MAGIC: [u8; 4] = *b"ANGE";
pub(crate) const FORMAT_VERSION: u16 = 1;
pub(crate) const FOOTER_BYTES: usize = 40;

/// Which projection states belong to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProjectionKey {
    pub(crate) name: String,
    pub(crate) version: u32,
}

impl std::fmt::Display for ProjectionKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} version {}", self.name, self.version)
    }
}

/// The header of a generation's file.
pub(crate) fn header(projection: &ProjectionKey, number: u64) -> Vec<u8> {
    let name = projection.name.as_bytes();
    let mut bytes = HEADER_MAGIC.to_vec();
    bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    let length = u16::try_from(name.len()).expect("a projection's name has at most 64 bytes");
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&projection.version.to_le_bytes());
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(name);
    let checksum = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

/// A key and its state.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// A generation's file, open for reading.
pub(crate) struct Generation {
    path: PathBuf,
    file: Mutex<File>,
    blocks: Vec<BlockPlace>,
    checksum: u32,
}

struct BlockPlace {
    offset: u64,
    size_bytes: u32,
    checksum: u32,
    first_key: Vec<u8>,
}

impl Generation {
    /// Opens a file as this generation of this projection.
    pub(crate) fn open(
        path: &Path,
        projection: &ProjectionKey,
        number: u64,
    ) -> Result<Self, Unreadable> {
        let mut file = File::open(path).map_err(Unreadable::io(path))?;
        let header = header(projection, number);
        let read = read_tables(&mut file, &header).map_err(Unreadable::io(path))?;
        let (blocks, footer) =
            read.map_err(|what| Unreadable::Damaged(format!("{}: {what}", path.display())))?;
        let checksum = footer.checksum();
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), blocks, checksum })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The last checksum of the file.
    pub(crate) fn checksum(&self) -> u32 {
        self.checksum
    }

    /// The state of a key.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Unreadable> {
        let behind = self.blocks.partition_point(|block| block.first_key.as_slice() <= key);
        let Some(place) = behind.checked_sub(1).and_then(|index| self.blocks.get(index)) else {
            return Ok(None);
        };
        for record in Records(&self.read(place)?) {
            let (found, state) = record.ok_or_else(|| self.damaged(place, "a record"))?;
            if found == key {
                return Ok(Some(state.to_vec()));
            }
        }
        Ok(None)
    }

    /// All records in the order of their keys, in so many parts of about the same size, each with
    /// the first key of the next. The file is kept open, so that they can be read to their end
    /// though it is deleted meanwhile.
    pub(crate) fn rows(self: &Arc<Self>, parts: usize) -> Vec<(Rows, Option<&[u8]>)> {
        let all = self.blocks.len();
        let size = all.div_ceil(parts.max(1)).max(1);
        let part = |start: usize| {
            let end = all.min(start + size);
            let of_block = Vec::new().into_iter();
            let next = self.blocks.get(end).map(|block| block.first_key.as_slice());
            (Rows { generation: Arc::clone(self), blocks: start..end, of_block }, next)
        };
        (0..all.max(1)).step_by(size).map(part).collect()
    }

    fn read_rows(&self, place: &BlockPlace) -> Result<Vec<Row>, Unreadable> {
        Records(&self.read(place)?)
            .map(|record| {
                let (key, state) = record.ok_or_else(|| self.damaged(place, "a record"))?;
                Ok((key.to_vec(), state.to_vec()))
            })
            .collect()
    }

    /// The records of a block, their checksum proved.
    fn read(&self, place: &BlockPlace) -> Result<Vec<u8>, Unreadable> {
        let mut bytes = vec![0; usize::try_from(place.size_bytes).unwrap_or(usize::MAX)];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(place.offset))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(Unreadable::io(&self.path))?;
        drop(file);
        if place.checksum == crc32c::crc32c(&bytes) {
            Ok(bytes)
        } else {
            Err(self.damaged(place, "the checksum"))
        }
    }

    fn damaged(&self, place: &BlockPlace, what: &str) -> Unreadable {
        let (path, offset) = (self.path.display(), place.offset);
        Unreadable::Damaged(format!("{path}: {what} of the block at byte {offset} is wrong"))
    }
}

/// The records of some blocks of a generation, one after the other.
pub(crate) struct Rows {
    generation: Arc<Generation>,
    blocks: Range<usize>,
    of_block: std::vec::IntoIter<Row>,
}

impl Iterator for Rows {
    type Item = Result<Row, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.of_block.next() {
                return Some(Ok(row));
            }
            let place = self.generation.blocks.get(self.blocks.next()?)?;
            match self.generation.read_rows(place) {
                Ok(rows) => self.of_block = rows.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Takes records apart; `None` for one that does not lie inside the bytes.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = Option<(&'a [u8], &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let mut rest = self.0;
        let record = take_record(&mut rest);
        self.0 = if record.is_some() { rest } else { &[] };
        Some(record)
    }
}

fn take_record<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let key_bytes = take_u32(rest)?;
    let state_bytes = take_u32(rest)?;
    Some((take(rest, key_bytes)?, take(rest, state_bytes)?))
}

fn take<'a>(rest: &mut &'a [u8], count: u32) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(usize::try_from(count).ok()?)?;
    *rest = tail;
    Some(head)
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(u32::from_le_bytes(*head))
}

fn take_u64(rest: &mut &[u8]) -> Option<u64> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(u64::from_le_bytes(*head))
}

type Tables = (Vec<BlockPlace>, Footer);

/// Reads header, footer and index, or says what is wrong with them.
fn read_tables(file: &mut File, header: &[u8]) -> std::io::Result<Result<Tables, String>> {
    let size_bytes = file.metadata()?.len();
    let mut start = vec![0; header.len()];
    file.read_exact(&mut start)?;
    if start != header {
        return Ok(Err("the header is not that of this projection and generation".to_owned()));
    }
    let Some(footer_offset) = size_bytes.checked_sub(FOOTER_BYTES as u64) else {
        return Ok(Err("the file is shorter than its footer".to_owned()));
    };
    let mut bytes = [0; FOOTER_BYTES];
    file.seek(SeekFrom::Start(footer_offset))?;
    file.read_exact(&mut bytes)?;
    let Some(footer) = Footer::parse(&bytes) else {
        return Ok(Err("the footer is unsound".to_owned()));
    };
    let index_end = footer.index_offset.checked_add(footer.index_bytes);
    if index_end != Some(footer_offset) {
        return Ok(Err("the index does not lie before the footer".to_owned()));
    }
    let Ok(index_bytes) = usize::try_from(footer.index_bytes) else {
        return Ok(Err("the index is larger than memory".to_owned()));
    };
    let mut index = vec![0; index_bytes];
    file.seek(SeekFrom::Start(footer.index_offset))?;
    file.read_exact(&mut index)?;
    if crc32c::crc32c(&index) != footer.index_checksum {
        return Ok(Err("the checksum of the index is wrong".to_owned()));
    }
    let blocks = read_index(&index, header.len() as u64, footer.index_offset);
    let tables = blocks.map(|blocks| (blocks, footer));
    Ok(tables.ok_or_else(|| "the index does not list the blocks in order".to_owned()))
}

/// The end of a generation's file.
pub(crate) struct Footer {
    pub(crate) index_offset: u64,
    pub(crate) index_bytes: u64,
    pub(crate) count: u64,
    pub(crate) index_checksum: u32,
}

impl Footer {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FOOTER_BYTES);
        bytes.extend_from_slice(&self.index_offset.to_le_bytes());
        bytes.extend_from_slice(&self.index_bytes.to_le_bytes());
        bytes.extend_from_slice(&self.count.to_le_bytes());
        bytes.extend_from_slice(&self.index_checksum.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&FOOTER_MAGIC);
        let checksum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// The checksum at its end.
    fn checksum(&self) -> u32 {
        let bytes = self.to_bytes();
        bytes.last_chunk().map_or(0, |checksum| u32::from_le_bytes(*checksum))
    }

    /// Reads a footer; strict: writing it again gives the same bytes.
    fn parse(bytes: &[u8; FOOTER_BYTES]) -> Option<Self> {
        let mut rest = bytes.as_slice();
        let footer = Self {
            index_offset: take_u64(&mut rest)?,
            index_bytes: take_u64(&mut rest)?,
            count: take_u64(&mut rest)?,
            index_checksum: take_u32(&mut rest)?,
        };
        (footer.to_bytes() == bytes).then_some(footer)
    }
}

/// Reads the index; `None` unless its blocks lie one behind the other from `start` to `end` and
/// their first keys ascend.
fn read_index(mut rest: &[u8], start: u64, end: u64) -> Option<Vec<BlockPlace>> {
    let mut blocks: Vec<BlockPlace> = Vec::new();
    let mut at = start;
    while !rest.is_empty() {
        let offset = take_u64(&mut rest)?;
        let size_bytes = take_u32(&mut rest)?;
        let checksum = take_u32(&mut rest)?;
        let key_bytes = take_u32(&mut rest)?;
        let first_key = take(&mut rest, key_bytes)?.to_vec();
        let ascends = blocks.last().is_none_or(|before| before.first_key < first_key);
        if offset != at || size_bytes == 0 || !ascends {
            return None;
        }
        at = at.checked_add(u64::from(size_bytes)).filter(|at| *at <= end)?;
        blocks.push(BlockPlace { offset, size_bytes, checksum, first_key });
    }
    (at == end).then_some(blocks)
}
