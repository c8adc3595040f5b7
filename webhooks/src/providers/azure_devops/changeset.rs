//! `tfvc.checkin`: changesets of Team Foundation Version Control, which has numbers where git has hashes.

use throughline_domain::fact::{Attribute, Field};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;

use crate::code_host::nothing;
use crate::draft::by;
use crate::json;
use crate::provider::{Content, ParseError};

use super::payload::{Changeset, Hook};
use super::reading::{Reading, called, titled};

/// Reads a changeset, which is a commit by its number in the organisation.
pub(super) fn read(body: &[u8], _: &str) -> Result<Content, ParseError> {
    let hook: Hook<Changeset> = json::read(body, "a changeset of Azure DevOps")?;
    let Some(changeset) = &hook.resource else { return nothing("the body holds no changeset") };
    let Some(number) = changeset.changeset_id else { return nothing("the changeset has no number") };
    let mut reading = Reading::open(&hook, "tfvc.checkin", &[changeset.url.as_deref()]);
    // A changeset does not change any more.
    reading.draft.at = changeset.created_date.or(hook.created_date);
    let key = reading.place.key(NodeKind::Commit, &number.to_string())?;
    let comment = changeset.comment.as_deref().unwrap_or_default();
    let title = comment.lines().next().unwrap_or_default().trim();
    let fact = titled(reading.draft.fact(&key), title, &format!("C{number}"))
        .moment(Attribute::OccurredAt, changeset.created_date);
    reading.draft.state(fact);
    reading.person(&key, LinkKind::AuthoredBy, changeset.author.as_ref(), "checked in the changeset")?;
    reading.mention(&key, Field::Message, changeset.comment.as_deref(), None);
    let actor = called(changeset.author.as_ref());
    reading.draft.event(&key, None, "pushed", actor, &by(&format!("Changeset {number} checked in"), actor));
    reading.finish()
}
