//! The view store: the states that projections keep, in `<ledger>/views/`.
//!
//! A projection's states are a *generation*, one sorted immutable file, and what changed since,
//! which a small sled database keeps together with the position, in one atomic write. A rebuild
//! writes a whole new generation and swaps it in. So a million states cost one sequential write,
//! and a few hundred changed ones do not rewrite the rest.
//!
//! Everything here follows from the log, so nothing here is precious: whatever is damaged, torn,
//! left over or missing counts as absent and is built anew, and deleting the folder is always safe.
//! For the same reason a save is not held against power cuts: an older save may come back, whole.
//! The store knows bytes only, no projection. Deliberately absent: two versions of one projection
//! beside each other (the later to be saved replaces the other), and any merging of changes into a
//! new generation by itself ([`ViewStatus::changes`] tells when it pays).

use crate::change_database::{ChangeDatabase, Entries, Head};
use crate::directory;
use crate::durable_name::is_durable_name;
use crate::generation::{Generation, ProjectionKey, Rows};
use crate::generation_file_writer::GenerationFileWriter;
use crate::generation_writer::GenerationWriter;
use crate::private_copy::private_copy;
use crate::view_scan::ViewScan;
use crate::view_store_error::{Unreadable, ViewStoreError};
use annals_events::Position;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tempfile::TempDir;

/// Where a projection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewStatus {
    /// The position of the next event to fold.
    pub position: Position,
    /// The number of the generation that serves; 0 where all states were saved one by one.
    pub generation: u64,
    /// How many states were saved since that generation. They are slower to keep than those of a
    /// generation, and a scan holds them in memory.
    pub changes: u64,
}

/// The saved states of all projections of one ledger. Clones are the same store.
#[derive(Clone)]
pub struct ViewStore {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    directory: PathBuf,
    changes: ChangeDatabase,
    projections: RwLock<Projections>,
    // The last: it goes when the database in it is closed.
    _copy: Option<TempDir>,
}

#[derive(Default)]
pub(crate) struct Projections {
    held: BTreeMap<ProjectionKey, Held>,
    /// Projections that turned out damaged while they were in use, and what is wrong. Until they
    /// are rebuilt, states saved one by one would be states without those before.
    lost: BTreeMap<ProjectionKey, String>,
    /// The highest number given to a generation.
    numbers: BTreeMap<ProjectionKey, u64>,
}

struct Held {
    head: Head,
    file: Option<Arc<Generation>>,
}

impl ViewStore {
    /// Opens the store in a directory, or makes it. Damage is no error: what is damaged is absent.
    ///
    /// # Errors
    /// When another process has it open, or the operating system refuses.
    pub fn open(directory: &Path) -> Result<Self, ViewStoreError> {
        Self::open_in(directory, None)
    }

    /// Opens a private copy of the store in a directory, which is not written to: what is saved is
    /// gone with the last clone. Generations are not copied but read where they are.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn open_copy(directory: &Path) -> Result<Self, ViewStoreError> {
        let changes = directory.join("changes");
        let copy = private_copy(&changes)
            .map_err(|error| ViewStoreError::Io { file: changes, what: error.to_string() })?;
        let store = copy.path().join("views");
        fs::create_dir(&store)
            .and_then(|()| fs::rename(copy.path().join("copy"), store.join("changes")))
            .and_then(|()| link_generations(directory, &store))
            .map_err(ViewStoreError::io(&store))?;
        Self::open_in(&store, Some(copy))
    }

    fn open_in(directory: &Path, copy: Option<TempDir>) -> Result<Self, ViewStoreError> {
        directory::create(directory).map_err(ViewStoreError::io(directory))?;
        let (changes, projections) = match open_sound(directory) {
            Err(Unreadable::Damaged(what)) => {
                tracing::warn!(directory = %directory.display(), what,
                    "the views are damaged: all of them are built anew");
                let changes = directory.join("changes");
                fs::remove_dir_all(&changes).map_err(ViewStoreError::io(&changes))?;
                open_sound(directory)
            }
            opened => opened,
        }
        .map_err(|error| refusal(error, directory))?;
        remove_left_over_files(directory, &projections)?;
        let projections = RwLock::new(projections);
        let shared = Shared { directory: directory.to_owned(), changes, projections, _copy: copy };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Where a projection stands; `None` where there are no states of this version, or they turned
    /// out damaged.
    ///
    /// # Errors
    /// When the name cannot be one.
    pub fn status(&self, name: &str, version: u32) -> Result<Option<ViewStatus>, ViewStoreError> {
        let projection = projection_key(name, version)?;
        let projections = self.shared.read();
        Ok(projections.held.get(&projection).map(|held| ViewStatus {
            position: held.head.position,
            generation: held.head.generation,
            changes: held.head.changes,
        }))
    }

    /// The state of a key. `None` also where the projection is absent: its status tells.
    ///
    /// # Errors
    /// When the name cannot be one, or the operating system refuses.
    pub fn get(
        &self,
        name: &str,
        version: u32,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, ViewStoreError> {
        self.read(&projection_key(name, version)?, |projection, held| {
            match (self.shared.changes.state(projection, held.head.generation, key)?, &held.file) {
                (Some(change), _) => Ok(change.into_state()),
                (None, Some(file)) => file.get(key),
                (None, None) => Ok(None),
            }
        })
    }

    /// A named value that was saved with the states; `None` also where the projection is absent.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn get_value(
        &self,
        name: &str,
        version: u32,
        value: &str,
    ) -> Result<Option<Vec<u8>>, ViewStoreError> {
        self.read(&projection_key(name, version)?, |projection, held| {
            self.shared.changes.value(projection, held.head.generation, value)
        })
    }

    /// All states in the order of their keys, as they are now, whatever is saved or swapped in
    /// while they are read. Empty where the projection is absent. A scan that meets damage gives an
    /// error, ends, and the projection is absent from then on.
    ///
    /// # Errors
    /// When the name cannot be one.
    pub fn scan(&self, name: &str, version: u32) -> Result<ViewScan, ViewStoreError> {
        let projection = projection_key(name, version)?;
        let all = self.scan_parts(name, version, 1)?.pop();
        Ok(all.unwrap_or_else(|| ViewScan::empty(Arc::clone(&self.shared), projection)))
    }

    /// The same in at most so many parts, one behind the other, to be read on a thread each.
    ///
    /// # Errors
    /// When the name cannot be one.
    pub fn scan_parts(
        &self,
        name: &str,
        version: u32,
        parts: usize,
    ) -> Result<Vec<ViewScan>, ViewStoreError> {
        let projection = projection_key(name, version)?;
        let projections = self.shared.read();
        let Some(held) = projections.held.get(&projection) else { return Ok(Vec::new()) };
        let generation = held.head.generation;
        let changes = self.shared.changes.states(&projection, generation);
        let (mut changes, mut failure) = match changes {
            Ok(changes) => (changes, None),
            Err(error) => (BTreeMap::new(), Some(error)),
        };
        let rows = match &held.file {
            Some(file) => {
                file.rows(parts).into_iter().map(|(rows, next)| (Some(rows), next)).collect()
            }
            None => vec![(None, None)],
        };
        let part = |(rows, next): (Option<Rows>, Option<&[u8]>)| {
            // What was saved of keys before the file's first belongs to the first part.
            let later = next.map(|next| changes.split_off(next)).unwrap_or_default();
            let changes = std::mem::replace(&mut changes, later);
            let store = Arc::clone(&self.shared);
            let changes = failure.take().map_or(Ok(changes), Err);
            ViewScan::new(store, projection.clone(), generation, rows, changes)
        };
        Ok(rows.into_iter().map(part).collect())
    }

    /// Saves states, values and the position they belong to, all or nothing. A `None` state is
    /// removed. Where the projection is absent it begins with these, and other versions of it go.
    ///
    /// Saves of one projection must follow each other: each says what changed since the position
    /// of the one before.
    ///
    /// # Errors
    /// When the name cannot be one, the projection turned out damaged and has not been rebuilt
    /// since, or the operating system refuses; after a refusal the projection is absent.
    pub fn save(
        &self,
        name: &str,
        version: u32,
        position: Position,
        changes: &[(Vec<u8>, Option<Vec<u8>>)],
        values: &[(String, Vec<u8>)],
    ) -> Result<(), ViewStoreError> {
        let projection = projection_key(name, version)?;
        let mut projections = self.shared.write();
        if let Some(what) = projections.lost.get(&projection) {
            return Err(damaged(&projection, what.clone()));
        }
        let begins = !projections.held.contains_key(&projection);
        let head = projections.held.get(&projection).map_or_else(Head::default, |held| held.head);
        let entries = Entries {
            states: changes.iter().map(|(key, state)| (&**key, state.as_deref())).collect(),
            values: values.iter().map(|(name, value)| (&**name, &**value)).collect(),
        };
        match self.shared.changes.save(&projection, head, position, &entries) {
            Ok(head) => {
                let file = projections.held.remove(&projection).and_then(|held| held.file);
                projections.held.insert(projection.clone(), Held { head, file });
                if begins {
                    self.shared.remove_other_versions(&mut projections, &projection);
                }
                Ok(())
            }
            Err(error) => {
                Err(self.shared.lose(&mut projections, &projection, head.generation, error))
            }
        }
    }

    /// Begins a new generation of a projection. Nothing changes for readers until it is finished.
    ///
    /// # Errors
    /// When the name cannot be one, or the operating system refuses.
    pub fn begin_generation(
        &self,
        name: &str,
        version: u32,
    ) -> Result<GenerationWriter, ViewStoreError> {
        let projection = projection_key(name, version)?;
        let mut projections = self.shared.write();
        let number = projections.numbers.entry(projection.clone()).or_default();
        *number += 1;
        let number = *number;
        drop(projections);
        let path = generation_path(&self.shared.directory, &projection, number);
        let unfinished = path.with_extension("unfinished");
        let file = GenerationFileWriter::create(&unfinished, &projection, number)?;
        Ok(GenerationWriter::new(Arc::clone(&self.shared), projection, number, file))
    }

    /// Hands everything to the operating system. Dropping the last clone does the same, and waits
    /// until another process can open the store.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn close(&self) -> Result<(), ViewStoreError> {
        self.shared.changes.flush().map_err(|error| refusal(error, &self.shared.directory))
    }

    /// Reads something of a projection; what turns out damaged is absent.
    fn read<T>(
        &self,
        projection: &ProjectionKey,
        read: impl FnOnce(&ProjectionKey, &Held) -> Result<Option<T>, Unreadable>,
    ) -> Result<Option<T>, ViewStoreError> {
        let projections = self.shared.read();
        let Some(held) = projections.held.get(projection) else {
            return Ok(None);
        };
        let generation = held.head.generation;
        let result = read(projection, held);
        drop(projections);
        match result {
            Ok(found) => Ok(found),
            Err(Unreadable::Refused(error)) => Err(error),
            Err(damage) => {
                self.shared.lose(&mut self.shared.write(), projection, generation, damage);
                Ok(None)
            }
        }
    }
}

impl std::fmt::Debug for ViewStore {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "ViewStore({})", self.shared.directory.display())
    }
}

impl Shared {
    fn read(&self) -> RwLockReadGuard<'_, Projections> {
        self.projections.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Projections> {
        self.projections.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a finished file in the place of the projection's generation.
    pub(crate) fn switch(
        &self,
        projection: &ProjectionKey,
        number: u64,
        unfinished: &Path,
        position: Position,
        values: &[(String, Vec<u8>)],
    ) -> Result<(), ViewStoreError> {
        let path = generation_path(&self.directory, projection, number);
        fs::rename(unfinished, &path).map_err(ViewStoreError::io(&path))?;
        directory::sync(&self.directory).map_err(ViewStoreError::io(&self.directory))?;
        let file = Generation::open(&path, projection, number).map_err(|e| refusal(e, &path))?;
        let head = Head::beginning(number, file.checksum());
        let values = values.iter().map(|(name, value)| (&**name, &**value)).collect();
        let entries = Entries { values, ..Entries::default() };
        let mut projections = self.write();
        let head = self
            .changes
            .save(projection, head, position, &entries)
            .map_err(|error| self.lose(&mut projections, projection, number, error))?;
        let old =
            projections.held.insert(projection.clone(), Held { head, file: Some(Arc::new(file)) });
        projections.lost.remove(projection);
        self.remove_other_versions(&mut projections, projection);
        drop(projections);
        if let Some(old) = old {
            self.remove(projection, &old);
        }
        Ok(())
    }

    /// Forgets a projection whose states cannot be read or written any more, unless another
    /// generation of it serves by now. Gives the error to answer with.
    pub(crate) fn lose(
        &self,
        projections: &mut Projections,
        projection: &ProjectionKey,
        generation: u64,
        why: Unreadable,
    ) -> ViewStoreError {
        let (what, error) = match why {
            Unreadable::Damaged(what) => (what.clone(), damaged(projection, what)),
            Unreadable::Refused(error) => (error.to_string(), error),
        };
        tracing::warn!(%projection, what, "saved states are given up: rebuild the projection");
        let serves = projections.held.get(projection).map(|held| held.head.generation);
        if serves.is_none_or(|serving| serving == generation) {
            projections.held.remove(projection);
            projections.lost.insert(projection.clone(), what);
            if let Err(error) = self.changes.remove_head(projection) {
                tracing::warn!(%projection, ?error, "its head could not be removed");
            }
        }
        error
    }

    fn remove_other_versions(&self, projections: &mut Projections, kept: &ProjectionKey) {
        let others: Vec<ProjectionKey> = projections
            .held
            .keys()
            .filter(|other| other.name == kept.name && other.version != kept.version)
            .cloned()
            .collect();
        for other in others {
            if let Some(held) = projections.held.remove(&other) {
                if let Err(error) = self.changes.remove_head(&other) {
                    tracing::warn!(projection = %other, ?error, "its head could not be removed");
                }
                self.remove(&other, &held);
            }
        }
    }

    /// Removes what nothing refers to any more. Whatever fails is done at the next opening.
    fn remove(&self, projection: &ProjectionKey, old: &Held) {
        if let Err(error) = self.changes.clear(projection, old.head.generation) {
            tracing::warn!(%projection, ?error, "old changes could not be removed");
        }
        if let Some(file) = &old.file
            && let Err(error) = fs::remove_file(file.path())
        {
            tracing::warn!(file = %file.path().display(), %error, "an old generation stays");
        }
    }
}

fn projection_key(name: &str, version: u32) -> Result<ProjectionKey, ViewStoreError> {
    if is_durable_name(name) {
        Ok(ProjectionKey { name: name.to_owned(), version })
    } else {
        Err(ViewStoreError::Name { name: name.to_owned() })
    }
}

fn damaged(projection: &ProjectionKey, what: String) -> ViewStoreError {
    ViewStoreError::Damaged { projection: projection.to_string(), what }
}

/// The error of something that only the operating system can have spoilt.
fn refusal(error: Unreadable, file: &Path) -> ViewStoreError {
    match error {
        Unreadable::Refused(error) => error,
        Unreadable::Damaged(what) => ViewStoreError::Io { file: file.to_owned(), what },
    }
}

fn generation_path(directory: &Path, projection: &ProjectionKey, number: u64) -> PathBuf {
    let ProjectionKey { name, version } = projection;
    directory.join(format!("{name}-{version}-{number}.states"))
}

/// Opens what is there, all of it or nothing: where a generation is missing or is not the one that
/// was switched to, sled may have lost a later switch, and would lose the next one too.
fn open_sound(directory: &Path) -> Result<(ChangeDatabase, Projections), Unreadable> {
    let (changes, heads) = ChangeDatabase::open(&directory.join("changes"))?;
    let mut projections = Projections::default();
    for (projection, head) in heads {
        let file = if head.generation == 0 {
            None
        } else {
            let path = generation_path(directory, &projection, head.generation);
            let file = Generation::open(&path, &projection, head.generation)?;
            if file.checksum() != head.file_checksum {
                let what = format!("{} is not the file it was", path.display());
                return Err(Unreadable::Damaged(what));
            }
            Some(Arc::new(file))
        };
        projections.numbers.insert(projection.clone(), head.generation);
        projections.held.insert(projection, Held { head, file });
    }
    Ok((changes, projections))
}

/// Names the generations of a store in a copy of it.
fn link_generations(directory: &Path, copy: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "states")
            && let Some(name) = path.file_name()
        {
            symlink(fs::canonicalize(&path)?, copy.join(name))?;
        }
    }
    Ok(())
}

/// Removes files that no projection refers to: unfinished generations, and those that a kill left
/// between two steps of a switch.
fn remove_left_over_files(
    directory: &Path,
    projections: &Projections,
) -> Result<(), ViewStoreError> {
    let files = projections.held.values().filter_map(|held| held.file.as_ref());
    let used: BTreeSet<&Path> = files.map(|file| file.path()).collect();
    for entry in fs::read_dir(directory).map_err(ViewStoreError::io(directory))? {
        let path = entry.map_err(ViewStoreError::io(directory))?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("states" | "unfinished")) && !used.contains(path.as_path()) {
            fs::remove_file(&path).map_err(ViewStoreError::io(&path))?;
        }
    }
    Ok(())
}
