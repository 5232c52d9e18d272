//! A service's own kinds and its own projection over them: parking tickets counted per customer.
//!
//! Kinds of a service's own are called `x.<name>`; the ledger keeps their JSON and looks no
//! further. The projection goes through the same trait as the three that come with Annals, and is
//! rebuilt, moved on, corrected and asked as of any day like them. What it cannot read is parked
//! with its reason.

#![expect(clippy::print_stdout, reason = "an example shows what it has")]

use annals::events::{
    Custom, CustomKind, Envelope, Event, EventId, JsonText, PartyId, Payload, Position,
    RecordedEvent, StreamId, Zone,
};
use annals::projection::{Projection, RulesetError, ViewContext};
use annals::{Annals, Options};
use futures::StreamExt as _;

/// Counts parking tickets and the minutes on them.
struct Parking;

const TICKET: &str = "x.parking.ticket";

#[derive(Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Tickets {
    count: u64,
    minutes: u64,
}

fn minutes_on(event: &RecordedEvent) -> Option<Result<u64, String>> {
    match event.event.payload() {
        Payload::Custom(custom) if custom.kind.as_str() == TICKET => {
            let minutes = custom.data.value().get("minutes").and_then(serde_json::Value::as_u64);
            Some(minutes.ok_or_else(|| "expected a whole number in data.minutes".to_owned()))
        }
        _ => None,
    }
}

impl Projection for Parking {
    type State = Tickets;
    type View = Tickets;
    type Population = Tickets;
    type Rules = ();
    const ID: &'static str = "parking";
    const VERSION: u32 = 1;
    const BUILT_IN_RULES: &'static str = "";

    fn parse_rules(_text: &str) -> Result<(), RulesetError> {
        Ok(())
    }

    fn check(&self, event: &RecordedEvent) -> Result<(), String> {
        minutes_on(event).map_or(Ok(()), |minutes| minutes.map(drop))
    }

    fn apply(&self, state: &mut Tickets, event: &RecordedEvent) {
        if let Some(Ok(minutes)) = minutes_on(event) {
            state.count += 1;
            state.minutes += minutes;
        }
    }

    fn view(&self, state: &Tickets, _context: &ViewContext<'_, ()>) -> Tickets {
        state.clone()
    }

    fn population(
        &self,
        customers: &[&(PartyId, Tickets)],
        _context: &ViewContext<'_, ()>,
    ) -> Tickets {
        let add = |sum: Tickets, (_, one): &&(PartyId, Tickets)| Tickets {
            count: sum.count + one.count,
            minutes: sum.minutes + one.minutes,
        };
        customers.iter().fold(Tickets::default(), add)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::temp_dir().join(format!("annals-parking-{}", uuid::Uuid::now_v7()));
    let options = Options::new().projection(|_zone| Parking);
    let ledger = Annals::create(&directory, Zone::utc(), options).await?;
    for (party, data) in [
        ("P-1", r#"{"minutes": 45}"#),
        ("P-2", r#"{"minutes": 30}"#),
        ("P-1", r#"{"minutes": "long"}"#),
    ] {
        let envelope = Envelope::new(
            EventId::new(uuid::Uuid::now_v7())?,
            StreamId::party(party)?,
            "2026-03-03T09:30:00Z".parse()?,
        );
        let ticket = Custom { kind: CustomKind::new(TICKET)?, data: JsonText::new(data)? };
        ledger.record(Event::new(envelope, Payload::Custom(ticket))?).await?;
    }
    let all = ledger.population::<Parking>(ledger.as_of_now()).await?;
    println!("{} tickets, {} minutes", all.value.count, all.value.minutes);
    for parked in ledger.parked("parking")? {
        println!("position {} was left out: {}", parked.position, parked.why);
    }

    // A consumer of the service's own: it reads on from where it stood, whatever happens in
    // between.
    let mut events = ledger.subscribe(ledger.cursor("mailer")?).take(3);
    while let Some(event) = events.next().await {
        let position: Position = event?.position;
        ledger.move_cursor("mailer", position.plus(1))?;
    }
    println!("the mailer has dealt with everything before position {}", ledger.cursor("mailer")?);
    drop(events);
    Ok(ledger.close().await?)
}
