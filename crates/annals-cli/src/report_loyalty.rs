//! The loyalty report as tables.

use crate::failure::Failure;
use crate::output::Output;
use crate::table::{NOTHING, Table, at, count, decimals, grouped, percent, plain};
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) fn write(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let number = |place: &str| count(at(report, place));
    output.line(&format!(
        "Loyalty as of {} ({} customers, {} of them more than once; {} purchase days, {} orders; {} \
         more never bought)",
        plain(at(report, "/as_of")),
        number("/customers"),
        number("/repeat_customers"),
        number("/occasions"),
        number("/orders"),
        number("/never_bought")
    ))?;
    rfm(report, output)?;
    behaviour_matrix(report, output)?;
    concentration(report, output)?;
    standing(report, output)?;
    scorecard(report, output)?;
    output.line(&format!(
        "\nReferrals: {} made, {} of them bought",
        number("/referrals/made"),
        number("/referrals/converted")
    ))
}

/// Customers by recency and frequency; the 125 cells with monetary are in the JSON.
fn rfm(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let Some(scores) = at(report, "/rfm").as_object() else {
        let why = plain(at(report, "/why"));
        return output.line(&format!("\nRFM is withheld: {why}"));
    };
    let mut cells: BTreeMap<(char, char), u64> = BTreeMap::new();
    for (score, customers) in scores {
        let mut digits = score.chars();
        if let (Some(recency), Some(frequency)) = (digits.next(), digits.next()) {
            *cells.entry((recency, frequency)).or_default() += customers.as_u64().unwrap_or(0);
        }
    }
    output.line(
        "\nRFM: customers by fifths of recency (rows) and frequency (columns), 5 the best; with \
         monetary: --format json",
    )?;
    let titles = ["R", "F 1", "F 2", "F 3", "F 4", "F 5"];
    let mut table = Table::new(titles, &[1, 2, 3, 4, 5]);
    for recency in "54321".chars() {
        let cell = |frequency| cells.get(&(recency, frequency)).copied().unwrap_or_default();
        let row = "12345".chars().map(|frequency| grouped(cell(frequency).into()));
        table.row([recency.to_string()].into_iter().chain(row));
    }
    output.table(&table)
}

fn behaviour_matrix(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let matrix = at(report, "/behaviour_matrix");
    output.line(&format!(
        "\nBehaviour matrix: above or below the means of {} purchase days and {} {} a day",
        decimals(at(matrix, "/mean_frequency"), 2),
        decimals(at(matrix, "/mean_average_purchase"), 2),
        currency(report)
    ))?;
    let mut table = Table::new(["", "spends much", "spends little"], &[1, 2]);
    let cell = |name: &str| count(at(matrix, &format!("/{name}")));
    table.row(["often".to_owned(), format!("best {}", cell("best")), {
        format!("frequent {}", cell("frequent"))
    }]);
    table.row(["seldom".to_owned(), format!("big spender {}", cell("big_spender")), {
        format!("uncertain {}", cell("uncertain"))
    }]);
    output.table(&table)?;
    withheld(matrix, output)
}

fn concentration(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let concentration = at(report, "/concentration");
    output.line("\nConcentration of revenue")?;
    let mut rows = Vec::new();
    // The percentages are the ruleset's and part of the names.
    for (name, value) in concentration.as_object().into_iter().flatten() {
        let name = name.replace('_', " ");
        match name.as_str() {
            "why" => {}
            "gini" => rows.push(("Gini coefficient".to_owned(), decimals(value, 4))),
            "revenue" => rows.push((name, format!("{} {}", plain(value), currency(report)))),
            _ if name.ends_with("share") => rows.push((name, percent(value))),
            _ => rows.push((name, count(value))),
        }
    }
    output.table(&Table::pairs(rows.iter().map(|(name, value)| (name.as_str(), value.clone()))))?;
    withheld(concentration, output)
}

/// The ladder, the types of loyalty and the value matrix: customers in each.
fn standing(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let counts = |place: &str| {
        let counted = at(report, place).as_object().into_iter().flatten();
        let counted = counted.filter(|(name, n)| n.is_u64() && name.as_str() != "why");
        let named: Vec<_> =
            counted.map(|(name, n)| format!("{} {}", name.replace('_', " "), count(n))).collect();
        if named.is_empty() { NOTHING.to_owned() } else { named.join(", ") }
    };
    output.line("\nWhere customers stand")?;
    output.table(&Table::pairs([
        ("ladder", counts("/ladder")),
        ("loyalty, behaviour and attitude", counts("/loyalty_types")),
        ("value, current and potential", counts("/value_matrix")),
    ]))?;
    withheld(at(report, "/value_matrix"), output)
}

/// The twelve metrics; why one is missing is in the JSON.
fn scorecard(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let Some(metrics) = at(report, "/scorecard").as_array() else { return Ok(()) };
    output.line("\nTwelve metrics, each with its 95 % interval")?;
    let mut table =
        Table::new(["", "metric", "n", "value", "from", "to", "unit"], &[0, 2, 3, 4, 5]);
    for metric in metrics {
        table.row([
            count(at(metric, "/number")),
            plain(at(metric, "/name")).replace('_', " "),
            count(at(metric, "/n")),
            decimals(at(metric, "/value"), 3),
            decimals(at(metric, "/interval/0"), 3),
            decimals(at(metric, "/interval/1"), 3),
            plain(at(metric, "/unit")),
        ]);
    }
    output.table(&table)
}

fn currency(report: &Value) -> String {
    match at(report, "/currency") {
        Value::Null => NOTHING.to_owned(),
        currency => plain(currency),
    }
}

fn withheld(measure: &Value, output: &mut Output) -> Result<(), Failure> {
    match at(measure, "/why") {
        Value::String(why) => output.line(&format!(" withheld: {why}")),
        _ => Ok(()),
    }
}
