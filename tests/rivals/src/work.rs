//! The work itself, the same for every store.

use crate::measure::{Times, per_second};
use crate::store::Store;
use crate::workload::{BATCH, Workload, stream};
use annals_events::StreamVersion;
use annals_log::{Append, ExpectedVersion};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;

/// Batches of a workload, made on a thread of their own, a few ahead.
pub fn batches(workload: &Workload, events: u64) -> mpsc::Receiver<Append> {
    let (sender, receiver) = mpsc::channel(8);
    let workload = workload.clone();
    std::thread::spawn(move || {
        let mut first = 0;
        while first < events {
            let count = BATCH.min(events - first);
            if sender.blocking_send(workload.batch(first, count)).is_err() {
                return;
            }
            first += count;
        }
    });
    receiver
}

/// Appends so many events in batches, made beside; events a second.
pub async fn append_batches(
    store: &dyn Store,
    workload: &Workload,
    events: u64,
) -> Result<f64, String> {
    let mut given = batches(workload, events);
    let started = Instant::now();
    while let Some(append) = given.recv().await {
        store.append(append).await?;
    }
    Ok(per_second(events, started))
}

/// Appends batches that were all made before; events a second.
pub async fn append_made(store: &dyn Store, made: Vec<Append>) -> Result<f64, String> {
    let events: usize = made.iter().map(|append| append.entries().len()).sum();
    let started = Instant::now();
    for append in made {
        store.append(append).await?;
    }
    Ok(per_second(events as u64, started))
}

/// So many producers append one event each time, `each` times, every one with the version its
/// stream is at; events a second, and what each append took, making its event included.
pub async fn producers(
    store: &Arc<dyn Store>,
    workload: &Workload,
    producers: u64,
    each: u64,
) -> Result<(f64, Times), String> {
    let started = Instant::now();
    let tasks: Vec<_> = (0..producers)
        .map(|producer| {
            let (store, workload) = (Arc::clone(store), workload.clone());
            tokio::spawn(produce(store, workload, producer, producers, each))
        })
        .collect();
    let mut times = Times::default();
    for task in tasks {
        times.extend(task.await.map_err(|error| error.to_string())??);
    }
    Ok((per_second(producers * each, started), times))
}

/// A producer has the streams with its number modulo the number of producers for itself.
async fn produce(
    store: Arc<dyn Store>,
    workload: Workload,
    producer: u64,
    producers: u64,
    each: u64,
) -> Result<Vec<std::time::Duration>, String> {
    let own = (workload.streams() / producers).max(1);
    let mut times = Vec::with_capacity(usize::try_from(each).unwrap_or(0));
    for step in 0..each {
        let began = Instant::now();
        let to = producer + producers * (step % own);
        let version = match step / own {
            0 => ExpectedVersion::NoStream,
            before => ExpectedVersion::Exact(StreamVersion::new(before)),
        };
        let append = workload.one(producer * each + step, to).expect(stream(to), version);
        store.append(append).await?;
        times.push(began.elapsed());
    }
    Ok(times)
}
