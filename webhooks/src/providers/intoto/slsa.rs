//! The members of provenance in all its versions: SLSA 0.1, 0.2 and 1, and the older links of in-toto.

use serde::{Deserialize, Serialize};
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::statement::Resource;
use crate::evidence::text::{Text, lenient, shaped};
use crate::evidence::{address, moment};

/// The members of all versions that are read; each version has some of them.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Provenance {
    #[serde(deserialize_with = "shaped")]
    builder: Builder,
    build_type: Text,
    #[serde(deserialize_with = "shaped")]
    recipe: Recipe,
    #[serde(deserialize_with = "shaped")]
    invocation: Invocation,
    #[serde(deserialize_with = "shaped")]
    metadata: Metadata,
    #[serde(deserialize_with = "lenient")]
    materials: Vec<Resource>,
    #[serde(deserialize_with = "shaped")]
    build_definition: BuildDefinition,
    #[serde(deserialize_with = "shaped")]
    run_details: RunDetails,
    /// The step's name, in a link.
    name: Text,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Builder {
    id: Text,
}

/// Version 0.1.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct Recipe {
    #[serde(rename = "type")]
    kind: Text,
    defined_in_material: Option<usize>,
}

/// Version 0.2.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct Invocation {
    #[serde(deserialize_with = "shaped")]
    config_source: Resource,
    #[serde(deserialize_with = "shaped")]
    environment: Environment,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Environment {
    #[serde(alias = "GITHUB_RUN_ID")]
    github_run_id: Text,
}

/// The metadata of versions 0.1 and 0.2, and those of version 1.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    #[serde(alias = "buildInvocationID")]
    build_invocation_id: Text,
    build_started_on: Text,
    build_finished_on: Text,
    invocation_id: Text,
    started_on: Text,
    finished_on: Text,
}

/// Version 1.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct BuildDefinition {
    build_type: Text,
    #[serde(deserialize_with = "shaped")]
    external_parameters: ExternalParameters,
    #[serde(deserialize_with = "lenient")]
    resolved_dependencies: Vec<Resource>,
}

/// The parameters by which the usual build types name the source.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct ExternalParameters {
    #[serde(deserialize_with = "shaped")]
    workflow: Workflow,
    #[serde(deserialize_with = "shaped")]
    build_config_source: Workflow,
    #[serde(deserialize_with = "shaped")]
    config_source: Resource,
    #[serde(deserialize_with = "shaped")]
    source: Resource,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Workflow {
    repository: Text,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct RunDetails {
    #[serde(deserialize_with = "shaped")]
    builder: Builder,
    #[serde(deserialize_with = "shaped")]
    metadata: Metadata,
}

impl Provenance {
    /// Who built.
    pub(super) fn builder(&self) -> Option<&str> {
        self.run_details.builder.id.get().or(self.builder.id.get())
    }

    /// In what way.
    pub(super) fn build_type(&self) -> Option<&str> {
        [&self.build_definition.build_type, &self.build_type, &self.recipe.kind, &self.name]
            .into_iter()
            .find_map(Text::get)
    }

    /// The builder's id of the build.
    pub(super) fn invocation(&self) -> Option<&str> {
        self.run_details.metadata.invocation_id.get().or(self.metadata.build_invocation_id.get())
    }

    /// When it began.
    pub(super) fn started(&self) -> Option<Timestamp> {
        let told = self.run_details.metadata.started_on.get().or(self.metadata.build_started_on.get());
        told.and_then(moment::read)
    }

    /// When it ended.
    pub(super) fn finished(&self) -> Option<Timestamp> {
        let told = self.run_details.metadata.finished_on.get().or(self.metadata.build_finished_on.get());
        told.and_then(moment::read)
    }

    /// What went in.
    pub(super) fn materials(&self) -> impl Iterator<Item = &Resource> {
        let parameters = &self.build_definition.external_parameters;
        let sources = [&self.invocation.config_source, &parameters.config_source, &parameters.source];
        self.materials.iter().chain(&self.build_definition.resolved_dependencies).chain(sources)
    }

    /// The repository that holds what was built, or at least how, where the provenance tells it from other materials.
    pub(super) fn source(&self) -> Option<Repository> {
        let parameters = &self.build_definition.external_parameters;
        let named = [&self.invocation.config_source.uri, &parameters.source.uri, &parameters.config_source.uri];
        let defining = self.recipe.defined_in_material.and_then(|index| self.materials.get(index));
        let uris = named.into_iter().chain(defining.map(|material| &material.uri));
        let addresses = [&parameters.workflow.repository, &parameters.build_config_source.repository];
        let mut of_uris = uris.filter_map(|uri| address::git_repository(uri.get()?));
        of_uris.next().or_else(|| addresses.into_iter().find_map(|text| address::repository(text.get()?)))
    }

    /// The number of the run of GitHub Actions that the builder's environment names.
    pub(super) fn github_run(&self) -> Option<&str> {
        self.invocation.environment.github_run_id.get()
    }
}
