//! When a shift repeats: daily or weekly.

use super::event::{day, time};
use super::{CalendarError, wrong};

pub(super) const SECONDS_A_DAY: i64 = 24 * 3_600;

/// The most days or weeks between two shifts, and the most shifts that a count may ask for.
const MAX_NUMBER: i64 = 100_000;

/// What day of the week 1970-01-01 was, counted from Monday.
const FIRST_WEEKDAY: i64 = 3;

const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// By what rule a shift repeats.
///
/// Time is cut into periods of equal length. In each of them the shift falls on the same days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Repeat {
    /// The length of a period, in days.
    period: i64,
    /// How many days the first period begins before the first shift.
    lead: i64,
    /// The days of a period on which it falls, counted from 0, each once and in order.
    days: Vec<i64>,
    /// How many shifts there are, if that is bounded.
    count: Option<i64>,
    /// The last moment at which one may begin, in seconds since 1970.
    until: Option<i64>,
}

impl Repeat {
    /// Reads a rule for a shift that begins at that second.
    ///
    /// # Errors
    /// [`CalendarError::Line`] for a part that is not understood.
    pub(super) fn read(line: usize, rule: &str, begins: i64) -> Result<Self, CalendarError> {
        let mut parts = Parts::default();
        for part in rule.split(';').filter(|part| !part.trim().is_empty()) {
            parts.take(line, part)?;
        }
        if parts.count.is_some() && parts.until.is_some() {
            return Err(wrong(line, "RRULE has both COUNT and UNTIL; leave one out"));
        }
        let weekday = (begins.div_euclid(SECONDS_A_DAY) + FIRST_WEEKDAY).rem_euclid(7);
        let interval = parts.interval.unwrap_or(1);
        let (period, lead, days) = match (parts.frequency, parts.weekdays) {
            (Some(Frequency::Daily), None) => (interval, 0, vec![0]),
            (Some(Frequency::Daily), Some(_)) if interval != 1 => {
                return Err(wrong(line, "RRULE with FREQ=DAILY, INTERVAL and BYDAY is not understood"));
            }
            (Some(Frequency::Daily), Some(days)) => (7, weekday, days),
            (Some(Frequency::Weekly), days) => (7 * interval, weekday, days.unwrap_or_else(|| vec![weekday])),
            (None, _) => return Err(wrong(line, "RRULE has no FREQ; write FREQ=DAILY or FREQ=WEEKLY")),
        };
        if !days.contains(&lead) {
            return Err(wrong(line, "the event begins on a day that is not among BYDAY; begin it on one of them"));
        }
        Ok(Self { period, lead, days, count: parts.count, until: parts.until })
    }

    /// Whether a shift begins that many days after the first one, which begins at that second.
    pub(super) fn falls_on(&self, day: i64, begins: i64) -> bool {
        let Self { period, lead, days, count, until } = self;
        let place = day + lead;
        let (passed, within) = (place.div_euclid(*period), place.rem_euclid(*period));
        let Some(before) = days.iter().position(|own| *own == within).and_then(|index| i64::try_from(index).ok())
        else {
            return false;
        };
        let of_each = i64::try_from(days.len()).unwrap_or(i64::MAX);
        // Days of the first period that lie before the first shift are none of it.
        let skipped = i64::try_from(days.iter().filter(|own| *own < lead).count()).unwrap_or(i64::MAX);
        let index = passed.saturating_mul(of_each).saturating_add(before).saturating_sub(skipped);
        let start = begins.saturating_add(day.saturating_mul(SECONDS_A_DAY));
        index >= 0 && count.is_none_or(|count| index < count) && until.is_none_or(|until| start <= until)
    }
}

/// How often a shift repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
}

/// The parts of a rule.
#[derive(Default)]
struct Parts {
    frequency: Option<Frequency>,
    interval: Option<i64>,
    count: Option<i64>,
    until: Option<i64>,
    weekdays: Option<Vec<i64>>,
}

impl Parts {
    fn take(&mut self, line: usize, part: &str) -> Result<(), CalendarError> {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (name.trim().to_uppercase(), value.trim().to_uppercase());
        let unknown = || wrong(line, format!("'{name}={value}' of RRULE is not understood"));
        match name.as_str() {
            "FREQ" => {
                self.frequency = Some(match value.as_str() {
                    "DAILY" => Frequency::Daily,
                    "WEEKLY" => Frequency::Weekly,
                    _ => return Err(wrong(line, format!("FREQ={value} is not understood; write DAILY or WEEKLY"))),
                });
            }
            "INTERVAL" => self.interval = Some(number(&value).ok_or_else(unknown)?),
            "COUNT" => self.count = Some(number(&value).ok_or_else(unknown)?),
            // The last day counts as a whole.
            "UNTIL" => {
                let end_of_day = || day(&value).map(|seconds| seconds + SECONDS_A_DAY - 1);
                let moment = time(&value).filter(|_| value.ends_with('Z'));
                self.until = Some(moment.or_else(end_of_day).ok_or_else(unknown)?);
            }
            "BYDAY" => self.weekdays = Some(weekdays(&value).ok_or_else(unknown)?),
            "WKST" if value == "MO" => {}
            _ => return Err(unknown()),
        }
        Ok(())
    }
}

fn number(digits: &str) -> Option<i64> {
    digits.parse::<i64>().ok().filter(|number| (1..=MAX_NUMBER).contains(number))
}

/// The days of a list like `MO,WE`, counted from Monday, each once and in order.
fn weekdays(list: &str) -> Option<Vec<i64>> {
    let index = |word: &str| WEEKDAYS.iter().position(|name| *name == word.trim());
    let mut days: Vec<i64> = list.split(',').map(|word| i64::try_from(index(word)?).ok()).collect::<Option<_>>()?;
    days.sort_unstable();
    days.dedup();
    Some(days)
}
