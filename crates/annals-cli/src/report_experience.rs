//! The satisfaction report's tables of what customers went through: touchpoints, journey, care,
//! promises, and what spoke unasked. Each is left out where there is nothing of it.

use crate::failure::Failure;
use crate::output::Output;
use crate::table::{Table, at, count, decimals, percent, plain};
use serde_json::{Map, Value};

/// Rows of a table; all are in the JSON.
const ROWS_SHOWN_MAX: usize = 12;

pub(crate) fn write(report: &Value, output: &mut Output) -> Result<(), Failure> {
    touchpoints(at(report, "/touchpoints"), output)?;
    journey(at(report, "/journey"), output)?;
    care(at(report, "/care/cells"), output)?;
    promises(at(report, "/promises"), output)?;
    unasked(at(report, "/indirect"), output)
}

fn touchpoints(touchpoints: &Value, output: &mut Output) -> Result<(), Failure> {
    let Some(touchpoints) = touchpoints.as_object().filter(|all| !all.is_empty()) else {
        return Ok(());
    };
    output.line("\nTouchpoints: mean valence, -5 to 5, and perceived less expected")?;
    let titles = ["touchpoint", "moments", "valence", "of truth", "valence", "both known", "gap"];
    let mut table = Table::new(titles, &[1, 2, 3, 4, 5, 6]);
    for (name, touchpoint) in touchpoints.iter().take(ROWS_SHOWN_MAX) {
        table.row([
            name.clone(),
            count(at(touchpoint, "/moments")),
            decimals(at(touchpoint, "/valence/mean"), 2),
            count(at(touchpoint, "/moments_of_truth/n")),
            decimals(at(touchpoint, "/moments_of_truth/mean"), 2),
            count(at(touchpoint, "/gap/n")),
            decimals(at(touchpoint, "/gap/mean"), 2),
        ]);
    }
    output.table(&table)?;
    output.more(touchpoints.len().saturating_sub(ROWS_SHOWN_MAX))
}

fn journey(journey: &Value, output: &mut Output) -> Result<(), Failure> {
    let steps = at(journey, "/steps").as_array().map_or(&[][..], Vec::as_slice);
    if steps.is_empty() {
        return Ok(());
    }
    output.line(&format!("\nJourney: {} of them", count(at(journey, "/episodes"))))?;
    let titles = [
        "step",
        "reached by",
        "ended there",
        "left",
        "median stay, s",
        "valence",
        "most frequent obstacle",
    ];
    let mut table = Table::new(titles, &[1, 2, 3, 4, 5]);
    for step in steps.iter().take(ROWS_SHOWN_MAX) {
        table.row([
            plain(at(step, "/step")),
            count(at(step, "/episodes")),
            count(at(step, "/ended")),
            percent(at(step, "/drop_off")),
            decimals(at(step, "/dwell_median_seconds"), 0),
            decimals(at(step, "/valence/mean"), 2),
            most_frequent(at(step, "/obstacles")),
        ]);
    }
    output.table(&table)?;
    output.more(steps.len().saturating_sub(ROWS_SHOWN_MAX))
}

/// The cells of the care grid that have anything in them.
fn care(cells: &Value, output: &mut Output) -> Result<(), Failure> {
    const COUNTS: [&str; 7] =
        ["due", "done", "done_late", "missed", "overdue", "unplanned", "responded"];
    let cells = cells.as_array().map_or(&[][..], Vec::as_slice);
    let is_used = |cell: &&Value| {
        COUNTS.iter().any(|name| at(cell, &format!("/{name}")).as_u64().is_some_and(|n| n > 0))
    };
    let used: Vec<_> = cells.iter().filter(is_used).collect();
    if used.is_empty() {
        return Ok(());
    }
    output.line("\nCare, of 4 areas x 3 phases those with any")?;
    let titles = ["area", "phase", "due", "done", "late", "missed", "overdue", "unplanned"];
    let titles = titles.into_iter().chain(["answered", "done of due"]);
    let mut table = Table::new(titles, &[2, 3, 4, 5, 6, 7, 8, 9]);
    for cell in used {
        let names = ["area", "phase"].map(|name| plain(at(cell, &format!("/{name}"))));
        let counts = COUNTS.map(|name| count(at(cell, &format!("/{name}"))));
        let rate = percent(at(cell, "/done_rate"));
        table.row(names.into_iter().chain(counts).chain([rate]));
    }
    output.table(&table)
}

fn promises(promises: &Value, output: &mut Output) -> Result<(), Failure> {
    if at(promises, "/made").as_u64().unwrap_or_default() == 0 {
        return Ok(());
    }
    let number = |name: &str| count(at(promises, &format!("/{name}")));
    let rate = match at(promises, "/kept_rate") {
        Value::Null => String::new(),
        rate => format!(
            "; kept {} (95 % interval {} to {})",
            percent(rate),
            percent(at(promises, "/wilson_95/0")),
            percent(at(promises, "/wilson_95/1"))
        ),
    };
    output.line(&format!(
        "\nPromises: {} made, {} kept ({} of them late), {} broken, {} open ({} of them \
         overdue){rate}",
        number("made"),
        number("kept"),
        number("kept_late"),
        number("broken"),
        number("open"),
        number("overdue")
    ))
}

/// What spoke without anybody being asked, complaints first.
fn unasked(indirect: &Value, output: &mut Output) -> Result<(), Failure> {
    let none = Map::new();
    let signals = at(indirect, "/signals").as_object().unwrap_or(&none);
    let complaints = at(indirect, "/complaints");
    if signals.is_empty() && at(complaints, "/n").as_u64().unwrap_or_default() == 0 {
        return Ok(());
    }
    output.line(&format!(
        "\nUnasked, of {} customers with {} purchase days",
        count(at(indirect, "/customers")),
        count(at(indirect, "/purchase_occasions"))
    ))?;
    let titles = ["", "n", "customers", "per 100 customers", "per 100 purchase days"];
    let mut table = Table::new(titles, &[1, 2, 3, 4]);
    let named = signals.iter().map(|(name, signal)| (name.replace('_', " "), signal));
    for (name, indicator) in [("complaints".to_owned(), complaints)].into_iter().chain(named) {
        table.row([
            name,
            count(at(indicator, "/n")),
            count(at(indicator, "/customers")),
            decimals(at(indicator, "/per_100_customers"), 1),
            decimals(at(indicator, "/per_100_purchases"), 1),
        ]);
    }
    output.table(&table)
}

/// Of equal ones the first by name.
fn most_frequent(counts: &Value) -> String {
    let counts = counts.as_object().into_iter().flatten();
    let most = counts.rev().max_by_key(|(_, n)| n.as_u64());
    most.map_or_else(String::new, |(name, n)| format!("{name} ({})", count(n)))
}
