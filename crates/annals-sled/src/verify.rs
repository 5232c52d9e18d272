//! Verification: everything is read again and held against all that can be checked.
//!
//! Checksums, the chain, every leaf and root, the strict decoding of every event, gapless stream
//! versions, ids that stand once, times that never run back, the tables of sealed volumes. An event
//! of a kind unknown here is sound: a newer annals can read it. Runs are derived and not looked at.

use crate::archive::Archive;
use crate::damage::Damage;
use crate::head_file::HeadFile;
use crate::open_error::OpenError;
use crate::recovery::{find_read_only, read_volume, summary_of};
use crate::sealed_volume::SealedVolume;
use crate::shared::Shared;
use crate::verify_across::{InSled, check_ids, check_streams};
use crate::verify_sealed::verify_sealed;
use annals_audit::Hash;
use annals_events::codec::{DecodeError, DecodeErrorKind};
use annals_events::{Event, EventSummary};
use annals_log::{Head, ReadError, Record};
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// How many events are sound, counted in whole sealed volumes and blocks from the beginning.
    pub events: u64,
    /// The RFC 6962 root over them.
    pub root: Hash,
    /// The first damage, where there is any.
    pub damage: Option<Damage>,
}

/// Verifies the log of a ledger that no process writes to, also one that cannot be opened because
/// it is damaged. Changes nothing: what damage left is evidence.
///
/// # Errors
/// When there is no ledger, it is in use, a newer annals wrote it, or the operating system refuses.
/// Damage is no error here but what the report says.
pub fn verify_directory(ledger_dir: &Path) -> Result<VerifyReport, OpenError> {
    let head_file = HeadFile::of(ledger_dir);
    let found = match find_read_only(ledger_dir, &head_file, Some(decodes_strictly)) {
        Ok(found) => found,
        Err(error) => return report(Archive::empty().end().head(), Err(error)),
    };
    let in_sled: Vec<_> = found
        .in_sled
        .iter()
        .map(|(volume, read)| InSled { index: &read.index, file: volume.file() })
        .collect();
    match verify_volumes(&found.archive, &in_sled, found.kept.as_ref()) {
        Ok(()) => report(found.end().head(), found.sound),
        Err((sound, error)) => report(sound, Err(error)),
    }
}

/// Verifies what a log that is open held when this was called.
pub(crate) fn verify_open(shared: &Shared) -> Result<VerifyReport, ReadError> {
    let (volumes, head) = {
        let state = shared.state();
        (std::sync::Arc::clone(state.volumes()?), state.end.head())
    };
    let verified = || {
        let archive = &volumes.archive;
        let (mut end, mut sound, mut all) = (archive.end().clone(), Ok(()), Vec::new());
        let in_sled = volumes.full.iter().map(|full| &full.volume).chain([&volumes.open]);
        for volume in in_sled {
            let (read, its) =
                read_volume(volume, &end, Some(head.next), Some(&head), decodes_strictly);
            (end, sound) = (read.end, its);
            all.push((volume, read.index));
            if sound.is_err() {
                break;
            }
        }
        let in_sled: Vec<_> =
            all.iter().map(|(volume, index)| InSled { index, file: volume.file() }).collect();
        if let Err((sound, error)) = verify_volumes(archive, &in_sled, Some(&head)) {
            return report(sound, Err(error));
        }
        match end.next() {
            next if next == head.next || sound.is_err() => report(end.head(), sound),
            next => report(end.head(), Err(volumes.open.missing(next).into())),
        }
    };
    verified().map_err(|error| ReadError::Io {
        file: volumes.open.file().to_owned(),
        what: error.to_string(),
    })
}

/// Verifies all sealed volumes, and all volumes against each other; with the end of the last sealed
/// one before the damage where there is any.
fn verify_volumes(
    archive: &Archive,
    in_sled: &[InSled<'_>],
    kept: Option<&Head>,
) -> Result<(), (Head, OpenError)> {
    let volumes = archive.volumes();
    let (next, damaged) = (AtomicUsize::new(0), Mutex::new(None));
    let first_of = |found: &Option<(usize, OpenError)>| found.as_ref().map(|(index, _)| *index);
    let work = || {
        while let Some((index, volume)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            volumes.get(index).map(|volume| (index, volume))
        } {
            if let Err((position, flaw)) = verify_sealed(volume, kept, decodes_strictly) {
                let error = flaw.at(position, volume.path());
                let mut damaged = damaged.lock().unwrap_or_else(PoisonError::into_inner);
                if first_of(&damaged).is_none_or(|first| index < first) {
                    *damaged = Some((index, error));
                }
                return;
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(volumes.len());
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let start_of = |volume: Option<&std::sync::Arc<SealedVolume>>| {
        volume.map_or(archive.end().head(), |volume| volume.start().head())
    };
    if let Some((index, error)) = damaged.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err((start_of(volumes.get(index)), error));
    }
    let (streams, ids) = thread::scope(|scope| {
        let streams = scope.spawn(|| check_streams(archive, in_sled));
        (streams.join(), check_ids(archive, in_sled))
    });
    let streams = streams.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    streams.and(ids).map_err(|(position, error)| {
        let volume = volumes.iter().find(|volume| volume.next() > position);
        (start_of(volume), error)
    })
}

fn report(sound: Head, result: Result<(), OpenError>) -> Result<VerifyReport, OpenError> {
    let damage = match result {
        Ok(()) => None,
        Err(OpenError::Damaged { position, file, what }) => Some(Damage { position, file, what }),
        Err(error) => return Err(error),
    };
    Ok(VerifyReport { events: sound.next.get(), root: sound.root, damage })
}

/// Looks at every byte of an event, as far as its kind is known here.
pub(crate) fn decodes_strictly(record: &Record<'_>) -> Result<EventSummary, DecodeError> {
    match Event::decode(record.caller_bytes()) {
        Ok(event) => Ok(event.summary()),
        Err(error) if matches!(error.kind(), DecodeErrorKind::UnknownKind { .. }) => {
            summary_of(record)
        }
        Err(error) => Err(error),
    }
}
