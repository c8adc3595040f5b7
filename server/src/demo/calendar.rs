//! The company's working days: three weeks of them, laid out backwards from the end of the story.

use throughline_domain::time::Timestamp;

/// How many working days the story takes.
pub const DAYS: i64 = 15;

/// When the last working day is over, in hours UTC.
const CLOSING_HOUR: i64 = 18;

const SECONDS_PER_DAY: i64 = 86_400;

/// 1970-01-01 was a Thursday, three days after a Monday.
const DAYS_SINCE_MONDAY: i64 = 3;

/// A minute of a working day of the story. Day 0 is the first; days before it lie before the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    day: i64,
    minute: i64,
}

/// A moment by working day, hour and minute in UTC.
pub const fn at(day: i64, hour: i64, minute: i64) -> Moment {
    Moment { day, minute: hour * 60 + minute }
}

impl Moment {
    /// Some minutes later on the same day (earlier, where negative).
    pub const fn plus(self, minutes: i64) -> Self {
        Self { day: self.day, minute: self.minute + minutes }
    }
}

/// Where the story's working days lie in time.
#[derive(Clone, Copy, Debug)]
pub struct Calendar {
    /// The last day of the story, in working days since Monday, 1969-12-29.
    last: i64,
}

impl Calendar {
    /// The calendar whose last working day is the last one that is over at `end`.
    pub const fn ending(end: Timestamp) -> Self {
        let days = end.seconds().div_euclid(SECONDS_PER_DAY) + DAYS_SINCE_MONDAY;
        let (week, weekday) = (days.div_euclid(7), days.rem_euclid(7));
        let over = end.seconds().rem_euclid(SECONDS_PER_DAY) >= CLOSING_HOUR * 3_600;
        let last = if weekday > 4 {
            week * 5 + 4
        } else if over {
            week * 5 + weekday
        } else {
            week * 5 + weekday - 1
        };
        Self { last }
    }

    /// When a moment is. Its seconds are drawn from its minute, so that nothing happens on the full minute only.
    pub const fn time(&self, moment: Moment) -> Timestamp {
        let working_day = self.last - (DAYS - 1) + moment.day;
        let day = working_day.div_euclid(5) * 7 + working_day.rem_euclid(5) - DAYS_SINCE_MONDAY;
        let second = (moment.minute * 37).rem_euclid(60);
        Timestamp::from_seconds(day * SECONDS_PER_DAY + moment.minute * 60 + second)
    }
}

#[cfg(test)]
mod tests {
    use throughline_domain::time::Timestamp;

    use super::{Calendar, DAYS, at};

    #[test]
    fn the_story_ends_in_time_whenever_that_is() {
        let monday = Timestamp::parse("2026-03-09T00:00:00Z").unwrap();
        for hour in 0..7 * 24 {
            let end = monday.plus_seconds(hour * 3_600);
            let calendar = Calendar::ending(end);
            let last = calendar.time(at(DAYS - 1, 17, 59));
            assert!(last <= end, "{last} is after {end}");
            assert!(end.seconds() - last.seconds() <= 3 * 86_400, "{last} is long before {end}");
            let first = calendar.time(at(0, 9, 0));
            assert!((18..=22).contains(&((last.seconds() - first.seconds()) / 86_400)), "{first} to {last}");
        }
    }

    #[test]
    fn weekends_are_free() {
        let calendar = Calendar::ending(Timestamp::parse("2026-03-18T20:00:00Z").unwrap());
        assert_eq!(calendar.time(at(DAYS - 1, 10, 0)), Timestamp::parse("2026-03-18T10:00:00Z").unwrap());
        assert_eq!(calendar.time(at(DAYS - 4, 10, 0)), Timestamp::parse("2026-03-13T10:00:00Z").unwrap());
    }
}
