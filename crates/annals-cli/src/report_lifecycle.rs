//! The lifecycle report as tables, and its warnings by the models of buying.

use crate::failure::Failure;
use crate::forecast::probabilities;
use crate::model_fit::ModelFit;
use crate::output::Output;
use crate::question::Question;
use crate::table::{NOTHING, Table, at, count, percent, plain};
use annals::lifecycle::Lifecycle;
use annals::loyalty::Loyalty;
use serde_json::{Map, Value, json};

/// Months and cohorts shown in a table.
const ROWS_SHOWN_MAX: usize = 24;
/// Months after the first at which retention is shown in a table.
const OFFSETS: [usize; 6] = [1, 2, 3, 6, 12, 24];
/// Days after the first purchase at which the survival curve is shown in a table.
const DAYS: [u64; 6] = [7, 30, 90, 180, 365, 730];

/// `alerts` as they are with the probability of still buying, and the `fit` that gave it; nothing
/// where no fit is recorded.
pub(crate) async fn warnings(
    question: Question<'_, Lifecycle>,
    buying: Question<'_, Loyalty>,
) -> Result<Map<String, Value>, Failure> {
    let mut figures = Map::new();
    if let Some(fit) = ModelFit::find(buying, None).await? {
        let p_alive = probabilities(buying, &fit, question.today()).await?;
        let ask = question.ask(|lifecycle, customers, context| {
            json!(lifecycle.alert_counts(customers, context, &p_alive))
        });
        figures.insert("alerts".to_owned(), ask.await?);
        figures.extend(fit.to_json().remove_entry("fit"));
    }
    Ok(figures)
}

pub(crate) fn write(report: &Value, output: &mut Output) -> Result<(), Failure> {
    output.line(&format!(
        "Lifecycle as of {} ({} customers, {} of whom bought)",
        plain(at(report, "/as_of")),
        count(at(report, "/customers")),
        count(at(report, "/customers_with_occasions"))
    ))?;
    stages(report, output)?;
    activity(report, output)?;
    transitions(report, output)?;
    cohorts(report, output)?;
    second_purchase(report, output)?;
    win_back(report, output)?;
    alerts(report, output)
}

/// The share without a second purchase after some days: the last step of the curve up to each.
fn second_purchase(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let steps = at(report, "/survival").as_array().map_or(&[][..], Vec::as_slice);
    if steps.is_empty() {
        return Ok(());
    }
    output.line("\nWithout a second purchase so many days after the first (Kaplan-Meier, 95 %)")?;
    let mut table = Table::new(["days", "share", "from", "to", "at risk"], &[0, 1, 2, 3, 4]);
    for days in DAYS {
        let up_to = |step: &&Value| at(step, "/t_days").as_u64().is_some_and(|day| day <= days);
        let Some(step) = steps.iter().rfind(up_to) else { continue };
        table.row([
            days.to_string(),
            percent(at(step, "/s")),
            percent(at(step, "/lower")),
            percent(at(step, "/upper")),
            count(at(step, "/at_risk")),
        ]);
    }
    output.table(&table)
}

fn win_back(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let rows = at(report, "/win_back").as_array().map_or(&[][..], Vec::as_slice);
    if rows.is_empty() {
        return Ok(());
    }
    output.line("\nLapses by days of silence, and how many of them ended with a purchase")?;
    let titles = ["days", "returned", "still silent", "rate", "from", "to"];
    let mut table = Table::new(titles, &[0, 1, 2, 3, 4, 5]);
    for row in rows {
        table.row([
            count(at(row, "/threshold_days")),
            count(at(row, "/returned")),
            count(at(row, "/open")),
            percent(at(row, "/rate")),
            percent(at(row, "/lower")),
            percent(at(row, "/upper")),
        ]);
    }
    output.table(&table)
}

/// The rules that warn of anybody; who they are: `annals alerts`.
fn alerts(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let rows = at(report, "/alerts").as_array().map_or(&[][..], Vec::as_slice);
    let warns = |row: &&Value| at(row, "/customers").as_u64().is_some_and(|n| n > 0);
    let warning: Vec<_> = rows.iter().filter(warns).collect();
    if warning.is_empty() {
        return Ok(());
    }
    output.line("\nWarnings: customers each rule warns of (annals alerts lists them)")?;
    let mut table = Table::new(["rule", "level", "customers", "raised"], &[2, 3]);
    for row in warning {
        table.row([
            plain(at(row, "/rule")),
            plain(at(row, "/level")),
            count(at(row, "/customers")),
            count(at(row, "/raised")),
        ]);
    }
    output.table(&table)
}

fn stages(report: &Value, output: &mut Output) -> Result<(), Failure> {
    for (scheme, stages) in at(report, "/stages").as_object().into_iter().flatten() {
        output.line(&format!("\nStages of the scheme {scheme}: customers in each"))?;
        let rows = stages.as_object().into_iter().flatten();
        output.table(&Table::pairs(rows.map(|(stage, n)| (stage.as_str(), count(n)))))?;
    }
    Ok(())
}

/// The last rows of a list, after a line about those left out.
fn last_rows<'v>(
    report: &'v Value,
    place: &str,
    output: &mut Output,
) -> Result<&'v [Value], Failure> {
    let rows = at(report, place).as_array().map_or(&[][..], Vec::as_slice);
    let hidden = rows.len().saturating_sub(ROWS_SHOWN_MAX);
    if hidden > 0 {
        output.line(&format!(" {hidden} earlier rows: --format json"))?;
    }
    Ok(rows.get(hidden..).unwrap_or_default())
}

fn activity(report: &Value, output: &mut Output) -> Result<(), Failure> {
    output.line(
        "\nActivity: bought for the first time, also the month before, again after a pause, not any more",
    )?;
    let mut table =
        Table::new(["month", "new", "returning", "resurrecting", "dormant"], &[1, 2, 3, 4]);
    for row in last_rows(report, "/activity", output)? {
        table.row([
            plain(at(row, "/month")),
            count(at(row, "/new")),
            count(at(row, "/returning")),
            count(at(row, "/resurrecting")),
            count(at(row, "/dormant")),
        ]);
    }
    output.table(&table)
}

fn transitions(report: &Value, output: &mut Output) -> Result<(), Failure> {
    output.line(
        "\nTransitions from month (rows) to month (columns): N new, A active again, R resurrected, \
         D no purchase",
    )?;
    let mut table = Table::new(["", "N", "A", "R", "D"], &[1, 2, 3, 4]);
    for from in ["N", "A", "R", "D"] {
        let cell = |to: &str| count(at(report, &format!("/transitions/{from}/{to}")));
        table.row([from.to_owned(), cell("N"), cell("A"), cell("R"), cell("D")]);
    }
    output.table(&table)
}

fn cohorts(report: &Value, output: &mut Output) -> Result<(), Failure> {
    output.line(
        "\nRetention: of those who first bought in a month, how many bought so many months later",
    )?;
    let titles = ["cohort", "size", "+1", "+2", "+3", "+6", "+12", "+24"];
    let mut table = Table::new(titles, &[1, 2, 3, 4, 5, 6, 7]);
    for row in last_rows(report, "/cohorts", output)? {
        let size = at(row, "/size");
        let retained = OFFSETS.map(|offset| share(at(row, &format!("/retained/{offset}")), size));
        let head = [plain(at(row, "/cohort")), count(size)];
        table.row(head.into_iter().chain(retained));
    }
    output.table(&table)
}

/// `a` of `b` as a percentage.
fn share(a: &Value, b: &Value) -> String {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) if b > 0.0 => format!("{:.1} %", 100.0 * a / b),
        _ => NOTHING.to_owned(),
    }
}
