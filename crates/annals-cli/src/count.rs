//! `annals count`: how many events came in, and from where.
//!
//! Counts what was recorded: a corrected or retracted event stays one that came in, and the
//! correction is another. Deliberately absent: what the events come to, which is `annals report`.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::filter::FilterArgs;
use crate::table::{Table, grouped};
use annals::AnnalsError;
use annals::events::{Code, Event, Source};
use annals::log::Direction;
use annals::satisfaction::NOT_STATED;
use clap::{Args, ValueEnum};
use futures::StreamExt as _;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const AFTER_HELP: &str = "\
What an event does not say is counted as not_stated. A corrected or retracted event counts, and so
does its correction or retraction.

Example:
  annals count
  annals count --by channel --by kind --kind 'survey.*' --kind 'feedback.*' --kind 'complaint.*'
  annals count --by touchpoint --occurred-from 2026-01-01 --format csv";

/// Arguments of `count`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct CountArgs {
    /// What is told apart; may be repeated: one row for each combination
    #[arg(long, value_enum, value_name = "WHAT")]
    #[arg(default_values_t = [Facet::Source, Facet::Channel, Facet::Kind])]
    by: Vec<Facet>,
    #[command(flatten)]
    filter: FilterArgs,
}

/// What events can be told apart by.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Facet {
    /// The system, branch or file that asserts them
    Source,
    /// The channel they came by
    Channel,
    /// The touchpoint they came by
    Touchpoint,
    /// Their kind
    Kind,
}

impl Facet {
    const fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Channel => "channel",
            Self::Touchpoint => "touchpoint",
            Self::Kind => "kind",
        }
    }

    fn of(self, event: &Event) -> String {
        let envelope = event.envelope();
        let stated = match self {
            Self::Source => envelope.source.as_ref().map(Source::to_string),
            Self::Channel => envelope.channel.map(|channel| channel.to_string()),
            Self::Touchpoint => envelope.touchpoint.as_ref().map(Code::to_string),
            Self::Kind => Some(event.kind().to_owned()),
        };
        stated.unwrap_or_else(|| NOT_STATED.to_owned())
    }
}

pub(crate) async fn run(args: CountArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let (range, filter) = args.filter.resolve(&ledger).await?;
    let mut counts = BTreeMap::<Vec<String>, u64>::new();
    let mut events = ledger.log().read(range, &filter, Direction::Forwards);
    while let Some(event) = events.next().await {
        // An event that cannot be read must not be missing unnoticed.
        let recorded = event.map_err(AnnalsError::from)?;
        let group = args.by.iter().map(|facet| facet.of(&recorded.event)).collect();
        *counts.entry(group).or_default() += 1;
    }
    ledger.close().await?;
    let names: Vec<_> = args.by.iter().map(|facet| facet.name()).collect();
    let row = |(group, events): (&Vec<String>, &u64)| {
        let told =
            names.iter().zip(group).map(|(name, of)| ((*name).to_owned(), of.clone().into()));
        Value::Object(told.chain([("events".to_owned(), (*events).into())]).collect::<Map<_, _>>())
    };
    context.output.rows(counts.iter().map(row).collect(), |output| {
        let titles = names.iter().copied().chain(["events"]);
        let mut table = Table::new(titles, &[names.len()]);
        for (group, events) in &counts {
            table.row(group.iter().cloned().chain([grouped((*events).into())]));
        }
        output.table(&table)
    })?;
    Ok(Outcome::Done)
}
