//! What the tools that run pipelines share: when a run came to be as it is, what that says in its timeline, whose logins
//! they name, and which change a build is of.

use throughline_domain::fact::NodeFact;
use throughline_domain::key::{Key, KeyError};
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use crate::draft::{Draft, ran};

/// The one code host on which `refs/pull/42/head` is known to be a change of the provider `github`.
const GITHUB: &str = "github.com";

/// The hosts whose people are those of a provider, so that a login there is the same person here.
const CODE_HOSTS: &[(&str, &str)] = &[(GITHUB, "github"), ("gitlab.com", "gitlab")];

/// The moments of a run or of a part of one, as far as they have come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// When it was asked for.
    pub created: Option<Timestamp>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
}

impl Times {
    /// When it came to be as it is.
    pub fn at(&self, outcome: Option<Outcome>) -> Option<Timestamp> {
        match outcome {
            Some(Outcome::Pending) => self.created,
            Some(Outcome::Running) => self.started.or(self.created),
            Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned) | None => {
                self.finished.or(self.started).or(self.created)
            }
        }
    }

    /// The fact with its beginning and its end.
    pub fn of(&self, fact: NodeFact) -> NodeFact {
        ran(fact, self.started, self.finished)
    }

    /// Tells in the timeline of a node how far it has come: queued, started, or completed with the tool's word.
    pub fn tell(&self, draft: &mut Draft, node: &Key, reference: &str, state: Option<&str>, outcome: Option<Outcome>) {
        let (what, at) = match outcome {
            Some(Outcome::Pending) => ("queued", self.created),
            Some(Outcome::Running) => ("started", self.started),
            Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned) => ("completed", self.finished),
            None => return,
        };
        draft.event(node, at, what, None, &summary(reference, what, state));
    }
}

/// `checkout #7 completed: failure`; only an end has the tool's word for it.
pub fn summary(reference: &str, what: &str, state: Option<&str>) -> String {
    match state.filter(|_| what == "completed") {
        Some(state) => format!("{reference} {what}: {state}"),
        None => format!("{reference} {what}"),
    }
}

/// The provider and host of the logins that a tool names for a repository: those of the code host, where it is known, or
/// else the tool's own.
pub fn people<'a>(repository: &Repository, tool: &'static str, host: &'a str) -> (&'static str, &'a str) {
    let known = CODE_HOSTS.iter().find(|(known, _)| *known == repository.host());
    known.map_or((tool, host), |(host, provider)| (*provider, *host))
}

/// The change whose head a reference is: its form says so, and for merge requests which tool keeps it, too.
///
/// # Errors
/// As [`Key::new`].
pub fn change_of_head(repository: &Repository, reference: &str) -> Result<Option<Key>, KeyError> {
    let pull =
        reference.strip_prefix("refs/pull/").filter(|_| repository.host() == GITHUB).map(|rest| ("github", rest));
    let found = pull.or_else(|| reference.strip_prefix("refs/merge-requests/").map(|rest| ("gitlab", rest)));
    let Some((provider, rest)) = found else { return Ok(None) };
    let Some(number) = rest.strip_suffix("/head").and_then(|number| number.parse::<u64>().ok()) else {
        return Ok(None);
    };
    repository.resource(provider, NodeKind::Change, &number.to_string()).map(Some)
}

#[cfg(test)]
mod tests {
    use throughline_domain::node::Outcome;
    use throughline_domain::repository::Repository;
    use throughline_domain::time::Timestamp;

    use super::{Times, change_of_head, people, summary};

    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(seconds))
    }

    #[test]
    fn a_state_is_as_old_as_the_moment_that_brought_it() {
        let times = Times { created: at(1), started: at(2), finished: at(3) };
        for (outcome, expected) in [
            (Some(Outcome::Pending), at(1)),
            (Some(Outcome::Running), at(2)),
            (Some(Outcome::Failure), at(3)),
            (None, at(3)),
        ] {
            assert_eq!(times.at(outcome), expected, "{outcome:?}");
        }
        assert_eq!(Times { created: at(1), ..Times::default() }.at(Some(Outcome::Running)), at(1));
        assert_eq!(summary("checkout #7", "started", Some("running")), "checkout #7 started");
        assert_eq!(summary("checkout #7", "completed", Some("killed")), "checkout #7 completed: killed");
    }

    #[test]
    fn only_a_reference_that_says_so_is_the_head_of_a_change() {
        let repository = |host: &str| Repository::new(host, "acme/checkout").unwrap();
        for (host, reference, expected) in [
            ("github.com", "refs/pull/42/head", Some("github")),
            ("github.com", "refs/pull/42/merge", None),
            ("github.com.evil.example", "refs/pull/42/head", None),
            ("git.acme.example", "refs/pull/42/head", None),
            ("git.acme.example", "refs/merge-requests/42/head", Some("gitlab")),
            ("github.com", "refs/pull/-1/head", None),
            ("github.com", "refs/heads/main", None),
        ] {
            let change = change_of_head(&repository(host), reference).unwrap();
            assert_eq!(change.map(|key| key.parts().provider).as_deref(), expected, "{host} {reference}");
        }
        assert_eq!(people(&repository("github.com"), "drone", "ci.acme.example"), ("github", "github.com"));
        assert_eq!(people(&repository("git.acme.example"), "drone", "ci.acme.example"), ("drone", "ci.acme.example"));
    }
}
