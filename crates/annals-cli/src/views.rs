//! One customer: the three views together, as JSON and as tables.

use crate::failure::Failure;
use crate::output::Output;
use crate::table::{NOTHING, Table, at, count, decimals, percent, plain};
use annals::events::Decimal;
use annals::lifecycle::Lifecycle;
use annals::projection::AsOf;
use annals::{Annals, Customer};
use serde_json::{Map, Value, json};

/// Stages of one scheme shown in a table.
const SPELLS_SHOWN_MAX: usize = 6;

/// What every projection shows of a customer, and what each rests on, by projection.
pub(crate) struct Views {
    pub(crate) shown: Map<String, Value>,
    pub(crate) cites: Map<String, Value>,
}

impl Views {
    pub(crate) async fn of(
        ledger: &Annals,
        customer: &Customer,
        as_of: AsOf,
    ) -> Result<Self, Failure> {
        let (mut shown, mut cites) = (Map::new(), Map::new());
        for projection in ledger.projections() {
            let view = ledger.view_json(projection, customer, as_of).await?;
            shown.insert(projection.to_owned(), view.value);
            cites.insert(projection.to_owned(), cite(&view.cites));
        }
        Ok(Self { shown, cites })
    }

    /// Puts what the models of buying expect of the customer into the view of loyalty.
    pub(crate) fn add_forecast(&mut self, forecast: Map<String, Value>) {
        if let Some(Value::Object(loyalty)) = self.shown.get_mut("loyalty") {
            loyalty.extend(forecast);
        }
    }

    /// Puts the warnings that hold given a probability of still buying into the view of lifecycle.
    pub(crate) async fn add_alerts(
        &mut self,
        ledger: &Annals,
        customer: &Customer,
        as_of: AsOf,
        p_alive: Option<Decimal>,
    ) -> Result<(), Failure> {
        let ask =
            ledger.ask_customer::<Lifecycle, _>(customer, as_of, |lifecycle, state, context| {
                json!(lifecycle.alerts(state, context, p_alive))
            });
        let alerts = ask.await?.value;
        if let Some(Value::Object(lifecycle)) = self.shown.get_mut("lifecycle") {
            lifecycle.insert("alerts".to_owned(), alerts);
        }
        Ok(())
    }

    /// The views as tables.
    pub(crate) fn write(&self, output: &mut Output) -> Result<(), Failure> {
        let view = |name: &str| self.shown.get(name).unwrap_or(&Value::Null);
        satisfaction(view("satisfaction"), output)?;
        loyalty(view("loyalty"), output)?;
        lifecycle(view("lifecycle"), output)?;
        self.cites.values().try_for_each(|cites| write_cites(cites, output))
    }
}

/// What a shown number rests on, as JSON.
pub(crate) fn cite(cites: &annals::Citation) -> Value {
    serde_json::to_value(cites).unwrap_or_default()
}

/// What a shown number rests on, in one line.
pub(crate) fn write_cites(cites: &Value, output: &mut Output) -> Result<(), Failure> {
    let ruleset = match at(cites, "/ruleset") {
        Value::Null => "no rules".to_owned(),
        ruleset => format!(
            "rules {} v{} ({:.12})",
            plain(at(ruleset, "/name")),
            plain(at(ruleset, "/version")),
            plain(at(ruleset, "/hash"))
        ),
    };
    let known = match at(cites, "/recorded_before") {
        Value::Null => String::new(),
        instant => format!(", as known before {}", plain(instant)),
    };
    output.line(&format!(
        "cites: {} v{}, {ruleset}, events before position {}, as of {}{known}",
        plain(at(cites, "/projection")),
        plain(at(cites, "/version")),
        count(at(cites, "/position")),
        plain(at(cites, "/as_of")),
    ))
}

/// Who the customer is, for the head of JSON documents.
pub(crate) fn head(customer: &Customer) -> Map<String, Value> {
    let members: Vec<_> = customer.members.iter().map(ToString::to_string).collect();
    let mut head = Map::new();
    head.insert("customer".to_owned(), customer.id.to_string().into());
    head.insert("members".to_owned(), json!(members));
    head
}

/// Who the customer is, in one line.
pub(crate) fn title(customer: &Customer) -> String {
    if customer.members.len() == 1 {
        return format!("Customer {}", customer.id);
    }
    let members: Vec<_> = customer.members.iter().map(ToString::to_string).collect();
    format!("Customer {} (the parties {})", customer.id, members.join(", "))
}

/// A number, with the reason where there is none.
fn or_why(text: String, measure: &Value) -> String {
    match at(measure, "/why") {
        Value::String(why) if text == NOTHING => format!("{NOTHING} ({why})"),
        _ => text,
    }
}

fn satisfaction(view: &Value, output: &mut Output) -> Result<(), Failure> {
    let last = |measure: &str| match at(view, &format!("/{measure}/last")) {
        Value::Null => NOTHING.to_owned(),
        last => format!("{} on {}", plain(at(last, "/value")), plain(at(last, "/on"))),
    };
    let complaint = |name: &str| count(at(view, &format!("/complaints/{name}")));
    let peak_end = at(view, "/peak_end");
    output.line("\nSatisfaction")?;
    output.table(&Table::pairs([
        ("last recommendation, 0-10", last("nps")),
        ("last satisfaction, 1-5", last("csat")),
        ("last ease, 1-7", last("ces")),
        (
            "complaints",
            format!(
                "{} received, {} open, {} resolved, {} reopened",
                complaint("received"),
                complaint("open"),
                complaint("resolved"),
                complaint("reopened")
            ),
        ),
        ("peak-end, -5 to 5", or_why(decimals(at(peak_end, "/mean"), 1), peak_end)),
    ]))
}

fn loyalty(view: &Value, output: &mut Output) -> Result<(), Failure> {
    let money = |pointer: &str| match at(view, pointer) {
        Value::Null => or_why(NOTHING.to_owned(), view),
        Value::Object(money) => {
            let part = |name: &str| money.get(name).map(plain).unwrap_or_default();
            format!("{} {}", part("amount"), part("currency"))
        }
        other => plain(other),
    };
    let clv = at(view, "/clv_closed_form");
    let days = |pointer: &str| match at(view, pointer) {
        Value::Null => String::new(),
        days => format!(" ({} days ago)", count(days)),
    };
    output.line("\nLoyalty")?;
    output.table(&Table::pairs([
        ("purchase days", count(at(view, "/occasions"))),
        ("first purchase", plain(at(view, "/first_purchase"))),
        (
            "last purchase",
            format!("{}{}", plain(at(view, "/last_purchase")), days("/recency_days")),
        ),
        ("paid in all", money("/monetary")),
        ("per purchase day", money("/average_purchase")),
        (
            "referrals",
            format!(
                "{} made, {} bought",
                count(at(view, "/referrals_made")),
                count(at(view, "/referrals_converted"))
            ),
        ),
        ("lifetime value (closed form)", or_why(decimals(at(clv, "/value"), 2), clv)),
    ]))?;
    if view.get("p_alive").is_none() {
        return Ok(());
    }
    let why = match at(view, "/forecast_why") {
        Value::String(why) => format!(" ({why})"),
        _ => String::new(),
    };
    output.table(&Table::pairs([
        ("probability of still buying", format!("{}{why}", percent(at(view, "/p_alive")))),
        ("purchase days expected", decimals(at(view, "/expected_purchases"), 2)),
        ("worth in 12 months", decimals(at(view, "/clv_12m"), 2)),
    ]))
}

fn lifecycle(view: &Value, output: &mut Output) -> Result<(), Failure> {
    output.line("\nLifecycle")?;
    let mut rows = Vec::new();
    if let Some(schemes) = at(view, "/stages").as_object() {
        for (scheme, stage) in schemes {
            let history = at(stage, "/history").as_array().map_or(&[][..], Vec::as_slice);
            let hidden = history.len().saturating_sub(SPELLS_SHOWN_MAX);
            let spells: Vec<_> = history.iter().skip(hidden).map(spell).collect();
            let before = if hidden > 0 { "... -> " } else { "" };
            rows.push((scheme.as_str(), format!("{before}{}", spells.join(" -> "))));
        }
    }
    rows.push(("this month", plain(at(view, "/activity/state"))));
    rows.push(("cohort", plain(at(view, "/cohort"))));
    rows.push(("days of silence", count(at(view, "/silence_days"))));
    rows.push(("mean days between", decimals(at(view, "/mean_gap_days"), 1)));
    let alerts = at(view, "/alerts").as_array().map_or(&[][..], Vec::as_slice);
    for alert in alerts {
        rows.push((
            "warning",
            format!("{}: {}", plain(at(alert, "/rule")), plain(at(alert, "/because"))),
        ));
    }
    output.table(&Table::pairs(rows))
}

fn spell(spell: &Value) -> String {
    format!("{} ({})", plain(at(spell, "/stage")), plain(at(spell, "/from")))
}
