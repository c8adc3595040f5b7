//! What goes out is what was tested, bit for bit.
//!
//! | evidence | finding |
//! |---|---|
//! | a test run that passed names each artifact that goes out by its digest | pass |
//! | with `by = "build"`: a build or run that passed made exactly this digest, by a link of the least class or surer, and the tests passed on the commit that it is made from | pass |
//! | the build that made it failed; the environment before ran another digest; what was deployed is not what was asked for | fail |
//! | no artifact or no digest is known; nothing tells of the tests or of the build | unknown |
//! | it is a rollback to what ran there before, and something of that is not known | not needed |
//!
//! A version or a tag says nothing here: it can be moved. Digests are compared, and nothing else.

use super::Gate;
use super::brought::{counts, list, names};
use super::finding::{Finding, Weighing, begin, named};
use crate::dossier::{ArtifactLine, Dossier, RolloutLine, RunLine};
use crate::key::Key;
use crate::node::{NodeKind, Outcome};
use crate::policy::{Limits, TestedBy};

pub(super) const GATE: Gate = Gate {
    name: "tested-artifact",
    title: "What goes out is what was tested, bit for bit",
    version: 2,
    weight: |settings| settings.tested_artifact.weight,
    judge,
    source: include_str!("tested_artifact.rs"),
};

const FIX: &str = "Push the results of tests with the digest, or let the build say what it made.";

fn judge(dossier: &Dossier, limits: &Limits) -> Finding {
    let mut weighing = Weighing::new(GATE.name, dossier);
    if dossier.artifacts.is_empty() {
        let text = format!("Nothing tells by a digest what {} is.", named(&dossier.candidate));
        weighing.unknown(&dossier.candidate.key, text, "Deploy by digest, or let the registry tell what it holds.");
    }
    for artifact in &dossier.artifacts {
        look_at(artifact, dossier, limits, &mut weighing);
    }
    let before = dossier.rollouts.iter().filter(|rollout| is_before(rollout, dossier));
    for rollout in before.chain(&dossier.deployment) {
        compare(rollout, dossier, &mut weighing);
    }
    weighing.finish_or_rolled_back()
}

fn look_at(artifact: &ArtifactLine, dossier: &Dossier, limits: &Limits, weighing: &mut Weighing<'_>) {
    let key = &artifact.piece.key;
    let Some(digest) = &artifact.digest else {
        let text =
            format!("{} has no digest, so nobody can say whether it is what was tested.", begin(&artifact.piece));
        return weighing.unknown(key, text, "Deploy by digest, or let the registry tell what it holds.");
    };
    if let Some(test) = passed_on(dossier, key) {
        let text = format!("{} passed on {digest}.", begin(&test.piece));
        return weighing.evidence(&test.piece, text, test.finished, &test.entries);
    }
    match limits.gates.tested_artifact.by {
        TestedBy::Digest => {
            let text = format!("No test run that passed names the digest of {}.", named(&artifact.piece));
            weighing.unknown(key, text, FIX);
        }
        TestedBy::Build => by_build(artifact, dossier, limits, weighing),
    }
}

/// By the build that made the digest, and the tests on the commit.
fn by_build(artifact: &ArtifactLine, dossier: &Dossier, limits: &Limits, weighing: &mut Weighing<'_>) {
    let key = &artifact.piece.key;
    let sure = artifact.produced_by.iter().filter(|tie| counts(tie, limits.least_class));
    let makers: Vec<&RunLine> =
        sure.filter_map(|tie| dossier.runs.iter().find(|run| run.piece.key == tie.to)).collect();
    let Some(maker) = makers.iter().find(|run| run.piece.outcome == Some(Outcome::Success)) else {
        return match makers.iter().find(|run| run.piece.outcome == Some(Outcome::Failure)) {
            Some(failed) => {
                let text = format!("{} was made by {}, which failed.", begin(&artifact.piece), named(&failed.piece));
                weighing.fail(key, text, "Build it again, and send out what that build makes.");
            }
            None => {
                let text = format!("Nothing tells which build that passed made {}.", named(&artifact.piece));
                weighing.unknown(key, text, FIX);
            }
        };
    };
    match artifact.commits.iter().find_map(|commit| passed_on(dossier, commit)) {
        Some(test) => {
            let text = format!("{} made it, and {} passed on its commit.", begin(&maker.piece), named(&test.piece));
            weighing.evidence(&maker.piece, text, maker.finished, &maker.entries);
            weighing.evidence(&test.piece, format!("{} passed.", begin(&test.piece)), test.finished, &test.entries);
        }
        None => {
            let text = format!("No test run passed on the commit that {} is made from.", named(&artifact.piece));
            weighing.unknown(key, text, FIX);
        }
    }
}

/// Checks that a deployment deployed none but the artifacts that go out.
fn compare(rollout: &RolloutLine, dossier: &Dossier, weighing: &mut Weighing<'_>) {
    let is_known = |key: &&String| dossier.artifacts.iter().any(|artifact| artifact.piece.key == **key);
    let deployed: Vec<&String> = rollout.deploys.iter().filter(|key| is_artifact(key)).collect();
    if dossier.artifacts.is_empty() || deployed.iter().all(is_known) {
        return;
    }
    let place = rollout.environment.as_deref().unwrap_or("the environment");
    let out = list(&names(dossier.artifacts.iter().map(|artifact| &artifact.piece)));
    let text = format!("{} brought another artifact to {place} than {out}.", begin(&rollout.piece));
    weighing.fail(&rollout.piece.key, text, "Send out the artifact that ran there, by its digest.");
}

/// A test run that passed on that commit or artifact.
fn passed_on<'a>(dossier: &'a Dossier, key: &str) -> Option<&'a RunLine> {
    let is_test = |run: &&RunLine| run.piece.kind == NodeKind::TestRun && run.piece.outcome == Some(Outcome::Success);
    dossier.runs.iter().filter(is_test).find(|run| run.on.iter().any(|on| on == key))
}

fn is_before(rollout: &RolloutLine, dossier: &Dossier) -> bool {
    let names = rollout.environment.as_ref().zip(dossier.previous_environment.as_ref());
    names.is_some_and(|(one, other)| one.to_lowercase() == other.to_lowercase())
}

fn is_artifact(key: &str) -> bool {
    Key::parse(key).is_ok_and(|key| key.kind() == NodeKind::Artifact)
}

#[cfg(test)]
mod tests {
    use super::GATE;
    use crate::gates::testing::{artifact_key, check, rollout};
    use crate::link::LinkClass;
    use crate::node::Outcome;
    use crate::policy::TestedBy;

    #[test]
    fn tests_name_the_digest_or_the_build_that_made_it() {
        check(
            &GATE,
            &[
                ("tested itself", |_, _| {}, "pass"),
                (
                    "tested itself, and nothing else counts",
                    |_, l| l.gates.tested_artifact.by = TestedBy::Digest,
                    "pass",
                ),
                ("by its build", |d, _| d.runs[1].on = vec!["commit:c1".to_owned()], "pass"),
                (
                    "by its build, and only the digest counts",
                    |d, l| {
                        d.runs[1].on = vec!["commit:c1".to_owned()];
                        l.gates.tested_artifact.by = TestedBy::Digest;
                    },
                    "unknown: No test run that passed names the digest of artifact checkout:1.8.0.",
                ),
                (
                    "the tests failed",
                    |d, _| d.runs[1].piece.outcome = Some(Outcome::Failure),
                    "unknown: No test run passed on the commit that artifact checkout:1.8.0 is made from.",
                ),
                (
                    "the build is a guess",
                    |d, _| {
                        d.runs[1].on = vec!["commit:c1".to_owned()];
                        d.artifacts[0].produced_by[0].class = LinkClass::Guessed;
                    },
                    "unknown: Nothing tells which build that passed made artifact checkout:1.8.0.",
                ),
                (
                    "the build failed",
                    |d, _| {
                        d.runs[1].on = vec!["commit:c1".to_owned()];
                        d.runs[0].piece.outcome = Some(Outcome::Failure);
                    },
                    "fail: Artifact checkout:1.8.0 was made by build checkout-1.8.0, which failed.",
                ),
                (
                    "another commit was tested",
                    |d, _| d.runs[1].on = vec!["commit:c0".to_owned()],
                    "unknown: No test run passed on the commit that artifact checkout:1.8.0 is made from.",
                ),
                (
                    "no digest",
                    |d, _| d.artifacts[0].digest = None,
                    "unknown: Artifact checkout:1.8.0 has no digest, so nobody can say whether it is what was tested.",
                ),
                (
                    "no artifact",
                    |d, _| d.artifacts.clear(),
                    "unknown: Nothing tells by a digest what artifact checkout:1.8.0 is.",
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
            ],
        );
    }

    #[test]
    fn nothing_else_was_deployed() {
        check(
            &GATE,
            &[
                (
                    "another digest in staging",
                    |d, _| d.rollouts[0].deploys = vec![artifact_key("b2")],
                    "fail: Deployment r1 brought another artifact to staging than checkout:1.8.0.",
                ),
                (
                    "another digest elsewhere",
                    |d, _| {
                        d.rollouts[0].environment = Some("test".to_owned());
                        d.rollouts[0].deploys = vec![artifact_key("b2")];
                    },
                    "pass",
                ),
                ("a release in staging", |d, _| d.rollouts[0].deploys = vec!["release:1.8".to_owned()], "pass"),
                (
                    "another digest went out",
                    |d, _| {
                        d.deployment = Some(rollout("r2", "production", 1_900));
                        d.deployment.as_mut().unwrap().deploys.push(artifact_key("b2"));
                    },
                    "fail: Deployment r2 brought another artifact to production than checkout:1.8.0.",
                ),
            ],
        );
    }
}
