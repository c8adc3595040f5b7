//! `ref-updated`: where a branch or tag points now. The event has no address, and its host must be told otherwise.

use crate::code_host::{self, is_null_id, nothing};
use crate::draft::{by, object_id};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::payload::Event;
use super::reading::{Reading, called};

/// Reads an update of a branch or tag.
pub(super) fn read(_: &str, event: &Event) -> Result<Content, ParseError> {
    let Some(update) = &event.ref_update else { return nothing("the event holds no update") };
    let reference = filled(update.ref_name.as_deref()).unwrap_or_default();
    let Some((kind, name)) = split(reference) else { return nothing("the update is of neither a branch nor a tag") };
    let Some(host) = event.instance_id.as_deref().filter(|id| is_host(id)) else {
        return nothing("the event names no host; set gerrit.instanceId to the name of the server's host");
    };
    let project = update.project.as_deref().unwrap_or_default();
    let Some(mut reading) = Reading::open("ref-updated", host, project, event.event_created_on)? else {
        return nothing("the update names no project");
    };
    let is_tag = kind == "Tag";
    let key = if is_tag { reading.repository.tag(name)? } else { reading.repository.branch(name)? };
    let is_deleted = is_null_id(update.new_rev.as_deref());
    // The id of an annotated tag is that of the tag's own object.
    let head = object_id(update.new_rev.as_deref()).filter(|_| !is_tag);
    reading.place(code_host::reference(&reading.draft, &key, name, (is_deleted, head)))?;
    reading.draft.commit_by_id(&reading.repository, head)?;
    let what = match (is_deleted, is_tag, is_null_id(update.old_rev.as_deref())) {
        (true, _, _) => "deleted",
        (false, true, _) => "tagged",
        (false, false, true) => "created",
        (false, false, false) => "pushed",
    };
    let actor = called(event.submitter.as_ref());
    reading.draft.event(&key, None, what, actor, &by(&format!("{kind} {name} {what}"), actor));
    reading.finish()
}

/// What a reference is, and its short name. Old versions write a branch without the words before it.
fn split(reference: &str) -> Option<(&'static str, &str)> {
    let Some(rest) = reference.strip_prefix("refs/") else { return Some(("Branch", reference)) };
    let branch = rest.strip_prefix("heads/").map(|name| ("Branch", name));
    branch.or_else(|| rest.strip_prefix("tags/").map(|name| ("Tag", name)))
}

/// Whether an instance goes by the name of its host.
fn is_host(id: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
    id.contains('.') && id.chars().all(is_plain)
}
