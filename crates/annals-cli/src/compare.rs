//! `annals compare`: two answers side by side, and what made the difference.

use crate::as_of::{When, known_before};
use crate::context::Context;
use crate::explain::write_changes;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::report::Projection;
use crate::ruleset_choice::chosen;
use crate::table::{count, grouped};
use crate::views::{cite, write_cites};
use annals::{Annals, Comparison, CustomerComparison, Side};
use clap::{Args, ValueEnum as _};
use serde_json::{Value, json};

const AFTER_HELP: &str = "\
What is given once counts for both sides, what is given twice sets them apart; at least one must be
given twice. Rules are a version number of the view's ruleset, a name with one, or a file, which
need not be registered. Without a view all three are compared, or the one whose rules are given.

Example:
  annals compare --as-of 1997-12-31 --as-of 1998-06-30
  annals compare loyalty --as-of 1997-12-31 --as-of 1998-06-30
  annals compare --rules loyalty@2 --rules loyalty.toml --as-of 1998-06-30
  annals compare loyalty --rules 1 --rules loyalty.toml --as-of 1998-06-30
  annals compare satisfaction --recorded-before 2026-04-01 --recorded-before 2026-05-01 --as-of 2026-03-31";

/// Changed figures shown of all customers together, and of one, in a table.
const CHANGES_SHOWN_MAX: (usize, usize) = (40, 6);
/// Changed customers shown in a table.
const CUSTOMERS_SHOWN_MAX: usize = 20;
/// Events named for one customer in a table.
const EVENTS_SHOWN_MAX: usize = 3;

/// Arguments of `compare`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct CompareArgs {
    /// Which projection; all three unless given
    #[arg(value_enum)]
    view: Option<Projection>,
    /// The time asked about: a day, included whole, or an instant, not included. Now unless given
    #[arg(long, value_name = "DATE|INSTANT")]
    as_of: Vec<When>,
    /// Only what the ledger had learned before
    #[arg(long, value_name = "DATE|INSTANT")]
    recorded_before: Vec<When>,
    /// The rules to read under: a version number, a name with one (loyalty@2) or a file. Those in
    /// force unless given
    #[arg(long, value_name = "VERSION|FILE")]
    rules: Vec<String>,
}

/// The first side's and the second side's of what was given once, twice or not at all.
fn both<'g, T>(name: &str, given: &'g [T]) -> Result<[Option<&'g T>; 2], Failure> {
    match given {
        [] => Ok([None, None]),
        [one] => Ok([Some(one), Some(one)]),
        [one, other] => Ok([Some(one), Some(other)]),
        more => Err(Failure::Usage(format!(
            "expected {name} at most twice, got it {} times",
            more.len()
        ))),
    }
}

impl CompareArgs {
    /// The views compared: the one named, that of the rules, or all.
    async fn views(&self, ledger: &Annals) -> Result<Vec<Projection>, Failure> {
        let rules = match (self.view, self.rules.first()) {
            (Some(view), _) => return Ok(vec![view]),
            (None, None) => return Ok(Projection::value_variants().to_vec()),
            (None, Some(rules)) => chosen(ledger, None, rules).await?,
        };
        let of = Projection::value_variants().iter().filter(|view| view.id() == rules.name);
        let of: Vec<_> = of.copied().collect();
        if of.is_empty() {
            let name = &rules.name;
            return Err(Failure::Usage(format!("expected rules of a view, got those of {name}")));
        }
        Ok(of)
    }

    async fn sides(&self, ledger: &Annals, view: Projection) -> Result<[Side; 2], Failure> {
        if self.as_of.len() < 2 && self.recorded_before.len() < 2 && self.rules.len() < 2 {
            return Err(Failure::Usage(
                "expected two sides: give --as-of, --recorded-before or --rules twice".to_owned(),
            ));
        }
        let [one_time, other_time] = both("--as-of", &self.as_of)?;
        let [one_known, other_known] = both("--recorded-before", &self.recorded_before)?;
        let [one_rules, other_rules] = both("--rules", &self.rules)?;
        let now = ledger.as_of_now();
        let side = async |when: Option<&When>, known: Option<&When>, rules: Option<&String>| {
            let as_of = when.map_or(now, |when| when.as_of(ledger.zone()));
            let ruleset = match rules {
                Some(text) => Some(chosen(ledger, Some(view.id()), text).await?),
                None => None,
            };
            let as_of = known_before(as_of, known.copied(), ledger.zone());
            Ok::<_, Failure>(Side { as_of, ruleset })
        };
        Ok([
            side(one_time, one_known, one_rules).await?,
            side(other_time, other_known, other_rules).await?,
        ])
    }
}

pub(crate) async fn run(args: CompareArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let mut comparisons = Vec::new();
    for view in args.views(&ledger).await? {
        let [before, after] = args.sides(&ledger, view).await?;
        comparisons.push((view.id(), ledger.compare(view.id(), &before, &after).await?));
    }
    let value = match (args.view, comparisons.as_slice()) {
        (Some(_), [(_, comparison)]) => json!(comparison),
        (_, comparisons) => comparisons.iter().map(|(of, it)| (*of, json!(it))).collect(),
    };
    context.output.object(&value, |output| {
        comparisons.iter().enumerate().try_for_each(|(index, (of, comparison))| {
            if index > 0 {
                output.line("")?;
            }
            write(&format!("What differs in {of}"), comparison, output)
        })
    })?;
    ledger.close().await?;
    Ok(Outcome::Done)
}

/// A comparison as tables.
pub(crate) fn write(
    title: &str,
    comparison: &Comparison,
    output: &mut Output,
) -> Result<(), Failure> {
    let Comparison { population, customers, .. } = comparison;
    output.line(&format!(
        "{title}: {} figures of all customers together, {} customers",
        grouped(population.len() as i128),
        grouped(customers.len() as i128)
    ))?;
    if !population.is_empty() {
        output.line("\nAll customers together")?;
        write_changes(population, CHANGES_SHOWN_MAX.0, output)?;
    }
    if !customers.is_empty() {
        output.line("\nCustomers")?;
    }
    for customer in customers.iter().take(CUSTOMERS_SHOWN_MAX) {
        output.line(&format!(" {}{}", customer.customer, because(customer, comparison)))?;
        write_changes(&customer.changes, CHANGES_SHOWN_MAX.1, output)?;
    }
    let more = customers.len().saturating_sub(CUSTOMERS_SHOWN_MAX);
    if more > 0 {
        output.line(&format!(" and {} more: --format json", count(&Value::from(more))))?;
    }
    output.line("\nBefore and after")?;
    write_cites(&cite(&comparison.before), output)?;
    write_cites(&cite(&comparison.after), output)
}

fn because(customer: &CustomerComparison, comparison: &Comparison) -> String {
    let events = &customer.because_of_events;
    let mut causes = Vec::new();
    if !events.is_empty() {
        let named: Vec<_> = events.iter().take(EVENTS_SHOWN_MAX).map(ToString::to_string).collect();
        let more = events.len().saturating_sub(EVENTS_SHOWN_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        causes.push(format!("events {}{more}", named.join(", ")));
    }
    if customer.because_of_rules {
        causes.push("other rules".to_owned());
    }
    if causes.is_empty() {
        let same_time = comparison.before.occurred_before == comparison.after.occurred_before;
        // Otherwise days passed: recency and windows move on without anything happening.
        let cause = if same_time { "what was put right since" } else { "time alone" };
        causes.push(cause.to_owned());
    }
    format!(" because of {}", causes.join(", and "))
}
