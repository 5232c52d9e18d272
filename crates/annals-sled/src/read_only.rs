//! A log that is open for reading only: nothing of the ledger is written, several processes may do
//! so at a time, and a damaged log gives what stands before the damage.
//!
//! The databases are read from private copies, the sealed volumes where they are. Deliberately
//! absent: following a log that another process writes to, which excludes readers instead.

use crate::chain::ChainEnd;
use crate::damage::Damage;
use crate::head_file::HeadFile;
use crate::index::Index;
use crate::ledger_lock::LedgerLock;
use crate::open_error::OpenError;
use crate::open_volume::OpenVolume;
use crate::recovery::{Found, Recovered, find_read_only, read_volume, summary_of};
use crate::shared::Shared;
use crate::volumes::{FullVolume, Volumes};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What a log that only reads holds besides what all share.
#[derive(Debug)]
pub(crate) struct ReadOnly {
    lock: Mutex<Option<LedgerLock>>,
    /// Where the log is damaged: what stands before can be read.
    pub(crate) damage: Option<Damage>,
}

impl ReadOnly {
    /// Opens the log of a ledger.
    pub(crate) fn open(ledger_dir: &Path) -> Result<(Arc<Shared>, Self), OpenError> {
        let found = find_read_only(ledger_dir, &HeadFile::of(ledger_dir), None)?;
        let end = found.end().clone();
        let Found { lock, layout, archive, mut in_sled, sound, .. } = found;
        let damage = match sound {
            Ok(()) => None,
            Err(OpenError::Damaged { position, file, what }) => {
                Some(Damage { position, file, what })
            }
            Err(error) => return Err(error),
        };
        let last = in_sled.pop();
        let start = in_sled.last().map_or(archive.end(), |(_, read)| &read.end).clone();
        let (open, index) = match last {
            None => (OpenVolume::stand_in(&layout, end.next()), Index::starting_at(end.next())),
            Some((volume, read)) if damage.is_none() => (Ok(volume), read.index),
            Some((volume, _)) => {
                let index = index_before(&volume, &start, &end)?;
                (Ok(volume), index)
            }
        };
        let full = in_sled.into_iter().map(|(volume, Recovered { index, end, .. })| {
            Arc::new(FullVolume { volume: Arc::new(volume), index, end })
        });
        let (full, open) = (full.collect(), Arc::new(open?));
        let volumes = Volumes { archive: Arc::new(archive), full, open };
        let lock = Mutex::new(Some(lock));
        Ok((Arc::new(Shared::new(volumes, index, end)), Self { lock, damage }))
    }

    /// Lets go of what is shared, then of the lock. Waits for readers.
    pub(crate) fn close(&self, shared: &Shared) {
        shared.let_go();
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// The index of what stands before the damage: what was read of the damaged block is in the one
/// that came upon it.
fn index_before(volume: &OpenVolume, start: &ChainEnd, end: &ChainEnd) -> Result<Index, OpenError> {
    let until = Some(end.next());
    let (read, sound) = read_volume(volume, start, until, None, summary_of);
    sound.map(|()| read.index)
}
