//! Recording many facts of which some may be refused: the good ones go in, the others are named.
//!
//! Events go to the log in appends as large as a block takes. An append that is refused for one
//! event is made again without it.

use crate::error::AnnalsError;
use crate::ledger::Annals;
use annals_events::{Event, PersonalContent};
use annals_log::{APPEND_BYTES_MAX, APPEND_EVENTS_MAX, AppendError, Outcome};

/// What became of one event of many.
pub type Each = Result<Outcome, AnnalsError>;

impl Annals {
    /// Records whatever can be recorded of some facts, each for itself, and gives what became of
    /// each, in their order. They are durable when this returns.
    ///
    /// # Errors
    /// When the log takes no more appends; what went in before stays in, and giving the same events
    /// again goes on where it stopped.
    pub async fn append_each(&self, events: &[Event]) -> Result<Vec<Each>, AnnalsError> {
        let mut outcomes: Vec<Option<Each>> = events.iter().map(|_| None).collect();
        for batch in batches(events) {
            self.append_batch(events, batch, &mut outcomes).await?;
        }
        Ok(outcomes
            .into_iter()
            .map(|outcome| outcome.expect("every event was in a batch"))
            .collect())
    }

    /// `batch`: which of the events.
    async fn append_batch(
        &self,
        events: &[Event],
        batch: Vec<usize>,
        outcomes: &mut [Option<Each>],
    ) -> Result<(), AnnalsError> {
        let mut set = |index: usize, outcome: Each| {
            if let Some(place) = outcomes.get_mut(index) {
                *place = Some(outcome);
            }
        };
        let mut waiting = vec![batch];
        while let Some(mut batch) = waiting.pop() {
            if batch.is_empty() {
                continue;
            }
            let chosen: Vec<_> =
                batch.iter().filter_map(|index| events.get(*index)).cloned().collect();
            match self.append(chosen, &[]).await {
                Ok(appended) => {
                    for (index, outcome) in batch.into_iter().zip(appended.outcomes) {
                        set(index, Ok(outcome));
                    }
                }
                Err(AnnalsError::Append(AppendError::TooLarge { .. })) if batch.len() > 1 => {
                    let late = batch.split_off(batch.len() / 2);
                    waiting.extend([late, batch]);
                }
                Err(error) => {
                    let Some(place) = refused_event(&error, events, &batch) else {
                        return Err(error);
                    };
                    let index = batch.remove(place);
                    if matches!(error, AnnalsError::Append(AppendError::IdRepeated { .. })) {
                        // A duplicate or a conflict: an append of its own will tell.
                        waiting.push(vec![index]);
                    } else {
                        set(index, Err(error));
                    }
                    waiting.push(batch);
                }
            }
        }
        Ok(())
    }
}

/// The event an append was refused for, where it was for one: the last of that id.
fn refused_event(error: &AnnalsError, events: &[Event], batch: &[usize]) -> Option<usize> {
    let refused = match error {
        AnnalsError::Append(
            AppendError::IdTaken { id, .. }
            | AppendError::IdRepeated { id }
            | AppendError::RecordTooLarge { id, .. }
            | AppendError::AheadOfClock { id, .. },
        )
        | AnnalsError::NoTarget { by: id, .. }
        | AnnalsError::RefusedEvent { id, .. } => *id,
        _ => return None,
    };
    batch.iter().rposition(|index| events.get(*index).is_some_and(|event| event.id() == refused))
}

/// The events in pieces that fill a block well; a piece that is too large after all is split later.
fn batches(events: &[Event]) -> Vec<Vec<usize>> {
    let mut batches = Vec::new();
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for (index, event) in events.iter().enumerate() {
        let more = size_estimate(event);
        if batch.len() == APPEND_EVENTS_MAX || bytes + more > APPEND_BYTES_MAX {
            batches.push(std::mem::take(&mut batch));
            bytes = 0;
        }
        bytes += more;
        batch.push(index);
    }
    batches.push(batch);
    batches
}

/// About how many bytes an event takes: sealing adds a little to each personal field, and the
/// record's own bytes are known only after it.
fn size_estimate(event: &Event) -> usize {
    const WITHOUT_TEXTS_BYTES: usize = 96;
    const SEAL_BYTES: usize = 64;
    let mut bytes = WITHOUT_TEXTS_BYTES;
    event.visit_personal(&mut |_, personal| {
        if let PersonalContent::Clear(text) = personal.content() {
            bytes += text.len() + SEAL_BYTES;
        }
    });
    bytes
}
