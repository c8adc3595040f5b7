//! Some of the error budget is left.
//!
//! | evidence | finding |
//! |---|---|
//! | more of it is left than the policy asks for (`percent`, by default 0), and that was said within `hours` | pass |
//! | no more than that is left | fail |
//! | nobody has said what is left, it is no number, or it was said too long ago | unknown |
//! | it is a rollback, which is meant to save what is left | not needed |
//!
//! Whoever computes the budget pushes it as a fact: the attribute `error_budget` of the service, in percent of the whole.

use super::Gate;
use super::brought::duration;
use super::finding::{Finding, Weighing, named, short};
use crate::dossier::{Budget, Dossier, Piece};
use crate::policy::{ErrorBudget, Limits};

pub(super) const GATE: Gate = Gate {
    name: "error-budget",
    title: "Some of the error budget is left",
    version: 1,
    weight: |settings| settings.error_budget.weight,
    judge,
    source: include_str!("error_budget.rs"),
};

const FIX: &str = "Push what is left of it as a fact, in percent.";

fn judge(dossier: &Dossier, limits: &Limits) -> Finding {
    let mut weighing = Weighing::new(GATE.name, dossier);
    if dossier.is_rollback {
        return weighing.not_needed("A rollback may go out whatever is left: it is meant to save it.");
    }
    let piece = dossier.service.as_ref().unwrap_or(&dossier.candidate);
    match &dossier.watch.error_budget {
        Some(budget) => look_at(budget, piece, dossier, &limits.gates.error_budget, &mut weighing),
        None => {
            let text = format!("Nobody has said what is left of the error budget of {}.", named(piece));
            weighing.unknown(&piece.key, text, FIX);
        }
    }
    weighing.finish()
}

fn look_at(budget: &Budget, piece: &Piece, dossier: &Dossier, settings: &ErrorBudget, weighing: &mut Weighing<'_>) {
    let percent = budget.percent.trim().trim_end_matches('%').trim_end();
    let text = format!("{}% of the error budget of {} are left.", short(percent), named(piece));
    weighing.add(piece.key.clone(), text, budget.at, vec![budget.entry]);
    let Some(left) = percent.parse::<f64>().ok().filter(|left| left.is_finite()) else {
        let text = format!("What is left of the error budget of {}, '{}', is no number.", named(piece), short(percent));
        return weighing.unknown(&piece.key, text, FIX);
    };
    if let Some(at) = budget.at {
        let age = dossier.moment().seconds().saturating_sub(at.seconds());
        if age > i64::from(settings.hours) * 3_600 {
            let text = format!("What is left of the error budget of {} was said {} ago.", named(piece), duration(age));
            return weighing.unknown(&piece.key, text, FIX);
        }
    }
    if left <= f64::from(settings.percent) {
        let text = format!(
            "{}% of the error budget of {} are left; more than {}% are asked for.",
            short(percent),
            named(piece),
            settings.percent
        );
        weighing.fail(&piece.key, text, "Make it steadier first, or let somebody answer for a waiver.");
    }
}

#[cfg(test)]
mod tests {
    use super::GATE;
    use crate::dossier::Dossier;
    use crate::gates::testing::{at, check};

    fn left(dossier: &mut Dossier, percent: &str) {
        dossier.watch.error_budget.as_mut().unwrap().percent = percent.to_owned();
    }

    #[test]
    fn enough_is_left() {
        check(
            &GATE,
            &[
                ("as it should be", |_, _| {}, "pass"),
                ("hardly", |d, _| left(d, "0.1"), "pass"),
                ("with its sign", |d, _| left(d, " 12.5 % "), "pass"),
                (
                    "nothing",
                    |d, _| left(d, "0"),
                    "fail: 0% of the error budget of service checkout are left; more than 0% are asked for.",
                ),
                (
                    "overspent",
                    |d, _| left(d, "-3.5"),
                    "fail: -3.5% of the error budget of service checkout are left; more than 0% are asked for.",
                ),
                (
                    "less than asked for",
                    |_, l| l.gates.error_budget.percent = 50,
                    "fail: 40% of the error budget of service checkout are left; more than 50% are asked for.",
                ),
                (
                    "a rollback",
                    |d, _| {
                        left(d, "0");
                        d.is_rollback = true;
                    },
                    "not_needed: A rollback may go out whatever is left: it is meant to save it.",
                ),
            ],
        );
    }

    #[test]
    fn what_is_not_said_is_unknown() {
        check(
            &GATE,
            &[
                (
                    "never",
                    |d, _| d.watch.error_budget = None,
                    "unknown: Nobody has said what is left of the error budget of service checkout.",
                ),
                (
                    "no number",
                    |d, _| left(d, "plenty"),
                    "unknown: What is left of the error budget of service checkout, 'plenty', is no number.",
                ),
                (
                    "no number that counts",
                    |d, _| left(d, "inf"),
                    "unknown: What is left of the error budget of service checkout, 'inf', is no number.",
                ),
                (
                    "too long ago",
                    |d, _| d.watch.error_budget.as_mut().unwrap().at = Some(at(2_000 - 25 * 60)),
                    "unknown: What is left of the error budget of service checkout was said 25 hours ago.",
                ),
                ("at no time", |d, _| d.watch.error_budget.as_mut().unwrap().at = None, "pass"),
            ],
        );
    }
}
