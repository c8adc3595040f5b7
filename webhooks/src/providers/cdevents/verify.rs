//! Continuous integration: builds, artifacts, pipeline and task runs, tests.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};

use super::artifact_id::ArtifactId;
use super::draft::Draft;
use super::keys;
use crate::provider::{Content, ParseError};

/// `build.queued`, `.started`, `.finished`.
///
/// A finished build says no outcome; one that names its artifact went well, of any other nothing can be claimed.
pub(super) fn build(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    let Some(phase) = Phase::of(draft.predicate) else { return Ok(draft.unread()) };
    let subject = &draft.event.subject;
    let artifact = subject.content.artifact_id.as_deref().map(ArtifactId::parse);
    let unsaid = if artifact.is_some() { Outcome::Success } else { Outcome::Abandoned };
    let key = draft.key(NodeKind::Build)?;
    let fact = phase.fact(&draft, &key, unsaid).with(Attribute::Title, format!("Build {}", subject.id));
    draft.state(fact.with_some(Attribute::Package, artifact.as_ref().and_then(|artifact| artifact.package.as_deref())));
    draft.happened(&key, phase.word(), None, format!("build {} {}", subject.id, phase.word()));
    if let Some(artifact) = artifact.and_then(|artifact| draft.state_artifact(&artifact)) {
        draft.link(&artifact, LinkKind::ProducedBy, &key, "the build names the artifact as its product");
    }
    draft.add_custom(&key)?;
    Ok(draft.done())
}

/// `artifact.packaged`, `.signed`, `.published`, `.downloaded`, `.deleted`.
///
/// An artifact is known by its digest. A package that is named without one, by a version that stays what it is, is a
/// release.
pub(super) fn artifact(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    let (state, counts) = match draft.predicate {
        "packaged" => (Some("packaged"), true),
        "published" => (Some("published"), true),
        "deleted" => (Some("deleted"), false),
        "signed" | "downloaded" => (None, false),
        _ => return Ok(draft.unread()),
    };
    let (subject, predicate) = (&draft.event.subject, draft.predicate);
    let Some((id, fact)) = named(&draft) else {
        let reason = "the artifact is named without a digest, and without a version that stays what it is";
        return Ok(Content::Ignored(reason.to_owned()));
    };
    let key = fact.key.clone();
    let at = Some(draft.at()).filter(|_| counts);
    let outcome = if key.kind() == NodeKind::Release { released(predicate) } else { None };
    let fact = fact.with_some(Attribute::State, state).with_some(Attribute::Outcome, outcome.map(Outcome::word));
    draft.state(fact.moment(Attribute::OccurredAt, at));
    let user = subject.content.user.as_deref();
    draft.happened(
        &key,
        predicate,
        user,
        format!("{} {predicate}", id.title().unwrap_or_else(|| "artifact".to_owned())),
    );
    if predicate == "published"
        && let Some(user) = user
    {
        let person = draft.state_person(user)?;
        draft.link(&key, LinkKind::TriggeredBy, &person, "the event names who published it");
    }
    if let Some(commit) = packaged_from(&draft)? {
        let kind = if key.kind() == NodeKind::Release { LinkKind::Includes } else { LinkKind::BuiltFrom };
        draft.link(&key, kind, &commit, "the event names the commit that was packaged");
    }
    draft.add_custom(&key)?;
    Ok(draft.done())
}

/// `pipelinerun.queued`, `.started`, `.finished`.
pub(super) fn pipeline_run(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    let Some(phase) = Phase::of(draft.predicate) else { return Ok(draft.unread()) };
    let subject = &draft.event.subject;
    let pages = [subject.content.address(), draft.custom.pipeline_url.as_deref()];
    let paged = pages.into_iter().flatten().filter_map(keys::of_page).find(|key| key.kind() == NodeKind::PipelineRun);
    let key = match draft.custom.node(NodeKind::PipelineRun).or(paged) {
        Some(key) => key,
        None => draft.key(NodeKind::PipelineRun)?,
    };
    let name = subject.content.pipeline_name.as_deref().unwrap_or(&subject.id);
    let fact = phase.fact(&draft, &key, Outcome::Abandoned).with(Attribute::Title, name);
    draft.state(fact.with_some(Attribute::Description, subject.content.errors.as_deref()));
    draft.happened(&key, phase.word(), None, format!("{name} {}", phase.word()));
    draft.add_custom(&key)?;
    Ok(draft.done())
}

/// `taskrun.queued`, `.started`, `.finished`.
pub(super) fn task_run(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    let Some(phase) = Phase::of(draft.predicate) else { return Ok(draft.unread()) };
    let subject = &draft.event.subject;
    let key = draft.key(NodeKind::Job)?;
    let name = subject.content.task_name.as_deref().unwrap_or(&subject.id);
    let fact = phase.fact(&draft, &key, Outcome::Abandoned).with(Attribute::Title, name);
    draft.state(fact.with_some(Attribute::Description, subject.content.errors.as_deref()));
    draft.happened(&key, phase.word(), None, format!("{name} {}", phase.word()));
    if let Some(run) = &subject.content.pipeline_run {
        let run = match draft.custom.pipeline_run() {
            Some(run) => run,
            None => draft.key_of(NodeKind::PipelineRun, run)?,
        };
        draft.link(&key, LinkKind::PartOf, &run, "the task run names its pipeline run");
    }
    draft.add_custom(&key)?;
    Ok(draft.done())
}

/// `testcaserun` and `testsuiterun`: `.queued`, `.started`, `.finished`, `.skipped`.
pub(super) fn test_run(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    let Some(phase) = Phase::of(draft.predicate) else { return Ok(draft.unread()) };
    let subject = &draft.event.subject;
    let content = &subject.content;
    let test = content.test_case.as_ref().or(content.test_suite.as_ref());
    let name = test.and_then(|test| test.name.as_deref().or(test.id.as_deref())).unwrap_or(&subject.id);
    let key = draft.key(NodeKind::TestRun)?;
    let fact = phase
        .fact(&draft, &key, Outcome::Abandoned)
        .with(Attribute::Title, name)
        .with_some(Attribute::Category, test.and_then(|test| test.kind.as_deref()))
        .with_some(Attribute::Severity, content.severity.as_deref())
        .with_some(Attribute::Description, content.reason.as_deref());
    draft.state(fact);
    draft.happened(&key, phase.word(), None, format!("{name} {}", phase.word()));
    draft.add_custom(&key)?;
    Ok(draft.done())
}

/// `testoutput.published`: a report, a log or a picture of a test case's run, told in the timeline of the run.
pub(super) fn test_output(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    if draft.predicate != "published" {
        return Ok(draft.unread());
    }
    let content = &draft.event.subject.content;
    let Some(run) = &content.test_case_run else {
        return Ok(Content::Ignored("the output does not say of which test case's run it is".to_owned()));
    };
    let key = draft.key_of(NodeKind::TestRun, run)?;
    draft.state(draft.fact(&key));
    let sort = content.output_type.as_deref().or(content.format.as_deref()).unwrap_or("output");
    let summary = match content.address() {
        Some(address) => format!("{sort} published at {address}"),
        None => format!("{sort} published"),
    };
    draft.happened(&key, "published", None, summary);
    Ok(draft.done())
}

/// The artifact that an event is about, by the first writing of it that gives a node.
fn named(draft: &Draft<'_>) -> Option<(ArtifactId, NodeFact)> {
    let writings = [Some(draft.event.subject.id.as_str()), draft.custom.artifact.as_deref()];
    let ids: Vec<ArtifactId> = writings.into_iter().flatten().map(ArtifactId::parse).collect();
    let by_digest = ids.iter().find_map(|id| Some((id.clone(), draft.artifact_fact(id)?)));
    by_digest.or_else(|| ids.iter().find_map(|id| Some((id.clone(), draft.release_fact(id)?))))
}

/// What an event of a package means for the version that is given out.
fn released(predicate: &str) -> Option<Outcome> {
    match predicate {
        "packaged" => Some(Outcome::Pending),
        "published" => Some(Outcome::Success),
        "deleted" => Some(Outcome::Abandoned),
        _ => None,
    }
}

/// The commit that `content.change` means: it may also be a tag or a change, which an artifact has no link to.
fn packaged_from(draft: &Draft<'_>) -> Result<Option<Key>, ParseError> {
    let Some(change) = draft.event.subject.content.change.as_ref() else { return Ok(None) };
    if !keys::is_commit(&change.id) {
        return Ok(None);
    }
    let repository = match change.source.as_deref().and_then(keys::repository_at) {
        Some(repository) => Some(repository),
        None => draft.repository()?,
    };
    Ok(repository.and_then(|repository| repository.commit(&change.id).ok()))
}

/// How far something that runs to its end has come.
#[derive(Clone, Copy)]
enum Phase {
    Queued,
    Started,
    Finished,
    Skipped,
}

impl Phase {
    fn of(predicate: &str) -> Option<Self> {
        match predicate {
            "queued" => Some(Self::Queued),
            "started" => Some(Self::Started),
            "finished" => Some(Self::Finished),
            "skipped" => Some(Self::Skipped),
            _ => None,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Started => "started",
            Self::Finished => "finished",
            Self::Skipped => "skipped",
        }
    }

    /// What the phase says of a run; `unsaid` is the outcome of a finished one that states none.
    fn fact(self, draft: &Draft<'_>, key: &Key, unsaid: Outcome) -> NodeFact {
        let subject = &draft.event.subject;
        let said = subject.content.outcome.as_deref();
        let (state, outcome) = match self {
            Self::Queued => (self.word(), Outcome::Pending),
            Self::Started => (self.word(), Outcome::Running),
            Self::Finished => (said.unwrap_or(self.word()), said.map_or(unsaid, outcome)),
            Self::Skipped => (self.word(), Outcome::Abandoned),
        };
        let at = Some(draft.at());
        draft
            .fact(key)
            .with(Attribute::Reference, subject.id.as_str())
            .with(Attribute::State, state)
            .outcome(outcome)
            .moment(Attribute::OccurredAt, at)
            .moment(Attribute::StartedAt, at.filter(|_| matches!(self, Self::Started)))
            .moment(Attribute::FinishedAt, at.filter(|_| matches!(self, Self::Finished | Self::Skipped)))
            .page(subject.content.address().or(draft.custom.pipeline_url.as_deref().filter(|_| pages_itself(key))))
    }
}

/// Whether the page of the pipeline's run is the node's own.
fn pages_itself(key: &Key) -> bool {
    key.kind() == NodeKind::PipelineRun
}

/// The words of every version: 0.3 and 0.4 say `pass` and `fail` of tests.
fn outcome(word: &str) -> Outcome {
    match word.to_ascii_lowercase().as_str() {
        "success" | "pass" | "passed" => Outcome::Success,
        "failure" | "fail" | "failed" | "error" => Outcome::Failure,
        // A cancelled run, and a word that no version knows: nothing can be claimed of either.
        _ => Outcome::Abandoned,
    }
}
