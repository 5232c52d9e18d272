//! Verification: everything is read again and held against all that can be checked.
//!
//! Checksums, the chain, every leaf and root, the strict decoding of every event, gapless stream
//! versions, ids that stand once, times that never run back, the tables of sealed volumes. An event
//! of a kind unknown here is sound: a newer annals can read it. Runs are derived and not looked at.

use crate::archive::Archive;
use crate::damage::Damage;
use crate::head_file::HeadFile;
use crate::open_error::OpenError;
use crate::recovery::{SealedAlone, read_volume, summary_of};
use crate::sealed_volume::SealedVolume;
use crate::shared::Shared;
use crate::tasks::Tasks;
use crate::verify_across::{Across, InSled};
use crate::verify_sealed::SealedVerification;
use annals_audit::Hash;
use annals_events::codec::{DecodeError, DecodeErrorKind};
use annals_events::{Event, EventSummary};
use annals_log::{Head, ReadError, Record};
use std::path::Path;
use std::sync::mpsc;
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
    let found = match SealedAlone::find(ledger_dir, &head_file) {
        Ok(found) => found,
        Err(error) => return report(Archive::empty().end().head(), Err(error)),
    };
    let (archive, kept) = (found.archive().clone(), found.kept());
    let read = || {
        let mut found = found.read_on(&head_file, Some(decodes_strictly));
        let (head, sound) = (found.end().head(), std::mem::replace(&mut found.sound, Ok(())));
        // Copies of databases are let go of while others are at the sealed volumes: removing one
        // takes as long as the disk does.
        let in_sled = found.in_sled.drain(..);
        let in_sled: Vec<_> =
            in_sled.map(|(volume, read)| InSled::new(read.index, &volume)).collect();
        (in_sled, (found.lock, head, sound))
    };
    let ((_lock, head, read_sound), sound) = verify_volumes(&archive, kept.as_ref(), read);
    match sound {
        Ok(()) => report(head, read_sound),
        Err((sound, error)) => report(sound, Err(error)),
    }
}

/// Verifies what a log that is open held when this was called.
pub(crate) fn verify_open(shared: &Shared) -> Result<VerifyReport, ReadError> {
    let (volumes, head) = {
        let state = shared.state();
        (std::sync::Arc::clone(state.volumes()?), state.end.head())
    };
    let archive = &volumes.archive;
    let read = || {
        let (mut end, mut sound, mut all) = (archive.end().clone(), Ok(()), Vec::new());
        let in_sled = volumes.full.iter().map(|full| &full.volume).chain([&volumes.open]);
        for volume in in_sled {
            let (read, its) =
                read_volume(volume, &end, Some(head.next), Some(&head), decodes_strictly);
            (end, sound) = (read.end, its);
            all.push(InSled::new(read.index, volume));
            if sound.is_err() {
                break;
            }
        }
        (all, (end, sound))
    };
    let ((end, read_sound), sound) = verify_volumes(archive, Some(&head), read);
    let verified = match (sound, end.next()) {
        (Err((sound, error)), _) => report(sound, Err(error)),
        (Ok(()), next) if next == head.next || read_sound.is_err() => {
            report(end.head(), read_sound)
        }
        (Ok(()), next) => report(end.head(), Err(volumes.open.missing(next).into())),
    };
    verified.map_err(|error| ReadError::Io {
        file: volumes.open.file().to_owned(),
        what: error.to_string(),
    })
}

/// Verifies all sealed volumes while `read` reads those in sled, then all against each other; with
/// the end of the last sealed one before the damage where there is any. There are as many threads
/// at the sealed volumes as there are processors, and each that comes to their end goes on to what
/// spans volumes, so that none waits for the last of another's.
fn verify_volumes<R>(
    archive: &Archive,
    kept: Option<&Head>,
    read: impl FnOnce() -> (Vec<InSled>, R),
) -> (R, Result<(), (Head, OpenError)>) {
    let volumes: Vec<_> = archive
        .volumes()
        .iter()
        .map(|volume| (volume, SealedVerification::of(volume, kept, decodes_strictly)))
        .collect();
    let parts: Vec<_> = volumes
        .iter()
        .flat_map(|(volume, its)| (0..its.parts()).map(move |part| (*volume, its, part)))
        .collect();
    let (sealed, across) = (Tasks::new(parts.len()), Tasks::new(Across::tasks()));
    let verify = |task: usize| match parts.get(task) {
        Some((volume, its, part)) => {
            its.verify(*part).map_err(|(position, flaw)| flaw.at(position, volume.path()))
        }
        None => Ok(()),
    };
    let read = thread::scope(|scope| {
        let (done, through) = mpsc::channel();
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let (sealed, done) = (&sealed, done.clone());
            scope.spawn(move || {
                sealed.work(verify);
                // Nobody is there to be told where reading has panicked.
                done.send(()).unwrap_or_default();
            });
        }
        drop(done);
        let (in_sled, read) = read();
        let all = Across::of(archive, in_sled);
        thread::scope(|scope| {
            for () in through {
                scope.spawn(|| across.work(|task| all.check(task)));
            }
        });
        read
    });
    let start_of = |volume: Option<&std::sync::Arc<SealedVolume>>| {
        volume.map_or(archive.end().head(), |volume| volume.start().head())
    };
    let sound = if let Some((task, error)) = sealed.into_failed() {
        Err((start_of(parts.get(task).map(|(volume, ..)| *volume)), error))
    } else if let Some((_, (position, error))) = across.into_failed() {
        let volume = archive.volumes().iter().find(|volume| volume.next() > position);
        Err((start_of(volume), error))
    } else {
        Ok(())
    };
    (read, sound)
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
    match Event::decode_strictly_to_summary(record.caller_bytes()) {
        Err(error) if matches!(error.kind(), DecodeErrorKind::UnknownKind { .. }) => {
            summary_of(record)
        }
        result => result,
    }
}
