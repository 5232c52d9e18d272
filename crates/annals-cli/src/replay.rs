//! `annals replay`: a customer as it was known at another time, or event by event.

use crate::as_of::{When, known_before};
use crate::context::Context;
use crate::event_rows::{opened_json, summary};
use crate::failure::{Failure, Outcome};
use crate::output::{Format, Output};
use crate::table::{plain, shortened};
use crate::views::{Views, head, title};
use annals::projection::AsOf;
use annals::{Annals, Customer, Step};
use clap::Args;
use serde_json::{Map, Value, json};

const AFTER_HELP: &str = "\
Example:
  annals replay 00003 --step
  annals replay 00003 --occurred-before 1998-01-01
  annals replay 00003 --as-of 1997-12-31 --recorded-before 2026-03-03T09:00:00Z --format json";

/// Changed figures of one event and view in a table.
const CHANGES_SHOWN_MAX: usize = 12;

/// Arguments of `replay`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ReplayArgs {
    /// A party id, or an alias: e-mail, telephone or member number
    customer: String,
    /// Only what occurred before this: an RFC 3339 instant, or a day, which means its beginning
    #[arg(long, value_name = "DATE|INSTANT")]
    occurred_before: Option<When>,
    /// Only what occurred up to this day, which is included whole; an instant is not included
    #[arg(long, value_name = "DATE|INSTANT", conflicts_with = "occurred_before")]
    as_of: Option<When>,
    /// Only what the ledger had learned before this: an RFC 3339 instant, or a day, which means its
    /// beginning
    #[arg(long, value_name = "DATE|INSTANT")]
    recorded_before: Option<When>,
    /// Each event and what it changed when it occurred
    #[arg(long)]
    step: bool,
}

impl ReplayArgs {
    fn as_of(&self, ledger: &Annals) -> AsOf {
        let zone = ledger.zone();
        let as_of = match (self.occurred_before, self.as_of) {
            (Some(bound), _) => AsOf::instant(bound.start(zone)),
            (None, Some(when)) => when.as_of(zone),
            (None, None) => ledger.as_of_now(),
        };
        known_before(as_of, self.recorded_before, zone)
    }
}

pub(crate) async fn run(args: ReplayArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let as_of = args.as_of(&ledger);
    let customer = ledger.customer(&args.customer, as_of).await?;
    let mut value = head(&customer);
    value.insert("occurred_before".to_owned(), as_of.occurred_before.to_string().into());
    let recorded_before = as_of.recorded_before.map(|bound| bound.to_string());
    value.insert("recorded_before".to_owned(), json!(recorded_before));
    if args.step {
        let steps = ledger.replay(&customer, as_of).await?;
        show_steps(&ledger, &customer, value, &steps, &mut context.output)?;
    } else {
        let views = Views::of(&ledger, &customer, as_of).await?;
        value.extend(views.shown.clone());
        value.insert("cites".to_owned(), Value::Object(views.cites.clone()));
        context.output.object(&Value::Object(value), |output| {
            let known = match recorded_before {
                Some(bound) => format!(", as the ledger knew it before {bound}"),
                None => String::new(),
            };
            let until = as_of.occurred_before;
            output.line(&format!("{} before {until}{known}", title(&customer)))?;
            views.write(output)
        })?;
    }
    ledger.close().await?;
    Ok(Outcome::Done)
}

fn show_steps(
    ledger: &Annals,
    customer: &Customer,
    mut value: Map<String, Value>,
    steps: &[Step],
    output: &mut Output,
) -> Result<(), Failure> {
    match output.format() {
        Format::Table => {
            output.line(&format!("{}, event by event", title(customer)))?;
            steps.iter().try_for_each(|step| write_step(ledger, step, output))
        }
        Format::Jsonl => {
            steps.iter().try_for_each(|step| output.json_line(&step_json(ledger, step)))
        }
        Format::Json => {
            let steps: Vec<_> = steps.iter().map(|step| step_json(ledger, step)).collect();
            value.insert("steps".to_owned(), Value::Array(steps));
            output.object(&Value::Object(value), |_| Ok(()))
        }
        Format::Csv => {
            let header = ["position", "event", "kind", "projection", "figure", "before", "after"];
            let rows = steps.iter().flat_map(|step| {
                let event = &step.event;
                step.changes.iter().flat_map(move |(projection, changes)| {
                    changes.iter().map(move |change| {
                        [
                            event.position.to_string(),
                            event.event.id().to_string(),
                            event.event.kind().to_owned(),
                            (*projection).to_owned(),
                            change.path.clone(),
                            csv_text(&change.before),
                            csv_text(&change.after),
                        ]
                    })
                })
            });
            output.csv(&header, rows)
        }
    }
}

fn csv_text(value: &Value) -> String {
    if value.is_null() { String::new() } else { plain(value) }
}

fn step_json(ledger: &Annals, step: &Step) -> Value {
    json!({
        "event": opened_json(ledger, &step.event),
        "changes": serde_json::to_value(&step.changes).unwrap_or_default(),
    })
}

fn write_step(ledger: &Annals, step: &Step, output: &mut Output) -> Result<(), Failure> {
    let event = &step.event.event;
    output.line(&format!(
        "\n{} {}  {}",
        event.envelope().occurred_at,
        event.kind(),
        summary(ledger, &step.event)
    ))?;
    for (projection, changes) in &step.changes {
        // Past stages follow from what changed in the present ones, so they come last.
        let (past, present): (Vec<_>, Vec<_>) =
            changes.iter().partition(|change| change.path.contains(".history["));
        for change in present.into_iter().chain(past).take(CHANGES_SHOWN_MAX) {
            let text = |value: &Value| shortened(&plain(value), 40);
            output.line(&format!(
                "   {projection}.{}: {} -> {}",
                change.path,
                text(&change.before),
                text(&change.after)
            ))?;
        }
        let more = changes.len().saturating_sub(CHANGES_SHOWN_MAX);
        if more > 0 {
            output.line(&format!("   {projection}: and {more} more"))?;
        }
    }
    Ok(())
}
