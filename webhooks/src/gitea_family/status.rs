//! `status`: what a tool outside says of a commit.

use throughline_domain::fact::Attribute;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use crate::code_host::nothing;
use crate::draft::{object_id, short};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::reading::Reading;

/// Reads a commit's status, which is a test run of the commit; each context has one, and its states follow each other.
pub(super) fn read(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let body = reading.body;
    let Some(sha) = object_id(body.sha.as_deref()) else { return nothing("the status names no commit by its full id") };
    let Some(context) = filled(body.context.as_deref()) else { return nothing("the status has no context") };
    let state = filled(body.state.as_deref());
    let outcome = state.and_then(outcome);
    reading.draft.at = body.updated_at.or(body.created_at);
    let key = reading.key(NodeKind::TestRun, format!("{}/{context}", sha.to_ascii_lowercase()))?;
    let is_ended = matches!(outcome, Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned));
    let fact = reading
        .draft
        .fact(&key)
        .with(Attribute::Title, context)
        .with(Attribute::Reference, format!("{context} on {}", short(sha)))
        .with(Attribute::Commit, sha)
        // The page is that of another tool's build, which goes by that address: no name of the status.
        .with_some(Attribute::Url, filled(body.target_url.as_deref()).filter(|page| Name::url(page).is_some()))
        .with_some(Attribute::Result, filled(body.description.as_deref()))
        .moment(Attribute::OccurredAt, body.created_at)
        .moment(Attribute::FinishedAt, reading.draft.at.filter(|_| is_ended));
    reading.draft.state_with_outcome(fact, state, outcome);
    reading.draft.place(&key, &reading.repository)?;
    let commit = match &body.commit {
        Some(commit) if commit.id.as_deref() == Some(sha) => reading.commit(commit)?,
        _ => reading.commit_by_id(Some(sha))?,
    };
    if let Some(commit) = commit {
        reading.draft.link(&key, LinkKind::Verifies, &commit, "the status is of this commit");
    }
    if is_ended {
        let summary = format!("{context}: {}", state.unwrap_or_default());
        reading.draft.event(&key, None, "completed", None, &summary);
    }
    reading.finish()
}

fn outcome(state: &str) -> Option<Outcome> {
    match state {
        "pending" => Some(Outcome::Pending),
        "success" => Some(Outcome::Success),
        "failure" | "error" => Some(Outcome::Failure),
        "skipped" => Some(Outcome::Abandoned),
        // A warning blocks in one setting and not in another.
        _ => None,
    }
}
