//! `annals status`: how the ledger stands.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::table::{Table, grouped};
use annals::{Annals, Status};
use clap::Args;
use serde_json::Value;

const AFTER_HELP: &str = "\
A projection's lag is how many events it is behind; it is brought up to the head when it is asked.
Parked events are those it could not read; a rebuild tries
them again.

A warning says when the disk is short: when less is free than twice the events that are not sealed
yet or, where that is more, twice all views (sealing and rebuilding write either anew beside what is
there), or less than a GiB.

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
            ("bytes free", grouped(status.bytes_free.into())),
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
    if let Some(warning) = warning(&status) {
        context.output.message(&warning);
    }
    Ok(Outcome::Done)
}

/// What is said where the disk is short.
fn warning(status: &Status) -> Option<String> {
    status.is_disk_short().then(|| {
        format!(
            "The ledger's disk has {} bytes free; sealing and rebuilding want {}: make room before \
             it is full.",
            grouped(status.bytes_free.into()),
            grouped(status.bytes_wanted_free.into())
        )
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_disk_is_warned_of_and_a_roomy_one_is_not() {
        let status = |bytes_free| Status {
            events: 0,
            streams: 0,
            head: String::new(),
            volumes: 1,
            bytes_on_disk: 0,
            bytes_free,
            bytes_wanted_free: 1 << 30,
            projections: Vec::new(),
        };
        assert_eq!(warning(&status(1 << 30)), None);
        let said = warning(&status((1 << 30) - 1)).expect("a warning");
        assert!(said.contains("1,073,741,823 bytes free"), "{said}");
    }
}
