//! The context of evidence: what the sender says in headers, because the file does not.
//!
//! Every header may be left out. One whose value cannot be used (a short commit id, an image without a digest) is passed
//! over, so that a slip in a pipeline costs a link and not the results; what lacks its link is listed as an island.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::artifact::Reference;
use super::{address, identity, moment};
use crate::draft::{Draft, object_id, short};
use crate::provider::Request;

/// The header with the address of the repository.
pub const REPOSITORY: &str = "throughline-repository";
/// The header with the full id of the commit that was tested, scanned or built.
pub const COMMIT: &str = "throughline-commit";
/// The header with the address of the run that made the evidence.
pub const BUILD: &str = "throughline-build";
/// The header with the digest of the artifact that was tested, scanned or built, or its image reference with digest.
pub const ARTIFACT: &str = "throughline-artifact";
/// The header with the service's name.
pub const SERVICE: &str = "throughline-service";
/// The header with the environment's name.
pub const ENVIRONMENT: &str = "throughline-environment";
/// The header with the name of the evidence: `checkout unit tests`.
pub const NAME: &str = "throughline-name";
/// The header with the moment at which the evidence was made, RFC 3339.
pub const AT: &str = "throughline-at";

/// What the headers say.
#[derive(Clone, Debug, Default)]
pub struct Context<'a> {
    /// The repository.
    pub repository: Option<Repository>,
    /// The full id of the commit.
    pub commit: Option<&'a str>,
    /// The address of the run.
    pub build: Option<&'a str>,
    /// The artifact as it was written.
    pub artifact: Option<&'a str>,
    /// The service's name.
    pub service: Option<&'a str>,
    /// The environment's name.
    pub environment: Option<&'a str>,
    /// What the evidence is called.
    pub name: Option<&'a str>,
    /// When it was made.
    pub at: Option<Timestamp>,
}

impl<'a> Context<'a> {
    /// Reads the headers.
    pub fn of(request: &Request<'a>) -> Self {
        let told = |name: &str| request.header(name).map(str::trim).filter(|value| !value.is_empty());
        Self {
            repository: told(REPOSITORY).and_then(address::repository),
            commit: object_id(told(COMMIT)),
            build: told(BUILD),
            artifact: told(ARTIFACT),
            service: told(SERVICE),
            environment: told(ENVIRONMENT),
            name: told(NAME),
            at: told(AT).and_then(moment::read),
        }
    }

    /// The identity of a piece of evidence that has no id of its own: of its content, and of what it is about. A report
    /// without any test looks the same for every commit and is another one for each.
    pub fn identity(&self, content: &[u8]) -> String {
        let repository = self.repository.as_ref().map(|found| format!("{}/{}", found.host(), found.path()));
        let parts =
            [repository.as_deref(), self.commit, self.build, self.artifact, self.service, self.environment, self.name];
        identity(parts.into_iter().map(|part| part.unwrap_or_default().as_bytes()).chain([content]))
    }

    /// A title with the commit that it is about, as people refer to it: `unit tests on a1b2c3d`.
    pub fn reference(&self, title: &str) -> String {
        match self.commit {
            Some(commit) => format!("{title} on {}", short(commit)),
            None => title.to_owned(),
        }
    }

    /// States the commit, where it and its repository are named, and gives its node.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn commit(&self, draft: &mut Draft) -> Result<Option<Key>, KeyError> {
        match &self.repository {
            Some(repository) => draft.commit_by_id(repository, self.commit),
            None => Ok(None),
        }
    }

    /// States the artifact, where it is named with its digest, and gives its node. It is of the service that is named.
    pub fn artifact(&self, draft: &mut Draft) -> Option<Key> {
        let artifact = Reference::parse(self.artifact?).state(draft)?;
        if let Some(service) = self.service(draft) {
            draft.link(&artifact, LinkKind::Of, &service, "the sender names this service");
        }
        Some(artifact)
    }

    /// States the service, where it is named, and gives its node.
    pub fn service(&self, draft: &mut Draft) -> Option<Key> {
        named(draft, NodeKind::Service, self.service)
    }

    /// States the environment, where it is named, and gives its node.
    pub fn environment(&self, draft: &mut Draft) -> Option<Key> {
        named(draft, NodeKind::Environment, self.environment)
    }

    /// States what a test run or scan checked: it `verifies` the commit, the artifact and the build that are named, is
    /// `part_of` the pipeline run, and lies in the repository.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn checked(&self, draft: &mut Draft, check: &Key) -> Result<(), KeyError> {
        if let Some(repository) = &self.repository {
            draft.place(check, repository)?;
        }
        if let Some(commit) = self.commit(draft)? {
            draft.link(check, LinkKind::Verifies, &commit, "the sender names this commit");
        }
        if let Some(artifact) = self.artifact(draft) {
            draft.link(check, LinkKind::Verifies, &artifact, "the sender names this artifact");
        }
        if let Some(run) = self.build.and_then(|address| address::run(draft, address)) {
            let kind = if run.kind() == NodeKind::Build { LinkKind::Verifies } else { LinkKind::PartOf };
            draft.link(check, kind, &run, "the sender names this run");
        }
        Ok(())
    }

    /// Tells in the timelines of the service and the environment that are named that something was done there.
    pub fn happened(&self, draft: &mut Draft, at: Option<Timestamp>, what: &str, summary: &str) {
        for place in [self.service(draft), self.environment(draft)].into_iter().flatten() {
            draft.event(&place, at, what, None, summary);
        }
    }
}

/// States a service or environment by name. What it is called gives way to whatever else is said of it.
pub fn named(draft: &mut Draft, kind: NodeKind, name: Option<&str>) -> Option<Key> {
    let at = draft.at.take();
    let key = draft.named(kind, name);
    draft.at = at;
    key
}

/// A statement about evidence itself: its title, what people call it, and the commit that it is about.
pub fn fact(draft: &Draft, key: &Key, title: &str, context: &Context<'_>) -> NodeFact {
    draft
        .fact(key)
        .with(Attribute::Title, title)
        .with(Attribute::Reference, context.reference(title))
        .with_some(Attribute::Commit, context.commit.map(str::to_ascii_lowercase))
}

#[cfg(test)]
mod tests {
    use throughline_domain::key::of_tool;
    use throughline_domain::node::NodeKind;
    use throughline_domain::time::Timestamp;

    use super::Context;
    use crate::draft::Draft;
    use crate::provider::Request;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn links(pairs: &[(&str, &str)]) -> Vec<String> {
        let headers = headers(pairs);
        let context = Context::of(&Request { headers: &headers, body: b"" });
        let mut draft = Draft::new("test/results", context.at);
        let check = of_tool(NodeKind::TestRun, "test", "", "1").unwrap();
        context.checked(&mut draft, &check).unwrap();
        let links = draft.finish().unwrap().links;
        links.iter().map(|link| format!("{} {}", link.kind, link.to.kind())).collect()
    }

    #[test]
    fn each_header_is_a_link() {
        let digest = format!("ghcr.io/acme/checkout@sha256:{}", "ab".repeat(32));
        let all = [
            ("throughline-repository", "https://github.com/acme/checkout"),
            ("throughline-commit", COMMIT),
            ("throughline-artifact", digest.as_str()),
            ("throughline-service", "checkout"),
            ("throughline-build", "https://ci.acme.example/builds/42"),
        ];
        let expected =
            ["in repository", "in repository", "verifies commit", "of service", "verifies artifact", "verifies build"];
        assert_eq!(links(&all), expected);
        assert_eq!(
            links(&[("throughline-build", "https://github.com/acme/checkout/actions/runs/42")]),
            ["part_of pipeline_run"]
        );
    }

    #[test]
    fn what_cannot_be_used_is_passed_over() {
        let cases: [&[(&str, &str)]; 5] = [
            &[],
            &[("throughline-commit", COMMIT)],
            &[("throughline-artifact", "ghcr.io/acme/checkout:1.4.0")],
            &[("throughline-build", "42"), ("throughline-repository", "checkout")],
            &[("throughline-service", " ")],
        ];
        for case in cases {
            assert!(links(case).is_empty(), "{case:?}");
        }
        let headers = headers(&[("throughline-at", "2026-03-14 09:26:06")]);
        let context = Context::of(&Request { headers: &headers, body: b"" });
        assert_eq!(context.at, Timestamp::parse("2026-03-14T09:26:06Z"));
    }

    #[test]
    fn the_same_report_of_two_commits_is_two() {
        let of = |pairs: &[(&str, &str)]| {
            let headers = headers(pairs);
            Context::of(&Request { headers: &headers, body: b"" }).identity(b"<testsuites/>")
        };
        assert_eq!(
            of(&[("throughline-commit", COMMIT)]),
            of(&[("throughline-commit", COMMIT), ("throughline-at", "x")])
        );
        assert_ne!(of(&[("throughline-commit", COMMIT)]), of(&[("throughline-name", COMMIT)]));
        assert_ne!(of(&[]), of(&[("throughline-commit", COMMIT)]));
    }
}
