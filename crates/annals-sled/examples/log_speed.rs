//! Measures the log on this machine and prints what came out, with the plain file that does the
//! same work beside it: `cargo run --release -p annals-sled --example log_speed -- DIRECTORY
//! [EVENTS [ledger|scan]]`.
//!
//! The plain file takes the same encoded events, puts the same records together, hashes them into
//! the same Merkle tree, sums them, writes them and calls `fdatasync` where the log passes its
//! barrier; it checks nothing and finds nothing. The ledger that the batches built is then closed,
//! opened, scanned, verified and asked.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a measuring program that cannot go on fails where it stands, and prints figures"
)]

use annals_audit::{Frontier, leaf_hash};
use annals_events::{
    Channel, Code, Currency, Envelope, Event, EventId, Instant as Time, Money, OccurredAt,
    Position, PurchaseCompleted, Source, StreamId,
};
use annals_log::{Append, Direction, EventLog as _, PositionRange, VersionRange, write_record};
use annals_sled::{SledLog, SledLogOptions};
use futures::StreamExt as _;
use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use uuid::Uuid;

const STREAMS: u64 = 200_000;
const BATCH: u64 = 512;

fn mixed(number: u64) -> u64 {
    let value = (number ^ 0x5bf0_3635).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (value ^ (value >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (value >> 32)
}

fn event(number: u64, streams: u64) -> Event {
    let random = mixed(number);
    let id = (u128::from(1_700_000_000_000 + number) << 80)
        | 0x7000_8000_0000_0000_0000
        | u128::from(random >> 2);
    let id = EventId::new(Uuid::from_u128(id)).unwrap();
    let stream = StreamId::party(&format!("customer-{:06}", random % streams)).unwrap();
    let at = OccurredAt::utc(Time::from_unix_seconds(1_600_000_000 + (number / 100).cast_signed()));
    let mut envelope = Envelope::new(id, stream, at);
    envelope.source = Some(Source::new("shop/till-7").unwrap());
    envelope.channel = Some(Channel::Web);
    envelope.touchpoint = Some(Code::new("checkout-page").unwrap());
    envelope.correlation = Some(Code::new(&format!("journey-{:08}", random % 99_999_999)).unwrap());
    let total = Money::new((random % 100_000).cast_signed(), "EUR".parse::<Currency>().unwrap());
    let order = Some(Code::new(&format!("order-{number:012}-{:08x}", random >> 32)).unwrap());
    let payload = PurchaseCompleted { order, lines: Vec::new(), total, margin: None };
    Event::new(envelope, payload).unwrap()
}

fn per_second(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: f64| {
        let index = (times.len() as f64 * share) as usize;
        times.get(index.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
    };
    format!("p50 {:?}, p99 {:?}, longest {:?}", at(0.5), at(0.99), at(1.0))
}

/// The plain file: one writer that gathers what waits, as the log's does.
struct Plain {
    file: File,
    frontier: Frontier,
    buffer: Vec<u8>,
}

impl Plain {
    /// A file that has all its bytes already, so that a sync writes data alone.
    fn create(path: &Path) -> Self {
        let mut file = File::create(path).unwrap();
        (0..96).for_each(|_| file.write_all(&vec![0; 1 << 20]).unwrap());
        file.sync_all().unwrap();
        file.rewind().unwrap();
        Self { file, frontier: Frontier::new(), buffer: Vec::new() }
    }

    fn put(&mut self, append: &Append) {
        for entry in append.entries() {
            let start = self.buffer.len();
            let (version, at) = (annals_events::StreamVersion::new(1), Time::MIN);
            write_record(&mut self.buffer, version, at, &entry.bytes);
            self.frontier.push(leaf_hash(self.buffer.get(start..).unwrap_or_default()));
        }
    }

    fn sync(&mut self) {
        let sum = crc32c::crc32c(&self.buffer);
        self.buffer.extend_from_slice(&sum.to_le_bytes());
        self.buffer.extend_from_slice(&self.frontier.root().0);
        self.file.write_all(&self.buffer).unwrap();
        self.file.sync_data().unwrap();
        self.buffer.clear();
    }
}

type Order = (Append, oneshot::Sender<()>);

async fn plain_producers(dir: &Path, producers: u64, each: u64) -> (f64, Vec<Duration>) {
    let (orders, queue) = mpsc::channel::<Order>();
    let mut plain = Plain::create(&dir.join("plain.log"));
    let writer = std::thread::spawn(move || {
        while let Ok(first) = queue.recv() {
            let mut group = vec![first];
            let started = Instant::now();
            while (group.len() as u64) < producers && started.elapsed() < Duration::from_micros(100)
            {
                match queue.try_recv() {
                    Ok(order) => group.push(order),
                    Err(_) => std::thread::yield_now(),
                }
            }
            for (append, _) in &group {
                plain.put(append);
            }
            plain.sync();
            for (_, answer) in group {
                answer.send(()).unwrap();
            }
        }
    });
    let started = Instant::now();
    let tasks: Vec<_> = (0..producers)
        .map(|producer| {
            let orders = orders.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                for step in 0..each {
                    let began = Instant::now();
                    let append = Append::new(&[event(producer * each + step, 10_000)]).unwrap();
                    let (answer, answered) = oneshot::channel();
                    orders.send((append, answer)).unwrap();
                    answered.await.unwrap();
                    times.push(began.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let rate = per_second(producers * each, started.elapsed());
    drop(orders);
    writer.join().unwrap();
    (rate, times)
}

async fn log_producers(dir: &Path, producers: u64, each: u64) -> (f64, Vec<Duration>) {
    let dir = dir.join(format!("group-{producers}"));
    drop(std::fs::remove_dir_all(&dir));
    std::fs::create_dir_all(&dir).unwrap();
    let log = Arc::new(SledLog::open(&dir, SledLogOptions::default()).unwrap());
    let started = Instant::now();
    let tasks: Vec<_> = (0..producers)
        .map(|producer| {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let mut times = Vec::new();
                for step in 0..each {
                    let began = Instant::now();
                    let append = Append::new(&[event(producer * each + step, 10_000)]).unwrap();
                    log.append(append).await.unwrap();
                    times.push(began.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let rate = per_second(producers * each, started.elapsed());
    log.close().await.unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    (rate, times)
}

async fn group_commit(dir: &Path) {
    for (producers, each) in [(64, 1500), (16, 2000), (1, 4000)] {
        let mut ratios = Vec::new();
        for _ in 0..3 {
            let (plain, plain_times) = plain_producers(dir, producers, each).await;
            let (log, times) = log_producers(dir, producers, each).await;
            println!(
                "{producers} producers: plain {plain:.0}/s ({}), log {log:.0}/s ({})",
                percentiles(plain_times),
                percentiles(times)
            );
            ratios.push(log / plain);
        }
        ratios.sort_by(f64::total_cmp);
        println!("{producers} producers: log/plain {ratios:.2?}");
    }
}

/// Encodes batches on a thread of their own, a few ahead.
fn batches(events: u64, streams: u64) -> tokio::sync::mpsc::Receiver<Append> {
    let (sender, receiver) = tokio::sync::mpsc::channel(8);
    std::thread::spawn(move || {
        for first in (0..events).step_by(BATCH as usize) {
            let until = (first + BATCH).min(events);
            let events: Vec<_> = (first..until).map(|number| event(number, streams)).collect();
            if sender.blocking_send(Append::new(&events).unwrap()).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn batch_ratio(dir: &Path) {
    const EVENTS: u64 = 400_000;
    let mut ratios = Vec::new();
    for _ in 0..3 {
        let mut plain = Plain::create(&dir.join("plain.log"));
        let mut given = batches(EVENTS, 10_000);
        let started = Instant::now();
        while let Some(append) = given.recv().await {
            plain.put(&append);
            plain.sync();
        }
        let plain = per_second(EVENTS, started.elapsed());
        let ledger = dir.join("batches");
        drop(std::fs::remove_dir_all(&ledger));
        std::fs::create_dir_all(&ledger).unwrap();
        let log = SledLog::open(&ledger, SledLogOptions::default()).unwrap();
        let mut given = batches(EVENTS, 10_000);
        let started = Instant::now();
        while let Some(append) = given.recv().await {
            log.append(append).await.unwrap();
        }
        let rate = per_second(EVENTS, started.elapsed());
        log.close().await.unwrap();
        std::fs::remove_dir_all(&ledger).unwrap();
        println!("batches of {BATCH}: plain {plain:.0}/s, log {rate:.0}/s");
        ratios.push(rate / plain);
    }
    ratios.sort_by(f64::total_cmp);
    println!("batches of {BATCH}: log/plain {ratios:.2?}");
}

async fn build(ledger: &Path, events: u64) {
    let log = SledLog::open(ledger, SledLogOptions::default()).unwrap();
    let mut given = batches(events, STREAMS);
    let started = Instant::now();
    let mut times = Vec::new();
    while let Some(append) = given.recv().await {
        let began = Instant::now();
        log.append(append).await.unwrap();
        times.push(began.elapsed());
    }
    println!(
        "{events} events in batches, sealed beside: {:.0}/s, an append {}",
        per_second(events, started.elapsed()),
        percentiles(times)
    );
    let started = Instant::now();
    log.close().await.unwrap();
    println!("closed after {:?}", started.elapsed());
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let digits = line.and_then(|line| line.trim().strip_suffix("kB"));
    digits.and_then(|digits| digits.trim().parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Processor time of this process, which neighbours on the machine disturb less than the clock.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

fn scan(log: &Arc<SledLog>, parts: usize) {
    let count = AtomicU64::new(0);
    let busy = processor_time();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for scan in log.scan(PositionRange::ALL, parts) {
            let count = &count;
            scope.spawn(move || {
                for page in scan {
                    let page = page.unwrap();
                    let sound = page.iter().filter(|event| event.is_ok()).count();
                    count.fetch_add(sound as u64, Ordering::Relaxed);
                }
            });
        }
    });
    let (count, took) = (count.load(Ordering::Relaxed), started.elapsed());
    println!(
        "replay, {parts} threads: {:.2}M events/s, {:.2}M for each processor second, {} MiB resident",
        per_second(count, took) / 1e6,
        per_second(count, processor_time().saturating_sub(busy)) / 1e6,
        resident_mib()
    );
}

async fn ask(log: &Arc<SledLog>, events: u64) {
    let mut times = Vec::new();
    let mut found = 0;
    for number in 0..2000_u64 {
        let stream = StreamId::party(&format!("customer-{:06}", mixed(number) % STREAMS)).unwrap();
        let began = Instant::now();
        let read = log.read_stream(&stream, VersionRange::ALL, Direction::Forwards);
        found += read.count().await;
        times.push(began.elapsed());
    }
    println!("a stream of {} events: {}", found / 2000, percentiles(times));
    let mut times = Vec::new();
    for number in 0..20_000_u64 {
        let id = EventId::new(Uuid::from_u128(u128::from(mixed(number)) << 64 | 1)).unwrap();
        let began = Instant::now();
        assert_eq!(log.position_of(id).await.unwrap(), None);
        times.push(began.elapsed());
    }
    println!("an id that is new, through the log: {}", percentiles(times));
    let mut times = Vec::new();
    for number in 0..20_000_u64 {
        let number = mixed(number) % events;
        let id = event(number, STREAMS).id();
        let began = Instant::now();
        assert_eq!(log.position_of(id).await.unwrap(), Some(Position::new(number)));
        times.push(began.elapsed());
    }
    println!("an id that is known, through the log: {}", percentiles(times));
}

fn bytes_of(dir: &Path, kind: &str) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    let files = entries.map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|found| found == kind));
    files.map(|path| path.metadata().unwrap().len()).sum()
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().unwrap_or_else(|| "log-speed".to_owned()));
    let events = arguments.next().map_or(10_000_000, |events| events.parse().unwrap());
    std::fs::create_dir_all(&dir).unwrap();
    let size: usize = (0..1000).map(|n| 16 + event(n, STREAMS).encode().unwrap().len()).sum();
    println!("records of {:.1} bytes", size as f64 / 1000.0);
    let ledger = dir.join("ledger");
    match arguments.next().as_deref() {
        None => {
            batch_ratio(&dir).await;
            group_commit(&dir).await;
        }
        // In a process of its own, for what it takes of memory.
        Some("scan") => {
            let log = Arc::new(SledLog::open(&ledger, SledLogOptions::default()).unwrap());
            println!("opened, {} MiB resident", resident_mib());
            scan(&log, 1);
            scan(&log, 2);
            return log.close().await.unwrap();
        }
        Some(_) => {}
    }
    if !ledger.exists() {
        std::fs::create_dir_all(&ledger).unwrap();
        build(&ledger, events).await;
    }
    for _ in 0..3 {
        let started = Instant::now();
        let log = SledLog::open(&ledger, SledLogOptions::default()).unwrap();
        println!("opened after a close in {:?}", started.elapsed());
        log.close().await.unwrap();
    }
    let log_dir = ledger.join("log");
    let (sealed, runs) = (bytes_of(&log_dir, "sealed"), bytes_of(&log_dir.join("runs"), "run"));
    for _ in 0..3 {
        for entry in std::fs::read_dir(&log_dir).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|kind| kind == "index") {
                std::fs::remove_file(path).unwrap();
            }
        }
        let (started, busy) = (Instant::now(), processor_time());
        let log = SledLog::open(&ledger, SledLogOptions::default()).unwrap();
        let (took, busy) = (started.elapsed(), processor_time().saturating_sub(busy));
        println!("opened as after a kill in {took:?}, {busy:?} of a processor");
        log.close().await.unwrap();
    }
    let log = Arc::new(SledLog::open(&ledger, SledLogOptions::default()).unwrap());
    let volumes = log.status().await.unwrap().volumes;
    let mut sealed_bytes = 0_u64;
    for page in log.scan(PositionRange::ALL, 1).into_iter().flatten().take(1000) {
        sealed_bytes += page.unwrap().len() as u64;
    }
    println!("{volumes} volumes; a page has {} events", sealed_bytes / 1000);
    println!("sealed files {sealed} bytes, runs {runs} bytes");
    for _ in 0..3 {
        scan(&log, 1);
        scan(&log, 2);
    }
    ask(&log, events).await;
    for _ in 0..3 {
        let (started, busy) = (Instant::now(), processor_time());
        let report = log.verify().await.unwrap();
        assert_eq!((report.damage, report.events), (None, events));
        println!(
            "verify: {:.2}M events/s, {:.2}M for each processor second, {} MiB resident",
            per_second(events, started.elapsed()) / 1e6,
            per_second(events, processor_time().saturating_sub(busy)) / 1e6,
            resident_mib()
        );
    }
    log.close().await.unwrap();
}
