//! Actions: `workflow_run` and `workflow_job` as Gitea tells them, and `action_run_…`, Forgejo's runs that have ended.

use throughline_domain::fact::Attribute;
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use crate::code_host::nothing;
use crate::draft::{joined, object_id, ran};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::payload::{ActionRun, WorkflowRun};
use super::reading::Reading;

/// Reads a workflow run, which is a pipeline run of its head commit.
pub(super) fn read_workflow_run(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let body = reading.body;
    let Some(run) = &body.workflow_run else { return nothing("the body holds no workflow run") };
    let Some(id) = run.id else { return nothing("the workflow run has no id") };
    let progress = Progress::of(run.status.as_deref(), run.conclusion.as_deref());
    let ended_at = run.completed_at.filter(|_| progress.is_ended());
    reading.draft.at = ended_at.or(run.started_at);
    let key = reading.key(NodeKind::PipelineRun, id)?;
    let name = run_name(body.workflow.as_ref().and_then(|workflow| workflow.name.as_deref()), run);
    let reference = run.run_number.map_or_else(|| name.to_owned(), |number| format!("{name} #{number}"));
    let fact = reading
        .draft
        .fact(&key)
        .with(Attribute::Title, filled(run.display_title.as_deref()).unwrap_or(name))
        .with(Attribute::Reference, reference);
    let fact = ran(fact, run.started_at, ended_at)
        .with_some(Attribute::Branch, filled(run.head_branch.as_deref()))
        .with_some(Attribute::Commit, object_id(run.head_sha.as_deref()))
        .with_some(Attribute::Path, workflow_path(run))
        .page(filled(run.html_url.as_deref()));
    reading.draft.state_with_outcome(fact, progress.state, progress.outcome);
    reading.draft.place(&key, &reading.repository)?;
    link_head(&mut reading, &key, run.head_sha.as_deref(), "the workflow ran on this commit")?;
    reading.person(&key, LinkKind::TriggeredBy, run.actor.as_ref(), "set off the workflow run")?;
    happened(&mut reading, &key, "Workflow run", &progress, (run.started_at, ended_at));
    reading.finish()
}

/// Reads a job of a workflow run.
pub(super) fn read_workflow_job(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(job) = &reading.body.workflow_job else { return nothing("the body holds no workflow job") };
    let Some(id) = job.id else { return nothing("the workflow job has no id") };
    let progress = Progress::of(job.status.as_deref(), job.conclusion.as_deref());
    let ended_at = job.completed_at.filter(|_| progress.is_ended());
    reading.draft.at = ended_at.or(job.started_at).or(job.created_at);
    let key = reading.key(NodeKind::Job, id)?;
    let name = filled(job.name.as_deref()).unwrap_or("job");
    let fact = reading.draft.fact(&key).with(Attribute::Title, name).with(Attribute::Reference, name);
    let fact = ran(fact, job.started_at, ended_at)
        .with_some(Attribute::Branch, filled(job.head_branch.as_deref()))
        .with_some(Attribute::Commit, object_id(job.head_sha.as_deref()))
        .with(Attribute::Labels, joined(job.labels.iter().flatten().map(String::as_str)))
        .page(filled(job.html_url.as_deref()));
    reading.draft.state_with_outcome(fact, progress.state, progress.outcome);
    reading.draft.place(&key, &reading.repository)?;
    if let Some(run) = job.run_id {
        let run = reading.key(NodeKind::PipelineRun, run)?;
        reading.draft.link(&key, LinkKind::PartOf, &run, "it is a job of this workflow run");
    }
    link_head(&mut reading, &key, job.head_sha.as_deref(), "the job ran on this commit")?;
    happened(&mut reading, &key, "Job", &progress, (job.started_at, ended_at));
    reading.finish()
}

/// Reads a run of Forgejo's that has ended.
pub(super) fn read_action_run(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(run) = &reading.body.run else { return nothing("the body holds no run") };
    let Some(id) = run.id else { return nothing("the run has no id") };
    let status = filled(run.status.as_deref()).or(filled(reading.body.action.as_deref()));
    let progress = Progress { state: status, outcome: status.and_then(ended) };
    let ended_at = run.stopped.or(run.updated);
    reading.draft.at = ended_at;
    let key = reading.key(NodeKind::PipelineRun, id)?;
    let name = filled(run.workflow_id.as_deref()).unwrap_or("workflow");
    let reference = run.index_in_repo.map_or_else(|| name.to_owned(), |number| format!("{name} #{number}"));
    let fact = reading
        .draft
        .fact(&key)
        .with(Attribute::Title, filled(run.title.as_deref()).unwrap_or(name))
        .with(Attribute::Reference, reference);
    let fact = ran(fact, run.started, ended_at)
        .with_some(Attribute::Branch, branch(run))
        .with_some(Attribute::Commit, object_id(run.commit_sha.as_deref()))
        .with_some(Attribute::Path, filled(run.workflow_id.as_deref()))
        .page(filled(run.html_url.as_deref()));
    reading.draft.state_with_outcome(fact, progress.state, progress.outcome);
    reading.draft.place(&key, &reading.repository)?;
    link_head(&mut reading, &key, run.commit_sha.as_deref(), "the workflow ran on this commit")?;
    reading.person(&key, LinkKind::TriggeredBy, run.trigger_user.as_ref(), "set off the workflow run")?;
    happened(&mut reading, &key, "Workflow run", &progress, (run.started, ended_at));
    reading.finish()
}

/// How far a run has come: the tool's word, and what it means where that is known.
struct Progress<'a> {
    state: Option<&'a str>,
    outcome: Option<Outcome>,
}

impl<'a> Progress<'a> {
    /// A conclusion counts only once the status says that the run has ended.
    fn of(status: Option<&'a str>, conclusion: Option<&'a str>) -> Self {
        match (filled(status), filled(conclusion)) {
            (Some("completed") | None, Some(conclusion)) => {
                Self { state: Some(conclusion), outcome: ended(conclusion) }
            }
            (Some(status), _) => Self { state: Some(status), outcome: not_ended(status) },
            (None, None) => Self { state: None, outcome: None },
        }
    }

    fn is_ended(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned))
    }
}

fn ended(conclusion: &str) -> Option<Outcome> {
    match conclusion {
        // Forgejo calls a success after a failure a recovery.
        "success" | "recover" => Some(Outcome::Success),
        "failure" => Some(Outcome::Failure),
        "cancelled" | "skipped" => Some(Outcome::Abandoned),
        _ => None,
    }
}

fn not_ended(status: &str) -> Option<Outcome> {
    match status {
        "queued" | "requested" | "waiting" | "blocked" | "pending" => Some(Outcome::Pending),
        "in_progress" | "running" => Some(Outcome::Running),
        _ => None,
    }
}

fn link_head(reading: &mut Reading<'_>, key: &Key, head: Option<&str>, reason: &str) -> Result<(), ParseError> {
    if let Some(commit) = reading.commit_by_id(head)? {
        reading.draft.link(key, LinkKind::BuiltFrom, &commit, reason);
    }
    Ok(())
}

fn happened(
    reading: &mut Reading<'_>,
    key: &Key,
    title: &str,
    progress: &Progress<'_>,
    (started, ended): (Option<Timestamp>, Option<Timestamp>),
) {
    let (what, at, summary) = match progress.outcome {
        Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned) => {
            ("completed", ended, format!("{title} completed: {}", progress.state.unwrap_or_default()))
        }
        Some(Outcome::Running) => ("started", started, format!("{title} started")),
        Some(Outcome::Pending) => ("queued", None, format!("{title} queued")),
        None => return,
    };
    reading.draft.event(key, at, what, None, &summary);
}

/// The workflow's name: its own, or that of its file.
fn run_name<'a>(workflow: Option<&'a str>, run: &'a WorkflowRun) -> &'a str {
    let file = workflow_path(run).and_then(|path| path.rsplit('/').next());
    filled(workflow).or(filled(file)).unwrap_or("workflow")
}

/// The workflow's file; Gitea writes the branch behind it: `ci.yml@refs/heads/main`.
fn workflow_path(run: &WorkflowRun) -> Option<&str> {
    filled(run.path.as_deref()).and_then(|path| path.split('@').next())
}

/// The branch of a run; for a pull request Forgejo writes its number instead.
fn branch(run: &ActionRun) -> Option<&str> {
    filled(run.prettyref.as_deref()).filter(|name| !name.starts_with('#'))
}
