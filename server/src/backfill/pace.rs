//! How fast a tool may be asked: what its answer says about waiting, trying again and giving up.

use std::time::Duration;

use reqwest::header::HeaderMap;
use throughline_domain::time::Timestamp;

/// How often a request is tried again after a fault of the tool or of the way to it.
pub(super) const MAX_TRIES: u32 = 5;

/// How often one request is made to wait for a limit of the tool.
pub(super) const MAX_RESTS: u32 = 6;

/// The longest wait for a limit, in seconds: the tools' limits are by the hour, and clocks differ a little.
pub(super) const MAX_REST_SECONDS: u64 = 3_700;

/// How long to wait where a tool says that there is a limit and not when it ends, in seconds.
const UNKNOWN_REST_SECONDS: u64 = 60;

/// The pause before the second try.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// What to do after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Read it.
    Read,
    /// The tool asks to be left alone for so many seconds.
    Rest(u64),
    /// The tool has failed; it may do better a moment later.
    Again,
    /// The answer is final.
    Refused,
}

/// What to do after an answer with this status, these headers and this body.
pub(super) fn judge(status: u16, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Verdict {
    match status {
        200..=299 => Verdict::Read,
        429 => Verdict::Rest(rest(headers, now).unwrap_or(UNKNOWN_REST_SECONDS)),
        // GitHub says "forbidden" of its limits, too, and tells them apart by headers or, for the secondary one, by words.
        403 => match rest(headers, now) {
            Some(seconds) => Verdict::Rest(seconds),
            None if names_a_limit(body) => Verdict::Rest(UNKNOWN_REST_SECONDS),
            None => Verdict::Refused,
        },
        408 | 500 | 502..=599 => match number(headers, "retry-after") {
            Some(seconds) => Verdict::Rest(seconds),
            None => Verdict::Again,
        },
        _ => Verdict::Refused,
    }
}

/// How long to rest before the next request, where the answer says so: in so many seconds, or once the limit begins
/// anew and nothing is left of this one.
pub(super) fn rest(headers: &HeaderMap, now: Timestamp) -> Option<u64> {
    if let Some(seconds) = number(headers, "retry-after") {
        return Some(seconds);
    }
    for (left, reset) in [("x-ratelimit-remaining", "x-ratelimit-reset"), ("ratelimit-remaining", "ratelimit-reset")] {
        if number(headers, left) == Some(0) {
            let ends = number(headers, reset).and_then(|seconds| i64::try_from(seconds).ok())?;
            let seconds = ends.saturating_sub(now.seconds()).saturating_add(1).max(1);
            return u64::try_from(seconds).ok();
        }
    }
    None
}

/// The pause before the next try; `tried` counts those that have failed.
pub(super) fn pause(tried: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(tried.saturating_sub(1).min(MAX_TRIES)))
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

fn names_a_limit(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_lowercase();
    text.contains("rate limit") || text.contains("abuse detection")
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
    use throughline_domain::time::Timestamp;

    use super::{Verdict, judge, pause, rest};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a_limit_is_waited_for_and_a_refusal_is_final() {
        let now = Timestamp::from_seconds(1_000);
        let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1030")];
        for (status, given, body, expected) in [
            (200, &[][..], "", Verdict::Read),
            (403, &[], "Resource not accessible by integration", Verdict::Refused),
            (403, &[], "You have exceeded a secondary rate limit.", Verdict::Rest(60)),
            (403, &[("retry-after", "7")], "", Verdict::Rest(7)),
            (403, &spent, "", Verdict::Rest(31)),
            (403, &[("x-ratelimit-remaining", "12"), ("x-ratelimit-reset", "1030")], "", Verdict::Refused),
            (429, &[], "", Verdict::Rest(60)),
            (429, &[("ratelimit-remaining", "0"), ("ratelimit-reset", "900")], "", Verdict::Rest(1)),
            (500, &[], "", Verdict::Again),
            (503, &[("retry-after", "2")], "", Verdict::Rest(2)),
            (501, &[], "", Verdict::Refused),
            (404, &[], "", Verdict::Refused),
        ] {
            assert_eq!(judge(status, &headers(given), body.as_bytes(), now), expected, "{status} {given:?} {body}");
        }
        assert_eq!(rest(&headers(&[("retry-after", "Sat, 14 Mar 2026 09:26:06 GMT")]), now), None);
    }

    #[test]
    fn pauses_grow() {
        let pauses: Vec<u128> = (1..=5).map(|tried| pause(tried).as_millis()).collect();
        assert_eq!(pauses, [250, 500, 1_000, 2_000, 4_000]);
    }
}
