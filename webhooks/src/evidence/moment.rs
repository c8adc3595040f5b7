//! Times and durations as tools write them into reports.

use throughline_domain::time::Timestamp;

use crate::members::meant;

/// The longest run whose end is reckoned from its duration, in seconds: some tools write nanoseconds or nonsense.
const MAX_DURATION_SECONDS: f64 = 7.0 * 24.0 * 3_600.0;

/// A moment in RFC 3339 or nearly so: with a space for the `T`, or without a zone, which is then taken as UTC.
///
/// Most formats of reports forbid or forget the zone, and build machines run in UTC. The year 1 and the first second of
/// 1970, which .NET and reproducible builds write, are no moments.
pub fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let spelled = text.replacen(' ', "T", 1);
    Timestamp::parse(&spelled).or_else(|| Timestamp::parse(&format!("{spelled}Z"))).and_then(meant)
}

/// A duration in seconds: `1.25`, `1.4e-05`, `1,234.5`, or with a comma for the point `0,25`.
pub fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = match text.split_once(',') {
        None => text.to_owned(),
        Some((_, behind)) if is_grouped(behind) => text.replace(',', ""),
        Some(_) => text.replacen(',', ".", 1),
    };
    let seconds: f64 = plain.parse().ok()?;
    (0.0..=MAX_DURATION_SECONDS).contains(&seconds).then_some(seconds)
}

/// The moment that many seconds later, to the microsecond; the moment itself where that is too late to be written.
pub fn later(moment: Timestamp, seconds: f64) -> Timestamp {
    let micros = (seconds * 1_000_000.0).round() as i64;
    meant(Timestamp::from_micros(moment.micros().saturating_add(micros))).unwrap_or(moment)
}

/// Whether what stands behind a comma shows that the comma parts thousands.
fn is_grouped(behind: &str) -> bool {
    let digits = behind.split(['.', ',']).next().unwrap_or_default();
    digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{later, read, seconds};

    #[test]
    fn reads_the_times_of_reports() {
        let expected = read("2026-03-14T09:26:06Z");
        assert!(expected.is_some());
        for text in
            ["2026-03-14T09:26:06", " 2026-03-14 09:26:06Z", "2026-03-14T10:26:06.0000000+01:00", "2026-03-14 09:26:06"]
        {
            assert_eq!(read(text), expected, "{text}");
        }
        for text in ["", "14 Mar 2026", "2026-03-14", "1773480366", "é", "0001-01-01T00:00:00", "1970-01-01T00:00:00Z"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn reads_the_durations_of_reports() {
        for (text, expected) in [
            ("1.25", Some(1.25)),
            ("0", Some(0.0)),
            ("1.4e-05", Some(1.4e-05)),
            ("1,234.5", Some(1_234.5)),
            ("1,234", Some(1_234.0)),
            ("12,345,678", None),
            ("0,25", Some(0.25)),
            ("-1", None),
            ("1967986371", None),
            ("NaN", None),
            ("<<computed>>", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
        let start = read("2026-03-14T09:26:06Z").unwrap();
        assert_eq!(later(start, 1.5), read("2026-03-14T09:26:07.5Z").unwrap());
    }
}
