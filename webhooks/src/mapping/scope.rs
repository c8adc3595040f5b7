//! What a template can see: the body, one element of a list, the kept headers, and the tables of words.

use std::collections::BTreeMap;

use serde_json::{Number, Value};
use throughline_domain::fact::MAX_MENTION_BYTES;

/// Above this a number with a fraction or an exponent is rounded by whoever reads it, and two ids become one.
const FIRST_ROUNDED: f64 = 9_007_199_254_740_992.0;

/// The tables of `[words.…]`: by name, and in each from the tool's word to ours.
pub(super) type Words = BTreeMap<String, BTreeMap<String, String>>;

/// What is there to be read while one statement is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    /// The whole body.
    pub(super) body: &'a Value,
    /// The element of the list that `each` names.
    pub(super) element: Option<&'a Value>,
    /// The kept headers.
    pub(super) headers: &'a [(String, String)],
    /// The tables of words.
    pub(super) words: &'a Words,
}

impl<'a> Scope<'a> {
    /// The same, for one element of a list.
    pub(super) fn within(&self, element: &'a Value) -> Self {
        Self { element: Some(element), ..*self }
    }

    /// The first value of a header; `name` in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// A value as text, trimmed and cut; `None` for what is empty, and for lists and objects, which have none.
pub(super) fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => cut(text.trim(), MAX_MENTION_BYTES).to_owned(),
        Value::Number(number) => written(number)?,
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// Whether a value is there and not empty.
pub(super) fn is_there(value: &Value) -> bool {
    match value {
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text_of(value).is_some(),
    }
}

/// The first so many bytes of a text, up to a whole character.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

/// A number without exponent; `None` where its digits were lost when it was read.
fn written(number: &Number) -> Option<String> {
    if !number.is_f64() {
        return Some(number.to_string());
    }
    number.as_f64().filter(|number| number.abs() < FIRST_ROUNDED).map(|number| number.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{cut, is_there, text_of};

    #[test]
    fn numbers_are_written_as_people_write_them() {
        for (given, expected) in [
            ("0", Some("0")),
            ("42", Some("42")),
            ("-7", Some("-7")),
            ("18446744073709551615", Some("18446744073709551615")),
            ("1773480366.535", Some("1773480366.535")),
            ("3.0", Some("3")),
            ("1e3", Some("1000")),
            // Read as floating point, these are no longer what was sent.
            ("18446744073709551616", None),
            ("1e300", None),
        ] {
            let value: Value = serde_json::from_str(given).unwrap();
            assert_eq!(text_of(&value).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn what_says_nothing_is_not_there() {
        for value in [json!(null), json!(""), json!("  \n"), json!([]), json!({})] {
            assert!(!is_there(&value), "{value}");
            assert_eq!(text_of(&value), None, "{value}");
        }
        for value in [json!(0), json!(false), json!(" x "), json!([null]), json!({ "a": null })] {
            assert!(is_there(&value), "{value}");
        }
        assert_eq!(text_of(&json!(" x ")).as_deref(), Some("x"));
        assert_eq!(text_of(&json!(["x"])), None);
    }

    #[test]
    fn cuts_between_characters() {
        assert_eq!(cut("héllo", 2), "h");
        assert_eq!(cut("héllo", 3), "hé");
        assert_eq!(cut("héllo", 99), "héllo");
    }
}
