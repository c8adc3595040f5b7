//! `wiki_page`, `feature_flag` and `vulnerability`: what else a project keeps beside its code.

use serde::Deserialize;
use throughline_domain::fact::{Attribute, Facts, Field};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::delivery::Delivery;
use super::draft::{Draft, repository_of};
use super::payload::{Project, User};
use super::time::moment;
use crate::draft::object_id;
use crate::members::filled;
use crate::stop::Stop;

/// A `wiki_page` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WikiEvent {
    object_attributes: Option<Page>,
    user: Option<User>,
    project: Option<Project>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Page {
    title: Option<String>,
    content: Option<String>,
    slug: Option<String>,
    url: Option<String>,
    version_id: Option<String>,
}

/// A `feature_flag` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FlagEvent {
    object_attributes: Option<Flag>,
    user: Option<User>,
    project: Option<Project>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Flag {
    id: Option<u64>,
    name: Option<String>,
    description: Option<String>,
    active: Option<bool>,
}

/// A `vulnerability` event. It names its project by the address of its own page alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct VulnerabilityEvent {
    object_attributes: Option<Vulnerability>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability {
    url: Option<String>,
    title: Option<String>,
    state: Option<String>,
    severity: Option<String>,
    report_type: Option<String>,
    location: Option<Location>,
    #[serde(deserialize_with = "moment")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    confirmed_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    dismissed_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    resolved_at: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Location {
    file: Option<String>,
    dependency: Option<Dependency>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency {
    package: Option<Package>,
    version: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Package {
    name: Option<String>,
}

/// Reads a page of the project's wiki. GitLab says who wrote it, and not when.
pub(super) fn wiki_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: WikiEvent = delivery.read("a GitLab wiki_page event")?;
    let page = event.object_attributes.as_ref().ok_or_else(|| Stop::nothing("the body holds no page"))?;
    let mut draft = Draft::open(delivery, event.project.as_ref(), None, None)?;
    let key = draft.web(NodeKind::Document, page.url.as_deref(), Some("wiki"));
    let key = key.ok_or_else(|| Stop::nothing("the page has no address"))?;
    let fact = draft
        .fact(&key)
        .with_some(Attribute::Title, page.title.as_deref())
        .with_some(Attribute::Reference, page.slug.as_deref())
        .with_some(Attribute::Commit, object_id(page.version_id.as_deref()));
    draft.place(fact)?;
    if delivery.action() != "delete" {
        draft.user(&key, LinkKind::AuthoredBy, event.user.as_ref(), "wrote the page")?;
        draft.text(&key, Field::Title, page.title.as_deref());
        draft.text(&key, Field::Body, page.content.as_deref());
    }
    draft.finish()
}

/// Reads that a feature flag was turned on or off. GitLab does not say when: each direction is one change, whose time
/// is not known.
pub(super) fn flag_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: FlagEvent = delivery.read("a GitLab feature_flag event")?;
    let flag = event.object_attributes.as_ref().ok_or_else(|| Stop::nothing("the body holds no feature flag"))?;
    let id = flag.id.ok_or_else(|| Stop::nothing("the feature flag has no id"))?;
    let word = if flag.active == Some(true) { "on" } else { "off" };
    let name = flag.name.as_deref().unwrap_or("feature flag");
    let mut draft = Draft::open(delivery, event.project.as_ref(), None, None)?;
    let key = draft.key(NodeKind::ConfigChange, format!("feature-flag/{id}/{word}"))?;
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, format!("{name} turned {word}"))
        .with(Attribute::Reference, name)
        .with(Attribute::State, word)
        .with(Attribute::Category, "feature flag")
        .with_some(Attribute::Description, flag.description.as_deref());
    draft.place(fact)?;
    let service = draft.repository.short_name().to_owned();
    if let Some(service) = draft.named(NodeKind::Service, Some(&service)) {
        let reason = "GitLab names no service; the project's name was taken for it";
        draft.link_as(LinkClass::Guessed, &key, LinkKind::Of, &service, reason);
    }
    draft.user(&key, LinkKind::TriggeredBy, event.user.as_ref(), "turned the feature flag")?;
    draft.finish()
}

/// Reads a weakness that GitLab's scanners found.
pub(super) fn vulnerability_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: VulnerabilityEvent = delivery.read("a GitLab vulnerability event")?;
    let found = event.object_attributes.as_ref().ok_or_else(|| Stop::nothing("the body holds no vulnerability"))?;
    let page = found.url.as_deref().unwrap_or_default();
    let id = page.rsplit_once("/vulnerabilities/").and_then(|(_, id)| id.parse::<u64>().ok());
    let (id, place) = id
        .zip(repository_of(page))
        .ok_or_else(|| Stop::nothing("the vulnerability has no address, which alone says of which project it is"))?;
    let home = page.split_once("/-/").map(|(home, _)| home);
    let mut draft = Draft::of_repository(delivery, place, home, found.updated_at.or(found.created_at));
    let repository = draft.repository.clone();
    draft.repository(&repository, None, home)?;
    let key = draft.key(NodeKind::Scan, format!("vulnerability/{id}"))?;
    state_vulnerability(&mut draft, &key, id, found)?;
    let (what, at) = match found.state.as_deref().unwrap_or_default() {
        "detected" => ("found", found.created_at),
        "confirmed" => ("confirmed", found.confirmed_at),
        "dismissed" => ("dismissed", found.dismissed_at),
        "resolved" => ("resolved", found.resolved_at),
        _ => return draft.finish(),
    };
    draft.event(&key, at, what, None, &format!("Vulnerability {what}"));
    draft.finish()
}

fn state_vulnerability(draft: &mut Draft, key: &Key, id: u64, found: &Vulnerability) -> Result<(), Stop> {
    let outcome = match found.state.as_deref().unwrap_or_default() {
        "detected" | "confirmed" => Some(Outcome::Failure),
        "resolved" => Some(Outcome::Success),
        "dismissed" => Some(Outcome::Abandoned),
        _ => None,
    };
    let location = found.location.as_ref();
    let dependency = location.and_then(|location| location.dependency.as_ref());
    let reference = format!("vulnerability {id}");
    let fact = draft
        .fact(key)
        .with(Attribute::Title, filled(found.title.as_deref()).unwrap_or(&reference))
        .with(Attribute::Reference, reference.as_str())
        .with_some(Attribute::State, found.state.as_deref())
        .with_some(Attribute::Outcome, outcome.map(Outcome::word))
        .with_some(Attribute::Severity, found.severity.as_deref())
        .with_some(Attribute::Category, found.report_type.as_deref())
        .with_some(Attribute::Path, location.and_then(|location| location.file.as_deref()))
        .with_some(Attribute::Package, dependency.and_then(|one| one.package.as_ref()?.name.as_deref()))
        .with_some(Attribute::Version, dependency.and_then(|one| one.version.as_deref()))
        .moment(Attribute::OccurredAt, found.created_at)
        .moment(Attribute::StartedAt, found.created_at)
        .moment(Attribute::FinishedAt, found.resolved_at.or(found.dismissed_at))
        .page(found.url.as_deref());
    draft.place(fact)?;
    Ok(())
}
