//! `annals demo`: a ledger of real purchases with a simulated year of care, and what it shows.
//!
//! The purchases are the CDNOW log, whose file is part of the program. What follows them in time is
//! made up, has the source `simulated/demo` and is called simulated wherever it is shown.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::import::report_json;
use crate::output::Output;
use crate::progress::Progress;
use crate::report::{Projection, report, write};
use crate::simulate::{Sum, append_all};
use crate::table::grouped;
use crate::verify;
use annals::events::{Code, ContentHash, Date, Event, PartyId, Zone};
use annals::import::{ImportReader, ImportSource, Mapping};
use annals::log::{Direction, Filter, PositionRange};
use annals::projection::AsOf;
use annals::{Annals, AnnalsError, ImportName, ImportReport};
use annals_testkit::simulate_care;
use clap::Args;
use futures::TryStreamExt as _;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const AFTER_HELP: &str = "\
Example:
  annals demo
  annals demo --directory ./demo-ledger";

/// All purchases at CDNOW of those who first bought in early 1997 (data/cdnow/ORIGIN.md).
const PURCHASES: &[u8] = include_bytes!("../data/cdnow/CDNOW_master.txt");
const PURCHASES_NAME: &str = "CDNOW_master.txt";
/// One customer in so many is cared for in the simulated year: some 300 of 23,570.
const CARED_FOR_EVERY: usize = 78;
const SEED: u64 = 1998;
const CARE_DAYS: u32 = 365;

/// Arguments of `demo`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct DemoArgs {
    /// Where to make the ledger: a new or empty directory; a new one for temporary files unless
    /// given
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Remove the ledger at the end
    #[arg(long)]
    discard: bool,
}

/// The last day of the real purchases.
fn last_purchases() -> Date {
    Date::from_calendar(1998, 6, 30).expect("a day of the calendar")
}

pub(crate) async fn run(args: DemoArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let directory = match args.directory {
        Some(directory) => directory,
        None => new_directory()?,
    };
    let ledger = Annals::create(&directory, Zone::utc(), context.options()?).await?;
    let output = &mut context.output;
    output.message(&format!("A fresh ledger in {}", directory.display()));
    output.message("Importing the purchases at CDNOW, 1997 to 1998 (real data)");
    let imported = import_purchases(&ledger, output).await?;
    let care = simulated_care(&ledger).await?;
    output.message("Adding a year of contacts, complaints, care and surveys (SIMULATED)");
    let simulated = add(&ledger, &care, output).await?;
    output.message("Rebuilding the three projections and verifying the log");
    let events = ledger.rebuild(None, &|_| {}).await?.get();
    let as_of = |day| AsOf::date(day, ledger.zone());
    let last_care = last_purchases().plus_days(CARE_DAYS.cast_signed());
    let loyalty = report(&ledger, Projection::Loyalty, as_of(last_purchases())).await?;
    let lifecycle = report(&ledger, Projection::Lifecycle, as_of(last_purchases())).await?;
    let satisfaction = report(&ledger, Projection::Satisfaction, as_of(last_care)).await?;
    let verified = ledger.verify().await?;
    ledger.close().await?;
    let value = json!({
        "ledger": directory.display().to_string(),
        "events": events,
        "import": report_json(&imported),
        "simulated": {"appended": simulated.appended, "rejected_total": simulated.rejected.len()},
        "loyalty": loyalty,
        "lifecycle": lifecycle,
        "satisfaction": satisfaction,
        "verified": verified.damage.is_none(),
    });
    output.object(&value, |output| {
        write_counts(&imported, &simulated, output)?;
        heading("Loyalty, from the real purchases", output)?;
        write(Projection::Loyalty, &loyalty, output)?;
        heading("Lifecycle, from the real purchases", output)?;
        write(Projection::Lifecycle, &lifecycle, output)?;
        heading("Satisfaction, SIMULATED: nobody ever answered these surveys", output)?;
        write(Projection::Satisfaction, &satisfaction, output)?;
        heading("Verified: every checksum, hash and chain was read again", output)?;
        output.table(&verify::table(&verified))?;
        if args.discard {
            return Ok(());
        }
        next_steps(&directory, complainant(&care), last_care, output)
    })?;
    if args.discard {
        std::fs::remove_dir_all(&directory).map_err(Failure::file("removing", &directory))?;
    }
    Ok(if verified.damage.is_none() { Outcome::Done } else { Outcome::Damaged })
}

fn new_directory() -> Result<PathBuf, Failure> {
    let made = tempfile::Builder::new().prefix("annals-demo-").tempdir();
    let made = made.map_err(Failure::file("making a directory in", std::env::temp_dir()))?;
    Ok(made.keep())
}

async fn import_purchases(ledger: &Annals, output: &Output) -> Result<ImportReport, Failure> {
    let mapping = Mapping::preset("cdnow").expect("a preset that comes with the program");
    let name = ImportName {
        name: Code::new(PURCHASES_NAME).expect("a short name is a code"),
        digest: ContentHash::of(PURCHASES),
        mapping: Some(mapping.digest()),
    };
    let source = ImportSource::Csv(Box::new(mapping));
    let mut rows = ImportReader::new(PURCHASES, source, ledger.zone().clone());
    let progress = Progress::new(output, "rows", None);
    Ok(ledger.import(&mut rows, Some(&name), &|rows| progress.at(rows)).await?)
}

/// Care for every so many-th customer in the order of their ids.
async fn simulated_care(ledger: &Annals) -> Result<Vec<Event>, Failure> {
    let filter = Filter::kinds(["purchase.completed"]);
    let mut seen: BTreeMap<PartyId, (Date, Date)> = BTreeMap::new();
    let mut purchases = ledger.log().read(PositionRange::ALL, &filter, Direction::Forwards);
    while let Some(recorded) = purchases.try_next().await.map_err(AnnalsError::from)? {
        if let Some(party) = recorded.event.stream().as_party() {
            let day = ledger.zone().date_of(recorded.event.occurred_at());
            let days = seen.entry(party.clone()).or_insert((day, day));
            *days = (days.0.min(day), days.1.max(day));
        }
    }
    let cared_for: Vec<_> = seen
        .into_iter()
        .step_by(CARED_FOR_EVERY)
        .map(|(party, (first, last))| (party, first, last))
        .collect();
    Ok(simulate_care(&cared_for, SEED, last_purchases().plus_days(1), CARE_DAYS))
}

async fn add(ledger: &Annals, care: &[Event], output: &Output) -> Result<Sum, Failure> {
    let progress = Progress::new(output, "events", Some(care.len() as u64));
    append_all(ledger, care.iter().cloned(), &|done| progress.at(done)).await
}

fn write_counts(
    imported: &ImportReport,
    simulated: &Sum,
    output: &mut Output,
) -> Result<(), Failure> {
    output.line(&format!(
        "{} rows of real purchases gave {} events; {} SIMULATED events of care came after them.",
        grouped(imported.rows.into()),
        grouped(imported.appended.into()),
        grouped(simulated.appended.into())
    ))
}

fn heading(text: &str, output: &mut Output) -> Result<(), Failure> {
    output.line(&format!("\n== {text} ==\n"))
}

/// A customer with a complaint to look at.
fn complainant(care: &[Event]) -> Option<&PartyId> {
    care.iter().find(|event| event.kind() == "complaint.received")?.stream().as_party()
}

/// Commands that work with this ledger, as this program was called.
fn next_steps(
    directory: &Path,
    customer: Option<&PartyId>,
    last_care: Date,
    output: &mut Output,
) -> Result<(), Failure> {
    let program = std::env::args_os().next().map_or_else(|| "annals".into(), PathBuf::from);
    let annals = quoted(&program);
    heading("What to type next", output)?;
    output.line(&format!("export ANNALS_LEDGER={}", quoted(directory)))?;
    let customer = customer.map_or("00003", PartyId::as_str);
    for (command, why) in [
        (
            format!("show {customer} --as-of {last_care}"),
            "one customer: what happened, and the three views",
        ),
        (
            format!("replay {customer} --step --as-of {last_care}"),
            "event by event: what each one changed",
        ),
        ("report loyalty --as-of 1997-12-31".to_owned(), "the same as of half a year before"),
        ("report lifecycle --format json".to_owned(), "every figure, for other programs"),
        ("log --kind 'complaint.*' --limit 10".to_owned(), "events as they were recorded"),
        ("status".to_owned(), "how the ledger stands"),
    ] {
        output.line(&format!("{annals} {command:<42} # {why}"))?;
    }
    Ok(())
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
