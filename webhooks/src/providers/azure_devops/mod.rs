//! Azure DevOps Services and Server: the service hooks of Repos, Boards, Pipelines and Releases.

use crate::code_host::{event_name, not_read};
use crate::json;
use crate::provider::{Content, ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

use self::payload::Envelope;

mod change;
mod changeset;
mod payload;
mod place;
mod push;
mod reading;
mod release;
mod run;
mod work_item;

/// Azure DevOps's entry in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: NAME,
    title: "Azure DevOps",
    schemes: &[Scheme::Authorization],
    kept_headers: &[],
    meaning_headers: &[],
    events: &[
        "git.push",
        "git.pullrequest.created",
        "git.pullrequest.updated",
        "git.pullrequest.merged",
        "ms.vss-code.git-pullrequest-comment-event",
        "tfvc.checkin",
        "workitem.created",
        "workitem.updated",
        "workitem.commented",
        "workitem.deleted",
        "workitem.restored",
        "build.complete",
        "ms.vss-pipelines.run-state-changed-event",
        "ms.vss-pipelines.stage-state-changed-event",
        "ms.vss-pipelines.job-state-changed-event",
        "ms.vss-release.release-created-event",
        "ms.vss-release.release-abandoned-event",
        "ms.vss-release.deployment-approval-pending-event",
        "ms.vss-release.deployment-approval-completed-event",
        "ms.vss-release.deployment-started-event",
        "ms.vss-release.deployment-completed-event",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const NAME: &str = "azure-devops";
const EXPECTED: &str = "a service hook of Azure DevOps";

/// The event's id, which stays when it is sent again, with the subscription's: two may tell one event in other detail.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let envelope: Envelope = json::read(request.body, EXPECTED).ok()?;
    let id = envelope.id.filter(|id| !id.is_empty())?;
    match envelope.subscription_id {
        Some(subscription) => Some(format!("{subscription}/{id}")),
        None => Some(id),
    }
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let envelope: Envelope = json::read(request.body, EXPECTED)?;
    let Some(event) = envelope.event_type.as_deref().filter(|event| !event.is_empty()) else {
        return Err(ParseError::Body { expected: EXPECTED, cause: "it has no member 'eventType'".to_owned() });
    };
    let read: fn(&[u8], &str) -> Result<Content, ParseError> = match event {
        "git.push" => push::read,
        "git.pullrequest.created" | "git.pullrequest.updated" | "git.pullrequest.merged" => change::read,
        "ms.vss-code.git-pullrequest-comment-event" => change::read_comment,
        "tfvc.checkin" => changeset::read,
        name if name.starts_with("workitem.") => work_item::read,
        "build.complete" => run::read_build,
        "ms.vss-pipelines.run-state-changed-event" => run::read_run,
        "ms.vss-pipelines.stage-state-changed-event" => run::read_stage,
        "ms.vss-pipelines.job-state-changed-event" => run::read_job,
        "ms.vss-release.release-created-event" | "ms.vss-release.release-abandoned-event" => release::read,
        "ms.vss-release.deployment-started-event" | "ms.vss-release.deployment-completed-event" => {
            release::read_deployment
        }
        "ms.vss-release.deployment-approval-pending-event" | "ms.vss-release.deployment-approval-completed-event" => {
            release::read_approval
        }
        name => return Ok(not_read(PROVIDER.title, name)),
    };
    Ok(Parsed { event: event_name(event), content: read(request.body, event)? })
}

#[cfg(test)]
mod tests;
