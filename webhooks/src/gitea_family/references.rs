//! `create` and `delete`: branches and tags that come and go without commits.

use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;

use crate::code_host::{self, nothing};
use crate::draft::{by, object_id};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::reading::{Reading, called};

/// Reads that a branch or tag was made.
pub(super) fn read_created(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some((key, name)) = named(&mut reading)? else { return nothing(NO_NAME) };
    let is_tag = key.kind() == NodeKind::Tag;
    // The id beside an annotated tag is that of the tag's own object, so of tags it says nothing about a commit.
    let head = object_id(reading.body.sha.as_deref()).filter(|_| !is_tag);
    reading.place(code_host::reference(&reading.draft, &key, name, (false, head)))?;
    reading.commit_by_id(head)?;
    let sender = reading.body.sender.as_ref();
    if is_tag {
        reading.person(&key, LinkKind::TriggeredBy, sender, "the tag was made by this account")?;
    }
    let (what, summary) = if is_tag { ("tagged", "Tag") } else { ("created", "Branch") };
    let actor = called(sender);
    reading.draft.event(&key, None, what, actor, &by(&format!("{summary} {name} created"), actor));
    reading.finish()
}

/// Reads that a branch or tag was deleted.
pub(super) fn read_deleted(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some((key, name)) = named(&mut reading)? else { return nothing(NO_NAME) };
    let is_tag = key.kind() == NodeKind::Tag;
    reading.place(code_host::reference(&reading.draft, &key, name, (true, None)))?;
    let actor = called(reading.body.sender.as_ref());
    let kind = if is_tag { "Tag" } else { "Branch" };
    reading.draft.event(&key, None, "deleted", actor, &by(&format!("{kind} {name} deleted"), actor));
    reading.finish()
}

const NO_NAME: &str = "the body names neither a branch nor a tag";

/// The branch or tag that the body names, with its short name, and the time of the statements about it.
fn named<'a>(reading: &mut Reading<'a>) -> Result<Option<(Key, &'a str)>, ParseError> {
    let body = reading.body;
    // No field says when it was; the repository was last changed no later.
    reading.draft.at = body.repository.as_ref().and_then(|repository| repository.updated_at);
    let Some(reference) = filled(body.reference.as_deref()) else { return Ok(None) };
    let name = reference.strip_prefix("refs/heads/").or(reference.strip_prefix("refs/tags/")).unwrap_or(reference);
    let key = match body.ref_type.as_deref() {
        Some("branch") => reading.repository.branch(name)?,
        Some("tag") => reading.repository.tag(name)?,
        _ => return Ok(None),
    };
    Ok(Some((key, name)))
}
