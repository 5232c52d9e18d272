//! Work in a process of its own, so that its memory and its caches are its own: this program again.

use crate::machine::peak_resident_mib;
use crate::measure::{per_second, timed};
use crate::sections::reading::{options, scan};
use crate::store::text;
use annals::{Annals, MasterKey, Options};
use annals_log::{Append, EventLog as _};
use annals_sled::SledLog;
use clap::ValueEnum;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// What such a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// Reads all on one thread
    Scan,
    /// Reads all on two threads
    ScanOnTwo,
    /// Opens and closes
    Open,
    /// Opens, appends an event, says so and stays until it is killed
    Hold,
    /// Rebuilds all projections
    Rebuild,
}

/// Does a task for the process that started this one, and prints its figures in one line.
///
/// # Errors
/// With what went wrong.
pub async fn run(task: Task, directory: &Path) -> Result<(), String> {
    match task {
        Task::Scan | Task::ScanOnTwo => {
            let log = SledLog::open(directory, options(1_000_000)).map_err(text)?;
            let head = log.head().await.map_err(text)?.next;
            let threads = if task == Task::Scan { 1 } else { 2 };
            let rate = scan(&log, head, threads)?;
            println!("{rate} {}", peak_resident_mib());
        }
        Task::Open => {
            let (log, took) = timed(|| SledLog::open(directory, options(1_000_000)));
            let log = log.map_err(text)?;
            println!("{} {}", took.as_secs_f64() * 1e6, peak_resident_mib());
            log.close().await.map_err(text)?;
        }
        Task::Hold => {
            let log = SledLog::open(directory, options(u64::MAX)).map_err(text)?;
            let event = annals_events::Event::from_json(&serde_json::json!({
                "id": uuid::Uuid::now_v7().to_string(), "kind": "promise.kept",
                "subject": "C-0000001", "occurred_at": "2020-01-01T00:00:00Z",
                "data": {"promise": "1"},
            }));
            let append = Append::new(&[event.map_err(text)?]).map_err(text)?;
            log.append(append).await.map_err(text)?;
            println!("0 0");
            std::future::pending::<()>().await;
        }
        Task::Rebuild => {
            let options = Options::new().master_key(MasterKey::None);
            let ledger = Annals::open(directory, options).await.map_err(text)?;
            let started = Instant::now();
            let position = ledger.rebuild(None, &|_| ()).await.map_err(text)?;
            println!("{} {}", per_second(position.get(), started), peak_resident_mib());
            ledger.close().await.map_err(text)?;
        }
    }
    Ok(())
}

/// A process at its task.
pub struct Working(Child, PathBuf);

impl Working {
    /// Starts one.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(task: Task, directory: &Path) -> Result<Self, String> {
        let name = task.to_possible_value().map(|value| value.get_name().to_owned());
        let child = Command::new(std::env::current_exe().map_err(text)?)
            .args(["--child", &name.unwrap_or_default(), "--directory"])
            .arg(directory)
            .stdout(Stdio::piped())
            .spawn();
        Ok(Self(child.map_err(text)?, directory.to_owned()))
    }

    /// Its two figures, once it has them.
    ///
    /// # Errors
    /// When it ended without.
    pub fn figures(&mut self) -> Result<(f64, f64), String> {
        let out = self.0.stdout.take().ok_or("it was asked before")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).map_err(text)?;
        let mut figures = line.split_whitespace().map(str::parse::<f64>);
        match (figures.next(), figures.next()) {
            (Some(Ok(first)), Some(Ok(second))) => Ok((first, second)),
            _ => Err(format!("no figures came of {}: {line:?}", self.1.display())),
        }
    }

    /// Kills it, with SIGKILL.
    ///
    /// # Errors
    /// When that cannot be done.
    pub fn kill(mut self) -> Result<(), String> {
        self.0.kill().map_err(text)?;
        self.0.wait().map(drop).map_err(text)
    }
}

/// The figures of a task, done to its end.
///
/// # Errors
/// When it failed.
pub fn figures_of(task: Task, directory: &Path) -> Result<(f64, f64), String> {
    let mut working = Working::start(task, directory)?;
    let figures = working.figures()?;
    let ended = working.0.wait().map_err(text)?;
    if ended.success() { Ok(figures) } else { Err(format!("{task:?} ended with {ended}")) }
}
