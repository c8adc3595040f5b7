//! An issue, and the comments on it.

use throughline_domain::fact::{Attribute, Facts, Field, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::Outcome;
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::payload::{Data, Issue};
use super::{broken, place};
use crate::alert::{Around, Said, state_by_id};
use crate::draft::{Draft, by, object_id};
use crate::provider::ParseError;

/// The word for what happened to an issue; `None` for what is not read.
pub(super) fn what(action: &str) -> Option<&'static str> {
    Some(match action {
        "created" => "created",
        "resolved" => "resolved",
        "assigned" => "assigned",
        "ignored" | "archived" => "archived",
        "unresolved" => "reopened",
        _ => return None,
    })
}

/// The word for what happened to a comment; `None` for what is not read.
pub(super) fn comment_what(action: &str) -> Option<&'static str> {
    Some(match action {
        "created" => "commented",
        "updated" => "comment-edited",
        "deleted" => "comment-deleted",
        _ => return None,
    })
}

/// Everything that an event says of an issue. `sent` is when Sentry sent it: the issue does not tell when it changed.
pub(super) fn facts(
    what: &str,
    issue: &Issue,
    person: Option<&str>,
    sent: Option<Timestamp>,
) -> Result<Facts, ParseError> {
    let id = issue.id.get().ok_or_else(|| broken("the issue has no id"))?;
    let page = issue.web_url.get().or(issue.permalink.get());
    let key = place::key(page.or(issue.url.get()), id)?;
    let (first, last) = (issue.first_seen.time(), issue.last_seen.time());
    let mut draft = Draft::new("sentry/issue", sent.or(last).or(first));
    let fact = fact(&draft, &key, issue, id, page);
    draft.state_known(fact, issue.status.get(), outcome(issue));
    // Without a time, so that the firing of an alert, which is later, counts more.
    draft.state(NodeFact::new(key.clone(), None).moment(Attribute::OccurredAt, first));
    let title = issue.title.get().unwrap_or(id);
    draft.event(&key, None, what, person, &by(&format!("{title} {what}"), person));
    let project = issue.project.as_ref().and_then(|project| project.slug.get());
    let around = Around { service: service(project), ..Around::default() };
    around.state(&mut draft, &key);
    cause(&mut draft, &key, issue)?;
    draft.mention(&key, Field::Title, issue.title.get(), None);
    draft.finish()
}

/// A comment belongs to an issue of which its event tells nothing but the id.
pub(super) fn comment_facts(what: &str, data: &Data, person: Option<&str>) -> Result<Facts, ParseError> {
    let id = data.issue_id.get().ok_or_else(|| broken("the comment names no issue"))?;
    let key = place::key(None, id)?;
    let mut draft = Draft::new("sentry/comment", data.timestamp.time());
    state_by_id(&mut draft, &key, id);
    let summary = match data.comment.get().filter(|_| what == "commented") {
        Some(comment) => format!("commented: {comment}"),
        None => by(&what.replace('-', " "), person),
    };
    draft.event(&key, None, what, person, &summary);
    draft.finish()
}

/// A project of Sentry's is often one service, and nobody says so.
pub(super) fn service(project: Option<&str>) -> Option<Said<'_>> {
    Said::guessed(project, "the Sentry project, which often is the service")
}

/// The full commit id that a release's name is or ends with: `checkout@6f1c…`.
pub(super) fn commit(release: Option<&str>) -> Option<&str> {
    object_id(release.and_then(|release| release.rsplit('@').next()))
}

fn outcome(issue: &Issue) -> Option<Outcome> {
    match issue.status.get() {
        Some("unresolved") => Some(Outcome::Running),
        Some("resolved" | "resolvedInNextRelease") => Some(Outcome::Success),
        Some("ignored" | "archived") => Some(Outcome::Abandoned),
        _ => None,
    }
}

fn fact(draft: &Draft, key: &Key, issue: &Issue, id: &str, page: Option<&str>) -> NodeFact {
    let again = issue.substatus.get() == Some("regressed");
    let release = issue.first_release.as_ref().and_then(|release| release.version.get());
    let assignee = issue.assigned_to.as_ref().and_then(|assignee| assignee.name.get().or(assignee.email.get()));
    let fact = draft
        .fact(key)
        .with(Attribute::Title, issue.title.get().unwrap_or(id))
        .with(Attribute::Reference, issue.short_id.get().unwrap_or(id))
        .moment(Attribute::OccurredAt, issue.last_seen.time().filter(|_| again))
        .moment(Attribute::StartedAt, issue.first_seen.time())
        .with_some(Attribute::Description, issue.culprit.get())
        .with_some(Attribute::Severity, issue.level.get())
        .with_some(Attribute::Assignee, assignee)
        .with_some(Attribute::Version, release)
        .with_some(Attribute::Commit, commit(release))
        .named(Name::plain(issue.short_id.get().unwrap_or(id)));
    let clean = page.map(|page| place::issue_page(page, id).unwrap_or_else(|| page.to_owned()));
    fact.page(clean.as_deref())
}

/// The last commit of the release in which the issue was seen first is no more than a suspect.
fn cause(draft: &mut Draft, key: &Key, issue: &Issue) -> Result<(), KeyError> {
    let Some(release) = &issue.first_release else { return Ok(()) };
    let Some(commit) = &release.last_commit else { return Ok(()) };
    let address = commit.repository.as_ref().and_then(|repository| repository.url.get());
    let Some(repository) = address.and_then(Repository::from_address) else { return Ok(()) };
    if let Some(commit) = draft.commit_by_id(&repository, commit.id.get())? {
        let reason = "the last commit of the release in which the issue was first seen";
        draft.link_as(LinkClass::Guessed, key, LinkKind::CausedBy, &commit, reason);
    }
    Ok(())
}
