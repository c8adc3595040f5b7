//! The readiness gates: pure functions from a dossier and the limits of a policy to findings.
//!
//! A gate is one file: a name, a version, a doc comment that is its manual page, and cases that are its tests. It sees the
//! dossier and nothing else, so that it can be judged again later to the same result. A new gate is its file, here two
//! lines, and its settings in [`crate::policy`].

use crate::dossier::Dossier;
use crate::policy::{GateSettings, Limits, Weight};

mod brought;
mod built_and_tested;
mod commit_in_change;
mod error_budget;
mod finding;
mod four_eyes;
mod freeze;
mod fresh_evidence;
mod no_open_incident;
mod on_call;
mod provenance;
mod rollback_target;
mod soak;
mod tested_artifact;
#[cfg(test)]
pub(crate) mod testing;
mod ticket;
pub mod verdict;
mod watched;

pub use finding::{Evidence, Finding, Judgement, MAX_LISTED, Reason};

/// A gate of the table.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// Its name, which policies, waivers and verdicts call it by: `four-eyes`.
    pub name: &'static str,
    /// What it says, for people.
    pub title: &'static str,
    /// Raised whenever the gate would judge differently by the same dossier and limits.
    pub version: u16,
    /// How much it counts, by the settings of a policy.
    pub weight: fn(&GateSettings) -> Weight,
    /// Judges a dossier.
    pub judge: fn(&Dossier, &Limits) -> Finding,
    /// The text of its file, in which its manual page stands.
    source: &'static str,
}

/// Every gate, in the order in which verdicts list them: from the change to its way out.
pub static GATES: &[Gate] = &[
    commit_in_change::GATE,
    four_eyes::GATE,
    ticket::GATE,
    built_and_tested::GATE,
    tested_artifact::GATE,
    provenance::GATE,
    fresh_evidence::GATE,
    soak::GATE,
    watched::GATE,
    on_call::GATE,
    no_open_incident::GATE,
    error_budget::GATE,
    freeze::GATE,
    rollback_target::GATE,
];

/// The gate of that name, if it is built in.
pub fn find(name: &str) -> Option<&'static Gate> {
    GATES.iter().find(|gate| gate.name == name)
}

impl Gate {
    /// Its manual page, in Markdown: the doc comment of its file.
    pub fn manual(&self) -> String {
        let mut page = format!("# {}\n\n", self.name);
        for line in self.source.lines().map_while(|line| line.strip_prefix("//!")) {
            page.push_str(line.strip_prefix(' ').unwrap_or(line));
            page.push('\n');
        }
        page
    }
}

/// The manual pages of all gates, as they stand in `docs/READINESS.md`.
pub fn manual() -> String {
    let mut pages = String::new();
    for gate in GATES {
        let page = gate.manual();
        let body = page.split_once("\n\n").map_or("", |(_, body)| body);
        pages.push_str(&format!("\n### `{}`\n\n{body}", gate.name));
    }
    pages
}

#[cfg(test)]
mod tests;
