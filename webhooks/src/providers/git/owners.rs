//! Who owns what: the lists of CODEOWNERS, each stated as a whole so that a newer one takes back what it leaves out.

use throughline_domain::fact::{Facts, Field};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::rules::{Stated, state};

use super::at_most;
use super::payload::Body;
use super::place::Place;
use crate::draft::{Draft, Person};
use crate::provider::ParseError;

/// The most components of one body.
const MAX_COMPONENTS: usize = 2_000;

/// The most owners of one component or file that are read.
const MAX_OWNERS: usize = 100;

/// The longest name of an owner that is read, in bytes; a longer one could not be part of a key.
const MAX_OWNER_BYTES: usize = 255;

pub(super) fn read(body: &Body, place: &Place<'_>) -> Result<Facts, ParseError> {
    at_most("components", body.owners.len(), MAX_COMPONENTS)?;
    let mut draft = place.draft("owners")?;
    for owned in &body.owners {
        let Some(path) = owned.component.as_deref() else { continue };
        draft.at = owned.at;
        let Some(component) = place.component(&mut draft, path)? else { continue };
        let file = owned.file.as_deref().unwrap_or("CODEOWNERS");
        let relations = owned_by(&mut draft, place, &owned.owners, file)?;
        state_whole(&mut draft, &component, &relations);
    }
    draft.finish()
}

/// The relations to owners as CODEOWNERS writes them; `said` is the file that does.
pub(super) fn owned_by(
    draft: &mut Draft,
    place: &Place<'_>,
    owners: &[String],
    said: &str,
) -> Result<Vec<Stated>, KeyError> {
    let mut relations = Vec::new();
    for owner in owners.iter().take(MAX_OWNERS) {
        if let Some(to) = owner_key(draft, place, owner)? {
            relations.push(Stated { kind: LinkKind::OwnedBy, to, reason: format!("{said} names {owner}") });
        }
    }
    Ok(relations)
}

/// Hands over all that a file states of a node. An empty list takes back what was stated before.
pub(super) fn state_whole(draft: &mut Draft, node: &Key, relations: &[Stated]) {
    let stated = state(node, Field::Owners, relations, draft.at);
    if stated.text.is_empty() {
        draft.emptied(node, Field::Owners, None);
    } else {
        draft.mention(node, Field::Owners, Some(&stated.text), None);
    }
}

/// `@acme/payments` is a team, `@ada` an account of the host, `ada@acme.example` a person; `@@maintainer` is a role, and
/// nobody in particular.
fn owner_key(draft: &mut Draft, place: &Place<'_>, owner: &str) -> Result<Option<Key>, KeyError> {
    let owner = owner.trim();
    if owner.len() > MAX_OWNER_BYTES {
        return Ok(None);
    }
    match owner.strip_prefix('@') {
        Some(role) if role.starts_with('@') => Ok(None),
        Some(team) if team.contains('/') => Ok(draft.named(NodeKind::Team, Some(owner))),
        Some(login) => draft.state_person(&Person {
            provider: place.host,
            host: place.repository.host(),
            login: Some(login),
            ..Person::default()
        }),
        None => draft.state_person(&Person { email: Some(owner), ..Person::default() }),
    }
}
