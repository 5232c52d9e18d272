//! `rivals`: all stores beside each other on the same work, in rounds that are interleaved.

use annals_rivals::measure::{Rounds, Times, per_second, timed};
use annals_rivals::plain_file::{PlainFile, Space};
use annals_rivals::report::{rate, time, write_between};
use annals_rivals::store::Store;
use annals_rivals::stores::{annals, fjall, postgres, sqlite, tephra, umadb};
use annals_rivals::work::{append_batches, producers};
use annals_rivals::workload::{Workload, stream};
use annals_rivals::{machine, workload};
use annals_sled::SledLogOptions;
use clap::Parser;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// The same durable work for every store.
#[derive(Parser)]
struct Arguments {
    /// Where everything is written; on the disk that is meant
    #[arg(long, default_value = "rivals-data")]
    directory: PathBuf,
    /// Events of the batch work
    #[arg(long, default_value_t = 200_000)]
    events: u64,
    /// Events of each of 64 producers; each of 16 has twice as many
    #[arg(long, default_value_t = 1000)]
    each: u64,
    /// Streams
    #[arg(long, default_value_t = 10_000)]
    streams: u64,
    /// Rounds, of which the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// These stores alone, by name
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Write the table to docs/benchmarks.md
    #[arg(long)]
    write: bool,
}

const NAMES: &[&str] =
    &["plain", "preallocated", "annals", "sqlite", "fjall", "postgres", "umadb", "tephra"];

#[derive(Default)]
struct Figures {
    said: String,
    checks: String,
    batch: Rounds,
    group_64: Rounds,
    p99_64: Rounds,
    group_16: Rounds,
    replay: Rounds,
    stream: Rounds,
    bytes: Rounds,
    failed: Option<String>,
}

/// Whether it is a file that finds nothing again.
fn is_plain(name: &str) -> bool {
    matches!(name, "plain" | "preallocated")
}

async fn open(name: &str, directory: &Path) -> Result<Arc<dyn Store>, String> {
    Ok(match name {
        name if is_plain(name) => {
            std::fs::create_dir_all(directory).map_err(|error| error.to_string())?;
            let space = if name == "plain" { Space::Grows } else { Space::Preallocated(128) };
            let file = PlainFile::create(&directory.join("plain.log"), space);
            Arc::new(file.map_err(|error| error.to_string())?)
        }
        "annals" => Arc::new(annals::Annals::open(directory, SledLogOptions::default())?),
        "sqlite" => Arc::new(sqlite::Sqlite::open(directory)?),
        "fjall" => Arc::new(fjall::Fjall::open(directory)?),
        "postgres" => Arc::new(postgres::Postgres::open(directory).await?),
        "umadb" => Arc::new(umadb::Umadb::open(directory)?),
        "tephra" => Arc::new(tephra::Tephra::open(directory)?),
        other => return Err(format!("there is no store {other}")),
    })
}

async fn fresh(name: &str, root: &Path) -> Result<(Arc<dyn Store>, PathBuf), String> {
    let directory = root.join(name);
    drop(std::fs::remove_dir_all(&directory));
    Ok((open(name, &directory).await?, directory))
}

async fn round(
    name: &str,
    arguments: &Arguments,
    work: &Workload,
    figures: &mut Figures,
) -> Result<(), String> {
    let (store, directory) = fresh(name, &arguments.directory).await?;
    let about = store.about();
    let mark = |is: bool, what: &str| if is { String::new() } else { format!(" no {what}") };
    figures.said = format!("**{}**: {}", about.name, about.settings);
    figures.checks = [
        mark(about.is_durable, "durability"),
        mark(about.checks_ids, "id check"),
        mark(about.checks_versions, "version check"),
    ]
    .concat();
    figures.batch.push(append_batches(&*store, work, arguments.events).await?);
    if !is_plain(name) {
        let started = Instant::now();
        let count = store.replay().await?;
        if count != arguments.events {
            return Err(format!("it gives {count} of {} events back", arguments.events));
        }
        figures.replay.push(per_second(count, started));
        let mut times = Times::default();
        for number in 0..500 {
            let name = stream(workload::mixed(number) % work.streams()).to_string();
            let began = Instant::now();
            store.read_stream(&name).await?;
            times.extend([began.elapsed()]);
        }
        figures.stream.push(times.percentile_us(0.5));
    }
    store.close().await;
    drop(store);
    figures.bytes.push(machine::bytes_below(&directory) as f64 / arguments.events as f64);
    for (count, each) in [(64, arguments.each), (16, 2 * arguments.each)] {
        let (store, _) = fresh(name, &arguments.directory).await?;
        let (events, mut times) = producers(&store, work, count, each).await?;
        store.close().await;
        if count == 64 {
            figures.group_64.push(events);
            figures.p99_64.push(times.percentile_us(0.99));
        } else {
            figures.group_16.push(events);
        }
    }
    drop(std::fs::remove_dir_all(directory));
    Ok(())
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), String> {
    let mut arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.directory).map_err(|error| error.to_string())?;
    // A server of its own must find it from wherever it runs.
    arguments.directory = arguments.directory.canonicalize().map_err(|error| error.to_string())?;
    let chosen =
        |name: &&&str| arguments.only.is_empty() || arguments.only.iter().any(|n| n == **name);
    let names: Vec<_> = NAMES.iter().filter(chosen).collect();
    let (work, took) =
        timed(|| Workload::new(&arguments.directory.join("vault"), arguments.streams));
    eprintln!("{} keys made in {took:?}", arguments.streams);
    let mut all: Vec<Figures> = names.iter().map(|_| Figures::default()).collect();
    for number in 1..=arguments.rounds {
        for (name, figures) in names.iter().zip(&mut all) {
            if figures.failed.is_some() {
                continue;
            }
            let (done, took) = {
                let began = Instant::now();
                (round(name, &arguments, &work, figures).await, began.elapsed())
            };
            eprintln!("round {number}: {name} {done:?} in {took:?}");
            figures.failed = done.err();
        }
    }
    let text = shown(&arguments, &work, &names, &all);
    println!("{text}");
    if arguments.write { write_between("rivals", &text) } else { Ok(()) }
}

fn shown(arguments: &Arguments, work: &Workload, names: &[&&str], all: &[Figures]) -> String {
    let mut text = format!(
        "{}. Records of {:.0} bytes, {} streams; {} events in batches of 512; 64 producers with {} \
         events each, 16 with {}; medians of {} interleaved rounds, in brackets the lowest and the \
         highest.\n\n",
        machine::description(&arguments.directory),
        work.record_bytes(),
        arguments.streams,
        arguments.events,
        arguments.each,
        2 * arguments.each,
        arguments.rounds,
    );
    text.push_str("| store | batches of 512 | 64 producers, p99 | 16 producers | replay | one stream, p50 | bytes an event | |\n");
    text.push_str("|---|---|---|---|---|---|---|---|\n");
    for (name, figures) in names.iter().zip(all) {
        if let Some(why) = &figures.failed {
            text.push_str(&format!("| {name} | not measured: {why} | | | | | | |\n"));
            continue;
        }
        let (replay, stream) = if is_plain(name) {
            ("cannot".to_owned(), "cannot".to_owned())
        } else {
            (rate(figures.replay.median()), time(figures.stream.median()))
        };
        text.push_str(&format!(
            "| {name} | {} | {}, {} | {} | {replay} | {stream} | {:.0} | {} |\n",
            figures.batch.spread(rate),
            figures.group_64.spread(rate),
            time(figures.p99_64.median()),
            figures.group_16.spread(rate),
            figures.bytes.median(),
            figures.checks.trim(),
        ));
    }
    text.push('\n');
    for figures in all.iter().filter(|figures| !figures.said.is_empty()) {
        text.push_str(&format!("- {}\n", figures.said));
    }
    text
}
