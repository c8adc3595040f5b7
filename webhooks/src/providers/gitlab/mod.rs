//! GitLab: the webhooks of projects and groups, and the system hooks of installations.

use throughline_domain::fact::Facts;

use crate::code_host::{event_name, not_read};
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;
use crate::stop::Stop;

use self::delivery::{Delivery, EVENT_HEADER, EVENT_ID_HEADER, IDEMPOTENCY_HEADER, INSTANCE_HEADER};

mod delivery;
mod deployment;
mod draft;
mod issue;
mod merge_request;
mod note;
mod payload;
mod people;
mod pipeline;
mod project;
mod push;
mod release;
mod system;
mod time;

/// GitLab's entry in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: "gitlab",
    title: "GitLab",
    schemes: &[Scheme::StandardWebhooks, Scheme::Header { header: "x-gitlab-token" }],
    kept_headers: &[
        EVENT_HEADER,
        EVENT_ID_HEADER,
        INSTANCE_HEADER,
        IDEMPOTENCY_HEADER,
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ],
    meaning_headers: &[],
    events: EVENTS,
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

/// The kinds of objects, and the groups of events that the hooks of groups and installations name each by itself:
/// `user_add_to_group` is one of `member`.
const EVENTS: &[&str] = &[
    "push",
    "tag_push",
    "repository_update",
    "merge_request",
    "issue",
    "work_item",
    "note",
    "pipeline",
    "build",
    "deployment",
    "release",
    "wiki_page",
    "feature_flag",
    "vulnerability",
    "member",
    "group",
    "subgroup",
    "project",
    "user",
    "key",
];

/// Events that say nothing the graph could hold, and why.
const NOTHING: &[(&str, &str)] = &[
    ("access_token", "that an access token will expire is about no piece of work; only its owner can renew it"),
    ("milestone", "a milestone is a plan, for which the graph has no kind of node"),
    ("emoji", "a reaction says nothing of the work that it is given to"),
];

type Reader = fn(&Delivery<'_>) -> Result<Facts, Stop>;

/// The id is the same when GitLab or a person sends the delivery again, unlike `x-gitlab-webhook-uuid`; signed
/// deliveries carry it under both names. `x-gitlab-event-uuid` is shared by all that one action set off, so it is none.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let ids = [IDEMPOTENCY_HEADER, "webhook-id"].into_iter().filter_map(|name| request.header(name));
    ids.map(str::trim).find(|id| !id.is_empty()).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let delivery = Delivery::open(request)?;
    let kind = event_name(&delivery.kind);
    let name = match delivery.action() {
        "" => kind.clone(),
        action => format!("{kind}.{}", event_name(action)),
    };
    let Some(read) = reader(&delivery.kind) else {
        return Ok(match NOTHING.iter().find(|(known, _)| *known == kind) {
            Some((_, reason)) => Parsed::ignored(name, *reason),
            None => Parsed { event: name, ..not_read(PROVIDER.title, &kind) },
        });
    };
    match read(&delivery) {
        Ok(facts) => Ok(Parsed::facts(name, facts)),
        Err(Stop::Nothing(reason)) => Ok(Parsed::ignored(name, reason)),
        Err(Stop::Error(error)) => Err(error),
    }
}

fn reader(kind: &str) -> Option<Reader> {
    let reader: Reader = match kind {
        "push" | "tag_push" => push::facts,
        "repository_update" => push::update_facts,
        "merge_request" => merge_request::facts,
        "issue" | "work_item" => issue::facts,
        "note" => note::facts,
        "pipeline" => pipeline::facts,
        "build" => pipeline::job_facts,
        "deployment" => deployment::facts,
        "release" => release::facts,
        "wiki_page" => project::wiki_facts,
        "feature_flag" => project::flag_facts,
        "vulnerability" => project::vulnerability_facts,
        "user_add_to_group"
        | "user_update_for_group"
        | "user_remove_from_group"
        | "user_add_to_team"
        | "user_update_for_team"
        | "user_remove_from_team" => system::member_facts,
        "user_access_request_to_group"
        | "user_access_request_to_project"
        | "user_access_request_denied_for_group"
        | "user_access_request_revoked_for_group"
        | "user_access_request_revoked_for_project" => system::member_facts,
        "group_create" | "group_destroy" | "group_rename" | "subgroup_create" | "subgroup_destroy" => {
            system::group_facts
        }
        "project_create" | "project_destroy" | "project_rename" | "project_transfer" | "project_update" => {
            system::project_facts
        }
        "user_create" | "user_destroy" | "user_rename" | "user_failed_login" => system::user_facts,
        "key_create" | "key_destroy" => system::key_facts,
        _ => return None,
    };
    Some(reader)
}

#[cfg(test)]
mod tests;
