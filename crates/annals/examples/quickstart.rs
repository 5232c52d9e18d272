//! A ledger in thirty lines: record a purchase and a survey, ask what they come to.

use annals::events::{
    Answer, Code, Envelope, Event, EventId, Money, Payload, PurchaseCompleted, Scale, StreamId,
    SurveyAnswered, VersionNumber, Zone,
};
use annals::{Annals, Options, loyalty::Loyalty, satisfaction::Satisfaction};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory =
        std::env::temp_dir().join(format!("annals-quickstart-{}", uuid::Uuid::now_v7()));
    let ledger = Annals::create(&directory, Zone::named("Europe/Berlin")?, Options::new()).await?;
    let fact = |at: &str, payload: Payload| -> Result<Event, Box<dyn std::error::Error>> {
        let id = EventId::new(uuid::Uuid::now_v7())?;
        Ok(Event::new(Envelope::new(id, StreamId::party("C-7")?, at.parse()?), payload)?)
    };
    let total = Money::parse("24.90", "EUR".parse()?)?;
    let purchase = PurchaseCompleted { order: None, lines: vec![], total, margin: None };
    ledger.record(fact("2026-03-03T09:30:00+01:00", purchase.into())?).await?;
    let (item, scale) = (Code::new("nps")?, Some(Scale::new(0, 10, 9)?));
    let answers = vec![Answer {
        item: item.clone(),
        scale,
        choice: None,
        aspect: None,
        level: None,
        text: None,
    }];
    let (instrument_version, response_time) = (VersionNumber::new(1)?, None);
    let survey = SurveyAnswered {
        survey: None,
        instrument: item,
        instrument_version,
        answers,
        response_time,
    };
    ledger.record(fact("2026-03-10T18:00:00+01:00", survey.into())?).await?;

    let as_of = ledger.as_of_now();
    let customer = ledger.customer("C-7", as_of).await?;
    println!("{}", serde_json::to_string_pretty(&ledger.view::<Loyalty>(&customer, as_of).await?)?);
    println!(
        "{}",
        serde_json::to_string_pretty(&ledger.population::<Satisfaction>(as_of).await?.value)?
    );
    Ok(ledger.close().await?)
}
