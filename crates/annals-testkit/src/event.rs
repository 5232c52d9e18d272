//! Whole events made from choices: an envelope around a payload that fits it.

use crate::choices::{Choices, Presence};
use crate::from_choices::FromChoices;
use crate::payload::{payload_for, payload_of_kind};
use annals_events::{
    About, Code, Envelope, Event, EventId, KindSpec, OccurredAt, PartyId, Payload, PersonalContent,
    Source, StreamId,
};

impl FromChoices for StreamId {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        match choices.below(8) {
            7 => Self::Ledger,
            _ => Self::Party(PartyId::from_choices(choices)),
        }
    }
}

impl FromChoices for Payload {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        let stream = StreamId::from_choices(choices);
        payload_for(&stream, choices)
    }
}

impl FromChoices for Event {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        let stream = StreamId::from_choices(choices);
        event_in(&stream, choices)
    }
}

/// An event in a given stream; personal fields are clear.
pub fn event_in(stream: &StreamId, choices: &mut Choices<'_>) -> Event {
    let payload = payload_for(stream, choices);
    around(payload, stream, choices)
}

/// An event that says this, in a stream it fits; personal fields are clear.
///
/// # Panics
/// When the payload does not belong in the stream.
pub fn around(payload: Payload, stream: &StreamId, choices: &mut Choices<'_>) -> Event {
    let mut payload = payload;
    if let Payload::IdentityLinked(link) = &mut payload
        && stream.as_party() == Some(&link.other)
    {
        let other = format!("{}0", link.other.as_str().chars().take(8).collect::<String>());
        link.other = PartyId::new(&other).expect("a short id and a digit are an id");
    }
    let envelope = envelope_in(stream, choices);
    Event::new(envelope, payload).expect("choices make events that can be true")
}

fn envelope_in(stream: &StreamId, choices: &mut Choices<'_>) -> Envelope {
    let id = EventId::from_choices(choices);
    let occurred_at = OccurredAt::from_choices(choices);
    let mut envelope = Envelope::new(id, stream.clone(), occurred_at);
    if !choices.is_given() {
        return envelope;
    }
    let later = i64::try_from(choices.below(1_000_000)).unwrap_or(0);
    let until = OccurredAt::utc(occurred_at.instant().plus_seconds(later));
    envelope.occurred_until = choices.is_given().then_some(until);
    envelope.precision = FromChoices::from_choices(choices);
    envelope.source = FromChoices::from_choices(choices);
    envelope.foreign_id = FromChoices::from_choices(choices);
    if let Some(foreign) = &envelope.foreign_id {
        let source = envelope.source.get_or_insert(Source::new("shop").expect("a source"));
        envelope.id = EventId::from_foreign(source.as_str(), Code::as_str(foreign));
    }
    envelope.actor = FromChoices::from_choices(choices);
    envelope.channel = FromChoices::from_choices(choices);
    envelope.touchpoint = FromChoices::from_choices(choices);
    envelope.correlation = FromChoices::from_choices(choices);
    envelope.causation = FromChoices::from_choices(choices);
    envelope.purpose = FromChoices::from_choices(choices);
    envelope.lawful_basis = FromChoices::from_choices(choices);
    envelope.evidence = FromChoices::from_choices(choices);
    envelope.confidence = FromChoices::from_choices(choices);
    envelope
}

/// The same event with every personal field turned into ciphertext of some sort, so that it can be
/// encoded. No vault opens it.
pub fn sealed(mut event: Event) -> Event {
    event.visit_personal_mut(&mut |_, personal| {
        if let PersonalContent::Clear(text) = personal.content() {
            let ciphertext = text.bytes().map(|byte| byte ^ 0xa5).chain([0; 4]).collect();
            personal.set_content(PersonalContent::Sealed(ciphertext));
        }
    });
    event
}

/// One fixed, sealed event of a kind: with every field given, or with none that may be left out.
///
/// # Panics
/// Never for a kind of the table.
pub fn sample(kind: &KindSpec, presence: Presence) -> Event {
    let mut choices = Choices::steady(u64::from(kind.code), presence);
    let payload = payload_of_kind(kind.name, &mut choices).expect("the table has the kind");
    let stream = match kind.about {
        About::Ledger => StreamId::Ledger,
        About::Party | About::Either => {
            StreamId::party("C-1000").expect("letters and digits are a party id")
        }
    };
    sealed(around(payload, &stream, &mut choices))
}
