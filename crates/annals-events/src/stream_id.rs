//! Streams: the events of one party, or of the ledger itself.

use crate::codec::{DecodeError, Decoder, Encoder, Stored};
use crate::{InvalidValue, PartyId};
use std::fmt;

/// Whose events a stream holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamId {
    /// The ledger's own book-keeping: rulesets, models, rates, imports.
    Ledger,
    /// The events about one party.
    Party(PartyId),
}

impl StreamId {
    /// The stream of a party.
    ///
    /// # Errors
    /// When the text is no party id.
    pub fn party(id: &str) -> Result<Self, InvalidValue> {
        PartyId::new(id).map(Self::Party)
    }

    /// The party, where the stream is one's.
    pub fn as_party(&self) -> Option<&PartyId> {
        match self {
            Self::Ledger => None,
            Self::Party(id) => Some(id),
        }
    }
}

impl From<PartyId> for StreamId {
    fn from(id: PartyId) -> Self {
        Self::Party(id)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger => out.pad("(the ledger)"),
            Self::Party(id) => out.pad(id.as_str()),
        }
    }
}

impl Stored for StreamId {
    fn store(&self, to: &mut Encoder) {
        // The empty text is no party id, so it can stand for the ledger's own stream.
        to.slice(self.as_party().map_or("", PartyId::as_str).as_bytes());
    }

    #[inline]
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        match from.slice()? {
            [] => Ok(Self::Ledger),
            id => PartyId::restored(id).map(Self::Party),
        }
    }
}
