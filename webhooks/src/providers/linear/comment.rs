//! What people add to an issue: comments and attachments, for its timeline.

use throughline_domain::fact::Attribute;

use super::NAME;
use super::payload::{Body, Data};
use super::workspace::IssueName;
use crate::code_host::commented;
use crate::draft::Draft;
use crate::provider::{Content, ParseError};

/// A comment on an issue.
pub(super) fn comment(body: &Body, data: &Data) -> Result<Content, ParseError> {
    let (what, summary) = match body.action() {
        "update" => ("comment-edited", "Edited a comment".to_owned()),
        "remove" => ("comment-deleted", "Deleted a comment".to_owned()),
        _ => ("commented", commented(data.body.as_deref().unwrap_or_default())),
    };
    on_issue(body, data, what, &summary, "the comment does not say to which issue it belongs")
}

/// A link that somebody, or an integration, put on an issue.
pub(super) fn attachment(body: &Body, data: &Data) -> Result<Content, ParseError> {
    let title = data.title.as_deref().or(data.url.as_deref()).unwrap_or("a link");
    let (what, summary) = match body.action() {
        "update" => ("attachment-edited", format!("Changed the attachment {title}")),
        "remove" => ("detached", format!("Removed the attachment {title}")),
        _ => ("attached", format!("Attached {title}")),
    };
    on_issue(body, data, what, &summary, "the attachment names its issue by an internal id only")
}

fn on_issue(body: &Body, data: &Data, what: &str, summary: &str, missing: &str) -> Result<Content, ParseError> {
    let reference = data.issue.as_ref();
    let identifier = reference.and_then(|issue| issue.identifier.as_deref());
    let page = body.url.as_deref();
    let Some(issue) = IssueName::find(identifier, data, page) else {
        return Ok(Content::Ignored(missing.to_owned()));
    };
    let issue = issue?;
    let mut draft = Draft::new(format!("{NAME}/issue"), body.at());
    let fact = issue.fact(&mut draft, page)?;
    draft.state(fact.with_some(Attribute::Title, reference.and_then(|issue| issue.title.as_deref())));
    draft.event(&issue.key, None, what, body.actor_name(), summary);
    Ok(Content::Facts(Box::new(draft.finish()?)))
}
