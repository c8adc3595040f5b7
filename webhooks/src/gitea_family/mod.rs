//! Gitea and its relatives: Forgejo grew out of Gitea, Gitea out of Gogs, and one reading of their webhooks serves all three.

use crate::code_host::{event_name, not_read};
use crate::json;
use crate::provider::{ParseError, Parsed, Request};

use self::payload::Body;
use self::reading::Reading;

mod actions;
mod change;
mod comment;
mod issue;
mod package;
mod payload;
mod push;
mod reading;
mod references;
mod release;
mod repository;
mod status;

/// One tool of the family: what its provider's table entry does not say.
#[derive(Debug)]
pub(crate) struct Family {
    /// The provider's name, in keys and in the rules of links.
    pub(crate) name: &'static str,
    /// The tool's own name, in reasons.
    pub(crate) title: &'static str,
    /// The tool's own header that names the event.
    pub(crate) event_header: &'static str,
    /// The headers by which its older versions named the event.
    pub(crate) older_event_headers: &'static [&'static str],
}

impl Family {
    /// Reads an authenticated delivery.
    pub(crate) fn parse(&self, request: &Request<'_>) -> Result<Parsed, ParseError> {
        let named = [self.event_header].iter().chain(self.older_event_headers).find_map(|name| request.header(name));
        if let Some(event) = named.filter(|event| Kind::of(event).is_none()) {
            return Ok(not_read(self.title, event));
        }
        let body: Body = json::read(request.body, "a webhook of Gitea, Forgejo or Gogs")?;
        // Whoever passes deliveries on may drop the headers; the shape of the body tells nearly as much.
        let event = named.or_else(|| inferred(&body)).ok_or(ParseError::Header(self.event_header))?;
        let Some(kind) = Kind::of(event) else { return Ok(not_read(self.title, event)) };
        let name = match body.action.as_deref().filter(|action| !action.is_empty()) {
            Some(action) => format!("{}.{}", event_name(event), event_name(action)),
            None => event_name(event),
        };
        let Some(reading) = Reading::open(self, kind.rule(), &body)? else {
            return Ok(Parsed::ignored(name, "the body names no repository by an address"));
        };
        let content = match kind {
            Kind::Push => push::read(reading),
            Kind::Create => references::read_created(reading),
            Kind::Delete => references::read_deleted(reading),
            Kind::Fork => repository::read_fork(reading),
            Kind::Repository => repository::read(reading),
            Kind::Issue => issue::read(reading),
            // A comment on a pull request is told by the pull request's side of the issue.
            Kind::Comment => comment::read(reading),
            Kind::Review if body.pull_request.is_none() => comment::read(reading),
            Kind::Review => change::read_review(reading),
            Kind::Change => change::read(reading),
            Kind::Release => release::read(reading),
            Kind::Package => package::read(reading),
            Kind::Status => status::read(reading),
            Kind::WorkflowRun => actions::read_workflow_run(reading),
            Kind::WorkflowJob => actions::read_workflow_job(reading),
            Kind::ActionRun => actions::read_action_run(reading),
        }?;
        Ok(Parsed { event: name, content })
    }
}

/// What a delivery is about, and so how its body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Push,
    Create,
    Delete,
    Fork,
    Repository,
    Issue,
    Comment,
    Change,
    Review,
    Release,
    Package,
    Status,
    WorkflowRun,
    WorkflowJob,
    ActionRun,
}

impl Kind {
    /// The kind of an event's name; also of the finer names in the header of the event's type.
    fn of(event: &str) -> Option<Self> {
        match event {
            "push" => Some(Self::Push),
            "create" => Some(Self::Create),
            "delete" => Some(Self::Delete),
            "fork" => Some(Self::Fork),
            "repository" => Some(Self::Repository),
            "issues" | "issue_assign" | "issue_label" | "issue_milestone" => Some(Self::Issue),
            "issue_comment" => Some(Self::Comment),
            "pull_request"
            | "pull_request_assign"
            | "pull_request_label"
            | "pull_request_milestone"
            | "pull_request_review_request"
            | "pull_request_sync" => Some(Self::Change),
            "pull_request_approved"
            | "pull_request_rejected"
            | "pull_request_comment"
            | "pull_request_review_approved"
            | "pull_request_review_rejected"
            | "pull_request_review_comment" => Some(Self::Review),
            "release" => Some(Self::Release),
            "package" => Some(Self::Package),
            "status" => Some(Self::Status),
            "action_run_success" | "action_run_failure" | "action_run_recover" => Some(Self::ActionRun),
            // Some versions of Forgejo put the state behind the name.
            name if name.starts_with("workflow_run") => Some(Self::WorkflowRun),
            name if name.starts_with("workflow_job") => Some(Self::WorkflowJob),
            _ => None,
        }
    }

    /// The last part of the rule that is stored with the links of this kind.
    const fn rule(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Fork => "fork",
            Self::Repository => "repository",
            Self::Issue => "issues",
            Self::Comment => "issue_comment",
            Self::Change | Self::Review => "pull_request",
            Self::Release => "release",
            Self::Package => "package",
            Self::Status => "status",
            Self::WorkflowRun => "workflow_run",
            Self::WorkflowJob => "workflow_job",
            Self::ActionRun => "action_run",
        }
    }
}

/// The event that a body of this shape belongs to, where no header says it.
fn inferred(body: &Body) -> Option<&'static str> {
    let review = body.review.as_ref().and_then(|review| review.kind.as_deref());
    let action = body.action.as_deref().unwrap_or_default();
    if body.workflow_job.is_some() {
        Some("workflow_job")
    } else if body.workflow_run.is_some() {
        Some("workflow_run")
    } else if body.run.is_some() {
        Some(if action == "failure" { "action_run_failure" } else { "action_run_success" })
    } else if body.release.is_some() {
        Some("release")
    } else if body.package.is_some() {
        Some("package")
    } else if body.pull_request.is_some() {
        Some(match review {
            Some("pull_request_review_approved") => "pull_request_approved",
            Some("pull_request_review_rejected") => "pull_request_rejected",
            Some("pull_request_review_comment") => "pull_request_comment",
            _ => "pull_request",
        })
    } else if body.issue.is_some() {
        Some(if body.comment.is_some() { "issue_comment" } else { "issues" })
    } else {
        inferred_of_repository(body, action)
    }
}

/// The same for the events of a repository itself.
fn inferred_of_repository(body: &Body, action: &str) -> Option<&'static str> {
    if body.forkee.is_some() {
        Some("fork")
    } else if body.commits.is_some() || body.after.is_some() {
        Some("push")
    } else if body.ref_type.is_some() {
        Some(if body.pusher_type.is_some() { "delete" } else { "create" })
    } else if body.context.is_some() && body.state.is_some() {
        Some("status")
    } else if body.repository.is_some() && matches!(action, "created" | "deleted") {
        Some("repository")
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
