//! All three projections folded anew, saved: purchases, contacts, answers and complaints of
//! customers, a tenth of the events late, a customer in a hundred linked to another.
//!
//! The ledger is built once and kept below the directory, for the next run. Each customer has ten
//! events in about two years, customers interleaved; late means that the event occurred before the
//! one its customer's stream has last. Personal fields are left out: projections never see them.

use crate::measure::{Rounds, per_second};
use crate::report::{Row, rate};
use crate::sections::Sizes;
use crate::sections::child::{Task, figures_of};
use crate::sections::reading::options;
use crate::store::text;
use crate::workload::{BATCH, id, mixed, stream};
use annals::{Annals, Options};
use annals_events::{Envelope, Event, Instant as Time, OccurredAt, Payload, Zone};
use annals_log::{Append, EventLog as _};
use annals_sled::SledLog;
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;

const EVENTS_EACH: u64 = 10;
const DAY: u64 = 86_400;

/// Payloads as their JSON, by name.
struct Kinds {
    registered: Payload,
    contact: Payload,
    answered: Payload,
    complaint: Payload,
    closed: Payload,
    purchases: Vec<Payload>,
}

fn payload(kind: &str, data: &serde_json::Value) -> Result<Payload, String> {
    let value = json!({
        "id": "0190b2f4-6f0e-7c3a-9d51-3f6d1c2a7b10", "kind": kind, "subject": "C-1",
        "occurred_at": "2024-01-01T00:00:00Z", "data": data,
    });
    Ok(Event::from_json(&value).map_err(text)?.payload().clone())
}

impl Kinds {
    fn new() -> Result<Self, String> {
        let purchase = |number: u64| {
            let cents = 500 + mixed(number) % 20_000;
            let amount = json!({"amount": format!("{}.{:02}", cents / 100, cents % 100),
                "currency": "EUR"});
            let data = json!({"order": format!("O-{number:03}"), "lines": [{"sku": format!(
                "A-{:03}", mixed(number) % 400), "quantity": "1"}], "total": amount});
            payload("purchase.completed", &data)
        };
        Ok(Self {
            registered: payload(
                "party.registered",
                &json!({"party_type": "person", "roles": ["customer"]}),
            )?,
            contact: payload(
                "contact.occurred",
                &json!({"direction": "in", "reason": "delivery.late"}),
            )?,
            answered: payload(
                "survey.answered",
                &json!({"instrument": "nps", "instrument_version": 1, "answers": [
                    {"item": "recommend", "scale": {"min": 0, "max": 10, "value": 8}}]}),
            )?,
            complaint: payload(
                "complaint.received",
                &json!({"complaint": "1", "category": "delivery"}),
            )?,
            closed: payload(
                "complaint.closed",
                &json!({"complaint": "1", "closure": "upheld", "satisfied": "yes"}),
            )?,
            purchases: (0..1000).map(purchase).collect::<Result<_, _>>()?,
        })
    }

    /// The event with a number: round by round, one of each customer.
    fn event(&self, number: u64, customers: u64) -> Result<Event, String> {
        let (round, customer) = (number / customers, number % customers);
        let random = mixed(number);
        let is_late = round > 1 && random.is_multiple_of(10);
        let place = if is_late { round - 2 } else { round };
        let day = place * 73 + mixed(customer) % 60;
        let seconds = 1_700_000_000 - 800 * DAY + day * DAY + random % DAY;
        let at = OccurredAt::utc(Time::from_unix_seconds(seconds.cast_signed()));
        let envelope = Envelope::new(id(number), stream(customer), at);
        let linked = round == 5 && mixed(customer ^ 0x77).is_multiple_of(100);
        let complains = mixed(customer ^ 0x33).is_multiple_of(20);
        let data = match round {
            0 => self.registered.clone(),
            _ if linked => payload(
                "identity.linked",
                &json!({"other": stream((customer + 1) % customers).to_string(),
                    "rule": "same-card", "rule_version": 1}),
            )?,
            3 if complains => self.complaint.clone(),
            4 if complains => self.closed.clone(),
            _ => match random >> 32 & 15 {
                0..=2 => self.contact.clone(),
                3 => self.answered.clone(),
                _ => {
                    let index = usize::try_from(random >> 40).unwrap_or(0) % self.purchases.len();
                    self.purchases[index].clone()
                }
            },
        };
        Event::new(envelope, data).map_err(text)
    }
}

/// The ledger, made where it is not there.
async fn customers_ledger(sizes: &Sizes) -> Result<PathBuf, String> {
    let directory = sizes.directory.join("customers");
    let note = sizes.directory.join("customers.events");
    if std::fs::read_to_string(&note).is_ok_and(|text| text == sizes.events.to_string()) {
        return Ok(directory);
    }
    drop(std::fs::remove_dir_all(&directory));
    let zone = Zone::named("Europe/Berlin").map_err(text)?;
    let ledger = Annals::create(&directory, zone, Options::new()).await.map_err(text)?;
    ledger.close().await.map_err(text)?;
    drop(ledger);
    let log = SledLog::open(&directory, options(sizes.volume_events())).map_err(text)?;
    let (kinds, started) = (Kinds::new()?, Instant::now());
    let customers = (sizes.events / EVENTS_EACH).max(1);
    let mut first = 0;
    while first < sizes.events {
        let until = (first + BATCH).min(sizes.events);
        let events = (first..until).map(|number| kinds.event(number, customers));
        let append = Append::new(&events.collect::<Result<Vec<_>, _>>()?).map_err(text)?;
        log.append(append).await.map_err(text)?;
        first = until;
    }
    log.close().await.map_err(text)?;
    eprintln!("{customers} customers: {}", rate(per_second(sizes.events, started)));
    std::fs::write(note, sizes.events.to_string()).map_err(text)?;
    Ok(directory)
}

/// Rebuilds in a process of its own.
///
/// # Errors
/// With what went wrong.
pub async fn rebuild(sizes: &Sizes) -> Result<Vec<Row>, String> {
    let directory = customers_ledger(sizes).await?;
    let (mut rates, mut memory) = (Rounds::default(), Rounds::default());
    for _ in 0..sizes.rounds {
        let (events, mebibytes) = figures_of(Task::Rebuild, &directory)?;
        rates.push(events);
        memory.push(mebibytes);
    }
    let (events, customers) = (sizes.events, sizes.events / EVENTS_EACH);
    Ok(vec![
        Row {
            work: format!(
                "rebuild of all three projections, saved: {events} events, {customers} customers, \
                 10 % late, 1 % linked"
            ),
            measured: rates.spread(rate),
            ratio: String::new(),
            gate: ">= 1.50M/s".to_owned(),
            holds: Some(rates.median() >= 1.5e6),
        },
        Row {
            work: "the same, memory".to_owned(),
            measured: format!("{:.0} MiB at most", memory.most()),
            ratio: String::new(),
            gate: "<= 3072 MiB".to_owned(),
            holds: Some(memory.most() <= 3072.0),
        },
    ])
}
