//! Reading bodies: one place that bounds the depth and names what is wrong.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::provider::ParseError;

/// Reads a body as JSON of a known shape. Unknown fields are passed over; nesting is bounded by `serde_json` (128).
///
/// # Errors
/// [`ParseError::Body`] with the place in the body.
pub fn read<T: DeserializeOwned>(body: &[u8], expected: &'static str) -> Result<T, ParseError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).map_err(|error| ParseError::Body { expected, cause: error.to_string() })
}

/// Reads a body that is one event or a list of events.
///
/// # Errors
/// As [`read`]; [`ParseError::Body`] also where it is neither, [`ParseError::TooMany`] over `limit` events.
pub fn read_events(body: &[u8], expected: &'static str, limit: usize) -> Result<Vec<Value>, ParseError> {
    match read(body, expected)? {
        Value::Array(events) if events.len() > limit => {
            Err(ParseError::TooMany { what: "events", count: events.len(), limit })
        }
        Value::Array(events) => Ok(events),
        event @ Value::Object(_) => Ok(vec![event]),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(ParseError::Body { expected, cause: "it is neither an event nor a list of events".to_owned() })
        }
    }
}
