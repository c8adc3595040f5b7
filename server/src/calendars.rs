//! Who is on call: the calendars that were applied with the policies, one for each team.

use std::collections::BTreeMap;

use throughline_domain::calendar::Calendar;
use throughline_domain::dossier::{OnCall, Piece};
use throughline_domain::policy::name_of;
use throughline_domain::time::Timestamp;

/// The most calendars that go with the policies.
const MAX_CALENDARS: usize = 500;

/// The longest name of a team, in bytes.
const MAX_TEAM_BYTES: usize = 100;

/// Checks that all calendars can be read.
///
/// # Errors
/// The first mistake, with the team and the line.
pub fn check(calendars: &BTreeMap<String, String>) -> Result<(), String> {
    if calendars.len() > MAX_CALENDARS {
        return Err(format!("there are {} calendars; at most {MAX_CALENDARS} are accepted", calendars.len()));
    }
    for (team, text) in calendars {
        if team.trim().is_empty() || team.len() > MAX_TEAM_BYTES {
            return Err(format!("the name of a calendar's team must have 1 to {MAX_TEAM_BYTES} bytes"));
        }
        Calendar::read(text).map_err(|cause| format!("calendar of '{team}': {cause}"))?;
    }
    Ok(())
}

/// Who of the owners is on call at a moment. A calendar that this version cannot read says nothing: it was checked when it
/// was applied, by the version of that day.
pub fn on_call(calendars: &BTreeMap<String, String>, owners: &[Piece], at: Timestamp) -> Vec<OnCall> {
    let is_owner = |team: &str| {
        let team = team.to_lowercase();
        owners.iter().any(|owner| name_of(owner).to_lowercase() == team || owner.title.to_lowercase() == team)
    };
    let mut found = Vec::new();
    for (team, text) in calendars.iter().filter(|(team, _)| is_owner(team)) {
        match Calendar::read(text) {
            Ok(calendar) => found.extend(calendar.on_call(team, at)),
            Err(error) => tracing::warn!(team, error = %error, "the calendar of a team cannot be read"),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use throughline_domain::dossier::Piece;
    use throughline_domain::key::named;
    use throughline_domain::node::NodeKind;
    use throughline_domain::time::Timestamp;

    use super::{check, on_call};

    const CALENDAR: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20261120T080000Z\r\nDTEND:20261121T080000Z\r\n\
                            SUMMARY:grace\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    fn team(name: &str, title: &str) -> Piece {
        Piece {
            key: named(NodeKind::Team, name).unwrap().as_str().to_owned(),
            kind: NodeKind::Team,
            title: title.to_owned(),
            reference: None,
            url: None,
            state: None,
            outcome: None,
            occurred: None,
            stated: true,
        }
    }

    #[test]
    fn the_owners_calendars_say_who_is_on_call() {
        let calendars: BTreeMap<String, String> =
            [("Payments", CALENDAR), ("shop", CALENDAR)].map(|(team, text)| (team.to_owned(), text.to_owned())).into();
        assert_eq!(check(&calendars), Ok(()));
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let owners = [team("payments", "The payments team")];
        let found = on_call(&calendars, &owners, at("2026-11-20T10:00:00Z"));
        let shown: Vec<String> = found.iter().map(|one| format!("{} {} {}", one.team, one.who, one.until)).collect();
        assert_eq!(shown, ["Payments grace 2026-11-21T08:00:00Z"]);
        assert!(on_call(&calendars, &owners, at("2026-11-22T10:00:00Z")).is_empty());
        assert!(on_call(&calendars, &[], at("2026-11-20T10:00:00Z")).is_empty());
    }

    #[test]
    fn a_calendar_that_cannot_be_read_is_named() {
        let broken = CALENDAR.replace("20261120T080000Z", "20261120T080000");
        let error = check(&[("payments".to_owned(), broken)].into()).unwrap_err();
        assert!(error.starts_with("calendar of 'payments': line 3"), "{error}");
        let error = check(&[(" ".to_owned(), CALENDAR.to_owned())].into()).unwrap_err();
        assert!(error.contains("1 to 100 bytes"), "{error}");
    }
}
