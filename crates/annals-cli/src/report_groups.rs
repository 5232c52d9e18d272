//! Reports by groups: satisfaction by channel, product, month and so on; everything by the classes
//! of customers, and by several schemes of classes crossed.

use crate::failure::Failure;
use crate::output::Output;
use crate::question::Question;
use crate::report::Projection;
use crate::table::{Table, at, count, decimals, percent, plain};
use annals::Shown;
use annals::events::Code;
use annals::satisfaction::{Cut, Satisfaction};
use serde_json::{Map, Value, json};

/// Groups shown in a table.
const GROUPS_SHOWN_MAX: usize = 40;

/// What of a report stands for each group: `by` and `groups`. One cut is named by a text and its
/// groups are the values of an object; several are a list, and each value is the object of the
/// next.
pub(crate) fn figures(cuts: &[Cut], groups: Map<String, Value>) -> Map<String, Value> {
    let by = match cuts {
        [cut] => cut.to_string().into(),
        cuts => cuts.iter().map(ToString::to_string).collect(),
    };
    let mut figures = Map::new();
    figures.insert("by".to_owned(), by);
    figures.insert("groups".to_owned(), Value::Object(groups));
    figures
}

/// Satisfaction's measures of all, and of each group of a cut that parts what customers said.
pub(crate) async fn of_cut(
    question: Question<'_, Satisfaction>,
    cut: &Cut,
) -> Result<Shown<(Value, Map<String, Value>)>, Failure> {
    let ask = question.states.ask(question.ruleset, |satisfaction, customers, context| {
        let (all, groups) = satisfaction.population_and_cut(customers, context, cut);
        let groups = groups.into_iter().map(|(name, group)| (name, json!(group)));
        (json!(all), groups.collect())
    });
    Ok(ask.await?)
}

/// The schemes of cuts by class, which alone part whole customers.
pub(crate) fn schemes(projection: Projection, cuts: &[Cut]) -> Result<Vec<Code>, Failure> {
    let scheme = |cut: &Cut| match cut {
        Cut::Class(scheme) => Ok(scheme.clone()),
        cut if cuts.len() > 1 => Err(Failure::Usage(format!(
            "expected --by class:SCHEME each time where cuts are crossed, got {cut}: only classes \
             part whole customers; ask by {cut} alone, of satisfaction"
        ))),
        cut => Err(Failure::Usage(format!(
            "expected --by class:SCHEME, which parts whole customers, for {}, got {cut}: only \
             answers, moments and complaints say where they belong",
            projection.id()
        ))),
    };
    cuts.iter().map(scheme).collect()
}

/// The measures of each class, or each combination of classes, as objects within objects: one level
/// for each scheme.
pub(crate) fn nested(groups: impl Iterator<Item = (Vec<String>, Value)>) -> Map<String, Value> {
    let mut nested = Map::new();
    for (classes, population) in groups {
        let Some((last, outer)) = classes.split_last() else { continue };
        let mut level = &mut nested;
        for class in outer {
            let inner = level.entry(class).or_insert_with(|| json!({}));
            level = inner.as_object_mut().expect("every group lies as deep as there are schemes");
        }
        level.insert(last.clone(), population);
    }
    nested
}

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
    ("never bought", |group| count(at(group, "/never_bought"))),
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
    let cuts: Vec<_> = match at(report, "/by") {
        Value::Null => return Ok(()),
        Value::Array(cuts) => cuts.iter().map(plain).collect(),
        cut => vec![plain(cut)],
    };
    output.line(&format!("\nBy {}", cuts.join(" and ")))?;
    let columns = match projection {
        Projection::Satisfaction => OF_SATISFACTION,
        Projection::Loyalty => OF_LOYALTY,
        Projection::Lifecycle => OF_LIFECYCLE,
    };
    let names =
        if cuts.len() == 1 { vec!["group"] } else { cuts.iter().map(|cut| &**cut).collect() };
    let titles = names.into_iter().chain(columns.iter().map(|(title, _)| *title));
    let numbers: Vec<_> = (cuts.len()..cuts.len() + columns.len()).collect();
    let mut table = Table::new(titles, &numbers);
    let groups = at_depth(at(report, "/groups"), cuts.len());
    for (names, group) in groups.iter().take(GROUPS_SHOWN_MAX) {
        let names = names.iter().map(|name| (*name).to_owned());
        table.row(names.chain(columns.iter().map(|(_, cell)| cell(group))));
    }
    output.table(&table)?;
    output.more(groups.len().saturating_sub(GROUPS_SHOWN_MAX))
}

/// The values so many objects deep, each with the names on the way to it.
fn at_depth(groups: &Value, depth: usize) -> Vec<(Vec<&str>, &Value)> {
    let mut found = vec![(Vec::new(), groups)];
    for _ in 0..depth {
        let mut deeper = Vec::new();
        for (names, groups) in found {
            for (name, group) in groups.as_object().into_iter().flatten() {
                deeper.push(([names.as_slice(), &[name.as_str()]].concat(), group));
            }
        }
        found = deeper;
    }
    found
}
