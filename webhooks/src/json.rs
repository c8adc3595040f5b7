//! Reading bodies: one place that bounds the depth and names what is wrong.

use serde::de::DeserializeOwned;

use crate::provider::ParseError;

/// Reads a body as JSON of a known shape. Unknown fields are passed over; nesting is bounded by `serde_json` (128).
///
/// # Errors
/// [`ParseError::Body`] with the place in the body.
pub fn read<T: DeserializeOwned>(body: &[u8], expected: &'static str) -> Result<T, ParseError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).map_err(|error| ParseError::Body { expected, cause: error.to_string() })
}
