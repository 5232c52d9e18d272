//! The file `keys`: a header and one slot for each data subject.
//!
//! ```text
//! offset  size  field
//!      0     4  magic "ANVK"
//!      4     2  format version, u16 little endian: 1
//!      6     2  zero
//!      8    16  check value: the first 16 bytes of HMAC-SHA256(key-encryption key,
//!               "annals vault key check")
//!     24    72  nonce key, wrapped: nonce 24, key 32, tag 16 (XChaCha20-Poly1305 under the
//!               key-encryption key, associated data "annals nonce key")
//!     96    72  alias key, wrapped likewise, associated data "annals alias key"
//!    168    84  zero
//!    252     4  CRC-32C of bytes 0 to 252, u32 little endian
//!    256  128*n slots, see `slot.rs`
//! ```
//! Slots are only ever appended, and overwritten in place when a subject is erased. A kill or a
//! power cut while slots are appended can leave a part of a slot, one unsound slot, or slots of
//! zeros at the end: no event was sealed under those keys yet, so their room is used again.
//! Anything unsound before that, or an unsound slot that says erased, is damage. Party ids stand in
//! the file as keyed hashes only; keys are never kept in memory in the clear.

use crate::secret::{Secret, WRAPPED_BYTES};
use crate::slot::{SLOT_BYTES, Slot};
use crate::{KeyEncryptionKey, VaultError, private_file};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

const MAGIC: [u8; 4] = *b"ANVK";
const FORMAT_VERSION: u16 = 1;
const HEADER_BYTES: usize = 256;
const CHECK_BYTES: usize = 16;
const CHECK_TEXT: &[u8] = b"annals vault key check";
const NONCE_KEY_TEXT: &[u8] = b"annals nonce key";
const ALIAS_KEY_TEXT: &[u8] = b"annals alias key";
const WHAT: &str = "the vault's keys";

/// The keys of the vault's own, in the clear.
pub(crate) struct VaultKeys {
    /// Makes nonces.
    pub(crate) nonce_key: Secret,
    /// Makes the hashes of party ids and aliases.
    pub(crate) alias_key: Secret,
}

/// The number of each subject's slot.
type Slots = HashMap<[u8; 32], u32, foldhash::fast::RandomState>;

/// The open file, with where each subject's slot is.
pub(crate) struct KeyFile {
    path: PathBuf,
    file: File,
    slots: Slots,
    count: u32,
}

impl KeyFile {
    /// Makes the file with new keys of the vault's own and no subjects.
    pub(crate) fn create(path: &Path, kek: &KeyEncryptionKey) -> Result<(), VaultError> {
        if path.exists() {
            return Err(VaultError::Exists { file: path.to_owned() });
        }
        let kek = kek.secret();
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&[0; 2]);
        bytes.extend_from_slice(&check_value(kek));
        bytes.extend_from_slice(&kek.wrap(&Secret::random()?, NONCE_KEY_TEXT)?);
        bytes.extend_from_slice(&kek.wrap(&Secret::random()?, ALIAS_KEY_TEXT)?);
        bytes.resize(HEADER_BYTES - 4, 0);
        let checksum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        private_file::replace(path, &bytes)
    }

    /// Checks that the file is one of this format without reading any key.
    pub(crate) fn check(path: &Path) -> Result<(), VaultError> {
        read_header(path, &mut private_file::open_to_read(path, WHAT)?).map(|_| ())
    }

    /// Opens the file with the key it was made with.
    pub(crate) fn open(
        path: &Path,
        kek: &KeyEncryptionKey,
        open: private_file::Open,
    ) -> Result<(Self, VaultKeys), VaultError> {
        let mut file = open(path, WHAT)?;
        let header = read_header(path, &mut file)?;
        let kek = kek.secret();
        if header.check_value != check_value(kek) {
            return Err(VaultError::WrongKey { file: path.to_owned() });
        }
        let unwrap_key = |wrapped, text: &'static [u8]| {
            kek.unwrap_key(wrapped, text).ok_or_else(|| VaultError::DamagedHeader {
                file: path.to_owned(),
                what: format!("its {} does not open", text.escape_ascii()),
            })
        };
        let keys = VaultKeys {
            nonce_key: unwrap_key(&header.nonce_key, NONCE_KEY_TEXT)?,
            alias_key: unwrap_key(&header.alias_key, ALIAS_KEY_TEXT)?,
        };
        let (slots, count) = read_slots(path, &mut BufReader::with_capacity(1 << 16, &file))?;
        Ok((Self { path: path.to_owned(), file, slots, count }, keys))
    }

    /// Whether a subject has a slot, live or erased.
    pub(crate) fn has(&self, party: &[u8; 32]) -> bool {
        self.slots.contains_key(party)
    }

    /// The slot of a subject, read anew; `None` where it has none.
    pub(crate) fn find(&self, party: &[u8; 32]) -> Result<Option<Slot>, VaultError> {
        let Some(&number) = self.slots.get(party) else {
            return Ok(None);
        };
        let mut bytes = [0; SLOT_BYTES];
        self.file
            .read_exact_at(&mut bytes, offset(number))
            .map_err(VaultError::io("reading", &self.path))?;
        let slot = Slot::parse(&bytes).map_err(|what| self.damaged(number, what))?;
        if slot.party() == party {
            Ok(Some(slot))
        } else {
            Err(self.damaged(number, "it holds another subject than before".to_owned()))
        }
    }

    /// Appends slots of subjects that have none, durably.
    pub(crate) fn append(&mut self, slots: &[Slot]) -> Result<(), VaultError> {
        let full = || VaultError::Full { file: self.path.clone(), slots: self.count };
        let more = u32::try_from(slots.len()).map_err(|_| full())?;
        let count = self.count.checked_add(more).ok_or_else(full)?;
        let mut bytes = Vec::with_capacity(slots.len() * SLOT_BYTES);
        for slot in slots {
            bytes.extend_from_slice(&slot.to_bytes());
        }
        // What an append that failed left behind must not turn up beside what this one writes.
        self.file.set_len(offset(self.count)).map_err(VaultError::io("writing", &self.path))?;
        self.write_durably(self.count, &bytes)?;
        for (number, slot) in (self.count..).zip(slots) {
            self.slots.insert(*slot.party(), number);
        }
        self.count = count;
        Ok(())
    }

    /// Destroys a subject's key, durably; a subject without a slot gets an erased one.
    pub(crate) fn erase(&mut self, party: &[u8; 32]) -> Result<(), VaultError> {
        let erased = Slot::Erased { party: *party };
        match self.slots.get(party) {
            Some(&number) => self.write_durably(number, &erased.to_bytes()),
            None => self.append(&[erased]),
        }
    }

    fn write_durably(&self, number: u32, bytes: &[u8]) -> Result<(), VaultError> {
        self.file
            .write_all_at(bytes, offset(number))
            .map_err(VaultError::io("writing", &self.path))?;
        self.file.sync_data().map_err(VaultError::io("syncing", &self.path))
    }

    /// The error for a subject's slot that is sound but whose key does not open.
    pub(crate) fn damaged_key(&self, party: &[u8; 32]) -> VaultError {
        let slot = self.slots.get(party).copied().unwrap_or(self.count);
        self.damaged(slot, "its key does not open".to_owned())
    }

    fn damaged(&self, slot: u32, what: String) -> VaultError {
        VaultError::DamagedSlot { file: self.path.clone(), slot, what }
    }
}

fn check_value(kek: &Secret) -> [u8; CHECK_BYTES] {
    let hash = kek.hmac(&[CHECK_TEXT]);
    *hash.first_chunk().expect("a hash is longer than the check value")
}

fn offset(slot: u32) -> u64 {
    HEADER_BYTES as u64 + u64::from(slot) * SLOT_BYTES as u64
}

struct Header {
    check_value: [u8; CHECK_BYTES],
    nonce_key: [u8; WRAPPED_BYTES],
    alias_key: [u8; WRAPPED_BYTES],
}

fn read_header(path: &Path, file: &mut File) -> Result<Header, VaultError> {
    let damaged =
        |what: &str| VaultError::DamagedHeader { file: path.to_owned(), what: what.to_owned() };
    let mut bytes = [0; HEADER_BYTES];
    file.read_exact(&mut bytes).map_err(|error| {
        if error.kind() == std::io::ErrorKind::UnexpectedEof {
            damaged("it ends within its first 256 bytes")
        } else {
            VaultError::io("reading", path)(error)
        }
    })?;
    let (checked, checksum) = bytes.split_last_chunk::<4>().expect("a header is longer than 4");
    let (magic, rest) = take::<4>(checked);
    if magic != MAGIC {
        return Err(damaged("it does not begin with the magic ANVK"));
    }
    let (version, rest) = take::<2>(rest);
    let version = u16::from_le_bytes(version);
    if version != FORMAT_VERSION {
        return Err(VaultError::Newer { file: path.to_owned(), version });
    }
    if crc32c::crc32c(checked) != u32::from_le_bytes(*checksum) {
        return Err(damaged("its checksum does not match"));
    }
    let (_, rest) = take::<2>(rest);
    let (check_value, rest) = take(rest);
    let (nonce_key, rest) = take(rest);
    let (alias_key, _) = take(rest);
    Ok(Header { check_value, nonce_key, alias_key })
}

fn take<const N: usize>(bytes: &[u8]) -> ([u8; N], &[u8]) {
    let (head, rest) = bytes.split_first_chunk().expect("the header holds all its fields");
    (*head, rest)
}

/// Reads all slots to their end: where each subject's is, and how many there are.
fn read_slots(path: &Path, from: &mut impl Read) -> Result<(Slots, u32), VaultError> {
    let damaged =
        |slot, what: String| VaultError::DamagedSlot { file: path.to_owned(), slot, what };
    let mut slots = Slots::default();
    // The first slot that is not sound: either nothing is behind it but zeros, or it is damage.
    let mut end: Option<(u32, String)> = None;
    let mut number = 0_u32;
    while let Some(bytes) = next_slot(from).map_err(VaultError::io("reading", path))? {
        let is_unwritten = bytes.iter().all(|&byte| byte == 0);
        match (Slot::parse(&bytes), &end) {
            (_, Some(_)) if is_unwritten => {}
            (_, Some((first, what))) => return Err(damaged(*first, what.clone())),
            (Ok(slot), None) => {
                if let Some(other) = slots.insert(*slot.party(), number) {
                    return Err(damaged(number, format!("its subject is that of slot {other}")));
                }
            }
            (Err(what), None) if Slot::says_erased(&bytes) => return Err(damaged(number, what)),
            (Err(what), None) => end = Some((number, what)),
        }
        number = number
            .checked_add(1)
            .ok_or_else(|| VaultError::Full { file: path.to_owned(), slots: number })?;
    }
    Ok((slots, end.map_or(number, |(first, _)| first)))
}

/// The next whole slot; `None` at the end, where a part of one may be left.
fn next_slot(from: &mut impl Read) -> std::io::Result<Option<[u8; SLOT_BYTES]>> {
    let mut bytes = [0; SLOT_BYTES];
    match from.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
