//! The keeper: a thread of its own that seals full volumes and merges runs, while appends and reads
//! go on.
//!
//! A volume is sealed in steps that a kill may part anywhere: written under a temporary name,
//! synced, read back and held against the database record by record, renamed, the directory synced;
//! then readers turn to it; then the database is removed. Until the rename the database counts and
//! the file is removed at the next start; from then on the file counts and the database is.

use crate::archive::Archive;
use crate::directory;
use crate::flaw::Flaw;
use crate::layout::Layout;
use crate::open_volume::panic_text;
use crate::options::Compression;
use crate::recovery::summary_of;
use crate::sealed_volume::{Group, SealedVolume};
use crate::sealed_writer::SealedWriter;
use crate::shared::{Shared, last_of};
use crate::verify_sealed::verify_sealed;
use crate::volumes::FullVolume;
use annals_events::Position;
use annals_log::ReadError;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

/// The writer's hold on the keeper.
pub(crate) struct Keeper {
    work: Option<mpsc::Sender<()>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread, which first takes up what was left undone.
    pub(crate) fn start(
        shared: &Arc<Shared>,
        layout: Layout,
        compression: Compression,
    ) -> io::Result<Self> {
        let (work, orders) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let worker =
            Worker { shared: Arc::clone(shared), layout, compression, stop: Arc::clone(&stop) };
        let thread = std::thread::Builder::new()
            .name("annals-keeper".to_owned())
            .spawn(move || worker.run(&orders))?;
        let mut keeper = Self { work: Some(work), stop, thread: Some(thread) };
        keeper.seal(shared);
        Ok(keeper)
    }

    /// Has all full volumes sealed.
    pub(crate) fn seal(&mut self, shared: &Shared) {
        shared.change_keeping(|keeping| keeping.is_sealing = true);
        let is_there = self.work.as_ref().is_some_and(|work| work.send(()).is_ok());
        if !is_there {
            shared.change_keeping(|keeping| {
                keeping.is_sealing = false;
                keeping.failure = Some("the thread that seals has stopped".to_owned());
            });
        }
    }

    /// Lets it finish what it seals and leave off merging.
    pub(crate) fn stop(&mut self) {
        self.work.take();
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that seals panicked");
        }
    }
}

struct Worker {
    shared: Arc<Shared>,
    layout: Layout,
    compression: Compression,
    stop: Arc<AtomicBool>,
}

impl Worker {
    fn run(&self, orders: &mpsc::Receiver<()>) {
        while orders.recv().is_ok() {
            let sealed = guarded(|| self.seal_all());
            let failure = sealed.err();
            if let Some(failure) = &failure {
                tracing::error!(failure, "a full volume could not be sealed");
            }
            self.shared.change_keeping(|keeping| {
                keeping.is_sealing = false;
                keeping.failure = failure;
            });
            if let Err(failure) = guarded(|| self.merge_runs()) {
                tracing::warn!(failure, "runs could not be merged, lookups are slower");
            }
        }
    }

    fn seal_all(&self) -> Result<(), Flaw> {
        loop {
            let Ok(volumes) = self.shared.volumes() else { return Ok(()) };
            let Some(full) = volumes.full.first().map(Arc::clone) else { return Ok(()) };
            let archive = Arc::clone(&volumes.archive);
            drop(volumes);
            let sealed = self.seal(&archive, &full)?;
            drop(archive);
            let mut added = Ok(());
            self.shared.change_volumes(|volumes| {
                let mut archive = (*volumes.archive).clone();
                added = archive.add(sealed);
                if added.is_ok() {
                    volumes.archive = Arc::new(archive);
                    volumes.full.remove(0);
                }
            });
            added?;
            let first = full.index.first();
            drop(last_of(last_of(full).volume));
            remove_database(&self.layout, first)?;
            directory::sync(self.layout.log_dir())?;
        }
    }

    fn seal(&self, archive: &Archive, full: &FullVolume) -> Result<SealedVolume, Flaw> {
        let first = full.index.first();
        let path = self.layout.sealed_path(first);
        let temporary = path.with_extension("tmp");
        if let Err(flaw) = self.write(&temporary, archive, full) {
            // On a full disk, of all places, half a file would take the room that is left.
            drop(fs::remove_file(&temporary));
            return Err(flaw);
        }
        fs::rename(&temporary, &path)?;
        directory::sync(self.layout.log_dir())?;
        SealedVolume::open(&path)
    }

    /// Writes a volume to a file and holds it against the database.
    fn write(&self, file: &Path, archive: &Archive, full: &FullVolume) -> Result<(), Flaw> {
        let mut writer = SealedWriter::create(file, archive.end(), self.compression)?;
        for_each_record(full, |bytes| writer.push(bytes))?;
        if writer.finish(full.end.previous())? != full.end {
            return Flaw::damaged("what was sealed does not end where the database does");
        }
        let sealed = SealedVolume::open(file)?;
        check_records(&sealed, full)?;
        verify_sealed(&sealed, None, summary_of).map_err(|(_, flaw)| flaw)
    }

    fn merge_runs(&self) -> Result<(), Flaw> {
        while !self.stop.load(Ordering::Relaxed) {
            let Ok(volumes) = self.shared.volumes() else { return Ok(()) };
            let sources = volumes.archive.to_merge().to_vec();
            drop(volumes);
            if sources.is_empty() {
                return Ok(());
            }
            let Some(run) = Archive::merge(&self.layout, &sources, &self.stop)? else {
                return Ok(());
            };
            self.shared.change_archive(|archive| archive.put_run(run));
            let layout = Layout::read_log(self.layout.log_dir())?;
            if let Ok(volumes) = self.shared.volumes() {
                volumes.archive.remove_old_runs(&layout)?;
            }
        }
        Ok(())
    }
}

/// Removes the database of a volume that is sealed.
pub(crate) fn remove_database(layout: &Layout, first: Position) -> io::Result<()> {
    fs::remove_dir_all(layout.open_path(first))?;
    match fs::remove_file(layout.index_path(first)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Shows every record of a full volume, in order.
fn for_each_record(
    full: &FullVolume,
    mut show: impl FnMut(&[u8]) -> Result<(), Flaw>,
) -> Result<(), Flaw> {
    let volume = &full.volume;
    let mut next = full.index.first();
    for block in volume.blocks_from(next) {
        let (_, bytes) = block.map_err(unread)?;
        let block = volume.block(&bytes, next).map_err(unread)?;
        for (position, bytes) in block.records() {
            if position != next {
                return Flaw::damaged(volume.missing(next).to_string());
            }
            show(bytes)?;
            next = next.plus(1);
        }
    }
    if next == full.end.next() { Ok(()) } else { Flaw::damaged(volume.missing(next).to_string()) }
}

fn unread(error: ReadError) -> Flaw {
    match error {
        ReadError::Io { what, .. } => Flaw::Io(io::Error::other(what)),
        error => Flaw::Damaged(error.to_string()),
    }
}

/// Holds every record of a sealed volume against the database it was made of.
fn check_records(sealed: &SealedVolume, full: &FullVolume) -> Result<(), Flaw> {
    let mut group = Group::default();
    let mut next = sealed.first();
    for_each_record(full, |bytes| {
        if group.record_bytes(next).is_none() {
            sealed.read_group(sealed.group_of(next), &mut group).map_err(unread)?;
        }
        if group.record_bytes(next) != Some(bytes) {
            return Flaw::damaged(format!("the record sealed at {next} is not the one appended"));
        }
        next = next.plus(1);
        Ok(())
    })
}

fn guarded(run: impl FnOnce() -> Result<(), Flaw>) -> Result<(), String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Flaw::Io(error))) => Err(error.to_string()),
        Ok(Err(Flaw::Damaged(what))) => Err(what),
        Ok(Err(Flaw::Newer(version))) => Err(format!("a file has format version {version}")),
        Err(panic) => Err(panic_text(&*panic)),
    }
}
