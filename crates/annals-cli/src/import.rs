//! `annals import`: bring in the rows of a file.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::progress::Progress;
use crate::table::{Table, grouped};
use annals::events::{Code, ContentHash, Zone};
use annals::import::{CloudEvents, ImportReader, ImportSource, Mapping, Preset};
use annals::{ImportName, ImportReport, Rejected};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

const AFTER_HELP: &str = "\
Rows that are no event are listed with line and column and left out; the others go in, and the exit
code is 7. Importing a file again appends nothing. How a mapping is written: docs/import.md.

Example:
  annals import CDNOW_master.txt --preset cdnow
  annals import orders.csv --mapping orders.toml --dry-run
  annals import events.jsonl
  kcat -C -t events | annals import - --as cloudevents";

/// Rejected rows named on the standard error.
const REJECTED_SHOWN_MAX: usize = 10;

/// Arguments of `import`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ImportArgs {
    /// The file; - is the standard input
    file: PathBuf,
    #[command(flatten)]
    form: Form,
    /// Read and check everything, append nothing
    #[arg(long)]
    dry_run: bool,
    /// What the type of CloudEvents begins with before the kind (such as org.example.)
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    type_prefix: String,
    /// An attribute of CloudEvents to pass over; may be repeated
    #[arg(long, value_name = "ATTRIBUTE")]
    ignore: Vec<String>,
}

/// What the file is; what is not said is told from its name.
#[derive(Args)]
#[group(multiple = false)]
struct Form {
    /// A table, read by this mapping file
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// A table, read by a mapping that comes with annals: cdnow, cdnow-sample or cfpb
    #[arg(long, value_name = "NAME")]
    preset: Option<Preset>,
    /// Lines of JSON; .jsonl and .ndjson files are read as jsonl unless said otherwise
    #[arg(long = "as", value_enum, value_name = "FORM")]
    lines: Option<Lines>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Lines {
    /// One event per line, as `annals export` writes them
    Jsonl,
    /// One event per line in the form of CloudEvents 1.0
    Cloudevents,
}

pub(crate) async fn run(args: ImportArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let (source, mapping) = args.source()?;
    let from_stdin = args.file.as_os_str() == "-";
    let ledger = context.open().await?;
    let zone = ledger.zone().clone();
    let report = if args.dry_run {
        let mut rows = reader(&args.file, from_stdin, source, zone)?;
        ledger.import_dry_run(&mut rows).await?
    } else {
        let name = if from_stdin { None } else { Some(name(&args.file, mapping)?) };
        let mut rows = reader(&args.file, from_stdin, source, zone)?;
        let progress = Progress::new(&context.output, "rows", None);
        ledger.import(&mut rows, name.as_ref(), &|rows| progress.at(rows)).await?
    };
    ledger.close().await?;
    show(&report, args.dry_run, &mut context.output)?;
    Ok(Outcome::rejecting(report.rejected_total))
}

impl ImportArgs {
    /// How the file is read, and the digest of the mapping where there is one.
    fn source(&self) -> Result<(ImportSource, Option<ContentHash>), Failure> {
        let form = &self.form;
        if let Some(file) = &form.mapping {
            let text = std::fs::read_to_string(file).map_err(Failure::file("reading", file))?;
            let mapping = Mapping::parse(&text)
                .map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))?;
            return Ok(table(mapping));
        }
        if let Some(preset) = form.preset {
            let mapping = Mapping::preset(preset.name())
                .map_err(|error| Failure::Usage(error.to_string()))?;
            return Ok(table(mapping));
        }
        let extension = self.file.extension().and_then(|extension| extension.to_str());
        let lines = form.lines.or(match extension {
            Some("jsonl" | "ndjson") => Some(Lines::Jsonl),
            _ => None,
        });
        match lines {
            Some(Lines::Jsonl) => Ok((ImportSource::JsonLines, None)),
            Some(Lines::Cloudevents) => {
                let (type_prefix, ignore) = (self.type_prefix.clone(), self.ignore.clone());
                Ok((ImportSource::CloudEvents(CloudEvents { type_prefix, ignore }), None))
            }
            None => Err(Failure::Usage(format!(
                "what {} holds cannot be told from its name: say --mapping FILE for a table \
                 (docs/import.md), --preset NAME, or --as jsonl|cloudevents",
                self.file.display()
            ))),
        }
    }
}

fn table(mapping: Mapping) -> (ImportSource, Option<ContentHash>) {
    let digest = mapping.digest();
    (ImportSource::Csv(Box::new(mapping)), Some(digest))
}

fn reader(
    file: &Path,
    from_stdin: bool,
    source: ImportSource,
    zone: Zone,
) -> Result<ImportReader<Box<dyn Read>>, Failure> {
    let input: Box<dyn Read> = if from_stdin {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file).map_err(Failure::file("opening", file))?)
    };
    Ok(ImportReader::new(input, source, zone))
}

/// The file's name and digest, for the record of the import. Reads it once for that.
fn name(file: &Path, mapping: Option<ContentHash>) -> Result<ImportName, Failure> {
    let mut hash = Sha256::new();
    let mut input = File::open(file).map_err(Failure::file("opening", file))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = input.read(&mut buffer).map_err(Failure::file("reading", file))?;
        match buffer.get(..length) {
            Some(read) if length > 0 => hash.update(read),
            _ => break,
        }
    }
    let digest = ContentHash::from_bytes(hash.finalize().into());
    let stem = file.file_name().map(|name| name.to_string_lossy().into_owned());
    // A name that is no code (too long, or with control characters) is only left out of the record.
    let name = stem.and_then(|name| Code::new(&name).ok());
    let name = name.unwrap_or_else(|| Code::new("file").expect("four letters are a code"));
    Ok(ImportName { name, digest, mapping })
}

/// The report as the JSON that others read.
pub(crate) fn report_json(report: &ImportReport) -> Value {
    json!({
        "rows": report.rows,
        "events": report.events,
        "appended": report.appended,
        "duplicates": report.duplicates,
        "rejected": report.rejected.iter().map(rejected_json).collect::<Vec<_>>(),
        "rejected_total": report.rejected_total,
    })
}

pub(crate) fn rejected_json(rejected: &Rejected) -> Value {
    json!({"line": rejected.line, "column": rejected.column, "why": rejected.why})
}

fn show(report: &ImportReport, dry_run: bool, output: &mut Output) -> Result<(), Failure> {
    output.object(&report_json(report), |output| {
        let appended = if dry_run { "would be appended" } else { "appended" };
        let number = |number: u64| grouped(number.into());
        output.table(&Table::pairs([
            ("rows read", number(report.rows)),
            ("events made", number(report.events)),
            (appended, number(report.appended)),
            ("there already", number(report.duplicates)),
            ("rejected", number(report.rejected_total)),
        ]))
    })?;
    name_rejected(&report.rejected, report.rejected_total, output);
    Ok(())
}

/// Names the first rejected rows on the standard error.
pub(crate) fn name_rejected(rejected: &[Rejected], total: u64, output: &Output) {
    for row in rejected.iter().take(REJECTED_SHOWN_MAX) {
        let column = row.column.as_ref().map(|column| format!(", column {column}"));
        output.message(&format!("line {}{}: {}", row.line, column.unwrap_or_default(), row.why));
    }
    let more = total.saturating_sub(REJECTED_SHOWN_MAX as u64);
    if more > 0 {
        output.message(&format!(
            "and {} more (--format json names the first 100)",
            grouped(more.into())
        ));
    }
}
