//! `annals simulate`: make up a company's events, the same for the same seed for ever.

use crate::context::Context;
use crate::export::only_lines;
use crate::failure::{Failure, Outcome};
use crate::progress::Progress;
use crate::table::{Table, grouped};
use annals::events::{Date, Event, Zone};
use annals::log::Outcome as Recorded;
use annals::{Annals, Rejected};
use annals_testkit::{Company, SimulatedEvents};
use clap::Args;
use serde_json::json;

const AFTER_HELP: &str = "\
Nothing in it is real: every event has the source simulated/NAME. Days are counted in UTC, with
--into in the ledger's time zone.

Example:
  annals simulate --customers 1000 --seed 7 --days 365 --start 2025-01-01 > simulated.jsonl
  annals simulate --customers 100000 --into";

/// Events appended together; the ledger splits them as its blocks ask for.
const EVENTS_AT_ONCE: usize = 4096;

/// Arguments of `simulate`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct SimulateArgs {
    /// How many customers the company has had at the end
    #[arg(long, value_name = "N", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    customers: u32,
    /// What everything follows from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many days are simulated
    #[arg(long, value_name = "N", default_value_t = 365)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// The first day
    #[arg(long, value_name = "DATE", default_value = "2024-01-01")]
    start: Date,
    /// The company's name, in the source of its events
    #[arg(long, default_value = "company")]
    name: String,
    /// Append to the ledger instead of writing JSON Lines
    #[arg(long)]
    into: bool,
}

impl SimulateArgs {
    fn events(self, zone: Zone) -> Result<SimulatedEvents, Failure> {
        let Self { customers, seed, days, start, name, .. } = self;
        let company = Company { name, seed, customers, start, days, zone };
        company.events().map_err(|error| Failure::Usage(format!("--name: {error}")))
    }
}

pub(crate) async fn run(args: SimulateArgs, context: &mut Context) -> Result<Outcome, Failure> {
    if args.into {
        return into(args, context).await;
    }
    only_lines(context.output.format())?;
    for event in args.events(Zone::utc())? {
        context.output.json_line(&event.to_json())?;
    }
    Ok(Outcome::Done)
}

/// Appends the events to the ledger, in its time zone.
async fn into(args: SimulateArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let events = args.events(ledger.zone().clone())?;
    let progress = Progress::new(&context.output, "events", None);
    let sum = append_all(&ledger, events, &|done| progress.at(done)).await?;
    drop(progress);
    ledger.close().await?;
    let rejected = sum.rejected.len() as u64;
    let value = json!({
        "events": sum.appended + sum.duplicates + rejected,
        "appended": sum.appended,
        "duplicates": sum.duplicates,
        "rejected_total": rejected,
    });
    context.output.object(&value, |output| {
        output.table(&Table::pairs([
            ("appended", grouped(sum.appended.into())),
            ("there already", grouped(sum.duplicates.into())),
            ("rejected", grouped(rejected.into())),
        ]))
    })?;
    crate::import::name_rejected(&sum.rejected, rejected, &context.output);
    Ok(Outcome::rejecting(rejected))
}

/// What became of events.
#[derive(Default)]
pub(crate) struct Sum {
    pub(crate) appended: u64,
    pub(crate) duplicates: u64,
    /// By their number, from 1.
    pub(crate) rejected: Vec<Rejected>,
}

/// Appends whatever can be of these events; `progress` is told how many are done.
pub(crate) async fn append_all(
    ledger: &Annals,
    events: impl IntoIterator<Item = Event>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Sum, Failure> {
    let mut events = events.into_iter();
    let mut sum = Sum::default();
    let mut done = 0;
    loop {
        let batch: Vec<_> = events.by_ref().take(EVENTS_AT_ONCE).collect();
        if batch.is_empty() {
            return Ok(sum);
        }
        for outcome in ledger.append_each(&batch).await? {
            done += 1;
            match outcome {
                Ok(Recorded::Appended(_)) => sum.appended += 1,
                Ok(Recorded::Duplicate(_)) => sum.duplicates += 1,
                Err(error) => {
                    sum.rejected.push(Rejected {
                        line: done,
                        column: None,
                        why: error.to_string(),
                    });
                }
            }
        }
        progress(done);
    }
}
