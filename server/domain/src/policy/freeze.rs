//! Freeze windows: times in which nothing goes out, once or every week.

use serde::Deserialize;

use super::{PolicyError, Selector, wrong};
use crate::time::Timestamp;

/// The longest reason that is accepted, in bytes.
const MAX_REASON_BYTES: usize = 500;

const MINUTES_A_DAY: i64 = 24 * 60;
const MINUTES_A_WEEK: i64 = 7 * MINUTES_A_DAY;

/// What day of the week 1970-01-01 was, counted from Monday.
const FIRST_WEEKDAY: i64 = 3;

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A time in which nothing goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// Why, for people.
    pub reason: String,
    /// Where and for what it holds.
    pub selector: Selector,
    /// When it holds.
    pub window: Window,
}

/// When a freeze holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Once: from the first moment up to the second, without it.
    Once(Timestamp, Timestamp),
    /// Every week: from the first minute after Monday 00:00 UTC up to the second, over the end of the week where the
    /// second is the smaller one.
    Weekly(u32, u32),
}

impl Window {
    /// When it ends, where the moment lies in it.
    pub fn ends(self, moment: Timestamp) -> Option<Timestamp> {
        match self {
            Window::Once(from, to) => (from..to).contains(&moment).then_some(to),
            Window::Weekly(from, to) => {
                let minutes = moment.seconds().div_euclid(60);
                let now = (minutes + FIRST_WEEKDAY * MINUTES_A_DAY).rem_euclid(MINUTES_A_WEEK);
                let (from, to) = (i64::from(from), i64::from(to));
                let is_in = if from < to { (from..to).contains(&now) } else { !(to..from).contains(&now) };
                let left = (to - now).rem_euclid(MINUTES_A_WEEK);
                is_in.then(|| Timestamp::from_seconds((minutes + left) * 60))
            }
        }
    }
}

/// A window as the file writes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FreezeEntry {
    reason: String,
    from: Option<String>,
    to: Option<String>,
    weekly_from: Option<String>,
    weekly_to: Option<String>,
    #[serde(default)]
    environments: Vec<String>,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    labels: Vec<String>,
}

impl FreezeEntry {
    /// The window, checked.
    ///
    /// # Errors
    /// [`PolicyError::Value`] where a time cannot be read or the window has no length.
    pub(super) fn read(self) -> Result<Freeze, PolicyError> {
        let Self { reason, from, to, weekly_from, weekly_to, environments, services, labels } = self;
        if reason.trim().is_empty() || reason.len() > MAX_REASON_BYTES {
            return Err(wrong("freeze", format!("'reason' must be a text of 1 to {MAX_REASON_BYTES} bytes")));
        }
        let place = format!("freeze '{reason}'");
        let selector = Selector { environments, services, labels };
        selector.check(&place)?;
        let window = match (from, to, weekly_from, weekly_to) {
            (Some(from), Some(to), None, None) => once(&place, &from, &to)?,
            (None, None, Some(from), Some(to)) => weekly(&place, &from, &to)?,
            (_, _, _, _) => {
                let cause = "give either 'from' and 'to', or 'weekly_from' and 'weekly_to'";
                return Err(wrong(place, cause));
            }
        };
        Ok(Freeze { reason, selector, window })
    }
}

fn once(place: &str, from: &str, to: &str) -> Result<Window, PolicyError> {
    let moment = |member: &str, text: &str| {
        Timestamp::parse(text)
            .ok_or_else(|| wrong(place, format!("'{member}' must be like \"2026-11-26T00:00:00Z\", not '{text}'")))
    };
    let (from, to) = (moment("from", from)?, moment("to", to)?);
    if from < to { Ok(Window::Once(from, to)) } else { Err(wrong(place, "'to' does not lie behind 'from'")) }
}

fn weekly(place: &str, from: &str, to: &str) -> Result<Window, PolicyError> {
    let minute = |member: &str, text: &str| {
        minute_of_week(text)
            .ok_or_else(|| wrong(place, format!("'{member}' must be like \"friday 16:00\" (UTC), not '{text}'")))
    };
    let (from, to) = (minute("weekly_from", from)?, minute("weekly_to", to)?);
    if from == to {
        return Err(wrong(place, "'weekly_from' and 'weekly_to' are the same, so it has no length"));
    }
    Ok(Window::Weekly(from, to))
}

/// The minute after Monday 00:00 of a text like `friday 16:00`.
fn minute_of_week(text: &str) -> Option<u32> {
    let (day, time) = text.trim().split_once(' ')?;
    let day = WEEKDAYS.iter().position(|name| name.eq_ignore_ascii_case(day))?;
    let (hours, minutes) = time.trim().split_once(':')?;
    let number = |digits: &str, bound: u32| {
        let is_number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u32>().ok().filter(|number| is_number && *number < bound)
    };
    let (hours, minutes) = (number(hours, 24)?, number(minutes, 60)?);
    Some(u32::try_from(day).ok()? * 24 * 60 + hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::{Window, minute_of_week};
    use crate::time::Timestamp;

    #[test]
    fn a_text_is_a_minute_of_the_week() {
        for (text, expected) in [
            ("monday 00:00", Some(0)),
            ("Friday 16:30", Some(4 * 1440 + 16 * 60 + 30)),
            ("sunday 23:59", Some(10_079)),
            ("friday 24:00", None),
            ("friday 9:00", None),
            ("friday +9:00", None),
            ("freitag 09:00", None),
            ("friday", None),
        ] {
            assert_eq!(minute_of_week(text), expected, "{text}");
        }
    }

    #[test]
    fn a_window_holds_from_its_beginning_up_to_its_end() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let once = Window::Once(at("2026-11-26T00:00:00Z"), at("2026-11-30T00:00:00Z"));
        // 2026-11-27 is a Friday.
        let weekend = Window::Weekly(minute_of_week("friday 16:00").unwrap(), minute_of_week("monday 06:00").unwrap());
        let lunch = Window::Weekly(minute_of_week("friday 11:00").unwrap(), minute_of_week("friday 12:00").unwrap());
        for (window, moment, expected) in [
            (once, "2026-11-25T23:59:59Z", None),
            (once, "2026-11-26T00:00:00Z", Some("2026-11-30T00:00:00Z")),
            (once, "2026-11-30T00:00:00Z", None),
            (weekend, "2026-11-27T15:59:59Z", None),
            (weekend, "2026-11-27T16:00:00Z", Some("2026-11-30T06:00:00Z")),
            (weekend, "2026-11-29T23:59:59Z", Some("2026-11-30T06:00:00Z")),
            (weekend, "2026-11-30T05:59:59Z", Some("2026-11-30T06:00:00Z")),
            (weekend, "2026-11-30T06:00:00Z", None),
            (lunch, "2026-11-27T11:30:00Z", Some("2026-11-27T12:00:00Z")),
            (lunch, "2026-11-28T11:30:00Z", None),
            (weekend, "1969-12-27T12:00:00Z", Some("1969-12-29T06:00:00Z")),
        ] {
            assert_eq!(window.ends(at(moment)), expected.map(at), "{moment}");
        }
    }
}
