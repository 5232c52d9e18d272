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
    /// Whether more may be gathered into a group, when none is there at the moment.
    fn has_room(&self) -> bool;
    /// Whether it pays to wait for one on its way; waits a moment if so.
    fn lingers(&mut self) -> bool;
    /// Decides on those kept, in order and as many as make up one group.
    fn decide(&mut self) -> Result<DecidedGroup<Self>, Self::Failure>;
    /// Hands what is new to the operating system.
    fn write(&mut self, commit: &mut Self::Commit) -> Result<(), Self::Failure>;
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

/// Waits for requests and takes about as many as make up a group; false once there are no more.
fn gather<W: GroupCommit>(writer: &mut W, queue: &mut impl Queue<Request = W::Request>) -> bool {
    if writer.is_idle() {
        let Some(first) = queue.wait() else { return false };
        writer.keep(first);
    }
    while writer.has_room() {
        if let Some(request) = queue.poll() {
            writer.keep(request);
        } else if !writer.lingers() {
            break;
        }
    }
    true
}

fn commit_group<W: GroupCommit>(writer: &mut W) -> Result<(), W::Failure> {
    let (decided, commit) = writer.decide()?;
    let committed = commit.map_or(Ok(()), |mut commit| {
        writer.write(&mut commit)?;
        writer.pass_barrier(&commit)?;
        writer.publish(commit);
        Ok(())
    });
    for decided in decided {
        W::answer(decided, committed.clone());
    }
    committed
}
