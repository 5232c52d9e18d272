//! The models of buying: fitted when asked for, recorded, and used again.
//!
//! A fit is known by the last day of its data and the digest of the data. Asked for a day whose
//! data was fitted and recorded before, the recorded fit is used; asked for none, the latest
//! recorded one of data up to the day of the question.

use crate::failure::Failure;
use crate::question::Question;
use annals::events::{
    Code, ContentHash, Date, Envelope, Event, EventId, Instant, ModelFitted, OccurredAt, Payload,
    Position, Source, StreamId,
};
use annals::log::{Direction, ReadError, VersionRange};
use annals::loyalty::{Loyalty, LoyaltyModels, calibration, tracking};
use annals::projection::AsOf;
use annals::{Annals, AnnalsError, OWN_SOURCE};
use futures::StreamExt as _;
use serde_json::{Map, Value, json};

/// Models with the data they were fitted to.
#[derive(Clone, Debug)]
pub(crate) struct ModelFit {
    pub(crate) models: LoyaltyModels,
    pub(crate) calibration_end: Date,
    data_digest: ContentHash,
    /// Where and when it was recorded; `None` for a fit made for this question.
    recorded: Option<(Position, Instant)>,
}

impl ModelFit {
    /// The fit a question is answered with: of the data up to a day, or else the latest recorded.
    /// Under other rules than those in force the data may be others too, so the latest is used only
    /// where its data are the same.
    pub(crate) async fn find(
        question: Question<'_, Loyalty>,
        calibration_end: Option<Date>,
    ) -> Result<Option<Self>, Failure> {
        let known = Self::all_recorded(question.ledger(), question.as_of()).await?;
        let end = match (calibration_end, known.last()) {
            (Some(end), _) => end,
            (None, None) => return Ok(None),
            (None, Some(_)) if question.ruleset.is_none() => return Ok(known.into_iter().last()),
            (None, Some(latest)) => latest.calibration_end,
        };
        Self::of(question, end, &known).await.map(Some)
    }

    /// A fit made anew of the data up to a day.
    pub(crate) async fn anew(question: Question<'_, Loyalty>, end: Date) -> Result<Self, Failure> {
        Self::of(question, end, &[]).await
    }

    async fn of(
        question: Question<'_, Loyalty>,
        end: Date,
        known: &[Self],
    ) -> Result<Self, Failure> {
        let today = question.today();
        if end > today {
            return Err(Failure::Usage(format!(
                "expected a calibration that ends by the day asked about, {today}, got {end}: \
                 give a later --as-of"
            )));
        }
        let fit = question.ask(|_, customers, context| {
            let data = calibration(customers, end, context);
            let data_digest = data.data_digest();
            let same = |fit: &&Self| (fit.calibration_end, fit.data_digest) == (end, data_digest);
            known.iter().rfind(same).cloned().unwrap_or_else(|| Self {
                models: LoyaltyModels::fit(&data),
                calibration_end: end,
                data_digest,
                recorded: None,
            })
        });
        fit.await
    }

    /// The recorded fits of data up to the day of a question, as known, in the order of the log.
    async fn all_recorded(ledger: &Annals, as_of: AsOf) -> Result<Vec<Self>, Failure> {
        let today = as_of.day(ledger.zone());
        let own = &StreamId::Ledger;
        let mut events = ledger.log().read_stream(own, VersionRange::ALL, Direction::Forwards);
        let mut fits: Vec<Self> = Vec::new();
        while let Some(recorded) = events.next().await {
            let recorded = match recorded {
                Ok(recorded) => recorded,
                // Of a later version: nothing this build could use.
                Err(ReadError::Unreadable { .. }) => continue,
                Err(error) => return Err(AnnalsError::from(error).into()),
            };
            let known = as_of.recorded_before.is_none_or(|bound| recorded.recorded_at < bound);
            let Payload::ModelFitted(fitted) = recorded.event.payload() else { continue };
            if !known || fitted.as_of > today {
                continue;
            }
            let place = (recorded.position, recorded.recorded_at);
            take_in(&mut fits, fitted, place)?;
        }
        Ok(fits)
    }

    /// Records the fit, one event per model; those recorded before stay as they are.
    pub(crate) async fn record(&mut self, ledger: &Annals) -> Result<(), Failure> {
        for fitted in self.models.to_events(self.calibration_end, self.data_digest) {
            let foreign = format!(
                "model/{}/{}/{}/{}",
                fitted.model, fitted.version, fitted.as_of, fitted.data_digest
            );
            let id = EventId::from_foreign(OWN_SOURCE, &foreign);
            let event = match ledger.event(id).await? {
                Some(event) => event,
                None => own_event(id, &foreign, StreamId::Ledger, ledger.now(), fitted)?,
            };
            let placed = ledger.record(event).await?;
            self.recorded = Some((placed.position, placed.recorded_at));
        }
        Ok(())
    }

    /// The models and the data they rest on, for reports.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let mut figures = match json!(self.models) {
            Value::Object(models) => models,
            _ => Map::new(),
        };
        figures.insert(
            "fit".to_owned(),
            json!({
                "calibration_end": self.calibration_end.to_string(),
                "data_digest": self.data_digest.to_string(),
                "recorded_at": self.recorded.map(|(_, at)| at.to_string()),
                "position": self.recorded.map(|(position, _)| position.get()),
            }),
        );
        figures
    }

    /// Actual against expected repeat occasions by week; nothing without BG/NBD.
    pub(crate) async fn tracking(&self, question: Question<'_, Loyalty>) -> Result<Value, Failure> {
        let Some(model) = &self.models.bg_nbd else { return Ok(Value::Null) };
        let end = self.calibration_end;
        let ask =
            question.ask(|_, customers, context| json!(tracking(customers, end, model, context)));
        ask.await
    }
}

/// Adds a recorded model to the fit it is part of.
fn take_in(
    fits: &mut Vec<ModelFit>,
    fitted: &ModelFitted,
    place: (Position, Instant),
) -> Result<(), Failure> {
    let mut models = LoyaltyModels::default();
    let learned = |models: &mut LoyaltyModels| {
        models.learn(fitted).map_err(|error| Failure::Failed(error.to_string()))
    };
    if !learned(&mut models)? {
        return Ok(());
    }
    let same = |fit: &&mut ModelFit| {
        (fit.calibration_end, fit.data_digest) == (fitted.as_of, fitted.data_digest)
    };
    match fits.iter_mut().find(same) {
        Some(fit) => {
            learned(&mut fit.models)?;
        }
        None => fits.push(ModelFit {
            models,
            calibration_end: fitted.as_of,
            data_digest: fitted.data_digest,
            recorded: Some(place),
        }),
    }
    Ok(())
}

/// An event the program itself records on request, under an id that follows from what it says.
pub(crate) fn own_event(
    id: EventId,
    foreign: &str,
    stream: StreamId,
    at: Instant,
    payload: impl Into<Payload>,
) -> Result<Event, Failure> {
    let mut envelope = Envelope::new(id, stream, OccurredAt::utc(at));
    envelope.source = Source::new(OWN_SOURCE).ok();
    // A name too long to be one is left out: the id says as much.
    envelope.foreign_id = Code::new(foreign).ok();
    Ok(Event::new(envelope, payload).map_err(AnnalsError::from)?)
}
