//! The frame of a sealed volume: what stands where in the file, and how the volume joins the log.
//!
//! ```text
//! header    magic "ANSV"; format version, u16: 1; compression, u8: 0 none, 1 LZ4 block; 0, u8;
//!           position of the first record, u64
//! sections  seven, one behind the other, in the order of [`Section`]
//! footer    where the chain stood before the volume, and where it stands behind it;
//!           for each section its bytes, u64, and its CRC-32C, u32 (0 for those whose parts have
//!           checksums of their own)
//! trailer   bytes of the footer, u32; CRC-32C of the header and the footer, u32; "ANSEALED"
//!
//! chain end count of records up to here, u64; recorded_at of the last one, i64; SHA-256 of the
//!           header of the last block, 32 bytes; the roots of the complete subtrees of the Merkle
//!           tree, largest first, 32 bytes each, one for every one in the count
//! ```
//! All integers are little endian. The volume before must end exactly where this one begins, so
//! that contiguity, chain and root are checked across files by comparing a few hundred bytes.

use crate::chain::ChainEnd;
use crate::flaw::Flaw;
use crate::options::Compression;
use crate::region::Region;
use crate::varint::Reader;
use annals_audit::{Frontier, Hash};
use annals_events::Instant;
use annals_log::FORMAT_VERSION;

const MAGIC: [u8; 4] = *b"ANSV";
const END_MAGIC: [u8; 8] = *b"ANSEALED";
pub(crate) const HEADER_BYTES: u64 = 16;
const TRAILER_BYTES: u64 = 16;
/// Two chain ends with all 64 subtrees, and the sections, are smaller.
const FOOTER_BYTES_MAX: u64 = 8192;

/// The parts of a sealed volume, in the order in which they lie in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// The records, in groups.
    Groups,
    /// For each group: bytes stored, bytes raw, count of records, CRC-32C of the bytes stored; u32.
    GroupTable,
    /// The pages of the stream table.
    Streams,
    /// Its resident part.
    StreamsResident,
    /// The pages of the id table.
    Ids,
    /// Its resident part.
    IdsResident,
    /// The nodes of the Merkle tree over 256 records that are complete in this volume, in order.
    Nodes,
}

pub(crate) const SECTIONS: usize = 7;

/// Bytes and checksum of a section.
pub(crate) type SectionSize = (u64, u32);

/// All of the frame but the sections.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) compression: Compression,
    pub(crate) start: ChainEnd,
    pub(crate) end: ChainEnd,
    pub(crate) sections: [SectionSize; SECTIONS],
}

impl Frame {
    /// The bytes at the beginning of the file.
    pub(crate) fn header(compression: Compression, start: &ChainEnd) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&[compression.code(), 0]);
        bytes.extend_from_slice(&start.next().get().to_le_bytes());
        bytes
    }

    /// Footer and trailer.
    pub(crate) fn ending(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for end in [&self.start, &self.end] {
            put_chain_end(&mut bytes, end);
        }
        for (length, checksum) in self.sections {
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(&checksum.to_le_bytes());
        }
        let length = u32::try_from(bytes.len()).expect("a footer is a few hundred bytes");
        let header = crc32c::crc32c(&Self::header(self.compression, &self.start));
        let checksum = crc32c::crc32c_append(header, &bytes);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes.extend_from_slice(&END_MAGIC);
        bytes
    }

    /// Reads and checks the frame of a file.
    pub(crate) fn read(file: &Region) -> Result<Self, Flaw> {
        let damaged = |what: &str| Flaw::Damaged(what.to_owned());
        let header = file.read(0, HEADER_BYTES)?;
        let compression = check_header(&header)?;
        let end = file.length().saturating_sub(TRAILER_BYTES);
        let trailer = file.read(end, TRAILER_BYTES)?;
        let mut reader = Reader(&trailer);
        let length = reader.u32().map_or(0, u64::from);
        let checksum = reader.u32().unwrap_or(0);
        if reader.0 != END_MAGIC || length > FOOTER_BYTES_MAX || HEADER_BYTES + length > end {
            return Err(damaged("the file does not end as a sealed volume does"));
        }
        let footer = file.read(end - length, length)?;
        let computed = crc32c::crc32c_append(crc32c::crc32c(&header), &footer);
        if computed != checksum {
            return Flaw::damaged(format!(
                "the checksum of header and footer is {computed:08x}, expected {checksum:08x}"
            ));
        }
        let frame = Self::parse(compression, &footer).ok_or(damaged("the footer is not one"))?;
        let sections: u64 = frame.sections.iter().map(|section| section.0).sum();
        if HEADER_BYTES + sections != end - length {
            return Err(damaged("the sections do not fill the file"));
        }
        if Self::header(compression, &frame.start) != header {
            return Err(damaged("the header names another first position than the footer"));
        }
        Ok(frame)
    }

    fn parse(compression: Compression, footer: &[u8]) -> Option<Self> {
        let mut reader = Reader(footer);
        let start = chain_end(&mut reader)?;
        let end = chain_end(&mut reader)?;
        let mut sections = [(0, 0); SECTIONS];
        for section in &mut sections {
            *section = (reader.u64()?, reader.u32()?);
        }
        let sound = reader.is_empty() && start.next() < end.next();
        let places = end.next().get().checked_sub(start.next().get())?;
        let sound = sound && u32::try_from(places).is_ok();
        sound.then_some(Self { compression, start, end, sections })
    }

    /// A section of the file.
    pub(crate) fn section(&self, file: &Region, section: Section) -> Result<Region, Flaw> {
        let before = self.sections.iter().take(section as usize);
        let offset = HEADER_BYTES + before.map(|section| section.0).sum::<u64>();
        file.part(offset, self.size(section).0)
    }

    pub(crate) fn size(&self, section: Section) -> SectionSize {
        self.sections.get(section as usize).copied().unwrap_or_default()
    }
}

fn check_header(header: &[u8]) -> Result<Compression, Flaw> {
    let mut reader = Reader(header);
    if reader.array() != Some(MAGIC) {
        return Flaw::damaged("the file does not begin with the magic ANSV");
    }
    let version = reader.array().map_or(0, u16::from_le_bytes);
    if version != FORMAT_VERSION {
        return Err(Flaw::Newer(version));
    }
    let code = reader.array::<2>().unwrap_or_default();
    match code {
        [code, 0] => Compression::from_code(code),
        _ => None,
    }
    .ok_or_else(|| Flaw::Damaged(format!("{code:?} is no compression")))
}

pub(crate) fn put_chain_end(to: &mut Vec<u8>, end: &ChainEnd) {
    to.extend_from_slice(&end.next().get().to_le_bytes());
    to.extend_from_slice(&end.head().recorded_at.unix_nanoseconds().to_le_bytes());
    to.extend_from_slice(&end.previous().0);
    for subtree in end.frontier().subtrees() {
        to.extend_from_slice(&subtree.0);
    }
}

pub(crate) fn chain_end(reader: &mut Reader<'_>) -> Option<ChainEnd> {
    let count = reader.u64()?;
    let recorded_at = Instant::from_unix_nanoseconds(reader.array().map(i64::from_le_bytes)?);
    let previous = Hash(reader.array()?);
    let subtrees: Option<Vec<_>> =
        (0..count.count_ones()).map(|_| reader.array().map(Hash)).collect();
    let frontier = Frontier::from_subtrees(count, subtrees?)?;
    Some(ChainEnd::at(frontier, previous, recorded_at))
}
