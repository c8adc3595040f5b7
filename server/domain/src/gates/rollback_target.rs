//! It is known what to go back to.
//!
//! | evidence | finding |
//! |---|---|
//! | what runs there now was deployed with success, and it is known what that deployment brought | pass |
//! | nothing ran there before, as far as is known; what runs there was not deployed with success | fail |
//! | it is not known what the deployment before brought, or how it ended | unknown |
//!
//! The first deployment of a service has nothing to go back to: let somebody answer for a waiver. A rollback is asked the
//! same: it may have to be undone as well.

use super::Gate;
use super::finding::{Finding, Weighing, begin, named};
use crate::dossier::Dossier;
use crate::node::Outcome;
use crate::policy::Limits;

pub(super) const GATE: Gate = Gate {
    name: "rollback-target",
    title: "It is known what to go back to",
    version: 1,
    weight: |settings| settings.rollback_target.weight,
    judge,
    source: include_str!("rollback_target.rs"),
};

fn judge(dossier: &Dossier, _: &Limits) -> Finding {
    let mut weighing = Weighing::new(GATE.name, dossier);
    let Some(replaced) = &dossier.replaces else {
        let text = format!("Nothing is known to run in {} that one could go back to.", named(&dossier.environment));
        let fix = "If this is the first deployment, waive the gate; else let the tool tell of the one before.";
        weighing.fail(&dossier.environment.key, text, fix);
        return weighing.finish();
    };
    let (key, name) = (&replaced.piece.key, begin(&replaced.piece));
    match replaced.piece.outcome {
        Some(Outcome::Success) if replaced.deploys.is_empty() => {
            let text = format!("Nothing tells what {} brought.", named(&replaced.piece));
            weighing.unknown(key, text, "Deploy by digest, or name the version when you deploy.");
        }
        Some(Outcome::Success) => {
            let text = format!("{name} is what one goes back to.");
            weighing.evidence(&replaced.piece, text, replaced.piece.occurred, &replaced.entries);
        }
        Some(Outcome::Failure | Outcome::Abandoned) => {
            let text = format!("{name} runs there and did not succeed itself.");
            weighing.fail(key, text, "Say in a waiver what you would go back to.");
        }
        Some(Outcome::Pending | Outcome::Running) | None => {
            let text = format!("Nothing tells how {} ended.", named(&replaced.piece));
            weighing.unknown(key, text, "Let the tool that deploys tell how deployments end.");
        }
    }
    weighing.finish()
}

#[cfg(test)]
mod tests {
    use super::GATE;
    use crate::gates::testing::check;
    use crate::node::Outcome;

    #[test]
    fn there_is_something_to_go_back_to() {
        check(
            &GATE,
            &[
                ("as it should be", |_, _| {}, "pass"),
                (
                    "nothing",
                    |d, _| d.replaces = None,
                    "fail: Nothing is known to run in environment production that one could go back to.",
                ),
                (
                    "something unknown",
                    |d, _| d.replaces.as_mut().unwrap().deploys.clear(),
                    "unknown: Nothing tells what deployment r9 brought.",
                ),
                (
                    "something that failed",
                    |d, _| d.replaces.as_mut().unwrap().piece.outcome = Some(Outcome::Failure),
                    "fail: Deployment r9 runs there and did not succeed itself.",
                ),
                (
                    "something that is not over",
                    |d, _| d.replaces.as_mut().unwrap().piece.outcome = Some(Outcome::Running),
                    "unknown: Nothing tells how deployment r9 ended.",
                ),
                ("a rollback", |d, _| d.is_rollback = true, "pass"),
            ],
        );
    }
}
