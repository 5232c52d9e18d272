//! `annals restate`: how late, corrected or retracted events changed an earlier period.

use crate::as_of::{When, known_before};
use crate::compare::write;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::report::Projection;
use annals::Side;
use clap::Args;
use serde_json::json;

const AFTER_HELP: &str = "\
The period ends with --as-of; what the ledger knew of it before --since is compared with what it
knows now. Where nothing was late, corrected or retracted, nothing differs.

Example:
  annals restate loyalty --as-of 2026-03-31 --since 2026-04-05
  annals restate satisfaction --as-of 2026-03-31 --since 2026-04-05T09:00:00+02:00 --format json";

/// Arguments of `restate`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct RestateArgs {
    /// Which projection
    #[arg(value_enum)]
    view: Projection,
    /// The end of the period: a day, included whole, or an instant, not included
    #[arg(long, value_name = "DATE|INSTANT")]
    as_of: When,
    /// Since when to count what the ledger learned: an instant, or a day, which means its beginning
    #[arg(long, value_name = "DATE|INSTANT")]
    since: When,
}

pub(crate) async fn run(args: RestateArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let zone = ledger.zone();
    let as_of = args.as_of.as_of(zone);
    let before = Side { as_of: known_before(as_of, Some(args.since), zone), ruleset: None };
    let after = Side { as_of, ruleset: None };
    let comparison = ledger.compare(args.view.id(), &before, &after).await?;
    let title = format!(
        "What was learned since {} changed in {} as of {}",
        args.since.start(zone),
        args.view.id(),
        as_of.day(zone)
    );
    let value = json!(comparison);
    context.output.object(&value, |output| write(&title, &comparison, output))?;
    ledger.close().await?;
    Ok(Outcome::Done)
}
