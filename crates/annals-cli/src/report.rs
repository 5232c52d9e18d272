//! `annals report`: what one projection shows of all customers.

use crate::as_of::AsOfArgs;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::views::{cite, write_cites};
use crate::{report_lifecycle, report_loyalty, report_satisfaction};
use annals::Annals;
use annals::projection::AsOf;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

const AFTER_HELP: &str = "\
As CSV, one row per figure: its place in the JSON with dots between the names, and its value.

Example:
  annals report loyalty --as-of 1998-06-30
  annals report lifecycle --format json
  annals report satisfaction --format csv";

/// Arguments of `report`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ReportArgs {
    /// Which projection
    #[arg(value_enum)]
    projection: Projection,
    #[command(flatten)]
    as_of: AsOfArgs,
}

/// The projections with a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Projection {
    /// NPS, CSAT, CES, complaints, peak-end
    Satisfaction,
    /// RFM, behaviour matrix, concentration, referrals
    Loyalty,
    /// Activity by month, transitions, cohorts, stages
    Lifecycle,
}

impl Projection {
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Satisfaction => "satisfaction",
            Self::Loyalty => "loyalty",
            Self::Lifecycle => "lifecycle",
        }
    }
}

pub(crate) async fn run(args: ReportArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let as_of = args.as_of.resolve(&ledger);
    let report = report(&ledger, args.projection, as_of).await?;
    context.output.object(&report, |output| write(args.projection, &report, output))?;
    ledger.close().await?;
    Ok(Outcome::Done)
}

/// The report: `as_of`, the figures, and `cites`.
pub(crate) async fn report(
    ledger: &Annals,
    projection: Projection,
    as_of: AsOf,
) -> Result<Value, Failure> {
    let shown = ledger.population_json(projection.id(), as_of).await?;
    let mut report = Map::new();
    report.insert("as_of".to_owned(), as_of.day(ledger.zone()).to_string().into());
    match shown.value {
        Value::Object(figures) => report.extend(figures),
        other => drop(report.insert("figures".to_owned(), other)),
    }
    report.insert("cites".to_owned(), cite(&shown.cites));
    Ok(Value::Object(report))
}

/// The report as tables.
pub(crate) fn write(
    projection: Projection,
    report: &Value,
    output: &mut Output,
) -> Result<(), Failure> {
    match projection {
        Projection::Satisfaction => report_satisfaction::write(report, output)?,
        Projection::Loyalty => report_loyalty::write(report, output)?,
        Projection::Lifecycle => report_lifecycle::write(report, output)?,
    }
    output.line("")?;
    report.get("cites").map_or(Ok(()), |cites| write_cites(cites, output))
}
