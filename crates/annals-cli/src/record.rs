//! `annals record`: record one event given as an argument, or JSON Lines from the standard input.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::import::{name_rejected, rejected_json};
use crate::output::{Format, Output};
use crate::progress::Progress;
use crate::table::{Table, grouped};
use annals::events::{Event, StreamVersion};
use annals::import::{ImportError, ImportReader, ImportSource};
use annals::log::{AppendCondition, ExpectedVersion, Outcome as Recorded};
use annals::{Annals, Rejected};
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io;
use std::str::FromStr;

const AFTER_HELP: &str = "\
An event is a JSON object with id, kind, subject, occurred_at and data (docs/events.md). Recording
it again is acknowledged with its first place. With --expect-version all events go in together or
none does; without it, lines that are refused are listed and the others go in (exit code 7).

Example:
  annals record '{\"id\": \"0190b2f4-6f0e-7c3a-9d51-3f6d1c2a7b10\", \"kind\": \"purchase.completed\",
    \"subject\": \"C-7\", \"occurred_at\": \"2026-03-03T09:30:00+08:00\",
    \"data\": {\"lines\": [], \"total\": {\"amount\": \"24.90\", \"currency\": \"EUR\"}}}'
  annals record --expect-version 3 < events.jsonl";

/// Recorded events named in a table.
const ROWS_SHOWN_MAX: usize = 20;
/// Events taken together; the ledger splits them as its blocks ask for.
const EVENTS_AT_ONCE: usize = 4096;
/// Rejected lines that the report names.
const REJECTED_NAMED_MAX: usize = 100;

/// Arguments of `record`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct RecordArgs {
    /// One event as JSON; without it, or for -, one event per line of the standard input
    event: Option<String>,
    /// The version the events' stream must have: a number, none (no events yet) or any
    #[arg(long, value_name = "N|none|any")]
    expect_version: Option<Expected>,
}

/// An expected version as people write it.
#[derive(Clone, Copy)]
struct Expected(ExpectedVersion);

impl FromStr for Expected {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse::<u64>()) {
            ("any", _) => Ok(Self(ExpectedVersion::Any)),
            ("none" | "0", _) => Ok(Self(ExpectedVersion::NoStream)),
            (_, Ok(version)) => Ok(Self(ExpectedVersion::Exact(StreamVersion::new(version)))),
            _ => Err("expected a version number, none or any".to_owned()),
        }
    }
}

/// What became of the events.
#[derive(Default)]
struct Report {
    recorded: Vec<Value>,
    appended: u64,
    duplicates: u64,
    rejected: Vec<Rejected>,
    rejected_total: u64,
}

impl Report {
    fn record(&mut self, event: &Event, outcome: Recorded) {
        let name = match outcome {
            Recorded::Appended(_) => {
                self.appended += 1;
                "appended"
            }
            Recorded::Duplicate(_) => {
                self.duplicates += 1;
                "duplicate"
            }
        };
        let placed = outcome.placed();
        self.recorded.push(json!({
            "id": event.id().to_string(),
            "outcome": name,
            "position": placed.position.get(),
            "stream_version": placed.stream_version.get(),
            "recorded_at": placed.recorded_at.to_string(),
        }));
    }

    fn reject(&mut self, line: u64, column: Option<String>, why: String) {
        self.rejected_total += 1;
        if self.rejected.len() < REJECTED_NAMED_MAX {
            self.rejected.push(Rejected { line, column, why });
        }
    }
}

pub(crate) async fn run(args: RecordArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let argument = args.event.filter(|text| text != "-");
    let mut report = Report::default();
    match (argument, args.expect_version) {
        (Some(text), expected) => {
            let events = vec![parse(&text)?];
            together(&ledger, events, expected, &mut report).await?;
        }
        (None, Some(expected)) => {
            let events = lines(ledger.zone()).map(|line| match line {
                Ok(imported) => Ok(imported.event),
                Err(error) => Err(Failure::Failed(format!("{error}; nothing was recorded"))),
            });
            let events = events.collect::<Result<Vec<_>, _>>()?;
            together(&ledger, events, Some(expected), &mut report).await?;
        }
        (None, None) => one_by_one(&ledger, &mut report, &context.output).await?,
    }
    ledger.close().await?;
    show(&report, &mut context.output)?;
    Ok(Outcome::rejecting(report.rejected_total))
}

fn parse(text: &str) -> Result<Event, Failure> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Failure::Failed(format!("the event is not JSON: {error}")))?;
    Event::from_json(&value).map_err(|error| Failure::Ledger(error.into()))
}

fn lines(zone: &annals::events::Zone) -> ImportReader<io::Stdin> {
    ImportReader::new(io::stdin(), ImportSource::JsonLines, zone.clone())
}

/// All events or none, each stream at the version expected.
async fn together(
    ledger: &Annals,
    events: Vec<Event>,
    expected: Option<Expected>,
    report: &mut Report,
) -> Result<(), Failure> {
    if events.is_empty() {
        return Ok(());
    }
    let streams: BTreeSet<_> = events.iter().map(|event| event.stream().clone()).collect();
    if expected.is_some() && streams.len() > 1 {
        let message = format!(
            "--expect-version is about one stream, the events are of {}: record them one stream at \
             a time",
            streams.len()
        );
        return Err(Failure::Usage(message));
    }
    let conditions: Vec<_> = expected
        .into_iter()
        .flat_map(|Expected(expected)| {
            streams.iter().map(move |stream| AppendCondition { stream: stream.clone(), expected })
        })
        .collect();
    let appended = ledger.append(events.clone(), &conditions).await?;
    for (event, outcome) in events.iter().zip(appended.outcomes) {
        report.record(event, outcome);
    }
    Ok(())
}

/// What can be recorded of the standard input, and what cannot by its line.
async fn one_by_one(ledger: &Annals, report: &mut Report, output: &Output) -> Result<(), Failure> {
    let progress = Progress::new(output, "events", None);
    let mut rows = lines(ledger.zone());
    loop {
        let (mut numbers, mut events) = (Vec::new(), Vec::new());
        for row in rows.by_ref() {
            match row {
                Ok(imported) => {
                    numbers.push(*imported.lines.start());
                    events.push(imported.event);
                }
                Err(ImportError::Row(row)) => report.reject(row.line, row.column(), row.why()),
                Err(error) => return Err(Failure::Ledger(error.into())),
            }
            if events.len() == EVENTS_AT_ONCE {
                break;
            }
        }
        if events.is_empty() {
            return Ok(());
        }
        let outcomes = ledger.append_each(&events).await?;
        for ((line, event), outcome) in numbers.into_iter().zip(&events).zip(outcomes) {
            match outcome {
                Ok(outcome) => report.record(event, outcome),
                Err(error) => report.reject(line, None, error.to_string()),
            }
        }
        progress.at(report.appended + report.duplicates);
    }
}

fn show(report: &Report, output: &mut Output) -> Result<(), Failure> {
    match output.format() {
        Format::Jsonl => {
            for recorded in &report.recorded {
                output.json_line(recorded)?;
            }
        }
        Format::Csv => {
            let header = ["id", "outcome", "position", "stream_version", "recorded_at"];
            let rows = report.recorded.iter().map(|recorded| {
                header.map(|name| {
                    crate::table::plain(crate::table::at(recorded, &format!("/{name}")))
                })
            });
            output.csv(&header, rows)?;
        }
        Format::Json => {
            let value = json!({
                "events": report.recorded.len() as u64 + report.rejected_total,
                "appended": report.appended,
                "duplicates": report.duplicates,
                "recorded": report.recorded,
                "rejected": report.rejected.iter().map(rejected_json).collect::<Vec<_>>(),
                "rejected_total": report.rejected_total,
            });
            output.object(&value, |_| Ok(()))?;
        }
        Format::Table => table(report, output)?,
    }
    name_rejected(&report.rejected, report.rejected_total, output);
    Ok(())
}

fn table(report: &Report, output: &mut Output) -> Result<(), Failure> {
    let mut table = Table::new(["position", "stream version", "outcome", "id"], &[0, 1]);
    for recorded in report.recorded.iter().take(ROWS_SHOWN_MAX) {
        let place = |pointer| crate::table::plain(crate::table::at(recorded, pointer));
        table.row([place("/position"), place("/stream_version"), place("/outcome"), place("/id")]);
    }
    if !report.recorded.is_empty() {
        output.table(&table)?;
    }
    let more = report.recorded.len().saturating_sub(ROWS_SHOWN_MAX);
    if more > 0 {
        output.line(&format!(" and {} more", grouped(more as i128)))?;
    }
    let sum = format!(
        "{} appended, {} there already, {} rejected",
        grouped(report.appended.into()),
        grouped(report.duplicates.into()),
        grouped(report.rejected_total.into())
    );
    output.message(&sum);
    Ok(())
}
