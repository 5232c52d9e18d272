//! Verification: everything is read again and held against all that can be checked.
//!
//! Checksums, the chain, every leaf and root, the strict decoding of every event, gapless stream
//! versions, ids that stand once, times that never run back. An event of a kind unknown here is
//! sound: a newer annals can read it.

use crate::damage::Damage;
use crate::head_file::HeadFile;
use crate::open_error::OpenError;
use crate::recovery::{Recovered, find, read_volume};
use crate::shared::Shared;
use annals_audit::Hash;
use annals_events::Position;
use annals_events::codec::DecodeError;
use annals_log::{ReadError, Record};
use std::path::Path;

/// What verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// How many events are sound, counted in whole blocks from the beginning.
    pub events: u64,
    /// The RFC 6962 root over them.
    pub root: Hash,
    /// The first damage, where there is any.
    pub damage: Option<Damage>,
}

/// Verifies the log of a ledger that no process has open, also one that cannot be opened because it
/// is damaged.
///
/// # Errors
/// When there is no ledger, it is in use, a newer annals wrote it, or the operating system refuses.
/// Damage is no error here but what the report says.
pub fn verify_directory(ledger_dir: &Path) -> Result<VerifyReport, OpenError> {
    match find(ledger_dir, &HeadFile::of(ledger_dir), decodes_strictly) {
        Ok(found) => report(&found.recovered, found.sound),
        Err(error) => report(&Recovered::nothing(), Err(error)),
    }
}

/// Verifies what a log that is open held when this was called.
pub(crate) fn verify_open(shared: &Shared) -> Result<VerifyReport, ReadError> {
    shared.with_volume(|volume| {
        let head = shared.state().end.head();
        let (read, sound) = read_volume(volume, Some(head.next), Some(&head), decodes_strictly);
        let sound = sound.and_then(|()| match read.end.next() {
            next if next == head.next => Ok(()),
            next => Err(volume.missing(next).into()),
        });
        report(&read, sound).map_err(|error| ReadError::Io {
            file: volume.file().to_owned(),
            what: error.to_string(),
        })
    })
}

fn report(read: &Recovered, sound: Result<(), OpenError>) -> Result<VerifyReport, OpenError> {
    let damage = match sound {
        Ok(()) => None,
        Err(OpenError::Damaged { position, file, what }) => Some(Damage { position, file, what }),
        Err(error) => return Err(error),
    };
    let head = read.end.head();
    Ok(VerifyReport { events: head.next.get(), root: head.root, damage })
}

fn decodes_strictly(record: &Record<'_>, position: Position) -> Result<(), String> {
    match record.decode(position) {
        Ok(_) | Err(DecodeError::UnknownKind { .. }) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}
