//! It ran in the environment before, for long enough and without an alert.
//!
//! | evidence | finding |
//! |---|---|
//! | the same candidate was deployed to the environment before and ran there for as long as the policy asks for (`hours`), in one piece, and no alert or incident began there in that time (`without_alert`) | pass |
//! | it was not deployed there, or its deployment failed; it ran there for less long; something fired | fail |
//! | nothing tells since when it runs there | unknown |
//! | no environment comes before; it is a rollback to what ran here before | not needed |
//!
//! Which environment comes before stands in the catalog (`after`); where it says that of none, staging comes before
//! production. Deployments of other services do not count. The time ends when the next deployment takes its place there,
//! when it is deployed here, or with the evaluation. Where it was deployed there several times, the best of these counts.

use super::Gate;
use super::brought::{ROLLBACK, duration, list, names};
use super::finding::{Finding, Weighing, begin, named};
use crate::dossier::{Dossier, Piece, RolloutLine};
use crate::node::Outcome;
use crate::policy::{Limits, Soak};
use crate::time::Timestamp;

pub(super) const GATE: Gate = Gate {
    name: "soak",
    title: "It ran in the environment before, for long enough and without an alert",
    version: 2,
    weight: |settings| settings.soak.weight,
    judge,
    source: include_str!("soak.rs"),
};

fn judge(dossier: &Dossier, limits: &Limits) -> Finding {
    let mut weighing = Weighing::new(GATE.name, dossier);
    let Some(before) = &dossier.previous_environment else {
        return weighing.not_needed("No environment is known to come before this one.");
    };
    if dossier.is_rollback && dossier.has_run_there() {
        return weighing.not_needed(ROLLBACK);
    }
    let is_there = |rollout: &&RolloutLine| {
        rollout.environment.as_deref().is_some_and(|name| name.to_lowercase() == before.to_lowercase())
    };
    let there: Vec<&RolloutLine> = dossier.rollouts.iter().filter(is_there).collect();
    let ran = there.iter().copied().filter(|rollout| rollout.piece.outcome == Some(Outcome::Success));
    let until = dossier.moment();
    match ran.max_by_key(|rollout| worth(rollout, until, &limits.gates.soak)) {
        Some(best) => look_at(best, before, until, &limits.gates.soak, &mut weighing),
        None => {
            let fix = format!("Deploy it to {before}. If that has happened, connect the tool that deploys there.");
            let text = match there.first() {
                Some(rollout) => format!("{} to {before} did not succeed.", begin(&rollout.piece)),
                None => format!("{} was not deployed to {before}, as far as is known.", begin(&dossier.candidate)),
            };
            weighing.fail(&dossier.candidate.key, text, &fix);
        }
    }
    weighing.finish()
}

/// By what the best of several is found: whether nothing fired, how long it ran; the key makes it total.
fn worth<'a>(rollout: &'a RolloutLine, until: Timestamp, settings: &Soak) -> (bool, Option<i64>, &'a str) {
    let is_quiet = fired(rollout, until).next().is_none() || !settings.without_alert;
    let seconds = seconds_of(rollout, until);
    let is_long = seconds.is_some_and(|seconds| seconds >= needed(settings));
    (is_quiet && is_long, seconds, &rollout.piece.key)
}

fn look_at(rollout: &RolloutLine, before: &str, until: Timestamp, settings: &Soak, weighing: &mut Weighing<'_>) {
    let key = &rollout.piece.key;
    let Some(seconds) = seconds_of(rollout, until) else {
        let text = format!("Nothing tells since when {} runs in {before}.", named(&rollout.piece));
        return weighing.unknown(key, text, "Let the tool that deploys there tell when it was done.");
    };
    let text = format!("It ran in {before} for {}.", duration(seconds));
    weighing.evidence(&rollout.piece, text, rollout.piece.occurred, &rollout.entries);
    if seconds < needed(settings) {
        let (ran, asked) = (duration(seconds), duration(needed(settings)));
        let text = match rollout.replaced {
            Some(replaced) if replaced <= until => {
                format!(
                    "{} ran in {before} for {ran} until it was replaced; {asked} are asked for.",
                    begin(&rollout.piece)
                )
            }
            Some(_) | None => format!("{} runs in {before} for {ran}; {asked} are asked for.", begin(&rollout.piece)),
        };
        weighing.fail(key, text, &format!("Wait until it has run there for {asked}."));
    }
    let fired = names(fired(rollout, until));
    if settings.without_alert && !fired.is_empty() {
        let fired = list(&fired);
        let text = format!("While {} ran in {before}, this fired: {fired}.", named(&rollout.piece));
        weighing.fail(key, text, "Find out whether it caused that, and let it run there again.");
    }
}

/// What fired there in the time that counts.
fn fired(rollout: &RolloutLine, until: Timestamp) -> impl Iterator<Item = &Piece> {
    rollout.fired.iter().filter(move |piece| piece.occurred.is_none_or(|at| at <= until))
}

/// How long it ran there, in seconds.
fn seconds_of(rollout: &RolloutLine, until: Timestamp) -> Option<i64> {
    let end = rollout.replaced.map_or(until, |replaced| replaced.min(until));
    rollout.piece.occurred.map(|began| end.seconds().saturating_sub(began.seconds()).max(0))
}

fn needed(settings: &Soak) -> i64 {
    i64::from(settings.hours) * 3_600
}

#[cfg(test)]
mod tests {
    use super::GATE;
    use crate::dossier::Piece;
    use crate::gates::testing::{at, check, piece, rollout};
    use crate::node::{NodeKind, Outcome};

    #[test]
    fn it_ran_for_long_enough() {
        check(
            &GATE,
            &[
                ("as it should be", |_, _| {}, "pass"),
                ("exactly so long", |d, _| d.rollouts[0].piece.occurred = Some(at(2_000 - 24 * 60)), "pass"),
                (
                    "not yet",
                    |d, _| d.rollouts[0].piece.occurred = Some(at(2_000 - 300)),
                    "fail: Deployment r1 runs in staging for 5 hours; 24 hours are asked for.",
                ),
                (
                    "replaced too early",
                    |d, _| d.rollouts[0].replaced = Some(at(260)),
                    "fail: Deployment r1 ran in staging for 60 minutes until it was replaced; 24 hours are asked for.",
                ),
                (
                    "replaced, and there once more",
                    |d, _| {
                        d.rollouts[0].replaced = Some(at(260));
                        d.rollouts.push(rollout("r0", "STAGING", 300));
                    },
                    "pass",
                ),
                (
                    "it had already gone out by then",
                    |d, _| d.deployment = Some(rollout("r2", "production", 380)),
                    "fail: Deployment r1 runs in staging for 3 hours; 24 hours are asked for.",
                ),
                (
                    "no time is told",
                    |d, _| d.rollouts[0].piece.occurred = None,
                    "unknown: Nothing tells since when deployment r1 runs in staging.",
                ),
                (
                    "no time is asked for",
                    |d, l| {
                        d.rollouts[0].piece.occurred = Some(at(2_000));
                        l.gates.soak.hours = 0;
                    },
                    "pass",
                ),
            ],
        );
    }

    #[test]
    fn it_was_there_at_all() {
        check(
            &GATE,
            &[
                (
                    "never",
                    |d, _| d.rollouts.clear(),
                    "fail: Artifact checkout:1.8.0 was not deployed to staging, as far as is known.",
                ),
                (
                    "elsewhere",
                    |d, _| d.rollouts[0].environment = Some("test".to_owned()),
                    "fail: Artifact checkout:1.8.0 was not deployed to staging, as far as is known.",
                ),
                (
                    "in vain",
                    |d, _| d.rollouts[0].piece.outcome = Some(Outcome::Failure),
                    "fail: Deployment r1 to staging did not succeed.",
                ),
                (
                    "nothing comes before",
                    |d, _| d.previous_environment = None,
                    "not_needed: No environment is known to come before this one.",
                ),
                (
                    "a rollback",
                    |d, _| {
                        d.rollouts = vec![rollout("r0", "Production", -9_000)];
                        d.is_rollback = true;
                    },
                    "not_needed: It goes back to what ran there before and brings nothing new.",
                ),
                (
                    "older than what runs there, but it never ran there",
                    |d, _| {
                        d.rollouts.clear();
                        d.is_rollback = true;
                    },
                    "fail: Artifact checkout:1.8.0 was not deployed to staging, as far as is known.",
                ),
            ],
        );
    }

    #[test]
    fn nothing_fired() {
        check(
            &GATE,
            &[
                (
                    "an alert",
                    |d, _| d.rollouts[0].fired.push(piece(NodeKind::Alert, "alert:1", "ErrorRateHigh")),
                    "fail: While deployment r1 ran in staging, this fired: ErrorRateHigh.",
                ),
                (
                    "an alert that is not asked about",
                    |d, l| {
                        d.rollouts[0].fired.push(piece(NodeKind::Alert, "alert:1", "ErrorRateHigh"));
                        l.gates.soak.without_alert = false;
                    },
                    "pass",
                ),
                (
                    "an alert after it had gone out",
                    |d, _| {
                        d.deployment = Some(rollout("r2", "production", 1_900));
                        let late = piece(NodeKind::Alert, "alert:1", "ErrorRateHigh");
                        d.rollouts[0].fired.push(Piece { occurred: Some(at(1_950)), ..late });
                    },
                    "pass",
                ),
                (
                    "an alert, and quiet later",
                    |d, _| {
                        d.rollouts[0].fired.push(piece(NodeKind::Alert, "alert:1", "ErrorRateHigh"));
                        d.rollouts.insert(0, rollout("r3", "staging", 500));
                    },
                    "pass",
                ),
            ],
        );
    }
}
