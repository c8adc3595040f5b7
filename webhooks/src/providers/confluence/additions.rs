//! What people add to a page: comments, files and labels, for its timeline.

use super::NAME;
use super::page::{NO_ADDRESS, describe};
use super::payload::{Attachment, Body, Entity};
use crate::documents::{self, unread};
use crate::draft::{Draft, joined};
use crate::provider::{Content, ParseError};

/// The most files that one delivery may attach.
const MAX_FILES: usize = 1_000;

/// A comment on a page.
pub(super) fn comment(body: &Body, predicate: &str) -> Result<Content, ParseError> {
    let Some((what, summary)) = documents::comment(predicate) else { return Ok(unread("comment", predicate)) };
    let parent = body.comment.as_ref().and_then(|comment| comment.parent.as_ref());
    on_page(body, parent, None, what, summary)
}

/// Files on a page.
pub(super) fn attachment(body: &Body, predicate: &str) -> Result<Content, ParseError> {
    let files = body.attachments.as_deref().unwrap_or_default();
    if files.len() > MAX_FILES {
        return Err(ParseError::TooMany { what: "files", count: files.len(), limit: MAX_FILES });
    }
    let names = joined(files.iter().chain(&body.attachment).filter_map(name));
    let names = if names.is_empty() { "a file" } else { names.as_str() };
    let (what, summary) = match predicate {
        "created" => ("attached", format!("Attached {names}")),
        "updated" => ("attachment-edited", format!("Changed {names}")),
        "restored" => ("attached", format!("Restored {names}")),
        "removed" | "trashed" => ("detached", format!("Removed {names}")),
        _ => return Ok(unread("attachment", predicate)),
    };
    on_page(body, body.attached_to.as_ref(), None, what, &summary)
}

/// A label on a page. One that names a sort of document is its category.
pub(super) fn label(body: &Body, predicate: &str) -> Result<Content, ParseError> {
    let name = body.label.as_ref().and_then(|label| label.name.as_deref()).unwrap_or("a label");
    let (what, summary, category) = match predicate {
        "added" => ("labelled", format!("Labelled {name}"), documents::sort(name)),
        "removed" => ("unlabelled", format!("The label {name} was taken off"), None),
        "created" | "deleted" => {
            return Ok(Content::Ignored("a label is read from the pages that it is put on".to_owned()));
        }
        _ => return Ok(unread("label", predicate)),
    };
    on_page(body, body.labeled.as_ref(), category, what, &summary)
}

fn on_page(
    body: &Body,
    entity: Option<&Entity>,
    category: Option<&str>,
    what: &str,
    summary: &str,
) -> Result<Content, ParseError> {
    let mut draft = Draft::new(format!("{NAME}/page"), body.at());
    let Some((key, fact)) = describe(&draft, entity, category) else {
        return Ok(Content::Ignored(NO_ADDRESS.to_owned()));
    };
    draft.state(fact);
    draft.event(&key, None, what, body.actor(), summary);
    Ok(Content::Facts(Box::new(draft.finish()?)))
}

fn name(file: &Attachment) -> Option<&str> {
    file.file_name.as_deref().or(file.title.as_deref())
}
