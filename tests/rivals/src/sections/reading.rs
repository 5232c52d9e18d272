//! A large ledger: replay, verification, one stream, opening.
//!
//! It is built once and kept below the directory, for the next run; `<directory>/large/events` says
//! how many events it has.

use crate::measure::{Rounds, Times, per_second, timed};
use crate::report::{Row, rate, time};
use crate::sections::Sizes;
use crate::sections::child::{Task, Working, figures_of};
use crate::store::text;
use crate::work::batches;
use crate::workload::{Workload, mixed, stream as stream_name};
use annals_events::Position;
use annals_log::{Direction, EventLog as _, PositionRange, VersionRange};
use annals_sled::{SledLog, SledLogOptions, verify_directory};
use futures::StreamExt as _;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

/// A log that seals at so many events.
pub fn options(open_volume_events_max: u64) -> SledLogOptions {
    SledLogOptions { open_volume_events_max, ..SledLogOptions::default() }
}

/// The large ledger, made where it is not there.
async fn large(sizes: &Sizes) -> Result<PathBuf, String> {
    let directory = sizes.directory.join("large");
    let note = directory.join("events");
    if std::fs::read_to_string(&note).is_ok_and(|text| text == sizes.events.to_string()) {
        return Ok(directory);
    }
    drop(std::fs::remove_dir_all(&directory));
    std::fs::create_dir_all(&directory).map_err(text)?;
    let work = Workload::new(&sizes.directory.join("vault"), sizes.large_streams());
    let log = SledLog::open(&directory, options(sizes.volume_events())).map_err(text)?;
    let started = Instant::now();
    let mut given = batches(&work, sizes.events);
    while let Some(append) = given.recv().await {
        log.append(append).await.map_err(text)?;
    }
    log.close().await.map_err(text)?;
    eprintln!("a ledger of {} events: {}", sizes.events, rate(per_second(sizes.events, started)));
    std::fs::write(note, sizes.events.to_string()).map_err(text)?;
    Ok(directory)
}

/// Reads and decodes all on so many threads; events a second.
///
/// # Errors
/// When an event cannot be read.
pub fn scan(log: &SledLog, head: Position, threads: u64) -> Result<f64, String> {
    let head = head.get();
    let started = Instant::now();
    let count = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|part| {
                let at = |part| Position::new(head * part / threads);
                let range = PositionRange::between(at(part), at(part + 1));
                scope.spawn(move || decode_all(log, range))
            })
            .collect();
        let counts = threads.into_iter().map(|thread| thread.join().map_err(|_| "a panic")?);
        counts.sum::<Result<u64, String>>()
    })?;
    Ok(per_second(count, started))
}

/// Decodes every event of a range; how many there were.
pub fn decode_all(log: &SledLog, range: PositionRange) -> Result<u64, String> {
    let (mut count, mut unreadable) = (0, None);
    log.visit(range, &mut |position, record| {
        match &record.decode(position) {
            Ok(event) => count += u64::from(black_box(event).position == position),
            Err(error) => unreadable = Some(error.clone()),
        }
        ControlFlow::Continue(())
    })
    .map_err(text)?;
    unreadable.map_or(Ok(count), |error| Err(error.to_string()))
}

/// Work that may take so many microseconds at most.
fn in_time(work: String, rounds: &Rounds, most_us: f64) -> Row {
    Row {
        work,
        measured: rounds.spread(time),
        ratio: String::new(),
        gate: format!("<= {}", time(most_us)),
        holds: Some(rounds.median() <= most_us),
    }
}

/// Replay on one thread and two, memory while at it, verification.
///
/// # Errors
/// With what went wrong.
pub async fn replay(sizes: &Sizes) -> Result<Vec<Row>, String> {
    let directory = large(sizes).await?;
    let (mut one, mut two, mut memory) = (Rounds::default(), Rounds::default(), Rounds::default());
    let mut verified = Rounds::default();
    for _ in 0..sizes.rounds {
        let (rate, mebibytes) = figures_of(Task::Scan, &directory)?;
        one.push(rate);
        memory.push(mebibytes);
        two.push(figures_of(Task::ScanOnTwo, &directory)?.0);
        let (report, took) = timed(|| verify_directory(&directory));
        let report = report.map_err(text)?;
        if let Some(damage) = report.damage {
            return Err(damage.to_string());
        }
        verified.push(report.events as f64 / took.as_secs_f64());
    }
    let events = sizes.events;
    let held = |work: String, rounds: &Rounds, least: f64| Row {
        work,
        measured: rounds.spread(rate),
        ratio: String::new(),
        gate: format!(">= {}", rate(least)),
        holds: Some(rounds.median() >= least),
    };
    Ok(vec![
        held(format!("replay of {events} events, one thread"), &one, 5e6),
        held(format!("replay of {events} events, two threads"), &two, 8e6),
        held(format!("verify {events} events, every hash"), &verified, 3e6),
        Row {
            work: format!("memory while scanning {events} events"),
            measured: format!("{:.0} MiB at most", memory.most()),
            ratio: String::new(),
            gate: "<= 400 MB".to_owned(),
            holds: Some(memory.most() * 1.048_576 <= 400.0),
        },
    ])
}

/// Streams of about 50 events, each asked for once all are warm.
///
/// # Errors
/// With what went wrong.
pub async fn stream(sizes: &Sizes) -> Result<Vec<Row>, String> {
    let directory = large(sizes).await?;
    let log = SledLog::open(&directory, options(sizes.volume_events())).map_err(text)?;
    let (mut p50, mut p99, mut found) = (Rounds::default(), Rounds::default(), 0);
    let asked = 2000;
    for round in 0..=sizes.rounds {
        let mut times = Times::default();
        found = 0;
        for number in 0..asked {
            let name = stream_name(mixed(number) % sizes.large_streams());
            let began = Instant::now();
            let mut events = log.read_stream(&name, VersionRange::ALL, Direction::Forwards);
            while let Some(event) = events.next().await {
                event.map_err(text)?;
                found += 1;
            }
            times.extend([began.elapsed()]);
        }
        if round > 0 {
            p50.push(times.percentile_us(0.5));
            p99.push(times.percentile_us(0.99));
        }
    }
    log.close().await.map_err(text)?;
    let (mean, events) = (found / asked, sizes.events);
    let work = |which: &str| format!("a stream of {mean} events among {events}, {which}");
    Ok(vec![in_time(work("p50"), &p50, 500.0), in_time(work("p99"), &p99, 3000.0)])
}

/// Opening the large ledger, in a process of its own each time.
///
/// # Errors
/// With what went wrong.
pub async fn opening(sizes: &Sizes) -> Result<Vec<Row>, String> {
    let directory = large(sizes).await?;
    let (mut clean, mut killed) = (Rounds::default(), Rounds::default());
    for _ in 0..sizes.rounds {
        clean.push(figures_of(Task::Open, &directory)?.0);
        let mut holding = Working::start(Task::Hold, &directory)?;
        holding.figures()?;
        holding.kill()?;
        killed.push(figures_of(Task::Open, &directory)?.0);
    }
    let events = sizes.events;
    let work = |how: &str| format!("opening a ledger of {events} events {how}");
    Ok(vec![
        in_time(work("after a clean close"), &clean, 2e5),
        in_time(work("after a kill"), &killed, 6e5),
    ])
}
