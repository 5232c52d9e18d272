//! Bringing rows in: good rows go in, bad ones are named, nothing goes in twice.
//!
//! Events go to the log in appends as large as a block takes. Where the log refuses one event of an
//! append, that event alone is rejected and the rest goes in. An import that is stopped can be run
//! again: what is in already is recognised by its id. When a file has been read to its end,
//! `import.recorded` says so, once.

use crate::error::AnnalsError;
use crate::ledger::Annals;
use annals_events::{
    Code, ContentHash, Count, Envelope, Event, EventId, ImportRecorded, OccurredAt, Source,
    StreamId,
};
use annals_import::{ImportError, ImportReader};
use annals_log::{APPEND_BYTES_MAX, APPEND_EVENTS_MAX, AppendError, Outcome};
use serde::Serialize;
use std::io::Read;

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

/// Events waiting to be appended together.
#[derive(Default)]
struct Waiting {
    lines: Vec<u64>,
    events: Vec<Event>,
    bytes: usize,
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
        while let Some(row) = rows.next() {
            match row {
                Ok(imported) => {
                    report.events += 1;
                    // Sealing adds a little to each personal field; the record's own bytes are
                    // known after it.
                    let bytes = size_estimate(&imported.event);
                    let full = waiting.events.len() == APPEND_EVENTS_MAX
                        || waiting.bytes + bytes > APPEND_BYTES_MAX;
                    if full {
                        self.append_waiting(&mut waiting, &mut report).await?;
                        progress(rows.counts().rows);
                    }
                    waiting.bytes += bytes;
                    waiting.lines.push(*imported.lines.start());
                    waiting.events.push(imported.event);
                }
                Err(ImportError::Row(row)) => report.reject(row.line, row.column(), row.why()),
                Err(error) => return Err(AnnalsError::Import(error)),
            }
        }
        self.append_waiting(&mut waiting, &mut report).await?;
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

    async fn append_waiting(
        &self,
        waiting: &mut Waiting,
        report: &mut ImportReport,
    ) -> Result<(), AnnalsError> {
        let Waiting { lines, events, .. } = std::mem::take(waiting);
        let mut batches = vec![(lines, events)];
        // An append that is refused for one event is made again without it, one that is too large
        // in halves.
        while let Some((mut lines, mut events)) = batches.pop() {
            if events.is_empty() {
                continue;
            }
            match self.append(events.clone(), &[]).await {
                Ok(appended) => {
                    for outcome in appended.outcomes {
                        match outcome {
                            Outcome::Appended(_) => report.appended += 1,
                            Outcome::Duplicate(_) => report.duplicates += 1,
                        }
                    }
                }
                Err(AnnalsError::Append(AppendError::TooLarge { .. })) => {
                    let (late_lines, late_events) =
                        (lines.split_off(lines.len() / 2), events.split_off(events.len() / 2));
                    batches.push((late_lines, late_events));
                    batches.push((lines, events));
                }
                Err(AnnalsError::Append(AppendError::IdRepeated { id })) => {
                    // The later one is a duplicate or a conflict: an append of its own will tell.
                    let Some(later) = events.iter().rposition(|event| event.id() == id) else {
                        continue;
                    };
                    batches.push((vec![lines.remove(later)], vec![events.remove(later)]));
                    batches.push((lines, events));
                }
                Err(error) => {
                    let Some(index) = refused_event(&error, &events) else { return Err(error) };
                    report.reject(lines.remove(index), None, error.to_string());
                    events.remove(index);
                    batches.push((lines, events));
                }
            }
        }
        Ok(())
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

/// The event an append was refused for, where it was for one.
fn refused_event(error: &AnnalsError, events: &[Event]) -> Option<usize> {
    let refused = match error {
        AnnalsError::Append(
            AppendError::IdTaken { id, .. }
            | AppendError::RecordTooLarge { id, .. }
            | AppendError::AheadOfClock { id, .. },
        )
        | AnnalsError::NoTarget { by: id, .. }
        | AnnalsError::RefusedEvent { id, .. } => *id,
        _ => return None,
    };
    events.iter().position(|event| event.id() == refused)
}

/// Bytes an event will take at most, near enough to fill blocks well: an append that is too large
/// is split anyway.
fn size_estimate(event: &Event) -> usize {
    const ENVELOPE_BYTES: usize = 96;
    let mut bytes = ENVELOPE_BYTES;
    event.visit_personal(&mut |_, personal| {
        if let annals_events::PersonalContent::Clear(text) = personal.content() {
            bytes += text.len() + 64;
        }
    });
    bytes
}
