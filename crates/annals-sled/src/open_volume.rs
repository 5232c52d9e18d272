//! The open volume: the sled database that takes appends, one block for each group commit.
//!
//! Key = position of the block's first record, u64 big endian, so that blocks lie in order. Value =
//! the block. Small groups are durable in the journal beside it before they are in sled's file;
//! what a kill left there alone is put into sled when the volume is opened. This file is all that
//! the log's side of the crate knows of sled; it hands out bytes and knows nothing of events. sled
//! panics on damage rather than saying so, hence every call into it that reads is guarded.

use crate::chain::ChainEnd;
use crate::damage::Damage;
use crate::database::Database;
use crate::directory;
use crate::file_lock::FileLock;
use crate::journal::Journal;
use crate::layout::Layout;
use crate::open_error::OpenError;
use crate::private_copy::private_copy;
use crate::sound_block::SoundBlock;
use annals_audit::Hash;
use annals_events::Position;
use annals_log::{Block, ReadError};
use sled::IVec;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Values above a quarter of this leave sled's log for files it never syncs; blocks stay far below.
const SEGMENT_BYTES: usize = 8 << 20;
const CACHE_BYTES: u64 = 32 << 20;

/// Where a block lies and what it is.
pub(crate) type KeyAndBlock = (IVec, IVec);

/// The sled database of a ledger's log. Dropping it waits until another process can open it.
#[derive(Debug)]
pub(crate) struct OpenVolume {
    // The order counts: the database is let go of before the lock is waited for, and a copy of it
    // is removed after that.
    database: Database,
    synced: File,
    journal: Mutex<Journal>,
    /// What is wrong with the journal as it was found.
    journal_damage: Option<Damage>,
    _released: Released,
    _copy: Option<TempDir>,
    first: Position,
    file: PathBuf,
}

impl OpenVolume {
    /// The file that the volume in a directory lies in.
    pub(crate) fn file_in(dir: &Path) -> PathBuf {
        dir.join("db")
    }

    /// Opens the volume that begins at a position, or makes it.
    pub(crate) fn open(layout: &Layout, first: Position) -> Result<Self, OpenError> {
        let log_dir = layout.log_dir();
        let dir = layout.open_path(first);
        let file = Self::file_in(&dir);
        directory::create(&dir).map_err(OpenError::io(&dir))?;
        if is_in_use(&file).map_err(OpenError::io(&file))? {
            return Err(OpenError::InUse { dir: log_dir.to_owned() });
        }
        Self::open_in(&dir, &log_dir.join("quarantine"), first, file, None)
    }

    /// Opens a copy of the volume that begins at a position, or an empty one where there is none:
    /// sled writes to a database that it opens. The copy goes with the volume.
    pub(crate) fn open_copy(layout: &Layout, first: Position) -> Result<Self, OpenError> {
        Self::open_private(private_copy(&layout.open_path(first))?, layout, first)
    }

    /// An empty volume in the place of one that cannot be opened.
    pub(crate) fn stand_in(layout: &Layout, first: Position) -> Result<Self, OpenError> {
        Self::open_private(private_copy(Path::new(""))?, layout, first)
    }

    fn open_private(copy: TempDir, layout: &Layout, first: Position) -> Result<Self, OpenError> {
        let (dir, quarantine) = (copy.path().join("copy"), copy.path().join("quarantine"));
        let file = Self::file_in(&layout.open_path(first));
        Self::open_in(&dir, &quarantine, first, file, Some(copy))
    }

    /// Opens a database in a directory; messages name `file`.
    fn open_in(
        dir: &Path,
        quarantine: &Path,
        first: Position,
        file: PathBuf,
        copy: Option<TempDir>,
    ) -> Result<Self, OpenError> {
        let opened = Self::file_in(dir);
        let is_new = !opened.exists();
        let journal_file = Journal::file_in(dir);
        let journal = Journal::open(dir).map_err(OpenError::io(&journal_file))?;
        set_unfinished_aside(dir, quarantine, is_new).map_err(OpenError::io(dir))?;
        let database = open_sled(dir, &file, first)?;
        if is_new {
            for made in [dir.join("conf"), dir.to_owned()] {
                directory::sync(&made).map_err(OpenError::io(&made))?;
            }
        }
        let released = Released(File::open(&opened).map_err(OpenError::io(&file))?);
        let synced = OpenOptions::new().write(true).open(&opened).map_err(OpenError::io(&file))?;
        let blocks = journal.blocks().map_err(OpenError::io(&journal_file))?;
        let mut volume = Self {
            database,
            synced,
            journal: Mutex::new(journal),
            journal_damage: None,
            _released: released,
            _copy: copy,
            first,
            file,
        };
        volume.journal_damage = volume.take_from_journal(blocks)?;
        Ok(volume)
    }

    /// Puts the blocks of the journal that sled has not behind its last; what does not follow it is
    /// damage.
    fn take_from_journal(&self, blocks: Vec<SoundBlock>) -> Result<Option<Damage>, OpenError> {
        if blocks.is_empty() {
            return Ok(None);
        }
        let last = self.last_block().ok().flatten();
        let last = last.and_then(|(_, bytes)| SoundBlock::beginning(&bytes));
        let mut end = last.map_or((self.first, None), |last| (last.next, Some(last.header)));
        for block in blocks {
            let (next, header) = end;
            if block.next <= next {
                continue;
            }
            if block.first != next || header.is_some_and(|header| header != block.previous) {
                let first = block.first;
                let what = format!(
                    "the block at {first} does not follow the log, which ends at {next}: what came \
                     between is lost"
                );
                let file = self.journal_file();
                return Ok(Some(Damage { position: next, file, what }));
            }
            self.put_block(block.first, &block.bytes).map_err(OpenError::io(&self.file))?;
            end = (block.next, Some(block.header));
        }
        Ok(None)
    }

    /// What is wrong with its journal, which must be sound for the log to be whole.
    pub(crate) fn journal_damage(&self) -> Option<&Damage> {
        self.journal_damage.as_ref()
    }

    /// The file it lies in.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The position of its first event.
    pub(crate) fn first(&self) -> Position {
        self.first
    }

    fn journal_file(&self) -> PathBuf {
        Journal::file_in(self.file.parent().unwrap_or(&self.file))
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes all that was put durable, in the journal or, where that is full or the group large, in
    /// sled's file.
    pub(crate) fn make_durable(&self) -> io::Result<()> {
        let mut journal = self.journal();
        if !journal.make_durable()? {
            self.flush()?;
            journal.begin_anew();
        }
        Ok(())
    }

    /// Has sled write what it has, once that is more than a little: to be called behind an answer,
    /// so that not all of it is waited for when the journal is full.
    pub(crate) fn write_behind(&self) -> io::Result<()> {
        if self.journal().has_filled_piece() {
            self.database.flush().map_err(io::Error::from)?;
        }
        Ok(())
    }

    /// Makes all that was put durable in sled's file and empties the journal: a volume that takes
    /// no more for a while needs none. Where it is empty, sled's file has everything already.
    pub(crate) fn settle(&self) -> io::Result<()> {
        let mut journal = self.journal();
        if journal.size_bytes()? > 0 {
            self.flush()?;
            journal.clear()?;
        }
        Ok(())
    }

    /// sled's flush asks no disk to empty its cache, so that the file is synced behind it.
    fn flush(&self) -> io::Result<()> {
        self.database.flush().map_err(io::Error::from)?;
        self.synced.sync_data()
    }

    /// Puts a block; it is durable once a barrier has been passed.
    pub(crate) fn put(&self, first: Position, block: &[u8]) -> io::Result<()> {
        self.journal().note(block);
        self.put_block(first, block)
    }

    fn put_block(&self, first: Position, block: &[u8]) -> io::Result<()> {
        let key = first.get().to_be_bytes();
        self.database.insert(key, block)?;
        // A leaf that is too large now is split by whoever passes it next. That must not be a
        // reader: it could not, and would fail, once the disk refuses.
        self.database.contains_key(key)?;
        Ok(())
    }

    /// The blocks from the one that holds a position on, in order.
    pub(crate) fn blocks_from(
        &self,
        position: Position,
    ) -> impl Iterator<Item = Result<KeyAndBlock, ReadError>> + '_ {
        let holds = self.guarded(position, || {
            let until = position.get().to_be_bytes();
            self.database.range(..=until).next_back().transpose()
        });
        let (start, failure) = match holds {
            Ok(Some((key, _))) => (key, None),
            Ok(None) => (IVec::from(&position.get().to_be_bytes()), None),
            Err(error) => (IVec::default(), Some(Err(error))),
        };
        let blocks = self.database.range(start..);
        failure.into_iter().chain(self.guarded_iterator(position, blocks, Iterator::next))
    }

    /// The block that begins at a position or is the last that begins before it.
    pub(crate) fn block_bytes(&self, position: Position) -> Result<IVec, ReadError> {
        let found = self.guarded(position, || {
            self.database.range(..=position.get().to_be_bytes()).next_back().transpose()
        })?;
        found.map(|(_, bytes)| bytes).ok_or_else(|| self.missing(position).into())
    }

    fn last_block(&self) -> Result<Option<KeyAndBlock>, ReadError> {
        self.guarded(self.first, || self.database.iter().next_back().transpose())
    }

    /// Whether the last block ends before `next`, is in its place in the chain by the hash of its
    /// header, and, where there is none, the chain stands where it stood before the volume.
    pub(crate) fn ends_at(&self, next: Position, header: Hash, start: &ChainEnd) -> bool {
        let Ok(last) = self.last_block() else { return false };
        match last {
            None => next == start.next() && header == start.previous(),
            Some((key, bytes)) => Block::parse(&bytes).is_ok_and(|block| {
                *key == block.first().get().to_be_bytes()
                    && block.first().plus(block.count() as u64) == next
                    && block.header_hash() == header
            }),
        }
    }

    /// The position behind the last block, if there is one that is sound.
    pub(crate) fn next(&self) -> Option<Position> {
        let (_, bytes) = self.last_block().ok().flatten()?;
        let block = Block::parse(&bytes).ok()?;
        Some(block.first().plus(block.count() as u64))
    }

    /// Checks bytes as the block in which `position` is looked for.
    pub(crate) fn block<'a>(
        &self,
        bytes: &'a [u8],
        position: Position,
    ) -> Result<Block<'a>, ReadError> {
        Block::parse(bytes).map_err(|error| self.damage(position, error.to_string()).into())
    }

    /// What is said where no block holds a position that must be there.
    pub(crate) fn missing(&self, position: Position) -> Damage {
        self.damage(position, "no block holds this position".to_owned())
    }

    pub(crate) fn damage(&self, position: Position, what: String) -> Damage {
        Damage { position, file: self.file.clone(), what }
    }

    /// Removes a block behind the log's back.
    #[cfg(test)]
    pub(crate) fn remove_block(&self, first: Position) {
        self.database.remove(first.get().to_be_bytes()).expect("the block can be removed");
    }

    /// Bytes on disk.
    pub(crate) fn size_on_disk(&self) -> Result<u64, ReadError> {
        let journal = self.journal().size_bytes();
        let journal = journal.map_err(|error| ReadError::Io {
            file: self.journal_file(),
            what: error.to_string(),
        })?;
        Ok(self.guarded(self.first, || self.database.size_on_disk())? + journal)
    }

    fn guarded_iterator<I>(
        &self,
        position: Position,
        mut blocks: I,
        advance: impl Fn(&mut I) -> Option<sled::Result<KeyAndBlock>>,
    ) -> impl Iterator<Item = Result<KeyAndBlock, ReadError>> {
        std::iter::from_fn(move || {
            self.guarded(position, || advance(&mut blocks).transpose()).transpose()
        })
    }

    /// Reads from sled; a panic in it is damage.
    fn guarded<T>(
        &self,
        position: Position,
        read: impl FnOnce() -> sled::Result<T>,
    ) -> Result<T, ReadError> {
        match catch_unwind(AssertUnwindSafe(read)) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(sled::Error::Io(error))) => {
                Err(ReadError::Io { file: self.file.clone(), what: error.to_string() })
            }
            Ok(Err(error)) => Err(self.damage(position, error.to_string()).into()),
            Err(panic) => Err(self.damage(position, panic_text(&*panic)).into()),
        }
    }
}

fn open_sled(dir: &Path, file: &Path, first: Position) -> Result<Database, OpenError> {
    let config = sled::Config::new()
        .path(dir)
        .segment_size(SEGMENT_BYTES)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(None);
    let damaged = |what| OpenError::Damaged {
        position: first,
        file: file.to_owned(),
        what: format!("the database cannot be opened: {what}"),
    };
    let error = match catch_unwind(AssertUnwindSafe(|| config.open())) {
        Ok(Ok(database)) => return Ok(database.into()),
        Ok(Err(sled::Error::Io(error))) => {
            let text = error.to_string();
            if text.contains("could not acquire lock") {
                return Err(OpenError::InUse { dir: dir.to_owned() });
            }
            match error.kind() {
                io::ErrorKind::UnexpectedEof => damaged(text),
                _ => OpenError::io(file)(error),
            }
        }
        Ok(Err(error)) => damaged(error.to_string()),
        Err(panic) => damaged(panic_text(&*panic)),
    };
    // What was half open is let go of before anybody tries again.
    drop(File::open(OpenVolume::file_in(dir)).map(Released));
    Err(error)
}

pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    // The first line is what happened; sled puts structures of many lines behind it.
    text.and_then(|text| text.lines().next()).unwrap_or("unknown").to_owned()
}

/// Whether another process holds the lock of a database that exists.
pub(crate) fn is_in_use(file: &Path) -> io::Result<bool> {
    match File::open(file) {
        Ok(file) => match FileLock::take(file) {
            Ok(_) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Moves away what a process that was killed while it opened or made the database has left, and
/// that sled would take for damage: snapshots that are being written (which are derived and never
/// complete under that name), and the configuration of a database that came no further.
fn set_unfinished_aside(dir: &Path, quarantine: &Path, is_new: bool) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let Some(name) = name.to_str() else { continue };
        let is_snapshot = name.starts_with("snap.") && name.ends_with(".generating");
        if !(is_snapshot || is_new && name == "conf") {
            continue;
        }
        directory::create(quarantine)?;
        let mut aside = quarantine.join(name);
        for copy in 1.. {
            if !aside.exists() {
                break;
            }
            aside = quarantine.join(format!("{name}.{copy}"));
        }
        fs::rename(dir.join(name), &aside)?;
        tracing::warn!(from = %dir.join(name).display(), to = %aside.display(),
            "set an unfinished file aside");
    }
    directory::sync(dir)
}

/// Waits, when dropped, until the lock on the database is free. sled lets go of its files on a
/// thread of its own, a little after the database is dropped.
#[derive(Debug)]
pub(crate) struct Released(pub(crate) File);

impl Drop for Released {
    fn drop(&mut self) {
        const PATIENCE: Duration = Duration::from_secs(10);
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.0.try_lock().is_ok() {
                // Closing does not do it while a forked child has the file open.
                if let Err(error) = self.0.unlock() {
                    tracing::warn!(%error, "the database's lock was not let go of");
                }
                return;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        tracing::warn!("the database was dropped but its lock is still held");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_writes_nothing_however_many_blocks_there_are() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("open");
        directory::create(&path).unwrap();
        let (first, file) = (Position::START, OpenVolume::file_in(&path));
        let volume = OpenVolume::open_in(&path, dir.path(), first, file, None).unwrap();
        for number in 0..600 {
            volume.put(Position::new(number), &[7; 300]).unwrap();
            volume.flush().unwrap();
            let read = volume.blocks_from(first).map(Result::unwrap).count() as u64;
            assert_eq!(read, number + 1);
            assert_eq!(volume.database.flush().unwrap(), 0, "by a reader behind block {number}");
        }
    }
}
