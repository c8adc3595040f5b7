//! Reading a body: JSON, or a form.

use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::json;
use crate::provider::{ParseError, Request};

/// The most fields of a form.
const MAX_FIELDS: usize = 1_000;

const EXPECTED: &str = "JSON";

/// The content type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// The field in which several tools send JSON within a form.
const JSON_FIELD: &str = "payload";

/// The body as a value. A form is an object of texts, or the JSON that it carries.
///
/// # Errors
/// [`ParseError::Body`] where it is no JSON, [`ParseError::TooMany`] for a form of more than [`MAX_FIELDS`].
pub(super) fn read(request: &Request<'_>) -> Result<Value, ParseError> {
    let content_type = request.header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case(FORM) {
        return json::read(request.body, EXPECTED);
    }
    let mut fields = Map::new();
    for (index, (name, value)) in form_urlencoded::parse(request.body).enumerate() {
        if index >= MAX_FIELDS {
            return Err(ParseError::TooMany { what: "fields of a form", count: index + 1, limit: MAX_FIELDS });
        }
        // A field that is sent twice is not two texts; the first counts.
        fields.entry(name.into_owned()).or_insert_with(|| Value::String(value.into_owned()));
    }
    let carried =
        fields.get(JSON_FIELD).and_then(Value::as_str).map(|text| json::read::<Value>(text.as_bytes(), EXPECTED));
    match carried {
        Some(Ok(value @ (Value::Object(_) | Value::Array(_)))) => Ok(value),
        Some(Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | Err(_)) | None => {
            Ok(Value::Object(fields))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::read;
    use crate::provider::Request;

    fn body(content_type: &str, body: &str) -> Result<Value, String> {
        let headers = [("content-type".to_owned(), content_type.to_owned())];
        read(&Request { headers: &headers, body: body.as_bytes() }).map_err(|error| error.to_string())
    }

    #[test]
    fn a_form_is_an_object_of_texts_or_what_it_carries() {
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        for (content_type, sent, expected) in [
            ("application/json", r#"{"a":1}"#, json!({ "a": 1 })),
            ("text/plain", "[1]", json!([1])),
            ("", "\u{feff}{}", json!({})),
            (form, "host=web+1&state=DOWN%21&state=UP", json!({ "host": "web 1", "state": "DOWN!" })),
            (form, "payload=%7B%22a%22%3A1%7D", json!({ "a": 1 })),
            (form, "payload=7&a=b", json!({ "payload": "7", "a": "b" })),
            (form, "payload=%7B", json!({ "payload": "{" })),
            (form, "", json!({})),
        ] {
            assert_eq!(body(content_type, sent), Ok(expected), "{content_type} {sent}");
        }
        assert!(body("application/json", "host=web-1").is_err());
        assert!(body("application/json", "").is_err());
        assert!(body(form, &"a=b&".repeat(1_001)).is_err());
    }
}
