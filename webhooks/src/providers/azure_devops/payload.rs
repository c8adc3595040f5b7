//! The parts of Azure DevOps's payloads that are read. Fields bear its names; all of them may be absent or null, since the
//! subscription says how much of a resource is sent.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use throughline_domain::time::Timestamp;

use crate::members::{moment, text};

/// As much of any body as tells its event.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Envelope {
    pub(super) id: Option<String>,
    pub(super) subscription_id: Option<String>,
    pub(super) event_type: Option<String>,
}

/// A body with the resource of its event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hook<T> {
    pub(super) message: Option<Message>,
    pub(super) resource: Option<T>,
    pub(super) resource_containers: Option<Containers>,
    #[serde(default, deserialize_with = "moment")]
    pub(super) created_date: Option<Timestamp>,
}

/// What happened, in a sentence.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    pub(super) text: Option<String>,
}

/// Where the event comes from.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Containers {
    pub(super) collection: Option<Container>,
    pub(super) account: Option<Container>,
}

/// An organisation or collection.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Container {
    pub(super) base_url: Option<String>,
}

/// A person or group: an object, or in work items also `Ada <ada@acme.example>`.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    pub(super) id: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) unique_name: Option<String>,
}

impl Identity {
    /// Reads either form; `None` for anything else.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => {
                let (name, unique) = text.split_once('<').unwrap_or((text, ""));
                let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
                let unique_name = filled(unique.trim_end().trim_end_matches('>').trim());
                Some(Self { id: None, display_name: filled(name.trim()), unique_name })
            }
            Value::Object(members) => {
                let text = |member: &str| members.get(member).and_then(Value::as_str).map(str::to_owned);
                Some(Self { id: text("id"), display_name: text("displayName"), unique_name: text("uniqueName") })
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
        }
    }
}

/// A repository.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Repository {
    pub(super) name: Option<String>,
    pub(super) project: Option<Named>,
    pub(super) web_url: Option<String>,
    pub(super) remote_url: Option<String>,
    pub(super) ssh_url: Option<String>,
    pub(super) url: Option<String>,
}

/// Whatever is only known by its name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) name: Option<String>,
}

/// Who wrote a commit, as git says it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Author {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub(super) date: Option<Timestamp>,
}

/// A commit.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Commit {
    pub(super) commit_id: Option<String>,
    pub(super) comment: Option<String>,
    pub(super) author: Option<Author>,
    pub(super) committer: Option<Author>,
    pub(super) url: Option<String>,
}

/// The resource of a push.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Push {
    pub(super) commits: Option<Vec<Commit>>,
    pub(super) ref_updates: Option<Vec<ReferenceUpdate>>,
    pub(super) repository: Option<Repository>,
    #[serde(deserialize_with = "identity")]
    pub(super) pushed_by: Option<Identity>,
    #[serde(deserialize_with = "moment")]
    pub(super) date: Option<Timestamp>,
}

/// What a push did to one branch or tag.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ReferenceUpdate {
    pub(super) name: Option<String>,
    pub(super) old_object_id: Option<String>,
    pub(super) new_object_id: Option<String>,
}

/// The resource of a pull request's events.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PullRequest {
    pub(super) repository: Option<Repository>,
    pub(super) pull_request_id: Option<u64>,
    pub(super) status: Option<String>,
    pub(super) is_draft: Option<bool>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) source_ref_name: Option<String>,
    pub(super) last_merge_source_commit: Option<Commit>,
    pub(super) last_merge_commit: Option<Commit>,
    pub(super) commits: Option<Vec<Commit>>,
    pub(super) reviewers: Option<Vec<Reviewer>>,
    pub(super) labels: Option<Vec<Named>>,
    #[serde(rename = "_links")]
    pub(super) links: Option<Links>,
    #[serde(deserialize_with = "identity")]
    pub(super) created_by: Option<Identity>,
    #[serde(deserialize_with = "identity")]
    pub(super) closed_by: Option<Identity>,
    #[serde(deserialize_with = "moment")]
    pub(super) creation_date: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) closed_date: Option<Timestamp>,
}

/// Somebody, or a group, whose vote counts: 10 and 5 approve, -5 waits for the author, -10 rejects.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Reviewer {
    pub(super) vote: Option<i64>,
    pub(super) is_container: Option<bool>,
    pub(super) id: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) unique_name: Option<String>,
}

/// The resource of a comment on a pull request.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PullRequestComment {
    pub(super) comment: Option<Comment>,
    pub(super) pull_request: Option<PullRequest>,
}

/// A comment.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Comment {
    #[serde(deserialize_with = "identity")]
    pub(super) author: Option<Identity>,
    #[serde(deserialize_with = "moment")]
    pub(super) published_date: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) last_content_updated_date: Option<Timestamp>,
}

/// Where something is to be found.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Links {
    pub(super) web: Option<Link>,
    pub(super) html: Option<Link>,
}

/// An address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Link {
    pub(super) href: Option<String>,
}

/// The resource of a changeset of Team Foundation Version Control.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Changeset {
    pub(super) changeset_id: Option<u64>,
    pub(super) url: Option<String>,
    pub(super) comment: Option<String>,
    #[serde(deserialize_with = "identity")]
    pub(super) author: Option<Identity>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_date: Option<Timestamp>,
}

/// The resource of a work item's events. An update names the changed fields, and holds the item as it is now.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct WorkItem {
    #[serde(deserialize_with = "text")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) work_item_id: Option<String>,
    pub(super) url: Option<String>,
    pub(super) fields: Option<Map<String, Value>>,
    pub(super) relations: Option<Value>,
    pub(super) revision: Option<Revision>,
    #[serde(rename = "_links")]
    pub(super) links: Option<Links>,
}

/// A work item as it is after an update.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Revision {
    #[serde(deserialize_with = "text")]
    pub(super) id: Option<String>,
    pub(super) fields: Option<Map<String, Value>>,
    pub(super) relations: Option<Value>,
}

/// The resource of a build.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Build {
    #[serde(deserialize_with = "text")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) build_number: Option<String>,
    pub(super) status: Option<String>,
    pub(super) result: Option<String>,
    pub(super) url: Option<String>,
    pub(super) definition: Option<Named>,
    pub(super) repository: Option<Repository>,
    pub(super) source_branch: Option<String>,
    pub(super) source_version: Option<String>,
    pub(super) source_get_version: Option<String>,
    #[serde(rename = "_links")]
    pub(super) links: Option<Links>,
    #[serde(deserialize_with = "identity")]
    pub(super) requested_for: Option<Identity>,
    #[serde(deserialize_with = "moment")]
    pub(super) start_time: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) finish_time: Option<Timestamp>,
}

/// The resource of the events of a pipeline's run, its stages and jobs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pipeline {
    pub(super) run: Option<Run>,
    pub(super) stage: Option<Step>,
    pub(super) job: Option<Step>,
    pub(super) pipeline: Option<Named>,
    pub(super) repositories: Option<Vec<SourceRepository>>,
}

/// A run.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Run {
    #[serde(deserialize_with = "text")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) name: Option<String>,
    pub(super) pipeline: Option<Named>,
    pub(super) state: Option<String>,
    pub(super) result: Option<String>,
    pub(super) url: Option<String>,
    pub(super) resources: Option<Resources>,
    #[serde(rename = "_links")]
    pub(super) links: Option<Links>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_date: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) finished_date: Option<Timestamp>,
}

/// What a run works on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Resources {
    pub(super) repositories: Option<Repositories>,
}

/// The repositories of a run, of which the one with the pipeline's own file is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Repositories {
    #[serde(rename = "self")]
    pub(super) own: Option<Source>,
}

/// What a run took from a repository.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Source {
    pub(super) ref_name: Option<String>,
    pub(super) version: Option<String>,
}

/// A repository that a run worked on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SourceRepository {
    pub(super) url: Option<String>,
    pub(super) change: Option<SourceChange>,
}

/// The commit that a run worked on; its id is not always told.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SourceChange {
    pub(super) version: Option<String>,
    pub(super) message: Option<String>,
    pub(super) author: Option<Author>,
    pub(super) committer: Option<Author>,
}

/// A stage or job of a run.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Step {
    #[serde(deserialize_with = "text")]
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) state: Option<String>,
    pub(super) result: Option<String>,
    #[serde(rename = "_links")]
    pub(super) links: Option<Links>,
    #[serde(deserialize_with = "moment")]
    pub(super) start_time: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) finish_time: Option<Timestamp>,
}

/// The resource of the events of a release, its deployments and their approvals.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ReleaseEvent {
    pub(super) release: Option<Release>,
    pub(super) environment: Option<Environment>,
    pub(super) deployment: Option<Deployment>,
    pub(super) approval: Option<Approval>,
    pub(super) project: Option<Named>,
    pub(super) attempt_id: Option<u64>,
}

/// A release of a release pipeline.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Release {
    #[serde(deserialize_with = "text")]
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) status: Option<String>,
    pub(super) description: Option<String>,
    pub(super) url: Option<String>,
    pub(super) release_definition: Option<Definition>,
    pub(super) artifacts: Option<Vec<ReleaseArtifact>>,
    pub(super) environments: Option<Vec<Environment>>,
    #[serde(rename = "_links")]
    pub(super) links: Option<Links>,
    #[serde(deserialize_with = "identity")]
    pub(super) created_by: Option<Identity>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_on: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) modified_on: Option<Timestamp>,
}

/// A release pipeline.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Definition {
    pub(super) name: Option<String>,
    pub(super) url: Option<String>,
}

/// What a release gives out: the drop of a build, or a repository as it was.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ReleaseArtifact {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) definition_reference: Option<Map<String, Value>>,
}

/// A stage of a release: where it is deployed to, and how far that has come.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Environment {
    #[serde(deserialize_with = "text")]
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) status: Option<String>,
    pub(super) release: Option<Release>,
    pub(super) release_definition: Option<Definition>,
}

/// One attempt at a deployment.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Deployment {
    pub(super) attempt: Option<u64>,
    pub(super) release: Option<Release>,
    pub(super) release_definition: Option<Definition>,
    #[serde(deserialize_with = "identity")]
    pub(super) requested_for: Option<Identity>,
    #[serde(deserialize_with = "moment")]
    pub(super) started_on: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) completed_on: Option<Timestamp>,
}

/// Somebody's answer whether a deployment may go on.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Approval {
    pub(super) status: Option<String>,
    pub(super) approval_type: Option<String>,
    pub(super) is_automated: Option<bool>,
    pub(super) attempt: Option<u64>,
    pub(super) release: Option<Release>,
    pub(super) release_definition: Option<Definition>,
    pub(super) release_environment: Option<Environment>,
    #[serde(deserialize_with = "identity")]
    pub(super) approved_by: Option<Identity>,
    #[serde(deserialize_with = "moment")]
    pub(super) modified_on: Option<Timestamp>,
}

/// Reads a person in either form; anything else is nobody.
fn identity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Identity>, D::Error> {
    Ok(Identity::of(&Value::deserialize(deserializer)?))
}
