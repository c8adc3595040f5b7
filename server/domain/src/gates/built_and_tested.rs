//! Build and tests passed on this very commit.
//!
//! | evidence | finding |
//! |---|---|
//! | of the runs on the newest commit or on an artifact that goes out, a build, job or pipeline run passed (`build`), a test run passed (`tests`), a scan passed (`scan`), and each of the named ones passed (`checks`) | pass |
//! | one of the runs that are asked for failed there, and no later one of the same name passed | fail |
//! | nothing tells of such a run there, or it has not ended | unknown |
//! | it is a rollback to what ran there before, and something of that is not known: it was built and tested when it first went out | not needed |
//!
//! Runs on an earlier commit of the same pull request count nothing. Runs of one kind and name are one after another: the
//! newest of them counts, so a run that was repeated and passed has passed. Runs that were skipped or cancelled say
//! nothing.

use std::collections::BTreeMap;

use super::Gate;
use super::finding::{Finding, Weighing, begin, named, short};
use crate::dossier::{Dossier, RunLine};
use crate::node::{NodeKind, Outcome};
use crate::policy::Limits;
use crate::time::Timestamp;

pub(super) const GATE: Gate = Gate {
    name: "built-and-tested",
    title: "Build and tests passed on this very commit",
    version: 2,
    weight: |settings| settings.built_and_tested.weight,
    judge,
    source: include_str!("built_and_tested.rs"),
};

const FIX: &str =
    "Let the pipeline run on it, connect the tool that runs it, or push its results with `throughline push`.";

/// What is asked for, in words, with the kinds of runs that show it.
const BUILDS: (&str, &[NodeKind]) = ("a build", &[NodeKind::Build, NodeKind::Job, NodeKind::PipelineRun]);
const TESTS: (&str, &[NodeKind]) = ("a test run", &[NodeKind::TestRun]);
const SCANS: (&str, &[NodeKind]) = ("a scan", &[NodeKind::Scan]);

fn judge(dossier: &Dossier, limits: &Limits) -> Finding {
    let mut weighing = Weighing::new(GATE.name, dossier);
    let settings = &limits.gates.built_and_tested;
    let newest = newest_runs(dossier);
    let wanted = [(settings.build, BUILDS), (settings.tests, TESTS), (settings.scan, SCANS)];
    for (_, (words, kinds)) in wanted.into_iter().filter(|(is_wanted, _)| *is_wanted) {
        let runs: Vec<&RunLine> = newest.iter().copied().filter(|run| kinds.contains(&run.piece.kind)).collect();
        look_at(words, &runs, dossier, &mut weighing);
    }
    for check in &settings.checks {
        let is_it = |name: &str| name.to_lowercase() == check.trim().to_lowercase();
        let fits = |run: &&RunLine| is_it(&run.piece.title) || run.piece.reference.as_deref().is_some_and(is_it);
        let runs: Vec<&RunLine> = newest.iter().copied().filter(fits).collect();
        look_at(&format!("'{}'", short(check)), &runs, dossier, &mut weighing);
    }
    weighing.finish_or_rolled_back()
}

/// Of the runs on what goes out, the newest of each kind and name.
fn newest_runs(dossier: &Dossier) -> Vec<&RunLine> {
    let mut newest: BTreeMap<(NodeKind, &str), &RunLine> = BTreeMap::new();
    for run in dossier.runs.iter().filter(|run| run.on_head && run.piece.outcome != Some(Outcome::Abandoned)) {
        let place = newest.entry((run.piece.kind, run.piece.title.as_str())).or_insert(run);
        if order(place) < order(run) {
            *place = run;
        }
    }
    newest.into_values().collect()
}

/// By what runs of one name are in order; the key makes it total.
fn order(run: &RunLine) -> (Option<Timestamp>, &str) {
    (run.finished.or(run.piece.occurred), &run.piece.key)
}

fn look_at(words: &str, runs: &[&RunLine], dossier: &Dossier, weighing: &mut Weighing<'_>) {
    let mut has_passed = false;
    let mut has_failed = false;
    for run in runs {
        match run.piece.outcome {
            Some(Outcome::Success) => {
                let result = run.result.as_deref().map(|result| format!(": {}", short(result))).unwrap_or_default();
                let text = format!("{} passed{result}.", begin(&run.piece));
                weighing.evidence(&run.piece, text, run.finished.or(run.piece.occurred), &run.entries);
                has_passed = true;
            }
            Some(Outcome::Failure) => {
                let result = run.result.as_deref().map(|result| format!(": {}", short(result))).unwrap_or_default();
                let text = format!("{} failed on {}{result}.", begin(&run.piece), named(&dossier.candidate));
                weighing.fail(&run.piece.key, text, "Mend it, and let it run again.");
                has_failed = true;
            }
            Some(Outcome::Pending | Outcome::Running) => {
                weighing.unknown(&run.piece.key, format!("{} has not ended.", begin(&run.piece)), "Wait for it.");
                has_failed = true;
            }
            Some(Outcome::Abandoned) | None => {}
        }
    }
    if !has_passed && !has_failed {
        let text = format!("Nothing tells that {words} passed on {}, as it goes out.", named(&dossier.candidate));
        weighing.unknown(&dossier.candidate.key, text, FIX);
    }
}

#[cfg(test)]
mod tests {
    use super::GATE;
    use crate::gates::testing::{at, check, rollout, run};
    use crate::node::{NodeKind, Outcome};

    #[test]
    fn build_and_tests_have_to_pass_there() {
        check(
            &GATE,
            &[
                ("as it should be", |_, _| {}, "pass"),
                (
                    "nothing ran",
                    |d, _| d.runs.clear(),
                    "unknown: Nothing tells that a build passed on artifact checkout:1.8.0, as it goes out. \
                 | Nothing tells that a test run passed on artifact checkout:1.8.0, as it goes out.",
                ),
                (
                    "only on an earlier commit",
                    |d, _| d.runs[1].on_head = false,
                    "unknown: Nothing tells that a test run passed on artifact checkout:1.8.0, as it goes out.",
                ),
                (
                    "failed",
                    |d, _| {
                        d.runs[1].piece.outcome = Some(Outcome::Failure);
                        d.runs[1].result = Some("127 passed, 1 failed".to_owned());
                    },
                    "fail: Test run unit failed on artifact checkout:1.8.0: 127 passed, 1 failed.",
                ),
                (
                    "not ended",
                    |d, _| d.runs[0].piece.outcome = Some(Outcome::Running),
                    "unknown: Build checkout-1.8.0 has not ended.",
                ),
                (
                    "no outcome told",
                    |d, _| d.runs[0].piece.outcome = None,
                    "unknown: Nothing tells that a build passed on artifact checkout:1.8.0, as it goes out.",
                ),
                (
                    "tests are not asked for",
                    |d, l| {
                        d.runs.truncate(1);
                        l.gates.built_and_tested.tests = false;
                    },
                    "pass",
                ),
                (
                    "a scan is asked for",
                    |_, l| l.gates.built_and_tested.scan = true,
                    "unknown: Nothing tells that a scan passed on artifact checkout:1.8.0, as it goes out.",
                ),
            ],
        );
    }

    #[test]
    fn the_newest_of_a_name_counts() {
        check(
            &GATE,
            &[
                (
                    "failed, and passed again",
                    |d, _| d.runs.push(run(NodeKind::TestRun, "t0", "unit", Outcome::Failure, at(20))),
                    "pass",
                ),
                (
                    "passed, and failed again",
                    |d, _| d.runs.push(run(NodeKind::TestRun, "t2", "unit", Outcome::Failure, at(200))),
                    "fail: Test run unit failed on artifact checkout:1.8.0.",
                ),
                (
                    "another one failed",
                    |d, _| d.runs.push(run(NodeKind::TestRun, "t2", "browser", Outcome::Failure, at(20))),
                    "fail: Test run browser failed on artifact checkout:1.8.0.",
                ),
                (
                    "another one was skipped",
                    |d, _| d.runs.push(run(NodeKind::TestRun, "t2", "browser", Outcome::Abandoned, at(20))),
                    "pass",
                ),
            ],
        );
    }

    #[test]
    fn named_checks_and_rollbacks() {
        check(
            &GATE,
            &[
                ("a check that passed", |_, l| l.gates.built_and_tested.checks = vec!["Unit".to_owned()], "pass"),
                (
                    "a check that is missing",
                    |_, l| l.gates.built_and_tested.checks = vec!["end-to-end".to_owned()],
                    "unknown: Nothing tells that 'end-to-end' passed on artifact checkout:1.8.0, as it goes out.",
                ),
                (
                    "a rollback of long ago",
                    |d, _| {
                        d.runs.clear();
                        d.is_rollback = true;
                        d.rollouts.push(rollout("r0", "production", -9_000));
                    },
                    "not_needed: It goes back to what ran there before and brings nothing new.",
                ),
                (
                    "older than what runs there, but it never ran there",
                    |d, _| {
                        d.runs.truncate(1);
                        d.is_rollback = true;
                        d.rollouts.push(rollout("r0", "test", -9_000));
                    },
                    "unknown: Nothing tells that a test run passed on artifact checkout:1.8.0, as it goes out.",
                ),
                (
                    "a rollback to what had failed",
                    |d, _| {
                        d.is_rollback = true;
                        d.runs[1].piece.outcome = Some(Outcome::Failure);
                    },
                    "fail: Test run unit failed on artifact checkout:1.8.0: 128 passed.",
                ),
            ],
        );
    }
}
