//! The scan that an analysis is, how its quality gate was judged, and the commit that it verifies.

use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::key::{Key, KeyError, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;

use super::payload::{Analysis, Branch, Condition, Project, QualityGate};
use crate::draft::{Draft, object_id};
use crate::members;
use crate::provider::ParseError;

/// The rule that all links are made by.
const RULE: &str = "sonarqube/analysis";

/// The most conditions of one gate; SonarQube proposes to have fewer than ten.
const MAX_CONDITIONS: usize = 1_000;

/// Everything that a body says; `None` where it does not tell which analysis it is about.
pub(super) fn facts(analysis: &Analysis, project: &Project) -> Result<Option<Facts>, ParseError> {
    let Some(project_key) = project.key.as_deref().filter(|key| !key.is_empty()) else { return Ok(None) };
    let Some(resource) = resource(analysis, project_key) else { return Ok(None) };
    let conditions = analysis.quality_gate.iter().filter_map(|gate| gate.conditions.as_deref()).flatten();
    let conditions: Vec<&Condition> = conditions.collect();
    if conditions.len() > MAX_CONDITIONS {
        return Err(ParseError::TooMany { what: "conditions", count: conditions.len(), limit: MAX_CONDITIONS });
    }
    let hosts = [&analysis.server_url, &project.url].map(|address| members::host(address.as_deref()));
    let host = hosts.into_iter().find(|host| !host.is_empty()).unwrap_or_default();
    let key = of_tool(NodeKind::Scan, "sonarqube", &host, &resource)?;
    let mut draft = Draft::new(RULE, analysis.changed_at.or(analysis.analysed_at));
    state_scan(&mut draft, &key, analysis, project, project_key, &conditions);
    link_commit(&mut draft, &key, analysis)?;
    Ok(Some(draft.finish()?))
}

/// The analysis by its time, since a gate that is judged again names no task; a task that failed by its id.
fn resource(analysis: &Analysis, project: &str) -> Option<String> {
    match (analysis.analysed_at, analysis.task_id.as_deref()) {
        (Some(at), _) => {
            let branch = analysis.branch.as_ref().and_then(|branch| branch.name.as_deref()).unwrap_or_default();
            Some(format!("{project}/{branch}/{}", at.seconds()))
        }
        (None, Some(task)) if !task.is_empty() => Some(format!("{project}/task/{task}")),
        (None, _) => None,
    }
}

fn state_scan(
    draft: &mut Draft,
    key: &Key,
    analysis: &Analysis,
    project: &Project,
    project_key: &str,
    conditions: &[&Condition],
) {
    let gate = analysis.quality_gate.as_ref();
    let (state, outcome) = judged(analysis.status.as_deref(), gate);
    let title = gate.and_then(|gate| gate.name.as_deref()).unwrap_or("Analysis");
    let branch = analysis.branch.as_ref();
    let reference = reference(project_key, branch);
    let pages = [branch.and_then(|branch| branch.url.as_deref()), project.url.as_deref()];
    let fact = draft
        .fact(key)
        .with(Attribute::Title, format!("{title}: {}", project.name.as_deref().unwrap_or(project_key)))
        .with(Attribute::Reference, reference.as_str())
        .with(Attribute::Category, "quality gate")
        // A task that failed has analysed nothing; it counts from when that was known.
        .moment(Attribute::OccurredAt, analysis.analysed_at.or(analysis.changed_at))
        .with_some(Attribute::Result, counts(conditions))
        .with(Attribute::Description, failures(conditions))
        .with_some(
            Attribute::Branch,
            branch.filter(|branch| !is_pull_request(branch)).and_then(|one| one.name.as_deref()),
        )
        .with_some(Attribute::Commit, object_id(analysis.revision.as_deref()))
        // The page shows the newest analysis, so that its address is no name of this one.
        .with_some(Attribute::Url, pages.into_iter().flatten().find(|page| Name::url(page).is_some()));
    draft.state_with_outcome(fact, state, outcome);
    let what = if outcome == Some(Outcome::Failure) { "failed" } else { "analysed" };
    let state = state.map(|state| format!(": {state}")).unwrap_or_default();
    draft.event(key, None, what, None, &format!("{reference}{state}"));
}

/// What counts: how the gate was judged, or that the task came to nothing.
fn judged<'a>(task: Option<&'a str>, gate: Option<&'a QualityGate>) -> (Option<&'a str>, Option<Outcome>) {
    match (task, gate.and_then(|gate| gate.status.as_deref())) {
        (Some("FAILED"), _) => (task, Some(Outcome::Failure)),
        (Some("CANCELED"), _) => (task, Some(Outcome::Abandoned)),
        (_, Some(status)) => match status {
            "OK" | "WARN" => (Some(status), Some(Outcome::Success)),
            "ERROR" => (Some(status), Some(Outcome::Failure)),
            _ => (Some(status), None),
        },
        (_, None) => (task, None),
    }
}

/// The revision is SonarQube's; its repository is what the scanner was given, because SonarQube tells none.
fn link_commit(draft: &mut Draft, key: &Key, analysis: &Analysis) -> Result<(), KeyError> {
    let Some(repository) = analysis.property("repository").and_then(Repository::from_address) else { return Ok(()) };
    let place = draft.repository(&repository, None, None)?;
    draft.link(key, LinkKind::In, &place, "the scanner was told that it analyses this repository");
    let revision = analysis.revision.as_deref().or_else(|| analysis.property("commit"));
    if let Some(commit) = draft.commit_by_id(&repository, revision)? {
        draft.link(key, LinkKind::Verifies, &commit, "SonarQube analysed this revision");
    }
    Ok(())
}

fn counts(conditions: &[&Condition]) -> Option<String> {
    let count = |wanted: &[&str]| {
        let states = conditions.iter().filter_map(|condition| condition.status.as_deref());
        states.filter(|status| wanted.contains(status)).count()
    };
    let (passed, failed, without) = (count(&["OK"]), count(&["ERROR", "WARN"]), count(&["NO_VALUE"]));
    let text = match without {
        0 => format!("{passed} passed, {failed} failed"),
        _ => format!("{passed} passed, {failed} failed, {without} without a value"),
    };
    if conditions.is_empty() { None } else { Some(text) }
}

fn failures(conditions: &[&Condition]) -> String {
    let failed = conditions.iter().filter(|condition| matches!(condition.status.as_deref(), Some("ERROR" | "WARN")));
    let lines = failed.map(|condition| {
        let words = [
            condition.metric.as_deref(),
            condition.value.as_deref(),
            match condition.operator.as_deref() {
                Some("LESS_THAN") => Some("is less than"),
                Some("GREATER_THAN") => Some("is greater than"),
                _ => Some("is not as it should be:"),
            },
            condition.error_threshold.as_deref(),
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What people call the scan: `acme_checkout (main)`.
fn reference(project: &str, branch: Option<&Branch>) -> String {
    match branch.and_then(|branch| Some((branch, branch.name.as_deref()?))) {
        Some((branch, name)) if is_pull_request(branch) => format!("{project} (pull request {name})"),
        Some((_, name)) => format!("{project} ({name})"),
        None => project.to_owned(),
    }
}

fn is_pull_request(branch: &Branch) -> bool {
    branch.kind.as_deref() == Some("PULL_REQUEST")
}
