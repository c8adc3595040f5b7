//! The built-in webhooks: an event of TeamCity with the build as the REST interface gives it.

use throughline_domain::node::Outcome;
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::build::{Build, Reading, Source, Tests};
use super::payload::{Payload, Revision, TestOccurrences, User};
use super::properties;
use crate::draft::Person;

/// What an event says of a build.
pub(super) fn read<'a>(event: &str, payload: &'a Payload) -> Reading<'a> {
    let Some(told) = Told::of(event, payload) else {
        return Reading::Nothing(if event.starts_with("AGENT_") {
            "agents are the machinery of builds, and no step in a chain of work"
        } else {
            "this event of TeamCity is not read; the delivery is kept and can be replayed later"
        });
    };
    let Some(id) = payload.id.as_deref() else {
        return Reading::Nothing("the payload has no id; the parameter that chooses its fields has to list 'id'");
    };
    let canceled = payload.canceled_info.as_ref().and_then(|info| info.user.as_ref()).map(person);
    let is_canceled = told.outcome == Some(Outcome::Abandoned);
    Reading::Build(Box::new(Build {
        id,
        number: payload.number.as_deref(),
        name: name(payload),
        page: payload.web_url.as_deref(),
        at: told.at,
        state: told.state,
        outcome: told.outcome,
        result: payload.status_text.as_deref(),
        branch: branch(payload),
        started: payload.start_date,
        finished: payload.finish_date.or(told.at.filter(|_| is_canceled)),
        happened: told.happened,
        actor: canceled.and_then(|person| person.called()).filter(|_| is_canceled),
        trigger: payload.triggered.as_ref().and_then(|trigger| trigger.user.as_ref()).map(person),
        sources: sources(payload),
        tests: payload.test_occurrences.as_ref().map(tests),
        ..Build::default()
    }))
}

/// How far an event says that a build has come.
struct Told<'a> {
    at: Option<Timestamp>,
    state: Option<&'a str>,
    outcome: Option<Outcome>,
    happened: Option<&'static str>,
}

impl<'a> Told<'a> {
    /// `None` for an event that is not about a build.
    fn of(event: &str, payload: &'a Payload) -> Option<Self> {
        let status = payload.status.as_deref();
        let canceled = payload.canceled_info.as_ref().and_then(|info| info.timestamp);
        let (at, state, outcome, happened) = match event {
            "BUILD_TYPE_ADDED_TO_QUEUE" => {
                (payload.queued_date, Some("queued"), Some(Outcome::Pending), Some("queued"))
            }
            "BUILD_STARTED" => (payload.start_date, Some("running"), Some(Outcome::Running), Some("started")),
            "CHANGES_LOADED" | "BUILD_PROBLEMS_CHANGED" => {
                (payload.start_date, Some("running"), Some(Outcome::Running), None)
            }
            "BUILD_FINISHED" => (payload.finish_date, status, status.and_then(ended), Some("completed")),
            "BUILD_INTERRUPTED" => {
                (canceled.or(payload.finish_date), Some("canceled"), Some(Outcome::Abandoned), Some("canceled"))
            }
            _ => return None,
        };
        Some(Self { at, state, outcome, happened })
    }
}

fn ended(status: &str) -> Option<Outcome> {
    match status.to_ascii_uppercase().as_str() {
        "SUCCESS" => Some(Outcome::Success),
        "FAILURE" | "ERROR" => Some(Outcome::Failure),
        "UNKNOWN" => Some(Outcome::Abandoned),
        _ => None,
    }
}

/// What people call the build's configuration: `Checkout / Build`.
fn name(payload: &Payload) -> String {
    let kind = payload.build_type.as_ref();
    let project = kind.and_then(|kind| kind.project_name.as_deref()).filter(|name| !name.is_empty());
    let name = kind.and_then(|kind| kind.name.as_deref()).or(payload.build_type_id.as_deref()).unwrap_or("build");
    project.map_or_else(|| name.to_owned(), |project| format!("{project} / {name}"))
}

fn branch(payload: &Payload) -> Option<&str> {
    let mut revisions = payload.revisions.iter().filter_map(|revisions| revisions.revision.as_ref()).flatten();
    let named = payload.branch_name.as_deref().filter(|name| *name != "<default>");
    let name = named.or_else(|| revisions.find_map(|revision| revision.branch.as_deref()))?;
    Some(name.strip_prefix("refs/heads/").unwrap_or(name)).filter(|name| !name.is_empty())
}

fn sources(payload: &Payload) -> Vec<Source<'_>> {
    let revisions = payload.revisions.iter().filter_map(|revisions| revisions.revision.as_ref()).flatten();
    let sources: Vec<Source<'_>> = revisions.map(source).collect();
    let is_bare = matches!(sources.as_slice(), [] | [Source { repository: None, .. }]);
    match properties::source(payload.properties.as_ref()).filter(|source| is_bare && source.repository.is_some()) {
        Some(source) => {
            let commit = source.commit.or(sources.first().and_then(|bare| bare.commit));
            vec![Source { commit, ..source }]
        }
        None => sources,
    }
}

/// The repository is in the root's properties, where the operator asks for them. TeamCity also proposes its address
/// and branch as the root's name.
fn source(revision: &Revision) -> Source<'_> {
    let root = revision.root.as_ref();
    let commit = revision.version.as_deref();
    let url = properties::value(root.and_then(|root| root.properties.as_ref()), "url");
    if let Some(repository) = url.and_then(Repository::from_address) {
        let reason = "the root of the revision names this repository";
        return Source { repository: Some(repository), commit, is_guess: false, reason };
    }
    let name = root.and_then(|root| root.name.as_deref()).unwrap_or_default();
    let address = name.split('#').next().map(str::trim).filter(|name| name.contains("://") || name.contains('@'));
    let reason = "the name of the revision's root is the address of this repository; people may change it";
    Source { repository: address.and_then(Repository::from_address), commit, is_guess: true, reason }
}

fn tests(tests: &TestOccurrences) -> Tests {
    let TestOccurrences { passed, failed, ignored, muted } = tests;
    // A muted test failed, and somebody said that this does not count.
    let ignored = ignored.unwrap_or_default().saturating_add(muted.unwrap_or_default());
    Tests { passed: passed.unwrap_or_default(), failed: failed.unwrap_or_default(), ignored }
}

fn person(user: &User) -> Person<'_> {
    Person {
        login: user.username.as_deref(),
        name: user.name.as_deref(),
        email: user.email.as_deref(),
        ..Person::default()
    }
}
