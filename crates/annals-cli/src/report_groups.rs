//! The satisfaction report by groups: the same measures by channel, product, month and so on.

use crate::failure::Failure;
use crate::output::Output;
use crate::table::{Table, at, count, decimals, percent, plain};
use annals::Annals;
use annals::projection::AsOf;
use annals::satisfaction::{Cut, Satisfaction};
use serde_json::{Map, Value, json};

/// Groups shown in a table.
const GROUPS_SHOWN_MAX: usize = 40;

/// `by` and `groups`: the population's measures of each group.
pub(crate) async fn figures(
    ledger: &Annals,
    as_of: AsOf,
    cut: &Cut,
) -> Result<Map<String, Value>, Failure> {
    let ask = ledger.ask::<Satisfaction, _>(as_of, |satisfaction, customers, context| {
        let groups = satisfaction.population_cut(customers, context, cut);
        groups.into_iter().map(|(name, group)| (name, json!(group))).collect::<Map<_, _>>()
    });
    let mut figures = Map::new();
    figures.insert("by".to_owned(), cut.to_string().into());
    figures.insert("groups".to_owned(), Value::Object(ask.await?.value));
    Ok(figures)
}

/// The groups as a table, where the report has any.
pub(crate) fn write(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let Some(groups) = at(report, "/groups").as_object() else { return Ok(()) };
    output.line(&format!("\nBy {}", plain(at(report, "/by"))))?;
    let titles = ["group", "customers", "n", "NPS", "n", "CSAT", "n", "CES", "complaints"];
    let mut table = Table::new(titles, &[1, 2, 3, 4, 5, 6, 7, 8]);
    for (name, group) in groups.iter().take(GROUPS_SHOWN_MAX) {
        table.row([
            name.clone(),
            count(at(group, "/customers")),
            count(at(group, "/nps/n")),
            decimals(at(group, "/nps/score"), 1),
            count(at(group, "/csat/n")),
            percent(at(group, "/csat/share")),
            count(at(group, "/ces/n")),
            percent(at(group, "/ces/share_5_7")),
            count(at(group, "/complaints/received")),
        ]);
    }
    output.table(&table)?;
    let more = groups.len().saturating_sub(GROUPS_SHOWN_MAX);
    if more > 0 { output.line(&format!(" and {more} more: --format json")) } else { Ok(()) }
}
