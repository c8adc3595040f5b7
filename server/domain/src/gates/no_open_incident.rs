//! No incident of the service is open there.
//!
//! | evidence | finding |
//! |---|---|
//! | no incident of this service and environment is open | pass |
//! | one is | fail |
//! | it is not known which service it is | unknown |
//! | it is a rollback, which is often what ends an incident | not needed |
//!
//! An incident is open until the tool that keeps it says that it is over.

use super::Gate;
use super::finding::{Finding, Weighing, begin, named, short};
use crate::dossier::Dossier;
use crate::policy::Limits;

pub(super) const GATE: Gate = Gate {
    name: "no-open-incident",
    title: "No incident of the service is open there",
    version: 1,
    weight: |settings| settings.no_open_incident.weight,
    judge,
    source: include_str!("no_open_incident.rs"),
};

fn judge(dossier: &Dossier, _: &Limits) -> Finding {
    let mut weighing = Weighing::new(GATE.name, dossier);
    if dossier.is_rollback {
        return weighing.not_needed("A rollback may go out during an incident: it is often what ends it.");
    }
    for incident in &dossier.open_incidents {
        let state = incident.state.as_deref().map(|state| format!(" ({})", short(state))).unwrap_or_default();
        let text = format!("{} is open{state}.", begin(incident));
        weighing.fail(&incident.key, text, "Wait until it is over, or close it in its tool if it is.");
    }
    if dossier.service.is_none() && dossier.open_incidents.is_empty() {
        let text = format!("Nothing tells which service {} is of.", named(&dossier.candidate));
        weighing.unknown(&dossier.candidate.key, text, "Name the service in the catalog, with its repository.");
    }
    weighing.finish()
}

#[cfg(test)]
mod tests {
    use super::GATE;
    use crate::gates::testing::{check, piece};
    use crate::node::NodeKind;

    #[test]
    fn an_open_incident_holds_it_up() {
        check(
            &GATE,
            &[
                ("as it should be", |_, _| {}, "pass"),
                (
                    "two",
                    |d, _| {
                        d.open_incidents.push(piece(NodeKind::Incident, "incident:7", "INC-7"));
                        d.open_incidents.push(piece(NodeKind::Incident, "incident:8", "INC-8"));
                        d.open_incidents[1].state = Some("triggered".to_owned());
                    },
                    "fail: Incident INC-7 is open. | Incident INC-8 is open (triggered).",
                ),
                (
                    "no service",
                    |d, _| d.service = None,
                    "unknown: Nothing tells which service artifact checkout:1.8.0 is of.",
                ),
                (
                    "a rollback",
                    |d, _| {
                        d.open_incidents.push(piece(NodeKind::Incident, "incident:7", "INC-7"));
                        d.is_rollback = true;
                    },
                    "not_needed: A rollback may go out during an incident: it is often what ends it.",
                ),
            ],
        );
    }
}
