//! GitHub: the webhooks of repositories and organisations, one file for each group of events.

use throughline_domain::fact::{Facts, MAX_FACTS};

use crate::code_host::{self, event_name};
use crate::provider::{Content, ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;
use crate::stop::Stop;

use self::delivery::{DELIVERY_HEADER, Delivery, ENTERPRISE_HEADER, EVENT_HEADER, HOOK_HEADER};

mod checks;
mod comments;
mod delivery;
mod deployment;
mod discussions;
mod draft;
mod issues;
mod organisation;
mod payload;
mod people;
mod pull_request;
mod push;
mod queue;
mod registry_package;
mod release;
mod repositories;
mod reviews;
mod security;
mod statuses;

/// GitHub's entry in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: "github",
    title: "GitHub",
    schemes: &[Scheme::sha256("x-hub-signature-256", "sha256=")],
    kept_headers: &[EVENT_HEADER, DELIVERY_HEADER, HOOK_HEADER, ENTERPRISE_HEADER],
    meaning_headers: &["x-github-event"],
    events: EVENTS,
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EVENTS: &[&str] = &[
    "push",
    "create",
    "delete",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "issue_comment",
    "commit_comment",
    "merge_group",
    "check_run",
    "check_suite",
    "status",
    "page_build",
    "workflow_run",
    "workflow_job",
    "workflow_dispatch",
    "repository_dispatch",
    "deployment",
    "deployment_status",
    "deployment_review",
    "deployment_protection_rule",
    "release",
    "issues",
    "discussion",
    "discussion_comment",
    "gollum",
    "registry_package",
    "package",
    "repository",
    "public",
    "fork",
    "star",
    "watch",
    "ping",
    "branch_protection_rule",
    "member",
    "membership",
    "team",
    "team_add",
    "organization",
    "installation",
    "installation_repositories",
    "code_scanning_alert",
    "dependabot_alert",
    "repository_vulnerability_alert",
    "secret_scanning_alert",
    "security_advisory",
];

/// Events that say nothing the graph could hold, and why.
const NOTHING: &[(&str, &str)] = &[
    (
        "pull_request_review_thread",
        "that a thread of a review was resolved has no time and changes nothing that is kept of the pull request",
    ),
    ("milestone", "a milestone is a plan, for which the graph has no kind of node"),
    ("label", "a label is no node; issues and pull requests tell theirs in events of their own"),
];

type Reader = fn(&Delivery<'_>) -> Result<Facts, Stop>;

fn delivery_id(request: &Request<'_>) -> Option<String> {
    request.header(DELIVERY_HEADER).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let event = request.header(EVENT_HEADER).ok_or(ParseError::Header(EVENT_HEADER))?;
    if reader(event).is_none() {
        return Ok(not_read(event));
    }
    let deliveries = Delivery::all(request)?;
    match deliveries.as_slice() {
        [] => Ok(Parsed::ignored(event, "the body is a list; GitHub sends one object in each delivery")),
        [delivery] => read(delivery),
        several => read_all(event, several),
    }
}

fn reader(event: &str) -> Option<Reader> {
    let reader: Reader = match event {
        "push" => push::facts,
        "create" | "delete" => push::reference_facts,
        "pull_request" => pull_request::facts,
        "pull_request_review" => pull_request::review_facts,
        "pull_request_review_comment" => comments::review_comment_facts,
        "issue_comment" => comments::issue_comment_facts,
        "commit_comment" => comments::commit_comment_facts,
        "merge_group" => queue::facts,
        "check_run" => checks::check_run_facts,
        "check_suite" => checks::check_suite_facts,
        "status" => statuses::facts,
        "page_build" => statuses::page_build_facts,
        "workflow_run" => checks::workflow_run_facts,
        "workflow_job" => checks::workflow_job_facts,
        "deployment" => deployment::facts,
        "deployment_status" => deployment::status_facts,
        "deployment_protection_rule" => deployment::protection_facts,
        "deployment_review" => reviews::facts,
        "release" => release::facts,
        "issues" => issues::facts,
        "discussion" | "discussion_comment" => discussions::facts,
        "gollum" => discussions::wiki_facts,
        "registry_package" | "package" => registry_package::facts,
        "repository" | "public" => repositories::facts,
        "fork" => repositories::fork_facts,
        "ping" => repositories::ping_facts,
        "star" | "watch" | "workflow_dispatch" | "repository_dispatch" => repositories::mention_facts,
        "branch_protection_rule" => repositories::protection_facts,
        "member" | "membership" | "team" | "team_add" | "organization" => organisation::facts,
        "installation" | "installation_repositories" => organisation::installation_facts,
        "code_scanning_alert" => security::code_scanning_facts,
        "dependabot_alert" | "repository_vulnerability_alert" => security::dependency_facts,
        "secret_scanning_alert" => security::secret_facts,
        "security_advisory" => security::advisory_facts,
        _ => return None,
    };
    Some(reader)
}

fn read(delivery: &Delivery<'_>) -> Result<Parsed, ParseError> {
    let Some(read) = reader(&delivery.event) else { return Ok(not_read(&delivery.event)) };
    let name = match delivery.action() {
        "" => delivery.event.to_string(),
        action => format!("{}.{}", delivery.event, event_name(action)),
    };
    match read(delivery) {
        Ok(facts) => Ok(Parsed::facts(name, facts)),
        Err(Stop::Nothing(reason)) => Ok(Parsed::ignored(name, reason)),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// Reads what a tool has recorded: one after the other, as if each had come by itself.
fn read_all(event: &str, deliveries: &[Delivery<'_>]) -> Result<Parsed, ParseError> {
    let mut all = Facts::default();
    let mut reasons = Vec::new();
    for delivery in deliveries {
        match read(delivery)?.content {
            Content::Facts(facts) => add(&mut all, *facts),
            Content::Ignored(reason) => reasons.push(reason),
        }
    }
    let count = all.nodes.len() + all.links.len() + all.events.len() + all.mentions.len();
    match count {
        0 => Ok(Parsed::ignored(event, reasons.join("; "))),
        1..=MAX_FACTS => Ok(Parsed::facts(event, all)),
        _ => Err(ParseError::TooMany { what: "facts", count, limit: MAX_FACTS }),
    }
}

fn add(all: &mut Facts, more: Facts) {
    let Facts { nodes, links, events, mentions, announcements, decisions: _ } = more;
    all.nodes.extend(nodes);
    all.links.extend(links);
    all.events.extend(events);
    all.mentions.extend(mentions);
    all.announcements.extend(announcements);
}

fn not_read(event: &str) -> Parsed {
    if let Some((_, reason)) = NOTHING.iter().find(|(known, _)| *known == event) {
        return Parsed::ignored(event, *reason);
    }
    code_host::not_read(PROVIDER.title, event)
}

#[cfg(test)]
mod tests;
