//! The file `aliases`: which parties an e-mail address, telephone number or member number belongs
//! to, by keyed hash.
//!
//! ```text
//! offset  size  field
//!      0     4  magic "ANVA"
//!      4     2  format version, u16 little endian: 1
//!      6     6  zero
//!     12     4  CRC-32C of bytes 0 to 12, u32 little endian
//!     16 104*n  records:
//!          0    32  HMAC-SHA256(alias key, id type || 0x00 || normalised value)
//!         32     1  bytes of the party id, 1 to 64
//!         33    64  the party id, zeros behind it
//!         97     3  zero
//!        100     4  CRC-32C of bytes 0 to 100, u32 little endian
//! ```
//! Records are appended; the file is rewritten whole, and swapped in, when a party's aliases are
//! forgotten. It follows from the `identity.declared` events of the log for whoever has the key, so
//! damage stops only what needs the index, until it is made anew. An unsound record at the end is
//! what a kill left of an append and is written over.

use crate::{VaultError, private_file};
use annals_events::PartyId;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

const MAGIC: [u8; 4] = *b"ANVA";
const FORMAT_VERSION: u16 = 1;
const HEADER_BYTES: usize = 16;
const RECORD_BYTES: usize = 104;

type Parties = BTreeMap<[u8; 32], Vec<PartyId>>;

/// The index, in memory and on disk.
pub(crate) struct AliasIndex {
    path: PathBuf,
    sound: Result<Sound, String>,
}

struct Sound {
    file: File,
    parties: Parties,
    records: u64,
}

impl AliasIndex {
    /// Writes an index with these records in place of whatever is there.
    pub(crate) fn write(path: &Path, parties: Parties) -> Result<Self, VaultError> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + parties.len() * RECORD_BYTES);
        bytes.extend_from_slice(&header());
        for (hash, party) in pairs(&parties) {
            bytes.extend_from_slice(&record(hash, party));
        }
        private_file::replace(path, &bytes)?;
        let records = pairs(&parties).count() as u64;
        let file = private_file::open(path, "the alias index")?;
        Ok(Self { path: path.to_owned(), sound: Ok(Sound { file, parties, records }) })
    }

    /// Reads the index. Damage is kept, and answered when the index is needed.
    pub(crate) fn open(path: &Path, open: private_file::Open) -> Result<Self, VaultError> {
        let file = match open(path, "the alias index") {
            Ok(file) => file,
            Err(VaultError::Missing { .. }) => {
                return Ok(Self { path: path.to_owned(), sound: Err("it is missing".to_owned()) });
            }
            Err(error) => return Err(error),
        };
        let read = read(&mut BufReader::with_capacity(1 << 16, &file))
            .map_err(VaultError::io("reading", path))?;
        let sound = read.map(|(parties, records)| Sound { file, parties, records });
        Ok(Self { path: path.to_owned(), sound })
    }

    /// Adds aliases that are not there yet, durably.
    pub(crate) fn declare(&mut self, aliases: &[([u8; 32], &PartyId)]) -> Result<(), VaultError> {
        let (path, sound) = self.sound()?;
        let mut bytes = Vec::new();
        let mut added: Parties = BTreeMap::new();
        for &(hash, party) in aliases {
            let is_known = |parties: &Parties| {
                parties.get(&hash).is_some_and(|parties| parties.contains(party))
            };
            if !is_known(&sound.parties) && !is_known(&added) {
                bytes.extend_from_slice(&record(&hash, party));
                added.entry(hash).or_default().push(party.clone());
            }
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let end = HEADER_BYTES as u64 + sound.records * RECORD_BYTES as u64;
        sound
            .file
            .set_len(end)
            .and_then(|()| sound.file.seek(SeekFrom::Start(end)))
            .and_then(|_| sound.file.write_all(&bytes))
            .map_err(VaultError::io("writing", path))?;
        sound.file.sync_data().map_err(VaultError::io("syncing", path))?;
        sound.records += pairs(&added).count() as u64;
        for (hash, mut parties) in added {
            sound.parties.entry(hash).or_default().append(&mut parties);
        }
        Ok(())
    }

    /// The parties with this alias.
    pub(crate) fn find(&mut self, hash: &[u8; 32]) -> Result<&[PartyId], VaultError> {
        let (_, sound) = self.sound()?;
        Ok(sound.parties.get(hash).map_or(&[], Vec::as_slice))
    }

    /// Removes all aliases of a party, durably.
    pub(crate) fn forget(&mut self, party: &PartyId) -> Result<(), VaultError> {
        let (path, sound) = self.sound()?;
        if !sound.parties.values().any(|parties| parties.contains(party)) {
            return Ok(());
        }
        let mut parties = sound.parties.clone();
        for of_alias in parties.values_mut() {
            of_alias.retain(|other| other != party);
        }
        parties.retain(|_, of_alias| !of_alias.is_empty());
        let written = Self::write(path, parties)?;
        *self = written;
        Ok(())
    }

    fn sound(&mut self) -> Result<(&Path, &mut Sound), VaultError> {
        match &mut self.sound {
            Ok(sound) => Ok((&self.path, sound)),
            Err(what) => {
                Err(VaultError::DamagedAliases { file: self.path.clone(), what: what.clone() })
            }
        }
    }
}

fn pairs(parties: &Parties) -> impl Iterator<Item = (&[u8; 32], &PartyId)> {
    parties.iter().flat_map(|(hash, parties)| parties.iter().map(move |party| (hash, party)))
}

fn header() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    bytes.extend_from_slice(&[0; 6]);
    let checksum = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

fn record(hash: &[u8; 32], party: &PartyId) -> Vec<u8> {
    let id = party.as_str().as_bytes();
    let mut bytes = Vec::with_capacity(RECORD_BYTES);
    bytes.extend_from_slice(hash);
    bytes.push(u8::try_from(id.len()).expect("a party id has at most 64 bytes"));
    bytes.extend_from_slice(id);
    bytes.resize(RECORD_BYTES - 4, 0);
    let checksum = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Reads a record; strict: writing it again gives the same bytes.
fn parse(bytes: &[u8; RECORD_BYTES]) -> Option<([u8; 32], PartyId)> {
    let (hash, rest) = bytes.split_first_chunk::<32>()?;
    let (length, rest) = rest.split_first()?;
    let id = std::str::from_utf8(rest.get(..usize::from(*length))?).ok()?;
    let party = PartyId::new(id).ok()?;
    (record(hash, &party) == bytes).then_some((*hash, party))
}

/// All records and how many they are, or what is wrong with the file.
fn read(from: &mut impl Read) -> std::io::Result<Result<(Parties, u64), String>> {
    let mut start = Vec::with_capacity(HEADER_BYTES);
    from.take(HEADER_BYTES as u64).read_to_end(&mut start)?;
    if start != header() {
        return Ok(Err("its header is not that of format version 1".to_owned()));
    }
    let mut parties = Parties::new();
    let mut records = 0;
    let mut unsound = None;
    loop {
        let mut bytes = [0; RECORD_BYTES];
        match from.read_exact(&mut bytes) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Ok(Ok((parties, records)));
            }
            Err(error) => return Err(error),
        }
        if let Some(record) = unsound {
            return Ok(Err(format!("its record {record}, counted from 0, is unsound")));
        }
        match parse(&bytes) {
            Some((hash, party)) => {
                parties.entry(hash).or_default().push(party);
                records += 1;
            }
            None => unsound = Some(records),
        }
    }
}
