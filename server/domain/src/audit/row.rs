//! A row of the audit: one change to an environment, flat, with the ledger entries that it rests on.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::audit::columns::{COLUMNS, Cell, Column, Subject};
use crate::audit::controls::Control;
use crate::audit::exceptions::{self, Exception};
use crate::dossier::Dossier;
use crate::node::NodeKind;
use crate::time::Timestamp;

/// What stands where a name is not known.
pub const UNKNOWN: &str = "(unknown)";

/// The columns that every report has, whatever control it is limited to: without them no row can be found again.
pub const ALWAYS: [&str; 8] =
    ["number", "environment", "service", "kind", "deployed_at", "deployment_key", "exceptions", "entries"];

/// What sort of change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Something new was deployed.
    Deployment,
    /// Something that ran there before was put back.
    Rollback,
    /// What ran there was deployed once more.
    Redeployment,
    /// A flag, infrastructure or something by hand was changed.
    Configuration,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [ChangeKind; 4] =
        [ChangeKind::Deployment, ChangeKind::Rollback, ChangeKind::Redeployment, ChangeKind::Configuration];

    /// The word that stands for it in files.
    pub const fn word(self) -> &'static str {
        match self {
            ChangeKind::Deployment => "deployment",
            ChangeKind::Rollback => "rollback",
            ChangeKind::Redeployment => "redeployment",
            ChangeKind::Configuration => "configuration",
        }
    }

    /// What sort of change a dossier is about.
    pub fn of(dossier: &Dossier) -> Self {
        let is_configuration = |kind: NodeKind| kind == NodeKind::ConfigChange;
        if is_configuration(dossier.candidate.kind)
            || dossier.deployment.as_ref().is_some_and(|deployment| is_configuration(deployment.piece.kind))
        {
            return ChangeKind::Configuration;
        }
        if dossier.is_rollback {
            return ChangeKind::Rollback;
        }
        if is_repeated(dossier) { ChangeKind::Redeployment } else { ChangeKind::Deployment }
    }
}

/// Whether it brings nothing, and what it deploys is what it replaces.
fn is_repeated(dossier: &Dossier) -> bool {
    let (Some(deployment), Some(replaces)) = (&dossier.deployment, &dossier.replaces) else { return false };
    let set = |keys: &[String]| keys.iter().cloned().collect::<BTreeSet<String>>();
    let is_same = !deployment.deploys.is_empty() && set(&deployment.deploys) == set(&replaces.deploys);
    dossier.commits.is_empty() && dossier.changes.is_empty() && (is_same || dossier.cuts.is_empty())
}

/// Which columns and exceptions a report has.
#[derive(Clone, Debug)]
pub struct View {
    /// The columns, in order.
    pub columns: Vec<&'static Column>,
    /// The exceptions that are looked for, in order.
    pub exceptions: Vec<Exception>,
}

impl View {
    /// Everything.
    pub fn whole() -> Self {
        Self { columns: COLUMNS.iter().collect(), exceptions: Exception::ALL.to_vec() }
    }

    /// What one control looks at, and the columns by which a row is found again.
    pub fn of_control(control: &Control) -> Self {
        let is_wanted = |column: &&Column| {
            ALWAYS.contains(&column.name) || control.columns.iter().any(|name| name.as_str() == column.name)
        };
        let exceptions = Exception::ALL.iter().copied().filter(|exception| control.exceptions.contains(exception));
        Self { columns: COLUMNS.iter().filter(is_wanted).collect(), exceptions: exceptions.collect() }
    }
}

/// One change to an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its place in the report, from 1.
    pub number: u64,
    /// Key of the deployment, or of the candidate where there is none.
    pub key: String,
    /// When it was deployed.
    pub at: Option<Timestamp>,
    /// The environment's name.
    pub environment: String,
    /// The service's name, or [`UNKNOWN`].
    pub service: String,
    /// What sort of change it is.
    pub kind: ChangeKind,
    /// How it ended, or [`UNKNOWN`].
    pub outcome: String,
    /// What is out of the ordinary about it, as far as the view looks for it.
    pub exceptions: Vec<Exception>,
    /// The ledger entries that it rests on, in order, each once.
    pub entries: Vec<u64>,
    /// A cell for each column of the view, in their order.
    pub cells: Vec<Cell>,
}

impl Row {
    /// Writes a change down.
    pub fn of(number: u64, dossier: &Dossier, view: &View) -> Self {
        let exceptions: Vec<Exception> =
            exceptions::of(dossier).into_iter().filter(|one| view.exceptions.contains(one)).collect();
        let entries = entries(dossier);
        let subject = Subject { dossier, number, exceptions: &exceptions, entries: &entries };
        let cells = view.columns.iter().map(|column| column.cell(&subject)).collect();
        let deployment = dossier.deployment.as_ref();
        let service = dossier.service.as_ref().map_or(UNKNOWN, |service| service.name());
        let outcome = deployment.and_then(|deployment| deployment.piece.outcome);
        Self {
            number,
            key: deployment.map_or(&dossier.candidate, |deployment| &deployment.piece).key.clone(),
            at: deployment.and_then(|deployment| deployment.piece.occurred),
            environment: dossier.environment.name().to_owned(),
            service: service.to_owned(),
            kind: ChangeKind::of(dossier),
            outcome: outcome.map_or(UNKNOWN, |outcome| outcome.word()).to_owned(),
            exceptions,
            entries,
            cells,
        }
    }

    /// The cell of a column, where the view has it.
    pub fn cell(&self, view: &View, name: &str) -> Option<&Cell> {
        let place = view.columns.iter().position(|column| column.name == name)?;
        self.cells.get(place)
    }

    /// The row as an object: the columns' names with their values; lists stay lists.
    pub fn json(&self, view: &View) -> Value {
        let named = view.columns.iter().zip(&self.cells);
        Value::Object(named.map(|(column, cell)| (column.name.to_owned(), cell.json())).collect::<Map<_, _>>())
    }
}

/// Every ledger entry that a dossier rests on, in order, each once.
pub fn entries(dossier: &Dossier) -> Vec<u64> {
    // Other deployments of the same candidate and what watches over the service do not stand in the row.
    let Dossier { deployment, replaces, commits, changes, tickets, runs, artifacts, decisions, .. } = dossier;
    let rollouts = [deployment, replaces].into_iter().flatten().flat_map(|one| &one.entries);
    let mut all: BTreeSet<u64> = rollouts.copied().collect();
    all.extend(commits.iter().flat_map(|one| &one.entries));
    all.extend(changes.iter().flat_map(|one| &one.entries));
    all.extend(tickets.iter().flat_map(|one| &one.entries));
    all.extend(runs.iter().flat_map(|one| &one.entries));
    all.extend(artifacts.iter().flat_map(|one| &one.entries));
    all.extend(decisions.iter().map(|one| one.entry));
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::{ALWAYS, ChangeKind, Row, View};
    use crate::audit::columns::{COLUMNS, Cell};
    use crate::audit::controls::Controls;
    use crate::audit::samples::good;

    #[test]
    fn a_row_has_a_cell_for_every_column() {
        let view = View::whole();
        let row = Row::of(7, &good(), &view);
        assert_eq!(row.cells.len(), COLUMNS.len());
        assert_eq!((row.environment.as_str(), row.service.as_str()), ("production", "checkout"));
        assert_eq!(row.cell(&view, "number"), Some(&Cell::Number(7)));
        assert_eq!(row.cell(&view, "weather"), None);
        assert_eq!(row.entries, [10, 11, 12, 13, 14, 15, 16, 17]);
        let json = row.json(&view);
        assert_eq!(json.get("tickets").unwrap(), &serde_json::json!(["PAY-12"]));
        assert_eq!(json.get("exceptions").unwrap(), &serde_json::json!([]));
    }

    #[test]
    fn a_control_sees_its_columns_and_those_that_find_the_row_again() {
        let controls = Controls::builtin();
        let control = controls.find("cc8.1").unwrap();
        let view = View::of_control(control);
        for name in ALWAYS {
            assert!(view.columns.iter().any(|column| column.name == name), "{name}");
        }
        let mut dossier = good();
        dossier.changes[0].tickets.clear();
        dossier.artifacts[0].provenance = None;
        let row = Row::of(1, &dossier, &view);
        assert!(row.exceptions.iter().all(|exception| control.exceptions.contains(exception)));
        assert_eq!(row.cells.len(), view.columns.len());
    }

    #[test]
    fn the_kind_follows_from_what_is_deployed() {
        assert_eq!(ChangeKind::of(&good()), ChangeKind::Deployment);
        let mut again = good();
        again.commits.clear();
        again.changes.clear();
        again.replaces.as_mut().unwrap().deploys = again.deployment.as_ref().unwrap().deploys.clone();
        assert_eq!(ChangeKind::of(&again), ChangeKind::Redeployment);
        again.is_rollback = true;
        assert_eq!(ChangeKind::of(&again), ChangeKind::Rollback);
    }
}
