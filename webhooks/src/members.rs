//! Reading the members of bodies: texts that may be numbers, times in the usual spellings, and what is not there.
//!
//! For fields of serde structs, as `#[serde(default, deserialize_with = "members::text")]`. A value of another type than
//! the tool documents is passed over like a missing one: a tool that changes a field's type costs that field and not the
//! delivery.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use throughline_domain::time::Timestamp;
use url::Url;

/// The last second that RFC 3339 can write.
const LAST_SECOND: i64 = 253_402_300_799;

/// The text without blanks around it; `None` where nothing is left.
pub fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The host that an address names; empty where it names none.
pub fn host(address: Option<&str>) -> String {
    let url = address.and_then(|address| Url::parse(address.trim()).ok());
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// A text, or a number as text; `None` for an empty one and for any other value.
///
/// # Errors
/// That of the deserializer, where the body is no JSON.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text).filter(|text| !text.trim().is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

/// A whole number that is not negative, also one that is written as text.
///
/// # Errors
/// As [`text`].
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

/// The moment, if somebody can mean it: after 1970, since 0 and the year 1 stand for "none", and before the year 10000,
/// since nobody could read it back.
pub fn meant(at: Timestamp) -> Option<Timestamp> {
    (at.micros() > 0 && at.seconds() <= LAST_SECOND).then_some(at)
}

/// The moment that a text tells as RFC 3339; `None` as for [`meant`].
pub fn time(text: Option<&str>) -> Option<Timestamp> {
    filled(text).and_then(Timestamp::parse).and_then(meant)
}

/// A moment as RFC 3339; `None` for anything else, and for the year 1 by which Go and .NET write "none".
///
/// # Errors
/// As [`text`].
pub fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => time(Some(&text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

/// As [`moment`], or a number of seconds since 1970.
///
/// # Errors
/// As [`text`].
pub fn moment_or_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let at = match Value::deserialize(deserializer)? {
        Value::String(text) => Timestamp::parse(text.trim()),
        Value::Number(seconds) => seconds.as_i64().map(Timestamp::from_seconds),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(at.and_then(meant))
}

/// As [`moment`], or a number of milliseconds since 1970, which may be written as text.
///
/// # Errors
/// As [`text`].
pub fn moment_or_millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let at = match Value::deserialize(deserializer)? {
        Value::String(text) => {
            let text = text.trim();
            Timestamp::parse(text).or_else(|| text.parse().ok().map(Timestamp::from_millis))
        }
        Value::Number(millis) => millis.as_i64().map(Timestamp::from_millis),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(at.and_then(meant))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use throughline_domain::time::Timestamp;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Read {
        #[serde(deserialize_with = "super::text")]
        text: Option<String>,
        #[serde(deserialize_with = "super::whole")]
        whole: Option<u64>,
        #[serde(deserialize_with = "super::moment")]
        moment: Option<Timestamp>,
        #[serde(deserialize_with = "super::moment_or_seconds")]
        seconds: Option<Timestamp>,
    }

    #[test]
    fn what_is_of_another_type_is_passed_over() {
        let read = |text: &str| serde_json::from_str::<Read>(text).unwrap();
        let full = read(r#"{"text":7,"whole":"42","moment":"2026-03-14T09:26:06Z","seconds":1773480366}"#);
        assert_eq!((full.text.as_deref(), full.whole), (Some("7"), Some(42)));
        assert_eq!((full.moment, full.seconds), (full.seconds, Some(Timestamp::from_seconds(1_773_480_366))));
        for value in ["null", "[]", "{}", "true", "\"\"", "-1", "1e300", "\"0001-01-01T00:00:00Z\""] {
            let other = read(&format!(r#"{{"whole":{value},"moment":{value},"seconds":{value}}}"#));
            assert_eq!(other, Read::default(), "{value}");
        }
        for seconds in [i64::MIN, -1, 0, 253_402_300_800, i64::MAX] {
            assert_eq!(super::meant(Timestamp::from_seconds(seconds)), None, "{seconds}");
            assert_eq!(read(&format!(r#"{{"seconds":{seconds}}}"#)), Read::default(), "{seconds}");
        }
        assert_eq!(super::time(Some(" 2026-03-14T09:26:06Z ")), full.seconds);
        for none in [None, Some(""), Some("today"), Some("0001-01-01T00:00:00Z")] {
            assert_eq!(super::time(none), None, "{none:?}");
        }
        assert_eq!(super::filled(Some("  ")), None);
        assert_eq!(super::filled(Some(" a ")), Some("a"));
    }
}
