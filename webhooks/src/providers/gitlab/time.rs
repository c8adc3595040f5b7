//! GitLab's times, which come as RFC 3339, as `2026-03-14 09:26:06 UTC` and as `2026-03-14 10:26:06 +0100`.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use throughline_domain::time::Timestamp;

/// Reads a time in any of GitLab's forms; without a zone it is one of the database's, which are in UTC.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(at) = Timestamp::parse(text) {
        return Some(at);
    }
    let mut parts = text.split(' ');
    let (date, time, zone) = (parts.next()?, parts.next()?, parts.next().unwrap_or("UTC"));
    let zone = if zone == "UTC" { "Z" } else { zone };
    if parts.next().is_some() {
        return None;
    }
    Timestamp::parse(&format!("{date}T{time}{zone}"))
}

/// Reads a member that holds a time; anything else says nothing about a time.
pub(super) fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let at = match Value::deserialize(deserializer)? {
        Value::String(text) => read(&text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(at.filter(|at| at.micros() > 0))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn every_form_is_one_moment() {
        for text in [
            "2026-03-14T09:26:06Z",
            "2026-03-14T09:26:06.000Z",
            "2026-03-14T10:26:06+01:00",
            "2026-03-14 09:26:06 UTC",
            "2026-03-14 10:26:06 +0100",
            " 2026-03-14 09:26:06 ",
        ] {
            assert_eq!(read(text).map(|at| at.seconds()), Some(1_773_480_366), "{text}");
        }
        for text in ["", "2026-03-14", "yesterday", "2026-03-14 09:26:06 UTC or so", "2026-03-14 09:26:06 CET"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
