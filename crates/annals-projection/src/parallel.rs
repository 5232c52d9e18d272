//! Pure work spread over threads, with results in a fixed order.
//!
//! Every result is made of its part alone and comes back in the part's place, so what is made of
//! them is the same on any number of threads. Deliberately absent: a pool that lives on; a question
//! over a million customers is worth beginning a thread for, and smaller ones are not spread.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How many threads the machine runs at once.
pub fn threads_at_once() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Does the work on each part, on so many threads at most, this one among them; the results are in
/// the order of the parts.
pub fn in_parallel<P: Send, T: Send>(
    parts: Vec<P>,
    threads: usize,
    work: impl Fn(P) -> T + Sync,
) -> Vec<T> {
    let threads = threads.min(parts.len());
    let waiting = Mutex::new(parts.into_iter().enumerate());
    let run = || {
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        let mut done = Vec::new();
        while let Some((place, part)) = next() {
            done.push((place, work(part)));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        // Where no thread is to be had, the others do its work.
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, run).ok();
        let others: Vec<_> = (1..threads).map_while(spawn).collect();
        let mut done = run();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Makes two things at once.
pub fn both<A: Send, B: Send>(
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    let other = Mutex::new(Some(other));
    let take = || other.lock().unwrap_or_else(PoisonError::into_inner).take();
    thread::scope(|scope| {
        let spawned = thread::Builder::new().spawn_scoped(scope, || take().map(|other| other()));
        let made = one();
        let joined = spawned.ok().and_then(|thread| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        // Without a thread nobody has taken it yet.
        let other = joined.or_else(|| take().map(|other| other()));
        (made, other.expect("taken once, by the thread or here"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_parts_on_any_number_of_threads() {
        let parts: Vec<u64> = (0..100).collect();
        let squares: Vec<u64> = parts.iter().map(|part| part * part).collect();
        for threads in [0, 1, 2, 7, 1000] {
            assert_eq!(in_parallel(parts.clone(), threads, |part| part * part), squares);
        }
        assert!(in_parallel(Vec::<u64>::new(), 4, |part| part).is_empty());
    }

    #[test]
    fn both_are_made_and_stay_apart() {
        assert_eq!(both(|| 1, || "two"), (1, "two"));
    }
}
