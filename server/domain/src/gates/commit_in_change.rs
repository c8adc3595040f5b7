//! Every commit belongs to a pull request.
//!
//! | evidence | finding |
//! |---|---|
//! | each commit that is brought has a link `part_of` to a pull request, of the least class or surer | pass |
//! | a commit has none, only a less sure one, or one to a pull request that was closed without a merge | fail |
//! | nobody has told of the commit itself; the chain of commits is cut; nothing tells which commits are brought | unknown |
//! | it brings no commit; it is a rollback that brings none | not needed |
//!
//! Brought are the commits that the candidate has and that what runs there does not have. Merges and squashed commits
//! count like any other: code hosts say of them which pull request they come from.

use super::Gate;
use super::brought::{counts, is_in_change, nothing_brought, sureness};
use super::finding::{Finding, Weighing, begin, named};
use crate::dossier::{CommitLine, Dossier};
use crate::policy::Limits;

pub(super) const GATE: Gate = Gate {
    name: "commit-in-change",
    title: "Every commit belongs to a pull request",
    version: 2,
    weight: |settings| settings.commit_in_change.weight,
    judge,
    source: include_str!("commit_in_change.rs"),
};

const FIX: &str = "Bring it in by a pull request, or confirm the link where there was one.";

fn judge(dossier: &Dossier, limits: &Limits) -> Finding {
    let mut weighing = Weighing::new(GATE.name, dossier);
    if let Some(why) = nothing_brought(dossier, &mut weighing) {
        return weighing.not_needed(why);
    }
    for commit in &dossier.commits {
        look_at(commit, dossier, limits, &mut weighing);
    }
    weighing.finish()
}

fn look_at(commit: &CommitLine, dossier: &Dossier, limits: &Limits, weighing: &mut Weighing<'_>) {
    let key = &commit.piece.key;
    let sure = commit.changes.iter().find(|tie| counts(tie, limits.least_class));
    if is_in_change(dossier, commit, limits.least_class) {
        let class = sure.map(|tie| sureness(tie.class)).unwrap_or_default();
        let text = format!("{} is part of a pull request ({class}).", begin(&commit.piece));
        weighing.evidence(&commit.piece, text, commit.piece.occurred, &commit.entries);
    } else if sure.is_some() {
        let text = format!("{} is part of a pull request that was given up.", begin(&commit.piece));
        weighing.fail(key, text, FIX);
    } else if let Some(tie) = commit.changes.iter().max_by_key(|tie| tie.class) {
        let text = format!("{} is part of a pull request only by {}.", begin(&commit.piece), sureness(tie.class));
        weighing.fail(key, text, FIX);
    } else if commit.piece.stated {
        weighing.fail(key, format!("{} is in no pull request.", begin(&commit.piece)), FIX);
    } else {
        let text = format!("Nobody has told of {} itself.", named(&commit.piece));
        weighing.unknown(key, text, "Import the repository, or connect its host.");
    }
}

#[cfg(test)]
mod tests {
    use super::GATE;
    use crate::gates::testing::{check, commit, cut, rollout, tie};
    use crate::link::LinkClass;
    use crate::node::Outcome;

    #[test]
    fn each_commit_is_asked_for_its_pull_request() {
        check(
            &GATE,
            &[
                ("as it should be", |_, _| {}, "pass"),
                ("no link", |d, _| d.commits[0].changes.clear(), "fail: Commit c1 is in no pull request."),
                (
                    "a guess",
                    |d, _| d.commits[0].changes = vec![tie("change:42", "part_of", LinkClass::Guessed)],
                    "fail: Commit c1 is part of a pull request only by L0, guessed from text, branch or time.",
                ),
                (
                    "a guess that the policy accepts",
                    |d, l| {
                        d.commits[0].changes = vec![tie("change:42", "part_of", LinkClass::Guessed)];
                        l.least_class = LinkClass::Guessed;
                    },
                    "pass",
                ),
                (
                    "less than the policy asks for",
                    |d, l| {
                        d.commits[0].changes = vec![tie("change:42", "part_of", LinkClass::Declared)];
                        l.least_class = LinkClass::Asserted;
                    },
                    "fail: Commit c1 is part of a pull request only by L1, declared by a person.",
                ),
                (
                    "closed without a merge",
                    |d, _| d.changes[0].piece.outcome = Some(Outcome::Abandoned),
                    "fail: Commit c1 is part of a pull request that was given up.",
                ),
                (
                    "only named by others",
                    |d, _| {
                        d.commits.push(commit("c0"));
                        d.commits[1].changes.clear();
                        d.commits[1].piece.stated = false;
                    },
                    "unknown: Nobody has told of commit c0 itself.",
                ),
                (
                    "cut",
                    |d, _| d.cuts.push(cut("the parent of c1 is not known")),
                    "unknown: The parent of c1 is not known.",
                ),
            ],
        );
    }

    #[test]
    fn nothing_brought_needs_none() {
        check(
            &GATE,
            &[
                (
                    "the same again",
                    |d, _| {
                        d.commits.clear();
                        d.changes.clear();
                    },
                    "not_needed: It brings no commit that what runs there does not have.",
                ),
                (
                    "a rollback",
                    |d, _| {
                        d.commits.clear();
                        d.changes.clear();
                        d.is_rollback = true;
                    },
                    "not_needed: It goes back to what ran there before and brings nothing new.",
                ),
                (
                    "taken for a rollback across a cut, by times alone",
                    |d, _| {
                        d.commits.clear();
                        d.changes.clear();
                        d.is_rollback = true;
                        d.cuts.push(cut("the parent of c1 is not known"));
                    },
                    "unknown: The parent of c1 is not known.",
                ),
                (
                    "a rollback across a cut to what ran there",
                    |d, _| {
                        d.commits.clear();
                        d.changes.clear();
                        d.is_rollback = true;
                        d.cuts.push(cut("the parent of c1 is not known"));
                        d.rollouts.push(rollout("r0", "production", -9_000));
                    },
                    "not_needed: It goes back to what ran there before and brings nothing new.",
                ),
                (
                    "a rollback to a branch with commits of its own",
                    |d, _| {
                        d.is_rollback = true;
                        d.commits[0].changes.clear();
                    },
                    "fail: Commit c1 is in no pull request.",
                ),
                (
                    "the first that is known",
                    |d, _| {
                        d.commits.clear();
                        d.changes.clear();
                        d.replaces = None;
                    },
                    "unknown: Nothing tells which commits artifact checkout:1.8.0 is made from.",
                ),
            ],
        );
    }
}
