//! The block: the records of one group commit as one value, chained to the block before.
//!
//! ```text
//! offset  size  field
//!      0     4  magic "ANBK"
//!      4     2  format version, u16 little endian: 1
//!      6     2  count of records, u16 little endian: 1 to 512
//!      8     8  position of the first record, u64 little endian
//!     16    32  SHA-256 of the header of the block before, 32 zero bytes for the first
//!     48    32  RFC 6962 root over all records up to the end of this block
//!     80     4  CRC-32C of bytes 0 to 80 and of all bytes behind the header, u32 little endian
//!     84   4*n  offset table: where each record ends, counted from the end of the table, u32
//!     little endian .     .  the records
//! ```
//! The root inside the header makes the chain of headers a chain over every record: no second hash
//! of the bytes is needed. Deliberately absent: compression (sealed volumes may have it) and any
//! record that spans blocks.

use crate::record::Record;
use annals_audit::Hash;
use annals_events::Position;
use sha2::{Digest as _, Sha256};

/// The first bytes of a block.
pub const BLOCK_MAGIC: [u8; 4] = *b"ANBK";
/// The version of the block and record format.
pub const FORMAT_VERSION: u16 = 1;
/// The most bytes of a block. An append of 88 KiB and 512 records fits with its header and table.
pub const BLOCK_BYTES_MAX: usize = 96 * 1024;
const HEADER_BYTES: usize = 84;

/// Why bytes are not a sound block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// The bytes are shorter than they must be.
    #[error("the block ends after {size_bytes} bytes, expected at least {needed_bytes}")]
    Short {
        /// How many there are.
        size_bytes: usize,
        /// How many there must be.
        needed_bytes: usize,
    },
    /// The first bytes are not a block's.
    #[error("the block does not begin with the magic ANBK")]
    Magic,
    /// A later format.
    #[error("the block has format version {0}, this build reads 1: use a newer annals")]
    Version(u16),
    /// The checksum does not match.
    #[error("the block's checksum is {computed:08x}, its header says {stored:08x}")]
    Checksum {
        /// What its header says.
        stored: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// The offsets do not lie in order inside the block.
    #[error("the block's offset table is out of order at record {index}")]
    Offsets {
        /// Which record.
        index: usize,
    },
    /// No log gets that long.
    #[error("the block says it begins at position {0}, which leaves no room for its records")]
    Place(Position),
    /// No records, or more than a block may hold.
    #[error("the block says it holds {0} records, expected 1 to 512")]
    Count(u16),
}

/// Collects records into a block.
pub struct BlockBuilder {
    first: Position,
    ends: Vec<u32>,
    records: Vec<u8>,
}

impl BlockBuilder {
    /// An empty block whose first record will have this position.
    pub fn new(first: Position) -> Self {
        Self { first, ends: Vec::new(), records: Vec::new() }
    }

    /// How many records there are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// How large the block would be with so many bytes of records more.
    pub fn size_bytes_with(&self, records: usize, bytes: usize) -> usize {
        HEADER_BYTES + 4 * (self.ends.len() + records) + self.records.len() + bytes
    }

    /// Adds a record that `write` appends to the buffer, and gives its bytes back for hashing.
    pub fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        let start = self.records.len();
        write(&mut self.records);
        let end = u32::try_from(self.records.len()).expect("a block is far smaller than 4 GiB");
        self.ends.push(end);
        self.records.get(start..).unwrap_or_default()
    }

    /// The bytes of a record that was pushed, by its position.
    pub fn record_bytes(&self, position: Position) -> Option<&[u8]> {
        let index = usize::try_from(position.get().checked_sub(self.first.get())?).ok()?;
        let end = usize::try_from(*self.ends.get(index)?).ok()?;
        let start = match index.checked_sub(1) {
            None => 0,
            Some(before) => usize::try_from(*self.ends.get(before)?).ok()?,
        };
        self.records.get(start..end)
    }

    /// The block's bytes, given the hash of the header before and the root after its last record.
    pub fn finish(self, previous: Hash, root: Hash) -> Vec<u8> {
        let count = u16::try_from(self.ends.len()).expect("a block holds at most 512 records");
        let mut bytes = Vec::with_capacity(self.size_bytes_with(0, 0));
        bytes.extend_from_slice(&BLOCK_MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&count.to_le_bytes());
        bytes.extend_from_slice(&self.first.get().to_le_bytes());
        bytes.extend_from_slice(&previous.0);
        bytes.extend_from_slice(&root.0);
        let table: Vec<u8> = self.ends.iter().flat_map(|end| end.to_le_bytes()).collect();
        let checksum = crc32c::crc32c_append(crc32c::crc32c(&bytes), &table);
        let checksum = crc32c::crc32c_append(checksum, &self.records);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes.extend_from_slice(&table);
        bytes.extend_from_slice(&self.records);
        bytes
    }
}

/// A sound block: its checksum matches and every record lies inside it.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    header: &'a [u8; HEADER_BYTES],
    table: &'a [u8],
    records: &'a [u8],
    count: u16,
    first: Position,
}

impl<'a> Block<'a> {
    /// Checks bytes as a block.
    ///
    /// # Errors
    /// When they are not one, byte for byte.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BlockError> {
        let short = |needed_bytes| BlockError::Short { size_bytes: bytes.len(), needed_bytes };
        let (header, body) =
            bytes.split_first_chunk::<HEADER_BYTES>().ok_or(short(HEADER_BYTES))?;
        let (magic, rest) = split::<4>(header);
        if magic != BLOCK_MAGIC {
            return Err(BlockError::Magic);
        }
        let (version, rest) = split::<2>(rest);
        if u16::from_le_bytes(version) != FORMAT_VERSION {
            return Err(BlockError::Version(u16::from_le_bytes(version)));
        }
        let (count, rest) = split::<2>(rest);
        let (first, rest) = split::<8>(rest);
        let (stored, _) = split::<4>(rest.get(64..).unwrap_or_default());
        let computed =
            crc32c::crc32c_append(crc32c::crc32c(header.get(..80).unwrap_or_default()), body);
        if computed != u32::from_le_bytes(stored) {
            return Err(BlockError::Checksum { stored: u32::from_le_bytes(stored), computed });
        }
        let count = u16::from_le_bytes(count);
        if count == 0 || usize::from(count) > crate::append::APPEND_EVENTS_MAX {
            return Err(BlockError::Count(count));
        }
        let first = u64::from_le_bytes(first);
        if first.checked_add(u64::from(count)).is_none() {
            return Err(BlockError::Place(Position::new(first)));
        }
        let table_bytes = 4 * usize::from(count);
        let (table, records) =
            body.split_at_checked(table_bytes).ok_or(short(HEADER_BYTES + table_bytes))?;
        let block = Self { header, table, records, count, first: Position::new(first) };
        block.check_offsets()?;
        Ok(block)
    }

    fn check_offsets(&self) -> Result<(), BlockError> {
        let mut before = 0;
        for index in 0..self.count() {
            let end = self.end(index);
            if end < before || end > self.records.len() {
                return Err(BlockError::Offsets { index });
            }
            before = end;
        }
        if before == self.records.len() {
            Ok(())
        } else {
            Err(BlockError::Offsets { index: self.count() })
        }
    }

    fn end(&self, index: usize) -> usize {
        let (end, _) = split::<4>(self.table.get(4 * index..).unwrap_or_default());
        usize::try_from(u32::from_le_bytes(end)).unwrap_or(usize::MAX)
    }

    /// The position of the first record.
    pub fn first(&self) -> Position {
        self.first
    }

    /// How many records there are.
    pub fn count(&self) -> usize {
        usize::from(self.count)
    }

    /// The hash of the header before.
    pub fn previous(&self) -> Hash {
        Hash(split::<32>(self.header.get(16..).unwrap_or_default()).0)
    }

    /// The root over all records up to the end of this block.
    pub fn root(&self) -> Hash {
        Hash(split::<32>(self.header.get(48..).unwrap_or_default()).0)
    }

    /// What the next block names as the header before.
    pub fn header_hash(&self) -> Hash {
        Hash(Sha256::digest(self.header).into())
    }

    /// The bytes of a record, counted from 0; `None` behind the last.
    pub fn record_bytes(&self, index: usize) -> Option<&'a [u8]> {
        if index >= self.count() {
            return None;
        }
        let start = if index == 0 { 0 } else { self.end(index - 1) };
        self.records.get(start..self.end(index))
    }

    /// The records with their positions.
    pub fn records(&self) -> impl Iterator<Item = (Position, &'a [u8])> + '_ {
        (0..self.count())
            .filter_map(|index| Some((self.first.plus(index as u64), self.record_bytes(index)?)))
    }

    /// The bytes of a record by its position.
    pub fn record_bytes_at(&self, position: Position) -> Option<&'a [u8]> {
        let index = position.get().checked_sub(self.first.get())?;
        self.record_bytes(usize::try_from(index).ok()?)
    }

    /// A record by its position, taken apart.
    pub fn record_at(&self, position: Position) -> Option<Record<'a>> {
        Record::parse(self.record_bytes_at(position)?).ok()
    }
}

/// The first bytes of a slice that is known to be long enough; zeros stand in where it is not.
fn split<const N: usize>(bytes: &[u8]) -> ([u8; N], &[u8]) {
    bytes.split_first_chunk::<N>().map_or(([0; N], &[]), |(head, rest)| (*head, rest))
}
