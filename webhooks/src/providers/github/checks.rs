//! `check_run`, `check_suite`, `workflow_run` and `workflow_job`: what checked a commit, and how that ended.

use throughline_domain::fact::{Attribute, Facts, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::delivery::Delivery;
use super::draft::Draft;
use super::payload::{
    CheckRun, CheckRunEvent, CheckSuite, CheckSuiteEvent, WorkflowJob, WorkflowJobEvent, WorkflowRun, WorkflowRunEvent,
};
use crate::draft::{joined, object_id, ran, short};
use crate::stop::Stop;

/// Reads a check run, which is a test run of its head commit.
pub(super) fn check_run_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: CheckRunEvent = delivery.read("a GitHub check_run event")?;
    let run = event.check_run.as_ref().ok_or_else(|| Stop::nothing("the body holds no check run"))?;
    let id = run.id.ok_or_else(|| Stop::nothing("the check run has no id"))?;
    let mut draft = Draft::open(delivery, event.repository.as_ref(), run.completed_at.or(run.started_at))?;
    let key = draft.key(NodeKind::TestRun, id)?;
    let progress = Progress::of(run.status.as_deref(), run.conclusion.as_deref());
    draft.place_with_outcome(check_run(&key, run, draft.at), progress.state, progress.outcome)?;
    if let Some(commit) = draft.commit_by_id(run.head_sha.as_deref())? {
        draft.link(&key, LinkKind::Verifies, &commit, "the check ran on this commit");
    }
    let times = Times { created: None, started: run.started_at, completed: run.completed_at };
    happened(&mut draft, &key, event.action.as_deref(), "Check", &progress, &times);
    draft.finish()
}

/// Reads a check suite: all check runs of one application on a commit, taken as one test run.
pub(super) fn check_suite_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: CheckSuiteEvent = delivery.read("a GitHub check_suite event")?;
    let suite = event.check_suite.as_ref().ok_or_else(|| Stop::nothing("the body holds no check suite"))?;
    let id = suite.id.ok_or_else(|| Stop::nothing("the check suite has no id"))?;
    let mut draft = Draft::open(delivery, event.repository.as_ref(), suite.updated_at.or(suite.created_at))?;
    // Check runs are test runs, too, and are numbered apart.
    let key = draft.key(NodeKind::TestRun, format!("check-suite/{id}"))?;
    let progress = Progress::of(suite.status.as_deref(), suite.conclusion.as_deref());
    let fact = check_suite(&key, suite, &progress, draft.at);
    draft.place_with_outcome(fact, progress.state, progress.outcome)?;
    if let Some(head) = &suite.head_commit {
        draft.commit(head)?;
    }
    if let Some(commit) = draft.commit_by_id(suite.head_sha.as_deref())? {
        draft.link(&key, LinkKind::Verifies, &commit, "the checks of the suite ran on this commit");
    }
    let times = Times { created: suite.created_at, started: suite.updated_at, completed: suite.updated_at };
    happened(&mut draft, &key, event.action.as_deref(), "Check suite", &progress, &times);
    draft.finish()
}

/// Reads a workflow run, which is a pipeline run of its head commit.
pub(super) fn workflow_run_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: WorkflowRunEvent = delivery.read("a GitHub workflow_run event")?;
    let run = event.workflow_run.as_ref().ok_or_else(|| Stop::nothing("the body holds no workflow run"))?;
    let mut draft = Draft::open(delivery, event.repository.as_ref(), run.updated_at.or(run.created_at))?;
    let workflow = event.workflow.as_ref().and_then(|workflow| workflow.name.as_deref());
    let (key, progress) = state_workflow_run(&mut draft, run, workflow)?;
    let times =
        Times { created: run.run_started_at.or(run.created_at), started: run.updated_at, completed: run.updated_at };
    happened(&mut draft, &key, event.action.as_deref(), "Workflow run", &progress, &times);
    draft.finish()
}

/// Reads a job of a workflow run.
pub(super) fn workflow_job_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: WorkflowJobEvent = delivery.read("a GitHub workflow_job event")?;
    let job = event.workflow_job.as_ref().ok_or_else(|| Stop::nothing("the body holds no workflow job"))?;
    let at = job.completed_at.or(job.started_at).or(job.created_at);
    let mut draft = Draft::open(delivery, event.repository.as_ref(), at)?;
    let (key, progress) = state_workflow_job(&mut draft, job)?;
    let times = Times { created: job.created_at, started: job.started_at, completed: job.completed_at };
    happened(&mut draft, &key, event.action.as_deref(), "Job", &progress, &times);
    draft.finish()
}

/// States a workflow run with its commit and who set it off.
pub(super) fn state_workflow_run<'a>(
    draft: &mut Draft,
    run: &'a WorkflowRun,
    workflow: Option<&str>,
) -> Result<(Key, Progress<'a>), Stop> {
    let id = run.id.ok_or_else(|| Stop::nothing("the workflow run has no id"))?;
    let key = draft.key(NodeKind::PipelineRun, id)?;
    let progress = Progress::of(run.status.as_deref(), run.conclusion.as_deref());
    let fact = workflow_run(&key, run, workflow, &progress, draft.at);
    draft.place_with_outcome(fact, progress.state, progress.outcome)?;
    link_head(draft, &key, run)?;
    let actor = run.actor.as_ref().or(run.triggering_actor.as_ref());
    draft.person(&key, LinkKind::TriggeredBy, actor, "set off the workflow run")?;
    Ok((key, progress))
}

/// States a job with its run and its commit.
pub(super) fn state_workflow_job<'a>(draft: &mut Draft, job: &'a WorkflowJob) -> Result<(Key, Progress<'a>), Stop> {
    let id = job.id.ok_or_else(|| Stop::nothing("the workflow job has no id"))?;
    let key = draft.key(NodeKind::Job, id)?;
    let progress = Progress::of(job.status.as_deref(), job.conclusion.as_deref());
    let fact = workflow_job(&key, job, draft.at);
    draft.place_with_outcome(fact, progress.state, progress.outcome)?;
    if let Some(run) = job.run_id {
        let run = draft.key(NodeKind::PipelineRun, run)?;
        draft.link(&key, LinkKind::PartOf, &run, "it is a job of this workflow run");
    }
    if let Some(commit) = draft.commit_by_id(job.head_sha.as_deref())? {
        draft.link(&key, LinkKind::BuiltFrom, &commit, "the job ran on this commit");
    }
    Ok((key, progress))
}

/// How far a run has come: GitHub's word, and what it means where that is known.
pub(super) struct Progress<'a> {
    state: Option<&'a str>,
    outcome: Option<Outcome>,
}

impl<'a> Progress<'a> {
    /// A conclusion counts only once the status says that the run has ended: one that is run again keeps its old one.
    fn of(status: Option<&'a str>, conclusion: Option<&'a str>) -> Self {
        match (status, conclusion) {
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
        // GitHub lets a pull request through on a neutral check.
        "success" | "neutral" => Some(Outcome::Success),
        "failure" | "timed_out" | "startup_failure" => Some(Outcome::Failure),
        "cancelled" | "skipped" | "stale" => Some(Outcome::Abandoned),
        // It waits for a person: for the approval of a run, or for whatever the check asks.
        "action_required" => Some(Outcome::Pending),
        _ => None,
    }
}

fn not_ended(status: &str) -> Option<Outcome> {
    match status {
        "queued" | "requested" | "waiting" | "pending" => Some(Outcome::Pending),
        "in_progress" => Some(Outcome::Running),
        _ => None,
    }
}

fn check_run(key: &Key, run: &CheckRun, at: Option<Timestamp>) -> NodeFact {
    let name = run.name.as_deref().unwrap_or("check");
    let reference = match object_id(run.head_sha.as_deref()) {
        Some(commit) => format!("{name} on {}", short(commit)),
        None => name.to_owned(),
    };
    let branch = run.check_suite.as_ref().and_then(|suite| suite.head_branch.as_deref());
    let fact = NodeFact::new(key.clone(), at)
        .with_some(Attribute::Title, run.name.as_deref())
        .with(Attribute::Reference, reference);
    ran(fact, run.started_at, run.completed_at)
        .with_some(Attribute::Result, run.output.as_ref().and_then(|output| output.title.as_deref()))
        .with_some(Attribute::Branch, branch)
        .with_some(Attribute::Commit, object_id(run.head_sha.as_deref()))
        .page(run.html_url.as_deref())
}

fn check_suite(key: &Key, suite: &CheckSuite, progress: &Progress<'_>, at: Option<Timestamp>) -> NodeFact {
    let name = suite.app.as_ref().and_then(|app| app.name.as_deref()).unwrap_or("check suite");
    let reference = match object_id(suite.head_sha.as_deref()) {
        Some(commit) => format!("{name} on {}", short(commit)),
        None => name.to_owned(),
    };
    let fact = NodeFact::new(key.clone(), at).with(Attribute::Title, name).with(Attribute::Reference, reference);
    ran(fact, suite.created_at, suite.updated_at.filter(|_| progress.is_ended()))
        .with(Attribute::Category, "check suite")
        .with_some(Attribute::Branch, suite.head_branch.as_deref())
        .with_some(Attribute::Commit, object_id(suite.head_sha.as_deref()))
}

fn workflow_run(
    key: &Key,
    run: &WorkflowRun,
    workflow: Option<&str>,
    progress: &Progress<'_>,
    at: Option<Timestamp>,
) -> NodeFact {
    let named = |name: &&str| !name.is_empty();
    let name = run.name.as_deref().filter(named).or(workflow).filter(named).unwrap_or("workflow");
    let reference = match run.run_number {
        Some(number) => format!("{name} #{number}"),
        None => name.to_owned(),
    };
    let began = run.run_started_at.or(run.created_at);
    let fact = NodeFact::new(key.clone(), at)
        .with(Attribute::Title, run.display_title.as_deref().filter(named).unwrap_or(name))
        .with(Attribute::Reference, reference);
    ran(fact, began, run.updated_at.filter(|_| progress.is_ended()))
        .with_some(Attribute::Branch, run.head_branch.as_deref())
        .with_some(Attribute::Commit, object_id(run.head_sha.as_deref()))
        .with_some(Attribute::Path, run.path.as_deref())
        .page(run.html_url.as_deref())
}

/// The commit of a workflow run comes with its message, so that it is known where nobody sends pushes.
fn link_head(draft: &mut Draft, key: &Key, run: &WorkflowRun) -> Result<(), Stop> {
    let head = run.head_commit.as_ref();
    if let Some(head) = head {
        draft.commit(head)?;
    }
    let id = object_id(run.head_sha.as_deref()).or(head.and_then(|head| head.id.as_deref()));
    if let Some(commit) = draft.commit_by_id(id)? {
        draft.link(key, LinkKind::BuiltFrom, &commit, "the workflow ran on this commit");
    }
    Ok(())
}

fn workflow_job(key: &Key, job: &WorkflowJob, at: Option<Timestamp>) -> NodeFact {
    let name = job.name.as_deref().unwrap_or("job");
    let reference = match job.workflow_name.as_deref() {
        Some(workflow) => format!("{workflow} / {name}"),
        None => name.to_owned(),
    };
    let fact = NodeFact::new(key.clone(), at)
        .with_some(Attribute::Title, job.name.as_deref())
        .with(Attribute::Reference, reference);
    ran(fact, job.started_at, job.completed_at)
        .with_some(Attribute::Branch, job.head_branch.as_deref())
        .with_some(Attribute::Commit, object_id(job.head_sha.as_deref()))
        .with(Attribute::Labels, joined(job.labels.iter().flatten().map(String::as_str)))
        .page(job.html_url.as_deref())
}

/// When a run was asked for, begun and ended, as far as GitHub says it.
struct Times {
    created: Option<Timestamp>,
    started: Option<Timestamp>,
    completed: Option<Timestamp>,
}

fn happened(draft: &mut Draft, key: &Key, action: Option<&str>, title: &str, progress: &Progress<'_>, times: &Times) {
    let Times { created, started, completed } = *times;
    let (what, at) = match action.unwrap_or_default() {
        "created" if progress.outcome == Some(Outcome::Running) => ("started", started),
        "created" if progress.outcome == Some(Outcome::Pending) => ("queued", started),
        "requested" | "queued" => ("queued", created),
        "waiting" => ("held", created),
        "in_progress" => ("started", started),
        "completed" => ("completed", completed),
        // `rerequested` is only the wish that it be run again, without a time of its own; others ended when created.
        _ => return,
    };
    let state = progress.state.filter(|_| what == "completed").map(|state| format!(": {state}")).unwrap_or_default();
    draft.event(key, at, what, None, format!("{title} {what}{state}"));
}
