//! Reading one customer's events from the log.

use crate::error::AnnalsError;
use crate::people::Customer;
use annals_events::{Instant, Position, RecordedEvent, StreamId};
use annals_log::{Direction, EventLog, ReadError, VersionRange};
use annals_projection::History;
use futures::StreamExt as _;

/// All events of a customer's members before a position, as they were recorded, in no particular
/// order. Events that cannot be read here are left out: the projector has parked them.
pub(crate) async fn recorded_events(
    log: &dyn EventLog,
    customer: &Customer,
    end: Option<Position>,
) -> Result<Vec<RecordedEvent>, AnnalsError> {
    let mut found = Vec::new();
    for member in &customer.members {
        let stream = StreamId::Party(member.clone());
        let mut events = log.read_stream(&stream, VersionRange::ALL, Direction::Forwards);
        while let Some(event) = events.next().await {
            match event {
                Ok(event) if end.is_some_and(|end| event.position >= end) => break,
                Ok(event) => found.push(event),
                Err(ReadError::Unreadable { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(found)
}

/// A customer's history before a position, as known before an instant.
pub(crate) async fn history(
    log: &dyn EventLog,
    customer: &Customer,
    end: Option<Position>,
    recorded_before: Option<Instant>,
) -> Result<History, AnnalsError> {
    Ok(History::new(recorded_events(log, customer, end).await?, recorded_before))
}
