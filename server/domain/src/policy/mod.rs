//! Policies: which gates a change has to pass on its way to an environment, and how strictly. One file that an operator
//! keeps, with freeze windows and own gates beside them.
//!
//! The file is an entry of the ledger whenever it is applied, so that a verdict can name by its hash what it was judged
//! by. Every setting is explained in `config/readiness.example.toml`, which is also what holds where no file was applied.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::dossier::{Dossier, Piece};
use crate::hex;
use crate::key::Key;
use crate::link::LinkClass;

mod files;
mod freeze;
mod rego;
mod settings;

pub use files::with_files;
pub use freeze::{Freeze, Window};
pub use rego::{MAX_MODULE_BYTES, OwnGate, REGO_PACKAGE, check_module};
pub use settings::{
    BuiltAndTested, ErrorBudget, FourEyes, FreshEvidence, GateSettings, MAX_HOURS, MAX_WORDS, OnCallSettings, Plain,
    Provenance, Soak, TestedArtifact, TestedBy, Ticket, Watched, Weight,
};

/// The largest file that is read, in bytes.
pub const MAX_POLICY_BYTES: usize = 1024 * 1024;

/// The most policies, freeze windows or own gates in one file.
pub const MAX_POLICIES: usize = 1_000;

/// The longest name of a policy or of an own gate, in bytes.
pub const MAX_NAME_BYTES: usize = 100;

/// The policies that hold where nobody has applied any: the text of `config/readiness.example.toml`.
pub const BUILT_IN: &str = include_str!("../../../../config/readiness.example.toml");

/// What a file says, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySet {
    /// Every policy, in the order of the file.
    pub policies: Vec<Policy>,
    /// Every freeze window, in the order of the file.
    pub freezes: Vec<Freeze>,
    /// Every own gate, in the order of the file.
    pub own: Vec<OwnGate>,
    /// SHA-256 over the exact text, in hexadecimal digits.
    pub sha256: String,
    /// What holds where no policy fits.
    strict: Policy,
}

/// One policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub selector: Selector,
    /// The least class of a link that counts as evidence.
    pub least_class: LinkClass,
    /// Whether a person has to say go.
    pub sign_off: bool,
    /// The settings of the gates.
    pub gates: GateSettings,
}

/// What something is for. An empty list leaves that question open; all three must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// The names of environments.
    pub environments: Vec<String>,
    /// The names of services.
    pub services: Vec<String>,
    /// Labels of the changes and tickets that are brought; one of them is enough.
    pub labels: Vec<String>,
}

/// What a policy is chosen by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The name of the service, if there is one.
    pub service: Option<String>,
    /// The name of the environment.
    pub environment: String,
    /// The labels of the changes and tickets that are brought.
    pub labels: BTreeSet<String>,
}

/// What the gates are judged by: the settings of the policy, and the freeze windows that hold there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The least class of a link that counts as evidence.
    pub least_class: LinkClass,
    /// The settings of the gates.
    pub gates: GateSettings,
    /// The freeze windows of this service and environment, whenever they hold.
    pub freezes: Vec<Freeze>,
}

/// Why a file is not taken. The text names the place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// The file is no TOML, or has a member that is not known or of another type.
    #[error("the policies cannot be read: {0}")]
    Form(String),
    /// The file is over [`MAX_POLICY_BYTES`], or there are more than [`MAX_POLICIES`] of a kind.
    #[error("there are {count} {what}; at most {limit} are accepted")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        count: usize,
        /// How much is accepted.
        limit: usize,
    },
    /// A value is not what it has to be.
    #[error("{place}: {cause}")]
    Value {
        /// Where: `policy 'production'`.
        place: String,
        /// What is wrong, and what would be right.
        cause: String,
    },
}

impl PolicySet {
    /// Reads policies and checks all of it.
    ///
    /// # Errors
    /// A [`PolicyError`] that names the first mistake.
    pub fn read(text: &str) -> Result<Self, PolicyError> {
        let File { policies, freezes, own, modules } = File::read(text)?;
        let policies = policies.into_iter().map(PolicyEntry::read).collect::<Result<Vec<_>, _>>()?;
        let freezes = freezes.into_iter().map(freeze::FreezeEntry::read).collect::<Result<Vec<_>, _>>()?;
        let own = own.into_iter().map(|gate| gate.read(&modules)).collect::<Result<Vec<_>, _>>()?;
        unique("policy", policies.iter().map(|policy| policy.name.as_str()))?;
        unique("rego", own.iter().map(|gate| gate.name.as_str()))?;
        if let Some(gate) = own.iter().find(|gate| crate::gates::find(&gate.name).is_some()) {
            return Err(wrong(format!("rego '{}'", gate.name), "a gate of that name is built in; choose another one"));
        }
        if let Some(file) = modules.keys().find(|file| !own.iter().any(|gate| gate.file.as_ref() == Some(*file))) {
            return Err(wrong(format!("modules '{file}'"), "no [[rego]] names that file; take it out"));
        }
        Ok(Self { policies, freezes, own, sha256: hash(text), strict: Policy::strict() })
    }

    /// The policies that hold where nobody has applied any.
    pub fn built_in() -> Self {
        Self::read(BUILT_IN).expect("a test reads the built-in policies")
    }

    /// The policy for a place: of those that fit, the most specific one.
    ///
    /// One that names services goes before one that does not; among these, one that names environments; among these,
    /// one that names labels. Of two that are alike in that, the earlier one of the file counts. Where none fits, the
    /// strict settings hold that every setting has by itself.
    pub fn choose(&self, place: &Place) -> &Policy {
        let mut chosen: Option<&Policy> = None;
        for policy in self.policies.iter().filter(|policy| policy.selector.fits(place)) {
            if chosen.is_none_or(|former| former.selector.rank() < policy.selector.rank()) {
                chosen = Some(policy);
            }
        }
        chosen.unwrap_or(&self.strict)
    }

    /// What the gates are judged by at a place, under a policy of this set.
    pub fn limits(&self, policy: &Policy, place: &Place) -> Limits {
        let freezes = self.freezes.iter().filter(|freeze| freeze.selector.fits(place)).cloned().collect();
        Limits { least_class: policy.least_class, gates: policy.gates.clone(), freezes }
    }

    /// The own gates that are judged at a place.
    pub fn own_gates<'a>(&'a self, place: &'a Place) -> impl Iterator<Item = &'a OwnGate> {
        self.own.iter().filter(move |gate| gate.weight != Weight::Off && gate.selector.fits(place))
    }
}

impl Policy {
    /// The settings that every setting has by itself, for a place that no policy of the file fits.
    fn strict() -> Self {
        Self {
            name: "none fits: strict".to_owned(),
            selector: Selector::default(),
            least_class: LinkClass::Declared,
            sign_off: false,
            gates: GateSettings::default(),
        }
    }
}

impl Selector {
    /// Whether it is for that place. Upper and lower case are the same.
    pub fn fits(&self, place: &Place) -> bool {
        let names = |words: &[String], name: &str| words.iter().any(|word| same(word, name));
        let service = place.service.as_deref();
        (self.environments.is_empty() || names(&self.environments, &place.environment))
            && (self.services.is_empty() || service.is_some_and(|service| names(&self.services, service)))
            && (self.labels.is_empty() || place.labels.iter().any(|label| names(&self.labels, label)))
    }

    /// How specific it is: whether it names services, environments, labels; the greater goes first.
    fn rank(&self) -> (bool, bool, bool) {
        (!self.services.is_empty(), !self.environments.is_empty(), !self.labels.is_empty())
    }

    fn check(&self, place: &str) -> Result<(), PolicyError> {
        let lists = [("environments", &self.environments), ("services", &self.services), ("labels", &self.labels)];
        lists.into_iter().try_for_each(|(member, words)| settings::check_words(place, member, words))
    }
}

impl Place {
    /// The place of a dossier.
    pub fn of(dossier: &Dossier) -> Self {
        let changes = dossier.changes.iter().flat_map(|change| &change.labels);
        let tickets = dossier.tickets.iter().flat_map(|ticket| &ticket.labels);
        Self {
            service: dossier.service.as_ref().map(name_of),
            environment: name_of(&dossier.environment),
            labels: changes.chain(tickets).cloned().collect(),
        }
    }
}

/// SHA-256 over a text, in hexadecimal digits: by that a policy is called in verdicts.
pub fn hash(text: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    hex::encode(&digest)
}

/// The name that counts of a service, environment or team: that of its key, whatever title it has.
pub fn name_of(piece: &Piece) -> String {
    Key::parse(&piece.key).map_or_else(|_| piece.name().to_lowercase(), |key| key.parts().resource)
}

/// The file as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "policy")]
    policies: Vec<PolicyEntry>,
    #[serde(default, rename = "freeze")]
    freezes: Vec<freeze::FreezeEntry>,
    #[serde(default, rename = "rego")]
    own: Vec<rego::OwnGateEntry>,
    /// The texts of the files that own gates name, by these names.
    #[serde(default)]
    modules: BTreeMap<String, String>,
}

impl File {
    fn read(text: &str) -> Result<Self, PolicyError> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(PolicyError::TooLarge { what: "bytes", count: text.len(), limit: MAX_POLICY_BYTES });
        }
        let file: Self = toml::from_str(text).map_err(|error| PolicyError::Form(error.to_string()))?;
        let counts = [
            ("policies", file.policies.len()),
            ("freeze windows", file.freezes.len()),
            ("own gates", file.own.len()),
            ("modules", file.modules.len()),
        ];
        match counts.into_iter().find(|(_, count)| *count > MAX_POLICIES) {
            Some((what, count)) => Err(PolicyError::TooLarge { what, count, limit: MAX_POLICIES }),
            None => Ok(file),
        }
    }
}

/// A policy as the file writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyEntry {
    name: String,
    #[serde(default)]
    environments: Vec<String>,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    labels: Vec<String>,
    least_class: Option<LinkClass>,
    #[serde(default)]
    sign_off: bool,
    #[serde(default)]
    gates: GateSettings,
}

impl PolicyEntry {
    fn read(self) -> Result<Policy, PolicyError> {
        let Self { name, environments, services, labels, least_class, sign_off, gates } = self;
        let place = format!("policy '{name}'");
        if name.trim().is_empty() || name.len() > MAX_NAME_BYTES {
            return Err(wrong(place, format!("'name' must have 1 to {MAX_NAME_BYTES} bytes")));
        }
        let selector = Selector { environments, services, labels };
        selector.check(&place)?;
        gates.check(&place)?;
        Ok(Policy { name, selector, least_class: least_class.unwrap_or(LinkClass::Declared), sign_off, gates })
    }
}

fn unique<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), PolicyError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.to_lowercase()) {
            return Err(wrong(format!("{what} '{name}'"), "it is there twice; upper and lower case are the same"));
        }
    }
    Ok(())
}

fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// A mistake at a place.
fn wrong(place: impl Into<String>, cause: impl Into<String>) -> PolicyError {
    PolicyError::Value { place: place.into(), cause: cause.into() }
}

#[cfg(test)]
mod tests;
