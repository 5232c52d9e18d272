//! The vault: its directory, its two states (unlocked and locked), erasure and aliases. Sealing and
//! opening are in `seal.rs`.

use crate::alias::normalised;
use crate::alias_index::AliasIndex;
use crate::key_file::{KeyFile, VaultKeys};
use crate::secret::Secret;
use crate::slot::Slot;
use crate::{KeyEncryptionKey, VaultError, private_file};
use annals_events::{IdType, PartyId};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The subjects' keys of one ledger.
///
/// Without the key-encryption key it is *locked*: sealing, erasing and aliases are refused, fields
/// open as [`crate::Opened::Locked`], and everything else of the ledger works.
pub struct Vault {
    directory: PathBuf,
    unlocked: Option<Unlocked>,
    is_read_only: bool,
}

pub(crate) struct Unlocked {
    kek: KeyEncryptionKey,
    keys: VaultKeys,
    key_file: Mutex<KeyFile>,
    aliases: Mutex<AliasIndex>,
}

/// What an erasure found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// The subject's key was there and is destroyed.
    KeyDestroyed,
    /// Nothing was ever sealed for the subject; from now on nothing will be.
    NoKeyHeld,
    /// The subject was erased before.
    AlreadyErased,
}

impl Vault {
    /// Makes a vault in a directory, which is made where it is missing, and opens it.
    ///
    /// # Errors
    /// When there is a vault already, or the operating system refuses.
    pub fn create(directory: &Path, kek: &KeyEncryptionKey) -> Result<Self, VaultError> {
        std::fs::create_dir_all(directory).map_err(VaultError::io("creating", directory))?;
        private_file::sync_parent(directory)?;
        KeyFile::create(&keys_path(directory), kek)?;
        AliasIndex::write(&aliases_path(directory), BTreeMap::new())?;
        Self::open(directory, Some(kek))
    }

    /// Opens a vault; locked where no key is given. Without a key there need not be a vault
    /// either: a ledger that was restored without it is read as one whose key is elsewhere.
    ///
    /// # Errors
    /// When there is a key and no vault, the key is another vault's, the file is damaged or of a
    /// later format. A damaged slot is an error only with a key: without one the ledger can still
    /// be read, all but personal fields.
    pub fn open(directory: &Path, kek: Option<&KeyEncryptionKey>) -> Result<Self, VaultError> {
        let unlocked = unlock(directory, kek, private_file::open)?;
        Ok(Self { directory: directory.to_owned(), unlocked, is_read_only: false })
    }

    /// The same for reading only: nothing is written, and what would need it is refused.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_read_only(
        directory: &Path,
        kek: Option<&KeyEncryptionKey>,
    ) -> Result<Self, VaultError> {
        let unlocked = unlock(directory, kek, private_file::open_to_read)?;
        Ok(Self { directory: directory.to_owned(), unlocked, is_read_only: true })
    }

    /// A locked vault for reading only in the place of one whose files cannot be used.
    pub fn without_keys(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), unlocked: None, is_read_only: true }
    }

    /// Runs something that reads the vault's files, while nothing changes them.
    pub fn at_rest<T>(&self, run: impl FnOnce() -> T) -> T {
        let held = self.unlocked.as_ref().map(|unlocked| (unlocked.key_file(), unlocked.aliases()));
        let ran = run();
        drop(held);
        ran
    }

    /// Whether there is no key-encryption key here.
    pub fn is_locked(&self) -> bool {
        self.unlocked.is_none()
    }

    /// Whether it was opened for reading only.
    pub fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// Makes keys for those subjects that have none, all with one sync. Sealing does this by
    /// itself; a batch of events is faster for doing it once. Erased subjects are passed over:
    /// sealing for them is what is refused.
    ///
    /// # Errors
    /// When the vault is locked or the operating system refuses; then no key is new.
    pub fn prepare<'p>(
        &self,
        subjects: impl IntoIterator<Item = &'p PartyId>,
    ) -> Result<(), VaultError> {
        let unlocked = self.unlocked()?;
        self.prepare_hashed(subjects.into_iter().map(|party| unlocked.party_hash(party)))
    }

    /// The same for subjects as the file of keys names them.
    pub(crate) fn prepare_hashed(
        &self,
        subjects: impl IntoIterator<Item = [u8; 32]>,
    ) -> Result<(), VaultError> {
        let unlocked = self.unlocked()?;
        let mut key_file = unlocked.key_file();
        let new: BTreeSet<[u8; 32]> =
            subjects.into_iter().filter(|party| !key_file.has(party)).collect();
        if new.is_empty() {
            return Ok(());
        }
        self.writable()?;
        let slots = new
            .into_iter()
            .map(|party| {
                let wrapped = unlocked.kek.secret().wrap(&Secret::random()?, &party)?;
                Ok(Slot::Live { party, wrapped })
            })
            .collect::<Result<Vec<_>, VaultError>>()?;
        key_file.append(&slots)
    }

    /// Destroys a subject's key and aliases, durably: what was sealed under it opens as
    /// [`crate::Opened::Shredded`] from now on, and nothing more is sealed for this party id.
    /// Doing it again is harmless and completes what a crash may have cut short.
    ///
    /// # Errors
    /// When the vault is locked or damaged, or the operating system refuses.
    pub fn erase(&self, party: &PartyId) -> Result<Erasure, VaultError> {
        let unlocked = self.writable()?;
        let hash = unlocked.party_hash(party);
        let mut key_file = unlocked.key_file();
        let found = match key_file.find(&hash)? {
            Some(Slot::Live { .. }) => Erasure::KeyDestroyed,
            Some(Slot::Erased { .. }) => Erasure::AlreadyErased,
            None => Erasure::NoKeyHeld,
        };
        key_file.erase(&hash)?;
        drop(key_file);
        self.forget_aliases(party)?;
        Ok(found)
    }

    /// Whether a subject was erased.
    ///
    /// # Errors
    /// When the vault is locked (subjects are known by keyed hashes) or damaged.
    pub fn is_erased(&self, party: &PartyId) -> Result<bool, VaultError> {
        let unlocked = self.unlocked()?;
        let slot = unlocked.key_file().find(&unlocked.party_hash(party))?;
        Ok(matches!(slot, Some(Slot::Erased { .. })))
    }

    /// The keyed hash an alias is found by: HMAC-SHA256(alias key, id type || 0x00 || normalised
    /// value). E-mail addresses are trimmed and put in lower case, of telephone numbers the digits
    /// and a leading `+` count, everything else is trimmed.
    ///
    /// # Errors
    /// When the vault is locked, or nothing is left of the value to compare.
    pub fn alias_hash(&self, id_type: IdType, value: &str) -> Result<[u8; 32], VaultError> {
        let unlocked = self.unlocked()?;
        let value = normalised(id_type, value).ok_or(VaultError::EmptyAlias { id_type })?;
        Ok(unlocked.keys.alias_key.hmac(&[id_type.as_str().as_bytes(), &[0], value.as_bytes()]))
    }

    /// Makes a party findable by an identifier, durably. To be called before the event that
    /// declares it is appended: an alias without an event is harmless, an event without its alias
    /// is not found.
    ///
    /// # Errors
    /// When the vault is locked, the party was erased, nothing is left of the value to compare, or
    /// the index is damaged.
    pub fn declare_alias(
        &self,
        id_type: IdType,
        value: &str,
        party: &PartyId,
    ) -> Result<(), VaultError> {
        self.declare_aliases([(id_type, value, party)])
    }

    /// The same for many aliases, with one sync.
    ///
    /// # Errors
    /// As [`Self::declare_alias`]; then none of them is declared.
    pub fn declare_aliases<'a>(
        &self,
        aliases: impl IntoIterator<Item = (IdType, &'a str, &'a PartyId)>,
    ) -> Result<(), VaultError> {
        let hashed = aliases
            .into_iter()
            .map(|(id_type, value, party)| {
                if self.is_erased(party)? {
                    return Err(VaultError::Erased { party: party.clone() });
                }
                Ok((self.alias_hash(id_type, value)?, party))
            })
            .collect::<Result<Vec<_>, VaultError>>()?;
        self.writable()?.aliases().declare(&hashed)
    }

    /// The parties that have this value as an identifier of any type, in the order of their ids.
    ///
    /// # Errors
    /// When the vault is locked or the index is damaged.
    pub fn find_alias(&self, value: &str) -> Result<Vec<PartyId>, VaultError> {
        let unlocked = self.unlocked()?;
        let mut found = BTreeSet::new();
        for &id_type in IdType::ALL {
            match self.alias_hash(id_type, value) {
                Ok(hash) => found.extend(unlocked.aliases().find(&hash)?.iter().cloned()),
                Err(VaultError::EmptyAlias { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found.into_iter().collect())
    }

    /// Removes a party's aliases, durably.
    ///
    /// # Errors
    /// When the vault is locked or the index is damaged.
    pub fn forget_aliases(&self, party: &PartyId) -> Result<(), VaultError> {
        self.writable()?.aliases().forget(party)
    }

    /// Makes the alias index anew, from the identifiers that the log's `identity.declared` events
    /// open to. This is how a damaged or lost index is mended.
    ///
    /// # Errors
    /// When the vault is locked or the operating system refuses; then the old index stays.
    pub fn rebuild_aliases<'a>(
        &self,
        aliases: impl IntoIterator<Item = (IdType, &'a str, &'a PartyId)>,
    ) -> Result<(), VaultError> {
        let unlocked = self.writable()?;
        let mut parties: BTreeMap<[u8; 32], Vec<PartyId>> = BTreeMap::new();
        for (id_type, value, party) in aliases {
            if self.is_erased(party)? {
                continue;
            }
            let of_alias = match self.alias_hash(id_type, value) {
                Ok(hash) => parties.entry(hash).or_default(),
                Err(VaultError::EmptyAlias { .. }) => continue,
                Err(error) => return Err(error),
            };
            if !of_alias.contains(party) {
                of_alias.push(party.clone());
            }
        }
        let index = AliasIndex::write(&aliases_path(&self.directory), parties)?;
        *unlocked.aliases() = index;
        Ok(())
    }

    pub(crate) fn unlocked(&self) -> Result<&Unlocked, VaultError> {
        self.unlocked.as_ref().ok_or(VaultError::Locked)
    }

    fn writable(&self) -> Result<&Unlocked, VaultError> {
        if self.is_read_only { Err(VaultError::ReadOnly) } else { self.unlocked() }
    }
}

impl Unlocked {
    /// How the file of keys names a party. The empty id type sets it apart from every alias.
    pub(crate) fn party_hash(&self, party: &PartyId) -> [u8; 32] {
        self.keys.alias_key.hmac(&[&[0], party.as_str().as_bytes()])
    }

    pub(crate) fn nonce_key(&self) -> &Secret {
        &self.keys.nonce_key
    }

    pub(crate) fn kek(&self) -> &Secret {
        self.kek.secret()
    }

    // A panic elsewhere leaves both files consistent with memory: each changes memory last.
    pub(crate) fn key_file(&self) -> MutexGuard<'_, KeyFile> {
        self.key_file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn aliases(&self) -> MutexGuard<'_, AliasIndex> {
        self.aliases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says where the vault is and whether it is locked, never a key.
impl std::fmt::Debug for Vault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = if self.is_locked() { "locked" } else { "unlocked" };
        write!(out, "Vault({}, {state})", self.directory.display())
    }
}

/// Opens the files of a vault with its key; without one only makes sure that they are those of one.
fn unlock(
    directory: &Path,
    kek: Option<&KeyEncryptionKey>,
    open: private_file::Open,
) -> Result<Option<Unlocked>, VaultError> {
    let path = keys_path(directory);
    let Some(kek) = kek else {
        return match KeyFile::check(&path) {
            Ok(()) | Err(VaultError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        };
    };
    let (key_file, keys) = KeyFile::open(&path, kek, open)?;
    let aliases = AliasIndex::open(&aliases_path(directory), open)?;
    Ok(Some(Unlocked {
        kek: kek.clone(),
        keys,
        key_file: Mutex::new(key_file),
        aliases: Mutex::new(aliases),
    }))
}

fn keys_path(directory: &Path) -> PathBuf {
    directory.join("keys")
}

fn aliases_path(directory: &Path) -> PathBuf {
    directory.join("aliases")
}
