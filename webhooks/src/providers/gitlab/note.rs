//! `note`: comments, and what they are on.

use serde::Deserialize;
use throughline_domain::fact::{Attribute, Facts, Field};
use throughline_domain::key::Key;
use throughline_domain::node::NodeKind;
use throughline_domain::time::Timestamp;

use super::delivery::Delivery;
use super::draft::Draft;
use super::issue::state_issue;
use super::merge_request::state_change;
use super::payload::{Commit, Issue, MergeRequest, Project, User};
use super::time::moment;
use crate::code_host::commented;
use crate::stop::Stop;

/// A `note` event. Of the last four members the one that was commented on is there.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NoteEvent {
    event_type: Option<String>,
    object_attributes: Option<Note>,
    user: Option<User>,
    project: Option<Project>,
    repository: Option<Project>,
    commit: Option<Commit>,
    merge_request: Option<MergeRequest>,
    issue: Option<Issue>,
    snippet: Option<Snippet>,
}

/// A comment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Note {
    note: Option<String>,
    action: Option<String>,
    system: Option<bool>,
    internal: Option<bool>,
    commit_id: Option<String>,
    #[serde(deserialize_with = "moment")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    updated_at: Option<Timestamp>,
}

/// A piece of text that is kept beside the code.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Snippet {
    title: Option<String>,
    description: Option<String>,
    file_name: Option<String>,
    url: Option<String>,
    #[serde(deserialize_with = "moment")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    updated_at: Option<Timestamp>,
}

/// Reads a comment. What it is on is stated as it is now; the comment's words stand in the timeline and link nothing,
/// because whoever comments does not answer for what is commented on.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: NoteEvent = delivery.read("a GitLab note event")?;
    let note = event.object_attributes.as_ref().ok_or_else(|| Stop::nothing("the body holds no comment"))?;
    let mut draft = Draft::open(delivery, event.project.as_ref(), event.repository.as_ref(), noted_at(&event, note))?;
    if let Some(key) = state_noted(&mut draft, &event, note)? {
        happened(&mut draft, &key, &event, note);
    }
    draft.finish()
}

fn noted_at(event: &NoteEvent, note: &Note) -> Option<Timestamp> {
    let noted = [
        event.merge_request.as_ref().and_then(|change| change.updated_at.or(change.created_at)),
        event.issue.as_ref().and_then(|issue| issue.updated_at.or(issue.created_at)),
        event.snippet.as_ref().and_then(|snippet| snippet.updated_at.or(snippet.created_at)),
    ];
    noted.into_iter().flatten().next().or(note.created_at)
}

fn state_noted(draft: &mut Draft, event: &NoteEvent, note: &Note) -> Result<Option<Key>, Stop> {
    if let Some(change) = &event.merge_request {
        return Ok(Some(state_change(draft, change)?));
    }
    if let Some(issue) = &event.issue {
        return Ok(Some(state_issue(draft, issue)?));
    }
    if let Some(snippet) = &event.snippet {
        return state_snippet(draft, snippet);
    }
    match &event.commit {
        Some(commit) => Ok(draft.commit(commit)?),
        None => Ok(draft.commit_by_id(note.commit_id.as_deref())?),
    }
}

fn state_snippet(draft: &mut Draft, snippet: &Snippet) -> Result<Option<Key>, Stop> {
    let key = draft.web(NodeKind::Document, snippet.url.as_deref(), Some("snippet"));
    let Some(key) = key else { return Ok(None) };
    let fact = draft
        .fact(&key)
        .with_some(Attribute::Title, snippet.title.as_deref())
        .with_some(Attribute::Reference, snippet.file_name.as_deref())
        .moment(Attribute::OccurredAt, snippet.created_at);
    draft.place(fact)?;
    draft.text(&key, Field::Title, snippet.title.as_deref());
    draft.text(&key, Field::Body, snippet.description.as_deref());
    Ok(Some(key))
}

fn happened(draft: &mut Draft, key: &Key, event: &NoteEvent, note: &Note) {
    // GitLab itself notes what events of their own tell.
    if note.system == Some(true) {
        return;
    }
    let is_internal = note.internal == Some(true) || event.event_type.as_deref() == Some("confidential_note");
    let actor = event.user.as_ref().and_then(User::called);
    match note.action.as_deref() {
        Some("update") => draft.event(key, note.updated_at, "comment-edited", actor, "Edited a comment"),
        _ if is_internal => draft.event(key, note.created_at, "commented", actor, "Commented, for some readers only"),
        _ => {
            draft.event(key, note.created_at, "commented", actor, &commented(note.note.as_deref().unwrap_or_default()))
        }
    }
}
