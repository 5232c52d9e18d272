//! Charts of reports: which, from which figures, and into which file.

use crate::charts_of_lifecycle as lifecycle;
use crate::charts_of_loyalty as loyalty;
use crate::charts_of_satisfaction as satisfaction;
use crate::failure::Failure;
use crate::output::Output;
use crate::question::Question;
use crate::report::Projection;
use crate::table::{at, plain};
use annals::loyalty::Loyalty;
use annals_chart::{Caption, png};
use clap::{Args, ValueEnum};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Whether a chart is wanted, and which.
#[derive(Args)]
#[command(next_help_heading = "Charts")]
pub(crate) struct ChartArgs {
    /// Also draw a chart of the report into this file, which ends in .svg or .png
    #[arg(long, value_name = "FILE")]
    chart: Option<ChartFile>,
    /// What the chart shows
    ///
    /// Satisfaction: nps unless given. Loyalty: rfm unless given; clv and tracking need models
    /// (--calibration-end, or a recorded fit). Lifecycle: activity unless given.
    #[arg(long, value_enum, value_name = "NAME", requires = "chart")]
    what: Option<What>,
    /// Whose stages the chart shows: one of the schemes of the ruleset, the first unless given
    #[arg(long, value_name = "SCHEME", requires = "chart")]
    scheme: Option<String>,
}

/// A file for a picture.
#[derive(Clone, Debug)]
struct ChartFile {
    path: PathBuf,
    is_png: bool,
}

impl FromStr for ChartFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        let ends_in =
            |wanted: &str| path.extension().is_some_and(|end| end.eq_ignore_ascii_case(wanted));
        if !ends_in("svg") && !ends_in("png") {
            return Err("expected a file that ends in .svg or .png".to_owned());
        }
        let is_png = ends_in("png");
        Ok(Self { path, is_png })
    }
}

/// What there are charts of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// NPS by month, with its interval
    Nps,
    /// CSAT by month, with its interval
    Csat,
    /// Features by how much they please and how much their absence displeases
    Kano,
    /// Loyalty by level of satisfaction
    Trap,
    /// Customers by recency and frequency
    Rfm,
    /// Customers by frequency and average purchase
    Behaviour,
    /// Shares of revenue by shares of customers
    Concentration,
    /// Customers by their value in the next twelve months
    Clv,
    /// Repeat purchases, actual against the model
    Tracking,
    /// Customers by month: new, returning, resurrecting, dormant
    Activity,
    /// Retention of those who first bought in a month
    Cohorts,
    /// Time to the second purchase
    Survival,
    /// Moves between the stages of a scheme
    Stages,
}

impl What {
    fn projection(self) -> Projection {
        match self {
            Self::Nps | Self::Csat | Self::Kano | Self::Trap => Projection::Satisfaction,
            Self::Rfm | Self::Behaviour | Self::Concentration | Self::Clv | Self::Tracking => {
                Projection::Loyalty
            }
            Self::Activity | Self::Cohorts | Self::Survival | Self::Stages => Projection::Lifecycle,
        }
    }
}

impl ChartArgs {
    /// What to draw for a projection.
    fn what(&self, projection: Projection) -> What {
        self.what.unwrap_or(match projection {
            Projection::Satisfaction => What::Nps,
            Projection::Loyalty => What::Rfm,
            Projection::Lifecycle => What::Activity,
        })
    }

    /// Refuses a chart of another projection.
    pub(crate) fn check(&self, projection: Projection) -> Result<(), Failure> {
        let what = self.what(projection);
        if self.scheme.is_some() && what != What::Stages {
            let hint = "--scheme is of the chart of stages: add --what stages";
            return Err(Failure::Usage(hint.to_owned()));
        }
        let of = what.projection();
        if of == projection {
            return Ok(());
        }
        Err(Failure::Usage(format!(
            "that chart is one of {}: annals report {} --chart FILE --what NAME",
            of.id(),
            of.id()
        )))
    }

    /// Draws the chart of a report, where one was asked for; `question` is asked for what the
    /// report does not say.
    pub(crate) async fn draw(
        &self,
        question: Question<'_, Loyalty>,
        projection: Projection,
        report: &Value,
        output: &Output,
    ) -> Result<(), Failure> {
        let Some(file) = &self.chart else { return Ok(()) };
        let svg = match self.what(projection) {
            What::Nps => satisfaction::nps(report),
            What::Csat => satisfaction::csat(report),
            What::Kano => satisfaction::kano(report),
            What::Trap => satisfaction::trap(report),
            What::Rfm => loyalty::rfm(report),
            What::Behaviour => loyalty::behaviour(question, report).await?,
            What::Concentration => loyalty::concentration(question, report).await?,
            What::Clv => loyalty::clv(question, report).await?,
            What::Tracking => loyalty::tracking(report),
            What::Activity => lifecycle::activity(report),
            What::Cohorts => lifecycle::cohorts(report),
            What::Survival => lifecycle::survival(report),
            What::Stages => lifecycle::stages(report, self.scheme.as_deref())?,
        };
        let picture = if file.is_png {
            png(&svg).map_err(|error| Failure::Failed(error.to_string()))?
        } else {
            svg.into_bytes()
        };
        write(&file.path, &picture)?;
        output.message(&format!("The chart is in {}", file.path.display()));
        Ok(())
    }
}

fn write(path: &Path, picture: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, picture).map_err(Failure::file("writing", path))
}

/// What a chart of a report says about itself.
pub(crate) fn caption(
    report: &Value,
    title: impl Into<String>,
    (n, counted): (u64, &str),
    why_empty: impl Into<String>,
) -> Caption {
    let cites = at(report, "/cites");
    let source = format!(
        "{} v{}, rules {} v{}, events before position {}",
        plain(at(cites, "/projection")),
        plain(at(cites, "/version")),
        plain(at(cites, "/ruleset/name")),
        plain(at(cites, "/ruleset/version")),
        plain(at(cites, "/position"))
    );
    Caption {
        title: title.into(),
        n,
        counted: counted.to_owned(),
        as_of: plain(at(report, "/as_of")),
        source,
        why_empty: why_empty.into(),
    }
}

/// The rows of a list in a report.
pub(crate) fn rows<'v>(report: &'v Value, place: &str) -> &'v [Value] {
    at(report, place).as_array().map_or(&[][..], Vec::as_slice)
}

/// The number at a place.
pub(crate) fn number(value: &Value, place: &str) -> Option<f64> {
    at(value, place).as_f64()
}

/// The whole number at a place; 0 where there is none.
pub(crate) fn whole(value: &Value, place: &str) -> u64 {
    at(value, place).as_u64().unwrap_or(0)
}

/// A count as a number of a chart: exact up to 2^53.
pub(crate) fn float(count: impl TryInto<u32>) -> f64 {
    count.try_into().map_or(f64::from(u32::MAX), f64::from)
}
