//! The evidence is not too old.
//!
//! | evidence | finding |
//! |---|---|
//! | the newest build, test run and scan that passed on what goes out are no older than the policy allows (`hours`) | pass |
//! | one of them is older | fail |
//! | nothing tells when one of them ended; nothing tells of any | unknown |
//! | it is a rollback to what ran there before, which is old by its nature | not needed |
//!
//! The age is counted up to the deployment, where it has happened, and else up to the evaluation. A sort of which there is
//! none is not asked for here; the gate `built-and-tested` asks for it.

use super::Gate;
use super::brought::duration;
use super::finding::{Finding, Weighing, begin, named};
use crate::dossier::{Dossier, RunLine};
use crate::node::{NodeKind, Outcome};
use crate::policy::Limits;

pub(super) const GATE: Gate = Gate {
    name: "fresh-evidence",
    title: "The evidence is not too old",
    version: 2,
    weight: |settings| settings.fresh_evidence.weight,
    judge,
    source: include_str!("fresh_evidence.rs"),
};

/// The sorts of runs, of each of which the newest is looked at.
const SORTS: [&[NodeKind]; 3] =
    [&[NodeKind::Build, NodeKind::Job, NodeKind::PipelineRun], &[NodeKind::TestRun], &[NodeKind::Scan]];

fn judge(dossier: &Dossier, limits: &Limits) -> Finding {
    let mut weighing = Weighing::new(GATE.name, dossier);
    if dossier.is_rollback && dossier.has_run_there() {
        return weighing.not_needed("It goes back to what ran there before, whose evidence is old by its nature.");
    }
    let mut found = false;
    for sort in SORTS {
        let passed = |run: &&RunLine| {
            run.on_head && run.piece.outcome == Some(Outcome::Success) && sort.contains(&run.piece.kind)
        };
        let when = |run: &RunLine| run.finished.or(run.piece.occurred);
        let newest = dossier
            .runs
            .iter()
            .filter(passed)
            .max_by(|one, other| (when(one), &one.piece.key).cmp(&(when(other), &other.piece.key)));
        if let Some(run) = newest {
            look_at(run, dossier, limits, &mut weighing);
            found = true;
        }
    }
    if !found {
        let text = format!("Nothing tells that anything passed on {}, as it goes out.", named(&dossier.candidate));
        let fix = "Let the pipeline run on it, connect the tool that runs it, or push its results.";
        weighing.unknown(&dossier.candidate.key, text, fix);
    }
    weighing.finish()
}

fn look_at(run: &RunLine, dossier: &Dossier, limits: &Limits, weighing: &mut Weighing<'_>) {
    let key = &run.piece.key;
    let Some(ended) = run.finished.or(run.piece.occurred) else {
        let text = format!("Nothing tells when {} ended.", named(&run.piece));
        return weighing.unknown(key, text, "Let the tool tell when its runs end.");
    };
    let age = dossier.moment().seconds().saturating_sub(ended.seconds());
    weighing.evidence(&run.piece, format!("{} passed.", begin(&run.piece)), Some(ended), &run.entries);
    let allowed = i64::from(limits.gates.fresh_evidence.hours) * 3_600;
    if age > allowed {
        let text =
            format!("{} passed {} ago; at most {} are allowed.", begin(&run.piece), duration(age), duration(allowed));
        weighing.fail(key, text, "Let it run again.");
    }
}

#[cfg(test)]
mod tests {
    use super::GATE;
    use crate::gates::testing::{at, check, rollout, run};
    use crate::node::{NodeKind, Outcome};

    #[test]
    fn evidence_grows_old() {
        check(
            &GATE,
            &[
                ("as it should be", |_, _| {}, "pass"),
                (
                    "too old",
                    |_, l| l.gates.fresh_evidence.hours = 24,
                    "fail: Build checkout-1.8.0 passed 31 hours ago; at most 24 hours are allowed. | Test run unit passed 31 \
                 hours ago; at most 24 hours are allowed.",
                ),
                (
                    "repeated",
                    |d, l| {
                        l.gates.fresh_evidence.hours = 24;
                        d.runs.push(run(NodeKind::TestRun, "t2", "unit", Outcome::Success, at(1_990)));
                    },
                    "fail: Build checkout-1.8.0 passed 31 hours ago; at most 24 hours are allowed.",
                ),
                (
                    "it went out when it was fresh",
                    |d, l| {
                        l.gates.fresh_evidence.hours = 24;
                        d.deployment = Some(rollout("r2", "production", 300));
                    },
                    "pass",
                ),
                (
                    "no time is told",
                    |d, _| {
                        d.runs[0].finished = None;
                        d.runs[0].piece.occurred = None;
                    },
                    "unknown: Nothing tells when build checkout-1.8.0 ended.",
                ),
                (
                    "nothing passed there",
                    |d, _| {
                        d.runs[0].on_head = false;
                        d.runs[1].piece.outcome = Some(Outcome::Failure);
                    },
                    "unknown: Nothing tells that anything passed on artifact checkout:1.8.0, as it goes out.",
                ),
                (
                    "a rollback",
                    |d, l| {
                        l.gates.fresh_evidence.hours = 0;
                        d.is_rollback = true;
                        d.rollouts.push(rollout("r0", "production", -9_000));
                    },
                    "not_needed: It goes back to what ran there before, whose evidence is old by its nature.",
                ),
            ],
        );
    }
}
