//! Small help for putting one JSON body together out of another.

use serde_json::{Map, Value};
use throughline_domain::time::Timestamp;

/// The named members of an object, as far as it has them.
pub(super) fn pick(value: &Value, members: &[&str]) -> Value {
    let mut picked = Map::new();
    for member in members {
        if let Some(found) = value.get(*member) {
            picked.insert((*member).to_owned(), found.clone());
        }
    }
    Value::Object(picked)
}

/// The text at a place, such as `/user/login`, unless it is empty.
pub(super) fn text<'a>(value: &'a Value, place: &str) -> Option<&'a str> {
    value.pointer(place).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The time at a place.
pub(super) fn moment(value: &Value, place: &str) -> Option<Timestamp> {
    text(value, place).and_then(Timestamp::parse)
}

/// Whatever is at a place; null where there is nothing.
pub(super) fn at(value: &Value, place: &str) -> Value {
    value.pointer(place).cloned().unwrap_or_default()
}

/// The whole number at a place.
pub(super) fn number(value: &Value, place: &str) -> Option<u64> {
    value.pointer(place).and_then(Value::as_u64)
}

/// The end of an id that says which state of a thing it is of: its time, or else nothing.
pub(super) fn state(value: &Value, places: &[&str]) -> String {
    places.iter().find_map(|place| text(value, place)).unwrap_or_default().to_owned()
}

/// A moment as interfaces take it in a query: whole seconds, in UTC.
pub(super) fn query_time(at: Timestamp) -> String {
    Timestamp::from_seconds(at.seconds()).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use throughline_domain::time::Timestamp;

    use super::{at, number, pick, query_time, state, text};

    #[test]
    fn what_is_missing_is_nothing() {
        let value = json!({"id": 7, "user": {"login": "ada"}, "title": "", "updated_at": "2026-03-14T09:26:06Z"});
        assert_eq!(pick(&value, &["id", "none"]), json!({"id": 7}));
        assert_eq!(text(&value, "/user/login"), Some("ada"));
        assert_eq!(text(&value, "/title"), None);
        assert_eq!(number(&value, "/id"), Some(7));
        assert_eq!(at(&value, "/user/none"), json!(null));
        assert_eq!(state(&value, &["/title", "/updated_at"]), "2026-03-14T09:26:06Z");
        assert_eq!(query_time(Timestamp::from_micros(1_773_480_366_535_000)), "2026-03-14T09:26:06Z");
    }
}
