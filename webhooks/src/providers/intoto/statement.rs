//! A statement: what it is about, what sort of thing it says, and the resources that it names.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::repository::Repository;

use super::broken;
use super::envelope::Said;
use crate::draft::{Draft, Image, object_id};
use crate::evidence::artifact::{self, Reference};
use crate::evidence::context::Context;
use crate::evidence::dsse::Verified;
use crate::evidence::text::{Text, lenient, shaped};
use crate::evidence::{address, identity};
use crate::provider::ParseError;

/// The name of a subject that has none.
const UNNAMED: &str = "_";

/// A statement of any version.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Statement {
    /// That it is a statement, and of which version.
    #[serde(rename = "_type")]
    pub(super) kind: Text,
    /// What it is about.
    #[serde(deserialize_with = "lenient")]
    pub(super) subject: Vec<Resource>,
    /// What sort of thing it says, an address.
    pub(super) predicate_type: Text,
    /// What it says.
    pub(super) predicate: Value,
}

/// A thing by name, address or digest: a subject, a material.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Resource {
    /// Its name: of a file, an image, a package.
    pub(super) name: Text,
    /// Where it is.
    pub(super) uri: Text,
    /// Its digests.
    #[serde(deserialize_with = "shaped")]
    pub(super) digest: Digests,
}

/// The digests of a resource by algorithm, as far as they can be an identity.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Digests {
    sha256: Text,
    sha512: Text,
    sha1: Text,
    git_commit: Text,
}

/// What sort of thing a statement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Predicate {
    /// SLSA provenance: how something was built.
    Provenance,
    /// A step of a layout, as in-toto recorded it first.
    Link,
    /// SLSA's verification summary: somebody checked something against a policy.
    VerificationSummary,
    /// The simple verification result: what somebody found to be so.
    SimpleVerification,
    /// The results of tests.
    TestResult,
    /// The findings of a scanner.
    Vulnerabilities,
    /// Something was given out as a version of a package.
    Release,
    /// A registry took a version of a package.
    NpmPublish,
    /// A bill of materials.
    Sbom,
    /// SCAI: attributes of how something was made.
    Characteristics,
    /// Anything else.
    Other,
}

impl Predicate {
    /// The sort of a predicate type, whatever its version.
    pub(super) fn of(predicate_type: &str) -> Self {
        let known = [
            ("https://slsa.dev/provenance/", Predicate::Provenance),
            ("https://slsa.dev/verification_summary/", Predicate::VerificationSummary),
            ("https://in-toto.io/attestation/link/", Predicate::Link),
            ("https://in-toto.io/Link/", Predicate::Link),
            ("https://in-toto.io/attestation/svr/", Predicate::SimpleVerification),
            ("https://in-toto.io/attestation/test-result/", Predicate::TestResult),
            ("https://in-toto.io/attestation/vulns/", Predicate::Vulnerabilities),
            ("https://cosign.sigstore.dev/attestation/vuln/", Predicate::Vulnerabilities),
            ("https://in-toto.io/attestation/release/", Predicate::Release),
            ("https://github.com/npm/attestation/tree/main/specs/publish/", Predicate::NpmPublish),
            ("https://in-toto.io/attestation/scai/", Predicate::Characteristics),
            ("https://cyclonedx.org/bom", Predicate::Sbom),
            ("https://spdx.dev/Document", Predicate::Sbom),
        ];
        let found = known.into_iter().find(|(start, _)| predicate_type.starts_with(start));
        found.map_or(Predicate::Other, |(_, predicate)| predicate)
    }
}

impl Resource {
    /// The digest of its bytes.
    pub(super) fn digest(&self) -> Option<String> {
        let of = |algorithm: &str, value: &Text| artifact::hash(algorithm, value.get()?);
        of("sha256", &self.digest.sha256).or_else(|| of("sha512", &self.digest.sha512))
    }

    /// The repository and the full id, where it is a commit of a repository whose address it names.
    pub(super) fn commit(&self) -> Option<(Repository, &str)> {
        let repository = [&self.uri, &self.name].into_iter().find_map(|text| address::git_repository(text.get()?))?;
        Some((repository, self.commit_id()?))
    }

    /// The full id of a commit. SHA-1 is that of a commit only beside an address of git.
    fn commit_id(&self) -> Option<&str> {
        object_id(self.digest.git_commit.get()).or_else(|| object_id(self.digest.sha1.get()))
    }

    /// What it is called, as far as that says something.
    pub(super) fn called(&self) -> Option<&str> {
        self.name.get().filter(|name| *name != UNNAMED).or(self.uri.get())
    }

    /// States the artifact that it is, and gives its node; `None` without a digest.
    pub(super) fn artifact(&self, draft: &mut Draft) -> Option<Key> {
        let reference = self.called().map(Reference::parse).unwrap_or_default();
        let digest = self.digest()?;
        let image = Image {
            digest: Some(&digest),
            package: reference.package.as_deref(),
            version: reference.version.as_deref(),
            page: None,
        };
        artifact::state(draft, &image)
    }
}

/// What a statement is about, as nodes.
pub(super) struct Subjects {
    /// What has a digest.
    pub(super) artifacts: Vec<Key>,
    /// What is a commit.
    pub(super) commits: Vec<Key>,
    /// Who vouches for it: nobody where the headers name it, which no signature covers.
    pub(super) verified: Verified,
}

impl Subjects {
    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Key> {
        self.artifacts.iter().chain(&self.commits)
    }
}

impl Said {
    /// Reads what the statement says; a predicate that is missing says nothing.
    pub(super) fn predicate<T: DeserializeOwned + Default>(&self) -> Result<T, ParseError> {
        let predicate = &self.statement.predicate;
        if predicate.is_null() {
            return Ok(T::default());
        }
        T::deserialize(predicate).map_err(|error| broken(format!("predicate: {error}")))
    }

    /// States what the statement is about. Where it names nothing that has an identity, the headers do.
    pub(super) fn subjects(&self, draft: &mut Draft, context: &Context<'_>) -> Result<Subjects, KeyError> {
        let mut subjects = Subjects { artifacts: Vec::new(), commits: Vec::new(), verified: self.verified.clone() };
        for subject in &self.statement.subject {
            if let Some(artifact) = subject.artifact(draft) {
                subjects.artifacts.push(artifact);
            } else if let Some((repository, id)) = subject.commit() {
                subjects.commits.extend(draft.commit_by_id(&repository, Some(id))?);
            }
        }
        if subjects.all().next().is_none() {
            subjects.artifacts.extend(context.artifact(draft));
            subjects.verified = Verified::No;
        } else if let Some(service) = context.service(draft) {
            for artifact in &subjects.artifacts {
                draft.link(artifact, LinkKind::Of, &service, "the sender names this service");
            }
        }
        Ok(subjects)
    }

    /// Links something with everything that the statement is about.
    pub(super) fn link_all(&self, draft: &mut Draft, from: &Key, kind: LinkKind, subjects: &Subjects, reason: &str) {
        for subject in subjects.all() {
            draft.link_as(subjects.verified.class(), from, kind, subject, &subjects.verified.reason(reason));
        }
    }

    /// The name of what the statement states, where that has no id of its own: it follows from what is read of it.
    pub(super) fn identity(&self, read: &impl Serialize) -> String {
        let said = serde_json::to_vec(&(&self.statement.predicate_type, &self.statement.subject, read));
        identity([said.unwrap_or_default().as_slice()])
    }

    /// What the first subject is called.
    pub(super) fn about(&self) -> Option<&str> {
        self.statement.subject.iter().find_map(Resource::called)
    }

    /// A title: what the headers call it, else what it is of what.
    pub(super) fn title(&self, context: &Context<'_>, what: &str) -> String {
        match (context.name, self.about()) {
            (Some(name), _) => name.to_owned(),
            (None, Some(about)) => format!("{what} of {about}"),
            (None, None) => what.to_owned(),
        }
    }
}
