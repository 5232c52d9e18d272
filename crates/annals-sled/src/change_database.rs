//! The sled database `views/changes`: where each projection stands, and what changed since its
//! generation.
//!
//! ```text
//! marker      key: 0
//!             value: "annals views 1", the format; in every database since it was made
//! prefix      bytes of the name u8, name, version of the projection u32 big endian
//! head        key: prefix
//!             value: position u64, generation u64, count of changed states u64, count of all
//!             entries u64, sum of the entries' checksums u64, checksum at the end of the
//!             generation's file u32 (0 for none), CRC-32C of the 44 bytes before u32; all little
//!             endian
//! entry       key: prefix, generation u64 big endian, 1 for a state or 2 for a value, its own key
//!             value: CRC-32C of the entry's key and the bytes behind the checksum u32 little
//!             endian, 1 and the bytes, or 0 where the generation's state is gone
//! ```
//! A head and the entries that go with it are written in one batch, which sled recovers whole or
//! not at all. Should that ever fail, counts and sum tell. sled may take damage for the end of its
//! log, or for an empty database, and lose what is written after it as well; so a database in which
//! anything does not match is removed whole and begins anew. Entries of another generation than
//! their head's are no damage: a kill left them over from a switch.

use crate::database::Database;
use crate::generation::ProjectionKey;
use crate::open_volume::{Released, is_in_use, panic_text};
use crate::view_store_error::{Unreadable, ViewStoreError};
use annals_events::Position;
use sled::{Batch, IVec};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

const SEGMENT_BYTES: usize = 2 << 20;
const CACHE_BYTES: u64 = 32 << 20;
/// No projection has an empty name, so no prefix begins so.
const MARKER_KEY: [u8; 1] = [0];
const MARKER: &[u8] = b"annals views 1";
const STATE: u8 = 1;
const VALUE: u8 = 2;
/// Left-over entries are removed so many at a time.
const ENTRIES_PER_CLEARING: usize = 1000;

/// Where a projection stands, and what its entries add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) position: Position,
    /// The generation whose file the states lie in; 0 for none, all states are entries then.
    pub(crate) generation: u64,
    /// How many entries are states.
    pub(crate) changes: u64,
    entries: u64,
    sum: u64,
    /// What the generation's file must end with, so that no other is taken for it.
    pub(crate) file_checksum: u32,
}

impl Head {
    /// A projection that begins, with no entries yet.
    pub(crate) fn beginning(generation: u64, file_checksum: u32) -> Self {
        Self { generation, file_checksum, ..Self::default() }
    }

    fn to_bytes(self) -> Vec<u8> {
        let numbers = [self.position.get(), self.generation, self.changes, self.entries, self.sum];
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        bytes.extend_from_slice(&self.file_checksum.to_le_bytes());
        let checksum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.split_at_checked(40)?;
        let mut numbers =
            numbers.as_chunks::<8>().0.iter().map(|number| u64::from_le_bytes(*number));
        let head = Self {
            file_checksum: u32::from_le_bytes(*rest.first_chunk()?),
            position: Position::new(numbers.next()?),
            generation: numbers.next()?,
            changes: numbers.next()?,
            entries: numbers.next()?,
            sum: numbers.next()?,
        };
        (head.to_bytes() == bytes).then_some(head)
    }

    fn add(&mut self, kind: u8, checksum: u32) {
        self.entries += 1;
        self.changes += u64::from(kind == STATE);
        self.sum = self.sum.wrapping_add(u64::from(checksum));
    }

    fn subtract(&mut self, kind: u8, checksum: u32) {
        self.entries = self.entries.saturating_sub(1);
        self.changes = self.changes.saturating_sub(u64::from(kind == STATE));
        self.sum = self.sum.wrapping_sub(u64::from(checksum));
    }
}

/// What became of a state since the generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is this now.
    State(Vec<u8>),
    /// It is gone.
    Gone,
}

impl Change {
    /// The state as it is now.
    pub(crate) fn into_state(self) -> Option<Vec<u8>> {
        match self {
            Self::State(state) => Some(state),
            Self::Gone => None,
        }
    }
}

/// What a save writes.
#[derive(Default)]
pub(crate) struct Entries<'a> {
    /// New states; `None` where there is none any more.
    pub(crate) states: BTreeMap<&'a [u8], Option<&'a [u8]>>,
    /// New values by name.
    pub(crate) values: BTreeMap<&'a str, &'a [u8]>,
}

/// The open database. Dropping it waits until another process can open it.
pub(crate) struct ChangeDatabase {
    // The order counts: the database is let go of before the lock is waited for.
    database: Database,
    _released: Released,
    directory: PathBuf,
}

impl ChangeDatabase {
    /// Opens the database in a directory, or makes it, and reads every head in it.
    pub(crate) fn open(
        directory: &Path,
    ) -> Result<(Self, BTreeMap<ProjectionKey, Head>), Unreadable> {
        let path = directory.join("db");
        if is_in_use(&path).map_err(Unreadable::io(&path))? {
            return Err(Unreadable::Refused(in_use(directory)));
        }
        let config = sled::Config::new()
            .path(directory)
            .segment_size(SEGMENT_BYTES)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(None);
        let is_new = !path.exists();
        let database = Database::from(guarded(directory, || config.open())?);
        let file = File::open(&path).map_err(Unreadable::io(&path))?;
        let changes = Self { database, _released: Released(file), directory: directory.to_owned() };
        if is_new {
            guarded(directory, || {
                changes.database.insert(MARKER_KEY, MARKER)?;
                changes.database.flush()
            })?;
        }
        let heads = changes.read_heads()?;
        Ok((changes, heads))
    }

    /// What became of a key's state since the generation; `None` where nothing did.
    pub(crate) fn state(
        &self,
        projection: &ProjectionKey,
        generation: u64,
        key: &[u8],
    ) -> Result<Option<Change>, Unreadable> {
        self.entry(&entry_key(projection, generation, STATE, key))
    }

    /// A value by its name.
    pub(crate) fn value(
        &self,
        projection: &ProjectionKey,
        generation: u64,
        name: &str,
    ) -> Result<Option<Vec<u8>>, Unreadable> {
        let entry = self.entry(&entry_key(projection, generation, VALUE, name.as_bytes()))?;
        Ok(entry.and_then(Change::into_state))
    }

    /// All states saved since the generation.
    pub(crate) fn states(
        &self,
        projection: &ProjectionKey,
        generation: u64,
    ) -> Result<BTreeMap<Vec<u8>, Change>, Unreadable> {
        let prefix = entry_key(projection, generation, STATE, &[]);
        guarded(&self.directory, || {
            self.database.scan_prefix(&prefix).collect::<sled::Result<Vec<_>>>()
        })?
        .into_iter()
        .map(|(key, value)| {
            let state = parse_entry(&key, &value).ok_or_else(|| self.damaged_entry())?;
            Ok((key.get(prefix.len()..).unwrap_or_default().to_vec(), state))
        })
        .collect()
    }

    /// Writes entries and the head that goes with them, all or nothing. The head given is the one
    /// before; the one written is given back.
    pub(crate) fn save(
        &self,
        projection: &ProjectionKey,
        mut head: Head,
        position: Position,
        entries: &Entries<'_>,
    ) -> Result<Head, Unreadable> {
        let mut batch = Batch::default();
        let states = entries.states.iter().map(|(key, state)| (STATE, *key, *state));
        let values =
            entries.values.iter().map(|(name, value)| (VALUE, name.as_bytes(), Some(*value)));
        for (kind, own_key, content) in states.chain(values) {
            let key = entry_key(projection, head.generation, kind, own_key);
            if let Some(old) = guarded(&self.directory, || self.database.get(&key))? {
                head.subtract(kind, entry_checksum(&old).ok_or_else(|| self.damaged_entry())?);
            }
            if content.is_none() && head.generation == 0 {
                batch.remove(key);
            } else {
                let (value, checksum) = entry_value(&key, content);
                head.add(kind, checksum);
                batch.insert(key, value);
            }
        }
        head.position = position;
        batch.insert(prefix(projection), head.to_bytes());
        guarded(&self.directory, || {
            self.database.apply_batch(batch)?;
            self.database.flush()
        })?;
        Ok(head)
    }

    /// Removes a projection's head, and so the projection.
    pub(crate) fn remove_head(&self, projection: &ProjectionKey) -> Result<(), Unreadable> {
        guarded(&self.directory, || {
            self.database.remove(prefix(projection))?;
            self.database.flush()
        })
        .map(drop)
    }

    /// Removes the entries of a generation that no head names any more.
    pub(crate) fn clear(
        &self,
        projection: &ProjectionKey,
        generation: u64,
    ) -> Result<(), Unreadable> {
        let mut start = prefix(projection);
        start.extend_from_slice(&generation.to_be_bytes());
        loop {
            let some = self.database.scan_prefix(&start).keys().take(ENTRIES_PER_CLEARING);
            let keys = guarded(&self.directory, || some.collect::<sled::Result<Vec<_>>>())?;
            if keys.is_empty() {
                return Ok(());
            }
            self.remove_all(keys)?;
        }
    }

    pub(crate) fn flush(&self) -> Result<(), Unreadable> {
        guarded(&self.directory, || self.database.flush()).map(drop)
    }

    fn entry(&self, key: &[u8]) -> Result<Option<Change>, Unreadable> {
        let Some(value) = guarded(&self.directory, || self.database.get(key))? else {
            return Ok(None);
        };
        parse_entry(key, &value).map(Some).ok_or_else(|| self.damaged_entry())
    }

    fn damaged_entry(&self) -> Unreadable {
        Unreadable::Damaged(format!("{}: an entry is unsound", self.directory.display()))
    }

    fn remove_all(&self, keys: Vec<IVec>) -> Result<(), Unreadable> {
        let mut batch = Batch::default();
        for key in keys {
            batch.remove(key);
        }
        guarded(&self.directory, || {
            self.database.apply_batch(batch)?;
            self.database.flush()
        })
        .map(drop)
    }

    /// Reads everything: the heads, all of which must match their entries. What is left over is
    /// removed.
    fn read_heads(&self) -> Result<BTreeMap<ProjectionKey, Head>, Unreadable> {
        let damaged = |what| Unreadable::Damaged(format!("{}: {what}", self.directory.display()));
        let mut heads: BTreeMap<ProjectionKey, Head> = BTreeMap::new();
        // What the entries found add up to.
        let mut sums: BTreeMap<ProjectionKey, Head> = BTreeMap::new();
        let mut left_over: Vec<IVec> = Vec::new();
        let mut rows = self.database.iter();
        let marker = guarded(&self.directory, || rows.next().transpose())?;
        if marker.is_none_or(|(key, value)| key != MARKER_KEY || value != MARKER) {
            return Err(damaged("the marker is missing"));
        }
        while let Some((key, value)) = guarded(&self.directory, || rows.next().transpose())? {
            let (projection, rest) =
                parse_prefix(&key).ok_or_else(|| damaged("a key is none of ours"))?;
            // A head is the shortest key with its prefix, so it comes before its entries.
            if rest.is_empty() {
                let head = Head::parse(&value).ok_or_else(|| damaged("a head is unsound"))?;
                let sum = Head::beginning(head.generation, head.file_checksum);
                let sum = Head { position: head.position, ..sum };
                sums.insert(projection.clone(), sum);
                heads.insert(projection, head);
                continue;
            }
            let (generation, kind) =
                parse_entry_place(rest).ok_or_else(|| damaged("a key is none of ours"))?;
            match sums.get_mut(&projection).filter(|sum| sum.generation == generation) {
                Some(sum) => {
                    parse_entry(&key, &value).ok_or_else(|| self.damaged_entry())?;
                    sum.add(kind, entry_checksum(&value).unwrap_or_default());
                }
                None => left_over.push(key),
            }
        }
        if sums != heads {
            return Err(damaged("a head does not match its entries"));
        }
        if !left_over.is_empty() {
            self.remove_all(left_over)?;
        }
        Ok(heads)
    }
}

/// Calls sled; a panic in it is damage, as is a file that is missing or ends early.
fn guarded<T>(directory: &Path, call: impl FnOnce() -> sled::Result<T>) -> Result<T, Unreadable> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(error))) if error.kind() == io::ErrorKind::Other => {
            // sled's own words for a lock that another process took meanwhile.
            let directory = directory.to_owned();
            Err(Unreadable::Refused(if error.to_string().contains("could not acquire lock") {
                in_use(&directory)
            } else {
                ViewStoreError::Io { file: directory, what: error.to_string() }
            }))
        }
        Ok(Err(sled::Error::Io(error))) => Err(Unreadable::io(directory)(error)),
        Ok(Err(error)) => Err(Unreadable::Damaged(error.to_string())),
        Err(panic) => Err(Unreadable::Damaged(panic_text(&*panic))),
    }
}

fn in_use(directory: &Path) -> ViewStoreError {
    ViewStoreError::InUse { directory: directory.parent().unwrap_or(directory).to_owned() }
}

fn prefix(projection: &ProjectionKey) -> Vec<u8> {
    let name = projection.name.as_bytes();
    let length = u8::try_from(name.len()).expect("a projection's name has at most 64 bytes");
    let mut bytes = Vec::with_capacity(5 + name.len());
    bytes.push(length);
    bytes.extend_from_slice(name);
    bytes.extend_from_slice(&projection.version.to_be_bytes());
    bytes
}

fn parse_prefix(key: &[u8]) -> Option<(ProjectionKey, &[u8])> {
    let (length, rest) = key.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    let (version, rest) = rest.split_first_chunk::<4>()?;
    let name = str::from_utf8(name).ok()?.to_owned();
    Some((ProjectionKey { name, version: u32::from_be_bytes(*version) }, rest))
}

fn entry_key(projection: &ProjectionKey, generation: u64, kind: u8, key: &[u8]) -> Vec<u8> {
    let mut bytes = prefix(projection);
    bytes.extend_from_slice(&generation.to_be_bytes());
    bytes.push(kind);
    bytes.extend_from_slice(key);
    bytes
}

/// Generation and kind of an entry, from what stands behind the prefix in its key.
fn parse_entry_place(rest: &[u8]) -> Option<(u64, u8)> {
    let (generation, rest) = rest.split_first_chunk::<8>()?;
    let kind = *rest.first()?;
    matches!(kind, STATE | VALUE).then(|| (u64::from_be_bytes(*generation), kind))
}

/// The stored form of an entry, and its checksum.
fn entry_value(key: &[u8], content: Option<&[u8]>) -> (Vec<u8>, u32) {
    let mut bytes = vec![0; 4];
    bytes.push(u8::from(content.is_some()));
    bytes.extend_from_slice(content.unwrap_or_default());
    let checked = bytes.get(4..).unwrap_or_default();
    let checksum = crc32c::crc32c_append(crc32c::crc32c(key), checked);
    if let Some(place) = bytes.first_chunk_mut() {
        *place = checksum.to_le_bytes();
    }
    (bytes, checksum)
}

fn entry_checksum(value: &[u8]) -> Option<u32> {
    value.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// Takes an entry apart; `None` where it is unsound.
fn parse_entry(key: &[u8], value: &[u8]) -> Option<Change> {
    let (stored, checked) = value.split_first_chunk::<4>()?;
    let checksum = crc32c::crc32c_append(crc32c::crc32c(key), checked);
    if checksum.to_le_bytes() != *stored {
        return None;
    }
    match checked.split_first()? {
        (1, content) => Some(Change::State(content.to_vec())),
        (0, []) => Some(Change::Gone),
        _ => None,
    }
}
