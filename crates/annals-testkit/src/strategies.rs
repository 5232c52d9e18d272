//! Proptest strategies over the vocabulary: rows of choices, read as values.
//!
//! A failing case shrinks because its row does: numbers towards nought, which is the simplest
//! choice, and fewer of them.

use crate::choices::Choices;
use crate::event::{around, event_in, sealed};
use crate::from_choices::FromChoices;
use crate::payload::payload_of_kind;
use annals_events::{About, Event, KindSpec, PartyId, Payload, StreamId};
use proptest::prelude::*;
use std::fmt::Debug;

/// More choices than any event takes as a rule; a shorter row goes on with noughts.
const CHOICES_MAX: usize = 160;

/// What a function makes of a row of choices.
fn made<T: Debug>(make: impl Fn(&mut Choices<'_>) -> T) -> impl Strategy<Value = T> {
    prop::collection::vec(any::<u64>(), 0..CHOICES_MAX)
        .prop_map(move |row| make(&mut Choices::given(&row)))
}

/// Any value of a type.
pub fn any_value<T: FromChoices + Debug>() -> impl Strategy<Value = T> {
    made(T::from_choices)
}

/// Any payload of any kind, those of services' own included.
pub fn any_payload() -> impl Strategy<Value = Payload> {
    any_value()
}

/// Any payload of one kind.
pub fn payload_of(kind: &KindSpec) -> impl Strategy<Value = Payload> + use<> {
    let name = kind.name;
    made(move |choices| payload_of_kind(name, choices).expect("the table has the kind"))
}

/// Any event of one kind, personal fields clear.
pub fn event_of(kind: &KindSpec) -> impl Strategy<Value = Event> + use<> {
    let (name, about) = (kind.name, kind.about);
    made(move |choices| {
        let stream = match about {
            About::Ledger => StreamId::Ledger,
            About::Party | About::Either => StreamId::Party(PartyId::from_choices(choices)),
        };
        let payload = payload_of_kind(name, choices).expect("the table has the kind");
        around(payload, &stream, choices)
    })
}

/// Any event, personal fields clear: what a caller has in hand.
pub fn any_event() -> impl Strategy<Value = Event> {
    any_value()
}

/// Any event, personal fields ciphertext: what can be encoded and appended.
pub fn any_event_sealed() -> impl Strategy<Value = Event> {
    any_event().prop_map(sealed)
}

/// Any event of a stream, personal fields ciphertext.
pub fn event_in_stream(stream: StreamId) -> impl Strategy<Value = Event> {
    made(move |choices| sealed(event_in(&stream, choices)))
}
