//! What the fold keeps of one contact: how it came, who took it, how long it took, how it ended.

use crate::code_table::{CodeIndex, CodeTable};
use annals_events::{Channel, ContactOccurred, Direction, Event, Instant, Seconds};
use serde::{Deserialize, Serialize};

/// One contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contact {
    pub(crate) at: Instant,
    /// Whether the customer began.
    pub(crate) inbound: bool,
    pub(crate) channel: Option<Channel>,
    pub(crate) agent: Option<CodeIndex>,
    pub(crate) queue: Option<CodeIndex>,
    pub(crate) outcome: Option<CodeIndex>,
    pub(crate) duration_seconds: Option<u32>,
    /// Whether nothing had to be taken up again.
    pub(crate) resolved_first: Option<bool>,
}

impl Contact {
    pub(crate) fn of(contact: &ContactOccurred, event: &Event, codes: &mut CodeTable) -> Self {
        let mut place = |code: &Option<_>| code.as_ref().map(|code| codes.place(code));
        Self {
            at: event.occurred_at(),
            inbound: contact.direction == Direction::In,
            channel: event.envelope().channel,
            agent: place(&contact.agent),
            queue: place(&contact.queue),
            outcome: place(&contact.outcome),
            duration_seconds: contact.duration.map(Seconds::get),
            resolved_first: contact.first_contact_resolution,
        }
    }
}
