//! `annals seal`: make the open volume a sealed file.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::table::{Table, grouped};
use clap::Args;
use serde_json::json;

const AFTER_HELP: &str = "\
Volumes are sealed by themselves about every million events. A sealed file never changes again, so
sealing before a backup means that these events are copied once. A kill loses nothing.

Example:
  annals seal";

/// Arguments of `seal`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct SealArgs {}

pub(crate) async fn run(context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    ledger.seal().await?;
    let status = ledger.status().await?;
    ledger.close().await?;
    let value = json!({"events": status.events, "volumes": status.volumes});
    context.output.object(&value, |output| {
        output.table(&Table::pairs([
            ("events", grouped(status.events.into())),
            ("volumes", grouped(status.volumes.into())),
        ]))
    })?;
    Ok(Outcome::Done)
}
