//! Persons, as far as Confluence's events are about them.

use throughline_domain::fact::Attribute;

use super::NAME;
use super::payload::Body;
use crate::documents::unread;
use crate::draft::Draft;
use crate::provider::{Content, ParseError};

/// A person's account that was made, switched off or on, or removed.
pub(super) fn read(body: &Body, predicate: &str) -> Result<Content, ParseError> {
    let state = match predicate {
        "created" | "reactivated" => "active",
        "deactivated" => "deactivated",
        "removed" => "removed",
        _ => return Ok(unread("user", predicate)),
    };
    let mut draft = Draft::new(format!("{NAME}/user"), body.at());
    let person = body.user_profile.as_ref().and_then(|profile| profile.person());
    let key = person.as_ref().map(|person| draft.state_person(person)).transpose()?.flatten();
    let Some((person, key)) = person.zip(key) else {
        let reason = "the event does not say by an account id or e-mail address which person it is about";
        return Ok(Content::Ignored(reason.to_owned()));
    };
    // A person who is known by the e-mail address is the same in every tool, and not gone with an account of this one.
    if person.login.is_some() && draft.at.is_some() {
        let fact = draft.fact(&key).with(Attribute::State, state);
        draft.state(fact);
    }
    draft.event(&key, None, predicate, body.actor(), &format!("Account of Confluence {predicate}"));
    Ok(Content::Facts(Box::new(draft.finish()?)))
}
