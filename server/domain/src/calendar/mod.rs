//! Calendars: who is on call at a moment, read from an iCalendar file (RFC 5545) within bounds.
//!
//! What is understood of it:
//!
//! | part | understood |
//! |---|---|
//! | `VEVENT` | one shift; everything outside of events is passed over, `VTIMEZONE` with it |
//! | `DTSTART`, `DTEND` | in UTC (`20261110T080000Z`), or days (`VALUE=DATE:20261110`), which begin and end at 00:00 UTC |
//! | `ATTENDEE` | who is on call, by `CN` or by the address; several are all on call; whoever declined is not |
//! | `SUMMARY` | who is on call, where there is no attendee |
//! | `STATUS` | a cancelled shift is none |
//! | `RRULE` | `FREQ=DAILY` and `FREQ=WEEKLY` with `INTERVAL`, `COUNT`, `UNTIL` and `BYDAY`; weeks begin on Monday |
//!
//! Times with a time zone (`TZID`) and times without any are refused, except for the zone UTC: twice a year such a shift
//! would begin an hour beside what the calendar means. So is everything else that would move, repeat or take away a
//! shift. A calendar that is half understood would name somebody who is not on call. Other properties are passed over.

use thiserror::Error;

use crate::dossier::OnCall;
use crate::time::Timestamp;

mod event;
mod repeat;

use event::Shift;

/// The largest calendar that is read, in bytes.
pub const MAX_CALENDAR_BYTES: usize = 2 * 1024 * 1024;

/// The most shifts in one calendar.
pub const MAX_SHIFTS: usize = 5_000;

/// The most people on one shift.
pub const MAX_PEOPLE: usize = 50;

/// The longest shift, in days.
pub const MAX_SHIFT_DAYS: i64 = 366;

/// A calendar: shifts, once and repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    shifts: Vec<Shift>,
}

/// Why a calendar is not read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// It is over [`MAX_CALENDAR_BYTES`], [`MAX_SHIFTS`] or [`MAX_PEOPLE`].
    #[error("the calendar has {count} {what}; at most {limit} are accepted")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        count: usize,
        /// How much is accepted.
        limit: usize,
    },
    /// Something in it is not understood.
    #[error("line {line} of the calendar: {cause}")]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong, and what would be right.
        cause: String,
    },
}

impl Calendar {
    /// Reads a calendar.
    ///
    /// # Errors
    /// A [`CalendarError`] that names the first line that is not understood.
    pub fn read(text: &str) -> Result<Self, CalendarError> {
        if text.len() > MAX_CALENDAR_BYTES {
            return Err(CalendarError::TooLarge { what: "bytes", count: text.len(), limit: MAX_CALENDAR_BYTES });
        }
        Ok(Self { shifts: event::shifts(&unfold(text.trim_start_matches('\u{feff}')))? })
    }

    /// Who is on call at a moment, by name; `team` is whose calendar this is.
    ///
    /// Somebody who has several shifts then is named once, with the one that ends last.
    pub fn on_call(&self, team: &str, moment: Timestamp) -> Vec<OnCall> {
        let mut found: Vec<OnCall> = Vec::new();
        for shift in &self.shifts {
            let Some(until) = shift.ends(moment) else { continue };
            for who in &shift.who {
                match found.iter_mut().find(|found| found.who == *who) {
                    Some(found) => found.until = found.until.max(until),
                    None => found.push(OnCall { team: team.to_owned(), who: who.clone(), until }),
                }
            }
        }
        found.sort_by(|one, other| one.who.cmp(&other.who));
        found
    }

    /// How many shifts it has; one that repeats counts once.
    pub fn len(&self) -> usize {
        self.shifts.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.shifts.is_empty()
    }
}

/// The lines of a text with their numbers, where a line that begins with a space goes on the one before it.
fn unfold(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let continued = line.strip_prefix([' ', '\t']);
        match (continued, lines.last_mut()) {
            (Some(rest), Some((_, former))) => former.push_str(rest),
            (_, _) => lines.push((index + 1, line.to_owned())),
        }
    }
    lines
}

/// A mistake in a line.
fn wrong(line: usize, cause: impl Into<String>) -> CalendarError {
    CalendarError::Line { line, cause: cause.into() }
}

#[cfg(test)]
mod tests;
