//! `git.pullrequest.…` and comments on pull requests: changes, who wrote them and who approved them.

use throughline_domain::fact::{Attribute, Field, MAX_FACTS};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;

use crate::code_host::nothing;
use crate::draft::{by, joined, object_id};
use crate::json;
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::NAME;
use super::payload::{Hook, Identity, PullRequest, PullRequestComment};
use super::reading::{Reading, addresses, branch, called, href, page_of, titled};

/// The votes that approve: with and without suggestions.
const APPROVING: [i64; 2] = [5, 10];

/// Reads a pull request that was made, changed, or merged as a trial.
pub(super) fn read(body: &[u8], event: &str) -> Result<Content, ParseError> {
    let hook: Hook<PullRequest> = json::read(body, "a pull request of Azure DevOps")?;
    let Some(change) = &hook.resource else { return nothing(NO_CHANGE) };
    let mut reading = Reading::open(&hook, "git.pullrequest", &addresses(change.repository.as_ref()));
    let Some(key) = state_change(&mut reading, change)? else { return nothing(NO_IDENTITY) };
    let message = hook.message.as_ref().and_then(|message| message.text.as_deref()).unwrap_or_default();
    happened(&mut reading, &key, change, (event, message));
    reading.finish()
}

/// Reads a comment. Its text is left alone: it is no part of what the pull request says of itself.
pub(super) fn read_comment(body: &[u8], _: &str) -> Result<Content, ParseError> {
    let hook: Hook<PullRequestComment> = json::read(body, "a comment of Azure DevOps")?;
    let change = hook.resource.as_ref().and_then(|resource| resource.pull_request.as_ref());
    let Some(change) = change else { return nothing(NO_CHANGE) };
    let mut reading = Reading::open(&hook, "git.pullrequest", &addresses(change.repository.as_ref()));
    let Some(key) = state_change(&mut reading, change)? else { return nothing(NO_IDENTITY) };
    let comment = hook.resource.as_ref().and_then(|resource| resource.comment.as_ref());
    let published = comment.and_then(|comment| comment.published_date);
    // A comment that was changed is sent again, with the time of the change beside that of its first appearance.
    if published == comment.and_then(|comment| comment.last_content_updated_date) {
        let actor = called(comment.and_then(|comment| comment.author.as_ref()));
        reading.draft.event(&key, published, "commented", actor, &by("Commented", actor));
    }
    reading.finish()
}

const NO_CHANGE: &str = "the body holds no pull request; have the subscription send all details of the resource";
const NO_IDENTITY: &str = "the pull request has no number, or its repository no address";

fn state_change(reading: &mut Reading, change: &PullRequest) -> Result<Option<Key>, ParseError> {
    let Some(number) = change.pull_request_id else { return Ok(None) };
    let Some(repository) = reading.repository(change.repository.as_ref())? else { return Ok(None) };
    let key = repository.resource(NAME, NodeKind::Change, &number.to_string())?;
    let (state, outcome) = match change.status.as_deref() {
        Some("active") if change.is_draft == Some(true) => (Some("draft"), Some(Outcome::Running)),
        Some("active") => (Some("active"), Some(Outcome::Running)),
        Some("completed") => (Some("completed"), Some(Outcome::Success)),
        Some("abandoned") => (Some("abandoned"), Some(Outcome::Abandoned)),
        other => (other, None),
    };
    let merged_at = change.closed_date.filter(|_| outcome == Some(Outcome::Success));
    let source = branch(change.source_ref_name.as_deref());
    let head = change.last_merge_source_commit.as_ref().and_then(|commit| object_id(commit.commit_id.as_deref()));
    let reference = format!("{}!{number}", repository.path());
    let page = change.repository.as_ref().and_then(page_of).map(|page| format!("{page}/pullrequest/{number}"));
    let told = href(change.links.as_ref().and_then(|links| links.web.as_ref()));
    let fact = reading.draft.fact(&key);
    let fact = titled(fact, change.title.as_deref().unwrap_or_default(), &reference)
        .with_some(Attribute::State, state)
        .with_some(Attribute::Outcome, outcome.map(Outcome::word))
        .moment(Attribute::OccurredAt, merged_at.or(change.creation_date))
        .moment(Attribute::StartedAt, change.creation_date)
        .moment(Attribute::FinishedAt, change.closed_date)
        .with_some(Attribute::Branch, source)
        .with_some(Attribute::Commit, head)
        .with(Attribute::Labels, joined(change.labels.iter().flatten().filter_map(|label| label.name.as_deref())))
        .named(Name::change_number(&repository, number))
        .page(page.as_deref().or(told));
    reading.place_in(fact, &repository)?;
    reading.person(&key, LinkKind::AuthoredBy, change.created_by.as_ref(), "opened the pull request")?;
    link_commits(reading, &key, change, &repository)?;
    link_votes(reading, &key, change)?;
    let texts = [(Field::Title, change.title.as_deref()), (Field::Body, change.description.as_deref())];
    for (field, text) in texts.into_iter().chain([(Field::Branch, source)]) {
        reading.mention(&key, field, text, Some(&repository));
    }
    Ok(Some(key))
}

fn link_commits(
    reading: &mut Reading,
    key: &Key,
    change: &PullRequest,
    repository: &Repository,
) -> Result<(), ParseError> {
    let listed = change.commits.as_deref().unwrap_or_default();
    if listed.len() > MAX_FACTS {
        return Err(ParseError::TooMany { what: "commits", count: listed.len(), limit: MAX_FACTS });
    }
    for commit in listed.iter().chain(&change.last_merge_source_commit) {
        if let Some(commit) = reading.draft.commit_by_id(repository, commit.commit_id.as_deref())? {
            reading.draft.link(&commit, LinkKind::PartOf, key, "it is or was a commit of the pull request");
        }
    }
    // Before the pull request is completed this is a trial merge that is thrown away.
    let merge = change.last_merge_commit.as_ref().filter(|_| change.status.as_deref() == Some("completed"));
    if let Some(commit) =
        reading.draft.commit_by_id(repository, merge.and_then(|commit| commit.commit_id.as_deref()))?
    {
        reading.draft.link(&commit, LinkKind::PartOf, key, "the pull request was merged as this commit");
    }
    Ok(())
}

/// The most people whose votes are read.
const MAX_REVIEWERS: usize = 1_000;

fn link_votes(reading: &mut Reading, key: &Key, change: &PullRequest) -> Result<(), ParseError> {
    let reviewers = change.reviewers.as_deref().unwrap_or_default();
    if reviewers.len() > MAX_REVIEWERS {
        return Err(ParseError::TooMany { what: "reviewers", count: reviewers.len(), limit: MAX_REVIEWERS });
    }
    for reviewer in reviewers.iter().filter(|reviewer| reviewer.vote.is_some_and(|vote| APPROVING.contains(&vote))) {
        reading.person(key, LinkKind::ApprovedBy, reviewer.identity().as_ref(), "voted to approve the pull request")?;
    }
    Ok(())
}

fn happened(reading: &mut Reading, key: &Key, change: &PullRequest, (event, message): (&str, &str)) {
    let author = change.created_by.as_ref();
    let closer = change.closed_by.as_ref();
    let (what, at, actor, summary): (_, _, Option<&Identity>, _) = match (event, change.status.as_deref()) {
        ("git.pullrequest.created", _) => ("opened", change.creation_date, author, "Pull request opened"),
        (_, Some("completed")) => ("merged", change.closed_date, closer, "Pull request completed"),
        (_, Some("abandoned")) => ("closed", change.closed_date, closer, "Pull request abandoned"),
        ("git.pullrequest.updated", _) => return voted_or_pushed(reading, key, change, message),
        _ => return,
    };
    let actor = called(actor);
    reading.draft.event(key, at, what, actor, &by(summary, actor));
}

/// Which update it was is told by the sentence alone; who voted is believed only if their vote says the same.
fn voted_or_pushed(reading: &mut Reading, key: &Key, change: &PullRequest, message: &str) {
    let voted = change.reviewers.iter().flatten().find_map(|reviewer| {
        let name = filled(reviewer.display_name.as_deref())?;
        let verb = message.strip_prefix(name)?.split_whitespace().next()?;
        match (verb, reviewer.vote?) {
            ("approved", vote) if APPROVING.contains(&vote) => Some(("approved", "Approved", name)),
            ("rejected", -10) => Some(("rejected", "Rejected", name)),
            _ => None,
        }
    });
    if let Some((what, summary, name)) = voted {
        reading.draft.event(key, None, what, Some(name), &by(summary, Some(name)));
    } else if let Some((name, _)) = message.split_once(" updated the source branch") {
        reading.draft.event(key, None, "pushed", Some(name), &by("New commits pushed", Some(name)));
    } else if !message.is_empty() {
        reading.draft.event(key, None, "updated", None, message);
    }
}
