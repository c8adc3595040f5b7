//! The service is watched over: alert rules, dashboard, runbook, documents and an owner exist.
//!
//! | evidence | finding |
//! |---|---|
//! | of each of the five that the policy asks for (`owner`, `runbook`, `dashboard`, `alert_rules`, `documents`), the service has one | pass |
//! | it has none of one of them | fail |
//! | it is not known which service it is | unknown |
//!
//! They come from the catalog, from CODEOWNERS, from files of the repository and from the tools that raise alerts. A runbook
//! of an alert rule counts as one of the service, a document of a ticket that is brought as one of its documents. A rollback
//! is asked the same.

use super::Gate;
use super::brought::{list, names};
use super::finding::{Finding, Weighing, begin, named};
use crate::dossier::{Dossier, Piece};
use crate::policy::Limits;

pub(super) const GATE: Gate = Gate {
    name: "watched",
    title: "Alert rules, dashboard, runbook, documents and an owner exist",
    version: 1,
    weight: |settings| settings.watched.weight,
    judge,
    source: include_str!("watched.rs"),
};

/// How many names of a sort are told.
const TOLD: usize = 3;

fn judge(dossier: &Dossier, limits: &Limits) -> Finding {
    let mut weighing = Weighing::new(GATE.name, dossier);
    let Some(service) = &dossier.service else {
        let text = format!("Nothing tells which service {} is of.", named(&dossier.candidate));
        weighing.unknown(&dossier.candidate.key, text, "Name the service in the catalog, with its repository.");
        return weighing.finish();
    };
    let (settings, watch) = (&limits.gates.watched, &dossier.watch);
    let of_tickets = dossier.tickets.iter().flat_map(|ticket| &ticket.documents);
    let documents: Vec<&Piece> = watch.documents.iter().chain(of_tickets).collect();
    let in_catalog = |member: &str| format!("Name it in the catalog: '{member}' of the service.");
    let sorts: [(bool, &str, Vec<&Piece>, String); 5] = [
        (settings.owner, "owner", watch.owners.iter().collect(), in_catalog("team")),
        (settings.runbook, "runbook", watch.runbooks.iter().collect(), in_catalog("runbook")),
        (settings.dashboard, "dashboard", watch.dashboards.iter().collect(), in_catalog("dashboards")),
        (
            settings.alert_rules,
            "alert rule",
            watch.alert_rules.iter().collect(),
            "Keep its alert rules in its repository and import that, or connect the tool that evaluates them."
                .to_owned(),
        ),
        (settings.documents, "document", documents, in_catalog("documents")),
    ];
    for (_, sort, pieces, fix) in sorts.into_iter().filter(|(is_asked, _, _, _)| *is_asked) {
        if pieces.is_empty() {
            weighing.fail(&service.key, format!("{} has no {sort}.", begin(service)), &fix);
        }
        for piece in pieces.iter().take(TOLD) {
            let told = list(&names([*piece]));
            weighing.evidence(piece, format!("{} has {sort} {told}.", begin(service)), piece.occurred, &[]);
        }
    }
    weighing.finish()
}

#[cfg(test)]
mod tests {
    use super::GATE;
    use crate::gates::testing::{check, piece};
    use crate::node::NodeKind;

    #[test]
    fn each_sort_is_asked_for() {
        check(
            &GATE,
            &[
                ("as it should be", |_, _| {}, "pass"),
                ("no owner", |d, _| d.watch.owners.clear(), "fail: Service checkout has no owner."),
                (
                    "nothing",
                    |d, _| d.watch = Default::default(),
                    "fail: Service checkout has no owner. | Service checkout has no runbook. | Service checkout has no \
                 dashboard. | Service checkout has no alert rule. | Service checkout has no document.",
                ),
                (
                    "what is missing is not asked for",
                    |d, l| {
                        d.watch.dashboards.clear();
                        l.gates.watched.dashboard = false;
                    },
                    "pass",
                ),
                (
                    "a document of a ticket",
                    |d, _| {
                        d.watch.documents.clear();
                        d.tickets[0].documents.push(piece(NodeKind::Document, "document:1", "Retries"));
                    },
                    "pass",
                ),
                (
                    "no service",
                    |d, _| d.service = None,
                    "unknown: Nothing tells which service artifact checkout:1.8.0 is of.",
                ),
            ],
        );
    }
}
