//! The sealed volumes of a ledger, in order, and the runs that find ids and streams among them.
//!
//! Looked into are at most four sources: runs, and the latest volumes that no run covers yet. When
//! there are more, the latest are merged into one run, as many as are together smaller than the one
//! before them; so each entry is rewritten a few times in all, however long the log gets.

use crate::chain::ChainEnd;
use crate::damage::Damage;
use crate::directory;
use crate::flaw::Flaw;
use crate::layout::Layout;
use crate::open_error::OpenError;
use crate::place_hash::{hash_of_id, hash_of_name, stream_name};
use crate::run::Run;
use crate::sealed_volume::SealedVolume;
use crate::stream_table::StreamPart;
use annals_audit::Hash;
use annals_events::{Event, EventId, Position, StreamId};
use annals_log::{ReadError, Record};
use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How many sources a lookup asks at most, but for the moments until a merge is done.
const SOURCES_MAX: usize = 4;

/// What a lookup asks.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Run(Arc<Run>),
    Volume(Arc<SealedVolume>),
}

impl Source {
    pub(crate) fn first(&self) -> Position {
        match self {
            Self::Run(run) => run.first(),
            Self::Volume(volume) => volume.first(),
        }
    }

    pub(crate) fn next(&self) -> Position {
        match self {
            Self::Run(run) => run.next(),
            Self::Volume(volume) => volume.next(),
        }
    }

    pub(crate) fn root(&self) -> Hash {
        match self {
            Self::Run(run) => run.root(),
            Self::Volume(volume) => volume.end().head().root,
        }
    }
}

/// Sealed volumes without a gap from the first event on.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    volumes: Vec<Arc<SealedVolume>>,
    sources: Vec<Source>,
    end: ChainEnd,
}

impl Archive {
    pub(crate) fn empty() -> Self {
        Self { volumes: Vec::new(), sources: Vec::new(), end: ChainEnd::empty() }
    }

    /// Opens the sealed volumes of a ledger and checks that they follow each other; then the runs,
    /// as far as they are there and theirs. Gives the volumes up to the first that is damaged, and
    /// that damage.
    pub(crate) fn open(layout: &Layout) -> (Self, Result<(), OpenError>) {
        let mut archive = Self::empty();
        for (first, path) in layout.sealed() {
            let next = archive.end.next();
            if *first > next {
                return (archive, Err(missing(layout, next, *first).into()));
            }
            let added = SealedVolume::open(path).and_then(|volume| archive.add(volume));
            if let Err(flaw) = added {
                return (archive, Err(flaw.at(next, path)));
            }
        }
        archive.find_runs(layout);
        (archive, Ok(()))
    }

    /// Adds the volume that follows.
    pub(crate) fn add(&mut self, volume: SealedVolume) -> Result<(), Flaw> {
        if *volume.start() != self.end {
            let (first, next) = (volume.first(), self.end.next());
            return Flaw::damaged(if first == next {
                format!("the volume does not follow the one before it, which ends at {next}")
            } else {
                format!("the volume begins at {first}, expected {next}")
            });
        }
        self.end = volume.end().clone();
        let volume = Arc::new(volume);
        self.sources.push(Source::Volume(Arc::clone(&volume)));
        self.volumes.push(volume);
        Ok(())
    }

    fn find_runs(&mut self, layout: &Layout) {
        let mut sources = Vec::new();
        let mut next = Position::START;
        for (first, until, path) in layout.runs() {
            if *first != next {
                continue;
            }
            let Some(last) = self.volumes.iter().find(|volume| volume.next() == *until) else {
                continue;
            };
            match Run::open(path) {
                Ok(run)
                    if (run.first(), run.next(), run.root())
                        == (*first, *until, last.end().head().root) =>
                {
                    sources.push(Source::Run(Arc::new(run)));
                    next = *until;
                }
                Ok(_) => tracing::warn!(file = %path.display(), "the run is not of this log"),
                Err(flaw) => tracing::warn!(file = %path.display(), ?flaw, "the run is left aside"),
            }
        }
        let rest = self.volumes.iter().filter(|volume| volume.first() >= next);
        sources.extend(rest.map(|volume| Source::Volume(Arc::clone(volume))));
        self.sources = sources;
    }

    /// An archive that asks these runs alone and has no volumes: for measuring.
    pub(crate) fn of_runs(runs: impl IntoIterator<Item = Run>) -> Self {
        let sources = runs.into_iter().map(|run| Source::Run(Arc::new(run))).collect();
        Self { sources, ..Self::empty() }
    }

    pub(crate) fn volumes(&self) -> &[Arc<SealedVolume>] {
        &self.volumes
    }

    /// Where the chain stands behind the last volume.
    pub(crate) fn end(&self) -> &ChainEnd {
        &self.end
    }

    /// Where the chain stands behind so many records, where a volume ends or the log begins.
    pub(crate) fn end_at(&self, size: Position) -> Option<ChainEnd> {
        if size == Position::START {
            return Some(ChainEnd::empty());
        }
        let volume = self.volumes.iter().find(|volume| volume.next() == size)?;
        Some(volume.end().clone())
    }

    /// The volume that holds a position.
    pub(crate) fn volume_of(&self, position: Position) -> Option<&SealedVolume> {
        let index = self.volumes.partition_point(|volume| volume.next() <= position);
        self.volumes.get(index).map(AsRef::as_ref)
    }

    /// The volumes that a source stands for.
    fn volumes_of(&self, source: &Source) -> impl Iterator<Item = &SealedVolume> + use<'_> {
        let (first, next) = (source.first(), source.next());
        let volumes = self.volumes.iter().map(AsRef::as_ref);
        volumes.filter(move |volume| volume.first() >= first && volume.next() <= next)
    }

    /// Where the event with this id is.
    pub(crate) fn position_of(&self, id: EventId) -> Result<Option<Position>, ReadError> {
        let hash = hash_of_id(id);
        let mut candidates = Vec::new();
        for source in &self.sources {
            match source {
                Source::Run(run) => {
                    if let Err(flaw) = run.find_id(hash, &mut candidates) {
                        aside(run, &flaw);
                        for volume in self.volumes_of(source) {
                            find_id_in(volume, hash, &mut candidates)?;
                        }
                    }
                }
                Source::Volume(volume) => find_id_in(volume, hash, &mut candidates)?,
            }
        }
        for position in candidates {
            let bytes = match self.volume_of(position) {
                Some(volume) => volume.record_bytes(position)?,
                None => continue,
            };
            let summary = Record::parse(&bytes)
                .and_then(|record| Event::decode_summary(record.caller_bytes()))
                .map_err(|why| ReadError::Unreadable { position, why })?;
            if summary.id == id {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    /// What the volumes have of a stream, the latest first; all of them, or the latest alone.
    pub(crate) fn stream_parts(
        &self,
        stream: &StreamId,
        latest_alone: bool,
    ) -> Result<Vec<(Position, StreamPart)>, ReadError> {
        let hash = hash_of_name(stream_name(stream));
        let mut parts = Vec::new();
        for source in self.sources.iter().rev() {
            let mut volumes: Vec<&SealedVolume> = match source {
                Source::Volume(volume) => vec![volume],
                Source::Run(run) => {
                    let mut found = Vec::new();
                    match run.find_stream(hash, &mut found) {
                        Ok(()) => found.into_iter().filter_map(|at| self.volume_of(at)).collect(),
                        Err(flaw) => {
                            aside(run, &flaw);
                            self.volumes_of(source).collect()
                        }
                    }
                }
            };
            while let Some(volume) = volumes.pop() {
                if let Some(part) = volume.stream(stream)? {
                    parts.push((volume.first(), part));
                    if latest_alone {
                        return Ok(parts);
                    }
                }
            }
        }
        Ok(parts)
    }

    /// Which of the latest sources are to be merged into one.
    pub(crate) fn to_merge(&self) -> &[Source] {
        if self.sources.len() <= SOURCES_MAX {
            return &[];
        }
        let size = |source: &Source| source.next().get() - source.first().get();
        let mut start = self.sources.len() - 1;
        let mut together = self.sources.last().map_or(0, size);
        while let Some(before) = start.checked_sub(1).and_then(|before| self.sources.get(before)) {
            if size(before) > together && self.sources.len() - start > 1 {
                break;
            }
            together += size(before);
            start -= 1;
        }
        self.sources.get(start..).unwrap_or_default()
    }

    /// Merges sources into a run; `None` where it was told to stop.
    pub(crate) fn merge(
        layout: &Layout,
        sources: &[Source],
        stop: &AtomicBool,
    ) -> Result<Option<Run>, Flaw> {
        let (Some(first), Some(last)) = (sources.first(), sources.last()) else { return Ok(None) };
        let path = layout.run_path(first.first(), last.next());
        if let Some(dir) = path.parent() {
            directory::create(dir)?;
        }
        let temporary = path.with_extension("tmp");
        if Run::write(&temporary, sources, stop)?.is_none() {
            fs::remove_file(&temporary)?;
            return Ok(None);
        }
        fs::rename(&temporary, &path)?;
        path.parent().map_or(Ok(()), directory::sync)?;
        Run::open(&path).map(Some)
    }

    /// Puts a run in the place of the sources it was made of.
    pub(crate) fn put_run(&mut self, run: Run) {
        let (first, next) = (run.first(), run.next());
        let is_covered = |source: &Source| source.first() >= first && source.next() <= next;
        let at = self.sources.iter().position(is_covered).unwrap_or(self.sources.len());
        self.sources.retain(|source| !is_covered(source));
        self.sources.insert(at.min(self.sources.len()), Source::Run(Arc::new(run)));
    }

    /// Removes the files of runs that are no source any more.
    pub(crate) fn remove_old_runs(&self, layout: &Layout) -> io::Result<()> {
        let is_used = |path: &std::path::Path| {
            self.sources.iter().any(|source| match source {
                Source::Run(run) => run.path() == path,
                Source::Volume(_) => false,
            })
        };
        for (_, _, path) in layout.runs() {
            if !is_used(path) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

/// What is said where no file begins at `next`, and the one behind it begins elsewhere.
pub(crate) fn missing(layout: &Layout, next: Position, begins: Position) -> Damage {
    let file = layout.sealed_path(next);
    let what = format!("the file is missing: the next one begins at {begins}, expected {next}");
    Damage { position: next, file, what }
}

fn find_id_in(
    volume: &SealedVolume,
    hash: u64,
    found: &mut Vec<Position>,
) -> Result<(), ReadError> {
    let asked = volume.ids().and_then(|ids| ids.find(hash, found));
    asked.map_err(|flaw| volume.flaw(volume.first(), flaw))
}

fn aside(run: &Run, flaw: &Flaw) {
    tracing::warn!(file = %run.path().display(), ?flaw, "the run is damaged, its volumes are asked");
}
