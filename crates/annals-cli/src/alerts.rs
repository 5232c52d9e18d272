//! `annals alerts`: the customers that the rules warn of.

use crate::as_of::AsOfArgs;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::forecast::{ForecastArgs, probabilities};
use crate::model_fit::own_event;
use crate::output::Output;
use crate::question::Question;
use crate::table::{NOTHING, Table, grouped, plain, shortened};
use annals::events::{AlertRaised, EventId, PartyId, StreamId};
use annals::lifecycle::{Alert, Lifecycle, alerts_to_raise};
use annals::log::Outcome as Recorded;
use annals::{Annals, OWN_SOURCE};
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const AFTER_HELP: &str = "\
The rules are in the lifecycle's ruleset (annals rules show lifecycle). Those that read the
probability of being alive take it from the recorded fit or --calibration-end, and say nothing
without either. With --record, alert.raised is appended for each warning not yet raised; asking
again adds nothing.

Example:
  annals alerts
  annals alerts --as-of 1998-06-30 --format csv
  annals alerts --record";

/// Warnings shown in a table.
const SHOWN_MAX: usize = 40;
/// Events appended together.
const EVENTS_AT_ONCE: usize = 1024;

/// Arguments of `alerts`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct AlertsArgs {
    #[command(flatten)]
    as_of: AsOfArgs,
    /// Append alert.raised for the warnings not yet raised
    #[arg(long)]
    record: bool,
    #[command(flatten)]
    forecast: ForecastArgs,
}

/// A customer's warnings, and what would record them.
struct Warned {
    customer: PartyId,
    alerts: Vec<Alert>,
    to_raise: Vec<AlertRaised>,
}

pub(crate) async fn run(args: AlertsArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let as_of = args.as_of.resolve(&ledger);
    let alive = match args.forecast.fit(&ledger, as_of).await? {
        Some(fit) => {
            let end = args.forecast.end(&ledger, as_of);
            let states = ledger.customer_states(as_of);
            probabilities(Question::in_force(&states), &fit, end).await?
        }
        None => BTreeMap::new(),
    };
    let ask = ledger.ask::<Lifecycle, _>(as_of, |lifecycle, customers, context| {
        let warned = customers.iter().map(|(customer, state)| {
            let alerts = lifecycle.alerts(state, context, alive.get(customer).copied());
            let to_raise = alerts_to_raise(&alerts, customer, context.rules, context.today);
            Warned { customer: customer.clone(), alerts, to_raise }
        });
        warned.filter(|warned| !warned.alerts.is_empty()).collect::<Vec<_>>()
    });
    let warned = ask.await?.value;
    write(&warned, &mut context.output)?;
    if args.record {
        let recorded = record(&ledger, warned).await?;
        context.output.message(&format!("{} alerts recorded", grouped(recorded.into())));
    }
    ledger.close().await?;
    Ok(Outcome::Done)
}

fn write(warned: &[Warned], output: &mut Output) -> Result<(), Failure> {
    let alerts = || {
        warned.iter().flat_map(|warned| warned.alerts.iter().map(|alert| (&warned.customer, alert)))
    };
    let row = |(customer, alert): (&PartyId, &Alert)| {
        let mut row = json!({"customer": customer.to_string()});
        if let (Some(row), Value::Object(alert)) = (row.as_object_mut(), json!(alert)) {
            row.extend(alert);
        }
        row
    };
    output.rows(alerts().map(row).collect(), |output| {
        let total = alerts().count();
        output.line(&format!(
            "{} warnings about {} customers",
            grouped(total as i128),
            grouped(warned.len() as i128)
        ))?;
        if total == 0 {
            return Ok(());
        }
        let mut table = Table::new(["customer", "rule", "level", "raised", "because"], &[]);
        for (customer, alert) in alerts().take(SHOWN_MAX) {
            let level = json!(alert.level);
            table.row([
                customer.to_string(),
                alert.rule.clone(),
                plain(&level),
                if alert.raised { "yes".to_owned() } else { NOTHING.to_owned() },
                shortened(&alert.because, 160),
            ]);
        }
        output.table(&table)?;
        let more = total.saturating_sub(SHOWN_MAX);
        if more > 0 { output.line(&format!(" and {more} more: --format csv")) } else { Ok(()) }
    })
}

/// Appends what is not recorded yet; gives how many that were.
async fn record(ledger: &Annals, warned: Vec<Warned>) -> Result<u64, Failure> {
    let mut events = Vec::new();
    for Warned { customer, to_raise, .. } in warned {
        for alert in to_raise {
            let foreign = format!("alert/{}", alert.alert);
            let id = EventId::from_foreign(OWN_SOURCE, &foreign);
            if ledger.event(id).await?.is_none() {
                let stream = StreamId::Party(customer.clone());
                events.push(own_event(id, &foreign, stream, ledger.now(), alert)?);
            }
        }
    }
    let mut recorded = 0;
    for batch in events.chunks(EVENTS_AT_ONCE) {
        let appended = ledger.append(batch.to_vec(), &[]).await?;
        let new = appended.outcomes.iter().filter(|one| matches!(one, Recorded::Appended(_)));
        recorded += new.count() as u64;
    }
    Ok(recorded)
}
