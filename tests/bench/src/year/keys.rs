//! The keys of the pieces of a year, made by the same functions as the parsers make theirs.

use throughline_domain::key::{self, Key};
use throughline_domain::node::NodeKind;

use super::company::{ALERTMANAGER_HOST, TRACKER_HOST};
use super::deliveries::fingerprint_of;
use super::history::{Alert, Build, Change, Commit, Deployment, History, Run, Setting, SettingSort, Ticket};
use super::table::Id;

/// Why no key of a simulated piece can fail.
const SOUND: &str = "simulated names are short and not empty";

impl History {
    /// The key of a commit.
    pub fn commit_key(&self, id: Id<Commit>) -> Key {
        let commit = self.commits.at(id);
        self.company.codebases.at(commit.codebase).repository.commit(&commit.sha).expect(SOUND)
    }

    /// The key of a pull request.
    pub fn change_key(&self, id: Id<Change>) -> Key {
        let change = self.changes.at(id);
        let repository = &self.codebase_of_change(change).repository;
        repository.resource("github", NodeKind::Change, &change.number.to_string()).expect(SOUND)
    }

    /// The key of a workflow run.
    pub fn run_key(&self, id: Id<Run>) -> Key {
        let run = self.runs.at(id);
        let codebase = self.company.codebases.at(self.commits.at(run.commit).codebase);
        codebase.repository.resource("github", NodeKind::PipelineRun, &run.id.to_string()).expect(SOUND)
    }

    /// The key of an image.
    pub fn artifact_key(&self, id: Id<Build>) -> Key {
        key::artifact(&self.builds.at(id).digest).expect(SOUND)
    }

    /// The key of a deployment.
    pub fn deployment_key(&self, id: Id<Deployment>) -> Key {
        let deployment = self.deployments.at(id);
        let repository = &self.codebase_of(deployment.service).repository;
        repository.resource("github", NodeKind::Deployment, &deployment.id.to_string()).expect(SOUND)
    }

    /// The key of a ticket.
    pub fn node_of_ticket(&self, id: Id<Ticket>) -> Key {
        let reference = self.ticket_key(id);
        let project = &self.company.teams.at(self.tickets.at(id).team).project;
        let parts = key::KeyParts {
            provider: "jira".to_owned(),
            provider_id: TRACKER_HOST.to_owned(),
            namespace: project.clone(),
            groups: String::new(),
            resource: reference,
        };
        Key::new(NodeKind::Ticket, &parts).expect(SOUND)
    }

    /// The key of a change of a flag or of infrastructure.
    pub fn setting_key(&self, id: Id<Setting>) -> Key {
        let setting = self.settings.at(id);
        let (provider, host) = match setting.sort {
            SettingSort::Flag => ("launchdarkly", "app.launchdarkly.com"),
            SettingSort::Infrastructure => ("terraform", "app.terraform.io"),
        };
        key::of_tool(NodeKind::ConfigChange, provider, host, &setting.id).expect(SOUND)
    }

    /// The key of one firing of an alert.
    pub fn alert_key(&self, id: Id<Alert>) -> Key {
        let alert = self.alerts.at(id);
        let resource = format!("{}/{}", fingerprint_of(self, alert), alert.starts.seconds());
        key::of_tool(NodeKind::Alert, "alertmanager", ALERTMANAGER_HOST, &resource).expect(SOUND)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use throughline_webhooks::provider::{Content, Request};
    use throughline_webhooks::providers;

    use crate::year::deliveries::{all, write};
    use crate::year::history::{History, Period};

    #[test]
    fn the_parsers_make_the_same_keys() {
        let history = History::of(4, 12, Period::of_days(30));
        let mut read = BTreeSet::new();
        for delivery in all(&history) {
            let written = write(&history, delivery.what);
            let provider = providers::find(written.source).unwrap();
            let request = Request { headers: &written.headers, body: &written.body };
            let Content::Facts(facts) = (provider.parse)(&request).unwrap().content else { continue };
            read.extend(facts.nodes.into_iter().map(|node| node.key));
        }
        let mut made = BTreeSet::new();
        made.extend(history.changes.ids().map(|id| history.change_key(id)));
        made.extend(history.runs.ids().map(|id| history.run_key(id)));
        made.extend(history.builds.ids().map(|id| history.artifact_key(id)));
        made.extend(history.deployments.ids().map(|id| history.deployment_key(id)));
        made.extend(history.tickets.ids().map(|id| history.node_of_ticket(id)));
        made.extend(history.settings.ids().map(|id| history.setting_key(id)));
        made.extend(history.alerts.ids().map(|id| history.alert_key(id)));
        let missing: Vec<_> = made.difference(&read).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
