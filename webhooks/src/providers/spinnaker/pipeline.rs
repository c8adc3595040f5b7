//! The execution of a pipeline: its run, the commit that set it off, and who did.

use throughline_domain::fact::Attribute;
use throughline_domain::key::{self, Key, KeyError};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;

use super::payload::{Execution, filled, moment};
use crate::draft::{Draft, Person, by, ran};

/// The code hosts that a trigger of this source may mean.
const HOSTS: &[(&str, &str)] = &[("github", "github.com"), ("gitlab", "gitlab.com"), ("bitbucket", "bitbucket.org")];

/// In whose name nobody in particular runs something.
const NOBODY: &[&str] = &["anonymous", "[anonymous]", "unknown"];

/// States the run that an execution is.
///
/// # Errors
/// [`KeyError`] where an id or login is too long.
pub(super) fn state(draft: &mut Draft, execution: &Execution, id: &str) -> Result<(), KeyError> {
    let key = key::of_tool(NodeKind::PipelineRun, "spinnaker", "", id)?;
    let application = filled(&execution.application).unwrap_or_default();
    let name = filled(&execution.name).or(filled(&execution.description)).unwrap_or("Execution");
    let (started, ended) = (moment(execution.start_time), moment(execution.end_time));
    let status = filled(&execution.status);
    let outcome = status.and_then(outcome);
    let branch = execution.trigger.as_ref().and_then(|trigger| filled(&trigger.branch));
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, format!("{name} of {application}"))
        .with(Attribute::Reference, format!("{application}/{name}"))
        .with_some(Attribute::Branch, branch);
    draft.state_with_outcome(ran(fact, started, ended), status, outcome);
    link_commit(draft, execution, &key)?;
    let login = user(execution);
    let person = Person { provider: "spinnaker", host: "", login, ..Person::default() };
    draft.person(&key, LinkKind::TriggeredBy, &person, "Spinnaker names who set the execution off")?;
    if started.is_some() {
        draft.event(&key, started, "started", login, &by(&format!("{name} of {application} started"), login));
    }
    if let Some((what, ended)) = outcome.and_then(what).zip(ended) {
        draft.event(&key, Some(ended), what, None, &format!("{name} of {application} {what}"));
    }
    Ok(())
}

/// A trigger by a push names owner, repository and commit, and leaves the host out.
fn link_commit(draft: &mut Draft, execution: &Execution, key: &Key) -> Result<(), KeyError> {
    let Some(trigger) = &execution.trigger else { return Ok(()) };
    let source = filled(&trigger.source).unwrap_or_default();
    let host = HOSTS.iter().find(|(name, _)| *name == source).map(|(_, host)| *host);
    let path = filled(&trigger.project).zip(filled(&trigger.slug)).map(|(project, slug)| format!("{project}/{slug}"));
    let Some((host, path)) = host.zip(path) else { return Ok(()) };
    let Some(repository) = Repository::new(host, &path) else { return Ok(()) };
    if let Some(commit) = draft.commit_by_id(&repository, filled(&trigger.hash))? {
        let reason = format!("the trigger names this commit of {path}; that it lies on {host} is assumed");
        draft.link_as(LinkClass::Guessed, key, LinkKind::BuiltFrom, &commit, &reason);
    }
    Ok(())
}

fn user(execution: &Execution) -> Option<&str> {
    let trigger = execution.trigger.as_ref().and_then(|trigger| filled(&trigger.user));
    let account = execution.authentication.as_ref().and_then(|authentication| filled(&authentication.user));
    trigger.or(account).filter(|login| !NOBODY.contains(login))
}

/// What a status of executions and stages means; `None` for those that say nothing yet.
pub(super) fn outcome(status: &str) -> Option<Outcome> {
    match status {
        "NOT_STARTED" | "BUFFERED" => Some(Outcome::Pending),
        "RUNNING" | "PAUSED" | "SUSPENDED" | "REDIRECT" => Some(Outcome::Running),
        "SUCCEEDED" => Some(Outcome::Success),
        "TERMINAL" | "FAILED_CONTINUE" | "STOPPED" => Some(Outcome::Failure),
        "CANCELED" | "SKIPPED" => Some(Outcome::Abandoned),
        _ => None,
    }
}

fn what(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Pending | Outcome::Running => None,
        Outcome::Success => Some("succeeded"),
        Outcome::Failure => Some("failed"),
        Outcome::Abandoned => Some("canceled"),
    }
}
