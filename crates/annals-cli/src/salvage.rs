//! `annals salvage`: write out every event of a damaged ledger that is still sound.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::table::{Table, grouped};
use annals::{SalvageReport, salvage};
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Goes on where opening stops: each block and each group of a sealed volume has a checksum of its own.
The ledger is not written to. In the new directory are events.jsonl (the events as annals log prints
them, each with its position, personal fields sealed), records.jsonl (position, RFC 6962 leaf and
the exact bytes in base64) and report.json (what is lost: positions, file, reason). Exit code 5
where anything is lost or damaged.

Example:
  annals salvage rescued
  annals --ledger rescued-ledger record < rescued/events.jsonl";

/// Arguments of `salvage`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct SalvageArgs {
    /// Where to write: a new or empty directory
    #[arg(value_name = "TO")]
    to: PathBuf,
}

pub(crate) async fn run(args: SalvageArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.ledger.clone();
    let report = tokio::task::spawn_blocking(move || salvage(&ledger, &args.to))
        .await
        .map_err(|error| Failure::Failed(format!("the salvage stopped early: {error}")))??;
    let value: Value = serde_json::to_value(&report).unwrap_or_default();
    context.output.object(&value, |output| write(&report, output))?;
    Ok(if report.is_sound() { Outcome::Done } else { Outcome::Damaged })
}

fn write(report: &SalvageReport, output: &mut Output) -> Result<(), Failure> {
    let unknown = "unknown: HEAD cannot be read".to_owned();
    let head = report.head.as_ref();
    output.table(&Table::pairs([
        ("events written", grouped(report.events.into())),
        ("of them unreadable here", grouped(report.unreadable.into())),
        ("events lost", grouped(report.lost_events.into())),
        ("events by HEAD", head.map_or(unknown, |head| grouped(head.events.into()))),
        ("whole from the beginning", grouped(report.whole.events.into())),
        ("root of these", report.whole.root.clone()),
    ]))?;
    if !report.lost.is_empty() {
        output.line("")?;
        let mut table = Table::new(["lost from", "to", "file", "what"], &[0, 1]);
        for lost in &report.lost {
            let file = lost.file.display().to_string();
            table.row([
                grouped(lost.first.into()),
                grouped(lost.last.into()),
                file,
                lost.what.clone(),
            ]);
        }
        output.table(&table)?;
    }
    for damage in &report.damage {
        let file = damage.file.display();
        output.line(&format!("damage at {} in {file}: {}", damage.position, damage.what))?;
    }
    Ok(())
}
