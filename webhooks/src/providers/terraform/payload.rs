//! The fields of Terraform's notifications that are read: version 1 tells of runs, version 2 of workspaces.

use serde::Deserialize;

/// A notification.
#[derive(Debug, Deserialize)]
pub(super) struct Notification {
    /// The address of its configuration; in version 2 the only one that names the installation.
    pub(super) notification_configuration_url: Option<String>,
    /// The run's page.
    pub(super) run_url: Option<String>,
    /// The run.
    pub(super) run_id: Option<String>,
    /// Why it was queued; of a run that a push set off, the commit's message.
    pub(super) run_message: Option<String>,
    /// When it was queued.
    pub(super) run_created_at: Option<String>,
    /// Who queued it.
    pub(super) run_created_by: Option<String>,
    /// The workspace.
    pub(super) workspace_name: Option<String>,
    /// The organisation.
    pub(super) organization_name: Option<String>,
    /// What happened to the run; always one as yet.
    pub(super) notifications: Option<Vec<Note>>,
    /// What happened; in version 2.
    pub(super) trigger: Option<String>,
    /// The same in words.
    pub(super) message: Option<String>,
    /// What it is about; in version 2.
    pub(super) details: Option<Details>,
}

/// What happened to a run.
#[derive(Debug, Deserialize)]
pub(super) struct Note {
    /// What happened: `run:completed`.
    pub(super) trigger: Option<String>,
    /// How far the run is.
    pub(super) run_status: Option<String>,
    /// When it came so far.
    pub(super) run_updated_at: Option<String>,
    /// Who moved it.
    pub(super) run_updated_by: Option<String>,
}

/// What a notification of version 2 is about.
#[derive(Debug, Deserialize)]
pub(super) struct Details {
    /// The latest look at the workspace.
    pub(super) new_assessment_result: Option<Assessment>,
    /// The workspace.
    pub(super) workspace_name: Option<String>,
    /// The organisation.
    pub(super) organization_name: Option<String>,
    /// When a run that destroys the workspace was queued.
    pub(super) run_created_at: Option<String>,
    /// How far it is.
    pub(super) run_status: Option<String>,
    /// The run.
    pub(super) run_external_id: Option<String>,
}

/// A look at whether a workspace still is as it was made.
#[derive(Debug, Deserialize)]
pub(super) struct Assessment {
    /// Its id.
    pub(super) id: Option<String>,
    /// When it was made.
    pub(super) created_at: Option<String>,
    /// How many resources are not as they were made.
    pub(super) resources_drifted: Option<u64>,
    /// How many are.
    pub(super) resources_undrifted: Option<u64>,
    /// How many checks passed.
    pub(super) checks_passed: Option<u64>,
    /// How many failed.
    pub(super) checks_failed: Option<u64>,
    /// How many could not be made.
    pub(super) checks_errored: Option<u64>,
}
