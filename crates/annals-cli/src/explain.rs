//! `annals explain`: the events, rules and formula behind a number.

use crate::as_of::AsOfArgs;
use crate::context::Context;
use crate::event_rows::{opened_json, summary};
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::report::Projection;
use crate::table::{plain, shortened};
use crate::views::{cite, head, title, write_cites};
use annals::projection::Change;
use annals::{Annals, Explanation};
use clap::Args;
use serde_json::{Value, json};

const AFTER_HELP: &str = "\
A measure is a place in the view as annals show --format json has it, such as occasions or
complaints.open; without one the whole view is explained. Folding the listed events alone gives the
same value.

Example:
  annals explain loyalty 00003 monetary
  annals explain satisfaction C-7 complaints.open --as-of 2026-03-31
  annals explain lifecycle 00003 --format json";

/// Changed figures of one event in a table.
const CHANGES_SHOWN_MAX: usize = 12;
/// Characters of a value in a table.
const VALUE_CHARACTERS_MAX: usize = 400;

/// Arguments of `explain`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ExplainArgs {
    /// Which projection
    #[arg(value_enum)]
    view: Projection,
    /// A party id, or an alias: e-mail, telephone or member number
    customer: String,
    /// The measure: a place in the view
    measure: Option<String>,
    #[command(flatten)]
    as_of: AsOfArgs,
}

pub(crate) async fn run(args: ExplainArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let as_of = args.as_of.resolve(&ledger);
    let customer = ledger.customer(&args.customer, as_of).await?;
    let measure = args.measure.as_deref();
    let explained = ledger.explain(args.view.id(), &customer, measure, as_of).await?;
    let mut value = head(&customer);
    value.insert("view".to_owned(), args.view.id().into());
    value.insert("measure".to_owned(), json!(measure));
    value.insert("value".to_owned(), explained.value.clone());
    value.insert("formulas".to_owned(), json!(explained.formulas));
    let events: Vec<_> = explained
        .events
        .iter()
        .map(|(event, changes)| json!({"event": opened_json(&ledger, event), "changes": changes}))
        .collect();
    value.insert("events".to_owned(), Value::Array(events));
    value.insert("cites".to_owned(), cite(&explained.cites));
    context.output.object(&Value::Object(value), |output| {
        let what = measure.map_or_else(String::new, |measure| format!(".{measure}"));
        output.line(&format!(
            "{}: {}{what} as of {}",
            title(&customer),
            args.view.id(),
            as_of.day(ledger.zone())
        ))?;
        write(&ledger, &explained, measure.is_some(), output)
    })?;
    ledger.close().await?;
    Ok(Outcome::Done)
}

fn write(
    ledger: &Annals,
    explained: &Explanation,
    with_value: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    if with_value {
        let value = shortened(&plain(&explained.value), VALUE_CHARACTERS_MAX);
        output.line(&format!("\nvalue: {value}"))?;
    }
    for formula in &explained.formulas {
        output.line(&format!("\n{} = {}", formula.measure, formula.formula))?;
        if formula.with_values != formula.formula {
            output.line(&format!("   with values: {}", formula.with_values))?;
        }
        output.line(&format!("   source: {}", formula.source))?;
        for rule in &formula.rules {
            output.line(&format!("   rules, line {}: {}", rule.line, rule.text))?;
        }
    }
    output.line(&format!("\nEvents behind it: {}", explained.events.len()))?;
    for (recorded, changes) in &explained.events {
        let event = &recorded.event;
        output.line(&format!(
            "\n{} {}  {}\n   event {} at position {}",
            event.envelope().occurred_at,
            event.kind(),
            summary(ledger, recorded),
            event.id(),
            recorded.position
        ))?;
        write_changes(changes, CHANGES_SHOWN_MAX, output)?;
    }
    output.line("")?;
    write_cites(&cite(&explained.cites), output)
}

/// What changed, one line each, the first so many.
pub(crate) fn write_changes(
    changes: &[Change],
    shown_max: usize,
    output: &mut Output,
) -> Result<(), Failure> {
    for change in changes.iter().take(shown_max) {
        let text = |value: &Value| shortened(&plain(value), 40);
        output.line(&format!(
            "   {}: {} -> {}",
            change.path,
            text(&change.before),
            text(&change.after)
        ))?;
    }
    let more = changes.len().saturating_sub(shown_max);
    if more > 0 { output.line(&format!("   and {more} more: --format json")) } else { Ok(()) }
}
