//! A text as the tools write it: some as a text, some as a number, some leave it out.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use throughline_domain::time::Timestamp;

/// How many digits of a second are kept.
const MICRO_DIGITS: usize = 6;

/// Unix times below this are seconds; it is the year 5138.
const SECONDS_END: i64 = 100_000_000_000;

/// Unix times below this, and not seconds, are milliseconds.
const MILLIS_END: i64 = 100_000_000_000_000;

/// Unix times below this, and neither of them, are microseconds; the rest are nanoseconds.
const MICROS_END: i64 = 100_000_000_000_000_000;

/// A text, number or flag; anything else counts as missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Text(Option<String>);

impl Text {
    /// The text without blanks around it; `None` where nothing is left.
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    /// The text as a moment: RFC 3339, or a Unix time in the unit that its size tells.
    ///
    /// `None` for anything else, and for all that lies before 1970: by the year 1, some tools write "none".
    pub fn time(&self) -> Option<Timestamp> {
        let text = self.get()?;
        Timestamp::parse(text).or_else(|| unix(text)).filter(|at| at.micros() > 0)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(plain(Value::deserialize(deserializer)?)))
    }
}

/// The text of a plain value.
pub(super) fn plain(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn unix(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let number = whole.parse::<i64>().ok().filter(|number| *number >= 0)?;
    let micros = if number < SECONDS_END {
        let digits: String = fraction.chars().chain("000000".chars()).take(MICRO_DIGITS).collect();
        number * 1_000_000 + digits.parse::<i64>().ok().filter(|micros| *micros >= 0)?
    } else if number < MILLIS_END {
        number * 1_000
    } else if number < MICROS_END {
        number
    } else {
        number / 1_000
    };
    Some(Timestamp::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::Text;

    fn read(json: &str) -> Text {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn numbers_and_flags_are_texts() {
        let cases = [
            (r#"" PAY ""#, Some("PAY")),
            ("23", Some("23")),
            ("true", Some("true")),
            (r#""  ""#, None),
            ("null", None),
            (r#"["a"]"#, None),
            (r#"{"a":1}"#, None),
        ];
        for (json, expected) in cases {
            assert_eq!(read(json).get(), expected, "{json}");
        }
    }

    #[test]
    fn a_moment_in_any_usual_form() {
        let cases = [
            (r#""2026-03-14T09:26:06.535Z""#, Some("2026-03-14T09:26:06.535Z")),
            (r#""2026-03-14T10:26:06.535+0100""#, Some("2026-03-14T09:26:06.535Z")),
            ("1773480366", Some("2026-03-14T09:26:06Z")),
            ("1773480366.535", Some("2026-03-14T09:26:06.535Z")),
            (r#""1773480366535""#, Some("2026-03-14T09:26:06.535Z")),
            ("1773480366535002", Some("2026-03-14T09:26:06.535002Z")),
            ("1773480366535002246", Some("2026-03-14T09:26:06.535002Z")),
            (r#""0001-01-01T00:00:00Z""#, None),
            ("0", None),
            ("-5", None),
            ("1.5e300", None),
            (r#""5.-1""#, None),
            (r#""yesterday""#, None),
        ];
        for (json, expected) in cases {
            let time = read(json).time().map(|at| at.to_string());
            assert_eq!(time.as_deref(), expected, "{json}");
        }
    }
}
