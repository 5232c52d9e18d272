//! The order of a group commit: gather, decide, write, pass the barrier, publish, answer.
//!
//! It stands apart from what is committed and from where requests come from, so that the one
//! promise everything else rests on can be held over explored schedules of callers and writer:
//! nothing is answered, and nothing is shown to readers, before it is durable. Once the disk
//! refuses, all that wait and all that still come are refused. Deliberately absent: disks, blocks,
//! clocks, async.

/// Where requests come from.
pub(crate) trait Queue {
    /// What is asked.
    type Request;
    /// Waits for a request; `None` once there are no more and nobody is left to ask.
    fn wait(&mut self) -> Option<Self::Request>;
    /// A request that is there already.
    fn poll(&mut self) -> Option<Self::Request>;
}

/// What was decided on, and what is new in it if anything is.
pub(crate) type DecidedGroup<W> =
    (Vec<<W as GroupCommit>::Decided>, Option<<W as GroupCommit>::Commit>);

/// What a writer does at each step.
pub(crate) trait GroupCommit: Sized {
    /// What is asked.
    type Request;
    /// A request that was decided on and what it comes to, provided that the group is durable.
    type Decided;
    /// What is new in a group.
    type Commit;
    /// Why nothing more is acknowledged.
    type Failure: Clone;

    /// Keeps a request until it is decided on.
    fn keep(&mut self, request: Self::Request);
    /// Whether nothing is kept.
    fn is_idle(&self) -> bool;
    /// Whether more may be gathered into a group.
    fn has_room(&self) -> bool;
    /// Decides on those kept, in order and as many as make up one group.
    fn decide(&mut self) -> Result<DecidedGroup<Self>, Self::Failure>;
    /// Hands what is new to the operating system.
    fn write(&mut self, commit: &Self::Commit) -> Result<(), Self::Failure>;
    /// Returns only when all of that is durable.
    fn pass_barrier(&mut self, commit: &Self::Commit) -> Result<(), Self::Failure>;
    /// Shows it to readers.
    fn publish(&mut self, commit: Self::Commit);
    /// Answers a caller.
    fn answer(decided: Self::Decided, committed: Result<(), Self::Failure>);
    /// What is to be done between groups.
    fn between_groups(&mut self);
    /// Refuses all that are kept.
    fn refuse_kept(&mut self, failure: &Self::Failure);
    /// Refuses a request.
    fn refuse(request: Self::Request, failure: &Self::Failure);
}

/// Commits groups until the queue ends or the disk refuses; then refuses until the queue ends.
pub(crate) fn commit_groups<W: GroupCommit>(
    writer: &mut W,
    queue: &mut impl Queue<Request = W::Request>,
) -> Result<(), W::Failure> {
    while gather(writer, queue) {
        if let Err(failure) = commit_group(writer) {
            writer.refuse_kept(&failure);
            while let Some(request) = queue.wait() {
                W::refuse(request, &failure);
            }
            return Err(failure);
        }
        writer.between_groups();
    }
    Ok(())
}

/// Waits for a request and takes with it those that are there, about as many as make up a group;
/// false once there are no more. It waits for no others: those that come while a group passes its
/// barrier make up the next one, and until then the processor is free for whoever makes them.
fn gather<W: GroupCommit>(writer: &mut W, queue: &mut impl Queue<Request = W::Request>) -> bool {
    if writer.is_idle() {
        let Some(first) = queue.wait() else { return false };
        writer.keep(first);
    }
    while writer.has_room()
        && let Some(request) = queue.poll()
    {
        writer.keep(request);
    }
    true
}

fn commit_group<W: GroupCommit>(writer: &mut W) -> Result<(), W::Failure> {
    let (decided, commit) = writer.decide()?;
    let committed = commit.map_or(Ok(()), |commit| {
        writer.write(&commit)?;
        writer.pass_barrier(&commit)?;
        writer.publish(commit);
        Ok(())
    });
    for decided in decided {
        W::answer(decided, committed.clone());
    }
    committed
}

#[cfg(test)]
mod tests {
    //! The loop with callers, a reader and a disk that forgets what no barrier covered, over
    //! thousands of schedules that shuttle explores, at random and by priorities.

    use super::*;
    use shuttle::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
    use shuttle::sync::{Arc, Mutex};
    use shuttle::thread;
    use std::collections::VecDeque;

    /// What a disk would have after a power cut, and what readers are shown.
    #[derive(Default)]
    struct World {
        written: Mutex<Vec<u8>>,
        durable: Mutex<Vec<u8>>,
        shown: Mutex<Vec<u8>>,
    }

    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Refused;

    struct Request {
        number: u8,
        answer: Sender<Result<(), Refused>>,
    }

    impl Queue for Receiver<Request> {
        type Request = Request;

        fn wait(&mut self) -> Option<Request> {
            self.recv().ok()
        }

        fn poll(&mut self) -> Option<Request> {
            self.try_recv().ok()
        }
    }

    /// Gathers three at most and groups two; numbers divisible by five are refused.
    struct Writer {
        world: Arc<World>,
        kept: VecDeque<Request>,
        /// Which pass of the barrier fails; all later ones would succeed.
        fails_at: Option<usize>,
        passes: usize,
    }

    impl GroupCommit for Writer {
        type Request = Request;
        type Decided = (Request, Result<(), Refused>);
        type Commit = Vec<u8>;
        type Failure = Refused;

        fn keep(&mut self, request: Request) {
            self.kept.push_back(request);
        }

        fn is_idle(&self) -> bool {
            self.kept.is_empty()
        }

        fn has_room(&self) -> bool {
            self.kept.len() < 3
        }

        fn decide(&mut self) -> Result<DecidedGroup<Self>, Refused> {
            let kept = self.kept.drain(..self.kept.len().min(2));
            let decide = |request: Request| {
                let decision = if request.number.is_multiple_of(5) { Err(Refused) } else { Ok(()) };
                (request, decision)
            };
            let decided: Vec<_> = kept.map(decide).collect();
            let new = decided.iter().filter(|(_, decision)| decision.is_ok());
            let new: Vec<_> = new.map(|(request, _)| request.number).collect();
            Ok((decided, (!new.is_empty()).then_some(new)))
        }

        fn write(&mut self, commit: &Vec<u8>) -> Result<(), Refused> {
            self.world.written.lock().unwrap().extend_from_slice(commit);
            Ok(())
        }

        fn pass_barrier(&mut self, _: &Vec<u8>) -> Result<(), Refused> {
            let pass = self.passes;
            self.passes += 1;
            thread::yield_now();
            match self.fails_at {
                Some(at) if pass == at => Err(Refused),
                // What a failed barrier left behind is a gap: nothing behind it counts.
                Some(at) if pass > at => Ok(()),
                _ => {
                    let written = self.world.written.lock().unwrap().clone();
                    *self.world.durable.lock().unwrap() = written;
                    Ok(())
                }
            }
        }

        fn publish(&mut self, commit: Vec<u8>) {
            self.world.shown.lock().unwrap().extend(commit);
        }

        fn answer((request, decision): Self::Decided, committed: Result<(), Refused>) {
            drop(request.answer.send(committed.and(decision)));
        }

        fn between_groups(&mut self) {}

        fn refuse_kept(&mut self, failure: &Refused) {
            self.kept.drain(..).for_each(|request| Self::refuse(request, failure));
        }

        fn refuse(request: Request, failure: &Refused) {
            drop(request.answer.send(Err(failure.clone())));
        }
    }

    fn ask(queue: &SyncSender<Request>, number: u8, world: &World) {
        let (answer, answered) = channel();
        assert!(queue.send(Request { number, answer }).is_ok(), "the writer takes requests");
        let answered = answered.recv().expect("every request is answered");
        if answered.is_ok() {
            assert!(world.durable.lock().unwrap().contains(&number), "{number} is not durable");
            assert!(world.shown.lock().unwrap().contains(&number), "{number} is not shown");
        }
    }

    fn look(world: &World) {
        let shown = world.shown.lock().unwrap().clone();
        let durable = world.durable.lock().unwrap().clone();
        assert!(shown.iter().all(|number| durable.contains(number)), "{shown:?} of {durable:?}");
    }

    /// So many callers with so many requests each, one after the other, and a reader.
    fn run(callers: u8, each: u8, fails_at: Option<usize>) {
        let world = Arc::new(World::default());
        let (queue, mut requests) = sync_channel(1);
        let mut threads: Vec<_> = (0..callers)
            .map(|caller| {
                let (queue, world) = (queue.clone(), Arc::clone(&world));
                let numbers = caller * each + 1..=(caller + 1) * each;
                thread::spawn(move || numbers.for_each(|number| ask(&queue, number, &world)))
            })
            .collect();
        drop(queue);
        let seen = Arc::clone(&world);
        threads.push(thread::spawn(move || (0..2).for_each(|_| look(&seen))));
        let (kept, passes) = (VecDeque::new(), 0);
        let mut writer = Writer { world: Arc::clone(&world), kept, fails_at, passes };
        let ended = commit_groups(&mut writer, &mut requests);
        for thread in threads {
            thread.join().unwrap();
        }
        let reached = fails_at.is_some_and(|at| writer.passes > at);
        assert_eq!(ended, if reached { Err(Refused) } else { Ok(()) });
        if !reached {
            let asked = (1..=callers * each).filter(|number| !number.is_multiple_of(5)).count();
            assert_eq!(world.durable.lock().unwrap().len(), asked);
        }
    }

    #[test]
    fn nothing_is_acknowledged_or_shown_before_its_barrier_in_explored_schedules() {
        for fails_at in [None, Some(0), Some(1), Some(3)] {
            shuttle::check_random(move || run(4, 2, fails_at), 1000);
            shuttle::check_pct(move || run(4, 2, fails_at), 1000, 3);
        }
    }
}
