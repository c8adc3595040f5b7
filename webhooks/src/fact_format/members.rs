//! The members of one object of the format, taken out one by one; every complaint carries its place.

use serde_json::{Map, Value};
use throughline_domain::fact::MAX_TEXT_BYTES;
use throughline_domain::time::Timestamp;

use super::{nearest, refuse};
use crate::provider::ParseError;

/// An object of the format and where it stands: `facts[0].links[1]`.
pub(super) struct Members {
    path: String,
    values: Map<String, Value>,
}

impl Members {
    /// Opens an object that may have these members and no other. A member that is `null` counts as missing.
    pub(super) fn open(path: &str, value: Value, known: &[&str]) -> Result<Self, ParseError> {
        let values = match value {
            Value::Object(values) => values,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                return Err(refuse(format!("{} must be an object", if path.is_empty() { "the body" } else { path })));
            }
        };
        let members = Self { path: path.to_owned(), values };
        let unknown = members.values.keys().find(|name| !known.contains(&name.as_str())).cloned();
        match unknown {
            Some(name) => {
                let shown: String = name.chars().take(80).collect();
                Err(members.complain(&format!("the member '{shown}' is not known; {}", nearest::hint(&name, known))))
            }
            None => Ok(members),
        }
    }

    /// A mistake in this object.
    pub(super) fn complain(&self, what: &str) -> ParseError {
        let path = self.path.as_str();
        refuse(if path.is_empty() { what.to_owned() } else { format!("{path}: {what}") })
    }

    /// Where a member stands.
    pub(super) fn place(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Takes a member of any type.
    pub(super) fn value(&mut self, name: &str) -> Option<Value> {
        self.values.remove(name).filter(|value| !value.is_null())
    }

    /// Takes a member that must be there.
    pub(super) fn required(&mut self, name: &str) -> Result<Value, ParseError> {
        self.value(name).ok_or_else(|| self.complain(&format!("'{name}' is missing")))
    }

    /// Takes a text, of at most [`MAX_TEXT_BYTES`].
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, ParseError> {
        self.long_text(name, MAX_TEXT_BYTES)
    }

    /// Takes a text of at most so many bytes.
    pub(super) fn long_text(&mut self, name: &str, limit: usize) -> Result<Option<String>, ParseError> {
        self.value(name).map(|value| text(&self.place(name), value, limit)).transpose()
    }

    /// Takes a time.
    pub(super) fn moment(&mut self, name: &str) -> Result<Option<Timestamp>, ParseError> {
        let place = self.place(name);
        self.text(name)?.map(|text| moment(&place, &text)).transpose()
    }

    /// Takes a list; a missing one is empty.
    pub(super) fn list(&mut self, name: &str) -> Result<Vec<Value>, ParseError> {
        match self.value(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => Ok(values),
            Some(_) => Err(refuse(format!("{} must be a list", self.place(name)))),
        }
    }

    /// Takes an object whose members are not fixed; a missing one is empty.
    pub(super) fn map(&mut self, name: &str) -> Result<Map<String, Value>, ParseError> {
        match self.value(name) {
            None => Ok(Map::new()),
            Some(Value::Object(values)) => Ok(values),
            Some(_) => Err(refuse(format!("{} must be an object", self.place(name)))),
        }
    }
}

/// A value that must be text, not empty, and of at most so many bytes.
pub(super) fn text(place: &str, value: Value, limit: usize) -> Result<String, ParseError> {
    match value {
        Value::String(text) if text.trim().is_empty() => Err(refuse(format!("{place} must not be empty"))),
        Value::String(text) if text.len() > limit => {
            Err(refuse(format!("{place} has {} bytes; at most {limit} are kept", text.len())))
        }
        Value::String(text) => Ok(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(refuse(format!("{place} must be text")))
        }
    }
}

/// A text that must be a time.
pub(super) fn moment(place: &str, text: &str) -> Result<Timestamp, ParseError> {
    let shown: String = text.chars().take(80).collect();
    Timestamp::parse(text)
        .ok_or_else(|| refuse(format!("{place}: '{shown}' is no RFC 3339 time, such as 2026-03-14T09:26:06Z")))
}
