//! `pr:…`: changes, who wrote them and who approved them.

use throughline_domain::fact::{Attribute, Field};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use crate::code_host::{approval, nothing};
use crate::draft::{by, object_id};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::payload::PullRequest;
use super::reading::{Reading, called, page};

/// The most people whose part in a pull request is read.
const MAX_PARTICIPANTS: usize = 1_000;

/// Reads anything that happens to a pull request.
pub(super) fn read(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(change) = &reading.body.pull_request else { return nothing("the body holds no pull request") };
    let Some(number) = change.id else { return nothing("the pull request has no number") };
    let key = state_change(&mut reading, change, number)?;
    state_approvals(&mut reading, &key, change)?;
    happened(&mut reading, &key, change);
    reading.finish()
}

fn state_change(reading: &mut Reading<'_>, change: &PullRequest, number: u64) -> Result<Key, ParseError> {
    let key = reading.key(NodeKind::Change, number)?;
    let is_deleted = reading.event == "pr:deleted";
    let (state, outcome) = match change.state.as_deref() {
        _ if is_deleted => (Some("DELETED"), Some(Outcome::Abandoned)),
        Some("OPEN") if change.draft == Some(true) => (Some("DRAFT"), Some(Outcome::Running)),
        Some("OPEN") => (Some("OPEN"), Some(Outcome::Running)),
        Some("MERGED") => (Some("MERGED"), Some(Outcome::Success)),
        Some("DECLINED") => (Some("DECLINED"), Some(Outcome::Abandoned)),
        other => (other, None),
    };
    let merged_at = change.closed_date.filter(|_| outcome == Some(Outcome::Success));
    let source = change.from_ref.as_ref();
    let branch = filled(source.and_then(|source| source.display_id.as_deref()));
    let head = object_id(source.and_then(|source| source.latest_commit.as_deref()));
    let fact = reading
        .draft
        .fact(&key)
        .with_some(Attribute::Title, change.title.as_deref())
        .with(Attribute::Reference, format!("{}#{number}", reading.repository.path()))
        .with_some(Attribute::State, state)
        .with_some(Attribute::Outcome, outcome.map(Outcome::word))
        .moment(Attribute::OccurredAt, merged_at.or(change.created_date))
        .moment(Attribute::StartedAt, change.created_date)
        .moment(Attribute::FinishedAt, change.closed_date)
        .with_some(Attribute::Branch, branch)
        .with_some(Attribute::Commit, head)
        // Bitbucket Server keeps no tickets, so a bare number can only be a pull request's.
        .named(Name::number(&reading.repository, number))
        .named(Name::change_number(&reading.repository, number))
        .page(page(change.links.as_ref()));
    reading.place(fact)?;
    let author = change.author.as_ref().and_then(|author| author.user.as_ref());
    reading.person(&key, LinkKind::AuthoredBy, author, "opened the pull request")?;
    link_commits(reading, &key, change, head)?;
    reading.mention(&key, Field::Title, change.title.as_deref());
    reading.mention(&key, Field::Body, change.description.as_deref());
    reading.mention(&key, Field::Branch, branch);
    Ok(key)
}

fn link_commits(
    reading: &mut Reading<'_>,
    key: &Key,
    change: &PullRequest,
    head: Option<&str>,
) -> Result<(), ParseError> {
    let merge = change.properties.as_ref().and_then(|properties| properties.merge_commit.as_ref());
    let merge = merge.and_then(|commit| commit.id.as_deref()).filter(|_| change.state.as_deref() == Some("MERGED"));
    let commits =
        [(head, "it is or was the head of the pull request"), (merge, "the pull request was merged as this commit")];
    for (id, reason) in commits {
        if let Some(commit) = reading.draft.commit_by_id(&reading.repository, id)? {
            reading.draft.link(&commit, LinkKind::PartOf, key, reason);
        }
    }
    Ok(())
}

fn state_approvals(reading: &mut Reading<'_>, key: &Key, change: &PullRequest) -> Result<(), ParseError> {
    let reviewers = change.reviewers.as_deref().unwrap_or_default();
    let participants = change.participants.as_deref().unwrap_or_default();
    let count = reviewers.len() + participants.len();
    if count > MAX_PARTICIPANTS {
        return Err(ParseError::TooMany { what: "participants", count, limit: MAX_PARTICIPANTS });
    }
    let approving = reviewers.iter().chain(participants).chain(&reading.body.participant);
    for participant in approving.filter(|participant| participant.approved == Some(true)) {
        let reason = approval("pull request", participant.last_reviewed_commit.as_deref());
        reading.person(key, LinkKind::ApprovedBy, participant.user.as_ref(), &reason)?;
    }
    Ok(())
}

fn happened(reading: &mut Reading<'_>, key: &Key, change: &PullRequest) {
    let body = reading.body;
    let actor = called(body.actor.as_ref());
    let (what, at, summary) = match reading.event.trim_start_matches("pr:") {
        "opened" => ("opened", change.created_date, "Pull request opened"),
        "modified" => ("edited", None, "Title, text or target edited"),
        "from_ref_updated" => ("pushed", None, "New commits pushed"),
        "merged" => ("merged", change.closed_date, "Pull request merged"),
        "declined" => ("closed", change.closed_date, "Pull request declined"),
        "deleted" => ("deleted", None, "Pull request deleted"),
        "reviewer:approved" => ("approved", None, "Approved"),
        "reviewer:unapproved" => ("unapproved", None, "Approval or request for changes taken back"),
        "reviewer:needs_work" | "reviewer:changes_requested" => ("changes_requested", None, "Changes requested"),
        "comment:added" => ("commented", body.comment.as_ref().and_then(|comment| comment.created_date), "Commented"),
        // Reviewers who were asked, and comments that change: the attributes tell what is left.
        _ => return,
    };
    let author = body.comment.as_ref().and_then(|comment| comment.author.as_ref());
    let actor = if what == "commented" { called(author).or(actor) } else { actor };
    reading.draft.event(key, at, what, actor, &by(summary, actor));
}
