//! Security alerts and advisories, which are scans: what was found where, how grave it is, and what became of it.

use serde::Deserialize;
use throughline_domain::fact::{Attribute, Facts, NodeFact};
use throughline_domain::key::{Key, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::PROVIDER;
use super::delivery::Delivery;
use super::draft::{Draft, bare, host};
use super::payload::{Named, Repository, User};
use super::people::by;
use crate::draft::object_id;
use crate::members::moment_or_seconds;
use crate::stop::Stop;

/// The most identifiers of an advisory that become names.
const MAX_IDENTIFIERS: usize = 20;

/// An event of an alert, of any of GitHub's kinds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AlertEvent {
    alert: Option<Alert>,
    commit_oid: Option<String>,
    repository: Option<Repository>,
    sender: Option<User>,
}

/// An alert. Which of the members are there depends on its kind.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Alert {
    id: Option<u64>,
    number: Option<u64>,
    state: Option<String>,
    html_url: Option<String>,
    rule: Option<Rule>,
    tool: Option<Named>,
    most_recent_instance: Option<Instance>,
    instances: Option<Vec<Instance>>,
    dependency: Option<Dependency>,
    security_advisory: Option<Advisory>,
    affected_package_name: Option<String>,
    external_identifier: Option<String>,
    severity: Option<String>,
    secret_type: Option<String>,
    secret_type_display_name: Option<String>,
    resolution: Option<String>,
    #[serde(deserialize_with = "moment_or_seconds")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    fixed_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    dismissed_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    resolved_at: Option<Timestamp>,
}

/// What a code scanner looks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rule {
    description: Option<String>,
    severity: Option<String>,
    security_severity_level: Option<String>,
}

/// Where a code scanner saw it last.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Instance {
    commit_sha: Option<String>,
    location: Option<Location>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Location {
    path: Option<String>,
}

/// The dependency that has a known weakness.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency {
    package: Option<Package>,
    manifest_path: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Package {
    ecosystem: Option<String>,
    name: Option<String>,
}

/// A `security_advisory` event. It is about no repository.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AdvisoryEvent {
    security_advisory: Option<Advisory>,
}

/// A weakness that everybody may know of.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Advisory {
    ghsa_id: Option<String>,
    summary: Option<String>,
    severity: Option<String>,
    html_url: Option<String>,
    identifiers: Option<Vec<Identifier>>,
    #[serde(deserialize_with = "moment_or_seconds")]
    published_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    withdrawn_at: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Identifier {
    value: Option<String>,
}

/// What all kinds of alerts come down to.
#[derive(Default)]
struct Finding<'a> {
    category: &'a str,
    title: Option<&'a str>,
    severity: Option<&'a str>,
    path: Option<&'a str>,
    package: Option<String>,
    found_by: Option<&'a str>,
    commit: Option<&'a str>,
}

/// Reads an alert of a code scanner.
pub(super) fn code_scanning_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: AlertEvent = delivery.read("a GitHub code_scanning_alert event")?;
    let alert = alert_of(&event)?;
    let rule = alert.rule.as_ref();
    let instance = alert.most_recent_instance.iter().chain(alert.instances.iter().flatten()).next();
    let commits = [event.commit_oid.as_deref(), instance.and_then(|instance| instance.commit_sha.as_deref())];
    let finding = Finding {
        category: "code scanning",
        title: rule.and_then(|rule| rule.description.as_deref()),
        severity: rule.and_then(|rule| rule.security_severity_level.as_deref().or(rule.severity.as_deref())),
        path: instance.and_then(|instance| instance.location.as_ref()?.path.as_deref()),
        found_by: alert.tool.as_ref().and_then(|tool| tool.name.as_deref()),
        commit: commits.into_iter().find_map(object_id),
        ..Finding::default()
    };
    alert_facts(delivery, &event, alert, &finding)
}

/// Reads an alert of a dependency with a known weakness, in the present or the older form; both count alike.
pub(super) fn dependency_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: AlertEvent = delivery.read("a GitHub event of an alert about a dependency")?;
    let alert = alert_of(&event)?;
    let advisory = alert.security_advisory.as_ref();
    let dependency = alert.dependency.as_ref();
    let package = dependency.and_then(|dependency| dependency.package.as_ref());
    let titles = [advisory.and_then(|advisory| advisory.summary.as_deref()), alert.external_identifier.as_deref()];
    let finding = Finding {
        category: "dependabot",
        title: titles.into_iter().flatten().next(),
        severity: advisory.and_then(|advisory| advisory.severity.as_deref()).or(alert.severity.as_deref()),
        path: dependency.and_then(|dependency| dependency.manifest_path.as_deref()),
        package: package.and_then(named).or(alert.affected_package_name.clone()),
        ..Finding::default()
    };
    alert_facts(delivery, &event, alert, &finding)
}

/// Reads an alert of a secret that was committed. The secret itself is not in it.
pub(super) fn secret_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: AlertEvent = delivery.read("a GitHub secret_scanning_alert event")?;
    let alert = alert_of(&event)?;
    let title = alert.secret_type_display_name.as_deref().or(alert.secret_type.as_deref());
    alert_facts(delivery, &event, alert, &Finding { category: "secret scanning", title, ..Finding::default() })
}

/// Reads an advisory of GitHub's own database.
pub(super) fn advisory_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: AdvisoryEvent = delivery.read("a GitHub security_advisory event")?;
    let advisory = event.security_advisory.as_ref().ok_or_else(|| Stop::nothing("the body holds no advisory"))?;
    let id = advisory.ghsa_id.as_deref().filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Stop::nothing("the advisory has no id"))?;
    let mut draft = bare(delivery, advisory.updated_at.or(advisory.published_at));
    let host = host(delivery, [advisory.html_url.as_deref()]);
    let key = of_tool(NodeKind::Scan, PROVIDER.name, &host, id)?;
    let state = if advisory.withdrawn_at.is_some() { "withdrawn" } else { "published" };
    let mut fact = draft
        .fact(&key)
        .with(Attribute::Title, advisory.summary.as_deref().unwrap_or(id))
        .with(Attribute::Reference, id)
        .with(Attribute::State, state)
        .with(Attribute::Category, "advisory")
        .with_some(Attribute::Severity, advisory.severity.as_deref())
        .moment(Attribute::OccurredAt, advisory.published_at)
        .named(Name::plain(id))
        .page(advisory.html_url.as_deref());
    let identifiers = advisory.identifiers.iter().flatten().take(MAX_IDENTIFIERS);
    for value in identifiers.filter_map(|identifier| identifier.value.as_deref()).filter(|value| !value.is_empty()) {
        fact = fact.named(Name::plain(value));
    }
    draft.state(fact);
    Ok(draft.finish()?)
}

fn alert_of(event: &AlertEvent) -> Result<&Alert, Stop> {
    event.alert.as_ref().ok_or_else(|| Stop::nothing("the body holds no alert"))
}

fn alert_facts(
    delivery: &Delivery<'_>,
    event: &AlertEvent,
    alert: &Alert,
    finding: &Finding<'_>,
) -> Result<Facts, Stop> {
    let number = alert.number.or(alert.id).ok_or_else(|| Stop::nothing("the alert has no number"))?;
    let times = [alert.created_at, alert.updated_at, alert.fixed_at, alert.dismissed_at, alert.resolved_at];
    let mut draft = Draft::open(delivery, event.repository.as_ref(), times.into_iter().flatten().max())?;
    let key = draft.key(NodeKind::Scan, format!("{}/{number}", finding.category.replace(' ', "-")))?;
    let state = state(alert, delivery.action());
    let outcome = state.and_then(|state| outcome(state, alert.resolution.as_deref()));
    let fact = scan(draft.fact(&key), alert, number, finding)
        .with_some(Attribute::State, state)
        .with_some(Attribute::Outcome, outcome.map(Outcome::word));
    draft.place(fact)?;
    if let Some(commit) = draft.commit_by_id(finding.commit)? {
        draft.link(&key, LinkKind::Verifies, &commit, "the alert is about this commit");
    }
    happened(&mut draft, &key, delivery.action(), alert, event.sender.as_ref());
    draft.finish()
}

fn scan(fact: NodeFact, alert: &Alert, number: u64, finding: &Finding<'_>) -> NodeFact {
    let reference = format!("{} alert {number}", finding.category);
    fact.with(Attribute::Title, finding.title.unwrap_or(&reference))
        .with(Attribute::Reference, reference.as_str())
        .with(Attribute::Category, finding.category)
        .with_some(Attribute::Severity, finding.severity)
        .with_some(Attribute::Path, finding.path)
        .with_some(Attribute::Package, finding.package.as_deref())
        .with_some(Attribute::Result, finding.found_by)
        .with_some(Attribute::Commit, finding.commit)
        .moment(Attribute::OccurredAt, alert.created_at)
        .moment(Attribute::StartedAt, alert.created_at)
        .moment(Attribute::FinishedAt, alert.fixed_at.or(alert.resolved_at).or(alert.dismissed_at))
        .page(alert.html_url.as_deref())
}

/// GitHub's word for the alert's state; older events say it by what happened alone.
fn state<'a>(alert: &'a Alert, action: &str) -> Option<&'a str> {
    alert.state.as_deref().filter(|state| !state.is_empty()).or(match action {
        "created" | "create" | "reopened" | "reopen" | "reopened_by_user" | "appeared_in_branch" => Some("open"),
        "fixed" | "resolve" => Some("fixed"),
        "resolved" => Some("resolved"),
        "closed_by_user" | "dismissed" | "dismiss" => Some("dismissed"),
        _ => None,
    })
}

/// An open alert is a scan that failed. Of a secret only its revocation mends anything.
fn outcome(state: &str, resolution: Option<&str>) -> Option<Outcome> {
    match (state, resolution) {
        ("open", _) => Some(Outcome::Failure),
        ("fixed", _) | ("resolved", Some("revoked")) => Some(Outcome::Success),
        ("resolved" | "dismissed" | "auto_dismissed" | "closed", _) => Some(Outcome::Abandoned),
        (_, _) => None,
    }
}

fn happened(draft: &mut Draft, key: &Key, action: &str, alert: &Alert, sender: Option<&User>) {
    let (what, at) = match action {
        "created" | "create" => ("found", alert.created_at),
        "fixed" | "resolve" => ("fixed", alert.fixed_at),
        "resolved" => ("resolved", alert.resolved_at),
        "closed_by_user" | "dismissed" | "dismiss" | "auto_dismissed" => ("dismissed", alert.dismissed_at),
        "reopened" | "reopen" | "reopened_by_user" | "auto_reopened" => ("reopened", alert.updated_at),
        _ => return,
    };
    // None of the other times is that of what happened.
    if at.is_some() {
        let actor = sender.filter(|_| matches!(what, "resolved" | "dismissed" | "reopened"));
        draft.event(key, at, what, actor, by(&format!("Alert {what}"), actor));
    }
}

fn named(package: &Package) -> Option<String> {
    let name = package.name.as_deref().filter(|name| !name.is_empty())?;
    match package.ecosystem.as_deref().filter(|ecosystem| !ecosystem.is_empty()) {
        Some(ecosystem) => Some(format!("{ecosystem}/{name}")),
        None => Some(name.to_owned()),
    }
}
