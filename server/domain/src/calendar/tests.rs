//! Tests of reading calendars.

use proptest::prelude::*;

use super::{Calendar, MAX_CALENDAR_BYTES, MAX_PEOPLE, MAX_SHIFTS};
use crate::time::Timestamp;

/// A calendar with one event of these lines.
fn event(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n")
}

/// Who is on call at a moment, each with the end of the shift: `Ada until 2026-11-10T16:00:00Z`.
fn on_call(text: &str, moment: &str) -> String {
    let calendar = Calendar::read(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let found = calendar.on_call("payments", Timestamp::parse(moment).unwrap());
    assert!(found.iter().all(|shift| shift.team == "payments"));
    found.iter().map(|shift| format!("{} until {}", shift.who, shift.until)).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_shift_has_a_beginning_an_end_and_people() {
    let day = "DTSTART:20261110T080000Z\r\nDTEND:20261110T160000Z";
    for (lines, moment, expected) in [
        (format!("{day}\nSUMMARY:Ada"), "2026-11-10T07:59:59Z", ""),
        (format!("{day}\nSUMMARY:Ada"), "2026-11-10T08:00:00Z", "Ada until 2026-11-10T16:00:00Z"),
        (format!("{day}\nSUMMARY:Ada"), "2026-11-10T15:59:59Z", "Ada until 2026-11-10T16:00:00Z"),
        (format!("{day}\nSUMMARY:Ada"), "2026-11-10T16:00:00Z", ""),
        (
            format!("{day}\nSUMMARY:On call\nATTENDEE;ROLE=X;CN=\"Hopper; Grace:\":mailto:grace@acme.example"),
            "2026-11-10T09:00:00Z",
            "Hopper; Grace: until 2026-11-10T16:00:00Z",
        ),
        (
            format!("{day}\nATTENDEE:mailto:grace@acme.example\nATTENDEE;CN=Ada:x\nATTENDEE;CN=Ada:y"),
            "2026-11-10T09:00:00Z",
            "Ada until 2026-11-10T16:00:00Z, grace@acme.example until 2026-11-10T16:00:00Z",
        ),
        (
            format!("{day}\nSUMMARY:Ada\nATTENDEE;PARTSTAT=DECLINED;CN=Grace:mailto:g@acme.example"),
            "2026-11-10T09:00:00Z",
            "Ada until 2026-11-10T16:00:00Z",
        ),
        (
            format!("{day}\nSUMMARY:Ada\\, of\n  payments"),
            "2026-11-10T09:00:00Z",
            "Ada, of payments until 2026-11-10T16:00:00Z",
        ),
        (format!("{day}\nSUMMARY:Ada\nSTATUS:CANCELLED"), "2026-11-10T09:00:00Z", ""),
        (
            format!("{day}\nSUMMARY:Ada\nBEGIN:VALARM\nDURATION:PT5M\nSUMMARY:Bell\nEND:VALARM\nUID:7\nX-ANY;A=b:c"),
            "2026-11-10T09:00:00Z",
            "Ada until 2026-11-10T16:00:00Z",
        ),
        (
            "DTSTART;TZID=Etc/UTC:20261110T080000\nDTEND;TZID=UTC:20261110T160000\nSUMMARY:Ada".to_owned(),
            "2026-11-10T09:00:00Z",
            "Ada until 2026-11-10T16:00:00Z",
        ),
        (
            "DTSTART;VALUE=DATE:20261110\nDTEND;VALUE=DATE:20261112\nSUMMARY:Ada".to_owned(),
            "2026-11-11T23:59:59Z",
            "Ada until 2026-11-12T00:00:00Z",
        ),
        ("DTSTART;VALUE=DATE:20261110\nSUMMARY:Ada".to_owned(), "2026-11-11T00:00:00Z", ""),
    ] {
        assert_eq!(on_call(&event(&lines), moment), expected, "{lines}");
    }
}

#[test]
fn shifts_repeat() {
    // 2026-11-09 is a Monday.
    let shift =
        |rule: &str| event(&format!("DTSTART:20261109T080000Z\nDTEND:20261109T100000Z\nSUMMARY:Ada\nRRULE:{rule}"));
    for (rule, days) in [
        ("FREQ=DAILY", "09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24"),
        ("FREQ=DAILY;INTERVAL=3", "09 12 15 18 21 24"),
        ("FREQ=DAILY;COUNT=3", "09 10 11"),
        ("FREQ=DAILY;UNTIL=20261111T080000Z", "09 10 11"),
        ("FREQ=DAILY;UNTIL=20261111T075959Z", "09 10"),
        ("FREQ=DAILY;UNTIL=20261111", "09 10 11"),
        ("FREQ=DAILY;BYDAY=MO,WE", "09 11 16 18 23"),
        ("FREQ=WEEKLY", "09 16 23"),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=MO", "09 23"),
        ("FREQ=WEEKLY;BYDAY=FR,MO,FR", "09 13 16 20 23"),
        ("FREQ=WEEKLY;BYDAY=MO,FR;COUNT=3", "09 13 16"),
        ("FREQ=WEEKLY;BYDAY=MO,SU;INTERVAL=2", "09 15 23"),
        ("freq=weekly;byday=mo", "09 16 23"),
    ] {
        let found: Vec<String> = (1..=24)
            .filter(|day| !on_call(&shift(rule), &format!("2026-11-{day:02}T09:00:00Z")).is_empty())
            .map(|day| format!("{day:02}"))
            .collect();
        assert_eq!(found.join(" "), days, "{rule}");
    }
    // It begins on a Wednesday, so the Monday before it is none of three.
    let later = "DTSTART:20261111T080000Z\nDTEND:20261111T100000Z\nSUMMARY:Ada\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3";
    for (day, expected) in [("09", false), ("11", true), ("16", true), ("18", true), ("23", false)] {
        assert_eq!(!on_call(&event(later), &format!("2026-11-{day}T09:00:00Z")).is_empty(), expected, "{day}");
    }
}

#[test]
fn a_long_shift_reaches_over_the_next_one() {
    let week = event("DTSTART:20261109T090000Z\nDTEND:20261116T090000Z\nSUMMARY:Ada\nRRULE:FREQ=WEEKLY;INTERVAL=2");
    assert_eq!(on_call(&week, "2026-11-16T08:59:59Z"), "Ada until 2026-11-16T09:00:00Z");
    assert_eq!(on_call(&week, "2026-11-16T09:00:00Z"), "");
    assert_eq!(on_call(&week, "2026-11-29T23:00:00Z"), "Ada until 2026-11-30T09:00:00Z");
    let over = event("DTSTART:20261109T080000Z\nDTEND:20261111T080000Z\nSUMMARY:Ada\nRRULE:FREQ=DAILY");
    assert_eq!(on_call(&over, "2026-11-12T09:00:00Z"), "Ada until 2026-11-14T08:00:00Z");
    let twice = format!("{week}{over}");
    assert_eq!(on_call(&twice, "2026-11-10T09:00:00Z"), "Ada until 2026-11-16T09:00:00Z");
    assert_eq!(Calendar::read(&twice).unwrap().len(), 2);
}

#[test]
fn what_is_not_understood_is_refused_by_its_line() {
    let day = "DTSTART:20261110T080000Z\nDTEND:20261110T160000Z\nSUMMARY:Ada";
    for (lines, expected) in [
        (
            "DTSTART;TZID=Europe/Berlin:20261110T080000".to_owned(),
            "line 4 of the calendar: the time zone 'Europe/Berlin'",
        ),
        ("DTSTART:20261110T080000".to_owned(), "'20261110T080000' is no moment in UTC"),
        ("DTSTART:20261310T080000Z".to_owned(), "is no moment in UTC"),
        ("DTSTART:20261110".to_owned(), "VALUE=DATE"),
        ("SUMMARY:Ada".to_owned(), "line 3 of the calendar: the event has no DTSTART"),
        ("DTSTART:20261110T080000Z\nSUMMARY:Ada".to_owned(), "no DTEND"),
        ("DTSTART:20261110T080000Z\nDTEND;VALUE=DATE:20261111\nSUMMARY:Ada".to_owned(), "not of one form"),
        ("DTSTART:20261110T080000Z\nDTEND:20261110T080000Z\nSUMMARY:Ada".to_owned(), "end behind its beginning"),
        ("DTSTART:20261110T080000Z\nDTEND:20271210T080000Z\nSUMMARY:Ada".to_owned(), "within 366 days"),
        ("DTSTART:20261110T080000Z\nDTEND:20261110T160000Z".to_owned(), "names nobody"),
        (format!("{day}\nDURATION:PT8H"), "line 7 of the calendar: DURATION"),
        (format!("{day}\nEXDATE:20261111T080000Z"), "EXDATE"),
        (format!("{day}\nRECURRENCE-ID:20261111T080000Z"), "RECURRENCE-ID"),
        (format!("{day}\nRRULE:FREQ=MONTHLY"), "FREQ=MONTHLY"),
        (format!("{day}\nRRULE:COUNT=2"), "no FREQ"),
        (format!("{day}\nRRULE:FREQ=DAILY;BYHOUR=8"), "'BYHOUR=8'"),
        (format!("{day}\nRRULE:FREQ=DAILY;INTERVAL=0"), "'INTERVAL=0'"),
        (format!("{day}\nRRULE:FREQ=DAILY;COUNT=2;UNTIL=20261111"), "both COUNT and UNTIL"),
        (format!("{day}\nRRULE:FREQ=WEEKLY;BYDAY=1MO"), "'BYDAY=1MO'"),
        (format!("{day}\nRRULE:FREQ=WEEKLY;BYDAY=WE"), "not among BYDAY"),
        (format!("{day}\nRRULE:FREQ=WEEKLY;WKST=SU"), "'WKST=SU'"),
        (format!("{day}\nRRULE:FREQ=DAILY;INTERVAL=2;BYDAY=TU"), "INTERVAL and BYDAY"),
        (format!("{day}\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY"), "a second RRULE"),
        ("no colon".to_owned(), "NAME:value"),
        (format!("{day}\nATTENDEE;CN=\"A:x"), "NAME:value"),
    ] {
        let error = Calendar::read(&event(&lines)).expect_err(&lines).to_string();
        assert!(error.contains(expected), "{lines}\n{error}");
    }
    let torn = Calendar::read("BEGIN:VEVENT\nSUMMARY:Ada").unwrap_err().to_string();
    assert!(torn.contains("no end"), "{torn}");
}

#[test]
fn calendars_are_bounded() {
    let day = "DTSTART:20261110T080000Z\nDTEND:20261110T160000Z";
    let people: String = (0..=MAX_PEOPLE).map(|number| format!("\nATTENDEE;CN=a{number}:x")).collect();
    let shift = format!("BEGIN:VEVENT\n{day}\nSUMMARY:Ada\nEND:VEVENT\n");
    for (text, expected) in [
        ("x".repeat(MAX_CALENDAR_BYTES + 1), "bytes"),
        (event(&format!("{day}{people}")), "people on one shift"),
        (shift.repeat(MAX_SHIFTS + 1), "shifts"),
    ] {
        let error = Calendar::read(&text).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(Calendar::read(&shift.repeat(MAX_SHIFTS)).unwrap().len(), MAX_SHIFTS);
    assert!(Calendar::read("BEGIN:VCALENDAR\nEND:VCALENDAR").unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_is_harmless(text in "(BEGIN:VEVENT\n|END:VEVENT\n|DTSTART:2026111[0-9]T080000Z\n|DTEND:99991231T235959Z\n|RRULE:FREQ=DAILY;COUNT=[0-9]{1,6}\n|[ -~\n]{0,20}){0,20}", moment in any::<i64>()) {
        if let Ok(calendar) = Calendar::read(&text) {
            let found = calendar.on_call("x", Timestamp::from_micros(moment));
            prop_assert!(found.iter().all(|shift| shift.until.micros() > moment));
        }
    }
}
