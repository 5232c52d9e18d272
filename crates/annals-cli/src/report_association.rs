//! Association rules in the loyalty report: who buys these products also buys those.

use crate::failure::Failure;
use crate::output::Output;
use crate::question::Question;
use crate::table::{Table, at, count, decimals, grouped, percent, plain};
use annals::events::Share;
use annals::loyalty::{AssociationLimits, Loyalty, association};
use clap::Args;
use serde_json::{Map, Value, json};

/// Rules shown in a table.
const RULES_SHOWN_MAX: usize = 20;

/// Which association rules a report shows.
#[derive(Args)]
#[command(next_help_heading = "Loyalty")]
pub(crate) struct AssociationArgs {
    /// Show which products are bought together
    #[arg(long, requires_all = ["min_support", "min_confidence"])]
    association: bool,
    /// The least share of all baskets that hold a rule's products together: 0.01 is 1 %
    #[arg(long, value_name = "SHARE", requires = "association")]
    min_support: Option<Share>,
    /// The least share of the baskets with the condition that hold the consequent too
    #[arg(long, value_name = "SHARE", requires = "association")]
    min_confidence: Option<Share>,
    /// The most products a consequent may have; any number unless given
    #[arg(long, value_name = "N", requires = "association")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    max_consequent: Option<u32>,
}

impl AssociationArgs {
    pub(crate) fn is_given(&self) -> bool {
        self.association
    }

    /// `baskets`, `itemsets` and `rules`; none unless asked for.
    pub(crate) async fn figures(
        &self,
        question: Question<'_, Loyalty>,
    ) -> Result<Map<String, Value>, Failure> {
        let (true, Some(min_support), Some(min_confidence)) =
            (self.association, self.min_support, self.min_confidence)
        else {
            return Ok(Map::new());
        };
        let max_consequent = self.max_consequent.and_then(|most| usize::try_from(most).ok());
        let limits = AssociationLimits { min_support, min_confidence, max_consequent };
        let ask = question.ask(|_, customers, _| association(customers, limits));
        match ask.await? {
            Ok(association) => match json!(association) {
                Value::Object(figures) => Ok(figures),
                _ => Ok(Map::new()),
            },
            Err(too_many) => Err(Failure::Failed(too_many.to_string())),
        }
    }
}

/// The rules as a table, where the report has any.
pub(crate) fn write(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let Some(rules) = at(report, "/rules").as_array() else { return Ok(()) };
    output.line(&format!(
        "\nBought together: {} rules in {} baskets ({} frequent sets of products)",
        grouped(rules.len() as i128),
        count(at(report, "/baskets")),
        count(at(report, "/itemsets"))
    ))?;
    if rules.is_empty() {
        return Ok(());
    }
    let titles = ["if", "then", "support", "confidence", "lift", "leverage", "conviction"];
    let mut table = Table::new(titles, &[2, 3, 4, 5, 6]);
    for rule in rules.iter().take(RULES_SHOWN_MAX) {
        table.row([
            products(at(rule, "/if")),
            products(at(rule, "/then")),
            percent(at(rule, "/support")),
            percent(at(rule, "/confidence")),
            decimals(at(rule, "/lift"), 2),
            decimals(at(rule, "/leverage"), 4),
            decimals(at(rule, "/conviction"), 2),
        ]);
    }
    output.table(&table)?;
    output.more(rules.len().saturating_sub(RULES_SHOWN_MAX))
}

fn products(products: &Value) -> String {
    let names = products.as_array().into_iter().flatten().map(plain);
    names.collect::<Vec<_>>().join(", ")
}
