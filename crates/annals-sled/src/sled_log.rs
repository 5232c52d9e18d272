//! The durable log: [`EventLog`] over sealed volumes and a sled database with a group-commit
//! writer.

use crate::barrier::{Barrier, FileBarrier};
use crate::damage::Damage;
use crate::head_file::HeadFile;
use crate::keeper::{Keeper, remove_database};
use crate::layout::Layout;
use crate::log_pages::LogPages;
use crate::open_error::{OpenError, SealError};
use crate::options::SledLogOptions;
use crate::read_only::ReadOnly;
use crate::recovery::{Recovered, find};
use crate::scan::visit_records;
use crate::shared::Shared;
use crate::verify::{VerifyReport, verify_open};
use crate::volumes::{FullVolume, Volumes, add_streams};
use crate::writer::{self, AppendRequest, Request, Writer};
use annals_events::{EventId, Position, StreamId, StreamVersion};
use annals_log::{
    Append, AppendError, Appended, Direction, EventLog, EventStream, Filter, Head, Pages,
    PositionRange, RECORD_BYTES_MAX, ReadError, Record, VersionRange, follow, read_positions,
    read_range,
};
use async_trait::async_trait;
use futures::StreamExt as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot, watch};

/// A ledger's log on disk. One process has it open at a time, or several for reading only.
///
/// An append is accepted once it is in the writer's queue; dropping its future after that neither
/// cancels nor repeats it, and dropping it while it waits for room in the queue leaves nothing of
/// it. Dropping the log closes it and waits for that; [`EventLog::close`] also says whether it went
/// well.
pub struct SledLog {
    shared: Arc<Shared>,
    queue: Mutex<Option<mpsc::Sender<Request>>>,
    closed: watch::Receiver<Option<Result<(), AppendError>>>,
    writer: Option<JoinHandle<()>>,
    record_bytes_max: usize,
    read_only: Option<Arc<ReadOnly>>,
}

/// More never wait: each may hold 88 KiB.
const QUEUE_APPENDS_LIMIT: usize = 1 << 16;

/// How much a log has, and what it takes on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogStatus {
    /// The bytes of all files that hold events.
    pub bytes_on_disk: u64,
    /// The bytes of those that are not sealed yet.
    pub bytes_unsealed: u64,
    /// How many volumes there are, the open one included.
    pub volumes: u64,
    /// How many streams have events.
    pub streams: u64,
}

impl SledLog {
    /// Opens the log of the ledger in a directory, which must exist; makes the log where there is
    /// none. Reads and checks what is not sealed, unless the log was closed in good order. Blocks
    /// for so long.
    ///
    /// # Errors
    /// When the directory is missing, another process has the ledger, it is damaged, a newer annals
    /// wrote it, or the operating system refuses.
    pub fn open(ledger_dir: &Path, options: SledLogOptions) -> Result<Self, OpenError> {
        Self::open_with_barrier(ledger_dir, options, |barrier| Box::new(barrier))
    }

    pub(crate) fn open_with_barrier(
        ledger_dir: &Path,
        options: SledLogOptions,
        wrap: impl FnOnce(FileBarrier) -> Box<dyn Barrier>,
    ) -> Result<Self, OpenError> {
        let head_file = HeadFile::of(ledger_dir);
        let found = find(ledger_dir, &head_file, None)?;
        let end = found.end().clone();
        found.sound?;
        let head = end.head();
        head_file.write(&head).map_err(OpenError::io(head_file.path()))?;
        for first in &found.sealed_databases {
            let dir = found.layout.open_path(*first);
            remove_database(&found.layout, *first).map_err(OpenError::io(&dir))?;
        }
        tracing::info!(dir = %ledger_dir.display(), events = %head.next, "opened the log");
        let mut in_sled = found.in_sled;
        let (open, recovered) = in_sled.pop().expect("a sound log has an open volume");
        let full = in_sled.into_iter().map(|(volume, Recovered { index, end, .. })| {
            Arc::new(FullVolume { volume: Arc::new(volume), index, end })
        });
        let archive = Arc::new(found.archive);
        let volumes = Volumes { archive, full: full.collect(), open: Arc::new(open) };
        let index_saved = recovered.was_saved.then(|| end.next());
        let shared = Arc::new(Shared::new(volumes, recovered.index, end));
        let (queue, requests) =
            mpsc::channel(options.queue_appends_max.clamp(1, QUEUE_APPENDS_LIMIT));
        let (closing, closed) = watch::channel(None);
        let record_bytes_max = options.record_bytes_max.min(RECORD_BYTES_MAX);
        let layout = || Layout::read(ledger_dir).map_err(OpenError::io(ledger_dir));
        let keeper = Keeper::start(&shared, layout()?, options.compression)
            .map_err(OpenError::io(ledger_dir))?;
        let roll_at = options.open_volume_events_max.max(1);
        let writer = Writer {
            shared: Arc::clone(&shared),
            options,
            barrier: wrap(FileBarrier),
            head_file,
            layout: layout()?,
            keeper,
            roll_at,
            lock: found.lock,
            index_saved,
            waiting: writer::Waiting::default(),
            head_written: Instant::now(),
        };
        let writer = std::thread::Builder::new()
            .name("annals-writer".to_owned())
            .spawn(move || writer.run(requests, &closing))
            .map_err(OpenError::io(ledger_dir))?;
        let (queue, writer) = (Mutex::new(Some(queue)), Some(writer));
        let read_only = None;
        Ok(Self { shared, queue, closed, writer, record_bytes_max, read_only })
    }

    /// Opens the log of the ledger in a directory for reading only. Nothing there is written, so
    /// that it may be on read-only media; several processes may do this at a time, while none
    /// writes. Where the log is damaged, everything before the damage can be read, and
    /// [`Self::damage`] says what it is.
    ///
    /// # Errors
    /// When the directory is missing, another process writes to the ledger, a newer annals wrote
    /// it, or the operating system refuses.
    pub fn open_read_only(ledger_dir: &Path) -> Result<Self, OpenError> {
        let (shared, read_only) = ReadOnly::open(ledger_dir)?;
        let (_, closed) = watch::channel(None);
        Ok(Self {
            shared,
            queue: Mutex::new(None),
            closed,
            writer: None,
            record_bytes_max: RECORD_BYTES_MAX,
            read_only: Some(Arc::new(read_only)),
        })
    }

    /// Whether it was opened for reading only.
    pub fn is_read_only(&self) -> bool {
        self.read_only.is_some()
    }

    /// What is wrong with a log that was opened for reading only: the log ends before it.
    pub fn damage(&self) -> Option<&Damage> {
        self.read_only.as_ref()?.damage.as_ref()
    }

    /// Ends the open volume, where it has events, and waits until every full volume is a sealed
    /// file. Appends and reads go on meanwhile.
    ///
    /// # Errors
    /// When the log is closed, or a volume could not be sealed; nothing is lost then.
    pub async fn seal(&self) -> Result<(), SealError> {
        if self.is_read_only() {
            return Err(SealError::ReadOnly);
        }
        let queue = self.queue().ok_or(SealError::Closed)?;
        let (answer, answered) = oneshot::channel();
        queue.send(Request::Roll(answer)).await.map_err(|_| SealError::Closed)?;
        drop(queue);
        let failed = |what| SealError::Failed { what };
        answered.await.map_err(|_| SealError::Closed)?.map_err(failed)?;
        let shared = Arc::clone(&self.shared);
        let sealed = tokio::task::spawn_blocking(move || shared.wait_until_sealed()).await;
        sealed.map_err(|error| failed(error.to_string()))?.map_err(failed)
    }

    /// Reads everything again and checks it: see [`VerifyReport`].
    ///
    /// # Errors
    /// When the log is closed or the operating system refuses. Damage is no error here but what the
    /// report says.
    pub async fn verify(&self) -> Result<VerifyReport, ReadError> {
        let mut report = self.blocking(verify_open).await?;
        report.damage = report.damage.or_else(|| self.damage().cloned());
        Ok(report)
    }

    /// How much the log has, and what it takes on disk. Reads what the volumes say of their
    /// streams, none of the records.
    ///
    /// # Errors
    /// When the log is closed or cannot be read.
    pub async fn status(&self) -> Result<LogStatus, ReadError> {
        self.blocking(|shared| {
            let (volumes, in_open) = {
                let state = shared.state();
                (Arc::clone(state.volumes()?), state.index.count_beginning())
            };
            let streams = in_open + volumes.earlier_streams_count()?;
            let (sealed, bytes_unsealed) = (volumes.sealed_bytes(), volumes.unsealed_bytes()?);
            let bytes_on_disk = sealed + bytes_unsealed;
            Ok(LogStatus { bytes_on_disk, bytes_unsealed, volumes: volumes.count(), streams })
        })
        .await
    }

    /// The exact bytes of the record at a position, which are the leaf that proofs are about;
    /// `None` behind the head.
    ///
    /// # Errors
    /// When the log is closed or cannot be read there.
    pub async fn record_bytes(&self, position: Position) -> Result<Option<Vec<u8>>, ReadError> {
        self.blocking(move |shared| {
            if position >= shared.state().end.next() {
                return Ok(None);
            }
            shared.volumes()?.record_bytes(position).map(Some)
        })
        .await
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Shared) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let shared = Arc::clone(&self.shared);
        let ran = tokio::task::spawn_blocking(move || run(&shared)).await;
        ran.unwrap_or(Err(ReadError::Closed))
    }

    fn pages(&self) -> Arc<dyn Pages> {
        Arc::new(LogPages(Arc::clone(&self.shared)))
    }

    fn queue(&self) -> Option<mpsc::Sender<Request>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn close_queue(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Drop for SledLog {
    fn drop(&mut self) {
        self.close_queue();
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the writer of the log panicked");
        }
        if let Some(read_only) = &self.read_only {
            read_only.close(&self.shared);
        }
    }
}

#[async_trait]
impl EventLog for SledLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        if self.is_read_only() {
            return Err(AppendError::ReadOnly);
        }
        let limit_bytes = self.record_bytes_max;
        if let Some(entry) = append.entries().iter().find(|entry| entry.bytes.len() > limit_bytes) {
            let (id, size_bytes) = (entry.id, entry.bytes.len());
            return Err(AppendError::RecordTooLarge { id, size_bytes, limit_bytes });
        }
        let queue = self.queue().ok_or(AppendError::Closed)?;
        let (request, answered) = AppendRequest::new(append);
        queue.send(Request::Append(request)).await.map_err(|_| AppendError::Closed)?;
        drop(queue);
        let Ok((came_to, _append)) = answered.await else {
            let what = "the writer stopped before it answered".to_owned();
            return Err(AppendError::NotDurable { what });
        };
        came_to
    }

    fn read(&self, range: PositionRange, filter: &Filter, direction: Direction) -> EventStream {
        let head = self.shared.state().end.next();
        read_range(self.pages(), range, head, filter, direction)
    }

    fn visit(
        &self,
        range: PositionRange,
        visit: &mut dyn FnMut(Position, Record<'_>) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let head = self.shared.state().end.next();
        let end = range.end.map_or(head, |end| end.min(head));
        visit_records(&self.shared, range.start, end, visit)
    }

    fn read_stream(
        &self,
        stream: &StreamId,
        range: VersionRange,
        direction: Direction,
    ) -> EventStream {
        let (shared, stream) = (Arc::clone(&self.shared), stream.clone());
        let head = self.shared.state().end.next();
        let pages = self.pages();
        let found = async move {
            let found =
                tokio::task::spawn_blocking(move || places_of(&shared, &stream, head)).await;
            match found.unwrap_or(Err(ReadError::Closed)) {
                Ok(places) => read_positions(pages, range.select(&places, direction)),
                Err(error) => futures::stream::iter([Err(error)]).boxed(),
            }
        };
        futures::stream::once(found).flatten().boxed()
    }

    fn subscribe(&self, from: Position) -> EventStream {
        follow(self.pages(), from, self.shared.head.subscribe())
    }

    async fn head(&self) -> Result<Head, ReadError> {
        Ok(self.shared.state().end.head())
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        let stream = stream.clone();
        self.blocking(move |shared| {
            let volumes = {
                let state = shared.state();
                if let Some(part) = state.index.stream(&stream) {
                    return Ok(part.last_version());
                }
                Arc::clone(state.volumes()?)
            };
            volumes.earlier_version(&stream)
        })
        .await
    }

    async fn position_of(&self, id: EventId) -> Result<Option<Position>, ReadError> {
        self.blocking(move |shared| {
            let volumes = {
                let state = shared.state();
                if let Some(position) = state.index.position_of(id) {
                    return Ok(Some(position));
                }
                Arc::clone(state.volumes()?)
            };
            volumes.earlier_position_of(id)
        })
        .await
    }

    async fn streams(&self) -> Result<Vec<(StreamId, Position)>, ReadError> {
        self.blocking(|shared| {
            let volumes = shared.volumes()?;
            let mut streams = volumes.earlier_streams()?;
            add_streams(&mut streams, &shared.state().index);
            Ok(streams.into_iter().collect())
        })
        .await
    }

    async fn close(&self) -> Result<(), AppendError> {
        if let Some(read_only) = self.read_only.clone() {
            let shared = Arc::clone(&self.shared);
            let closing = tokio::task::spawn_blocking(move || read_only.close(&shared)).await;
            return closing.map_err(|error| AppendError::NotDurable { what: error.to_string() });
        }
        self.close_queue();
        let mut closed = self.closed.clone();
        let stopped = || AppendError::NotDurable { what: "the writer stopped".to_owned() };
        let result = closed.wait_for(Option::is_some).await.map_err(|_| stopped())?.clone();
        result.unwrap_or_else(|| Err(stopped()))
    }
}

/// Where the events of a stream lie before `head`, in order.
fn places_of(
    shared: &Shared,
    stream: &StreamId,
    head: Position,
) -> Result<Vec<Position>, ReadError> {
    let (volumes, latest) = {
        let state = shared.state();
        let first = state.index.first();
        let part = state.index.stream(stream);
        let places = part.map_or(&[][..], |part| &part.places);
        let latest: Vec<_> = places.iter().map(|place| first.plus(u64::from(*place))).collect();
        (Arc::clone(state.volumes()?), latest)
    };
    let mut places = volumes.earlier_places(stream)?;
    places.extend(latest);
    places.truncate(places.partition_point(|place| *place < head));
    Ok(places)
}
