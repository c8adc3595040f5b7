//! Persons, as far as Confluence's events are about them.

use throughline_domain::fact::Attribute;

use super::NAME;
use super::payload::Body;
use crate::draft::Draft;
use crate::provider::{Content, ParseError};

/// A person's account that was made, switched off or on, or removed.
pub(super) fn read(body: &Body, predicate: &str) -> Result<Content, ParseError> {
    let state = match predicate {
        "created" | "reactivated" => "active",
        "deactivated" => "deactivated",
        "removed" => "removed",
        _ => return Ok(Content::Ignored(format!("'{predicate}' of the subject 'user' is not read"))),
    };
    let Some((profile, (id, key))) = body.user_profile.as_ref().and_then(|profile| Some((profile, profile.key()?)))
    else {
        return Ok(Content::Ignored("the event does not say by an id which person it is about".to_owned()));
    };
    let key = key?;
    let mut draft = Draft::new(format!("{NAME}/user"), body.at());
    let names = [profile.full_name.as_deref(), profile.user_display_name.as_deref()];
    let name = names.into_iter().flatten().find(|name| !name.trim().is_empty());
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, name.unwrap_or(id))
        .with(Attribute::Reference, id)
        .with_some(Attribute::Email, profile.email.as_deref().filter(|email| email.contains('@')))
        .with(Attribute::State, state);
    draft.state(fact);
    draft.event(&key, None, predicate, body.actor(), &format!("Account {predicate}"));
    Ok(Content::Facts(Box::new(draft.finish()?)))
}
