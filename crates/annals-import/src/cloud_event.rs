//! CloudEvents 1.0 in the JSON format, structured mode (<https://cloudevents.io>).
//!
//! The context attributes become the envelope: `type` the kind, `time` the time it occurred, and
//! `source`, `subject` and `id` what they are called. Envelope fields that CloudEvents does not
//! know come as extension attributes, whose names can have no underscores. What the ledger could
//! not give back is refused by its name, never dropped unless the caller says so.

use annals_events::{Event, FieldError};
use serde_json::{Map, Value};

/// How CloudEvents are read.
#[derive(Clone, Debug, Default)]
pub struct CloudEvents {
    /// What `type` begins with before the kind, such as `org.example.`; every event must have it.
    pub type_prefix: String,
    /// Attributes that are dropped where they come, such as `dataschema` or `traceparent`.
    pub ignore: Vec<String>,
}

/// Attributes and the fields of the event they become. Several have one name in both.
const ATTRIBUTES: [(&str, &str); 15] = [
    ("id", "id"),
    ("source", "source"),
    ("subject", "subject"),
    ("time", "occurred_at"),
    ("data", "data"),
    ("kindversion", "kind_version"),
    ("occurreduntil", "occurred_until"),
    ("precision", "precision"),
    ("channel", "channel"),
    ("touchpoint", "touchpoint"),
    ("correlationid", "correlation"),
    ("causationid", "causation"),
    ("purpose", "purpose"),
    ("lawfulbasis", "lawful_basis"),
    ("confidence", "confidence"),
];

impl CloudEvents {
    /// The event that a `CloudEvent` stands for.
    pub(crate) fn event(&self, value: &Value) -> Result<Event, FieldError> {
        let object = value.as_object().ok_or_else(|| FieldError {
            path: String::new(),
            expected: "a CloudEvent, a JSON object".to_owned(),
            came: crate::import_error::shortened(&value.to_string()),
        })?;
        required(object, "specversion", "\"1.0\"", |text| text == "1.0")?;
        let kind = required(object, "type", "a kind", |_| true)?;
        let kind = kind.strip_prefix(&self.type_prefix).ok_or_else(|| {
            FieldError::rule("type", format!("a type that begins with {}", self.type_prefix), kind)
        })?;
        for name in ["id", "source", "time"] {
            required(object, name, "text", |text| !text.is_empty())?;
        }
        let mut json = Map::with_capacity(object.len());
        json.insert("kind".to_owned(), Value::from(kind));
        let mut actor = Map::new();
        for (name, value) in object {
            if let Some((_, field)) = ATTRIBUTES.iter().find(|(known, _)| known == name) {
                json.insert((*field).to_owned(), value.clone());
                continue;
            }
            match name.as_str() {
                "specversion" | "type" => {}
                "actortype" => drop(actor.insert("actor_type".to_owned(), value.clone())),
                "actorid" => drop(actor.insert("id".to_owned(), value.clone())),
                "datacontenttype" => {
                    required(object, name, "application/json", |text| {
                        let media_type = text.split(';').next().unwrap_or_default().trim();
                        media_type.eq_ignore_ascii_case("application/json")
                    })?;
                }
                _ if self.ignore.iter().any(|ignored| ignored == name) => {}
                _ => return Err(unknown(name, value)),
            }
        }
        if !actor.is_empty() {
            json.insert("actor".to_owned(), Value::Object(actor));
        }
        Event::from_json(&Value::Object(json)).map_err(|mut error| {
            error.path = attribute_path(&error.path);
            error
        })
    }
}

fn required<'v>(
    object: &'v Map<String, Value>,
    name: &str,
    expected: &str,
    accepted: impl Fn(&str) -> bool,
) -> Result<&'v str, FieldError> {
    let came = || match object.get(name) {
        None => "nothing".to_owned(),
        Some(value) => value.to_string(),
    };
    let text = object.get(name).and_then(Value::as_str).filter(|text| accepted(text));
    text.ok_or_else(|| FieldError::rule(name, expected, came()))
}

fn unknown(name: &str, value: &Value) -> FieldError {
    let known: Vec<_> = ATTRIBUTES.iter().map(|(name, _)| *name).collect();
    let expected = format!(
        "one of the attributes specversion, type, datacontenttype, actortype, actorid, {} (name {name} as ignored to drop it)",
        known.join(", ")
    );
    FieldError::rule(name, expected, value)
}

/// The path as the `CloudEvent` has it.
fn attribute_path(path: &str) -> String {
    let (field, rest) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
    let field = match (field, rest) {
        ("kind", _) => "type",
        ("actor", ".actor_type") => return "actortype".to_owned(),
        ("actor", ".id") => return "actorid".to_owned(),
        _ => ATTRIBUTES.iter().find(|(_, ours)| *ours == field).map_or(field, |(name, _)| name),
    };
    format!("{field}{rest}")
}
