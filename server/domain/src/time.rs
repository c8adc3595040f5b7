//! Moments in time, in the one unit that every store keeps exactly.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment: microseconds since 1970-01-01T00:00:00Z.
///
/// Microseconds because PostgreSQL keeps no more; a finer value would be read back changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment that many microseconds after 1970 (before it, where negative).
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The moment that many whole seconds after 1970; saturates at the ends of the range.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// The moment that many milliseconds after 1970; saturates at the ends of the range.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// Reads an RFC 3339 time, or ISO 8601 with an offset without a colon (`+0000`), as Jira writes it.
    ///
    /// Answers `None` for anything else; digits below a microsecond are cut off.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
            .ok()
            .map(|moment| Self(moment.timestamp_micros()))
    }

    /// Microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This moment moved by some seconds (earlier, where negative); saturates.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// The moment for people: `2026-03-14 09:26 UTC`.
    pub fn to_minute(self) -> String {
        match DateTime::<Utc>::from_timestamp_micros(self.0) {
            Some(moment) => moment.format("%Y-%m-%d %H:%M UTC").to_string(),
            None => self.0.to_string(),
        }
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(moment: DateTime<Utc>) -> Self {
        Self(moment.timestamp_micros())
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with as many digits below the second as are needed.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::<Utc>::from_timestamp_micros(self.0) {
            Some(moment) => formatter.write_str(&moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None => write!(formatter, "{}us", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("'{text}' is not an RFC 3339 time")))
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn reads_the_forms_that_tools_write() {
        let expected = Timestamp::from_millis(1_773_480_366_535);
        for text in ["2026-03-14T09:26:06.535Z", "2026-03-14T10:26:06.535+01:00", "2026-03-14T09:26:06.535+0000"] {
            assert_eq!(Timestamp::parse(text), Some(expected), "{text}");
        }
        assert_eq!(Timestamp::parse("yesterday"), None);
        assert_eq!(Timestamp::parse(&expected.to_string()), Some(expected));
    }
}
