//! Recording facts: seal, encode, append, and what must be known of an event before it may go in.

use crate::error::AnnalsError;
use crate::ledger::{Annals, is_clear};
use annals_events::{
    Code, Count, Envelope, ErasureExecuted, Event, EventId, FieldError, OccurredAt, PartyId, Path,
    Payload, Personal, PersonalContent, StreamId,
};
use annals_log::{
    Append, AppendCondition, Appended, Direction, EventLog as _, Filter, Placed, PositionRange,
    ReadError,
};
use annals_projection::{History, corrected};
use annals_vault::{Vault, VaultError};
use futures::StreamExt as _;
use std::collections::BTreeSet;
use uuid::Uuid;

impl Annals {
    /// Records one fact, durably. Recording the same event again is acknowledged with its first
    /// place.
    ///
    /// # Errors
    /// When the event is refused; nothing is recorded then.
    pub async fn record(&self, event: Event) -> Result<Placed, AnnalsError> {
        let appended = self.append(vec![event], &[]).await?;
        let outcome = appended.outcomes.first().expect("one outcome for one event");
        Ok(outcome.placed())
    }

    /// Records facts all or nothing, durably, under conditions on their streams.
    ///
    /// # Errors
    /// When the append is refused; nothing is recorded then.
    pub async fn append(
        &self,
        events: Vec<Event>,
        conditions: &[AppendCondition],
    ) -> Result<Appended, AnnalsError> {
        let append = self.prepare(events).await?;
        let append = conditions
            .iter()
            .cloned()
            .fold(append, |append, condition| append.expect(condition.stream, condition.expected));
        Ok(self.inner.log.append(append).await?)
    }

    /// Checks and seals events and makes an append of them.
    pub(crate) async fn prepare(&self, mut events: Vec<Event>) -> Result<Append, AnnalsError> {
        self.check_writable()?;
        for index in 0..events.len() {
            let (before, rest) = events.split_at(index);
            if let Some(event) = rest.first() {
                let checked = self.check_target(event, before).await;
                checked.map_err(|error| error.about(event.id()))?;
            }
        }
        self.make_keys(&events)?;
        for event in &mut events {
            let sealed = self.seal_event(event).await;
            sealed.map_err(|error| error.about(event.id()))?;
        }
        Ok(Append::with_record_limit(&events, self.inner.record_bytes_max)?)
    }

    /// Makes the keys of all subjects of a batch with one sync. An event that names no subject is
    /// refused when it is sealed.
    fn make_keys(&self, events: &[Event]) -> Result<(), AnnalsError> {
        let subjects: BTreeSet<_> = events
            .iter()
            .filter_map(|event| Vault::subjects_to_seal(event).ok())
            .flatten()
            .collect();
        if !subjects.is_empty() {
            self.inner.vault.prepare(&subjects)?;
        }
        Ok(())
    }

    async fn seal_event(&self, event: &mut Event) -> Result<(), AnnalsError> {
        let mut clear = false;
        event.visit_personal(&mut |_, personal| clear |= is_clear(personal));
        if !clear {
            return Ok(());
        }
        let sealed = self.inner.vault.seal(event);
        match sealed {
            Ok(()) => Ok(()),
            Err(error @ VaultError::Erased { .. }) => {
                match self.recorded_before_erasure(event).await? {
                    Some(recorded) => {
                        *event = recorded;
                        Ok(())
                    }
                    None => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The event as it was recorded while its subject still had a key: the same but for texts
    /// nobody can compare any more.
    async fn recorded_before_erasure(&self, event: &Event) -> Result<Option<Event>, AnnalsError> {
        let Some(recorded) = self.event(event.id()).await? else { return Ok(None) };
        let without_texts = |event: &Event| {
            let mut event = event.clone();
            let nothing = PersonalContent::Clear("".into());
            event.visit_personal_mut(&mut |_, personal: &mut Personal| {
                personal.set_content(nothing.clone());
            });
            event
        };
        Ok((without_texts(event) == without_texts(&recorded)).then_some(recorded))
    }

    /// The event with this id, personal fields sealed.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn event(&self, id: EventId) -> Result<Option<Event>, AnnalsError> {
        let Some(position) = self.inner.log.position_of(id).await? else { return Ok(None) };
        let range = PositionRange::between(position, position.plus(1));
        match self.inner.log.read(range, &Filter::all(), Direction::Forwards).next().await {
            Some(Ok(recorded)) => Ok(Some(recorded.event)),
            Some(Err(ReadError::Unreadable { .. })) | None => Ok(None),
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// A correction, retraction or unlink must point at an earlier event of the same party, and a
    /// corrected event must still be one that can be true.
    async fn check_target(&self, event: &Event, before: &[Event]) -> Result<(), AnnalsError> {
        let target = match event.payload() {
            Payload::CorrectionRecorded(correction) => correction.target,
            Payload::RetractionRecorded(retraction) => retraction.target,
            Payload::IdentityUnlinked(unlinked) => unlinked.link,
            // Recorded without the key it is to destroy, it would be a promise nobody keeps.
            Payload::ErasureExecuted(_) if self.inner.vault.is_locked() => {
                return Err(VaultError::Locked.into());
            }
            _ => return Ok(()),
        };
        let Some(party) = event.stream().as_party() else { return Ok(()) };
        let found = match before.iter().find(|earlier| earlier.id() == target) {
            Some(earlier) => Some(earlier.clone()),
            None => self.event(target).await?,
        };
        let found = found.filter(|found| found.stream() == event.stream());
        let Some(found) = found else {
            return Err(AnnalsError::NoTarget { by: event.id(), target, party: party.clone() });
        };
        match event.payload() {
            Payload::CorrectionRecorded(correction) => {
                corrected(&self.as_corrected(found).await?, correction)?;
                Ok(())
            }
            Payload::IdentityUnlinked(_)
                if !matches!(found.payload(), Payload::IdentityLinked(_)) =>
            {
                let expected = "the id of an identity.linked event";
                Err(FieldError::rule("data.link", expected, format!("a {} event", found.kind()))
                    .into())
            }
            _ => Ok(()),
        }
    }

    /// An event with the corrections recorded so far.
    async fn as_corrected(&self, event: Event) -> Result<Event, AnnalsError> {
        let Some(party) = event.stream().as_party() else { return Ok(event) };
        let customer = crate::people::Customer::single(party.clone());
        let recorded =
            crate::customer_history::recorded_events(self.log(), &customer, None).await?;
        let history = History::new(recorded, None);
        let current = history.events.into_iter().find(|recorded| recorded.event.id() == event.id());
        Ok(current.map_or(event, |recorded| recorded.event))
    }

    /// Erases a party: records `erasure.executed`, then destroys the key of its personal fields.
    /// Every proof and every figure stays; its personal texts can never be read again. Gives how
    /// many sealed fields of its own stream that were.
    ///
    /// # Errors
    /// When nobody goes by that id, or it cannot be recorded.
    pub async fn erase(&self, party: &PartyId, legal_basis: Code) -> Result<u32, AnnalsError> {
        let customer = crate::people::Customer::single(party.clone());
        let recorded =
            crate::customer_history::recorded_events(self.log(), &customer, None).await?;
        if recorded.is_empty() {
            return Err(AnnalsError::NoCustomer(party.to_string()));
        }
        let mut fields = 0_u32;
        for event in &recorded {
            event.event.visit_personal(&mut |_: &Path<'_>, personal| {
                fields += u32::from(personal.data_subject().is_none_or(|subject| subject == party));
            });
        }
        let id = EventId::new(Uuid::now_v7()).expect("a new UUID is not nil");
        let at = self.zone().at(self.now()).unwrap_or_else(|_| OccurredAt::utc(self.now()));
        let envelope = Envelope::new(id, StreamId::Party(party.clone()), at);
        let counted = Count::new(i64::from(fields)).expect("a count of 32 bits");
        let event = Event::new(envelope, ErasureExecuted { legal_basis, fields: counted })?;
        self.record(event).await?;
        self.inner.projector.lock().await.learn_people().await?;
        Ok(fields)
    }

    /// The JSON form of an event with its personal fields opened wherever there is a key; the
    /// others stay sealed.
    pub fn to_json(&self, event: &Event) -> serde_json::Value {
        self.inner.vault.with_clear_text(event).to_json()
    }

    /// What each personal field of an event holds, by its place.
    pub fn open_fields(&self, event: &Event) -> Vec<(String, annals_vault::Opened)> {
        self.inner.vault.open_event(event)
    }
}
