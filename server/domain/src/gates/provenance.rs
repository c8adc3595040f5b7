//! It is known where the artifact comes from.
//!
//! | evidence | finding |
//! |---|---|
//! | for each artifact that goes out, links say from which commit and by which build it was made, of the class that the policy asks for (`class`, by default L2) or surer | pass |
//! | such links are less sure | fail |
//! | there are none; no artifact is known | unknown |
//! | it is a rollback to what ran there before, and something of that is not known | not needed |
//!
//! L2 is what a tool or an attestation asserts. L3 is proved: by a signature of a signer whom the catalog names, or by an
//! equal digest.

use super::Gate;
use super::brought::sureness;
use super::finding::{Finding, Weighing, named};
use crate::dossier::Dossier;
use crate::policy::Limits;

pub(super) const GATE: Gate = Gate {
    name: "provenance",
    title: "It is known where the artifact comes from",
    version: 2,
    weight: |settings| settings.provenance.weight,
    judge,
    source: include_str!("provenance.rs"),
};

const FIX: &str = "Push the build's provenance, signed where the policy asks for L3.";

fn judge(dossier: &Dossier, limits: &Limits) -> Finding {
    let mut weighing = Weighing::new(GATE.name, dossier);
    let asked = limits.gates.provenance.class;
    if dossier.artifacts.is_empty() {
        let text = format!("Nothing tells by a digest what {} is.", named(&dossier.candidate));
        weighing.unknown(&dossier.candidate.key, text, "Deploy by digest, or let the registry tell what it holds.");
    }
    for artifact in &dossier.artifacts {
        let key = &artifact.piece.key;
        match artifact.provenance {
            Some(class) if class >= asked => {
                let text = format!("The origin of {} is known ({}).", named(&artifact.piece), sureness(class));
                weighing.evidence(&artifact.piece, text, artifact.piece.occurred, &artifact.entries);
            }
            Some(class) => {
                let text = format!(
                    "The origin of {} is known only as {}; {} is asked for.",
                    named(&artifact.piece),
                    sureness(class),
                    asked.word()
                );
                weighing.fail(key, text, FIX);
            }
            None => weighing.unknown(key, format!("Nothing tells where {} comes from.", named(&artifact.piece)), FIX),
        }
    }
    weighing.finish_or_rolled_back()
}

#[cfg(test)]
mod tests {
    use super::GATE;
    use crate::gates::testing::{check, rollout};
    use crate::link::LinkClass;

    #[test]
    fn the_origin_is_sure_enough() {
        check(
            &GATE,
            &[
                ("as it should be", |_, _| {}, "pass"),
                (
                    "proved is asked for",
                    |_, l| l.gates.provenance.class = LinkClass::Cryptographic,
                    "fail: The origin of artifact checkout:1.8.0 is known only as L2, asserted by the tool; L3 is asked for.",
                ),
                (
                    "proved",
                    |d, l| {
                        d.artifacts[0].provenance = Some(LinkClass::Cryptographic);
                        l.gates.provenance.class = LinkClass::Cryptographic;
                    },
                    "pass",
                ),
                (
                    "guessed",
                    |d, _| d.artifacts[0].provenance = Some(LinkClass::Guessed),
                    "fail: The origin of artifact checkout:1.8.0 is known only as L0, guessed from text, branch or time; L2 is \
                 asked for.",
                ),
                (
                    "none",
                    |d, _| d.artifacts[0].provenance = None,
                    "unknown: Nothing tells where artifact checkout:1.8.0 comes from.",
                ),
                (
                    "no artifact",
                    |d, _| d.artifacts.clear(),
                    "unknown: Nothing tells by a digest what artifact checkout:1.8.0 is.",
                ),
                (
                    "a rollback",
                    |d, _| {
                        d.artifacts[0].provenance = None;
                        d.is_rollback = true;
                        d.rollouts.push(rollout("r0", "production", -9_000));
                    },
                    "not_needed: It goes back to what ran there before and brings nothing new.",
                ),
            ],
        );
    }
}
