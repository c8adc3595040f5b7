//! `comment-added` and `vote-deleted`: what reviewers say of a change.

use throughline_domain::link::LinkKind;

use crate::code_host::nothing;
use crate::draft::by;
use crate::provider::{Content, ParseError};

use super::change::{NO_CHANGE, link_revision};
use super::payload::{Approval, Event};
use super::reading::{Reading, called};

/// The label of reviews of the code.
const CODE_REVIEW: &str = "Code-Review";

/// The label of those who build and test.
const VERIFIED: &str = "Verified";

/// The vote that lets a change through.
const APPROVING: i64 = 2;

/// The most labels of one event that are read.
const MAX_APPROVALS: usize = 1_000;

/// Reads votes and comments. The text is left alone: it is no part of what the change says of itself.
pub(super) fn read(kind: &str, event: &Event) -> Result<Content, ParseError> {
    let Some((mut reading, key)) = Reading::of_change(kind, event)? else { return nothing(NO_CHANGE) };
    link_revision(&mut reading, &key, (kind, event))?;
    let approvals = event.approvals.as_deref().unwrap_or_default();
    if approvals.len() > MAX_APPROVALS {
        return Err(ParseError::TooMany { what: "approvals", count: approvals.len(), limit: MAX_APPROVALS });
    }
    if kind == "vote-deleted" {
        let actor = called(event.remover.as_ref());
        reading.draft.event(&key, None, "unapproved", actor, &by("Vote removed", actor));
        return reading.finish();
    }
    let author = event.author.as_ref();
    let is_approved = approvals.iter().any(|approval| vote(approval, CODE_REVIEW) == Some(APPROVING));
    if is_approved {
        let number = event.patch_set.as_ref().and_then(|patch_set| patch_set.number.as_ref());
        let reason = match number {
            Some(number) => format!("voted {CODE_REVIEW} +{APPROVING} on patch set {number}"),
            None => format!("voted {CODE_REVIEW} +{APPROVING}"),
        };
        reading.person(&key, LinkKind::ApprovedBy, author, &reason)?;
    }
    let (what, summary) = told(approvals);
    let actor = called(author);
    reading.draft.event(&key, None, what, actor, &by(summary, actor));
    reading.finish()
}

/// What the votes that the event changed amount to.
fn told(approvals: &[Approval]) -> (&'static str, &'static str) {
    let changed = |label: &str| {
        let mut of_label = approvals.iter().filter(|approval| approval.old_value.is_some());
        of_label.find_map(|approval| vote(approval, label))
    };
    match (changed(CODE_REVIEW), changed(VERIFIED)) {
        (Some(APPROVING), _) => ("approved", "Approved"),
        (Some(vote), _) if vote <= -APPROVING => ("rejected", "Rejected"),
        (Some(vote), _) if vote < 0 => ("changes_requested", "Changes requested"),
        (_, Some(vote)) if vote > 0 => ("verified", "Verified"),
        (_, Some(vote)) if vote < 0 => ("failed", "Found to fail"),
        (_, _) => ("commented", "Commented"),
    }
}

/// The value of a vote of that label.
fn vote(approval: &Approval, label: &str) -> Option<i64> {
    let value = approval.value.as_deref().filter(|_| approval.kind.as_deref() == Some(label))?;
    value.trim().trim_start_matches('+').parse().ok()
}
