//! One run of a job: the pipeline run, the tests whose results it published, and the build where it archived files.

use percent_encoding::percent_decode_str;
use serde_json::Value;
use throughline_domain::fact::{Attribute, Facts, NodeFact};
use throughline_domain::key::{Key, KeyError, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::payload::{Build, Notification, Scm, TestSummary};
use super::phase::Phase;
use crate::draft::{Draft, joined, object_id, ran};
use crate::members;
use crate::provider::ParseError;

/// The rule that all links are made by; the same for every phase, so that a link is one link.
const RULE: &str = "jenkins/notification";

/// How many failed tests are named; the ledger keeps the rest.
const MAX_FAILED_TESTS: usize = 100;

/// A run with what identifies it.
struct Run<'a> {
    build: &'a Build,
    phase: Phase,
    host: String,
    /// The job's name for people.
    title: String,
    /// The job with its folders: `acme/checkout`.
    job: String,
    number: u64,
}

/// Everything that a notification says; `None` where it does not say which run it is about.
pub(super) fn facts(notification: &Notification, build: &Build, phase: Phase) -> Result<Option<Facts>, ParseError> {
    let Some(run) = Run::of(notification, build, phase) else { return Ok(None) };
    let mut draft = Draft::new(RULE, build.timestamp);
    let key = run.key(NodeKind::PipelineRun, "")?;
    run.state_run(&mut draft, &key);
    let commit = link_commit(&mut draft, &key, build.scm.as_ref())?;
    let artifacts = run.state_build(&mut draft, &key, commit.as_ref())?;
    if let Some(tests) = &build.test_summary {
        let verified: Vec<&Key> = artifacts.iter().chain(&commit).collect();
        run.state_tests(&mut draft, &key, tests, &verified)?;
    }
    Ok(Some(draft.finish()?))
}

impl<'a> Run<'a> {
    fn of(notification: &Notification, build: &'a Build, phase: Phase) -> Option<Self> {
        let number = build.number?;
        let named = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let addresses = [&notification.url, &build.url, &build.full_url];
        let job = addresses.into_iter().flatten().find_map(|address| job_path(address));
        let job = job.or_else(|| named(&notification.name))?;
        let title = named(&notification.display_name).or_else(|| named(&notification.name));
        let host = members::host(build.full_url.as_deref());
        Some(Self { build, phase, host, title: title.unwrap_or_else(|| job.clone()), job, number })
    }

    /// The key of the run, or with a suffix that of something of which it has one.
    fn key(&self, kind: NodeKind, suffix: &str) -> Result<Key, KeyError> {
        of_tool(kind, "jenkins", &self.host, &format!("{}/{}{suffix}", self.job, self.number))
    }

    fn reference(&self) -> String {
        format!("{} #{}", self.job, self.number)
    }

    fn state_run(&self, draft: &mut Draft, key: &Key) {
        let build = self.build;
        let branch = build.scm.as_ref().and_then(|scm| scm.branch.as_deref()).and_then(branch);
        let commit = build.scm.as_ref().and_then(|scm| object_id(scm.commit.as_deref()));
        let fact = draft
            .fact(key)
            .with(Attribute::Title, self.title.as_str())
            .with(Attribute::Reference, self.reference())
            .with_some(Attribute::Description, build.notes.as_deref())
            .with_some(Attribute::Branch, branch)
            .with_some(Attribute::Commit, commit)
            .page(build.full_url.as_deref());
        let (started, finished) = times(build, self.phase);
        let fact = if self.phase == Phase::Finalized {
            // The time is a moment after the end. COMPLETED knows better; this stands where that was not sent.
            if finished.is_some() {
                draft.state(ran(NodeFact::new(key.clone(), None), started, finished));
            }
            fact
        } else {
            ran(fact, started, finished)
        };
        self.state_with_outcome(draft, fact);
        if let Some(what) = self.phase.happened() {
            let status = self.phase.state(build.status.as_deref()).filter(|_| finished.is_some());
            let status = status.map(|status| format!(": {status}")).unwrap_or_default();
            draft.event(key, None, what, None, &format!("{} {what}{status}", self.reference()));
        }
    }

    fn state_with_outcome(&self, draft: &mut Draft, fact: NodeFact) {
        let status = self.build.status.as_deref();
        draft.state_known(fact, self.phase.state(status), self.phase.outcome(status));
    }

    /// A run that archived files has made something. The plugin tells no digests, so that the files have no nodes.
    fn state_build(&self, draft: &mut Draft, run: &Key, commit: Option<&Key>) -> Result<Option<Key>, KeyError> {
        let files = self.build.archived();
        if files.is_empty() {
            return Ok(None);
        }
        let key = self.key(NodeKind::Build, "")?;
        let fact = draft
            .fact(&key)
            .with(Attribute::Title, format!("Build of {}", self.title))
            .with(Attribute::Reference, self.reference())
            .with(Attribute::Result, format!("{} archived", files.len()))
            .with(Attribute::Description, joined(files));
        self.state_with_outcome(draft, fact);
        draft.link(&key, LinkKind::PartOf, run, "the run archived these files");
        if let Some(commit) = commit {
            draft.link(&key, LinkKind::BuiltFrom, commit, "the run that archived the files checked out this commit");
        }
        Ok(Some(key))
    }

    fn state_tests(
        &self,
        draft: &mut Draft,
        run: &Key,
        tests: &TestSummary,
        verified: &[&Key],
    ) -> Result<(), KeyError> {
        let key = self.key(NodeKind::TestRun, "/tests")?;
        let failed = tests.failed.unwrap_or_default();
        let passed = tests.passed.unwrap_or_default();
        let skipped = tests.skipped.unwrap_or_default();
        let outcome = match (failed, tests.total.unwrap_or(passed)) {
            (0, 0) => None,
            (0, _) => Some(Outcome::Success),
            _ => Some(Outcome::Failure),
        };
        let names = tests.failed_tests.iter().flatten().filter_map(Value::as_str).take(MAX_FAILED_TESTS);
        let fact = draft
            .fact(&key)
            .with(Attribute::Title, format!("Tests of {}", self.title))
            .with(Attribute::Reference, format!("tests of {}", self.reference()))
            .with(Attribute::Result, format!("{passed} passed, {failed} failed, {skipped} skipped"))
            .with(Attribute::Description, names.collect::<Vec<_>>().join("\n"))
            .with_some(Attribute::Outcome, outcome.map(Outcome::word));
        draft.state(fact);
        draft.link(&key, LinkKind::PartOf, run, "the run published these test results");
        for node in verified {
            draft.link(&key, LinkKind::Verifies, node, "the run that published the test results is of it");
        }
        Ok(())
    }
}

/// The commit and repository that the run checked out, as far as the plugin names both.
fn link_commit(draft: &mut Draft, run: &Key, scm: Option<&Scm>) -> Result<Option<Key>, KeyError> {
    let Some(scm) = scm else { return Ok(None) };
    let Some(repository) = scm.url.as_deref().map(str::trim).and_then(Repository::from_address) else {
        return Ok(None);
    };
    let place = draft.repository(&repository, None, None)?;
    draft.link(run, LinkKind::In, &place, "the run checked out this repository");
    let commit = draft.commit_by_id(&repository, scm.commit.as_deref())?;
    if let Some(commit) = &commit {
        draft.link(run, LinkKind::BuiltFrom, commit, "the run checked out this commit");
    }
    Ok(commit)
}

/// When the run began and ended, as far as the notification of that phase can tell.
fn times(build: &Build, phase: Phase) -> (Option<Timestamp>, Option<Timestamp>) {
    match phase {
        Phase::Queued | Phase::Step => (None, None),
        Phase::Started => (build.timestamp, None),
        Phase::Ended | Phase::Finalized => {
            let duration = build.duration.and_then(|duration| i64::try_from(duration).ok()).filter(|long| *long > 0);
            let before = |(at, millis): (Timestamp, i64)| {
                Timestamp::from_micros(at.micros().saturating_sub(millis.saturating_mul(1_000)))
            };
            (build.timestamp.zip(duration).map(before).filter(|at| at.micros() > 0), build.timestamp)
        }
    }
}

/// The job with its folders out of an address of it or of a run of it: of `job/acme/job/checkout/148/` it is
/// `acme/checkout`.
fn job_path(address: &str) -> Option<String> {
    let mut segments = address.split('/').filter(|segment| !segment.is_empty()).skip_while(|word| *word != "job");
    let mut names = Vec::new();
    while let (Some("job"), Some(name)) = (segments.next(), segments.next()) {
        names.push(percent_decode_str(name).decode_utf8_lossy().into_owned());
    }
    if names.is_empty() { None } else { Some(names.join("/")) }
}

/// A branch without the remote that Jenkins puts before it.
fn branch(name: &str) -> Option<&str> {
    let name = name.trim();
    let name = name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/remotes/")).unwrap_or(name);
    let name = name.strip_prefix("origin/").unwrap_or(name);
    Some(name).filter(|name| !name.is_empty() && *name != "detached")
}
