//! `annals report`: what one projection shows of all customers.

use crate::as_of::AsOfArgs;
use crate::chart::ChartArgs;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::question::Question;
use crate::report_association::AssociationArgs;
use crate::report_models::ModelArgs;
use crate::ruleset_choice::chosen;
use crate::views::{cite, write_cites};
use crate::{
    report_association, report_groups, report_lifecycle, report_loyalty, report_models,
    report_satisfaction,
};
use annals::Annals;
use annals::projection::{AsOf, Ruleset};
use annals::satisfaction::Cut;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

const AFTER_HELP: &str = "\
As CSV, one row per figure: its place in the JSON with dots between the names, and its value.

Example:
  annals report loyalty --as-of 1998-06-30
  annals report loyalty --calibration-end 1997-09-30 --as-of 1998-06-30
  annals report loyalty --fit
  annals report loyalty --association --min-support 0.01 --min-confidence 0.3
  annals report satisfaction --by channel --format csv
  annals report loyalty --by class:tier
  annals report loyalty --by class:need --by class:targeting
  annals report satisfaction --rules 1
  annals report lifecycle --chart cohorts.png --what cohorts
  annals report lifecycle --format json";

/// Arguments of `report`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ReportArgs {
    /// Which projection
    #[arg(value_enum)]
    projection: Projection,
    #[command(flatten)]
    as_of: AsOfArgs,
    #[command(flatten)]
    models: ModelArgs,
    #[command(flatten)]
    association: AssociationArgs,
    /// The same measures for each group
    ///
    /// class:SCHEME for the customers' classes of a scheme; given again, the schemes are crossed:
    /// one group for each combination of classes. Satisfaction also by one of channel, product,
    /// touchpoint (or branch, which is one), agent, instrument, level, aspect, month, quarter or
    /// year.
    #[arg(long, value_name = "CUT")]
    by: Vec<Cut>,
    /// Read under other rules than those in force: a version that was registered, or a file
    #[arg(long, value_name = "RULES")]
    rules: Option<String>,
    #[command(flatten)]
    chart: ChartArgs,
}

/// The projections with a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Projection {
    /// What customers answer, say and feel: NPS, CSAT, CES, complaints, care, journeys
    Satisfaction,
    /// RFM, behaviour matrix, concentration, value, models of buying
    Loyalty,
    /// Stages, activity by month, cohorts, survival, early warning
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

impl ReportArgs {
    /// Refuses what the projection has no use for.
    fn check(&self) -> Result<(), Failure> {
        self.chart.check(self.projection)?;
        let loyalty = self.models.is_given() || self.association.is_given();
        if loyalty && self.projection != Projection::Loyalty {
            return Err(Failure::Usage(format!(
                "models and association rules are of loyalty, got {}",
                self.projection.id()
            )));
        }
        if self.models.records() && self.rules.is_some() {
            return Err(Failure::Usage(
                "a fit that is recorded is used by later reports, which read the rules in force: \
                 register the rules first (annals rules register), or leave --fit out"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// What was asked for beside the population's figures.
    async fn more(&self, question: Question<'_>) -> Result<Map<String, Value>, Failure> {
        let mut more = Map::new();
        if self.projection == Projection::Loyalty {
            more.extend(self.models.figures(question).await?);
            more.extend(self.association.figures(question).await?);
        }
        if self.projection == Projection::Lifecycle {
            more.extend(report_lifecycle::warnings(question).await?);
        }
        more.extend(report_groups::figures(question, self.projection, &self.by).await?);
        Ok(more)
    }
}

pub(crate) async fn run(args: ReportArgs, context: &mut Context) -> Result<Outcome, Failure> {
    args.check()?;
    let ledger = context.open().await?;
    let as_of = args.as_of.resolve(&ledger);
    let ruleset = match &args.rules {
        Some(rules) => Some(chosen(&ledger, Some(args.projection.id()), rules).await?),
        None => None,
    };
    let question = Question { ledger: &ledger, as_of, ruleset: ruleset.as_ref() };
    let more = args.more(question).await?;
    let report = report_with(&ledger, args.projection, as_of, ruleset.as_ref(), more).await?;
    context.output.object(&report, |output| write(args.projection, &report, output))?;
    args.chart.draw(question, args.projection, &report, &context.output).await?;
    ledger.close().await?;
    Ok(Outcome::Done)
}

/// The report: `as_of`, the figures, and `cites`.
pub(crate) async fn report(
    ledger: &Annals,
    projection: Projection,
    as_of: AsOf,
) -> Result<Value, Failure> {
    report_with(ledger, projection, as_of, None, Map::new()).await
}

/// The report under the rules in force or others, with further figures behind those of the
/// population.
async fn report_with(
    ledger: &Annals,
    projection: Projection,
    as_of: AsOf,
    ruleset: Option<&Ruleset>,
    more: Map<String, Value>,
) -> Result<Value, Failure> {
    let shown = match ruleset {
        Some(ruleset) => ledger.population_json_under(ruleset, as_of).await?,
        None => ledger.population_json(projection.id(), as_of).await?,
    };
    let mut report = Map::new();
    report.insert("as_of".to_owned(), as_of.day(ledger.zone()).to_string().into());
    match shown.value {
        Value::Object(figures) => report.extend(figures),
        other => drop(report.insert("figures".to_owned(), other)),
    }
    report.extend(more);
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
        Projection::Satisfaction => {
            report_satisfaction::write(report, output)?;
        }
        Projection::Loyalty => {
            report_loyalty::write(report, output)?;
            report_models::write(report, output)?;
            report_association::write(report, output)?;
        }
        Projection::Lifecycle => report_lifecycle::write(report, output)?,
    }
    report_groups::write(projection, report, output)?;
    output.line("")?;
    report.get("cites").map_or(Ok(()), |cites| write_cites(cites, output))
}
