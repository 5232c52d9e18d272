//! The JSON form of an event, close to `CloudEvents`: `id`, `kind`, `subject`, `occurred_at`, ...,
//! `data`.
//!
//! Reading refuses unknown fields by their path. What the ledger assigns (`position`,
//! `stream_version`, `recorded_at`) is shown for recorded events and passed over when read, so that
//! what `annals log` prints can be recorded elsewhere.

use crate::choices::Precision;
use crate::{
    Code, Envelope, Event, EventId, Field, FieldError, Fields, OccurredAt, PartyId, Path, Payload,
    RecordedEvent, Source, StreamId,
};
use serde_json::{Map, Value};

impl Event {
    /// The JSON form, without what the ledger assigns. Sealed fields are `{"sealed": base64}`.
    pub fn to_json(&self) -> Value {
        let envelope = self.envelope();
        let mut object = Map::new();
        put(&mut object, "id", &envelope.id);
        object.insert("kind".to_owned(), Value::from(self.kind()));
        object.insert("kind_version".to_owned(), Value::from(self.payload().version()));
        put(&mut object, "subject", &envelope.stream.as_party().cloned());
        put(&mut object, "occurred_at", &envelope.occurred_at);
        put(&mut object, "occurred_until", &envelope.occurred_until);
        if envelope.precision != Precision::Second {
            put(&mut object, "precision", &envelope.precision);
        }
        put(&mut object, "foreign_id", &envelope.foreign_id);
        put(&mut object, "source", &envelope.source);
        put(&mut object, "actor", &envelope.actor);
        put(&mut object, "channel", &envelope.channel);
        put(&mut object, "touchpoint", &envelope.touchpoint);
        put(&mut object, "correlation", &envelope.correlation);
        put(&mut object, "causation", &envelope.causation);
        put(&mut object, "purpose", &envelope.purpose);
        put(&mut object, "lawful_basis", &envelope.lawful_basis);
        put(&mut object, "evidence", &envelope.evidence);
        put(&mut object, "confidence", &envelope.confidence);
        object.insert("data".to_owned(), self.payload().to_json());
        Value::Object(object)
    }

    /// Reads the JSON form. An `id` that is no UUID is a foreign one and needs a `source`.
    ///
    /// # Errors
    /// With the path of the field at fault, what was expected and what came.
    pub fn from_json(value: &Value) -> Result<Self, FieldError> {
        let root = Path::Root;
        let mut fields =
            Fields::of(value, &root, "an event with id, kind, subject, occurred_at and data")?;
        for assigned in ["position", "stream_version", "recorded_at"] {
            fields.raw(assigned);
        }
        let kind: Code = fields.take("kind", &root)?;
        let version: Option<crate::VersionNumber> = fields.take("kind_version", &root)?;
        let subject: Option<PartyId> = fields.take("subject", &root)?;
        let source: Option<Source> = fields.take("source", &root)?;
        let given: Option<Code> = fields.take("foreign_id", &root)?;
        let (id, foreign_id) = read_id(&mut fields, source.as_ref(), given)?;
        let occurred_at: OccurredAt = fields.take("occurred_at", &root)?;
        let mut envelope =
            Envelope::new(id, subject.map_or(StreamId::Ledger, StreamId::Party), occurred_at);
        envelope.source = source;
        envelope.foreign_id = foreign_id;
        envelope.occurred_until = fields.take("occurred_until", &root)?;
        envelope.precision =
            fields.take::<Option<Precision>>("precision", &root)?.unwrap_or(Precision::Second);
        envelope.actor = fields.take("actor", &root)?;
        envelope.channel = fields.take("channel", &root)?;
        envelope.touchpoint = fields.take("touchpoint", &root)?;
        envelope.correlation = fields.take("correlation", &root)?;
        envelope.causation = fields.take("causation", &root)?;
        envelope.purpose = fields.take("purpose", &root)?;
        envelope.lawful_basis = fields.take("lawful_basis", &root)?;
        envelope.evidence = fields.take("evidence", &root)?;
        envelope.confidence = fields.take("confidence", &root)?;
        let empty = Value::Object(Map::new());
        let data = fields.raw("data").unwrap_or(&empty);
        fields.finish(&root)?;
        let payload = Payload::from_json(kind.as_str(), data, &root.key("data"))?;
        if let Some(version) = version
            && version.get() != u32::from(payload.version())
        {
            let expected = format!("{}, the version of {kind} this build reads", payload.version());
            return Err(FieldError::rule("kind_version", expected, version));
        }
        Self::new(envelope, payload)
    }
}

fn read_id(
    fields: &mut Fields<'_>,
    source: Option<&Source>,
    given: Option<Code>,
) -> Result<(EventId, Option<Code>), FieldError> {
    let root = Path::Root;
    let text: Code = fields.take("id", &root)?;
    if let Ok(id) = text.as_str().parse() {
        return Ok((id, given));
    }
    match (source, given) {
        (Some(source), None) => {
            Ok((EventId::from_foreign(source.as_str(), text.as_str()), Some(text)))
        }
        (None, None) => {
            let expected = "a UUID, or a source beside an id of another form";
            Err(FieldError::rule("id", expected, text))
        }
        (_, Some(_)) => Err(FieldError::rule("id", "a UUID beside foreign_id", text)),
    }
}

fn put<T: Field>(object: &mut Map<String, Value>, name: &str, field: &T) {
    if let Some(value) = field.to_json() {
        object.insert(name.to_owned(), value);
    }
}

impl RecordedEvent {
    /// The JSON form with what the ledger assigned: `position`, `stream_version`, `recorded_at`.
    pub fn to_json(&self) -> Value {
        let mut value = self.event.to_json();
        if let Value::Object(object) = &mut value {
            let data = object.remove("data");
            object.insert("position".to_owned(), Value::from(self.position.get()));
            object.insert("stream_version".to_owned(), Value::from(self.stream_version.get()));
            object.insert("recorded_at".to_owned(), Value::from(self.recorded_at.to_string()));
            object.insert("data".to_owned(), data.unwrap_or_default());
        }
        value
    }
}
