//! Salvage: what is left of a damaged ledger, in files that anybody can read.
//!
//! The ledger stays as it is, and no new one is made: behind a gap every position would be another
//! one, and no proof about the old log would hold. Instead each event keeps its position, and its
//! exact bytes stand beside it, so that its leaf can be held against any root noted before. The
//! ledger's own description and its vault are not needed: personal fields stay sealed.

use crate::error::AnnalsError;
use annals_events::{Instant, Position};
use annals_log::{Head, Record};
use annals_sled::{Damage, Lost, Salvaged, salvage_directory};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// What salvage found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SalvageReport {
    /// How many events were written.
    pub events: u64,
    /// How many of them cannot be read here, so that only their bytes are.
    pub unreadable: u64,
    /// How many positions are lost, as far as is known.
    pub lost_events: u64,
    /// How far the log is whole from its beginning.
    pub whole: SalvageState,
    /// What `HEAD` says of the log; `None` where it cannot be read: then nobody knows how much
    /// stood behind the last event found.
    pub head: Option<SalvageState>,
    /// What is lost, in order.
    pub lost: Vec<LostEvents>,
    /// Everything that is wrong with the files, in order.
    pub damage: Vec<SalvageDamage>,
}

/// A log up to some place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SalvageState {
    /// How many events.
    pub events: u64,
    /// The RFC 6962 root over them, hexadecimal.
    pub root: String,
    /// When the last of them was recorded.
    pub recorded_at: Option<Instant>,
}

/// Positions of which no sound event was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LostEvents {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// The file they lay in, or the directory it is missing from.
    pub file: PathBuf,
    /// What is wrong with it.
    pub what: String,
}

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SalvageDamage {
    /// The first position concerned.
    pub position: u64,
    /// The file.
    pub file: PathBuf,
    /// What is wrong.
    pub what: String,
}

/// Writes every event of a damaged ledger that is still sound into a new directory: `events.jsonl`
/// with the events as JSON, `records.jsonl` with their exact bytes and leaves, `report.json` with
/// what is returned. The ledger is not written to. Blocks for so long.
///
/// # Errors
/// When there is no ledger, another process writes to it, something is in the directory to write
/// to already, or the operating system refuses.
pub fn salvage(ledger: &Path, to: &Path) -> Result<SalvageReport, AnnalsError> {
    if !ledger.join("log").is_dir() {
        return Err(AnnalsError::NoLedger(ledger.to_owned()));
    }
    fs::create_dir_all(to).map_err(AnnalsError::io("making", to))?;
    if fs::read_dir(to).map_err(AnnalsError::io("reading", to))?.next().is_some() {
        return Err(AnnalsError::NotEmpty(to.to_owned()));
    }
    let mut events = Lines::create(to.join("events.jsonl"))?;
    let mut records = Lines::create(to.join("records.jsonl"))?;
    let mut unreadable = 0;
    let salvaged = salvage_directory(ledger, |position, bytes| {
        let record = Record::parse(bytes);
        match record.as_ref().map(|record| record.decode(position)) {
            Ok(Ok(event)) => events.write(&event.to_json())?,
            _ => unreadable += 1,
        }
        records.write(&json!({
            "position": position,
            "leaf": record.ok().map(|record| record.leaf().to_string()),
            "record": BASE64.encode(bytes),
        }))
    })?;
    events.finish()?;
    records.finish()?;
    let report = SalvageReport::of(salvaged, unreadable);
    let file = to.join("report.json");
    let text = serde_json::to_string_pretty(&report).expect("texts and numbers make JSON");
    fs::write(&file, text + "\n").map_err(AnnalsError::io("writing", &file))?;
    Ok(report)
}

impl SalvageReport {
    fn of(salvaged: Salvaged, unreadable: u64) -> Self {
        let lost: Vec<_> = salvaged.lost.into_iter().map(LostEvents::of).collect();
        Self {
            events: salvaged.events,
            unreadable,
            lost_events: lost.iter().map(|lost| lost.last + 1 - lost.first).sum(),
            whole: SalvageState::of(&salvaged.whole),
            head: salvaged.kept.as_ref().map(SalvageState::of),
            lost,
            damage: salvaged.damage.into_iter().map(SalvageDamage::of).collect(),
        }
    }

    /// Whether nothing is lost and nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.lost.is_empty() && self.damage.is_empty()
    }
}

impl SalvageState {
    fn of(head: &Head) -> Self {
        let is_empty = head.next == Position::START;
        Self {
            events: head.next.get(),
            root: head.root.to_string(),
            recorded_at: (!is_empty).then_some(head.recorded_at),
        }
    }
}

impl LostEvents {
    fn of(lost: Lost) -> Self {
        let Lost { first, until, file, what } = lost;
        Self { first: first.get(), last: until.get().saturating_sub(1), file, what }
    }
}

impl SalvageDamage {
    fn of(damage: Damage) -> Self {
        let Damage { position, file, what } = damage;
        Self { position: position.get(), file, what }
    }
}

/// A new file of JSON Lines.
struct Lines {
    path: PathBuf,
    out: BufWriter<File>,
}

impl Lines {
    fn create(path: PathBuf) -> Result<Self, AnnalsError> {
        let file = File::create_new(&path).map_err(AnnalsError::io("making", &path))?;
        Ok(Self { path, out: BufWriter::with_capacity(1 << 16, file) })
    }

    fn write(&mut self, value: &Value) -> Result<(), AnnalsError> {
        writeln!(self.out, "{value}").map_err(AnnalsError::io("writing", &self.path))
    }

    fn finish(self) -> Result<(), AnnalsError> {
        let Self { path, out } = self;
        let written = out.into_inner().map_err(std::io::IntoInnerError::into_error);
        let synced = written.and_then(|file| file.sync_all());
        synced.map_err(AnnalsError::io("writing", path))
    }
}
