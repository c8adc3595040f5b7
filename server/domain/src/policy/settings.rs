//! The settings of each gate, as a policy writes them. What a policy leaves out is as `Default` has it here.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{PolicyError, wrong};
use crate::link::{LinkClass, LinkKind};
use crate::node::NodeKind;

/// The most hours that a setting may ask for: ten years.
pub const MAX_HOURS: u32 = 10 * 366 * 24;

/// The most words in one list of a policy.
pub const MAX_WORDS: usize = 500;

/// How much a gate counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// It is not judged.
    Off,
    /// It holds a release up where the evidence says no. What is not known is noted.
    On,
    /// It has to pass: what is not known holds a release up as well.
    #[default]
    Required,
}

/// The settings of every gate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GateSettings {
    /// Every commit belongs to a change.
    pub commit_in_change: Plain,
    /// Every change is approved by somebody else.
    pub four_eyes: FourEyes,
    /// Every change has a ticket.
    pub ticket: Ticket,
    /// Build and tests passed on this very commit.
    pub built_and_tested: BuiltAndTested,
    /// What goes out is what was tested.
    pub tested_artifact: TestedArtifact,
    /// It is known where the artifact comes from.
    pub provenance: Provenance,
    /// It ran in the environment before.
    pub soak: Soak,
    /// It is watched over.
    pub watched: Watched,
    /// Nothing is wrong right now.
    pub no_open_incident: Plain,
    /// Some of the error budget is left.
    pub error_budget: ErrorBudget,
    /// No freeze is in force.
    pub freeze: Plain,
    /// It is known what to go back to.
    pub rollback_target: Plain,
    /// Somebody of the owning team is on call.
    pub on_call: OnCallSettings,
    /// The evidence is not too old.
    pub fresh_evidence: FreshEvidence,
}

/// A gate that has no settings of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plain {
    /// How much it counts.
    #[serde(rename = "use")]
    pub weight: Weight,
}

/// Settings of the gate `four-eyes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FourEyes {
    /// How much it counts.
    #[serde(rename = "use")]
    pub weight: Weight,
    /// How many people have to approve each change.
    pub approvals: u32,
}

impl Default for FourEyes {
    fn default() -> Self {
        Self { weight: Weight::Required, approvals: 1 }
    }
}

/// Settings of the gate `ticket`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ticket {
    /// How much it counts.
    #[serde(rename = "use")]
    pub weight: Weight,
    /// The kinds of links, by their words, that count as having a ticket.
    pub relations: Vec<String>,
    /// The states that a ticket may be in, as the tracker calls them; empty for any but an abandoned one.
    pub states: Vec<String>,
    /// The labels of changes that need none.
    pub exempt_labels: Vec<String>,
}

impl Default for Ticket {
    fn default() -> Self {
        let relations = vec!["resolves".to_owned()];
        Self { weight: Weight::Required, relations, states: Vec::new(), exempt_labels: Vec::new() }
    }
}

/// Settings of the gate `built-and-tested`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BuiltAndTested {
    /// How much it counts.
    #[serde(rename = "use")]
    pub weight: Weight,
    /// Whether a build, job or pipeline run has to have passed.
    pub build: bool,
    /// Whether a test run has to have passed.
    pub tests: bool,
    /// Whether a scan has to have passed.
    pub scan: bool,
    /// The titles or references of runs that have to have passed, each of them.
    pub checks: Vec<String>,
}

impl Default for BuiltAndTested {
    fn default() -> Self {
        Self { weight: Weight::Required, build: true, tests: true, scan: false, checks: Vec::new() }
    }
}

/// Settings of the gate `tested-artifact`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TestedArtifact {
    /// How much it counts.
    #[serde(rename = "use")]
    pub weight: Weight,
    /// What shows that the artifact was tested.
    pub by: TestedBy,
}

/// What shows that an artifact was tested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestedBy {
    /// A test run on the artifact, or a build that made this digest from the commit on which the tests passed.
    #[default]
    Build,
    /// A test run that names the artifact, and nothing else.
    Digest,
}

/// Settings of the gate `provenance`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Provenance {
    /// How much it counts.
    #[serde(rename = "use")]
    pub weight: Weight,
    /// The least class of the links that say where the artifact comes from.
    pub class: LinkClass,
}

impl Default for Provenance {
    fn default() -> Self {
        Self { weight: Weight::Required, class: LinkClass::Asserted }
    }
}

/// Settings of the gate `soak`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Soak {
    /// How much it counts.
    #[serde(rename = "use")]
    pub weight: Weight,
    /// How many hours it has to have run in the environment before, in one piece.
    pub hours: u32,
    /// Whether an alert or incident in that time is a no.
    pub without_alert: bool,
}

impl Default for Soak {
    fn default() -> Self {
        Self { weight: Weight::Required, hours: 24, without_alert: true }
    }
}

/// Settings of the gate `watched`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Watched {
    /// How much it counts.
    #[serde(rename = "use")]
    pub weight: Weight,
    /// Whether somebody has to own the service.
    pub owner: bool,
    /// Whether it needs a runbook.
    pub runbook: bool,
    /// Whether it needs a dashboard.
    pub dashboard: bool,
    /// Whether it needs alert rules.
    pub alert_rules: bool,
    /// Whether it needs a document beside its runbook.
    pub documents: bool,
}

impl Default for Watched {
    fn default() -> Self {
        Self {
            weight: Weight::Required,
            owner: true,
            runbook: true,
            dashboard: true,
            alert_rules: true,
            documents: true,
        }
    }
}

/// Settings of the gate `error-budget`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ErrorBudget {
    /// How much it counts.
    #[serde(rename = "use")]
    pub weight: Weight,
    /// More than this must be left, in percent of the whole.
    pub percent: u32,
    /// How old the statement may be, in hours.
    pub hours: u32,
}

impl Default for ErrorBudget {
    fn default() -> Self {
        Self { weight: Weight::On, percent: 0, hours: 24 }
    }
}

/// Settings of the gate `on-call`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OnCallSettings {
    /// How much it counts.
    #[serde(rename = "use")]
    pub weight: Weight,
    /// For how many hours from then on somebody has to be on call.
    pub hours: u32,
}

impl Default for OnCallSettings {
    fn default() -> Self {
        Self { weight: Weight::On, hours: 1 }
    }
}

/// Settings of the gate `fresh-evidence`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FreshEvidence {
    /// How much it counts.
    #[serde(rename = "use")]
    pub weight: Weight,
    /// How old the newest build, test run and scan may be, in hours.
    pub hours: u32,
}

impl Default for FreshEvidence {
    fn default() -> Self {
        Self { weight: Weight::Required, hours: 336 }
    }
}

impl GateSettings {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`PolicyError::Value`] for a number out of bounds, an unknown kind of link or a list that is too long.
    pub(super) fn check(&self, place: &str) -> Result<(), PolicyError> {
        let at = |gate: &str| format!("{place}, gate '{gate}'");
        for (gate, hours) in [
            ("soak", self.soak.hours),
            ("error-budget", self.error_budget.hours),
            ("on-call", self.on_call.hours),
            ("fresh-evidence", self.fresh_evidence.hours),
        ] {
            if hours > MAX_HOURS {
                return Err(wrong(at(gate), format!("'hours' is {hours}; at most {MAX_HOURS} can be asked for")));
            }
        }
        if self.error_budget.percent > 100 {
            let cause = format!("'percent' is {}; write 0 to 100", self.error_budget.percent);
            return Err(wrong(at("error-budget"), cause));
        }
        if self.four_eyes.approvals == 0 {
            return Err(wrong(at("four-eyes"), "'approvals' is 0; write 1 or more, or switch the gate off"));
        }
        let asked = &self.built_and_tested;
        let nothing = !(asked.build || asked.tests || asked.scan) && asked.checks.is_empty();
        if nothing && asked.weight != Weight::Off {
            return Err(wrong(at("built-and-tested"), "it asks for nothing; switch the gate off instead"));
        }
        self.check_lists(place)
    }

    fn check_lists(&self, place: &str) -> Result<(), PolicyError> {
        let Ticket { relations, states, exempt_labels, .. } = &self.ticket;
        let place_of = |gate: &str| format!("{place}, gate '{gate}'");
        let lists = [
            ("ticket", "relations", relations),
            ("ticket", "states", states),
            ("ticket", "exempt_labels", exempt_labels),
            ("built-and-tested", "checks", &self.built_and_tested.checks),
        ];
        for (gate, member, words) in lists {
            check_words(&place_of(gate), member, words)?;
        }
        if relations.is_empty() && self.ticket.weight != Weight::Off {
            return Err(wrong(place_of("ticket"), "'relations' is empty; write [\"resolves\"]"));
        }
        let towards_tickets =
            |word: &str| LinkKind::from_word(word).is_some_and(|kind| kind.allows(NodeKind::Change, NodeKind::Ticket));
        match relations.iter().find(|word| !towards_tickets(word)) {
            Some(word) => {
                let cause = format!("'{word}' is no link from a change to a ticket; write 'resolves' or 'relates_to'");
                Err(wrong(place_of("ticket"), cause))
            }
            None => Ok(()),
        }
    }
}

/// Checks a list of words: within [`MAX_WORDS`], none empty, none twice.
///
/// # Errors
/// [`PolicyError::Value`] at the place, naming the member.
pub(super) fn check_words(place: &str, member: &str, words: &[String]) -> Result<(), PolicyError> {
    if words.len() > MAX_WORDS {
        return Err(wrong(place, format!("'{member}' has {} words; at most {MAX_WORDS} are accepted", words.len())));
    }
    let mut seen = BTreeSet::new();
    for word in words {
        if word.trim().is_empty() {
            return Err(wrong(place, format!("'{member}' has an empty word; take it out")));
        }
        if !seen.insert(word.trim().to_lowercase()) {
            return Err(wrong(place, format!("'{member}' has '{word}' twice; upper and lower case are the same")));
        }
    }
    Ok(())
}
