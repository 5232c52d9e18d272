//! The writer: one thread that gathers appends, commits them as one block, and answers them.
//!
//! Nothing is answered before the group is durable, refusals included: they may rest on what stands
//! before them in the group. Once the disk refuses, it is not known what is on it, so that nothing
//! is acknowledged any more until the log is opened again.

use crate::barrier::Barrier;
use crate::group::{Commit, Decision, Group};
use crate::group_commit::{DecidedGroup, GroupCommit, Queue, commit_groups};
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
use annals_events::Position;
use annals_log::{APPEND_EVENTS_MAX, Append, AppendError, Appended, Outcome};
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// How often `HEAD` is replaced at most while appending.
const HEAD_EVERY: Duration = Duration::from_secs(1);

/// What is asked of the writer.
pub(crate) enum Request {
    /// To append.
    Append(AppendRequest),
    /// To begin a new open volume; the answer comes when the one before waits to be sealed.
    Roll(oneshot::Sender<Result<(), String>>),
}

/// An append on its way to the writer. Its memory is the caller's: what it was and what comes of it
/// goes back with the answer, since it is dear to let go of on another thread.
pub(crate) struct AppendRequest {
    append: Append,
    /// With room for what becomes of each event.
    outcomes: Vec<Outcome>,
    answer: oneshot::Sender<Answer>,
}

/// What an append came to, and the append.
pub(crate) type Answer = (Result<Appended, AppendError>, Append);

impl AppendRequest {
    pub(crate) fn new(append: Append) -> (Self, oneshot::Receiver<Answer>) {
        let (answer, answered) = oneshot::channel();
        let outcomes = Vec::with_capacity(append.entries().len());
        (Self { append, outcomes, answer }, answered)
    }

    fn answer(self, came_to: Result<(), AppendError>) {
        let Self { append, outcomes, answer } = self;
        // Nobody waits where the caller dropped the future; the append stands all the same.
        drop(answer.send((came_to.map(|()| Appended { outcomes }), append)));
    }
}

/// What closing the log came to; `None` while it is open.
pub(crate) type Closing = watch::Sender<Option<Result<(), AppendError>>>;

/// The one that writes.
pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) options: SledLogOptions,
    pub(crate) barrier: Box<dyn Barrier>,
    pub(crate) head_file: HeadFile,
    pub(crate) layout: Layout,
    pub(crate) keeper: Keeper,
    /// With how many events in the open volume the next one is begun.
    pub(crate) roll_at: u64,
    pub(crate) lock: LedgerLock,
    /// Where the log ended when its saved index was read, if it was.
    pub(crate) index_saved: Option<Position>,
    pub(crate) waiting: Waiting,
    /// When `HEAD` was last replaced.
    pub(crate) head_written: Instant,
}

/// What waits to be done, in order.
#[derive(Default)]
pub(crate) struct Waiting {
    appends: VecDeque<AppendRequest>,
    /// How many of the first the group before had no room for.
    left_over: usize,
    events: usize,
    rolls: Vec<oneshot::Sender<Result<(), String>>>,
}

impl Queue for mpsc::Receiver<Request> {
    type Request = Request;

    fn wait(&mut self) -> Option<Request> {
        self.blocking_recv()
    }

    fn poll(&mut self) -> Option<Request> {
        self.try_recv().ok()
    }
}

impl Writer {
    /// Writes until all senders are gone, then lets go of the volumes.
    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Request>, closing: &Closing) {
        let stopped = "the writer stopped for a reason of its own".to_owned();
        let written = catch_unwind(AssertUnwindSafe(|| commit_groups(&mut self, &mut queue)))
            .unwrap_or(Err(AppendError::NotDurable { what: stopped }));
        let written = written.and_then(|()| self.write_head().map_err(|error| not_durable(&error)));
        if written.is_ok()
            && let Err(error) = self.settle()
        {
            tracing::warn!(%error, "the journal was not emptied, the next open reads it");
        }
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
            self.settle()?;
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

    fn settle(&self) -> io::Result<()> {
        let volumes = self.shared.state().volumes.clone();
        volumes.map_or(Ok(()), |volumes| volumes.open.settle())
    }

    fn save_index(&self) -> io::Result<()> {
        let state = self.shared.state();
        match &state.volumes {
            // Nothing was appended: what was saved holds on.
            Some(_) if self.index_saved == Some(state.end.next()) => Ok(()),
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

impl GroupCommit for Writer {
    type Request = Request;
    type Decided = (AppendRequest, Decision);
    type Commit = (Arc<Volumes>, Commit);
    type Failure = AppendError;

    fn keep(&mut self, request: Request) {
        let waiting = &mut self.waiting;
        match request {
            Request::Append(request) => {
                waiting.events += request.append.entries().len();
                waiting.appends.push_back(request);
            }
            Request::Roll(answer) => waiting.rolls.push(answer),
        }
    }

    fn is_idle(&self) -> bool {
        self.waiting.appends.is_empty()
    }

    fn has_room(&self) -> bool {
        self.waiting.events < APPEND_EVENTS_MAX && self.waiting.rolls.is_empty()
    }

    /// Decides on the first of those waiting, as far as they fit one block.
    fn decide(&mut self) -> Result<DecidedGroup<Self>, AppendError> {
        if self.waiting.appends.is_empty() {
            return Ok((Vec::new(), None));
        }
        let volumes = self.shared.volumes()?;
        let state = self.shared.state();
        let now = self.options.clock.now();
        let waiting = &mut self.waiting;
        let events = waiting.events.min(APPEND_EVENTS_MAX);
        let mut group = Group::new(&state, &volumes, now, self.options.skew_seconds, events);
        let come = waiting.appends.iter().skip(waiting.left_over);
        state.index.fetch(come.flat_map(|request| request.append.entries()));
        let mut decided = Vec::with_capacity(waiting.appends.len());
        while let Some(mut request) = waiting.appends.pop_front() {
            let Some(decision) = group.offer(&request.append, &mut request.outcomes) else {
                waiting.appends.push_front(request);
                break;
            };
            waiting.events = waiting.events.saturating_sub(request.append.entries().len());
            decided.push((request, decision));
        }
        waiting.left_over = waiting.appends.len();
        let commit = group.finish();
        drop(state);
        Ok((decided, commit.map(|commit| (volumes, commit))))
    }

    fn write(&mut self, (volumes, commit): &Self::Commit) -> Result<(), AppendError> {
        volumes.open.put(commit.first, &commit.block).map_err(|error| not_durable(&error))
    }

    fn pass_barrier(&mut self, (volumes, _): &Self::Commit) -> Result<(), AppendError> {
        self.barrier.pass(&volumes.open).map_err(|error| not_durable(&error))
    }

    fn publish(&mut self, (_, commit): Self::Commit) {
        let Commit { first, end, added, .. } = commit;
        let next = end.next();
        self.shared.change_state(|state| {
            let added = state.index.add_all(first, &added);
            added.expect("the group was planned over this index");
            state.end = end;
        });
        self.shared.head.send_replace(Some(next));
    }

    fn answer((request, decision): Self::Decided, committed: Result<(), AppendError>) {
        request.answer(committed.and(decision));
    }

    fn between_groups(&mut self) {
        if self.waiting.appends.is_empty() {
            let rolls = std::mem::take(&mut self.waiting.rolls);
            if !rolls.is_empty() {
                let rolled = self.roll().map_err(|error| error.to_string());
                for answer in rolls {
                    drop(answer.send(rolled.clone()));
                }
            }
        }
        // Where the disk refuses, the next block that is put does not get through, and says so.
        if let Ok(volumes) = self.shared.volumes()
            && let Err(error) = volumes.open.write_behind()
        {
            tracing::warn!(%error, "the database could not be written to");
        }
        self.roll_if_full();
        if self.head_written.elapsed() >= HEAD_EVERY {
            self.head_written = Instant::now();
            if let Err(error) = self.write_head() {
                tracing::warn!(%error, "HEAD could not be replaced, it lags the log");
            }
        }
    }

    fn refuse_kept(&mut self, failure: &AppendError) {
        tracing::error!(%failure, "the log takes no more appends");
        let waiting = std::mem::take(&mut self.waiting);
        waiting.appends.into_iter().for_each(|kept| Self::refuse(Request::Append(kept), failure));
        waiting.rolls.into_iter().for_each(|kept| Self::refuse(Request::Roll(kept), failure));
    }

    fn refuse(request: Request, failure: &AppendError) {
        match request {
            Request::Append(request) => request.answer(Err(failure.clone())),
            Request::Roll(answer) => drop(answer.send(Err(failure.to_string()))),
        }
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
    use annals_events::{Event, Position, StreamId};
    use annals_log::{Append, AppendError, EventLog, ExpectedVersion, Outcome, PositionRange};
    use annals_log::{Direction, Filter};
    use annals_testkit::custom_event;
    use futures::StreamExt as _;
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    fn event(number: u128, stream: &str) -> Event {
        let data = format!("{{\"number\":{number}}}");
        custom_event(number, &StreamId::party(stream).unwrap(), &data)
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
