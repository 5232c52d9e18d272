//! What every field of an event can do: be stored, be read from and written as JSON, describe
//! itself.
//!
//! JSON goes through [`serde_json::Value`] so that every refusal can name the exact place, what was
//! expected there and what came. Speed is no concern on that way: files and people use it.

use crate::codec::Stored;
use crate::personal::Personal;
use serde_json::Value;
use std::fmt;

/// A place inside an event's JSON, such as `data.lines[2].quantity`.
#[derive(Clone, Copy, Debug)]
pub enum Path<'a> {
    /// The event itself.
    Root,
    /// A named field of the place before.
    Key(&'a Path<'a>, &'a str),
    /// An element of the list before, counted from 0.
    Index(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    /// A field of this place.
    pub fn key(&'a self, name: &'a str) -> Path<'a> {
        Path::Key(self, name)
    }

    /// An element of this list.
    pub fn index(&'a self, index: usize) -> Path<'a> {
        Path::Index(self, index)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Key(Path::Root, name) => write!(out, "{name}"),
            Path::Key(parent, name) => write!(out, "{parent}.{name}"),
            Path::Index(parent, index) => write!(out, "{parent}[{index}]"),
        }
    }
}

/// A field that could not be accepted: where, what was expected, what came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: expected {expected}, got {came}")]
pub struct FieldError {
    /// The place, such as `data.total.currency`; empty for the whole event.
    pub path: String,
    /// What would have been accepted, with what to do where that is not plain.
    pub expected: String,
    /// What was found, shortened.
    pub came: String,
}

impl FieldError {
    /// A refusal of the JSON value found at a place.
    pub fn new(path: &Path<'_>, expected: impl Into<String>, came: &Value) -> Self {
        Self {
            path: path.to_string(),
            expected: expected.into(),
            came: shortened(&came.to_string()),
        }
    }

    /// A refusal for want of a value.
    pub fn missing(path: &Path<'_>, expected: impl Into<String>) -> Self {
        Self { path: path.to_string(), expected: expected.into(), came: "nothing".to_owned() }
    }

    /// A refusal by a rule over a typed value.
    pub fn rule(
        path: impl Into<String>,
        expected: impl Into<String>,
        came: impl fmt::Display,
    ) -> Self {
        Self { path: path.into(), expected: expected.into(), came: shortened(&came.to_string()) }
    }
}

/// At most 80 characters of what came, so that an error stays readable.
fn shortened(text: &str) -> String {
    const CHARACTERS_MAX: usize = 80;
    if text.chars().count() <= CHARACTERS_MAX {
        return text.to_owned();
    }
    let head: String = text.chars().take(CHARACTERS_MAX).collect();
    format!("{head}…")
}

/// A type that can stand in an event.
pub trait Field: Stored + Clone + PartialEq + fmt::Debug {
    /// The unit of the value, empty where it has none.
    const UNIT: &'static str = "";
    /// Whether the field is personal and sealed before it is hashed or stored.
    const LOCKED: bool = false;

    /// The type as the reference shows it.
    fn type_name() -> String;

    /// Whether a value must be given.
    fn is_required() -> bool {
        Self::absent().is_none()
    }

    /// The value that stands for a missing field, where one may be missing.
    fn absent() -> Option<Self> {
        None
    }

    /// The JSON form; `None` where the field is left out.
    fn to_json(&self) -> Option<Value>;

    /// Reads the JSON form.
    ///
    /// # Errors
    /// With the path, what was expected and what came.
    fn from_json(value: &Value, path: &Path<'_>) -> Result<Self, FieldError>;

    /// Shows each personal field inside, with its place.
    fn personal<'s>(&'s self, _path: &Path<'_>, _visit: &mut dyn FnMut(&Path<'_>, &'s Personal)) {}

    /// Hands out each personal field inside for sealing or opening.
    fn personal_mut(&mut self, _path: &Path<'_>, _visit: &mut dyn FnMut(&Path<'_>, &mut Personal)) {
    }
}

impl<T: Field> Field for Option<T> {
    const UNIT: &'static str = T::UNIT;
    const LOCKED: bool = T::LOCKED;

    fn type_name() -> String {
        T::type_name()
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn to_json(&self) -> Option<Value> {
        self.as_ref().and_then(Field::to_json)
    }

    fn from_json(value: &Value, path: &Path<'_>) -> Result<Self, FieldError> {
        if value.is_null() { Ok(None) } else { T::from_json(value, path).map(Some) }
    }

    fn personal<'s>(&'s self, path: &Path<'_>, visit: &mut dyn FnMut(&Path<'_>, &'s Personal)) {
        if let Some(value) = self {
            value.personal(path, visit);
        }
    }

    fn personal_mut(&mut self, path: &Path<'_>, visit: &mut dyn FnMut(&Path<'_>, &mut Personal)) {
        if let Some(value) = self {
            value.personal_mut(path, visit);
        }
    }
}

/// A list may be left out, which is the same as empty, and holds at most this many elements.
const LIST_MAX: usize = 4096;

impl<T: Field> Field for Vec<T> {
    const UNIT: &'static str = T::UNIT;
    const LOCKED: bool = T::LOCKED;

    fn type_name() -> String {
        format!("list of {}", T::type_name())
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }

    fn to_json(&self) -> Option<Value> {
        if self.is_empty() {
            return None;
        }
        Some(Value::Array(self.iter().map(|value| value.to_json().unwrap_or_default()).collect()))
    }

    fn from_json(value: &Value, path: &Path<'_>) -> Result<Self, FieldError> {
        let Value::Array(values) = value else {
            return Err(FieldError::new(path, Self::type_name(), value));
        };
        if values.len() > LIST_MAX {
            let came = format!("{} elements", values.len());
            return Err(FieldError::rule(
                path.to_string(),
                format!("at most {LIST_MAX} elements"),
                came,
            ));
        }
        values
            .iter()
            .enumerate()
            .map(|(index, value)| T::from_json(value, &path.index(index)))
            .collect()
    }

    fn personal<'s>(&'s self, path: &Path<'_>, visit: &mut dyn FnMut(&Path<'_>, &'s Personal)) {
        for (index, value) in self.iter().enumerate() {
            value.personal(&path.index(index), visit);
        }
    }

    fn personal_mut(&mut self, path: &Path<'_>, visit: &mut dyn FnMut(&Path<'_>, &mut Personal)) {
        for (index, value) in self.iter_mut().enumerate() {
            value.personal_mut(&path.index(index), visit);
        }
    }
}

/// What the reference says of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// The name in JSON and in Rust.
    pub name: &'static str,
    /// The type in words.
    pub type_name: String,
    /// The unit, empty where it has none.
    pub unit: &'static str,
    /// Whether a value must be given.
    pub required: bool,
    /// Whether the field is sealed.
    pub locked: bool,
    /// Whose personal data a sealed field holds; empty for clear fields.
    pub whose: &'static str,
    /// What the field says.
    pub doc: &'static str,
}

impl FieldSpec {
    /// Describes a field of type `T`.
    pub fn of<T: Field>(name: &'static str, whose: &'static str, doc: &'static str) -> Self {
        let whose = if T::LOCKED && whose.is_empty() { "the subject" } else { whose };
        Self {
            name,
            type_name: T::type_name(),
            unit: T::UNIT,
            required: T::is_required(),
            locked: T::LOCKED,
            whose,
            doc: doc.trim(),
        }
    }
}

/// The fields of a JSON object, taken one by one; what is left over is refused by its path.
pub struct Fields<'v> {
    object: &'v serde_json::Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'v> Fields<'v> {
    /// The fields of an object.
    ///
    /// # Errors
    /// When the value is no object.
    pub fn of(value: &'v Value, path: &Path<'_>, what: &str) -> Result<Self, FieldError> {
        match value {
            Value::Object(object) => Ok(Self { object, known: Vec::with_capacity(object.len()) }),
            _ => Err(FieldError::new(path, format!("an object: {what}"), value)),
        }
    }

    /// The raw value of a field, null and absent being the same.
    pub fn raw(&mut self, name: &'static str) -> Option<&'v Value> {
        self.known.push(name);
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// Takes a field.
    ///
    /// # Errors
    /// When it is missing though required, or refused by its type.
    pub fn take<T: Field>(&mut self, name: &'static str, path: &Path<'_>) -> Result<T, FieldError> {
        let place = path.key(name);
        match self.raw(name) {
            Some(value) => T::from_json(value, &place),
            None => T::absent().ok_or_else(|| FieldError::missing(&place, T::type_name())),
        }
    }

    /// Refuses fields that nobody took.
    ///
    /// # Errors
    /// With the path of the first unknown field and the names that are known.
    pub fn finish(self, path: &Path<'_>) -> Result<(), FieldError> {
        match self.object.iter().find(|(name, _)| !self.known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, value)) => {
                let expected = format!("no such field; known here: {}", self.known.join(", "));
                Err(FieldError::new(&path.key(name), expected, value))
            }
        }
    }
}
