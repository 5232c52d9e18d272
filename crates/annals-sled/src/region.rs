//! A part of an immutable file, read at places with positioned reads, so that threads share one
//! descriptor. Reading into memory of our own rather than mapping the file keeps a disk error an
//! error: in a mapping it would end the process.

use crate::flaw::Flaw;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

/// Some bytes of a file.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    file: Arc<File>,
    offset: u64,
    length: u64,
}

impl Region {
    /// The whole of a file.
    pub(crate) fn whole(file: File) -> Result<Self, Flaw> {
        let length = file.metadata()?.len();
        Ok(Self { file: Arc::new(file), offset: 0, length })
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// A part of it.
    pub(crate) fn part(&self, offset: u64, length: u64) -> Result<Self, Flaw> {
        match offset.checked_add(length) {
            Some(end) if end <= self.length => {
                Ok(Self { file: Arc::clone(&self.file), offset: self.offset + offset, length })
            }
            _ => Flaw::damaged(format!(
                "{length} bytes from {offset} on lie beyond the {} there are",
                self.length
            )),
        }
    }

    /// Reads bytes at an offset within it into a buffer, which it replaces.
    pub(crate) fn read_into(
        &self,
        offset: u64,
        length: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), Flaw> {
        let part = self.part(offset, length)?;
        let Ok(length) = usize::try_from(length) else {
            return Flaw::damaged(format!("{length} bytes do not fit into memory"));
        };
        into.resize(length, 0);
        part.file.read_exact_at(into, part.offset)?;
        Ok(())
    }

    /// Reads bytes at an offset within it.
    pub(crate) fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>, Flaw> {
        let mut bytes = Vec::new();
        self.read_into(offset, length, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads all of it, held against its checksum.
    pub(crate) fn read_checked(&self, checksum: u32, what: &str) -> Result<Vec<u8>, Flaw> {
        let bytes = self.read(0, self.length)?;
        let computed = crc32c::crc32c(&bytes);
        if computed != checksum {
            return Flaw::damaged(format!(
                "the checksum of the {what} is {computed:08x}, expected {checksum:08x}"
            ));
        }
        Ok(bytes)
    }
}

/// Splits off a checksum at the end of bytes, where it is theirs.
pub(crate) fn checked<'a>(bytes: &'a [u8], what: &str) -> Result<&'a [u8], Flaw> {
    let Some((body, stored)) = bytes.split_last_chunk::<4>() else {
        return Flaw::damaged(format!("{what} is too short for a checksum"));
    };
    let (stored, computed) = (u32::from_le_bytes(*stored), crc32c::crc32c(body));
    if computed != stored {
        return Flaw::damaged(format!(
            "the checksum of {what} is {computed:08x}, not {stored:08x}"
        ));
    }
    Ok(body)
}
