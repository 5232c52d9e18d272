//! Durable appends beside a plain file that does the same work, and beside `SQLite`.

use crate::measure::{Rounds, Times};
use crate::plain_file::PlainFile;
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

fn plain(directory: &Path, callers: usize) -> Result<Arc<dyn Store>, String> {
    let file = PlainFile::create(&directory.join("plain.log"), 128, callers).map_err(text)?;
    Ok(Arc::new(file))
}

fn annals(directory: &Path) -> Result<Arc<dyn Store>, String> {
    Ok(Arc::new(Annals::open(directory, SledLogOptions::default())?))
}

/// The rates of a few stores on the same work, in interleaved rounds, with the ratio of the first
/// to each other of the same round.
#[derive(Default)]
struct Compared {
    rates: Vec<Rounds>,
    ratios: Vec<Rounds>,
}

impl Compared {
    fn push(&mut self, round: &[f64]) {
        self.rates.resize_with(round.len(), Rounds::default);
        self.ratios.resize_with(round.len(), Rounds::default);
        for ((value, rates), ratios) in round.iter().zip(&mut self.rates).zip(&mut self.ratios) {
            rates.push(*value);
            ratios.push(round[0] / value);
        }
    }

    fn rate(&self, index: usize) -> String {
        self.rates[index].spread(rate)
    }

    fn ratio(&self, index: usize) -> f64 {
        self.ratios[index].median()
    }
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
        for name in ["batch-annals", "batch-plain", "batch-sqlite"] {
            let directory = fresh(sizes, name)?;
            let open = || -> Result<Arc<dyn Store>, String> {
                Ok(match name {
                    "batch-annals" => annals(&directory)?,
                    "batch-plain" => plain(&directory, 1)?,
                    _ => Arc::new(Sqlite::open(&directory)?),
                })
            };
            let store = open()?;
            with.push(append_batches(&*store, &work, sizes.batch_events).await?);
            store.close().await;
            drop(store);
            fresh(sizes, name)?;
            let store = open()?;
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
    let (file, sqlite) = (making.ratio(1), making.ratio(2));
    Ok(vec![
        Row {
            work: format!("batches of 512 events of {bytes:.0} bytes, {STREAMS} streams"),
            measured: making.rate(0),
            ratio: format!("{file:.2} of the plain file's {}", making.rate(1)),
            gate: ">= 0.40".to_owned(),
            holds: Some(file >= 0.40),
        },
        Row {
            work: "the same beside SQLite with two unique indexes".to_owned(),
            measured: making.rate(0),
            ratio: format!("{sqlite:.1} times its {}", making.rate(2)),
            gate: ">= 5".to_owned(),
            holds: Some(sqlite >= 5.0),
        },
        Row {
            work: "the same, events made, sealed and encoded before".to_owned(),
            measured: made.rate(0),
            ratio: format!(
                "{:.2} of the plain file's {}, {:.1} times SQLite's {}",
                made.ratio(1),
                made.rate(1),
                made.ratio(2),
                made.rate(2)
            ),
            gate: String::new(),
            holds: None,
        },
    ])
}

/// 64, 16 and 1 producers of one event each time, with an expected version.
///
/// # Errors
/// With what went wrong.
pub async fn producers(sizes: &Sizes) -> Result<Vec<Row>, String> {
    let work = workload(sizes);
    let mut rows = Vec::new();
    for (count, share, least) in [(64, 1, 0.80), (16, 3, 0.75), (1, 24, 0.65)] {
        let each = (sizes.producer_events / share / count).max(1);
        let mut compared = Compared::default();
        let (mut own_p99, mut plain_p99) = (Rounds::default(), Rounds::default());
        let mut p99_ratio = Rounds::default();
        for _ in 0..sizes.rounds {
            let directory = fresh(sizes, "producers-plain")?;
            let store = plain(&directory, usize::try_from(count).unwrap_or(64))?;
            let (plain_rate, mut plain_times) = run_producers(&store, &work, count, each).await?;
            store.close().await;
            let directory = fresh(sizes, "producers-annals")?;
            let store = annals(&directory)?;
            let (own_rate, mut own_times) = run_producers(&store, &work, count, each).await?;
            store.close().await;
            compared.push(&[own_rate, plain_rate]);
            let p99 = |times: &mut Times| times.percentile_us(0.99);
            let (own, other) = (p99(&mut own_times), p99(&mut plain_times));
            own_p99.push(own);
            plain_p99.push(other);
            p99_ratio.push(own / other);
        }
        let ratio = compared.ratio(1);
        rows.push(Row {
            work: format!("{count} producers, one event each with an expected version"),
            measured: compared.rate(0),
            ratio: format!("{ratio:.2} of the plain file's {}", compared.rate(1)),
            gate: format!(">= {least:.2}"),
            holds: Some(ratio >= least),
        });
        if count == 64 {
            rows.push(Row {
                work: "64 producers, p99 of an append".to_owned(),
                measured: time(own_p99.median()),
                ratio: format!("{:.2} of {}", p99_ratio.median(), time(plain_p99.median())),
                gate: "<= 2".to_owned(),
                holds: Some(p99_ratio.median() <= 2.0),
            });
        }
    }
    for name in ["producers-plain", "producers-annals"] {
        fresh(sizes, name)?;
    }
    Ok(rows)
}
