//! The writer: one thread that gathers appends, commits them as one block, and answers them.
//!
//! Nothing is answered before the group is durable, refusals included: they may rest on what stands
//! before them in the group. Once the disk refuses, it is not known what is on it, so that nothing
//! is acknowledged any more until the log is opened again.

use crate::barrier::Barrier;
use crate::group::{Commit, Decision, Group};
use crate::head_file::HeadFile;
use crate::index::Index;
use crate::keeper::Keeper;
use crate::layout::Layout;
use crate::ledger_lock::LedgerLock;
use crate::open_volume::OpenVolume;
use crate::options::SledLogOptions;
use crate::saved_index::save_index;
use crate::shared::Shared;
use crate::volumes::{FullVolume, Volumes};
use annals_log::{APPEND_EVENTS_MAX, Append, AppendError, Appended};
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// How much longer a group waits for callers that are known to be on their way.
const LINGER: Duration = Duration::from_micros(100);
/// How often `HEAD` is replaced at most while appending.
const HEAD_EVERY: Duration = Duration::from_secs(1);

/// What is asked of the writer.
pub(crate) enum Request {
    /// To append.
    Append(AppendRequest),
    /// To begin a new open volume; the answer comes when the one before waits to be sealed.
    Roll(oneshot::Sender<Result<(), String>>),
}

/// An append on its way to the writer.
pub(crate) struct AppendRequest {
    pub(crate) append: Append,
    pub(crate) answer: oneshot::Sender<Result<Appended, AppendError>>,
}

/// What closing the log came to; `None` while it is open.
pub(crate) type Closing = watch::Sender<Option<Result<(), AppendError>>>;

/// The one that writes.
pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) queue: mpsc::Receiver<Request>,
    /// How many callers wait for an answer, or have one and have not gone on yet.
    pub(crate) callers: Arc<AtomicUsize>,
    pub(crate) options: SledLogOptions,
    pub(crate) barrier: Box<dyn Barrier>,
    pub(crate) head_file: HeadFile,
    pub(crate) layout: Layout,
    pub(crate) keeper: Keeper,
    /// With how many events in the open volume the next one is begun.
    pub(crate) roll_at: u64,
    pub(crate) lock: LedgerLock,
}

/// What waits to be done, in order.
#[derive(Default)]
struct Waiting {
    appends: VecDeque<AppendRequest>,
    events: usize,
    rolls: Vec<oneshot::Sender<Result<(), String>>>,
}

impl Waiting {
    fn take(&mut self, request: Request) {
        match request {
            Request::Append(request) => {
                self.events += request.append.entries().len();
                self.appends.push_back(request);
            }
            Request::Roll(answer) => self.rolls.push(answer),
        }
    }
}

impl Writer {
    /// Writes until all senders are gone, then lets go of the volumes.
    pub(crate) fn run(mut self, closing: &Closing) {
        let stopped = "the writer stopped for a reason of its own".to_owned();
        let written = catch_unwind(AssertUnwindSafe(|| self.write_all()))
            .unwrap_or(Err(AppendError::NotDurable { what: stopped }));
        let written = written.and_then(|()| self.write_head().map_err(|error| not_durable(&error)));
        self.shared.head.send_replace(None);
        self.keeper.stop();
        if written.is_ok()
            && let Err(error) = self.save_index()
        {
            tracing::warn!(%error, "the index was not saved, the next open builds it again");
        }
        self.shared.let_go();
        drop(self.lock);
        closing.send_replace(Some(written));
    }

    fn write_all(&mut self) -> Result<(), AppendError> {
        let mut waiting = Waiting::default();
        let mut head_written = Instant::now();
        while self.gather(&mut waiting) {
            if let Err(failure) = self.commit_group(&mut waiting) {
                self.refuse_all(waiting, &failure);
                return Err(failure);
            }
            if waiting.appends.is_empty() {
                let rolls = std::mem::take(&mut waiting.rolls);
                if !rolls.is_empty() {
                    let rolled = self.roll().map_err(|error| error.to_string());
                    for answer in rolls {
                        drop(answer.send(rolled.clone()));
                    }
                }
            }
            self.roll_if_full();
            if head_written.elapsed() >= HEAD_EVERY {
                head_written = Instant::now();
                if let Err(error) = self.write_head() {
                    tracing::warn!(%error, "HEAD could not be replaced, it lags the log");
                }
            }
        }
        Ok(())
    }

    /// Waits for appends and takes about as many as a block holds; false once there are no more.
    fn gather(&mut self, waiting: &mut Waiting) -> bool {
        if waiting.appends.is_empty() {
            let Some(first) = self.queue.blocking_recv() else { return false };
            waiting.take(first);
        }
        let mut since = None;
        while waiting.events < APPEND_EVENTS_MAX && waiting.rolls.is_empty() {
            if let Ok(request) = self.queue.try_recv() {
                waiting.take(request);
                continue;
            }
            let alone = self.callers.load(Ordering::Relaxed) <= waiting.appends.len();
            if alone || since.get_or_insert_with(Instant::now).elapsed() > LINGER {
                break;
            }
            std::thread::yield_now();
        }
        true
    }

    /// Commits the first of those waiting, as far as they fit one block, and answers them.
    fn commit_group(&mut self, waiting: &mut Waiting) -> Result<(), AppendError> {
        if waiting.appends.is_empty() {
            return Ok(());
        }
        let volumes = self.shared.volumes()?;
        let mut decided = Vec::with_capacity(waiting.appends.len());
        let commit = self.decide(&volumes, waiting, &mut decided);
        let committed = commit.map_or(Ok(()), |commit| self.commit(&volumes.open, commit));
        let committed = committed.map_err(|error| not_durable(&error));
        for (request, decision) in decided {
            let answer = match &committed {
                Ok(()) => decision.map(|outcomes| Appended { outcomes }),
                Err(failure) => Err(failure.clone()),
            };
            // Nobody waits where the caller dropped the future; the append stands all the same.
            drop(request.answer.send(answer));
        }
        committed
    }

    fn decide(
        &self,
        volumes: &Volumes,
        waiting: &mut Waiting,
        decided: &mut Vec<(AppendRequest, Decision)>,
    ) -> Option<Commit> {
        let state = self.shared.state();
        let now = self.options.clock.now();
        let mut group = Group::new(&state, volumes, now, self.options.skew_seconds);
        while let Some(request) = waiting.appends.pop_front() {
            let Some(decision) = group.offer(&request.append) else {
                waiting.appends.push_front(request);
                break;
            };
            waiting.events = waiting.events.saturating_sub(request.append.entries().len());
            decided.push((request, decision));
        }
        group.finish()
    }

    fn commit(&mut self, volume: &OpenVolume, commit: Commit) -> io::Result<()> {
        let Commit { first, block, end, added } = commit;
        volume.put(first, block)?;
        self.barrier.pass(volume)?;
        let next = end.next();
        self.shared.change_state(|state| {
            for event in added {
                state
                    .index
                    .add(event.position, event.id, &event.stream, event.version)
                    .expect("the group was planned over this index");
            }
            state.end = end;
        });
        self.shared.head.send_replace(Some(next));
        Ok(())
    }

    fn roll_if_full(&mut self) {
        let count = self.shared.state().index.count();
        if count < self.roll_at {
            return;
        }
        let limit = self.options.open_volume_events_max;
        self.roll_at = match self.roll() {
            Ok(()) => limit,
            Err(error) => {
                tracing::error!(%error, "no new open volume could be made, the full one grows");
                count + limit / 16 + 1
            }
        };
    }

    /// Begins a new open volume where there are events in this one, and has this one sealed. Waits
    /// while another is being sealed, so that there are never many.
    fn roll(&mut self) -> io::Result<()> {
        let end = self.shared.state().end.clone();
        if self.shared.state().index.count() > 0 {
            if let Err(failure) = self.shared.wait_until_sealed() {
                tracing::warn!(failure, "a volume was not sealed, it is tried again");
            }
            let volume = OpenVolume::open(&self.layout, end.next()).map_err(io::Error::other)?;
            self.write_head()?;
            self.shared.change_state(|state| {
                let index = Index::starting_at(end.next());
                let index = std::mem::replace(&mut state.index, index);
                let Some(volumes) = &mut state.volumes else { return };
                let mut changed = (**volumes).clone();
                let volume = std::mem::replace(&mut changed.open, Arc::new(volume));
                changed.full.push(Arc::new(FullVolume { volume, index, end: end.clone() }));
                *volumes = Arc::new(changed);
            });
        }
        self.keeper.seal(&self.shared);
        Ok(())
    }

    fn refuse_all(&mut self, waiting: Waiting, failure: &AppendError) {
        tracing::error!(%failure, "the log takes no more appends");
        let mut refuse = |request| match request {
            Request::Append(request) => drop(request.answer.send(Err(failure.clone()))),
            Request::Roll(answer) => drop(answer.send(Err(failure.to_string()))),
        };
        waiting.appends.into_iter().map(Request::Append).for_each(&mut refuse);
        waiting.rolls.into_iter().map(Request::Roll).for_each(&mut refuse);
        while let Some(request) = self.queue.blocking_recv() {
            refuse(request);
        }
    }

    fn save_index(&self) -> io::Result<()> {
        let state = self.shared.state();
        match &state.volumes {
            Some(volumes) => {
                let path = self.layout.index_path(volumes.open.first());
                save_index(&path, &state.index, &state.end)
            }
            None => Ok(()),
        }
    }

    fn write_head(&self) -> io::Result<()> {
        let head = self.shared.state().end.head();
        self.head_file.write(&head)
    }
}

fn not_durable(error: &io::Error) -> AppendError {
    AppendError::NotDurable { what: error.to_string() }
}

#[cfg(test)]
mod tests {
    use crate::barrier::{Barrier, FileBarrier};
    use crate::open_volume::OpenVolume;
    use crate::options::SledLogOptions;
    use crate::sled_log::SledLog;
    use annals_events::{
        Custom, CustomKind, Envelope, Event, EventId, Instant, JsonText, OccurredAt, Position,
        StreamId,
    };
    use annals_log::{Append, AppendError, EventLog, ExpectedVersion, Outcome, PositionRange};
    use annals_log::{Direction, Filter};
    use futures::StreamExt as _;
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use uuid::Uuid;

    fn event(number: u128, stream: &str) -> Event {
        let id = EventId::new(Uuid::from_u128(number)).unwrap();
        let stream = StreamId::party(stream).unwrap();
        let at = OccurredAt::utc(Instant::from_unix_seconds(1_000_000));
        let kind = CustomKind::new("x.test").unwrap();
        let data = JsonText::new(&format!("{{\"number\":{number}}}")).unwrap();
        Event::new(
            Envelope::new(id, stream, at),
            annals_events::Payload::Custom(Custom { kind, data }),
        )
        .unwrap()
    }

    fn append(number: u128) -> Append {
        Append::new(&[event(number, "anna")]).unwrap()
    }

    /// Passes so often, then says what a broken disk says.
    struct Failing {
        inner: FileBarrier,
        passes_left: usize,
    }

    impl Barrier for Failing {
        fn pass(&mut self, volume: &OpenVolume) -> io::Result<()> {
            const EIO: i32 = 5;
            if self.passes_left == 0 {
                return Err(io::Error::from_raw_os_error(EIO));
            }
            self.passes_left -= 1;
            self.inner.pass(volume)
        }
    }

    async fn read_all(log: &SledLog) -> Vec<Event> {
        let events = log.read(PositionRange::ALL, &Filter::all(), Direction::Forwards);
        events.map(|event| event.unwrap().event).collect().await
    }

    #[tokio::test]
    async fn a_disk_that_refuses_ends_all_acknowledging_and_a_reopen_has_what_was_acknowledged() {
        let dir = tempfile::tempdir().unwrap();
        let options = SledLogOptions::default();
        let log = SledLog::open_with_barrier(dir.path(), options.clone(), |inner| {
            Box::new(Failing { inner, passes_left: 2 })
        })
        .unwrap();
        log.append(append(1)).await.unwrap();
        log.append(append(2)).await.unwrap();
        let refused = log.append(append(3)).await;
        assert!(matches!(refused, Err(AppendError::NotDurable { .. })), "{refused:?}");
        // The barrier would fail only once were it asked again; nothing may ask it.
        let refused = log.append(append(4)).await;
        assert!(matches!(refused, Err(AppendError::NotDurable { .. })), "{refused:?}");
        assert_eq!(log.head().await.unwrap().next, Position::new(2));
        assert_eq!(read_all(&log).await, [event(1, "anna"), event(2, "anna")]);
        assert!(log.close().await.is_err());
        drop(log);

        let log = SledLog::open(dir.path(), options).unwrap();
        let events = read_all(&log).await;
        assert_eq!(events[..2], [event(1, "anna"), event(2, "anna")]);
        assert!(events.len() <= 3);
        // Whether the third got through is not known; its retry must place it third either way.
        let retried = log.append(append(3)).await.unwrap();
        assert_eq!(retried.outcomes[0].placed().position, Position::new(2));
        let report = log.verify().await.unwrap();
        assert_eq!((report.events, report.damage), (3, None));
        log.close().await.unwrap();
    }

    /// Stands still in the first pass until it is let go.
    struct Gated {
        inner: FileBarrier,
        passes: Arc<AtomicUsize>,
        gate: mpsc::Receiver<()>,
    }

    impl Barrier for Gated {
        fn pass(&mut self, volume: &OpenVolume) -> io::Result<()> {
            if self.passes.fetch_add(1, Ordering::SeqCst) == 0 {
                self.gate.recv().expect("the test opens the gate");
            }
            self.inner.pass(volume)
        }
    }

    #[tokio::test]
    async fn a_refused_append_and_a_repeated_one_leave_the_others_of_their_group_alone() {
        let dir = tempfile::tempdir().unwrap();
        let passes = Arc::new(AtomicUsize::new(0));
        let (open_gate, gate) = mpsc::channel();
        let counted = Arc::clone(&passes);
        let options = SledLogOptions::default();
        let log = SledLog::open_with_barrier(dir.path(), options, |inner| {
            Box::new(Gated { inner, passes: counted, gate })
        })
        .unwrap();
        let anna = StreamId::party("anna").unwrap();
        let appends = [
            append(1),
            append(2),
            append(3).expect(anna, ExpectedVersion::NoStream),
            append(2),
            append(4),
        ];
        let mut waiting = Vec::new();
        for append in appends {
            let mut waits = Box::pin(log.append(append));
            assert!(futures::poll!(&mut waits).is_pending(), "nothing passes the gate");
            waiting.push(waits);
            while passes.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
        }
        open_gate.send(()).unwrap();
        let mut answers = Vec::new();
        for waits in waiting {
            answers.push(waits.await);
        }
        let outcome = |index: usize| answers[index].as_ref().unwrap().outcomes[0];
        assert!(matches!(answers[2], Err(AppendError::VersionConflict { .. })), "{answers:?}");
        assert!(matches!(outcome(1), Outcome::Appended(_)));
        assert_eq!(outcome(3), Outcome::Duplicate(outcome(1).placed()));
        assert_eq!(outcome(4).placed().position, Position::new(2));
        assert_eq!(outcome(4).placed().stream_version.get(), 3);
        assert_eq!(passes.load(Ordering::SeqCst), 2, "all that waited went in one group");
        log.close().await.unwrap();
    }
    #[tokio::test]
    async fn beyond_a_full_queue_an_append_waits_for_room_and_dropped_while_it_waits_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let passes = Arc::new(AtomicUsize::new(0));
        let (open_gate, gate) = mpsc::channel();
        let counted = Arc::clone(&passes);
        let options = SledLogOptions { queue_appends_max: 2, ..SledLogOptions::default() };
        let log = SledLog::open_with_barrier(dir.path(), options, |inner| {
            Box::new(Gated { inner, passes: counted, gate })
        })
        .unwrap();
        // One is with the writer, two in the queue; the last two find no room.
        let mut waiting = Vec::new();
        for number in 1..=5 {
            let mut waits = Box::pin(log.append(append(number)));
            assert!(futures::poll!(&mut waits).is_pending(), "nothing passes the gate");
            waiting.push(waits);
            while passes.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
        }
        drop(waiting.remove(3));
        open_gate.send(()).unwrap();
        for waits in waiting {
            waits.await.unwrap();
        }
        let expected: Vec<_> = [1, 2, 3, 5].map(|number| event(number, "anna")).into();
        assert_eq!(read_all(&log).await, expected);
        assert_eq!(log.position_of(event(4, "anna").id()).await.unwrap(), None);
        log.append(append(4)).await.unwrap();
        log.close().await.unwrap();
    }
}
