//! The vocabulary of Annals: typed events, ids, money, times, kinds and their versions.
//!
//! An [`Event`] is an [`Envelope`] (id, stream, when it occurred, channel ...) and a [`Payload`] of
//! one of the kinds in the table of `kinds.rs`. Every value in it comes from a checking
//! constructor; what cannot be true cannot be built, read from JSON or decoded from bytes.
//!
//! Deliberately absent: IO, clocks, randomness, async. Nothing here knows of logs, disks or keys.

mod choices;
mod code;
pub mod codec;
mod content_hash;
mod currency;
mod date;
mod decimal;
mod decode_error;
mod event;
mod event_id;
mod event_json;
mod field;
mod instant;
mod integers;
mod invalid_value;
mod kind;
mod kind_macro;
mod kinds;
mod money;
mod occurred_at;
mod parts;
mod party_id;
mod personal;
mod position;
mod record;
mod scale;
mod stream_id;
mod text_type;
mod zone;

pub use choices::*;
pub use code::{ClearText, Code, JsonText, Source};
pub use content_hash::ContentHash;
pub use currency::Currency;
pub use date::{Date, Month};
pub use decimal::{Decimal, Share};
pub use event::{Envelope, Event, EventGlance, EventSummary, RecordedEvent};
pub use event_id::EventId;
pub use field::{Field, FieldError, FieldSpec, Fields, Path};
pub use instant::Instant;
pub use integers::{Count, Days, Grade, Seconds, Valence, VersionNumber};
pub use invalid_value::InvalidValue;
pub use kind::{About, Custom, CustomKind, KindSpec, RESERVED};
pub use kinds::*;
pub use money::Money;
pub use occurred_at::OccurredAt;
pub use parts::{Actor, Answer, Evidence, Line};
pub use party_id::{PartyId, looks_personal};
pub use personal::{Personal, PersonalContent};
pub use position::{Position, StreamVersion};
pub use scale::Scale;
pub use stream_id::StreamId;
pub use zone::Zone;
