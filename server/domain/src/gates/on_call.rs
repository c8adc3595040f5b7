//! Somebody of the owning team is on call.
//!
//! | evidence | finding |
//! |---|---|
//! | by the calendar of one of the owning teams, somebody is on call at the evaluation, and for as long as the policy asks for (`hours`) | pass |
//! | somebody is, but not for as long | fail |
//! | nobody owns the service; no calendar says who is on call for its owners | unknown |
//!
//! Calendars are files that are applied, one for each team. The gate looks at the moment of the evaluation. For what was
//! deployed long ago it therefore says what holds today. A rollback is asked the same.

use super::Gate;
use super::brought::{duration, list, names};
use super::finding::{Finding, Weighing, named, short};
use crate::dossier::{Dossier, OnCall, Piece};
use crate::key;
use crate::node::NodeKind;
use crate::policy::{Limits, name_of};

pub(super) const GATE: Gate = Gate {
    name: "on-call",
    title: "Somebody of the owning team is on call",
    version: 1,
    weight: |settings| settings.on_call.weight,
    judge,
    source: include_str!("on_call.rs"),
};

const FIX: &str = "Apply the team's calendar, and see to it that somebody is in it.";

fn judge(dossier: &Dossier, limits: &Limits) -> Finding {
    let mut weighing = Weighing::new(GATE.name, dossier);
    let place = dossier.service.as_ref().unwrap_or(&dossier.candidate);
    let owners = &dossier.watch.owners;
    if owners.is_empty() {
        let text = format!("Nobody is known to own {}, so nobody is on call for it.", named(place));
        weighing.unknown(&place.key, text, "Name the team in the catalog: 'team' of the service.");
        return weighing.finish();
    }
    let on_call: Vec<&OnCall> =
        dossier.on_call.iter().filter(|shift| is_owner(shift, owners) && shift.until > dossier.evaluated).collect();
    let needed = i64::from(limits.gates.on_call.hours) * 3_600;
    let Some(longest) = on_call.iter().max_by_key(|shift| (shift.until, &shift.who)) else {
        let text = format!("No calendar says that somebody of {} is on call.", list(&names(owners)));
        weighing.unknown(&place.key, text, FIX);
        return weighing.finish();
    };
    for shift in &on_call {
        let (who, until) = (short(&shift.who), shift.until.to_minute());
        let text = format!("{who} is on call for {} until {until}.", short(&shift.team));
        let key =
            key::named(NodeKind::Team, &shift.team).map_or_else(|_| place.key.clone(), |key| key.as_str().to_owned());
        weighing.add(key, text, Some(dossier.evaluated), Vec::new());
    }
    let left = longest.until.seconds().saturating_sub(dossier.evaluated.seconds());
    if left < needed {
        let (who, asked) = (short(&longest.who), duration(needed));
        let text = format!("{who} is on call only until {}; {asked} are asked for.", longest.until.to_minute());
        weighing.fail(&place.key, text, "Wait for the next one, or let somebody take over.");
    }
    weighing.finish()
}

/// Whether the shift is of one of the owners, by the team's name that counts or by its title.
fn is_owner(shift: &OnCall, owners: &[Piece]) -> bool {
    let team = shift.team.to_lowercase();
    owners.iter().any(|owner| name_of(owner).to_lowercase() == team || owner.title.to_lowercase() == team)
}

#[cfg(test)]
mod tests {
    use super::GATE;
    use crate::gates::testing::{at, check};

    #[test]
    fn somebody_is_on_call() {
        check(
            &GATE,
            &[
                ("as it should be", |_, _| {}, "pass"),
                ("nobody", |d, _| d.on_call.clear(), "unknown: No calendar says that somebody of Payments is on call."),
                (
                    "somebody of another team",
                    |d, _| d.on_call[0].team = "shop".to_owned(),
                    "unknown: No calendar says that somebody of Payments is on call.",
                ),
                (
                    "somebody whose time is over",
                    |d, _| d.on_call[0].until = d.evaluated,
                    "unknown: No calendar says that somebody of Payments is on call.",
                ),
                (
                    "not for long",
                    |_, l| l.gates.on_call.hours = 20,
                    "fail: grace is on call only until 2026-11-12 02:00 UTC; 20 hours are asked for.",
                ),
                (
                    "another one for longer",
                    |d, l| {
                        d.on_call.push(d.on_call[0].clone());
                        d.on_call[1].until = at(9_000);
                        l.gates.on_call.hours = 20;
                    },
                    "pass",
                ),
                (
                    "nobody owns it",
                    |d, _| d.watch.owners.clear(),
                    "unknown: Nobody is known to own service checkout, so nobody is on call for it.",
                ),
            ],
        );
    }
}
