//! Tasks that threads share, of which the first that fails counts.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// So many tasks in order, each done by whichever thread comes to it.
#[derive(Debug)]
pub(crate) struct Tasks<E> {
    count: usize,
    next: AtomicUsize,
    failed: Mutex<Option<(usize, E)>>,
}

impl<E> Tasks<E> {
    pub(crate) fn new(count: usize) -> Self {
        Self { count, next: AtomicUsize::new(0), failed: Mutex::new(None) }
    }

    /// Does tasks until none is left or one has failed here. Others finish what they are at, which
    /// may be a task before the one that failed.
    pub(crate) fn work(&self, run: impl Fn(usize) -> Result<(), E>) {
        loop {
            let task = self.next.fetch_add(1, Ordering::Relaxed);
            if task >= self.count {
                return;
            }
            if let Err(error) = run(task) {
                let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
                if failed.as_ref().is_none_or(|(first, _)| task < *first) {
                    *failed = Some((task, error));
                }
                return;
            }
        }
    }

    /// The first task that failed, and why.
    pub(crate) fn into_failed(self) -> Option<(usize, E)> {
        self.failed.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn every_task_is_done_once_and_the_first_of_those_that_fail_is_named() {
        for failing in 0..20 {
            let done: Vec<_> = (0..20).map(|_| AtomicUsize::new(0)).collect();
            let tasks = Tasks::new(done.len());
            let work = || {
                tasks.work(|task| {
                    done[task].fetch_add(1, Ordering::Relaxed);
                    if task >= failing { Err(task) } else { Ok(()) }
                });
            };
            thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(work))));
            let times = |count: &AtomicUsize| count.load(Ordering::Relaxed);
            assert!(done.iter().take(failing + 1).all(|count| times(count) == 1));
            assert!(done.iter().all(|count| times(count) <= 1));
            assert_eq!(tasks.into_failed(), Some((failing, failing)));
        }
    }
}
