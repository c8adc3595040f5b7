//! `issue` and `work_item`: tickets that are kept on GitLab.

use serde::Deserialize;
use serde_json::{Map, Value};
use throughline_domain::fact::{Attribute, Facts, Field};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use super::delivery::Delivery;
use super::draft::Draft;
use super::payload::{Issue, Label, Project, User};
use crate::draft::{by, joined};
use crate::members::filled;
use crate::stop::Stop;

/// An `issue` or `work_item` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IssueEvent {
    object_attributes: Option<Issue>,
    user: Option<User>,
    assignees: Option<Vec<User>>,
    labels: Option<Vec<Label>>,
    changes: Option<Map<String, Value>>,
    project: Option<Project>,
    repository: Option<Project>,
}

impl IssueEvent {
    fn has_changed(&self, member: &str) -> bool {
        self.changes.as_ref().is_some_and(|changes| changes.contains_key(member))
    }
}

/// Reads an issue, task, incident or whatever other work item of a project.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let mut event: IssueEvent = delivery.read("a GitLab issue event")?;
    let mut issue = event.object_attributes.take().ok_or_else(|| Stop::nothing("the body holds no issue"))?;
    if event.project.is_none() && event.repository.is_none() {
        return Err(Stop::nothing(
            "the work item belongs to a group and not to a project; only projects number tickets",
        ));
    }
    issue.labels = issue.labels.or(event.labels.take());
    issue.assignees = issue.assignees.or(event.assignees.take());
    let at = issue.updated_at.or(issue.created_at);
    let mut draft = Draft::open(delivery, event.project.as_ref(), event.repository.as_ref(), at)?;
    let key = state_issue(&mut draft, &issue)?;
    let mut people = event.user.iter().chain(issue.assignees.iter().flatten());
    let author = people.find(|person| issue.author_id.is_some() && person.id == issue.author_id);
    draft.user(&key, LinkKind::AuthoredBy, author, "opened the issue")?;
    if event.has_changed("description") && filled(issue.description.as_deref()).is_none() {
        draft.no_text(&key, Field::Body);
    }
    happened(&mut draft, &key, &event, &issue);
    draft.finish()
}

/// States an issue with its text.
pub(super) fn state_issue(draft: &mut Draft, issue: &Issue) -> Result<Key, Stop> {
    let number = issue.iid.ok_or_else(|| Stop::nothing("the issue has no number"))?;
    let key = draft.key(NodeKind::Ticket, number)?;
    let outcome = match issue.state.as_deref().unwrap_or_default() {
        "opened" => Some(Outcome::Running),
        "closed" => Some(Outcome::Success),
        _ => None,
    };
    let closed_at = issue.closed_at.or(issue.updated_at.filter(|_| issue.action.as_deref() == Some("close")));
    let fact = draft
        .fact(&key)
        .with_some(Attribute::Title, issue.title.as_deref())
        .with(Attribute::Reference, format!("{}#{number}", draft.repository.path()))
        .with_some(Attribute::State, issue.state.as_deref())
        .with_some(Attribute::Outcome, outcome.map(Outcome::word))
        .moment(Attribute::OccurredAt, issue.created_at)
        .moment(Attribute::StartedAt, issue.created_at)
        .moment(Attribute::FinishedAt, closed_at.filter(|_| outcome == Some(Outcome::Success)))
        .with_some(Attribute::Category, issue.kind.as_deref().map(str::to_lowercase))
        .with_some(Attribute::Severity, issue.severity.as_deref().filter(|severity| *severity != "unknown"))
        .with(Attribute::Labels, joined(issue.labels.iter().flatten().filter_map(|label| label.title.as_deref())))
        .with(Attribute::Assignee, joined(issue.assignees.iter().flatten().filter_map(User::called)))
        .named(Name::number(&draft.repository, number))
        .page(issue.url.as_deref());
    draft.place(fact)?;
    draft.text(&key, Field::Title, issue.title.as_deref());
    draft.text(&key, Field::Body, issue.description.as_deref());
    Ok(key)
}

fn happened(draft: &mut Draft, key: &Key, event: &IssueEvent, issue: &Issue) {
    let (what, at) = match issue.action.as_deref().unwrap_or_default() {
        "open" => ("opened", issue.created_at),
        "close" => ("closed", issue.closed_at),
        "reopen" => ("reopened", None),
        "update" if event.has_changed("title") || event.has_changed("description") => ("edited", None),
        // Labels, assignees, milestones and the like: the attributes tell it.
        _ => return,
    };
    let actor = event.user.as_ref().and_then(User::called);
    draft.event(key, at, what, actor, &by(&format!("Issue {what}"), actor));
}
