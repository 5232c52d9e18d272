//! `annals status`: how the ledger stands.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::table::{Table, grouped};
use clap::Args;
use serde_json::Value;

const AFTER_HELP: &str = "\
A projection's lag is how many events it is behind; it is brought up to the head when it is asked.
Parked events are those it could not read.

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
        output.table(&table)
    })?;
    Ok(Outcome::Done)
}
