//! The models of buying in the loyalty report: which fit, its parameters, and how well it tracks.

use crate::failure::Failure;
use crate::model_fit::ModelFit;
use crate::output::Output;
use crate::question::Question;
use crate::table::{Table, at, count, decimals, plain};
use annals::events::Date;
use annals::loyalty::Loyalty;
use clap::Args;
use serde_json::{Map, Value};

/// Models and the parameters shown of each, with their decimals: those papers print.
const MODELS: [(&str, &str, &[&str], usize); 3] = [
    ("bg_nbd", "BG/NBD", &["r", "alpha", "a", "b"], 3),
    ("pareto_nbd", "Pareto/NBD", &["r", "alpha", "s", "beta"], 3),
    ("gamma_gamma", "Gamma-Gamma", &["p", "q", "v"], 2),
];
/// Weeks between the rows of the tracking table.
const WEEKS_BETWEEN: usize = 13;

/// Which models of buying a report shows.
#[derive(Args)]
#[command(next_help_heading = "Loyalty")]
pub(crate) struct ModelArgs {
    /// Show the models of buying fitted to the purchases up to this day, included whole; later ones
    /// up to --as-of are the holdout
    ///
    /// A recorded fit of the same purchases is used again. Without it the latest recorded fit is
    /// shown, if there is one. Under --rules purchases are converted as those rules say.
    #[arg(long, value_name = "DATE")]
    calibration_end: Option<Date>,
    /// Fit the models anew, up to --as-of where no --calibration-end is given, and record them for
    /// later reports and views. The same fit is recorded once
    #[arg(long)]
    fit: bool,
}

impl ModelArgs {
    /// Whether the fit is recorded.
    pub(crate) fn records(&self) -> bool {
        self.fit
    }

    pub(crate) fn is_given(&self) -> bool {
        self.fit || self.calibration_end.is_some()
    }

    /// The models' figures; none without a fit.
    pub(crate) async fn figures(
        &self,
        question: Question<'_, Loyalty>,
    ) -> Result<Map<String, Value>, Failure> {
        let found = if self.fit {
            let end = self.calibration_end.unwrap_or_else(|| question.today());
            let mut fit = ModelFit::anew(question, end).await?;
            fit.record(question.ledger()).await?;
            Some(fit)
        } else {
            ModelFit::find(question, self.calibration_end).await?
        };
        let Some(fit) = found else { return Ok(Map::new()) };
        let mut figures = fit.to_json();
        figures.insert("tracking".to_owned(), fit.tracking(question).await?);
        Ok(figures)
    }
}

/// The models as tables, where the report has any.
pub(crate) fn write(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let fit = at(report, "/fit");
    if fit.is_null() {
        return Ok(());
    }
    let recorded = match at(fit, "/recorded_at") {
        Value::Null => "made for this report (--fit records it)".to_owned(),
        when => format!("recorded {} at position {}", plain(when), count(at(fit, "/position"))),
    };
    output.line(&format!(
        "\nModels of buying, fitted to purchases up to {}; {recorded}",
        plain(at(fit, "/calibration_end"))
    ))?;
    let mut table = Table::new(["model", "customers", "log-likelihood", "parameters"], &[1, 2]);
    for (key, name, parameters, digits) in MODELS {
        let model = at(report, &format!("/{key}"));
        if model.is_null() {
            continue;
        }
        let shown: Vec<_> = parameters
            .iter()
            .map(|name| format!("{name} {}", decimals(at(model, &format!("/{name}")), digits)))
            .collect();
        table.row([
            name.to_owned(),
            count(at(model, "/customers")),
            decimals(at(model, "/log_likelihood"), 1),
            shown.join("  "),
        ]);
    }
    output.table(&table)?;
    for (model, why) in at(report, "/models_why").as_object().into_iter().flatten() {
        output.line(&format!(" {model} is withheld: {}", plain(why)))?;
    }
    tracking(at(report, "/tracking"), output)
}

fn tracking(tracking: &Value, output: &mut Output) -> Result<(), Failure> {
    let weeks = at(tracking, "/weeks").as_array().map_or(&[][..], Vec::as_slice);
    if weeks.is_empty() {
        return Ok(());
    }
    output.line("\nRepeat purchase days of these customers so far, and what BG/NBD expects")?;
    let mut table = Table::new(["week", "until", "", "actual", "expected"], &[0, 3, 4]);
    let last = weeks.len();
    for (index, week) in weeks.iter().enumerate() {
        let number = index + 1;
        if !number.is_multiple_of(WEEKS_BETWEEN) && number != last {
            continue;
        }
        let calibration = at(week, "/calibration").as_bool() == Some(true);
        table.row([
            count(at(week, "/week")),
            plain(at(week, "/last_day")),
            if calibration { "calibration".to_owned() } else { "holdout".to_owned() },
            count(at(week, "/actual")),
            decimals(at(week, "/expected"), 1),
        ]);
    }
    output.table(&table)
}
