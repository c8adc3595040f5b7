//! The subject of an event: its id and source, and what is said of it.

use serde_json::{Map, Value, json};
use throughline_domain::fact::Attribute;
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};

use super::happening::{Happening, Kind};
use super::purl;
use super::view::View;

/// The environment of a test run of which none is known; the vocabulary asks for one.
const UNKNOWN_ENVIRONMENT: &str = "unknown";

/// A subject as it is written.
pub(super) struct Subject {
    /// Unique within its source.
    pub(super) id: String,
    /// Where the id counts.
    pub(super) source: Option<String>,
    /// What is said of it.
    pub(super) content: Map<String, Value>,
    /// What the vocabulary has no place for: members of `customData.throughline`.
    pub(super) custom: Map<String, Value>,
}

/// The subject of an event; `None` where the delivery does not know what the vocabulary needs.
pub(super) fn of<'f>(view: &View<'f>, happening: &Happening<'f>) -> Option<Subject> {
    let node = happening.node;
    let (id, source) = match happening.kind {
        Kind::Artifact => (purl::artifact(view, node)?, None),
        Kind::Service => (view.end(node, LinkKind::Of, NodeKind::Service)?.parts().resource, None),
        Kind::Build
        | Kind::Change
        | Kind::Incident
        | Kind::PipelineRun
        | Kind::TaskRun
        | Kind::TestSuiteRun
        | Kind::Ticket => (node.parts().resource, Some(purl::place(node))),
    };
    let content = match happening.kind {
        Kind::Artifact => artifact(view, happening)?,
        Kind::Build => build(view, happening)?,
        Kind::Change => change(view, happening),
        Kind::Incident => incident(view, node),
        Kind::PipelineRun | Kind::TaskRun => run(view, happening),
        Kind::Service => service(view, node, &id)?,
        Kind::TestSuiteRun => tests(view, happening),
        Kind::Ticket => ticket(view, happening),
    };
    Some(Subject { id, source, content, custom: custom(view, happening) })
}

fn artifact<'f>(view: &View<'f>, happening: &Happening<'f>) -> Option<Map<String, Value>> {
    let mut content = Map::new();
    if happening.predicate == "packaged" {
        let commit = view.end(happening.node, LinkKind::BuiltFrom, NodeKind::Commit)?;
        let repository = purl::repository(commit)?;
        let change = json!({ "id": commit.parts().resource, "source": repository.address() });
        content.insert("change".to_owned(), change);
    } else {
        put(&mut content, "user", happening.actor);
    }
    Some(content)
}

/// A finished build has an artifact, and no outcome: one that made nothing is not told.
fn build<'f>(view: &View<'f>, happening: &Happening<'f>) -> Option<Map<String, Value>> {
    let mut content = Map::new();
    if happening.predicate == "finished" {
        let artifact = purl::artifact(view, view.product(happening.node)?)?;
        content.insert("artifactId".to_owned(), Value::String(artifact));
    }
    Some(content)
}

fn change<'f>(view: &View<'f>, happening: &Happening<'f>) -> Map<String, Value> {
    let mut content = Map::new();
    if happening.predicate == "created" {
        put(&mut content, "description", view.said(happening.node, Attribute::Title));
    }
    let repository = view.end(happening.node, LinkKind::In, NodeKind::Repository).unwrap_or(happening.node);
    if let Some(repository) = purl::repository(repository) {
        content.insert("repository".to_owned(), json!({ "id": repository.id, "source": repository.source }));
    }
    content
}

fn incident<'f>(view: &View<'f>, node: &'f Key) -> Map<String, Value> {
    let mut content = Map::new();
    put(&mut content, "description", view.said(node, Attribute::Title));
    for (member, kind) in [("service", NodeKind::Service), ("environment", NodeKind::Environment)] {
        if let Some(place) = view.end(node, LinkKind::FiresOn, kind) {
            content.insert(member.to_owned(), json!({ "id": place.parts().resource }));
        }
    }
    content
}

fn run<'f>(view: &View<'f>, happening: &Happening<'f>) -> Map<String, Value> {
    let mut content = Map::new();
    let node = happening.node;
    let is_task = happening.kind == Kind::TaskRun;
    put(&mut content, if is_task { "taskName" } else { "pipelineName" }, view.said(node, Attribute::Title));
    put(&mut content, "uri", view.said(node, Attribute::Url));
    if let Some(run) = view.end(node, LinkKind::PartOf, NodeKind::PipelineRun).filter(|_| is_task) {
        let reference = json!({ "id": run.parts().resource, "source": purl::place(run) });
        content.insert("pipelineRun".to_owned(), reference);
    }
    if happening.predicate == "finished" {
        put(&mut content, "outcome", view.outcome(node).map(outcome));
        if view.outcome(node) == Some(Outcome::Failure) {
            put(&mut content, "errors", view.said(node, Attribute::Result));
        }
    }
    content
}

/// The vocabulary wants environment and artifact of every deployment. Where no artifact is known, the service stands for
/// it, with the commit if that is what was deployed.
fn service<'f>(view: &View<'f>, node: &'f Key, name: &str) -> Option<Map<String, Value>> {
    let environment = view.end(node, LinkKind::DeployedTo, NodeKind::Environment)?;
    let artifact = view.end(node, LinkKind::Deploys, NodeKind::Artifact).and_then(|key| purl::artifact(view, key));
    let commit = || view.end(node, LinkKind::Deploys, NodeKind::Commit);
    let mut content = Map::new();
    content.insert("environment".to_owned(), json!({ "id": environment.parts().resource }));
    content.insert("artifactId".to_owned(), json!(artifact.unwrap_or_else(|| purl::of_service(name, commit()))));
    Some(content)
}

fn tests<'f>(view: &View<'f>, happening: &Happening<'f>) -> Map<String, Value> {
    let node = happening.node;
    let name = view.said(node, Attribute::Title).map_or_else(|| node.parts().resource, str::to_owned);
    let mut content = Map::new();
    content.insert("environment".to_owned(), json!({ "id": UNKNOWN_ENVIRONMENT }));
    content.insert("testSuite".to_owned(), json!({ "id": name, "name": name }));
    if happening.predicate == "finished" {
        put(&mut content, "outcome", view.outcome(node).map(outcome));
        put(&mut content, "reason", view.said(node, Attribute::Result));
    }
    content
}

fn ticket<'f>(view: &View<'f>, happening: &Happening<'f>) -> Map<String, Value> {
    let node = happening.node;
    let mut content = Map::new();
    let list = |attribute: Attribute| {
        let words = view.said(node, attribute).unwrap_or_default().split(',').map(str::trim);
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        if words.is_empty() { None } else { Some(json!(words)) }
    };
    put(&mut content, "summary", view.said(node, Attribute::Title));
    put(&mut content, "ticketType", view.said(node, Attribute::Category));
    put(&mut content, "priority", view.said(node, Attribute::Severity));
    put(&mut content, "labels", list(Attribute::Labels));
    put(&mut content, "assignees", list(Attribute::Assignee));
    put(&mut content, "uri", view.said(node, Attribute::Url));
    put(&mut content, if happening.predicate == "created" { "creator" } else { "updatedBy" }, happening.actor);
    if happening.predicate == "closed" {
        let resolution = match view.outcome(node) {
            Some(Outcome::Abandoned | Outcome::Failure) => "withdrawn",
            Some(Outcome::Success | Outcome::Pending | Outcome::Running) | None => "completed",
        };
        put(&mut content, "resolution", Some(resolution));
    }
    content
}

/// The commit that it was made from, ran on or brought out, the repository, and the pages of changes.
fn custom<'f>(view: &View<'f>, happening: &Happening<'f>) -> Map<String, Value> {
    let node = happening.node;
    let mut custom = Map::new();
    if happening.kind == Kind::Change {
        put(&mut custom, "change", view.said(node, Attribute::Url));
    }
    if let Some(run) =
        view.end(node, LinkKind::PartOf, NodeKind::PipelineRun).filter(|_| happening.kind == Kind::TaskRun)
    {
        put(&mut custom, "pipelineRun", Some(run.as_str()));
    }
    let kinds = [LinkKind::BuiltFrom, LinkKind::Verifies, LinkKind::Deploys];
    let commit = kinds.into_iter().find_map(|kind| view.end(node, kind, NodeKind::Commit));
    let found = commit.and_then(|commit| Some((commit, purl::repository(commit)?)));
    if let Some((commit, repository)) = found {
        put(&mut custom, "commit", Some(commit.parts().resource));
        put(&mut custom, "repository", Some(repository.address()));
    } else if let Some(repository) = view.end(node, LinkKind::In, NodeKind::Repository).and_then(purl::repository) {
        put(&mut custom, "repository", Some(repository.address()));
    }
    custom
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "success",
        Outcome::Failure => "failure",
        Outcome::Pending | Outcome::Running | Outcome::Abandoned => "cancel",
    }
}

fn put(members: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        members.insert(name.to_owned(), value.into());
    }
}
