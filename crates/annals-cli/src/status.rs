//! `annals status`: how the ledger stands.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::table::{Table, grouped};
use annals::Annals;
use clap::Args;
use serde_json::Value;

const AFTER_HELP: &str = "\
A projection's lag is how many events it is behind; it is brought up to the head when it is asked.
Parked events are those it could not read; a rebuild tries
them again.

Example:
  annals status
  annals status --format json";

/// Arguments of `status`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct StatusArgs {}

pub(crate) async fn run(context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let status = ledger.status().await?;
    let value: Value = serde_json::to_value(&status).unwrap_or_default();
    let zone = ledger.zone().name().to_owned();
    let parked = parked(&ledger)?;
    ledger.close().await?;
    context.output.object(&value, |output| {
        output.table(&Table::pairs([
            ("events", grouped(status.events.into())),
            ("streams", grouped(status.streams.into())),
            ("head", status.head.clone()),
            ("volumes", grouped(status.volumes.into())),
            ("bytes on disk", grouped(status.bytes_on_disk.into())),
            ("time zone", zone),
        ]))?;
        output.line("")?;
        let titles = ["projection", "position", "lag", "parked", "generation"];
        let mut table = Table::new(titles, &[1, 2, 3, 4]);
        for projection in &status.projections {
            table.row([
                projection.id.clone(),
                grouped(projection.position.into()),
                grouped(projection.lag.into()),
                grouped(projection.parked.into()),
                grouped(projection.generation.into()),
            ]);
        }
        output.table(&table)?;
        parked.iter().try_for_each(|line| output.line(line))
    })?;
    Ok(Outcome::Done)
}

/// The first events that projections could not read, with the reasons.
fn parked(ledger: &Annals) -> Result<Vec<String>, Failure> {
    const SHOWN_MAX: usize = 10;
    let mut lines = Vec::new();
    for projection in ledger.projections() {
        for parked in ledger.parked(projection)?.into_iter().take(SHOWN_MAX) {
            lines.push(format!(" {projection} parked {}: {}", parked.position, parked.why));
        }
    }
    Ok(lines)
}
