//! The fields of Harbor's notifications that are read: its own format and CloudEvents hold the same data.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A notification in either format.
#[derive(Debug, Deserialize)]
pub(super) struct Notification {
    /// What happened: `PUSH_ARTIFACT`, or `harbor.artifact.pushed` in a CloudEvent.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    /// Who did it.
    pub(super) operator: Option<String>,
    /// When, in seconds since 1970; in Harbor's own format.
    pub(super) occur_at: Option<i64>,
    /// What it is about; in Harbor's own format.
    pub(super) event_data: Option<EventData>,
    /// The event's id; in a CloudEvent.
    pub(super) id: Option<String>,
    /// When; in a CloudEvent.
    pub(super) time: Option<String>,
    /// What it is about; in a CloudEvent.
    pub(super) data: Option<EventData>,
}

/// What a notification is about.
#[derive(Debug, Deserialize)]
pub(super) struct EventData {
    /// The artifacts.
    pub(super) resources: Option<Vec<Resource>>,
    /// The registry's repository.
    pub(super) repository: Option<Repository>,
    /// A replication.
    pub(super) replication: Option<Replication>,
    /// A run of a tag retention policy.
    pub(super) retention: Option<Retention>,
    /// What a quota event says besides.
    pub(super) custom_attributes: Option<CustomAttributes>,
}

/// An artifact.
#[derive(Debug, Deserialize)]
pub(super) struct Resource {
    /// Its content digest.
    pub(super) digest: Option<String>,
    /// The tag; the digest again where there is none.
    pub(super) tag: Option<String>,
    /// Registry, repository and tag or digest.
    pub(super) resource_url: Option<String>,
    /// What scanners found, by the media type of the report.
    pub(super) scan_overview: Option<BTreeMap<String, Overview>>,
}

/// The result of a scan.
#[derive(Debug, Deserialize)]
pub(super) struct Overview {
    /// The report's id.
    pub(super) report_id: Option<String>,
    /// `Success`, `Error`, `Stopped`.
    pub(super) scan_status: Option<String>,
    /// The gravest that was found.
    pub(super) severity: Option<String>,
    /// How many were found.
    pub(super) summary: Option<Summary>,
    /// When the scan began.
    pub(super) start_time: Option<String>,
    /// When it ended.
    pub(super) end_time: Option<String>,
    /// What scanned.
    pub(super) scanner: Option<Scanner>,
}

/// How many vulnerabilities were found.
#[derive(Debug, Deserialize)]
pub(super) struct Summary {
    /// In total.
    pub(super) total: Option<u64>,
    /// Those for which a fixed version exists.
    pub(super) fixable: Option<u64>,
    /// By severity.
    pub(super) summary: Option<BTreeMap<String, Value>>,
}

/// A scanner.
#[derive(Debug, Deserialize)]
pub(super) struct Scanner {
    /// Its name.
    pub(super) name: Option<String>,
    /// Its version.
    pub(super) version: Option<String>,
}

/// A repository of the registry.
#[derive(Debug, Deserialize)]
pub(super) struct Repository {
    /// Project and name.
    pub(super) repo_full_name: Option<String>,
}

/// What a quota event says besides.
#[derive(Debug, Deserialize)]
pub(super) struct CustomAttributes {
    /// The sentence about sizes.
    #[serde(rename = "Details")]
    pub(super) details: Option<String>,
}

/// A replication between two registries.
#[derive(Debug, Deserialize)]
pub(super) struct Replication {
    /// This Harbor's host.
    pub(super) harbor_hostname: Option<String>,
    /// How it went: `Success`, `Failed`.
    pub(super) job_status: Option<String>,
    /// What the policy's author wrote about it.
    pub(super) description: Option<String>,
    /// When the policy was set off, in seconds since 1970.
    pub(super) execution_timestamp: Option<i64>,
    /// Where from.
    pub(super) src_resource: Option<Place>,
    /// Where to.
    pub(super) dest_resource: Option<Place>,
    /// What was copied.
    pub(super) successful_artifact: Option<Vec<Handled>>,
    /// What was not.
    pub(super) failed_artifact: Option<Vec<Handled>>,
}

/// A namespace of a registry.
#[derive(Debug, Deserialize)]
pub(super) struct Place {
    /// The registry's address.
    pub(super) endpoint: Option<String>,
    /// The namespace in it.
    pub(super) namespace: Option<String>,
}

/// An artifact that a policy handled.
#[derive(Debug, Deserialize)]
pub(super) struct Handled {
    /// Name and tag.
    pub(super) name_tag: Option<String>,
}

/// A run of a tag retention policy.
#[derive(Debug, Deserialize)]
pub(super) struct Retention {
    /// How many tags were looked at.
    pub(super) total: Option<u64>,
    /// How many were kept.
    pub(super) retained: Option<u64>,
    /// This Harbor's host.
    pub(super) harbor_hostname: Option<String>,
    /// The project.
    pub(super) project_name: Option<String>,
    /// The policy.
    pub(super) retention_policy_id: Option<i64>,
    /// How it went.
    pub(super) result: Option<String>,
    /// What was deleted.
    pub(super) deleted_artifact: Option<Vec<Handled>>,
}
