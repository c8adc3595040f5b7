//! What others have published of the tools' bodies, as deliveries. The files are no part of this repository.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::repository::listed;
use crate::signing::headers;

/// The folders that hold no bodies of a tool: labelled commits, claims of tokens, signatures.
const NO_TOOLS: [&str; 3] = ["links", "oidc-claims", "signatures"];

/// A body as it is sent.
#[derive(Clone, Debug)]
pub struct Payload {
    /// The provider whose endpoint it goes to.
    pub provider: String,
    /// The file, `folder/name`.
    pub name: String,
    /// The headers that the tool would have sent with it.
    pub headers: Vec<(String, String)>,
    /// The exact bytes.
    pub body: Vec<u8>,
}

/// Every body of every tool, in order of name.
///
/// # Panics
/// Where a file cannot be read.
pub fn payloads(shared: &Path) -> Vec<Payload> {
    let mut found = Vec::new();
    for folder in listed(&shared.join("payloads")).into_iter().filter(|path| path.is_dir()) {
        let tool = name_of(&folder);
        if NO_TOOLS.contains(&tool.as_str()) {
            continue;
        }
        for path in listed(&folder).iter().filter(|path| !name_of(path).ends_with(".headers.json")) {
            let body = fs::read(path).expect("a published body can be read");
            found.push(payload(&tool, path, body));
        }
    }
    found
}

fn name_of(path: &Path) -> String {
    path.file_name().and_then(|name| name.to_str()).expect("published files have plain names").to_owned()
}

fn payload(tool: &str, path: &Path, body: Vec<u8>) -> Payload {
    let file = name_of(path);
    let value: Value = serde_json::from_slice(&body).unwrap_or_default();
    let provider = provider(tool, &file, &body);
    let mut headers = headers(&[("content-type", content_type(&file))]);
    let beside = path.with_extension("headers.json");
    if let Ok(text) = fs::read_to_string(&beside) {
        let given: std::collections::BTreeMap<String, String> =
            serde_json::from_str(&text).expect("published headers are an object of texts");
        headers.extend(given);
    }
    if let Some((name, value)) = event_header(&provider, &file, &value) {
        headers.push((name.to_owned(), value));
    }
    Payload { name: format!("{tool}/{file}"), provider, headers, body }
}

/// The provider that reads a tool's file.
fn provider(tool: &str, file: &str, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    match tool {
        "junit" if file.ends_with(".trx") => "trx",
        "junit" if text.contains("<test-run") || text.contains("<test-results") => "nunit",
        "slsa-intoto" => "intoto",
        other => other,
    }
    .to_owned()
}

fn content_type(file: &str) -> &'static str {
    if file.ends_with(".xml") || file.ends_with(".trx") {
        "application/xml"
    } else if file.ends_with(".form.txt") {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    }
}

/// The header by which the tool would have named the event.
fn event_header(provider: &str, file: &str, body: &Value) -> Option<(&'static str, String)> {
    match provider {
        "github" => Some(("x-github-event", github_event(file, body))),
        "gitlab" => Some(("x-gitlab-instance", "https://gitlab.example.com".to_owned())),
        "bitbucket-cloud" => Some(("x-event-key", bitbucket_event(file)?.to_owned())),
        "tekton" => Some(("ce-type", "dev.tekton.event.taskrun.successful.v1".to_owned())),
        "nexus" => Some(("x-nexus-webhook-id", "rm:repository:component".to_owned())),
        "sentry" => {
            let data = body.get("data")?;
            let resource = if data.get("issue").is_some() { "issue" } else { "event_alert" };
            Some(("sentry-hook-resource", resource.to_owned()))
        }
        _ => None,
    }
}

/// The event of a file of Bitbucket's, of which only the name tells it.
fn bitbucket_event(file: &str) -> Option<&'static str> {
    let events = [
        ("pipeline_hook_created", "repo:commit_status_created"),
        ("commit-status-updated", "repo:commit_status_updated"),
        ("commit-comment-created", "repo:commit_comment_created"),
        ("issue-created", "issue:created"),
        ("pr_comment_created", "pullrequest:comment_created"),
        ("pull-request-comment-created", "pullrequest:comment_created"),
        ("approval-removed", "pullrequest:unapproved"),
        ("pull-request-declined", "pullrequest:rejected"),
        ("pr_created", "pullrequest:created"),
        ("pr_fulfilled", "pullrequest:fulfilled"),
        ("push", "repo:push"),
    ];
    events.into_iter().find(|(part, _)| file.contains(part)).map(|(_, event)| event)
}

/// The event that GitHub would have named: it stands in the file's name, in the recording around the body, or follows
/// from the body's members.
fn github_event(file: &str, body: &Value) -> String {
    if let Some((event, _)) = file.strip_prefix("octokit__").and_then(|rest| rest.split_once("__")) {
        return event.to_owned();
    }
    let recorded = match body {
        Value::Array(list) => list.first(),
        one => Some(one),
    };
    let recorded = recorded.filter(|one| one.get("payload").is_some_and(Value::is_object));
    if let Some(event) = recorded.and_then(|one| one.get("name")?.as_str()) {
        return event.to_owned();
    }
    let events = [
        ("pull_request", "pull_request"),
        ("deployment_status", "deployment_status"),
        ("deployment", "deployment"),
        ("release", "release"),
        ("workflow_run", "workflow_run"),
        ("issue", "issues"),
        ("commits", "push"),
    ];
    let event = events.into_iter().find(|(member, _)| body.get(member).is_some());
    event.map_or("unknown", |(_, event)| event).to_owned()
}
