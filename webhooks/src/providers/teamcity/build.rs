//! A build in the one form that both senders are read into, and what it states.

use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::key::{Key, KeyError, of_tool};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use crate::draft::{Draft, Person, object_id, ran};
use crate::members;
use crate::pipeline::summary;
use crate::provider::ParseError;

/// The rule that all links are made by; the same for both senders, so that a link is one link.
const RULE: &str = "teamcity/build";

/// What came of reading a body.
pub(super) enum Reading<'a> {
    /// It tells of a build.
    Build(Box<Build<'a>>),
    /// It states nothing, and why.
    Nothing(&'static str),
}

/// A build, as far as a body tells of it.
#[derive(Default)]
pub(super) struct Build<'a> {
    pub(super) id: &'a str,
    pub(super) number: Option<&'a str>,
    /// The build configuration with its project, for people.
    pub(super) name: String,
    pub(super) page: Option<&'a str>,
    /// An address in the server; its host is part of the build's identity.
    pub(super) server: Option<&'a str>,
    pub(super) at: Option<Timestamp>,
    pub(super) state: Option<&'a str>,
    pub(super) outcome: Option<Outcome>,
    pub(super) result: Option<&'a str>,
    pub(super) branch: Option<&'a str>,
    pub(super) started: Option<Timestamp>,
    pub(super) finished: Option<Timestamp>,
    /// The word for the timeline.
    pub(super) happened: Option<&'static str>,
    /// Who did what happened.
    pub(super) actor: Option<&'a str>,
    pub(super) trigger: Option<Person<'a>>,
    pub(super) sources: Vec<Source<'a>>,
    pub(super) tests: Option<Tests>,
}

/// A repository at a revision, of which a build is.
pub(super) struct Source<'a> {
    pub(super) repository: Option<Repository>,
    pub(super) commit: Option<&'a str>,
    /// Whether the repository is taken from a name that people may change.
    pub(super) is_guess: bool,
    pub(super) reason: &'static str,
}

/// How many tests a build ran.
#[derive(Clone, Copy)]
pub(super) struct Tests {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) ignored: u64,
}

impl Build<'_> {
    /// Everything that is known of the build.
    pub(super) fn facts(&self) -> Result<Facts, ParseError> {
        let hosts = [self.page, self.server].map(members::host);
        let host = hosts.into_iter().find(|host| !host.is_empty()).unwrap_or_default();
        let key = of_tool(NodeKind::PipelineRun, "teamcity", &host, self.id)?;
        let mut draft = Draft::new(RULE, self.at);
        self.state(&mut draft, &key);
        let mut commits = Vec::new();
        for source in &self.sources {
            commits.extend(link_source(&mut draft, &key, source)?);
        }
        if let Some(trigger) = &self.trigger {
            let person = Person { provider: "teamcity", host: &host, ..*trigger };
            draft.person(&key, LinkKind::TriggeredBy, &person, "TeamCity names who set off the build")?;
        }
        if let Some(tests) = self.tests {
            let test_run = of_tool(NodeKind::TestRun, "teamcity", &host, &format!("{}/tests", self.id))?;
            self.state_tests(&mut draft, &key, &test_run, tests);
            for (commit, class) in &commits {
                draft.link_as(*class, &test_run, LinkKind::Verifies, commit, "the build that ran the tests is of it");
            }
        }
        draft.finish()
    }

    fn reference(&self) -> String {
        self.number.map_or_else(|| self.name.clone(), |number| format!("{} #{number}", self.name))
    }

    fn state(&self, draft: &mut Draft, key: &Key) {
        let commit = match self.sources.as_slice() {
            [source] => object_id(source.commit),
            _ => None,
        };
        let fact =
            draft.fact(key).with(Attribute::Title, self.name.as_str()).with(Attribute::Reference, self.reference());
        let fact = ran(fact, self.started, self.finished)
            .with_some(Attribute::Result, self.result)
            .with_some(Attribute::Branch, self.branch)
            .with_some(Attribute::Commit, commit)
            .page(self.page);
        draft.state_known(fact, self.state, self.outcome);
        if let Some(what) = self.happened {
            draft.event(key, None, what, self.actor, &summary(&self.reference(), what, self.state));
        }
    }

    fn state_tests(&self, draft: &mut Draft, run: &Key, key: &Key, tests: Tests) {
        let Tests { passed, failed, ignored } = tests;
        let outcome = match (failed, passed) {
            (0, 0) => None,
            (0, _) => Some(Outcome::Success),
            _ => Some(Outcome::Failure),
        };
        let fact = draft
            .fact(key)
            .with(Attribute::Title, format!("Tests of {}", self.name))
            .with(Attribute::Reference, format!("tests of {}", self.reference()))
            .with(Attribute::Result, format!("{passed} passed, {failed} failed, {ignored} ignored"))
            .with_some(Attribute::Outcome, outcome.map(Outcome::word));
        draft.state(fact);
        draft.link(key, LinkKind::PartOf, run, "the build ran these tests");
    }
}

/// Links a build to a repository and commit that it is of, and gives the commit with how sure that is.
fn link_source(draft: &mut Draft, key: &Key, source: &Source<'_>) -> Result<Option<(Key, LinkClass)>, KeyError> {
    let Some(repository) = &source.repository else { return Ok(None) };
    let class = if source.is_guess { LinkClass::Guessed } else { LinkClass::Asserted };
    let place = draft.repository(repository, None, None)?;
    draft.link_as(class, key, LinkKind::In, &place, source.reason);
    let Some(commit) = draft.commit_by_id(repository, source.commit)? else { return Ok(None) };
    draft.link_as(class, key, LinkKind::BuiltFrom, &commit, source.reason);
    Ok(Some((commit, class)))
}
