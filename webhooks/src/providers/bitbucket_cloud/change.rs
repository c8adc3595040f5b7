//! `pullrequest:…`: changes, who wrote them and who approved them.

use throughline_domain::fact::{Attribute, Field};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use crate::code_host::nothing;
use crate::draft::{by, object_id};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::payload::{PullRequest, Verdict};
use super::reading::{Reading, called, page};

/// The most people whose part in a pull request is read.
const MAX_PARTICIPANTS: usize = 1_000;

/// Reads anything that happens to a pull request.
pub(super) fn read(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(change) = &reading.body.pullrequest else { return nothing("the body holds no pull request") };
    let Some(number) = change.id else { return nothing("the pull request has no number") };
    let participants = change.participants.as_deref().unwrap_or_default();
    if participants.len() > MAX_PARTICIPANTS {
        let (what, limit) = ("participants", MAX_PARTICIPANTS);
        return Err(ParseError::TooMany { what, count: participants.len(), limit });
    }
    reading.draft.at = change.updated_on.or(change.created_on);
    let key = state_change(&mut reading, change, number)?;
    for participant in participants.iter().filter(|participant| participant.approved == Some(true)) {
        reading.person(&key, LinkKind::ApprovedBy, participant.user.as_ref(), "approved the pull request")?;
    }
    happened(&mut reading, &key, change)?;
    reading.finish()
}

fn state_change(reading: &mut Reading<'_>, change: &PullRequest, number: u64) -> Result<Key, ParseError> {
    let key = reading.key(NodeKind::Change, number)?;
    let (state, outcome) = status(change);
    let is_merged = outcome == Some(Outcome::Success);
    let ended_at = ended_at(reading, change);
    let occurred_at = if is_merged { ended_at } else { change.created_on };
    let head = change.source.as_ref().and_then(|source| source.commit.as_ref());
    let head = object_id(head.and_then(|commit| commit.hash.as_deref()));
    let branch = change.source.as_ref().and_then(|source| source.branch.as_ref());
    let branch = filled(branch.and_then(|branch| branch.name.as_deref()));
    let fact = reading
        .draft
        .fact(&key)
        .with_some(Attribute::Title, change.title.as_deref())
        .with(Attribute::Reference, format!("{}!{number}", reading.repository.path()))
        .with_some(Attribute::State, state)
        .with_some(Attribute::Outcome, outcome.map(Outcome::word))
        .moment(Attribute::OccurredAt, occurred_at)
        .moment(Attribute::StartedAt, change.created_on)
        .moment(Attribute::FinishedAt, ended_at)
        .with_some(Attribute::Branch, branch)
        .with_some(Attribute::Commit, head)
        .named(Name::change_number(&reading.repository, number))
        .page(page(change.links.as_ref()));
    reading.place(fact)?;
    reading.person(&key, LinkKind::AuthoredBy, change.author.as_ref(), "opened the pull request")?;
    let merge = change.merge_commit.as_ref().and_then(|commit| commit.hash.as_deref()).filter(|_| is_merged);
    link_commits(reading, &key, head, merge)?;
    reading.mention(&key, Field::Title, change.title.as_deref());
    reading.mention(&key, Field::Body, change.description.as_deref());
    reading.mention(&key, Field::Branch, branch);
    Ok(key)
}

/// Bitbucket's state with what it calls a flag, and what that means.
fn status(change: &PullRequest) -> (Option<&str>, Option<Outcome>) {
    match change.state.as_deref() {
        Some("OPEN") if change.draft == Some(true) => (Some("DRAFT"), Some(Outcome::Running)),
        Some("OPEN") => (Some("OPEN"), Some(Outcome::Running)),
        Some("MERGED") => (Some("MERGED"), Some(Outcome::Success)),
        Some("DECLINED") => (Some("DECLINED"), Some(Outcome::Abandoned)),
        Some("SUPERSEDED") => (Some("SUPERSEDED"), Some(Outcome::Abandoned)),
        other => (other, None),
    }
}

fn link_commits(
    reading: &mut Reading<'_>,
    key: &Key,
    head: Option<&str>,
    merge: Option<&str>,
) -> Result<(), ParseError> {
    let commits =
        [(head, "it is or was the head of the pull request"), (merge, "the pull request was merged as this commit")];
    for (id, reason) in commits {
        if let Some(commit) = reading.draft.commit_by_id(&reading.repository, id)? {
            reading.draft.link(&commit, LinkKind::PartOf, key, reason);
        }
    }
    Ok(())
}

/// When a pull request was merged or declined: only the delivery of just that tells it, unless a field of its own does.
fn ended_at(reading: &Reading<'_>, change: &PullRequest) -> Option<Timestamp> {
    let just_now = matches!(reading.event, "pullrequest:fulfilled" | "pullrequest:rejected");
    change.closed_on.or(change.updated_on.filter(|_| just_now))
}

fn happened(reading: &mut Reading<'_>, key: &Key, change: &PullRequest) -> Result<(), ParseError> {
    let body = reading.body;
    let actor = body.actor.as_ref();
    let closer = change.closed_by.as_ref().or(actor);
    let comment = body.comment.as_ref();
    let (what, at, who, summary) = match reading.event.trim_start_matches("pullrequest:") {
        "created" => ("opened", change.created_on, change.author.as_ref().or(actor), "Pull request opened"),
        "fulfilled" => ("merged", ended_at(reading, change), closer, "Pull request merged"),
        "rejected" => ("closed", ended_at(reading, change), closer, "Pull request declined"),
        // Without a header an approval looks like an update, and is not told as one.
        "updated" if body.approval.is_none() && body.changes_request.is_none() => {
            ("updated", None, actor, "Pull request updated")
        }
        "approved" => return judged(reading, key, body.approval.as_ref(), "approved", "Approved"),
        "unapproved" => return judged(reading, key, body.approval.as_ref(), "unapproved", "Approval taken back"),
        "changes_request_created" => {
            return judged(reading, key, body.changes_request.as_ref(), "changes_requested", "Changes requested");
        }
        "comment_created" => {
            let author = comment.and_then(|comment| comment.user.as_ref()).or(actor);
            ("commented", comment.and_then(|comment| comment.created_on), author, "Commented")
        }
        // Comments that change, and requests that are taken back: the attributes tell what is left.
        _ => return Ok(()),
    };
    let who = called(who);
    reading.draft.event(key, at, what, who, &by(summary, who));
    Ok(())
}

fn judged(
    reading: &mut Reading<'_>,
    key: &Key,
    verdict: Option<&Verdict>,
    what: &str,
    summary: &str,
) -> Result<(), ParseError> {
    let reviewer = verdict.and_then(|verdict| verdict.user.as_ref()).or(reading.body.actor.as_ref());
    reading.draft.at = verdict.and_then(|verdict| verdict.date).or(reading.draft.at);
    if what == "approved" {
        reading.person(key, LinkKind::ApprovedBy, reviewer, "approved the pull request")?;
    }
    let who = called(reviewer);
    reading.draft.event(key, None, what, who, &by(summary, who));
    Ok(())
}
