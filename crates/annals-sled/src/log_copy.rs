//! Copying the log while it is written to, and making a log of the copy: what a backup rests on.
//!
//! A copy is sealed volumes alone. Those of the log are copied as they are, once and for all, since
//! sealed files never change; what is not sealed yet, up to the head of the moment the copy began,
//! becomes one volume of the copy's own. So a copy made into the same place later writes that one
//! anew, under another name, and the volumes that were sealed meanwhile. A file gets its name only
//! after it was synced and read back record by record: what has a name is whole.
//!
//! Deliberately absent: which files make up a backup. Whoever asked for the copy keeps that, and
//! removes what is not named any more.

use crate::archive::Archive;
use crate::chain::ChainEnd;
use crate::directory;
use crate::flaw::Flaw;
use crate::head_file::HeadFile;
use crate::layout::Layout;
use crate::open_error::OpenError;
use crate::options::Compression;
use crate::recovery::summary_of;
use crate::sealed_volume::{Group, SealedVolume};
use crate::sealed_writer::SealedWriter;
use crate::shared::Shared;
use crate::sled_log::SledLog;
use crate::verify::verify_directory;
use crate::verify_sealed::verify_sealed;
use annals_events::Position;
use annals_log::{Head, ReadError};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A volume of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedVolume {
    /// The name of its file.
    pub name: String,
    /// The position of its first event.
    pub first: Position,
    /// The bytes of its file.
    pub size_bytes: u64,
    /// The root over all events up to its end, hexadecimal.
    pub root: String,
}

/// A copy of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogCopy {
    /// Where the log ended: the copy holds every event before that, and none behind.
    pub head: Head,
    /// The volumes, in order.
    pub volumes: Vec<CopiedVolume>,
    /// How many of them were not there before.
    pub volumes_new: u64,
    /// The bytes of those.
    pub bytes_new: u64,
}

/// Why a log was not copied, or no log was made of a copy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// What was copied does not verify.
    #[error(
        "the events from position {first} on in {} do not verify: {what}; run annals verify on the \
         ledger they come from",
        file.display()
    )]
    Unsound {
        /// The first event of the volume.
        first: Position,
        /// The volume's file.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The log made of a copy could not be read again.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The operating system refused.
    #[error(
        "{} could not be read or written ({source}): check that the disk has room, and do it again",
        file.display()
    )]
    Io {
        /// The file or directory.
        file: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl CopyError {
    fn io(file: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { file: file.to_owned(), source }
    }

    fn flaw(first: Position, file: &Path) -> impl FnOnce(Flaw) -> Self {
        move |flaw| match flaw {
            Flaw::Io(source) => Self::io(file)(source),
            Flaw::Damaged(what) => Self::unsound(first, file, what),
            Flaw::Newer(version) => {
                Self::unsound(first, file, format!("it has format version {version}"))
            }
        }
    }

    fn unsound(first: Position, file: &Path, what: String) -> Self {
        Self::Unsound { first, file: file.to_owned(), what }
    }
}

impl SledLog {
    /// Copies every event there is at this moment into volumes in a directory, which must exist;
    /// appends, reads and sealing go on meanwhile. Volumes that are there already are read and
    /// verified, and copied again only where they are not what they were.
    ///
    /// # Errors
    /// When the log is closed or damaged, or the operating system refuses. Sound volumes that were
    /// there before are then as they were.
    pub async fn copy_into(&self, directory: &Path) -> Result<LogCopy, CopyError> {
        let (shared, directory) = (self.shared(), directory.to_owned());
        let copied = tokio::task::spawn_blocking(move || copy(&shared, &directory)).await;
        copied.unwrap_or(Err(ReadError::Closed.into()))
    }
}

fn copy(shared: &Shared, directory: &Path) -> Result<LogCopy, CopyError> {
    let (archive, end) = {
        let state = shared.state();
        (Arc::clone(&state.volumes()?.archive), state.end.clone())
    };
    let head = end.head();
    let mut copied = LogCopy { head, volumes: Vec::new(), volumes_new: 0, bytes_new: 0 };
    for volume in archive.volumes() {
        copied.add(directory, volume.start(), volume.end(), |to| {
            fs::copy(volume.path(), to).map_err(CopyError::io(to))?;
            File::open(to).and_then(|file| file.sync_all()).map_err(CopyError::io(to))
        })?;
    }
    if archive.end().next() < end.next() {
        copied.add(directory, archive.end(), &end, |to| seal(shared, &archive, &end, to))?;
    }
    Ok(copied)
}

impl LogCopy {
    /// Adds the volume from one end of the chain to another, made by `write` unless it is there.
    fn add(
        &mut self,
        directory: &Path,
        start: &ChainEnd,
        end: &ChainEnd,
        write: impl FnOnce(&Path) -> Result<(), CopyError>,
    ) -> Result<(), CopyError> {
        let first = start.next();
        let name = format!("{:012}-{:012}.sealed", first.get(), end.next().get());
        let path = directory.join(&name);
        let is_it = |volume: &SealedVolume| volume.start() == start && volume.end() == end;
        let is_sound = |volume: &SealedVolume| verify_sealed(volume, None, summary_of).is_ok();
        let there = SealedVolume::open(&path).ok().filter(is_it).filter(is_sound);
        let is_new = there.is_none();
        let volume = if let Some(volume) = there {
            volume
        } else {
            let temporary = path.with_extension("tmp");
            write(&temporary)?;
            let flaw = || CopyError::flaw(first, &temporary);
            let volume = SealedVolume::open(&temporary).map_err(flaw())?;
            if !is_it(&volume) {
                let what = "it is not the volume that was to be copied".to_owned();
                return Err(CopyError::unsound(first, &temporary, what));
            }
            verify_sealed(&volume, None, summary_of).map_err(|(_, found)| flaw()(found))?;
            fs::rename(&temporary, &path).map_err(CopyError::io(&path))?;
            directory::sync(directory).map_err(CopyError::io(directory))?;
            volume
        };
        let size_bytes = volume.size_bytes();
        self.volumes_new += u64::from(is_new);
        self.bytes_new += if is_new { size_bytes } else { 0 };
        let root = end.head().root.to_string();
        self.volumes.push(CopiedVolume { name, first, size_bytes, root });
        Ok(())
    }
}

/// Seals what lies behind the sealed volumes, up to `end`, into a file. Volumes are let go of after
/// each block: what is sealed or closed meanwhile does not wait for this.
fn seal(shared: &Shared, archive: &Archive, end: &ChainEnd, to: &Path) -> Result<(), CopyError> {
    let start = archive.end();
    let mut writer =
        SealedWriter::create(to, start, Compression::None).map_err(CopyError::io(to))?;
    let mut group = Group::default();
    let mut next = start.next();
    while next < end.next() {
        let volumes = shared.volumes()?;
        let mut refused = Ok(());
        next = volumes.with_records(next, &mut group, |records| {
            let until = end.next().min(records.next());
            for position in next.get()..until.get() {
                let position = Position::new(position);
                let record = records.record_at(position);
                let record = record.ok_or_else(|| volumes.missing(position))?;
                refused = writer.push(record.bytes());
                if refused.is_err() {
                    break;
                }
            }
            Ok(until)
        })?;
        refused.map_err(CopyError::flaw(start.next(), to))?;
    }
    let sealed = writer.finish(end.previous()).map_err(CopyError::io(to))?;
    if sealed == *end {
        return Ok(());
    }
    let what = format!("their root is {}, not {}", sealed.head().root, end.head().root);
    Err(CopyError::unsound(start.next(), to, what))
}

/// Makes the log of a ledger of a copy, and verifies all of it. What an earlier attempt left is
/// written anew.
///
/// # Errors
/// When a file of the copy is missing, damaged or another's, or the operating system refuses.
pub fn restore_log(from: &Path, copy: &LogCopy, ledger_dir: &Path) -> Result<(), CopyError> {
    Layout::create(ledger_dir).map_err(CopyError::io(ledger_dir))?;
    let layout = Layout::read(ledger_dir).map_err(CopyError::io(ledger_dir))?;
    for copied in &copy.volumes {
        let (source, target) = (from.join(&copied.name), layout.sealed_path(copied.first));
        let temporary = target.with_extension("tmp");
        fs::copy(&source, &temporary).map_err(CopyError::io(&source))?;
        File::open(&temporary)
            .and_then(|file| file.sync_all())
            .map_err(CopyError::io(&temporary))?;
        let volume = SealedVolume::open(&temporary);
        let volume = volume.map_err(CopyError::flaw(copied.first, &source))?;
        let root = volume.end().head().root.to_string();
        if (volume.size_bytes(), &root) != (copied.size_bytes, &copied.root) {
            let (found, expected) = (volume.size_bytes(), copied.size_bytes);
            let what = format!(
                "it has {found} bytes and ends with root {root}, expected {expected} bytes and \
                 root {}",
                copied.root
            );
            return Err(CopyError::unsound(copied.first, &source, what));
        }
        fs::rename(&temporary, &target).map_err(CopyError::io(&target))?;
    }
    directory::sync(layout.log_dir()).map_err(CopyError::io(layout.log_dir()))?;
    let head_file = HeadFile::of(ledger_dir);
    head_file.write(&copy.head).map_err(CopyError::io(head_file.path()))?;
    let report = verify_directory(ledger_dir)?;
    if let Some(damage) = report.damage {
        return Err(OpenError::from(damage).into());
    }
    if (report.events, report.root) == (copy.head.next.get(), copy.head.root) {
        return Ok(());
    }
    let (events, size) = (report.events, copy.head.next);
    let what = format!(
        "the copy ends after {events} events with root {}, expected {size} with root {}",
        report.root, copy.head.root
    );
    Err(CopyError::unsound(Position::new(events), from, what))
}
