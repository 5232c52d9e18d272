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
use annals::events::Date;
use annals::lifecycle::Lifecycle;
use annals::loyalty::Loyalty;
use annals::projection::{AsOf, Ruleset};
use annals::satisfaction::{Cut, Satisfaction};
use annals::{Annals, Citation, Classes, CustomerStates, Shown};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

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

    /// The cut that parts what customers said.
    fn cut(&self) -> Option<&Cut> {
        match &*self.by {
            [Cut::Class(_)] => None,
            [cut] if self.projection == Projection::Satisfaction => Some(cut),
            _ => None,
        }
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
    let states = States::new(&ledger, as_of);
    let report = args.report(&states, ruleset.as_ref()).await?;
    context.output.object(&report, |output| write(args.projection, &report, output))?;
    let question = Question { states: &states.loyalty, ruleset: ruleset.as_ref() };
    args.chart.draw(question, args.projection, &report, &context.output).await?;
    // The command ends here, and its memory goes back in one piece.
    std::mem::forget(states);
    ledger.close().await?;
    Ok(Outcome::Done)
}

/// The states a report may ask; those it does not ask are never read.
struct States<'l> {
    satisfaction: CustomerStates<'l, Satisfaction>,
    loyalty: CustomerStates<'l, Loyalty>,
    lifecycle: CustomerStates<'l, Lifecycle>,
}

impl<'l> States<'l> {
    fn new(ledger: &'l Annals, as_of: AsOf) -> Self {
        Self {
            satisfaction: ledger.customer_states(as_of),
            loyalty: ledger.customer_states(as_of),
            lifecycle: ledger.customer_states(as_of),
        }
    }
}

impl ReportArgs {
    /// The report with all that was asked for.
    async fn report(
        &self,
        states: &States<'_>,
        ruleset: Option<&Ruleset>,
    ) -> Result<Value, Failure> {
        let satisfaction = Question { states: &states.satisfaction, ruleset };
        if let Some(cut) = self.cut() {
            let Shown { value: (all, groups), cites } =
                report_groups::of_cut(satisfaction, cut).await?;
            let groups = report_groups::figures(&self.by, groups);
            return Ok(put_together(satisfaction.today(), all, groups, &cites));
        }
        let schemes = report_groups::schemes(self.projection, &self.by)?;
        let loyalty = Question { states: &states.loyalty, ruleset };
        let mut more = Map::new();
        // Who is in which class is known to satisfaction alone.
        let classes = match self.projection {
            _ if schemes.is_empty() => None,
            Projection::Satisfaction => Some(states.satisfaction.classes(&schemes).await?),
            _ => Some(loyalty.ledger().classes(&schemes, loyalty.as_of()).await?),
        };
        let by_class = classes.as_ref().map(|classes| (&*self.by, classes));
        match self.projection {
            Projection::Satisfaction => report_of(satisfaction, more, by_class).await,
            Projection::Loyalty => {
                more.extend(self.models.figures(loyalty).await?);
                more.extend(self.association.figures(loyalty).await?);
                report_of(loyalty, more, by_class).await
            }
            Projection::Lifecycle => {
                let question = Question { states: &states.lifecycle, ruleset };
                let buying = Question::in_force(&states.loyalty);
                more.extend(report_lifecycle::warnings(question, buying).await?);
                report_of(question, more, by_class).await
            }
        }
    }
}

/// The report under the rules in force, without anything more.
pub(crate) async fn report(
    ledger: &Annals,
    projection: Projection,
    as_of: AsOf,
) -> Result<Value, Failure> {
    let States { satisfaction, loyalty, lifecycle } = States::new(ledger, as_of);
    match projection {
        Projection::Satisfaction => {
            report_of(Question::in_force(&satisfaction), Map::new(), None).await
        }
        Projection::Loyalty => report_of(Question::in_force(&loyalty), Map::new(), None).await,
        Projection::Lifecycle => report_of(Question::in_force(&lifecycle), Map::new(), None).await,
    }
}

/// A report of the population's figures, further ones, and those of each class.
async fn report_of<P: annals::projection::Projection>(
    question: Question<'_, P>,
    mut more: Map<String, Value>,
    by_class: Option<(&[Cut], &Classes)>,
) -> Result<Value, Failure> {
    let Question { states, ruleset } = question;
    let (all, cites) = if let Some((cuts, classes)) = by_class {
        let shown = states.population_by_class(classes, ruleset).await?;
        let groups = shown.value.groups.into_iter();
        let groups = report_groups::nested(groups.map(|(name, group)| (name, json!(*group))));
        more.extend(report_groups::figures(cuts, groups));
        (json!(*shown.value.all), shown.cites)
    } else {
        let shown = states.population(ruleset).await?;
        (json!(shown.value), shown.cites)
    };
    Ok(put_together(question.today(), all, more, &cites))
}

/// A report: `as_of`, the figures of all, further figures, and `cites`.
fn put_together(today: Date, all: Value, more: Map<String, Value>, cites: &Citation) -> Value {
    let mut report = Map::new();
    report.insert("as_of".to_owned(), today.to_string().into());
    match all {
        Value::Object(figures) => report.extend(figures),
        other => drop(report.insert("figures".to_owned(), other)),
    }
    report.extend(more);
    report.insert("cites".to_owned(), cite(cites));
    Value::Object(report)
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
