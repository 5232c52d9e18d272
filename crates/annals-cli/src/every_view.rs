//! `annals views`: one row per customer.

use crate::as_of::AsOfArgs;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::figures::figures;
use crate::forecast::{ForecastArgs, empty_row};
use crate::output::Format;
use crate::report::Projection;
use crate::table::{Table, decimals, plain};
use clap::Args;
use serde_json::{Map, Value};

const AFTER_HELP: &str = "\
A row has the customer's id and all figures of the view; those of loyalty begin with x, t_x and t
(in weeks), mean_value, p_alive, expected_purchases, clv_12m and the scores r, f, m and segment.
As CSV the names of nested figures are joined with dots.

Example:
  annals views loyalty --format csv --calibration-end 1997-09-30 --as-of 1997-09-30
  annals views satisfaction --format jsonl --as-of 2026-03-31
  annals views lifecycle --format csv";

/// Customers in a table, and figures of each.
const SHOWN_MAX: (usize, usize) = (40, 8);

/// Arguments of `views`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ViewsArgs {
    /// Which projection
    #[arg(value_enum)]
    projection: Projection,
    #[command(flatten)]
    as_of: AsOfArgs,
    #[command(flatten)]
    forecast: ForecastArgs,
}

pub(crate) async fn run(args: ViewsArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let as_of = args.as_of.resolve(&ledger);
    let mut forecasts = match args.projection {
        Projection::Loyalty => {
            let fit = args.forecast.fit(&ledger, as_of).await?;
            Some(args.forecast.rows(&ledger, as_of, fit.as_ref()).await?)
        }
        _ => None,
    };
    let views = ledger.views_json(args.projection.id(), as_of).await?.value;
    let rows: Vec<Value> = views
        .into_iter()
        .map(|(customer, view)| {
            let mut row = Map::new();
            row.insert("customer".to_owned(), customer.to_string().into());
            if let Some(forecasts) = &mut forecasts {
                row.extend(forecasts.remove(&customer).unwrap_or_else(empty_row));
            }
            if let Value::Object(view) = view {
                row.extend(view);
            }
            Value::Object(row)
        })
        .collect();
    let output = &mut context.output;
    if output.format() == Format::Table && rows.len() > SHOWN_MAX.0 {
        output.message(&format!(
            "The first {} of {} customers and {} figures of each: --format jsonl or csv shows all",
            SHOWN_MAX.0,
            rows.len(),
            SHOWN_MAX.1
        ));
    }
    let shown: Vec<Value> = rows.iter().take(SHOWN_MAX.0).cloned().collect();
    output.rows(rows, |output| output.table(&table(&shown)))?;
    ledger.close().await?;
    Ok(Outcome::Done)
}

/// The first figures of the first rows.
fn table(rows: &[Value]) -> Table {
    let first = rows.first().map(figures).unwrap_or_default();
    let names: Vec<_> = first.into_iter().take(SHOWN_MAX.1 + 1).map(|(name, _)| name).collect();
    let mut table = Table::new(&names, &[]);
    for row in rows {
        table.row(names.iter().map(|name| {
            let value = row.pointer(&format!("/{}", name.replace('.', "/")));
            match value.unwrap_or(&Value::Null) {
                value if value.is_f64() => decimals(value, 3),
                value => plain(value),
            }
        }));
    }
    table
}
