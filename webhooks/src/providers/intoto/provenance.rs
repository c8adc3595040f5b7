//! Provenance: what built an artifact, out of what.

use throughline_domain::fact::Attribute;
use throughline_domain::key::{Key, of_tool};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use url::Url;

use super::envelope::Said;
use super::slsa::Provenance;
use super::statement::{Resource, Subjects};
use crate::draft::{Draft, Image, shortened};
use crate::evidence::artifact::{self, Reference};
use crate::evidence::context::{self, Context};
use crate::evidence::dsse::Verified;
use crate::evidence::{address, identity};
use crate::provider::ParseError;

/// The most materials of one statement.
const MAX_MATERIALS: usize = 5_000;

/// The most commits, and the most images, among the materials that become links.
const MAX_LINKED: usize = 50;

/// The longest title, in characters.
const MAX_TITLE_CHARS: usize = 200;

/// States the build of a statement's subjects, and what it built them from.
pub(super) fn state(draft: &mut Draft, said: &Said, context: &Context<'_>) -> Result<(), ParseError> {
    let provenance: Provenance = said.predicate()?;
    let count = provenance.materials().count();
    if count > MAX_MATERIALS {
        return Err(ParseError::TooMany { what: "materials", count, limit: MAX_MATERIALS });
    }
    draft.at = context.at.or(provenance.finished()).or(provenance.started());
    let subjects = said.subjects(draft, context)?;
    let (run, is_told) = provenance.state_run(draft, said, context)?;
    // A signature does not cover what the headers name: neither artifacts nor the run.
    let (ran, reason) = if is_told {
        (Verified::No, "the sender names this run")
    } else {
        (subjects.verified.clone(), "the provenance names this build")
    };
    for artifact in &subjects.artifacts {
        draft.link_as(ran.class(), artifact, LinkKind::ProducedBy, &run, &ran.reason(reason));
        draft.event(artifact, provenance.finished(), "built", None, &said.title(context, "Build"));
    }
    provenance.link_sources(draft, context, &subjects, &run, &ran)?;
    provenance.link_images(draft, &subjects);
    Ok(())
}

impl Provenance {
    /// States what ran: the pipeline run of a host whose addresses are known, else a build. Tells, too, whether the sender
    /// names it and not the provenance.
    fn state_run(&self, draft: &mut Draft, said: &Said, context: &Context<'_>) -> Result<(Key, bool), ParseError> {
        let invoked_at = self.invocation().filter(|text| text.contains("://"));
        let of_invocation = invoked_at.and_then(|address| address::run(draft, address)).or_else(|| self.github_key());
        let told = match of_invocation {
            Some(_) => None,
            None => context.build.and_then(|address| address::run(draft, address)),
        };
        let is_told = told.is_some();
        let run = match of_invocation.or(told) {
            Some(run) => run,
            None => self.own_key(said)?,
        };
        // What a pipeline run is called and how it ended, its own tool says.
        if run.kind() == NodeKind::Build {
            self.state_build(draft, said, context, &run);
        }
        Ok((run, is_told))
    }

    /// The run of GitHub Actions that the builder's environment names.
    fn github_key(&self) -> Option<Key> {
        let number = self.github_run()?;
        let repository = self.source().filter(|source| source.host() == "github.com")?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { repository.resource("github", NodeKind::PipelineRun, number).ok() } else { None }
    }

    /// The key of a build that has no address: by its builder and the builder's id of it.
    fn own_key(&self, said: &Said) -> Result<Key, ParseError> {
        let builder = self.builder().unwrap_or_default();
        let host = Url::parse(builder).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let id = match self.invocation() {
            Some(invocation) => identity([builder.as_bytes(), invocation.as_bytes()]),
            None => said.identity(self),
        };
        Ok(of_tool(NodeKind::Build, "slsa", &host, &id)?)
    }

    fn state_build(&self, draft: &mut Draft, said: &Said, context: &Context<'_>, key: &Key) {
        let title = shortened(&said.title(context, "Build"), MAX_TITLE_CHARS);
        let by = self.builder().map(|builder| format!("Built by {builder}"));
        let like = self.build_type().map(|build_type| format!("as {build_type}"));
        let description: Vec<String> = [by, like].into_iter().flatten().collect();
        let fact = context::fact(draft, key, &title, context)
            .with(Attribute::Description, description.join(" "))
            .outcome(Outcome::Success)
            .moment(Attribute::OccurredAt, self.finished().or(self.started()))
            .moment(Attribute::StartedAt, self.started())
            .moment(Attribute::FinishedAt, self.finished());
        // A build that is known by its address was stated with that alone.
        draft.state(fact);
    }

    /// Links artifacts and run with the commits among the materials.
    ///
    /// A tool that the builder fetched from git is a material, too. Only the one that the provenance, or the sender, names
    /// as the source is sure; where there are several and none is named, each is a guess.
    fn link_sources(
        &self,
        draft: &mut Draft,
        context: &Context<'_>,
        subjects: &Subjects,
        run: &Key,
        ran: &Verified,
    ) -> Result<(), ParseError> {
        let commits: Vec<(Repository, &str)> = self.materials().filter_map(Resource::commit).take(MAX_LINKED).collect();
        let own = self.source();
        let proved = |reason: &str| (subjects.verified.class(), subjects.verified.reason(reason));
        let is_only = commits.windows(2).all(|pair| match pair {
            [(one, _), (other, _)] => one == other,
            _ => true,
        });
        for (repository, id) in &commits {
            let Some(commit) = draft.commit_by_id(repository, Some(id))? else { continue };
            let (class, reason) = match (&own, &context.repository) {
                (Some(source), _) if source == repository => proved("the provenance names this commit as the source"),
                (None, _) if is_only => proved("it is the only commit that the provenance names"),
                (None, Some(source)) if source == repository => {
                    (LinkClass::Asserted, "the sender names the repository, and the provenance this commit".to_owned())
                }
                (_, _) => (LinkClass::Guessed, "it is one of several repositories among the materials".to_owned()),
            };
            let is_source = class != LinkClass::Guessed;
            for artifact in &subjects.artifacts {
                draft.link_as(class, artifact, LinkKind::BuiltFrom, &commit, &reason);
            }
            if is_source {
                let class = if class == LinkClass::Cryptographic { ran.class() } else { class };
                draft.link_as(class, run, LinkKind::BuiltFrom, &commit, &reason);
            }
        }
        Ok(())
    }

    /// Links artifacts with the images among the materials.
    fn link_images(&self, draft: &mut Draft, subjects: &Subjects) {
        let mut linked = 0;
        for material in self.materials() {
            let reference = material.uri.get().or(material.name.get()).map(Reference::parse).unwrap_or_default();
            let is_written_as_image = material.uri.get().is_some_and(names_image);
            let digest = material.digest().or(reference.digest);
            let image = Image {
                digest: digest.as_deref().filter(|_| is_written_as_image && linked < MAX_LINKED),
                package: reference.package.as_deref(),
                version: reference.version.as_deref(),
                page: None,
            };
            let Some(image) = artifact::state(draft, &image) else { continue };
            linked += 1;
            let reason = subjects.verified.reason("the provenance lists this image among the materials");
            for artifact in &subjects.artifacts {
                draft.link_as(subjects.verified.class(), artifact, LinkKind::DerivedFrom, &image, &reason);
            }
        }
    }
}

/// Whether an address is that of an image: other materials are archives, packages and pages.
fn names_image(uri: &str) -> bool {
    ["pkg:docker/", "pkg:oci/", "oci://", "docker://", "docker-pullable://"].iter().any(|start| uri.starts_with(start))
}
