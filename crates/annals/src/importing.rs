//! Bringing rows in: good rows go in, bad ones are named, nothing goes in twice.
//!
//! An import that is stopped can be run again: what is in already is recognised by its id. When a
//! file has been read to its end, `import.recorded` says so, once.

use crate::bulk::Each;
use crate::error::AnnalsError;
use crate::ledger::Annals;
use annals_events::{
    Code, ContentHash, Count, Envelope, Event, EventId, ImportRecorded, OccurredAt, Source,
    StreamId,
};
use annals_import::{ImportError, ImportReader};
use annals_log::Outcome;
use serde::Serialize;
use std::io::Read;
use tokio::task::JoinHandle;

/// What became of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Rows read.
    pub rows: u64,
    /// Events made from them.
    pub events: u64,
    /// Events appended (in a dry run: that would be, as far as can be told without appending).
    pub appended: u64,
    /// Events that were there already.
    pub duplicates: u64,
    /// The first rows refused.
    pub rejected: Vec<Rejected>,
    /// How many were refused.
    pub rejected_total: u64,
}

/// A row that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The column at fault, where one is.
    pub column: Option<String>,
    /// What was expected and what came.
    pub why: String,
}

/// How many refused rows a report names.
const REJECTED_SHOWN_MAX: usize = 100;

impl ImportReport {
    fn count(&mut self, appended: Appended) {
        for (line, outcome) in appended {
            match outcome {
                Ok(Outcome::Appended(_)) => self.appended += 1,
                Ok(Outcome::Duplicate(_)) => self.duplicates += 1,
                Err(error) => self.reject(line, None, error.to_string()),
            }
        }
    }

    fn reject(&mut self, line: u64, column: Option<String>, why: String) {
        self.rejected_total += 1;
        if self.rejected.len() < REJECTED_SHOWN_MAX {
            self.rejected.push(Rejected { line, column, why });
        }
    }
}

/// What is imported, for the record of it.
#[derive(Clone, Debug)]
pub struct ImportName {
    /// The file's name.
    pub name: Code,
    /// SHA-256 of the file.
    pub digest: ContentHash,
    /// SHA-256 of the mapping, where one is used.
    pub mapping: Option<ContentHash>,
}

/// How many events are read before they are appended: enough to fill many blocks.
const EVENTS_WAITING_MAX: usize = 8192;

/// Events waiting to be appended, with the line each begins at.
#[derive(Default)]
struct Waiting {
    lines: Vec<u64>,
    events: Vec<Event>,
}

/// What became of the event of each line.
type Appended = Vec<(u64, Each)>;

async fn finished(
    appending: JoinHandle<Result<Appended, AnnalsError>>,
) -> Result<Appended, AnnalsError> {
    appending.await.map_err(|error| AnnalsError::Background(error.to_string()))?
}

impl Annals {
    /// Imports rows to their end. `progress` is told how many rows have been read.
    ///
    /// # Errors
    /// When the input cannot be read on, or the log takes no more appends; what went in before
    /// stays in.
    pub async fn import<R: Read>(
        &self,
        rows: &mut ImportReader<R>,
        name: Option<&ImportName>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<ImportReport, AnnalsError> {
        let mut report = ImportReport::default();
        let mut waiting = Waiting::default();
        // While some events are appended the next are read.
        let mut appending = self.append_waiting(Waiting::default());
        while let Some(row) = rows.next() {
            match row {
                Ok(imported) => {
                    report.events += 1;
                    if waiting.events.len() == EVENTS_WAITING_MAX {
                        report.count(finished(appending).await?);
                        appending = self.append_waiting(std::mem::take(&mut waiting));
                        progress(rows.counts().rows);
                    }
                    waiting.lines.push(*imported.lines.start());
                    waiting.events.push(imported.event);
                }
                Err(ImportError::Row(row)) => report.reject(row.line, row.column(), row.why()),
                Err(error) => {
                    finished(appending).await?;
                    return Err(AnnalsError::Import(error));
                }
            }
        }
        report.count(finished(appending).await?);
        report.count(finished(self.append_waiting(waiting)).await?);
        report.rejected.sort_by_key(|rejected| rejected.line);
        report.rows = rows.counts().rows;
        progress(report.rows);
        if let Some(name) = name {
            self.record_import(name, &report).await?;
        }
        Ok(report)
    }

    /// Reads rows to their end and says what an import would do. Appends nothing.
    ///
    /// # Errors
    /// When the input cannot be read on.
    pub async fn import_dry_run<R: Read>(
        &self,
        rows: &mut ImportReader<R>,
    ) -> Result<ImportReport, AnnalsError> {
        let mut report = ImportReport::default();
        let mut seen = std::collections::HashSet::new();
        for row in rows.by_ref() {
            match row {
                Ok(imported) => {
                    report.events += 1;
                    let id = imported.event.id();
                    if !seen.insert(id) || self.log().position_of(id).await?.is_some() {
                        report.duplicates += 1;
                    } else {
                        report.appended += 1;
                    }
                }
                Err(ImportError::Row(row)) => report.reject(row.line, row.column(), row.why()),
                Err(error) => return Err(AnnalsError::Import(error)),
            }
        }
        report.rows = rows.counts().rows;
        Ok(report)
    }

    /// Appends events on a task of its own.
    fn append_waiting(&self, waiting: Waiting) -> JoinHandle<Result<Appended, AnnalsError>> {
        let (ledger, Waiting { lines, events }) = (self.clone(), waiting);
        tokio::spawn(async move {
            let outcomes = ledger.append_each(&events).await?;
            Ok(lines.into_iter().zip(outcomes).collect())
        })
    }

    async fn record_import(
        &self,
        name: &ImportName,
        report: &ImportReport,
    ) -> Result<(), AnnalsError> {
        let mapping = name.mapping.map(|hash| hash.to_string()).unwrap_or_default();
        let foreign = format!("import/{}/{mapping}", name.digest);
        let source = "annals";
        let id = EventId::from_foreign(source, &foreign);
        if self.log().position_of(id).await?.is_some() {
            return Ok(());
        }
        let count = |number: u64| {
            Count::new(i64::try_from(number).unwrap_or(i64::MAX))
                .unwrap_or_else(|_| largest_count())
        };
        let mut envelope = Envelope::new(id, StreamId::Ledger, OccurredAt::utc(self.now()));
        envelope.source = Source::new(source).ok();
        let recorded = ImportRecorded {
            digest: name.digest,
            mapping: name.mapping,
            name: name.name.clone(),
            rows: count(report.rows),
            events: count(report.events),
            rejected: count(report.rejected_total),
        };
        self.record(Event::new(envelope, recorded)?).await?;
        Ok(())
    }
}

fn largest_count() -> Count {
    Count::new(Count::MAX).expect("the largest count is a count")
}
