//! The event: an envelope that all kinds share, and what the kind says.

use crate::choices::{Channel, LawfulBasis, Precision, Purpose};
use crate::codec::{DecodeError, Decoder, Encoder, Stored};
use crate::parts::{Actor, Evidence};
use crate::{
    About, Code, EventId, FieldError, Instant, OccurredAt, Path, Payload, Personal,
    PersonalContent, Position, Share, Source, StreamId, StreamVersion,
};

/// What every event has, whatever its kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// The idempotency key.
    pub id: EventId,
    /// The producer's own id, where that is no UUID; then `id` is made from it and `source`.
    pub foreign_id: Option<Code>,
    /// Whose stream the event lies in.
    pub stream: StreamId,
    /// When it was true in the world.
    pub occurred_at: OccurredAt,
    /// The end of a period that began then.
    pub occurred_until: Option<OccurredAt>,
    /// How precisely the time is known.
    pub precision: Precision,
    /// The system that asserts it.
    pub source: Option<Source>,
    /// Who did it.
    pub actor: Option<Actor>,
    /// The way on which it came about.
    pub channel: Option<Channel>,
    /// The touchpoint at which it came about.
    pub touchpoint: Option<Code>,
    /// The case, order or journey it belongs to.
    pub correlation: Option<Code>,
    /// The event that caused it.
    pub causation: Option<EventId>,
    /// What its personal data is processed for.
    pub purpose: Option<Purpose>,
    /// Why that is lawful.
    pub lawful_basis: Option<LawfulBasis>,
    /// What lies outside the ledger and bears it out.
    pub evidence: Vec<Evidence>,
    /// How sure an inferred fact is.
    pub confidence: Option<Share>,
}

impl Envelope {
    /// An envelope with nothing but what every event must have; precise to the second.
    pub fn new(id: EventId, stream: impl Into<StreamId>, occurred_at: OccurredAt) -> Self {
        Self {
            id,
            foreign_id: None,
            stream: stream.into(),
            occurred_at,
            occurred_until: None,
            precision: Precision::Second,
            source: None,
            actor: None,
            channel: None,
            touchpoint: None,
            correlation: None,
            causation: None,
            purpose: None,
            lawful_basis: None,
            evidence: Vec::new(),
            confidence: None,
        }
    }

    /// The fields that may be left out, in stored order: a bit says whether each is there.
    fn store_optional(&self, to: &mut Encoder) {
        let present = [
            self.foreign_id.is_some(),
            self.occurred_until.is_some(),
            self.source.is_some(),
            self.actor.is_some(),
            self.channel.is_some(),
            self.touchpoint.is_some(),
            self.correlation.is_some(),
            self.causation.is_some(),
            self.purpose.is_some(),
            self.lawful_basis.is_some(),
            !self.evidence.is_empty(),
            self.confidence.is_some(),
        ];
        let bits = present.iter().rev().fold(0, |bits, &is| bits << 1 | u64::from(is));
        to.unsigned(bits);
        put(&self.foreign_id, to);
        put(&self.occurred_until, to);
        put(&self.source, to);
        put(&self.actor, to);
        put(&self.channel, to);
        put(&self.touchpoint, to);
        put(&self.correlation, to);
        put(&self.causation, to);
        put(&self.purpose, to);
        put(&self.lawful_basis, to);
        if !self.evidence.is_empty() {
            self.evidence.store(to);
        }
        put(&self.confidence, to);
    }

    /// Reads the fields that may be left out, which are none so far, each where it is to stay.
    #[inline]
    fn restore_optional(&mut self, from: &mut Decoder<'_>) -> Result<(), DecodeError> {
        let bits: u16 = from.narrow()?;
        if bits >> 12 != 0 {
            return Err(DecodeError::malformed(format_args!(
                "{bits:#x} names envelope fields that do not exist"
            )));
        }
        // The fields are read in stored order, which is that of the bits.
        get(bits, 0, &mut self.foreign_id, from)?;
        get(bits, 1, &mut self.occurred_until, from)?;
        get(bits, 2, &mut self.source, from)?;
        get(bits, 3, &mut self.actor, from)?;
        get(bits, 4, &mut self.channel, from)?;
        get(bits, 5, &mut self.touchpoint, from)?;
        get(bits, 6, &mut self.correlation, from)?;
        get(bits, 7, &mut self.causation, from)?;
        get(bits, 8, &mut self.purpose, from)?;
        get(bits, 9, &mut self.lawful_basis, from)?;
        if bits >> 10 & 1 == 1 {
            self.evidence = Stored::restore(from)?;
            if self.evidence.is_empty() {
                return Err(DecodeError::not_canonical());
            }
        }
        get(bits, 11, &mut self.confidence, from)
    }
}

#[expect(clippy::ref_option, reason = "the fields are options, and there are a dozen of them")]
fn put<T: Stored>(field: &Option<T>, to: &mut Encoder) {
    if let Some(value) = field {
        value.store(to);
    }
}

#[inline]
fn get<T: Stored>(
    bits: u16,
    bit: u8,
    field: &mut Option<T>,
    from: &mut Decoder<'_>,
) -> Result<(), DecodeError> {
    if bits >> bit & 1 == 1 {
        *field = Some(T::restore(from)?);
    }
    Ok(())
}

/// A fact about a party or the ledger, checked, with personal fields clear or sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    envelope: Envelope,
    payload: Payload,
}

impl Event {
    /// Puts an envelope and a payload together.
    ///
    /// # Errors
    /// When the kind does not belong in the stream, a period ends before it begins, the id is not
    /// that of the foreign id, a party is linked with itself, or the payload's own fields do not go
    /// together.
    pub fn new(envelope: Envelope, payload: impl Into<Payload>) -> Result<Self, FieldError> {
        let payload = payload.into();
        check_envelope(&envelope, &payload)?;
        payload.check().map_err(|mut error| {
            error.path = format!("data.{}", error.path);
            error
        })?;
        Ok(Self { envelope, payload })
    }

    /// The envelope.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// What the event says.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The idempotency key.
    pub fn id(&self) -> EventId {
        self.envelope.id
    }

    /// Whose stream it lies in.
    pub fn stream(&self) -> &StreamId {
        &self.envelope.stream
    }

    /// The kind's name.
    pub fn kind(&self) -> &str {
        self.payload.kind()
    }

    /// When it was true in the world.
    pub fn occurred_at(&self) -> Instant {
        self.envelope.occurred_at.instant()
    }

    /// The bytes a caller answers for: all of the event but what the ledger assigns. See
    /// `docs/format.md`.
    ///
    /// # Errors
    /// When a personal field has not been sealed; with its place.
    pub fn encode(&self) -> Result<Vec<u8>, FieldError> {
        let mut clear = None;
        self.visit_personal(&mut |path, personal| {
            if matches!(personal.content(), PersonalContent::Clear(_)) && clear.is_none() {
                clear = Some(path.to_string());
            }
        });
        if let Some(path) = clear {
            return Err(FieldError::rule(
                path,
                "a sealed field: seal the event with a vault first",
                "clear text",
            ));
        }
        let mut to = Encoder::after(Vec::with_capacity(128));
        to.unsigned(u64::from(self.payload.code()));
        to.byte(self.payload.version());
        self.envelope.id.store(&mut to);
        self.envelope.stream.store(&mut to);
        self.envelope.occurred_at.store(&mut to);
        self.envelope.precision.store(&mut to);
        self.envelope.store_optional(&mut to);
        self.payload.store(&mut to);
        Ok(to.into_bytes())
    }

    /// Reads an event back; strict: every byte is used, and encoding gives the same bytes again.
    ///
    /// # Errors
    /// When the bytes are no event, or one of a kind unknown here.
    #[inline]
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        restore(bytes, |envelope, payload, _| Self { envelope, payload })
    }

    /// Reads an event back as strictly as [`Self::decode`] does, and keeps no more of it than its
    /// summary: what is looked at and let go of need not be put together.
    ///
    /// # Errors
    /// When the bytes are no event, or one of a kind unknown here.
    pub fn decode_strictly_to_summary(bytes: &[u8]) -> Result<EventSummary, DecodeError> {
        restore(bytes, |envelope, _, (code, version)| {
            let Envelope { id, stream, occurred_at, precision, .. } = envelope;
            EventSummary { code, version, id, stream, occurred_at, precision }
        })
    }

    /// Reads only whose event it is and when it occurred, which holds for kinds that are unknown
    /// here too.
    ///
    /// # Errors
    /// When the bytes do not begin as an event does.
    pub fn decode_summary(bytes: &[u8]) -> Result<EventSummary, DecodeError> {
        EventSummary::restore(&mut Decoder::new(bytes))
    }

    /// Reads no more than whose event it is and of what kind, without taking a copy.
    ///
    /// # Errors
    /// When the bytes do not begin as an event does.
    pub fn glance(bytes: &[u8]) -> Result<EventGlance<'_>, DecodeError> {
        let mut from = Decoder::new(bytes);
        let code = from.narrow()?;
        from.byte()?;
        from.raw::<16>()?;
        let party = from.text()?;
        Ok(EventGlance { code, party: (!party.is_empty()).then_some(party) })
    }

    /// Whose event it is and when it occurred, as [`Self::decode_summary`] would read it.
    pub fn summary(&self) -> EventSummary {
        EventSummary {
            code: self.payload.code(),
            version: self.payload.version(),
            id: self.envelope.id,
            stream: self.envelope.stream.clone(),
            occurred_at: self.envelope.occurred_at,
            precision: self.envelope.precision,
        }
    }

    /// Shows each personal field with its place, such as `data.answers[0].text`.
    pub fn visit_personal<'s>(&'s self, visit: &mut dyn FnMut(&Path<'_>, &'s Personal)) {
        self.payload.personal(&Path::Root.key("data"), visit);
    }

    /// Hands out each personal field for sealing or opening.
    pub fn visit_personal_mut(&mut self, visit: &mut dyn FnMut(&Path<'_>, &mut Personal)) {
        self.payload.personal_mut(&Path::Root.key("data"), visit);
    }
}

/// Reads all of an event, and gives it with the code and version of its kind as they are stored.
#[inline]
fn restore<T>(
    bytes: &[u8],
    give: impl FnOnce(Envelope, Payload, (u16, u8)) -> T,
) -> Result<T, DecodeError> {
    let mut from = Decoder::new(bytes);
    let EventSummary { code, version, id, stream, occurred_at, precision } =
        EventSummary::restore(&mut from)?;
    let mut envelope = Envelope { precision, ..Envelope::new(id, stream, occurred_at) };
    envelope.restore_optional(&mut from)?;
    let payload = Payload::restore(code, version, &mut from)?;
    from.finish()?;
    check_envelope(&envelope, &payload).map_err(DecodeError::impossible)?;
    // Every part refuses all forms but the one it is stored in, so that encoding gives these bytes
    // again.
    Ok(give(envelope, payload, (code, version)))
}

fn check_envelope(envelope: &Envelope, payload: &Payload) -> Result<(), FieldError> {
    match (payload.about(), &envelope.stream) {
        (About::Party, StreamId::Ledger) => {
            let expected = format!("the party that {} is about", payload.kind());
            return Err(FieldError::rule("subject", expected, "nothing"));
        }
        (About::Ledger, StreamId::Party(id)) => {
            let expected = format!("no subject: {} is about the ledger itself", payload.kind());
            return Err(FieldError::rule("subject", expected, id));
        }
        _ => {}
    }
    if let Some(until) = envelope.occurred_until
        && until.instant() < envelope.occurred_at.instant()
    {
        let expected = format!("a time not before occurred_at ({})", envelope.occurred_at);
        return Err(FieldError::rule("occurred_until", expected, until));
    }
    if let Some(foreign_id) = &envelope.foreign_id {
        let Some(source) = &envelope.source else {
            let expected = "the system that chose the id, because an id that is no UUID is unique only beside its source";
            return Err(FieldError::rule("source", expected, "nothing"));
        };
        let made = EventId::from_foreign(source.as_str(), foreign_id.as_str());
        if made != envelope.id {
            return Err(FieldError::rule(
                "id",
                format!("{made}, made from source and foreign_id"),
                envelope.id,
            ));
        }
    }
    if let (Payload::IdentityLinked(link), Some(subject)) = (payload, envelope.stream.as_party())
        && link.other == *subject
    {
        return Err(FieldError::rule("data.other", "another party than the subject", subject));
    }
    Ok(())
}

/// What can be read of an event without knowing its kind.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSummary {
    /// The kind's stable number.
    pub code: u16,
    /// The version of the kind's schema.
    pub version: u8,
    /// The idempotency key.
    pub id: EventId,
    /// Whose stream it lies in.
    pub stream: StreamId,
    /// When it was true in the world.
    pub occurred_at: OccurredAt,
    /// How precisely the time is known.
    pub precision: Precision,
}

impl EventSummary {
    #[inline]
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            code: from.narrow()?,
            version: from.byte()?,
            id: EventId::restore(from)?,
            stream: StreamId::restore(from)?,
            occurred_at: OccurredAt::restore(from)?,
            precision: Precision::restore(from)?,
        })
    }
}

/// What tells an event that is wanted from one that is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventGlance<'a> {
    /// The kind's stable number.
    pub code: u16,
    /// The text of the party's id; `None` for the ledger's own stream.
    pub party: Option<&'a str>,
}

/// An event in its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedEvent {
    /// The place in the log.
    pub position: Position,
    /// The place in the stream.
    pub stream_version: StreamVersion,
    /// When the ledger learned it; never runs backwards along the log.
    pub recorded_at: Instant,
    /// The event, personal fields sealed.
    pub event: Event,
}
