//! `annals verify`: read everything again and check every hash. Works on a ledger that is too
//! damaged to be opened.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::table::{Table, grouped};
use annals::{AnnalsError, Description, VerifyReport, verify_directory};
use clap::Args;
use serde_json::{Value, json};

const AFTER_HELP: &str = "\
Exit code 5 where there is damage. The root is the RFC 6962 tree hash of all events: the same root
is the same log.

Example:
  annals verify
  annals verify --format json";

/// Arguments of `verify`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct VerifyArgs {}

pub(crate) async fn run(context: &mut Context) -> Result<Outcome, Failure> {
    let directory = context.ledger.clone();
    Description::read(&directory)?;
    let report = tokio::task::spawn_blocking(move || verify_directory(&directory))
        .await
        .map_err(|error| Failure::Failed(format!("the check stopped early: {error}")))?
        .map_err(AnnalsError::from)?;
    let value = report_json(&report);
    context.output.object(&value, |output| output.table(&table(&report)))?;
    Ok(if report.damage.is_none() { Outcome::Done } else { Outcome::Damaged })
}

/// The report as the JSON that others read.
fn report_json(report: &VerifyReport) -> Value {
    let mut value = json!({
        "events": report.events,
        "root": report.root.to_string(),
        "ok": report.damage.is_none(),
    });
    if let (Some(damage), Some(object)) = (&report.damage, value.as_object_mut()) {
        object.insert("position".to_owned(), damage.position.get().into());
        object.insert("file".to_owned(), damage.file.display().to_string().into());
        object.insert("what".to_owned(), damage.what.clone().into());
    }
    value
}

/// The report for people.
pub(crate) fn table(report: &VerifyReport) -> Table {
    let mut rows = vec![
        ("events", grouped(report.events.into())),
        ("root", report.root.to_string()),
        ("ok", if report.damage.is_none() { "yes".to_owned() } else { "no".to_owned() }),
    ];
    if let Some(damage) = &report.damage {
        rows.push(("damaged from position", damage.position.to_string()));
        rows.push(("file", damage.file.display().to_string()));
        rows.push(("what", damage.what.clone()));
        let next_step = "leave the files as they are and restore a backup, or annals salvage";
        rows.push(("next step", next_step.to_owned()));
    }
    Table::pairs(rows)
}
