//! The sled database `views/changes`: where each projection stands, and what changed since its
//! generation.
//!
//! ```text
//! prefix      bytes of the name u8, name, version of the projection u32 big endian
//! head        key: prefix
//!             value: position u64, generation u64, count of changed states u64, count of all
//!             entries u64, sum of the entries' checksums u64, CRC-32C of the 40 bytes before u32;
//!             all little endian
//! entry       key: prefix, generation u64 big endian, 1 for a state or 2 for a value, its own key
//!             value: CRC-32C of the entry's key and the bytes behind the checksum u32 little
//!             endian, 1 and the bytes, or 0 where the generation's state is gone
//! ```
//! A head and the entries that go with it are written in one batch, which sled recovers whole or
//! not at all. Should that ever fail, counts and sum tell: a head that does not match its entries is
//! no head. Entries of another generation than the head's are left over from a switch.

use crate::generation::ProjectionKey;
use crate::open_volume::{Released, is_in_use, panic_text};
use crate::view_store_error::{Unreadable, ViewStoreError};
use annals_events::Position;
use sled::{Batch, IVec};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

const SEGMENT_BYTES: usize = 2 << 20;
const CACHE_BYTES: u64 = 32 << 20;
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
}

impl Head {
    /// A projection that begins, with no entries yet.
    pub(crate) fn beginning(generation: u64) -> Self {
        Self { generation, ..Self::default() }
    }

    fn to_bytes(self) -> Vec<u8> {
        let numbers = [self.position.get(), self.generation, self.changes, self.entries, self.sum];
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let checksum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (numbers, _) = bytes.as_chunks::<8>();
        let mut numbers = numbers.iter().map(|number| u64::from_le_bytes(*number));
        let head = Self {
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
    database: sled::Db,
    _released: Released,
    directory: PathBuf,
}

impl ChangeDatabase {
    /// Opens the database in a directory, or makes it, and reads every head in it. What is damaged
    /// is removed: a whole database that cannot be read, or one head that does not match its
    /// entries.
    pub(crate) fn open(
        directory: &Path,
    ) -> Result<(Self, BTreeMap<ProjectionKey, Head>), ViewStoreError> {
        let file = directory.join("db");
        if is_in_use(&file).map_err(ViewStoreError::io(&file))? {
            let directory = directory.parent().unwrap_or(directory).to_owned();
            return Err(ViewStoreError::InUse { directory });
        }
        match Self::open_sound(directory) {
            Err(Unreadable::Damaged(what)) => {
                tracing::warn!(directory = %directory.display(), what,
                    "the changes of the views are damaged and begin anew");
                fs::remove_dir_all(directory).map_err(ViewStoreError::io(directory))?;
                match Self::open_sound(directory) {
                    Err(Unreadable::Damaged(what)) => {
                        Err(ViewStoreError::Io { file: directory.to_owned(), what })
                    }
                    Err(Unreadable::Refused(error)) => Err(error),
                    Ok(opened) => Ok(opened),
                }
            }
            Err(Unreadable::Refused(error)) => Err(error),
            Ok(opened) => Ok(opened),
        }
    }

    fn open_sound(directory: &Path) -> Result<(Self, BTreeMap<ProjectionKey, Head>), Unreadable> {
        let config = sled::Config::new()
            .path(directory)
            .segment_size(SEGMENT_BYTES)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(None);
        let database = guarded(directory, || config.open())?;
        let file = directory.join("db");
        let file = File::open(&file).map_err(Unreadable::io(&file))?;
        let changes = Self { database, _released: Released(file), directory: directory.to_owned() };
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

    /// Reads everything: the heads that match their entries. All else is removed.
    fn read_heads(&self) -> Result<BTreeMap<ProjectionKey, Head>, Unreadable> {
        let mut heads: BTreeMap<ProjectionKey, Head> = BTreeMap::new();
        let mut found: BTreeMap<ProjectionKey, Head> = BTreeMap::new();
        let mut left_over: Vec<IVec> = Vec::new();
        let mut iterator = self.database.iter();
        while let Some((key, value)) = guarded(&self.directory, || iterator.next().transpose())? {
            let Some((projection, rest)) = parse_prefix(&key) else {
                left_over.push(key);
                continue;
            };
            // A head is the shortest key with its prefix, so it comes before its entries.
            if rest.is_empty() {
                if let Some(head) = Head::parse(&value) {
                    let sum = Head { position: head.position, ..Head::beginning(head.generation) };
                    found.insert(projection.clone(), sum);
                    heads.insert(projection, head);
                } else {
                    left_over.push(key);
                }
                continue;
            }
            let entry = parse_entry_place(rest).filter(|(generation, _)| {
                heads.get(&projection).is_some_and(|head| head.generation == *generation)
            });
            match (entry, found.get_mut(&projection)) {
                (Some((_, kind)), Some(sum)) if parse_entry(&key, &value).is_some() => {
                    sum.add(kind, entry_checksum(&value).unwrap_or_default());
                }
                _ => left_over.push(key),
            }
        }
        heads.retain(|projection, head| found.get(projection) == Some(head));
        left_over.extend(found.keys().filter(|projection| !heads.contains_key(projection)).map(
            |projection| {
                tracing::warn!(%projection, "saved states do not match their head: built anew");
                IVec::from(prefix(projection))
            },
        ));
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
                ViewStoreError::InUse { directory }
            } else {
                ViewStoreError::Io { file: directory, what: error.to_string() }
            }))
        }
        Ok(Err(sled::Error::Io(error))) => Err(Unreadable::io(directory)(error)),
        Ok(Err(error)) => Err(Unreadable::Damaged(error.to_string())),
        Err(panic) => Err(Unreadable::Damaged(panic_text(&*panic))),
    }
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
