//! Several events in one delivery.

use serde_json::Value;
use throughline_domain::fact::{Facts, MAX_FACTS};

use super::envelope::Envelope;
use super::{BATCH, add, refuse, stated, structured};
use crate::provider::{ParseError, Parsed, Request};

/// The most events that one delivery may hold.
const MAX_EVENTS: usize = 1_000;

/// Everything that the events of a batch state.
///
/// # Errors
/// [`ParseError::TooMany`] over the bounds; whatever is wrong with one of the events is wrong with the batch.
pub(super) fn read(request: &Request<'_>, events: Vec<Value>) -> Result<Parsed, ParseError> {
    if events.len() > MAX_EVENTS {
        return Err(ParseError::TooMany { what: "events", count: events.len(), limit: MAX_EVENTS });
    }
    let mut facts = Facts::default();
    let mut ignored = "the batch holds no event".to_owned();
    let mut found = false;
    for event in events {
        let Value::Object(members) = event else { return Err(refuse("an event of the batch is no object")) };
        let envelope = Envelope::new(members)?;
        // As if it had come alone.
        match stated(structured(request, &envelope, &envelope.body())?) {
            Ok(more) => {
                found = true;
                add(&mut facts, more);
            }
            Err(reason) => ignored = reason,
        }
    }
    if !found {
        return Ok(Parsed::ignored(BATCH, ignored));
    }
    let counts = [
        ("nodes", facts.nodes.len()),
        ("links", facts.links.len()),
        ("events", facts.events.len()),
        ("mentions", facts.mentions.len()),
        ("announcements", facts.announcements.len()),
    ];
    match counts.into_iter().find(|(_, count)| *count > MAX_FACTS) {
        Some((what, count)) => Err(ParseError::TooMany { what, count, limit: MAX_FACTS }),
        None => Ok(Parsed::facts(BATCH, facts)),
    }
}
