//! What is out of the ordinary about a change to an environment: one table, with a pure check of the dossier for each.
//!
//! An exception is no verdict. It says that an auditor may want to ask why.

use std::collections::BTreeMap;

use crate::audit::row::ChangeKind;
use crate::dossier::{Approval, ChangeLine, CommitLine, DecisionLine, Dossier, ReleaseDecision, RunLine, Who};
use crate::node::{NodeKind, Outcome};
use crate::time::Timestamp;

/// Declares [`Exception`] from one table: word, title, what it means, and the check.
macro_rules! exceptions {
    ($($(#[doc = $doc:literal])+ $exception:ident, $word:literal, $title:literal, $meaning:literal, $check:path;)+) => {
        /// Something about a change that an auditor may want to ask about. Written by its word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Exception {
            $($(#[doc = $doc])+ $exception,)+
        }

        impl Exception {
            /// Every exception, in the order in which they are listed.
            pub const ALL: &'static [Exception] = &[$(Exception::$exception,)+];

            /// The word that stands for it in files: `no_ticket`.
            pub const fn word(self) -> &'static str {
                match self { $(Exception::$exception => $word,)+ }
            }

            /// A few words for people.
            pub const fn title(self) -> &'static str {
                match self { $(Exception::$exception => $title,)+ }
            }

            /// What it means, in a sentence or two.
            pub const fn meaning(self) -> &'static str {
                match self { $(Exception::$exception => $meaning,)+ }
            }

            /// Whether it holds of a change.
            pub fn holds(self, dossier: &Dossier) -> bool {
                match self { $(Exception::$exception => $check(dossier),)+ }
            }

            /// The exception of that word, if there is one.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Exception::$exception),)+ _ => None }
            }
        }
    };
}

exceptions! {
    /// No ticket.
    NoTicket, "no_ticket", "No ticket",
        "A pull request that is brought, or a commit that is part of none, names no ticket; where nothing is known of what is brought, nothing names one.",
        no_ticket;
    /// Nobody approved it.
    NoApproval, "no_approval", "No approval",
        "A pull request that is brought was approved by nobody, or a commit is part of no pull request; where nothing is known of what is brought, nobody approved the deployment.",
        no_approval;
    /// Only its own authors approved it.
    SelfApproved, "self_approved", "Self-approved",
        "A pull request was approved only by people who opened it or wrote commits of it, or a deployment only by those who set it off.",
        self_approved;
    /// It was changed after it was approved.
    ApprovedBeforeLastPush, "approved_before_last_push", "Approved before the last push",
        "Somebody pushed to a pull request after the last approval by another person, or it is not known when that approval was given.",
        approved_before_last_push;
    /// No test is known to have passed.
    NoPassingTest, "no_passing_test", "No passing test",
        "No test on what was deployed passed, or the last run of one failed. Where no tool tells of tests themselves, the runs and jobs of the pipeline stand for them.",
        no_passing_test;
    /// It is not known what was deployed, or where it comes from.
    UnknownArtifact, "unknown_artifact", "Unknown artifact",
        "The deployment does not say what it deployed, or nothing says which commit or build an artifact of it comes from.",
        unknown_artifact;
    /// It went out as an emergency.
    Emergency, "emergency", "Emergency",
        "Somebody declared the release an emergency: what was missing had to be made good afterwards.",
        emergency;
    /// A gate was waived for it.
    Waived, "waived", "Waived",
        "Somebody waived a gate for the release, and the waiver was in force when it was deployed.",
        waived;
    /// A commit without a pull request.
    DirectPush, "direct_push", "Direct push",
        "A commit that is brought is part of no pull request: it was pushed directly.",
        direct_push;
}

/// The exceptions that hold of a change, in the order of the table.
pub fn of(dossier: &Dossier) -> Vec<Exception> {
    Exception::ALL.iter().copied().filter(|exception| exception.holds(dossier)).collect()
}

fn no_ticket(dossier: &Dossier) -> bool {
    if brings_nothing_new(dossier) {
        return false;
    }
    if is_empty(dossier) {
        return dossier.tickets.is_empty();
    }
    dossier.changes.iter().any(|change| change.tickets.is_empty())
        || direct(dossier).any(|commit| commit.tickets.is_empty())
}

fn no_approval(dossier: &Dossier) -> bool {
    if brings_nothing_new(dossier) {
        return false;
    }
    if is_empty(dossier) {
        return dossier.deployment.as_ref().is_none_or(|deployment| deployment.approved_by.is_empty());
    }
    dossier.changes.iter().any(|change| change.approvals.is_empty()) || direct(dossier).next().is_some()
}

fn self_approved(dossier: &Dossier) -> bool {
    let by_itself = dossier.deployment.as_ref().is_some_and(|deployment| {
        let own = |who: &Who| deployment.triggered_by.iter().any(|trigger| trigger.is(who));
        !deployment.approved_by.is_empty() && deployment.approved_by.iter().all(own)
    });
    let of_change = |change: &ChangeLine| !change.approvals.is_empty() && others(dossier, change).is_empty();
    by_itself || dossier.changes.iter().any(of_change)
}

fn approved_before_last_push(dossier: &Dossier) -> bool {
    dossier.changes.iter().any(|change| {
        let (others, last_push) = (others(dossier, change), change.last_push);
        let is_after = |approval: &&Approval| match approval.at {
            Some(at) => last_push.is_none_or(|push| at >= push) && !dossier.has_untold_commit(change, at),
            None => last_push.is_none(),
        };
        !others.is_empty() && !others.iter().any(is_after)
    })
}

fn no_passing_test(dossier: &Dossier) -> bool {
    if ChangeKind::of(dossier) == ChangeKind::Configuration {
        return false;
    }
    let on_head = |kinds: &[NodeKind]| -> Vec<&RunLine> {
        dossier.runs.iter().filter(|run| run.on_head && kinds.contains(&run.piece.kind)).collect()
    };
    let tests = on_head(&[NodeKind::TestRun]);
    let tests =
        if tests.is_empty() { on_head(&[NodeKind::PipelineRun, NodeKind::Job, NodeKind::Build]) } else { tests };
    let outcomes = last_outcomes(&tests);
    !outcomes.contains(&Some(Outcome::Success)) || outcomes.contains(&Some(Outcome::Failure))
}

fn unknown_artifact(dossier: &Dossier) -> bool {
    if ChangeKind::of(dossier) == ChangeKind::Configuration {
        return false;
    }
    let is_named = matches!(dossier.candidate.kind, NodeKind::Commit | NodeKind::Release | NodeKind::Artifact);
    let is_strange =
        dossier.artifacts.iter().any(|artifact| artifact.commits.is_empty() || artifact.provenance.is_none());
    let is_missing = dossier.candidate.kind == NodeKind::Artifact && dossier.artifacts.is_empty();
    !is_named || is_strange || is_missing
}

fn emergency(dossier: &Dossier) -> bool {
    // An emergency is often declared after the fact; only one that was over by then does not count.
    dossier.decisions.iter().any(|decision| {
        decision.what == ReleaseDecision::Emergency && decision.expires.is_none_or(|expires| expires > dossier.moment())
    })
}

fn waived(dossier: &Dossier) -> bool {
    let counts = |decision: &DecisionLine| {
        let moment = dossier.moment();
        decision.at <= moment && decision.expires.is_none_or(|expires| expires > moment)
    };
    dossier.decisions.iter().any(|decision| matches!(decision.what, ReleaseDecision::Waive(_)) && counts(decision))
}

fn direct_push(dossier: &Dossier) -> bool {
    // Of a commit that nobody told of it is not known how it came in.
    direct(dossier).any(|commit| commit.piece.stated)
}

/// The commits that are part of no pull request.
fn direct(dossier: &Dossier) -> impl Iterator<Item = &CommitLine> {
    dossier.commits.iter().filter(|commit| commit.changes.is_empty())
}

/// Whether nothing is known of what it brings.
fn is_empty(dossier: &Dossier) -> bool {
    dossier.commits.is_empty() && dossier.changes.is_empty()
}

/// Whether it puts back, or puts there again, what had been through all this before.
fn brings_nothing_new(dossier: &Dossier) -> bool {
    is_empty(dossier) && matches!(ChangeKind::of(dossier), ChangeKind::Rollback | ChangeKind::Redeployment)
}

/// The approvals of a change by somebody who had no hand in it: who neither opened it nor wrote a commit of it.
fn others<'a>(dossier: &Dossier, change: &'a ChangeLine) -> Vec<&'a Approval> {
    let commits = dossier.commits_of(change);
    let hands: Vec<&Who> = change.authors.iter().chain(commits.flat_map(|commit| &commit.authors)).collect();
    change.approvals.iter().filter(|approval| !hands.iter().any(|hand| hand.is(&approval.by))).collect()
}

/// How the last run of each title ended; runs without a time come before all others.
fn last_outcomes(runs: &[&RunLine]) -> Vec<Option<Outcome>> {
    let mut last: BTreeMap<&str, (Option<Timestamp>, Option<Outcome>)> = BTreeMap::new();
    for run in runs {
        let at = run.finished.or(run.piece.occurred);
        let known = last.entry(&run.piece.title).or_insert((at, run.piece.outcome));
        if at > known.0 {
            *known = (at, run.piece.outcome);
        }
    }
    last.into_values().map(|(_, outcome)| outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::{Exception, of};
    use crate::audit::samples::{self, good};
    use crate::dossier::{Dossier, ReleaseDecision};
    use crate::node::{NodeKind, Outcome};
    use crate::time::Timestamp;

    fn words(dossier: &Dossier) -> String {
        of(dossier).into_iter().map(Exception::word).collect::<Vec<_>>().join(" ")
    }

    fn with(change: impl FnOnce(&mut Dossier)) -> String {
        let mut dossier = good();
        change(&mut dossier);
        words(&dossier)
    }

    fn at(text: &str) -> Option<Timestamp> {
        Some(Timestamp::parse(text).unwrap())
    }

    #[test]
    fn each_exception_has_its_reason() {
        assert_eq!(words(&good()), "");
        assert_eq!(with(|one| one.changes[0].tickets.clear()), "no_ticket");
        assert_eq!(with(|one| one.changes[0].approvals.clear()), "no_approval");
        assert_eq!(with(|one| one.changes[0].approvals[0].by.name = "ADA".to_owned()), "self_approved");
        assert_eq!(with(|one| one.changes[0].last_push = at("2026-03-14T09:30:00Z")), "approved_before_last_push");
        assert_eq!(with(|one| one.changes[0].approvals[0].at = None), "approved_before_last_push");
        assert_eq!(with(|one| one.runs.clear()), "no_passing_test");
        assert_eq!(with(|one| one.runs[1].piece.outcome = Some(Outcome::Failure)), "no_passing_test");
        assert_eq!(with(|one| one.runs[1].on_head = false), "", "the pipeline stands for the tests");
        assert_eq!(with(|one| one.artifacts[0].provenance = None), "unknown_artifact");
        assert_eq!(with(|one| one.candidate.kind = NodeKind::Deployment), "unknown_artifact");
        assert_eq!(with(|one| one.commits[0].changes.clear()), "no_approval direct_push");
        assert_eq!(with(|one| one.decisions.push(samples::decision(ReleaseDecision::Emergency))), "emergency");
        assert_eq!(with(|one| one.decisions.push(samples::decision(ReleaseDecision::Waive("test".into())))), "waived");
        assert_eq!(with(|one| one.decisions.push(samples::decision(ReleaseDecision::Go))), "");
    }

    #[test]
    fn who_wrote_a_commit_is_no_second_pair_of_eyes() {
        let helped = with(|one| {
            let author = one.changes[0].approvals[0].by.clone();
            one.commits[0].authors.push(author);
        });
        assert_eq!(helped, "self_approved");
        let by_key = with(|one| {
            let own = one.changes[0].authors[0].key.clone();
            one.changes[0].approvals[0].by.key = own;
        });
        assert_eq!(by_key, "self_approved", "two logins of one person");
    }

    #[test]
    fn a_commit_that_nobody_told_of_was_not_seen_by_who_approved() {
        let with_commits = |last_push: Option<Timestamp>, times: &[&str]| {
            with(|one| {
                one.changes[0].last_push = last_push;
                for (number, time) in times.iter().enumerate() {
                    let mut commit = one.commits[0].clone();
                    commit.piece.key.push_str(&number.to_string());
                    commit.piece.occurred = at(time);
                    one.commits.push(commit);
                }
            })
        };
        let early = at("2026-03-14T08:50:00Z");
        for (last_push, times, expected) in [
            (early, &["2026-03-14T09:02:00Z", "2026-03-14T09:05:00Z"][..], "approved_before_last_push"),
            (early, &["2026-03-14T09:02:00Z"][..], ""),
            (early, &["2026-03-14T09:09:30Z", "2026-03-14T09:10:00Z"][..], ""),
            (None, &["2026-03-14T09:02:00Z"][..], "approved_before_last_push"),
            (None, &["2026-03-14T08:55:00Z"][..], ""),
        ] {
            assert_eq!(with_commits(last_push, times), expected, "{last_push:?} {times:?}");
        }
    }

    #[test]
    fn the_last_run_of_a_test_counts() {
        let again = |outcome| {
            with(|one| {
                let mut run = one.runs[1].clone();
                run.piece.key.push_str("-again");
                run.finished = at("2026-03-14T11:00:00Z");
                run.piece.outcome = Some(outcome);
                one.runs.push(run);
            })
        };
        assert_eq!(again(Outcome::Success), "");
        assert_eq!(again(Outcome::Failure), "no_passing_test");
        let mended = with(|one| {
            let mut run = one.runs[1].clone();
            run.finished = at("2026-03-14T08:00:00Z");
            run.piece.outcome = Some(Outcome::Failure);
            one.runs.push(run);
        });
        assert_eq!(mended, "", "an earlier run failed");
    }

    #[test]
    fn a_waiver_counts_while_it_is_in_force_and_an_emergency_also_afterwards() {
        for (from, until, waived, emergency) in [
            ("2026-03-14T09:00:00Z", None, "waived", "emergency"),
            ("2026-03-14T09:00:00Z", Some("2026-03-14T09:30:00Z"), "", ""),
            ("2026-03-15T09:00:00Z", None, "", "emergency"),
        ] {
            for (what, expected) in
                [(ReleaseDecision::Waive("ticket".to_owned()), waived), (ReleaseDecision::Emergency, emergency)]
            {
                let found = with(|one| {
                    let mut decision = samples::decision(what.clone());
                    decision.at = at(from).unwrap();
                    decision.expires = until.and_then(at);
                    one.decisions.push(decision);
                });
                assert_eq!(found, expected, "{what:?} from {from} until {until:?}");
            }
        }
    }

    #[test]
    fn what_is_put_back_needs_no_second_approval() {
        let back = |one: &mut Dossier| {
            one.is_rollback = true;
            one.commits.clear();
            one.changes.clear();
            one.tickets.clear();
        };
        assert_eq!(with(back), "");
        let empty = with(|one| {
            back(one);
            one.is_rollback = false;
            one.replaces = None;
        });
        assert_eq!(empty, "no_ticket no_approval");
    }

    #[test]
    fn a_configuration_change_has_no_artifact_and_needs_a_second_person() {
        let configuration = |approvers: &[&str]| {
            with(|one| {
                one.commits.clear();
                one.changes.clear();
                one.artifacts.clear();
                one.runs.clear();
                one.candidate.kind = NodeKind::ConfigChange;
                let deployment = one.deployment.as_mut().unwrap();
                deployment.piece.kind = NodeKind::ConfigChange;
                deployment.approved_by = approvers.iter().map(|name| samples::who(name)).collect();
            })
        };
        assert_eq!(configuration(&["grace"]), "");
        assert_eq!(configuration(&["deployer"]), "self_approved");
        assert_eq!(configuration(&[]), "no_approval");
    }

    #[test]
    fn words_read_back() {
        for exception in Exception::ALL {
            assert_eq!(Exception::from_word(exception.word()), Some(*exception));
            assert!(exception.meaning().ends_with('.'), "{}", exception.word());
        }
        assert_eq!(Exception::from_word("nothing"), None);
    }
}
