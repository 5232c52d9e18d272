//! Events as rows: their JSON with personal fields opened, and what they say in one line.

use crate::table::{plain, shortened};
use annals::Annals;
use annals::events::RecordedEvent;
use annals::vault::Opened;
use serde_json::{Map, Value};

/// Characters of one line about an event.
const SUMMARY_CHARACTERS_MAX: usize = 72;

/// The JSON of a recorded event with its personal fields opened wherever there is a key.
pub(crate) fn opened_json(ledger: &Annals, recorded: &RecordedEvent) -> Value {
    let mut value = ledger.to_json(&recorded.event);
    if let Value::Object(object) = &mut value {
        let data = object.shift_remove("data").unwrap_or_default();
        object.insert("position".to_owned(), recorded.position.get().into());
        object.insert("stream_version".to_owned(), recorded.stream_version.get().into());
        object.insert("recorded_at".to_owned(), recorded.recorded_at.to_string().into());
        object.insert("data".to_owned(), data);
    }
    value
}

/// Why personal fields of an event cannot be read, by their place; empty where all can.
pub(crate) fn unreadable_fields(ledger: &Annals, recorded: &RecordedEvent) -> Map<String, Value> {
    let outcome = |opened: Opened| match opened {
        Opened::Text(_) => None,
        Opened::Shredded => Some("shredded".to_owned()),
        Opened::Locked => Some("locked".to_owned()),
        Opened::Damaged(why) => Some(format!("damaged: {why}")),
    };
    let fields = ledger.open_fields(&recorded.event).into_iter();
    fields.filter_map(|(place, opened)| Some((place, outcome(opened)?.into()))).collect()
}

/// What an event says, in one line: its data without what is written for machines alone.
pub(crate) fn summary(ledger: &Annals, recorded: &RecordedEvent) -> String {
    let unreadable = unreadable_fields(ledger, recorded);
    let value = ledger.to_json(&recorded.event);
    let mut parts = Vec::new();
    if let Some(data) = value.get("data") {
        say("data", data, &unreadable, &mut parts);
    }
    shortened(&parts.join(" "), SUMMARY_CHARACTERS_MAX)
}

fn say(place: &str, value: &Value, unreadable: &Map<String, Value>, parts: &mut Vec<String>) {
    let name = place.strip_prefix("data.").unwrap_or_default();
    if let Some(why) = unreadable.get(place) {
        parts.push(format!("{name}=({})", plain(why)));
        return;
    }
    match value {
        Value::Object(object) => {
            if let (Some(amount), Some(currency)) = (object.get("amount"), object.get("currency")) {
                parts.push(format!("{name}={} {}", plain(amount), plain(currency)));
            } else if let (Some(of), Some(max)) = (object.get("value"), object.get("max")) {
                parts.push(format!("{name}={} of {}", plain(of), plain(max)));
            } else {
                // Lists last: they are long, and the line is cut.
                let (lists, others): (Vec<_>, Vec<_>) =
                    object.iter().partition(|(_, value)| value.is_array());
                for (key, value) in others.into_iter().chain(lists) {
                    say(&format!("{place}.{key}"), value, unreadable, parts);
                }
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                say(&format!("{place}[{index}]"), element, unreadable, parts);
            }
        }
        Value::Null => {}
        other => {
            let text = plain(other).replace(char::is_control, " ");
            parts.push(format!("{name}={text}"));
        }
    }
}
