//! The lifecycle report as tables.

use crate::failure::Failure;
use crate::output::Output;
use crate::table::{NOTHING, Table, at, count, plain};
use serde_json::Value;

/// Months and cohorts shown in a table.
const ROWS_SHOWN_MAX: usize = 24;
/// Months after the first at which retention is shown in a table.
const OFFSETS: [usize; 6] = [1, 2, 3, 6, 12, 24];

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
    cohorts(report, output)
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
