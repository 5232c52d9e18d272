//! A customer's history: its events as they count, in the order they occurred.
//!
//! Retracted events are left out, corrected ones are corrected, and what only keeps the books
//! (corrections, retractions, links) does not appear. All three are cut by recorded time alone.

use annals_events::{
    CorrectionRecorded, Event, EventId, Field as _, FieldError, Instant, Payload, RecordedEvent,
};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// A correction that could not be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadCorrection {
    /// The correction.
    pub correction: EventId,
    /// Why it was passed over.
    pub why: String,
}

/// A customer's events as they count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// In the order of (`occurred_at`, position), corrected.
    pub events: Vec<RecordedEvent>,
    /// Corrections passed over because their target cannot take them.
    pub bad_corrections: Vec<BadCorrection>,
}

/// Whether an event only keeps the books on other events, so that no fold sees it.
pub fn is_book_keeping(event: &Event) -> bool {
    matches!(
        event.payload(),
        Payload::CorrectionRecorded(_)
            | Payload::RetractionRecorded(_)
            | Payload::IdentityLinked(_)
            | Payload::IdentityUnlinked(_)
    )
}

/// Whether an event corrects or takes back another.
pub fn is_mending(event: &Event) -> bool {
    matches!(event.payload(), Payload::CorrectionRecorded(_) | Payload::RetractionRecorded(_))
}

impl History {
    /// Makes a history of all events of a customer's members, in any order, as known before an
    /// instant.
    pub fn new(mut recorded: Vec<RecordedEvent>, recorded_before: Option<Instant>) -> Self {
        recorded.retain(|event| recorded_before.is_none_or(|bound| event.recorded_at < bound));
        if recorded.iter().any(|event| is_mending(&event.event)) {
            return Self::mended(recorded);
        }
        recorded.retain(|event| !is_book_keeping(&event.event));
        recorded.sort_by_key(|event| (event.event.occurred_at(), event.position));
        Self { events: recorded, bad_corrections: Vec::new() }
    }

    /// A history with corrections or retractions in it.
    fn mended(mut recorded: Vec<RecordedEvent>) -> Self {
        recorded.sort_by_key(|event| event.position);
        let retracted = retracted(&recorded);
        let mut corrections: HashMap<EventId, Vec<&RecordedEvent>> = HashMap::new();
        for event in &recorded {
            if let Payload::CorrectionRecorded(correction) = event.event.payload()
                && !retracted.contains(&event.event.id())
            {
                corrections.entry(correction.target).or_default().push(event);
            }
        }
        let mut history = Self::default();
        for event in &recorded {
            if retracted.contains(&event.event.id()) || is_book_keeping(&event.event) {
                continue;
            }
            let mut current = event.clone();
            for correction in corrections.get(&event.event.id()).map_or(&[][..], Vec::as_slice) {
                match correct(&current.event, correction) {
                    Ok(corrected) => current.event = corrected,
                    Err(error) => history.bad_corrections.push(BadCorrection {
                        correction: correction.event.id(),
                        why: error.to_string(),
                    }),
                }
            }
            history.events.push(current);
        }
        history.events.sort_by_key(|event| (event.event.occurred_at(), event.position));
        history
    }

    /// The events that occurred before an instant.
    pub fn before(&self, occurred_before: Instant) -> &[RecordedEvent] {
        let end = self.events.partition_point(|event| event.event.occurred_at() < occurred_before);
        self.events.get(..end).unwrap_or_default()
    }
}

/// The events that are taken back by a retraction behind them, read from the last to the first: a
/// retraction that is itself taken back does not count.
fn retracted(recorded: &[RecordedEvent]) -> HashSet<EventId> {
    let positions: HashMap<_, _> =
        recorded.iter().map(|event| (event.event.id(), event.position)).collect();
    let mut retracted = HashSet::new();
    for event in recorded.iter().rev() {
        if let Payload::RetractionRecorded(retraction) = event.event.payload()
            && !retracted.contains(&event.event.id())
            && positions.get(&retraction.target).is_some_and(|target| *target < event.position)
        {
            retracted.insert(retraction.target);
        }
    }
    retracted
}

fn correct(event: &Event, correction: &RecordedEvent) -> Result<Event, FieldError> {
    match correction.event.payload() {
        Payload::CorrectionRecorded(correction) => corrected(event, correction),
        _ => Ok(event.clone()),
    }
}

/// The event with one field replaced; all rules of its kind are checked anew.
///
/// # Errors
/// When the field does not exist, may not be corrected (`id`, `kind`, `subject`), or refuses the
/// value.
pub fn corrected(event: &Event, correction: &CorrectionRecorded) -> Result<Event, FieldError> {
    let path = correction.field.as_str();
    let first = path.split(['.', '[']).next().unwrap_or_default();
    if ["id", "kind", "kind_version", "subject", "foreign_id", "source", ""].contains(&first) {
        let expected = "a field below data, or occurred_at or another field of the envelope: \
                        to change whose fact it is, retract the event and record it anew";
        return Err(FieldError::rule("data.field", expected, path));
    }
    let value = match (&correction.value, &correction.personal_value) {
        (Some(value), _) => value.value(),
        (None, Some(personal)) => personal.to_json().unwrap_or_default(),
        (None, None) => Value::Null,
    };
    let mut json = event.to_json();
    *place(&mut json, path)? = value;
    Event::from_json(&json)
}

/// The place a path such as `data.lines[0].quantity` names; a missing last field is made.
fn place<'v>(json: &'v mut Value, path: &str) -> Result<&'v mut Value, FieldError> {
    let refused =
        || FieldError::rule("data.field", "a field the event has, such as data.total.amount", path);
    let mut at = json;
    for step in path.split('.') {
        let (name, indexes) =
            step.split_once('[').map_or((step, None), |(name, rest)| (name, Some(rest)));
        let object = match at {
            Value::Null => {
                *at = Value::Object(Map::new());
                at.as_object_mut()
            }
            _ => at.as_object_mut(),
        };
        at = object.ok_or_else(refused)?.entry(name).or_insert(Value::Null);
        for index in indexes.iter().flat_map(|rest| rest.split('[')) {
            let index: usize =
                index.strip_suffix(']').and_then(|index| index.parse().ok()).ok_or_else(refused)?;
            at = at.get_mut(index).ok_or_else(refused)?;
        }
    }
    Ok(at)
}
