//! `annals rebuild`: fold the whole log anew.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::progress::Progress;
use crate::table::{Table, grouped};
use annals::AnnalsError;
use clap::Args;
use serde_json::json;

const AFTER_HELP: &str = "\
The old views serve until the new ones are complete. Views follow from the log alone, so this
changes no number; it is for a new version of a projection, and for views that were lost.

Example:
  annals rebuild
  annals rebuild lifecycle";

/// Arguments of `rebuild`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct RebuildArgs {
    /// The projection; all of them unless given
    projection: Option<String>,
}

pub(crate) async fn run(args: RebuildArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let head = ledger.log().head().await.map_err(AnnalsError::from)?;
    let position = {
        let progress = Progress::new(&context.output, "events", Some(head.next.get()));
        let projection = args.projection.as_deref();
        ledger.rebuild(projection, &|position| progress.at(position.get())).await?
    };
    let rebuilt = match args.projection {
        Some(projection) => vec![projection],
        None => ledger.projections().into_iter().map(str::to_owned).collect(),
    };
    ledger.close().await?;
    let value = json!({"rebuilt": rebuilt, "position": position.get()});
    context.output.object(&value, |output| {
        output.table(&Table::pairs([
            ("rebuilt", rebuilt.join(", ")),
            ("events folded", grouped(position.get().into())),
        ]))
    })?;
    Ok(Outcome::Done)
}
