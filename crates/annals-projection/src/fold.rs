//! Folding a history, and what changed between two views.

use crate::projection::Projection;
use annals_events::RecordedEvent;
use serde_json::Value;

/// The state after these events, which are in order and readable.
pub fn fold<'e, P: Projection>(
    projection: &P,
    events: impl IntoIterator<Item = &'e RecordedEvent>,
) -> P::State {
    let mut state = P::State::default();
    for event in events {
        if projection.check(event).is_ok() {
            projection.apply(&mut state, event);
        }
    }
    state
}

/// One place at which two views differ.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// The place, such as `complaints.open`.
    pub path: String,
    /// What stood there before; null where nothing did.
    pub before: Value,
    /// What stands there now; null where nothing does.
    pub after: Value,
}

/// The places at which two JSON values differ, in the order of the first, then of the second.
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    found
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<Change>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                let place = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let null = Value::Null;
                compare(
                    &place,
                    old.get(key).unwrap_or(&null),
                    new.get(key).unwrap_or(&null),
                    found,
                );
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for index in 0..old.len().max(new.len()) {
                let null = Value::Null;
                let (old, new) = (old.get(index).unwrap_or(&null), new.get(index).unwrap_or(&null));
                compare(&format!("{path}[{index}]"), old, new, found);
            }
        }
        _ => found.push(Change {
            path: path.to_owned(),
            before: before.clone(),
            after: after.clone(),
        }),
    }
}
