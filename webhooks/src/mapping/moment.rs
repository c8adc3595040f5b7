//! Times as tools write them, and as we do.

use throughline_domain::time::Timestamp;

use crate::members::meant;

/// The moments between which a number of unknown unit is believed to lie, in seconds: the years 2000 to 2100.
const LIKELY_SECONDS: std::ops::Range<i64> = 946_684_800..4_102_444_800;

/// How many of a unit make a second, for the units that tools count in.
const UNITS: [i64; 4] = [1, 1_000, 1_000_000, 1_000_000_000];

/// An RFC 3339 time.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text.trim()).and_then(meant)
}

/// A Unix number, of which so many make a second.
pub(super) fn counted(text: &str, units: i64) -> Option<Timestamp> {
    let text = text.trim();
    let micros = match text.parse::<i64>() {
        Ok(count) => i64::try_from(i128::from(count) * 1_000_000 / i128::from(units)).ok()?,
        Err(_) => {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            let seconds = text.parse::<f64>().ok().filter(|_| digits)? / units as f64;
            // What is beyond the range becomes its end, which nobody means.
            (seconds * 1e6).round() as i64
        }
    };
    meant(Timestamp::from_micros(micros))
}

/// A time in any usual spelling: RFC 3339 and what comes near it, or a Unix number whose size tells its unit.
///
/// A time without an offset is taken as UTC.
pub(super) fn guessed(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.starts_with(|first: char| first.is_ascii_digit()) && text.bytes().all(|byte| byte != b'-' && byte != b':') {
        let likely = UNITS.iter().filter_map(|unit| counted(text, *unit));
        if let Some(at) = likely.into_iter().find(|at| LIKELY_SECONDS.contains(&at.seconds())) {
            return Some(at);
        }
    }
    read(text).or_else(|| read(&rewritten(text)?))
}

/// `2026.03.14 09:26 UTC` as RFC 3339.
fn rewritten(text: &str) -> Option<String> {
    let (date, rest) = match text.find(['T', 't', ' ']) {
        Some(place) => (text.get(..place)?, text.get(place + 1..)?.trim()),
        None => (text, "00:00:00"),
    };
    let date = date.replace(['.', '/'], "-");
    let offset_at = rest.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, ':' | '.' | ','));
    let (time, offset) = rest.split_at_checked(offset_at.unwrap_or(rest.len()))?;
    let time = match time.bytes().filter(|byte| *byte == b':').count() {
        1 => format!("{time}:00"),
        _ => time.replace(',', "."),
    };
    let offset = match offset.trim() {
        "" | "Z" | "z" | "UTC" | "GMT" => "+00:00".to_owned(),
        hours if hours.len() == 3 => format!("{hours}:00"),
        other => other.to_owned(),
    };
    Some(format!("{date}T{time}{offset}"))
}

#[cfg(test)]
mod tests {
    use super::{counted, guessed, read};

    #[test]
    fn every_usual_spelling_is_one_moment() {
        let expected = read("2026-03-14T09:26:06Z");
        assert!(expected.is_some());
        for text in [
            "2026-03-14T09:26:06Z",
            " 2026-03-14T10:26:06+01:00 ",
            "2026-03-14t09:26:06z",
            "2026-03-14T10:26:06+0100",
            "2026-03-14 09:26:06",
            "2026-03-14 09:26:06 UTC",
            "2026-03-14 10:26:06 +0100",
            "2026-03-14 10:26:06+01",
            "2026.03.14 09:26:06",
            "2026/03/14 09:26:06.000 GMT",
            "2026-03-14T09:26:06,000Z",
            "1773480366",
            "1773480366000",
            "1773480366000000",
            "1773480366000000000",
            "1773480366.0",
        ] {
            assert_eq!(guessed(text), expected, "{text}");
        }
        assert_eq!(guessed("2026-03-14 09:26"), read("2026-03-14T09:26:00Z"));
        assert_eq!(guessed("2026-03-14"), read("2026-03-14T00:00:00Z"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "0",
            "yesterday",
            "0001-01-01T00:00:00Z",
            "2026-13-14 09:26:06",
            "09:26:06",
            "2026",
            "160513393115100000",
            "99999999999999999999999999",
            "-1773480366",
            "é",
            "2026-03-14 é",
            "1969-12-31 23:59:55",
        ] {
            assert_eq!(guessed(text), None, "{text}");
        }
    }

    #[test]
    fn a_count_has_the_unit_that_is_said() {
        assert_eq!(counted("1773480366", 1), read("2026-03-14T09:26:06Z"));
        assert_eq!(counted("1773480366.535", 1), read("2026-03-14T09:26:06.535Z"));
        assert_eq!(counted("1773480366535", 1_000), read("2026-03-14T09:26:06.535Z"));
        for (text, units) in [("160513393115100000", 1_000), ("1e300", 1), ("inf", 1), ("NaN", 1), ("-5", 1), ("x", 1)]
        {
            assert_eq!(counted(text, units), None, "{text}");
        }
    }
}
