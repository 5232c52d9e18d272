//! A ledger in thirty lines: record two facts, ask what they come to.
#![allow(clippy::print_stdout, reason = "an example shows what it has")]
use annals::events::{Event, Zone};
use annals::{Annals, Options, loyalty::Loyalty, satisfaction::Satisfaction};
use serde_json::json;
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::temp_dir().join(format!("annals-{}", uuid::Uuid::now_v7()));
    let ledger = Annals::create(&directory, Zone::named("Europe/Berlin")?, Options::new()).await?;
    ledger
        .record(Event::from_json(&json!({
            "id": uuid::Uuid::now_v7(), "kind": "purchase.completed", "subject": "C-7",
            "occurred_at": "2026-03-03T09:30:00+01:00", "channel": "web",
            "data": {"total": {"amount": "24.90", "currency": "EUR"}}
        }))?)
        .await?;
    let score = json!({"item": "nps", "scale": {"min": 0, "max": 10, "value": 9}});
    ledger
        .record(Event::from_json(&json!({
            "id": uuid::Uuid::now_v7(), "kind": "survey.answered", "subject": "C-7",
            "occurred_at": "2026-03-10T18:00:00+01:00",
            "data": {"instrument": "nps", "instrument_version": 1, "answers": [score]}
        }))?)
        .await?;
    let now = ledger.as_of_now();
    let customer = ledger.customer("C-7", now).await?;
    println!("{}", json!(ledger.view::<Loyalty>(&customer, now).await?.value));
    println!("{}", json!(ledger.population::<Satisfaction>(now).await?.value));
    Ok(ledger.close().await?)
}
