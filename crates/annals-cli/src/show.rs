//! `annals show`: one customer's timeline and the three views.

use crate::as_of::AsOfArgs;
use crate::context::Context;
use crate::event_rows::{opened_json, summary, unreadable_fields};
use crate::failure::{Failure, Outcome};
use crate::forecast::{ForecastArgs, probability};
use crate::output::Output;
use crate::table::{Table, grouped};
use crate::views::{Views, head, title};
use annals::{Annals, TimelineEntry};
use clap::Args;
use serde_json::{Value, json};

const AFTER_HELP: &str = "\
Example:
  annals show 00003
  annals show 00003 --as-of 1997-12-31 --format json
  annals show 00003 --calibration-end 1998-06-30
  annals show li@example.org";

/// Arguments of `show`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ShowArgs {
    /// A party id, or an alias: e-mail, telephone or member number
    customer: String,
    #[command(flatten)]
    as_of: AsOfArgs,
    /// In a table, only the last N events
    #[arg(long, value_name = "N", default_value_t = 40)]
    events: usize,
    #[command(flatten)]
    forecast: ForecastArgs,
}

pub(crate) async fn run(args: ShowArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let as_of = args.as_of.resolve(&ledger);
    let customer = ledger.customer(&args.customer, as_of).await?;
    let timeline = ledger.timeline(&customer, as_of).await?;
    let mut views = Views::of(&ledger, &customer, as_of).await?;
    if let Some(fit) = args.forecast.fit(&ledger, as_of).await? {
        let forecast = args.forecast.of_customer(&ledger, &customer, as_of, &fit).await?;
        let p_alive = forecast.get("p_alive").and_then(Value::as_f64).and_then(probability);
        views.add_forecast(forecast);
        views.add_alerts(&ledger, &customer, as_of, p_alive).await?;
    }
    let mut value = head(&customer);
    value.insert("as_of".to_owned(), as_of.day(ledger.zone()).to_string().into());
    let entries: Vec<_> = timeline.iter().map(|entry| entry_json(&ledger, entry)).collect();
    value.insert("timeline".to_owned(), Value::Array(entries));
    value.extend(views.shown.clone());
    value.insert("cites".to_owned(), Value::Object(views.cites.clone()));
    context.output.object(&Value::Object(value), |output| {
        output.line(&format!("{} as of {}", title(&customer), as_of.day(ledger.zone())))?;
        table(&ledger, &timeline, args.events, output)?;
        views.write(output)
    })?;
    ledger.close().await?;
    Ok(Outcome::Done)
}

/// An event of the timeline, whether it still counts, and why personal fields of it cannot be read.
fn entry_json(ledger: &Annals, entry: &TimelineEntry) -> Value {
    let corrected_by: Vec<_> = entry.corrected_by.iter().map(ToString::to_string).collect();
    json!({
        "event": opened_json(ledger, &entry.recorded),
        "retracted": entry.retracted,
        "corrected_by": corrected_by,
        "unreadable": unreadable_fields(ledger, &entry.recorded),
    })
}

fn table(
    ledger: &Annals,
    timeline: &[TimelineEntry],
    events_max: usize,
    output: &mut Output,
) -> Result<(), Failure> {
    let hidden = timeline.len().saturating_sub(events_max);
    if hidden > 0 {
        let hidden = grouped(hidden as i128);
        output.line(&format!(" {hidden} earlier events: --events N shows more"))?;
    }
    let mut table = Table::new(["occurred at", "kind", "what"], &[]);
    for entry in timeline.iter().skip(hidden) {
        let mark = match (entry.retracted, entry.corrected_by.is_empty()) {
            (true, _) => " (taken back)",
            (false, false) => " (corrected)",
            (false, true) => "",
        };
        let event = &entry.recorded.event;
        table.row([
            event.envelope().occurred_at.to_string(),
            format!("{}{mark}", event.kind()),
            summary(ledger, &entry.recorded),
        ]);
    }
    output.table(&table)
}
