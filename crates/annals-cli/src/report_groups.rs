//! Reports by groups: satisfaction by channel, product, month and so on; everything by the classes
//! of customers.

use crate::failure::Failure;
use crate::output::Output;
use crate::report::Projection;
use crate::table::{Table, at, count, decimals, percent, plain};
use annals::Annals;
use annals::events::{Code, PartyId};
use annals::lifecycle::Lifecycle;
use annals::loyalty::Loyalty;
use annals::projection::{AsOf, Ruleset};
use annals::satisfaction::{Cut, Satisfaction};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};

/// Groups shown in a table.
const GROUPS_SHOWN_MAX: usize = 40;

/// `by` and `groups`: the population's measures of each group.
pub(crate) async fn figures(
    ledger: &Annals,
    projection: Projection,
    as_of: AsOf,
    ruleset: Option<&Ruleset>,
    cut: &Cut,
) -> Result<Map<String, Value>, Failure> {
    let groups = match (projection, cut) {
        (Projection::Satisfaction, _) => {
            let ask = ledger.ask_under::<Satisfaction, _>(
                ruleset,
                as_of,
                |satisfaction, customers, context| {
                    let groups = satisfaction.population_cut(customers, context, cut);
                    groups.into_iter().map(|(name, group)| (name, json!(group))).collect()
                },
            );
            ask.await?.value
        }
        (Projection::Loyalty, Cut::Class(scheme)) => {
            by_class::<Loyalty>(ledger, as_of, ruleset, scheme).await?
        }
        (Projection::Lifecycle, Cut::Class(scheme)) => {
            by_class::<Lifecycle>(ledger, as_of, ruleset, scheme).await?
        }
        (projection, cut) => {
            return Err(Failure::Usage(format!(
                "expected --by class:SCHEME, which parts whole customers, for {}, got {cut}: only \
                 answers, moments and complaints say where they belong",
                projection.id()
            )));
        }
    };
    let mut figures = Map::new();
    figures.insert("by".to_owned(), cut.to_string().into());
    figures.insert("groups".to_owned(), Value::Object(groups));
    Ok(figures)
}

/// The population's measures of each class of customers, in the order of the classes' names.
async fn by_class<P: annals::projection::Projection>(
    ledger: &Annals,
    as_of: AsOf,
    ruleset: Option<&Ruleset>,
    scheme: &Code,
) -> Result<Map<String, Value>, Failure> {
    let classes = ledger.ask::<Satisfaction, _>(as_of, |satisfaction, customers, context| {
        let class = |(customer, state): &(PartyId, _)| {
            (customer.clone(), satisfaction.class(state, context, scheme))
        };
        customers.iter().map(class).collect::<HashMap<_, _>>()
    });
    let classes = classes.await?.value;
    let ask = ledger.ask_under::<P, _>(ruleset, as_of, |projection, customers, context| {
        let mut groups: BTreeMap<&str, Vec<(PartyId, P::State)>> = BTreeMap::new();
        for (customer, state) in customers {
            // Every customer has a state in every projection.
            let class = classes.get(customer).map_or("not_stated", String::as_str);
            groups.entry(class).or_default().push((customer.clone(), state.clone()));
        }
        let population = |(class, group): (&str, Vec<_>)| {
            (class.to_owned(), json!(projection.population(&group, context)))
        };
        groups.into_iter().map(population).collect()
    });
    Ok(ask.await?.value)
}

/// The columns with numbers: all but the first.
const NUMBERS: &[usize] = &[1, 2, 3, 4, 5, 6, 7, 8];

/// A column: its title, and what stands in it.
type Column = (&'static str, fn(&Value) -> String);

const OF_SATISFACTION: &[Column] = &[
    ("customers", |group| count(at(group, "/customers"))),
    ("n", |group| count(at(group, "/nps/n"))),
    ("NPS", |group| decimals(at(group, "/nps/score"), 1)),
    ("n", |group| count(at(group, "/csat/n"))),
    ("CSAT", |group| percent(at(group, "/csat/share"))),
    ("n", |group| count(at(group, "/ces/n"))),
    ("CES", |group| percent(at(group, "/ces/share_5_7"))),
    ("complaints", |group| count(at(group, "/complaints/received"))),
];
const OF_LOYALTY: &[Column] = &[
    ("who bought", |group| count(at(group, "/customers"))),
    ("purchase days", |group| count(at(group, "/occasions"))),
    ("came back", |group| count(at(group, "/repeat_customers"))),
    ("mean purchase", |group| decimals(at(group, "/behaviour_matrix/average_purchase_mean"), 2)),
    ("retained", |group| percent(metric(group, "retention_rate"))),
    ("value to come, mean", |group| decimals(at(group, "/value_matrix/mean_potential"), 2)),
    ("referrals", |group| count(at(group, "/referrals/made"))),
];
const OF_LIFECYCLE: &[Column] = &[
    ("customers", |group| count(at(group, "/customers"))),
    ("who bought", |group| count(at(group, "/customers_with_occasions"))),
    ("new", |group| count(this_month(group, "new"))),
    ("returning", |group| count(this_month(group, "returning"))),
    ("resurrecting", |group| count(this_month(group, "resurrecting"))),
    ("dormant", |group| count(this_month(group, "dormant"))),
];

fn metric<'v>(group: &'v Value, name: &str) -> &'v Value {
    let metrics = at(group, "/scorecard").as_array().map_or(&[][..], Vec::as_slice);
    let found = metrics.iter().find(|metric| metric.get("name").is_some_and(|it| it == name));
    found.map_or(&Value::Null, |metric| at(metric, "/value"))
}

fn this_month<'v>(group: &'v Value, name: &str) -> &'v Value {
    let last = at(group, "/activity").as_array().and_then(|months| months.last());
    last.and_then(|month| month.get(name)).unwrap_or(&Value::Null)
}

/// The groups as a table, where the report has any.
pub(crate) fn write(
    projection: Projection,
    report: &Value,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(groups) = at(report, "/groups").as_object() else { return Ok(()) };
    output.line(&format!("\nBy {}", plain(at(report, "/by"))))?;
    let columns = match projection {
        Projection::Satisfaction => OF_SATISFACTION,
        Projection::Loyalty => OF_LOYALTY,
        Projection::Lifecycle => OF_LIFECYCLE,
    };
    let titles: Vec<_> =
        ["group"].into_iter().chain(columns.iter().map(|(title, _)| *title)).collect();
    let mut table = Table::new(&titles, NUMBERS.get(..columns.len()).unwrap_or_default());
    for (name, group) in groups.iter().take(GROUPS_SHOWN_MAX) {
        table.row([name.clone()].into_iter().chain(columns.iter().map(|(_, cell)| cell(group))));
    }
    output.table(&table)?;
    let more = groups.len().saturating_sub(GROUPS_SHOWN_MAX);
    if more > 0 { output.line(&format!(" and {more} more: --format json")) } else { Ok(()) }
}
