//! The kinds of nodes and the stages that they belong to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A stage of work; a column of every picture, the upstream ones to the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Tickets and documents: why something is done.
    Work,
    /// Pull requests and commits: what was changed.
    Change,
    /// Pipelines, builds, tests and scans: how it was checked.
    Verify,
    /// Artifacts and releases: what came out.
    Artifact,
    /// Deployments, environments and services: where it runs.
    Run,
    /// Alerts, dashboards and incidents: what was seen of it.
    Observe,
    /// Who did it, and who owns it.
    People,
    /// Repositories and the parts of them that somebody owns.
    Place,
}

impl Stage {
    /// All stages, upstream first.
    pub const ALL: [Stage; 8] = [
        Stage::Work,
        Stage::Change,
        Stage::Verify,
        Stage::Artifact,
        Stage::Run,
        Stage::Observe,
        Stage::People,
        Stage::Place,
    ];

    /// The heading of the stage's column.
    pub const fn title(self) -> &'static str {
        match self {
            Stage::Work => "Work",
            Stage::Change => "Change",
            Stage::Verify => "Verify",
            Stage::Artifact => "Artifact",
            Stage::Run => "Run",
            Stage::Observe => "Observe",
            Stage::People => "People",
            Stage::Place => "Place",
        }
    }
}

/// Declares [`NodeKind`] from one table, so that a kind is one line.
macro_rules! node_kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident, $word:literal, $label:literal, $stage:ident;)+) => {
        /// What a node is. Stored and written by its word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum NodeKind {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $kind,)+
        }

        impl NodeKind {
            /// Every kind, in stage order.
            pub const ALL: &'static [NodeKind] = &[$(NodeKind::$kind,)+];

            /// The word that stands for the kind in keys, tables and answers.
            pub const fn word(self) -> &'static str {
                match self { $(NodeKind::$kind => $word,)+ }
            }

            /// The name of the kind for people.
            pub const fn label(self) -> &'static str {
                match self { $(NodeKind::$kind => $label,)+ }
            }

            /// The stage that the kind belongs to.
            pub const fn stage(self) -> Stage {
                match self { $(NodeKind::$kind => Stage::$stage,)+ }
            }

            /// The kind of that word, if there is one.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(NodeKind::$kind),)+ _ => None }
            }
        }
    };
}

node_kinds! {
    /// A piece of work that somebody asked for.
    Ticket, "ticket", "Ticket", Work;
    /// A design, runbook, postmortem or wiki page.
    Document, "document", "Document", Work;
    /// A pull or merge request.
    Change, "change", "Pull request", Change;
    /// One commit, by its full object id.
    Commit, "commit", "Commit", Change;
    /// A tag of a repository.
    Tag, "tag", "Tag", Change;
    /// A branch of a repository.
    Branch, "branch", "Branch", Change;
    /// One run of a pipeline or workflow.
    PipelineRun, "pipeline_run", "Pipeline run", Verify;
    /// A job or task within a pipeline run.
    Job, "job", "Job", Verify;
    /// The making of an artifact.
    Build, "build", "Build", Verify;
    /// One execution of a test suite or check.
    TestRun, "test_run", "Test run", Verify;
    /// A security or quality scan.
    Scan, "scan", "Scan", Verify;
    /// Something built, known by its digest.
    Artifact, "artifact", "Artifact", Artifact;
    /// A named version that is given out.
    Release, "release", "Release", Artifact;
    /// The act of bringing something into an environment.
    Deployment, "deployment", "Deployment", Run;
    /// A place where services run.
    Environment, "environment", "Environment", Run;
    /// A running piece of the product.
    Service, "service", "Service", Run;
    /// A change of a flag, of infrastructure, or by hand.
    ConfigChange, "config_change", "Configuration change", Run;
    /// The rule that raises an alert.
    AlertRule, "alert_rule", "Alert rule", Observe;
    /// A dashboard.
    Dashboard, "dashboard", "Dashboard", Observe;
    /// One firing of an alert.
    Alert, "alert", "Alert", Observe;
    /// Trouble that people worked on.
    Incident, "incident", "Incident", Observe;
    /// A person.
    Person, "person", "Person", People;
    /// A team.
    Team, "team", "Team", People;
    /// A repository of source code.
    Repository, "repository", "Repository", Place;
    /// A path of a repository that somebody owns.
    Component, "component", "Component", Place;
}

impl fmt::Display for NodeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// How something ended, or that it has not: for builds, tests, deployments, tickets, alerts and changes alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Announced or waiting, not begun.
    Pending,
    /// Begun and not ended: a running build, an open ticket or change, a firing alert.
    Running,
    /// Ended well: passed, deployed, merged, resolved.
    Success,
    /// Ended badly: failed, errored, timed out.
    Failure,
    /// Ended without a result: cancelled, skipped, closed unmerged.
    Abandoned,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 5] =
        [Outcome::Pending, Outcome::Running, Outcome::Success, Outcome::Failure, Outcome::Abandoned];

    /// The word that stands for the outcome in tables and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Pending => "pending",
            Outcome::Running => "running",
            Outcome::Success => "success",
            Outcome::Failure => "failure",
            Outcome::Abandoned => "abandoned",
        }
    }

    /// The outcome of that word, if there is one.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::{NodeKind, Outcome};

    #[test]
    fn words_read_back() {
        for kind in NodeKind::ALL {
            assert_eq!(NodeKind::from_word(kind.word()), Some(*kind));
        }
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_word(outcome.word()), Some(outcome));
        }
        assert_eq!(NodeKind::from_word("island"), None);
    }
}
