//! One shift of a calendar, from its lines.

use chrono::{NaiveDate, NaiveDateTime};

use super::repeat::{Repeat, SECONDS_A_DAY};
use super::{CalendarError, MAX_PEOPLE, MAX_SHIFT_DAYS, MAX_SHIFTS, wrong};
use crate::time::Timestamp;

/// The most characters of a name.
const MAX_NAME_CHARS: usize = 200;

/// Properties that would move, repeat or take away a shift, and that are not understood.
const REFUSED: [&str; 4] = ["DURATION", "EXDATE", "RDATE", "RECURRENCE-ID"];

/// One shift, which may repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    /// Who is on call; nobody is there twice.
    pub(super) who: Vec<String>,
    /// When the first one begins, in seconds since 1970.
    begins: i64,
    /// How long it is, in seconds.
    seconds: i64,
    repeat: Option<Repeat>,
}

impl Shift {
    /// When the shift ends that the moment lies in.
    pub(super) fn ends(&self, moment: Timestamp) -> Option<Timestamp> {
        let now = moment.seconds();
        let end_of = |begins: i64| begins.saturating_add(self.seconds);
        let is_in = |begins: i64| (begins..end_of(begins)).contains(&now);
        let last = match &self.repeat {
            None => Some(self.begins).filter(|begins| is_in(*begins)),
            Some(repeat) => {
                // Only shifts that begin within one length before the moment can hold it; the last of them ends last.
                let since_first = now.saturating_sub(self.begins).div_euclid(SECONDS_A_DAY);
                let days = self.seconds.div_euclid(SECONDS_A_DAY) + 1;
                (since_first.saturating_sub(days)..=since_first)
                    .rev()
                    .filter(|day| *day >= 0 && repeat.falls_on(*day, self.begins))
                    .map(|day| self.begins + day * SECONDS_A_DAY)
                    .find(|begins| is_in(*begins))
            }
        };
        last.map(|begins| Timestamp::from_seconds(end_of(begins)))
    }
}

/// All shifts of the lines of a calendar.
pub(super) fn shifts(lines: &[(usize, String)]) -> Result<Vec<Shift>, CalendarError> {
    let mut shifts = Vec::new();
    let mut draft: Option<Draft> = None;
    for (line, text) in lines.iter().filter(|(_, text)| !text.trim().is_empty()) {
        let property = Property::read(text)
            .ok_or_else(|| wrong(*line, "it is not of the form NAME:value; hand over an iCalendar file (.ics)"))?;
        let is_event = property.value.trim().eq_ignore_ascii_case("VEVENT");
        match (property.name.as_str(), &mut draft) {
            ("BEGIN", None) if is_event => draft = Some(Draft { line: *line, ..Draft::default() }),
            ("BEGIN", Some(draft)) => draft.inner += 1,
            ("END", Some(inner)) if inner.inner > 0 => inner.inner -= 1,
            ("END", Some(_)) if is_event => {
                shifts.extend(draft.take().map(Draft::finish).transpose()?.flatten());
                if shifts.len() > MAX_SHIFTS {
                    let count = shifts.len();
                    return Err(CalendarError::TooLarge { what: "shifts", count, limit: MAX_SHIFTS });
                }
            }
            (_, Some(draft)) if draft.inner == 0 => draft.take(*line, &property)?,
            (_, _) => {}
        }
    }
    match draft {
        Some(draft) => Err(wrong(draft.line, "the event has no end; is the file whole?")),
        None => Ok(shifts),
    }
}

/// A line of a calendar: its name, parameters and value.
struct Property<'a> {
    name: String,
    parameters: Vec<(String, &'a str)>,
    value: &'a str,
}

impl<'a> Property<'a> {
    /// Takes a line apart; a colon or semicolon within quotes is part of a value.
    fn read(text: &'a str) -> Option<Self> {
        let mut is_quoted = false;
        let mut parts = Vec::new();
        let mut start = 0;
        for (place, letter) in text.char_indices() {
            match letter {
                '"' => is_quoted = !is_quoted,
                ';' | ':' if !is_quoted => {
                    parts.push(text.get(start..place)?);
                    start = place + 1;
                    if letter == ':' {
                        let (name, parameters) = parts.split_first()?;
                        let parameters = parameters.iter().map(|part| part.split_once('=').unwrap_or((*part, "")));
                        let parameters = parameters.map(|(name, value)| (name.to_uppercase(), value.trim_matches('"')));
                        let name = name.trim().to_uppercase();
                        return Some(Self { name, parameters: parameters.collect(), value: text.get(start..)? });
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
    }
}

/// An event while its lines pass by.
#[derive(Default)]
struct Draft {
    line: usize,
    /// How many parts of the event, such as alarms, are open.
    inner: usize,
    summary: String,
    attendees: Vec<String>,
    begins: Option<Moment>,
    ends: Option<Moment>,
    rule: Option<(usize, String)>,
    is_cancelled: bool,
}

/// A moment of a calendar.
#[derive(Clone, Copy)]
struct Moment {
    seconds: i64,
    is_day: bool,
}

impl Draft {
    fn take(&mut self, line: usize, property: &Property<'_>) -> Result<(), CalendarError> {
        let value = property.value.trim();
        match property.name.as_str() {
            "SUMMARY" => self.summary = name_of(value),
            "ATTENDEE" => self.attendee(property)?,
            "DTSTART" => self.begins = Some(moment(line, property)?),
            "DTEND" => self.ends = Some(moment(line, property)?),
            "STATUS" => self.is_cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            "RRULE" if self.rule.is_some() => return Err(wrong(line, "a second RRULE is not understood")),
            "RRULE" => self.rule = Some((line, value.to_owned())),
            refused if REFUSED.contains(&refused) => {
                let cause = format!("{refused} is not understood; write the shifts out one by one, each with its end");
                return Err(wrong(line, cause));
            }
            _ => {}
        }
        Ok(())
    }

    fn attendee(&mut self, property: &Property<'_>) -> Result<(), CalendarError> {
        let has_declined = property.parameter("PARTSTAT").is_some_and(|word| word.eq_ignore_ascii_case("DECLINED"));
        let address = property.value.trim();
        let address = address.split_once(':').map_or(address, |(_, address)| address);
        let named = property.parameter("CN").map(name_of).filter(|name| !name.is_empty());
        let who = named.unwrap_or_else(|| name_of(address));
        if !has_declined && !who.is_empty() && !self.attendees.contains(&who) {
            self.attendees.push(who);
        }
        if self.attendees.len() > MAX_PEOPLE {
            let count = self.attendees.len();
            return Err(CalendarError::TooLarge { what: "people on one shift", count, limit: MAX_PEOPLE });
        }
        Ok(())
    }

    /// The shift; none where it was cancelled.
    fn finish(self) -> Result<Option<Shift>, CalendarError> {
        let Self { line, summary, attendees, begins, ends, rule, is_cancelled, inner: _ } = self;
        if is_cancelled {
            return Ok(None);
        }
        let begins = begins.ok_or_else(|| wrong(line, "the event has no DTSTART"))?;
        let end = match ends {
            Some(ends) if ends.is_day == begins.is_day => ends.seconds,
            Some(_) => return Err(wrong(line, "DTSTART and DTEND of the event are not of one form")),
            None if begins.is_day => begins.seconds.saturating_add(SECONDS_A_DAY),
            None => return Err(wrong(line, "the event has no DTEND")),
        };
        let seconds = end.saturating_sub(begins.seconds);
        if seconds <= 0 || seconds > MAX_SHIFT_DAYS * SECONDS_A_DAY {
            let cause = format!("the event must end behind its beginning, and within {MAX_SHIFT_DAYS} days");
            return Err(wrong(line, cause));
        }
        let who = if attendees.is_empty() { vec![summary] } else { attendees };
        if who.iter().any(String::is_empty) {
            return Err(wrong(line, "the event names nobody; give it an ATTENDEE with CN, or a SUMMARY"));
        }
        let repeat = rule.map(|(line, rule)| Repeat::read(line, &rule, begins.seconds)).transpose()?;
        Ok(Some(Shift { who, begins: begins.seconds, seconds, repeat }))
    }
}

fn moment(line: usize, property: &Property<'_>) -> Result<Moment, CalendarError> {
    let zone = property.parameter("TZID").unwrap_or("UTC");
    if !["UTC", "ETC/UTC", "GMT", "Z"].contains(&zone.to_uppercase().as_str()) {
        let cause = format!("the time zone '{zone}' is not understood; let the calendar be written in UTC");
        return Err(wrong(line, cause));
    }
    let value = property.value.trim();
    let is_day = property.parameter("VALUE").is_some_and(|form| form.eq_ignore_ascii_case("DATE"));
    let has_zone = property.parameter("TZID").is_some() || value.ends_with('Z');
    let seconds = if is_day { day(value) } else { time(value).filter(|_| has_zone) };
    seconds.map(|seconds| Moment { seconds, is_day }).ok_or_else(|| {
        let cause = format!(
            "'{}' is no moment in UTC; write it like 20261110T080000Z, or as a day like VALUE=DATE:20261110",
            name_of(value)
        );
        wrong(line, cause)
    })
}

/// The seconds since 1970 of a moment like `20261110T080000Z`.
pub(super) fn time(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let is_whole = text.len() == 15 && text.is_ascii();
    let moment = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok().filter(|_| is_whole)?;
    Some(moment.and_utc().timestamp())
}

/// The seconds since 1970 of the beginning of a day like `20261110`.
pub(super) fn day(text: &str) -> Option<i64> {
    let is_whole = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let day = NaiveDate::parse_from_str(text, "%Y%m%d").ok().filter(|_| is_whole)?;
    Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp())
}

/// A text of a calendar as a name: without its escapes and control characters, shortened.
fn name_of(text: &str) -> String {
    let mut name = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') | None => ' ',
                Some(escaped) => escaped,
            },
            letter if letter.is_control() => ' ',
            letter => letter,
        };
        name.push(letter);
    }
    name.trim().chars().take(MAX_NAME_CHARS).collect()
}
