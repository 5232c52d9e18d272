//! `annals log`: list events.

use crate::context::Context;
use crate::event_rows::{opened_json, summary};
use crate::failure::{Failure, Outcome};
use crate::filter::FilterArgs;
use crate::output::{Format, Output};
use crate::table::{Table, at, plain};
use annals::events::RecordedEvent;
use annals::log::{Direction, ReadError};
use annals::{Annals, AnnalsError};
use clap::Args;
use futures::StreamExt as _;

const AFTER_HELP: &str = "\
Example:
  annals log --limit 20 --reverse
  annals log --kind 'complaint.*' --occurred-from 1998-07-01 --format jsonl
  annals log --customer 00003";

/// Rows of one table: more are laid out anew, so that the first show at once.
const ROWS_PER_TABLE: usize = 200;

/// Arguments of `log`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct LogArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// At most so many events
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Newest first
    #[arg(long)]
    reverse: bool,
}

pub(crate) async fn run(args: LogArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let (range, filter) = args.filter.resolve(&ledger).await?;
    let direction = if args.reverse { Direction::Backwards } else { Direction::Forwards };
    let mut events =
        ledger.log().read(range, &filter, direction).take(args.limit.unwrap_or(usize::MAX));
    let mut list = List::new(&ledger);
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => list.add(&event, &mut context.output)?,
            Err(error @ ReadError::Unreadable { .. }) => context.output.message(&error.to_string()),
            Err(error) => return Err(AnnalsError::from(error).into()),
        }
    }
    list.end(&mut context.output)?;
    ledger.close().await?;
    Ok(Outcome::Done)
}

/// A list being written, as it comes.
struct List<'l> {
    ledger: &'l Annals,
    table: Option<Table>,
    in_table: usize,
    total: usize,
}

impl<'l> List<'l> {
    fn new(ledger: &'l Annals) -> Self {
        Self { ledger, table: None, in_table: 0, total: 0 }
    }

    fn add(&mut self, recorded: &RecordedEvent, output: &mut Output) -> Result<(), Failure> {
        match output.format() {
            Format::Table => self.add_to_table(recorded, output)?,
            Format::Jsonl => output.json_line(&opened_json(self.ledger, recorded))?,
            Format::Json => {
                output.data().write_all(if self.total == 0 { b"[\n" } else { b",\n" })?;
                output
                    .data()
                    .write_all(opened_json(self.ledger, recorded).to_string().as_bytes())?;
            }
            Format::Csv => self.add_to_csv(recorded, output)?,
        }
        self.total += 1;
        Ok(())
    }

    fn add_to_table(
        &mut self,
        recorded: &RecordedEvent,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let titles = ["position", "occurred at", "subject", "kind", "what"];
        let table = self.table.get_or_insert_with(|| Table::new(titles, &[0]));
        let event = &recorded.event;
        table.row([
            recorded.position.to_string(),
            event.envelope().occurred_at.to_string(),
            event.stream().to_string(),
            event.kind().to_owned(),
            summary(self.ledger, recorded),
        ]);
        self.in_table += 1;
        if self.in_table == ROWS_PER_TABLE {
            self.write_table(output)?;
        }
        Ok(())
    }

    fn write_table(&mut self, output: &mut Output) -> Result<(), Failure> {
        self.in_table = 0;
        self.table.take().map_or(Ok(()), |table| output.table(&table))
    }

    fn add_to_csv(&self, recorded: &RecordedEvent, output: &mut Output) -> Result<(), Failure> {
        const FIELDS: [&str; 9] = [
            "position",
            "stream_version",
            "recorded_at",
            "occurred_at",
            "subject",
            "kind",
            "channel",
            "id",
            "data",
        ];
        let value = opened_json(self.ledger, recorded);
        let mut writer = csv::Writer::from_writer(output.data());
        if self.total == 0 {
            writer.write_record(FIELDS)?;
        }
        let row = FIELDS.map(|field| match at(&value, &format!("/{field}")) {
            serde_json::Value::Null => String::new(),
            value => plain(value),
        });
        writer.write_record(row)?;
        Ok(writer.flush()?)
    }

    fn end(&mut self, output: &mut Output) -> Result<(), Failure> {
        self.write_table(output)?;
        if output.format() == Format::Json {
            output.data().write_all(if self.total == 0 { b"[]\n" } else { b"\n]\n" })?;
        }
        Ok(())
    }
}
