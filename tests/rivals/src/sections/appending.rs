//! Durable appends beside a plain file that does the same work, and beside `SQLite`.
//!
//! The plain file with the gate grows, as the log does; one that has all its bytes before the clock
//! starts is shown beside it, in the same rounds.

use crate::measure::Rounds;
use crate::plain_file::{PlainFile, Space};
use crate::report::{Row, rate, time};
use crate::sections::Sizes;
use crate::store::{Store, text};
use crate::stores::annals::Annals;
use crate::stores::sqlite::Sqlite;
use crate::work::{append_batches, append_made, producers as run_producers};
use crate::workload::{BATCH, Workload};
use annals_sled::SledLogOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const STREAMS: u64 = 10_000;

fn workload(sizes: &Sizes) -> Workload {
    Workload::new(&sizes.directory.join("vault"), STREAMS)
}

fn fresh(sizes: &Sizes, name: &str) -> Result<PathBuf, String> {
    let directory = sizes.directory.join(name);
    drop(std::fs::remove_dir_all(&directory));
    std::fs::create_dir_all(&directory).map_err(text)?;
    Ok(directory)
}

/// More than any round writes.
const PREALLOCATED: Space = Space::Preallocated(128);

fn plain(directory: &Path, space: Space) -> Result<PlainFile, String> {
    PlainFile::create(&directory.join("plain.log"), space).map_err(text)
}

/// What a few stores came to on the same work, in interleaved rounds, with the ratio of the first
/// to each other of the same round.
#[derive(Default)]
struct Compared {
    values: Vec<Rounds>,
    ratios: Vec<Rounds>,
}

impl Compared {
    fn push(&mut self, round: &[f64]) {
        self.values.resize_with(round.len(), Rounds::default);
        self.ratios.resize_with(round.len(), Rounds::default);
        for ((value, values), ratios) in round.iter().zip(&mut self.values).zip(&mut self.ratios) {
            values.push(*value);
            ratios.push(round[0] / value);
        }
    }

    fn rate(&self, index: usize) -> String {
        self.values[index].spread(rate)
    }

    fn ratio(&self, index: usize) -> f64 {
        self.ratios[index].median()
    }
}

/// The stores that batches go to, ours first.
const OF_BATCHES: [&str; 4] = ["annals", "plain", "preallocated", "sqlite"];

fn open(name: &str, directory: &Path) -> Result<Arc<dyn Store>, String> {
    Ok(match name {
        "annals" => Arc::new(Annals::open(directory, SledLogOptions::default())?),
        "plain" => Arc::new(plain(directory, Space::Grows)?),
        "preallocated" => Arc::new(plain(directory, PREALLOCATED)?),
        _ => Arc::new(Sqlite::open(directory)?),
    })
}

/// Batches of 512 events, one caller.
///
/// # Errors
/// With what went wrong.
pub async fn batches(sizes: &Sizes) -> Result<Vec<Row>, String> {
    let work = workload(sizes);
    let (mut making, mut made) = (Compared::default(), Compared::default());
    for _ in 0..sizes.rounds {
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for name in OF_BATCHES {
            let directory = fresh(sizes, name)?;
            let store = open(name, &directory)?;
            with.push(append_batches(&*store, &work, sizes.batch_events).await?);
            store.close().await;
            drop(store);
            fresh(sizes, name)?;
            let store = open(name, &directory)?;
            let batches = (0..sizes.batch_events / BATCH).map(|at| work.batch(at * BATCH, BATCH));
            without.push(append_made(&*store, batches.collect()).await?);
            store.close().await;
            drop(store);
            std::fs::remove_dir_all(directory).map_err(text)?;
        }
        making.push(&with);
        made.push(&without);
    }
    let bytes = work.record_bytes();
    let (file, sqlite) = (making.ratio(1), making.ratio(3));
    Ok(vec![
        Row {
            work: format!("batches of 512 events of {bytes:.0} bytes, {STREAMS} streams"),
            measured: making.rate(0),
            ratio: format!("{file:.2} of the plain file's {}", making.rate(1)),
            gate: ">= 0.40".to_owned(),
            holds: Some(file >= 0.40),
        },
        beside_preallocated(&making, 2),
        Row {
            work: "the same beside SQLite with two unique indexes".to_owned(),
            measured: making.rate(0),
            ratio: format!("{sqlite:.1} times its {}", making.rate(3)),
            gate: ">= 5".to_owned(),
            holds: Some(sqlite >= 5.0),
        },
        Row {
            work: "the same, events made, sealed and encoded before".to_owned(),
            measured: made.rate(0),
            ratio: format!(
                "{:.2} of the plain file's {}, {:.2} of a preallocated one's {}, \
                 {:.1} times SQLite's {}",
                made.ratio(1),
                made.rate(1),
                made.ratio(2),
                made.rate(2),
                made.ratio(3),
                made.rate(3)
            ),
            gate: String::new(),
            holds: None,
        },
    ])
}

/// What is shown beside a gate: a file that has all its bytes before the clock starts.
fn beside_preallocated(compared: &Compared, index: usize) -> Row {
    let (ratio, rate) = (compared.ratio(index), compared.rate(index));
    Row {
        work: "the same beside a file preallocated with zeros".to_owned(),
        measured: compared.rate(0),
        ratio: format!("{ratio:.2} of its {rate}"),
        gate: String::new(),
        holds: None,
    }
}

/// The stores that producers append to, ours first.
const OF_PRODUCERS: [&str; 3] = ["annals", "plain", "preallocated"];

/// Which quantiles of an append's time are shown, and how many times a plain file's they may be.
const TAILS: [(f64, Option<f64>); 2] = [(0.99, Some(2.0)), (0.999, None)];

/// 64, 16 and 1 producers of one event each time, with an expected version.
///
/// # Errors
/// With what went wrong.
pub async fn producers(sizes: &Sizes) -> Result<Vec<Row>, String> {
    let work = workload(sizes);
    let mut rows = Vec::new();
    for (count, share, least) in [(64, 1, 0.80), (16, 3, 0.75), (1, 24, 0.65)] {
        let each = (sizes.producer_events / share / count).max(1);
        let mut rates = Compared::default();
        let mut tails = TAILS.map(|_| Compared::default());
        for _ in 0..sizes.rounds {
            let (mut rate, mut times) = (Vec::new(), Vec::new());
            for name in OF_PRODUCERS {
                let directory = fresh(sizes, name)?;
                let store = open(name, &directory)?;
                let (measured, took) = run_producers(&store, &work, count, each).await?;
                store.close().await;
                drop(store);
                std::fs::remove_dir_all(directory).map_err(text)?;
                rate.push(measured);
                times.push(took);
            }
            rates.push(&rate);
            for ((quantile, _), tail) in TAILS.iter().zip(&mut tails) {
                let round = times.iter_mut().map(|took| took.percentile_us(*quantile));
                tail.push(&round.collect::<Vec<_>>());
            }
        }
        let ratio = rates.ratio(1);
        rows.push(Row {
            work: format!("{count} producers, one event each with an expected version"),
            measured: rates.rate(0),
            ratio: format!("{ratio:.2} of the plain file's {}", rates.rate(1)),
            gate: format!(">= {least:.2}"),
            holds: Some(ratio >= least),
        });
        rows.push(beside_preallocated(&rates, 2));
        if count == 64 {
            let tails = TAILS.iter().zip(&tails);
            rows.extend(tails.map(|((quantile, most), tail)| tail_row(*quantile, *most, tail)));
        }
    }
    Ok(rows)
}

/// A quantile of what an append of 64 producers takes, and how many times a plain file's it may be.
fn tail_row(quantile: f64, most: Option<f64>, compared: &Compared) -> Row {
    let median = |index: usize| time(compared.values[index].median());
    let ratio = compared.ratio(1);
    Row {
        work: format!("64 producers, p{} of an append", quantile * 100.0),
        measured: median(0),
        ratio: format!(
            "{ratio:.2} of {}, {:.2} of a preallocated file's {}",
            median(1),
            compared.ratio(2),
            median(2)
        ),
        gate: most.map_or_else(String::new, |most| format!("<= {most}")),
        holds: most.map(|most| ratio <= most),
    }
}
