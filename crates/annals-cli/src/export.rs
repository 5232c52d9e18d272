//! `annals export`: the log as JSON Lines that another ledger can record.
//!
//! What the ledger assigns (position, stream version, recording time) is not written, and neither
//! are the events it writes about itself (source `annals`): a ledger that records the export has
//! its own. So exporting that ledger gives the same bytes again.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::filter::FilterArgs;
use crate::output::Format;
use crate::progress::Progress;
use annals::events::Event;
use annals::log::Direction;
use annals::{Annals, AnnalsError, OWN_SOURCE};
use clap::Args;
use futures::StreamExt as _;

const AFTER_HELP: &str = "\
Personal fields are written as text where the ledger's key is there and their subject was not
erased; the others stay sealed. Keep the file as safe as the ledger.

Example:
  annals export > events.jsonl
  annals export | annals --ledger copy record
  annals export --kind 'complaint.*' --recorded-from 2026-01-01";

/// Arguments of `export`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// Also what the ledger writes about itself: built-in rulesets and imports. Another ledger
    /// refuses these
    #[arg(long)]
    all: bool,
}

pub(crate) async fn run(args: ExportArgs, context: &mut Context) -> Result<Outcome, Failure> {
    only_lines(context.output.format())?;
    let ledger = context.open().await?;
    let (range, filter) = args.filter.resolve(&ledger).await?;
    let head = ledger.log().head().await.map_err(AnnalsError::from)?;
    let progress = Progress::new(&context.output, "events", Some(head.next.get()));
    let mut events = ledger.log().read(range, &filter, Direction::Forwards);
    while let Some(event) = events.next().await {
        // An event that cannot be read here must not be missing unnoticed.
        let recorded = event.map_err(AnnalsError::from)?;
        if args.all || !is_own(&recorded.event) {
            context.output.json_line(&exported(&ledger, &recorded.event))?;
        }
        if recorded.position.get().is_multiple_of(1024) {
            progress.at(recorded.position.get());
        }
    }
    ledger.close().await?;
    Ok(Outcome::Done)
}

/// Events in bulk are written as JSON Lines alone.
pub(crate) fn only_lines(format: Format) -> Result<(), Failure> {
    match format {
        Format::Table | Format::Jsonl => Ok(()),
        Format::Json | Format::Csv => {
            Err(Failure::Usage("this writes JSON Lines only: leave out --format".to_owned()))
        }
    }
}

fn exported(ledger: &Annals, event: &Event) -> serde_json::Value {
    ledger.to_json(event)
}

fn is_own(event: &Event) -> bool {
    event.envelope().source.as_ref().is_some_and(|source| source.as_str() == OWN_SOURCE)
}
