//! Every pull request is approved by somebody else, after the last push.
//!
//! | evidence | finding |
//! |---|---|
//! | as many people as the policy asks for (`approvals`, by default 1) approved each pull request after the last push to it, none of whom opened it or wrote one of its commits | pass |
//! | nobody approved it; only its authors did; the approvals are older than the last push; a commit is in no pull request | fail |
//! | nobody has told of the pull request itself, or who wrote it; an approval has no time and there was a push; a commit is younger than the approval and nothing told of the push that brought it; the chain is cut | unknown |
//! | it brings no commit; it is a rollback that brings none | not needed |
//!
//! One person is known by several logins where the catalog says so; where it does not, the names are compared. An
//! approval that was taken back or dismissed is none. Who merged it is not asked: merging is no approval.

use super::Gate;
use super::brought::{counted_changes, is_in_change, list, nothing_brought};
use super::finding::{Finding, Weighing, begin, named, short};
use crate::dossier::{Approval, ChangeLine, Dossier, Who};
use crate::policy::Limits;

pub(super) const GATE: Gate = Gate {
    name: "four-eyes",
    title: "Every pull request is approved by somebody else, after the last push",
    version: 2,
    weight: |settings| settings.four_eyes.weight,
    judge,
    source: include_str!("four_eyes.rs"),
};

const FIX: &str = "Let somebody who did not write it approve it as it is now.";

fn judge(dossier: &Dossier, limits: &Limits) -> Finding {
    let mut weighing = Weighing::new(GATE.name, dossier);
    if let Some(why) = nothing_brought(dossier, &mut weighing) {
        return weighing.not_needed(why);
    }
    for commit in dossier.commits.iter().filter(|commit| !is_in_change(dossier, commit, limits.least_class)) {
        let text = format!("{} is surely in no pull request, so nobody has approved it.", begin(&commit.piece));
        weighing.fail(&commit.piece.key, text, FIX);
    }
    for change in counted_changes(dossier, limits.least_class) {
        look_at(change, dossier, limits, &mut weighing);
    }
    weighing.finish()
}

fn look_at(change: &ChangeLine, dossier: &Dossier, limits: &Limits, weighing: &mut Weighing<'_>) {
    let key = &change.piece.key;
    if !change.piece.stated {
        let text = format!("Nobody has told of {} itself.", named(&change.piece));
        return weighing.unknown(key, text, "Connect the code host, or read its history with `throughline backfill`.");
    }
    let wrote: Vec<&Who> =
        change.authors.iter().chain(dossier.commits_of(change).flat_map(|commit| &commit.authors)).collect();
    if wrote.is_empty() {
        let text = format!("Nothing tells who wrote {}.", named(&change.piece));
        return weighing.unknown(key, text, "Read its history with `throughline backfill`.");
    }
    let (own, others): (Vec<&Approval>, Vec<&Approval>) =
        change.approvals.iter().partition(|approval| wrote.iter().any(|who| who.is(&approval.by)));
    if others.is_empty() {
        let text = match own.first() {
            Some(own) => format!("Only {}, who wrote of it, approved {}.", short(&own.by.name), named(&change.piece)),
            None => format!("Nobody approved {}.", named(&change.piece)),
        };
        return weighing.fail(key, text, FIX);
    }
    let mut sorted = Sorted::default();
    for approval in others {
        sorted.take(approval, change, dossier);
    }
    sorted.tell(change, limits.gates.four_eyes.approvals, weighing);
}

/// The approvals of others, by what they are worth. One person counts once.
#[derive(Default)]
struct Sorted<'a> {
    good: Vec<&'a Approval>,
    unsure: Vec<(&'a Approval, &'static str)>,
    late: Vec<&'a Approval>,
}

impl<'a> Sorted<'a> {
    fn take(&mut self, approval: &'a Approval, change: &ChangeLine, dossier: &Dossier) {
        if self.good.iter().any(|good| good.by.is(&approval.by)) {
            return;
        }
        match (approval.at, change.last_push) {
            (Some(at), Some(push)) if at < push => self.late.push(approval),
            (Some(at), _) if dossier.has_untold_commit(change, at) => {
                self.unsure.push((approval, "a commit is younger, and nothing told of its push"));
            }
            (Some(_), _) | (None, None) => self.good.push(approval),
            (None, Some(_)) => self.unsure.push((approval, "nothing tells when, and there was a push")),
        }
    }

    fn tell(&self, change: &ChangeLine, needed: u32, weighing: &mut Weighing<'_>) {
        for approval in &self.good {
            let text = format!("{} approved {}.", short(&approval.by.name), named(&change.piece));
            weighing.evidence(&change.piece, text, approval.at, &change.entries);
        }
        let needed = usize::try_from(needed).unwrap_or(usize::MAX);
        if self.good.len() >= needed {
            return;
        }
        let key = &change.piece.key;
        if let Some((approval, why)) = self.unsure.first().filter(|_| self.good.len() + self.unsure.len() >= needed) {
            let text = format!("{} approved {}, but {why}.", short(&approval.by.name), named(&change.piece));
            return weighing.unknown(key, text, FIX);
        }
        let text = match (self.late.is_empty(), self.good.len()) {
            (false, 0) => {
                let who: Vec<String> = self.late.iter().map(|approval| short(&approval.by.name)).collect();
                format!("{} approved {} before the last push to it.", list(&who), named(&change.piece))
            }
            (_, good) => format!("{good} of {needed} people approved {} as it is.", named(&change.piece)),
        };
        weighing.fail(key, text, FIX);
    }
}

#[cfg(test)]
mod tests {
    use super::GATE;
    use crate::gates::testing::{approval, at, check, commit, cut, tie, who};
    use crate::link::LinkClass;

    #[test]
    fn somebody_else_has_to_approve() {
        check(
            &GATE,
            &[
                ("as it should be", |_, _| {}, "pass"),
                (
                    "nobody",
                    |d, _| d.changes[0].approvals.clear(),
                    "fail: Nobody approved pull request acme/checkout#42.",
                ),
                (
                    "the one who opened it",
                    |d, _| d.changes[0].approvals = vec![approval("ada", 60)],
                    "fail: Only ada, who wrote of it, approved pull request acme/checkout#42.",
                ),
                (
                    "the one who opened it, in other letters",
                    |d, _| d.changes[0].approvals = vec![approval("Ada", 60)],
                    "fail: Only Ada, who wrote of it, approved pull request acme/checkout#42.",
                ),
                (
                    "one who wrote a commit of it",
                    |d, _| d.commits[0].authors.push(who("grace")),
                    "fail: Only grace, who wrote of it, approved pull request acme/checkout#42.",
                ),
                (
                    "the same person by another login",
                    |d, _| {
                        d.changes[0].approvals = vec![approval("a.lovelace", 60)];
                        d.changes[0].approvals[0].by.key = Some("person:ada".to_owned());
                        d.changes[0].authors[0].key = Some("person:ada".to_owned());
                    },
                    "fail: Only a.lovelace, who wrote of it, approved pull request acme/checkout#42.",
                ),
                (
                    "two are needed",
                    |_, l| l.gates.four_eyes.approvals = 2,
                    "fail: 1 of 2 people approved pull request acme/checkout#42 as it is.",
                ),
                (
                    "one person twice",
                    |d, l| {
                        d.changes[0].approvals.push(approval("Grace", 70));
                        l.gates.four_eyes.approvals = 2;
                    },
                    "fail: 1 of 2 people approved pull request acme/checkout#42 as it is.",
                ),
                (
                    "two people",
                    |d, l| {
                        d.changes[0].approvals.push(approval("edsger", 70));
                        l.gates.four_eyes.approvals = 2;
                    },
                    "pass",
                ),
                (
                    "a commit beside it",
                    |d, _| d.commits[0].changes = vec![tie("change:42", "part_of", LinkClass::Guessed)],
                    "fail: Commit c1 is surely in no pull request, so nobody has approved it.",
                ),
            ],
        );
    }

    #[test]
    fn after_the_last_push() {
        check(
            &GATE,
            &[
                (
                    "before it",
                    |d, _| d.changes[0].last_push = Some(at(90)),
                    "fail: grace approved pull request acme/checkout#42 before the last push to it.",
                ),
                ("with it", |d, _| d.changes[0].last_push = Some(at(60)), "pass"),
                ("no push is told of", |d, _| d.changes[0].last_push = None, "pass"),
                (
                    "no push is told of, but a commit is younger",
                    |d, _| {
                        d.changes[0].last_push = None;
                        d.commits[0].piece.occurred = Some(at(70));
                        d.changes[0].merged = Some(at(200));
                    },
                    "unknown: grace approved pull request acme/checkout#42, but a commit is younger, and nothing told of its \
                 push.",
                ),
                (
                    "no push is told of, and the commit was made by merging",
                    |d, _| {
                        d.changes[0].last_push = None;
                        d.commits[0].piece.occurred = Some(at(199));
                        d.changes[0].merged = Some(at(200));
                    },
                    "pass",
                ),
                (
                    "an early push is told of, and a younger commit lies below the one that was made by merging",
                    |d, _| {
                        d.commits.extend([commit("c2"), commit("c3")]);
                        d.commits[1].piece.occurred = Some(at(70));
                        d.commits[2].piece.occurred = Some(at(150));
                        d.changes[0].merged = Some(at(200));
                    },
                    "unknown: grace approved pull request acme/checkout#42, but a commit is younger, and nothing told of its \
                 push.",
                ),
                (
                    "a queue made one commit long before the merge",
                    |d, _| {
                        d.commits.push(commit("c2"));
                        d.commits[1].piece.occurred = Some(at(70));
                        d.changes[0].merged = Some(at(200));
                    },
                    "pass",
                ),
                (
                    "a queue put all commits on top anew",
                    |d, _| {
                        d.commits.push(commit("c2"));
                        d.commits[0].piece.occurred = Some(at(70));
                        d.commits[1].piece.occurred = Some(at(71));
                        d.changes[0].merged = Some(at(200));
                    },
                    "pass",
                ),
                (
                    "no time is told",
                    |d, _| d.changes[0].approvals[0].at = None,
                    "unknown: grace approved pull request acme/checkout#42, but nothing tells when, and there was a push.",
                ),
                (
                    "neither is told",
                    |d, _| {
                        d.changes[0].approvals[0].at = None;
                        d.changes[0].last_push = None;
                    },
                    "pass",
                ),
                (
                    "an old approval and a new one",
                    |d, _| {
                        d.changes[0].last_push = Some(at(90));
                        d.changes[0].approvals.insert(0, approval("edsger", 95));
                    },
                    "pass",
                ),
            ],
        );
    }

    #[test]
    fn what_is_not_told_is_unknown() {
        check(
            &GATE,
            &[
                (
                    "the change",
                    |d, _| d.changes[0].piece.stated = false,
                    "unknown: Nobody has told of pull request acme/checkout#42 itself.",
                ),
                (
                    "the author",
                    |d, _| {
                        d.changes[0].authors.clear();
                        d.commits[0].authors.clear();
                    },
                    "unknown: Nothing tells who wrote pull request acme/checkout#42.",
                ),
                (
                    "commits",
                    |d, _| d.cuts.push(cut("the parent of c1 is not known")),
                    "unknown: The parent of c1 is not known.",
                ),
                (
                    "nothing is brought",
                    |d, _| {
                        d.commits.clear();
                        d.changes.clear();
                    },
                    "not_needed: It brings no commit that what runs there does not have.",
                ),
            ],
        );
    }
}
