//! Which pieces really belong together: the measure for every link that an answer asserts.

use std::collections::HashSet;

use super::history::{History, Landing, Text};

/// A link: the later end, the word of its kind, the earlier end.
type Line = (String, &'static str, String);

/// The kinds of links that are measured.
pub const KINDS: [&str; 7] =
    ["resolves", "part_of", "built_from", "produced_by", "deploys", "reverts", "cherry_picked_from"];

/// Every true link of the measured kinds, and every piece that they are between.
pub struct Truth {
    links: HashSet<Line>,
    known: HashSet<String>,
}

/// Whether a link is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    True,
    /// It is not.
    False,
    /// It is of another kind, or between pieces of which the year tells nothing.
    NotMeasured,
}

impl Truth {
    /// The truth of a year.
    pub fn of(history: &History) -> Self {
        let mut truth = Self { links: HashSet::new(), known: HashSet::new() };
        truth.know_pieces(history);
        truth.add_changes(history);
        truth.add_returns(history);
        for (id, run) in history.runs.iter() {
            truth.add(history.run_key(id), "built_from", history.commit_key(run.commit));
        }
        for (id, build) in history.builds.iter() {
            truth.add(history.artifact_key(id), "built_from", history.commit_key(build.commit));
            truth.add(history.artifact_key(id), "produced_by", history.run_key(build.run));
        }
        for (id, deployment) in history.deployments.iter() {
            truth.add(history.deployment_key(id), "deploys", history.artifact_key(deployment.build));
            truth.add(history.deployment_key(id), "deploys", history.commit_key(history.commit_of(deployment)));
        }
        truth
    }

    /// Whether a link between two keys is true.
    pub fn judge(&self, from: &str, kind: &str, to: &str) -> Verdict {
        let Some(kind) = KINDS.into_iter().find(|known| *known == kind) else { return Verdict::NotMeasured };
        if !self.known.contains(from) || !self.known.contains(to) {
            return Verdict::NotMeasured;
        }
        if self.links.contains(&(from.to_owned(), kind, to.to_owned())) { Verdict::True } else { Verdict::False }
    }

    fn know_pieces(&mut self, history: &History) {
        let commits = history.commits.ids().map(|id| history.commit_key(id));
        let changes = history.changes.ids().map(|id| history.change_key(id));
        let tickets = history.tickets.ids().map(|id| history.node_of_ticket(id));
        let runs = history.runs.ids().map(|id| history.run_key(id));
        let builds = history.builds.ids().map(|id| history.artifact_key(id));
        let deployments = history.deployments.ids().map(|id| history.deployment_key(id));
        let all = commits.chain(changes).chain(tickets).chain(runs).chain(builds).chain(deployments);
        self.known.extend(all.map(|key| key.to_string()));
    }

    fn add(&mut self, from: impl ToString, kind: &'static str, to: impl ToString) {
        self.links.insert((from.to_string(), kind, to.to_string()));
    }

    /// Commits are parts of their changes, and work on the tickets of these.
    fn add_changes(&mut self, history: &History) {
        for (id, change) in history.changes.iter() {
            let key = history.change_key(id);
            let landed = &history.landings.at(change.landing).commits;
            for commit in change.steps.iter().chain(landed) {
                self.add(history.commit_key(*commit), "part_of", &key);
            }
            if let Some(ticket) = change.ticket.map(|ticket| history.node_of_ticket(ticket)) {
                self.add(&key, "resolves", &ticket);
                for commit in change.steps.iter().chain(landed) {
                    self.add(history.commit_key(*commit), "resolves", &ticket);
                }
            }
        }
    }

    /// What takes back or repeats what.
    fn add_returns(&mut self, history: &History) {
        for (_, landing) in history.landings.iter() {
            let Some(former) = landing.takes_back.map(|former| history.landings.at(former)) else { continue };
            self.add_revert(history, landing, former);
        }
        for (id, commit) in history.commits.iter() {
            let Text::Picked(origin) = commit.text else { continue };
            self.add(history.commit_key(id), "cherry_picked_from", history.commit_key(origin));
            let Text::Squash(change) = history.commits.at(origin).text else { continue };
            self.add(history.commit_key(id), "part_of", history.change_key(change));
        }
    }

    fn add_revert(&mut self, history: &History, landing: &Landing, former: &Landing) {
        let steps = landing.change.map(|change| history.changes.at(change).steps.as_slice()).unwrap_or_default();
        for commit in landing.commits.iter().chain(steps) {
            self.add(history.commit_key(*commit), "reverts", history.commit_key(former.head));
        }
        let Some(change) = landing.change.map(|change| history.change_key(change)) else { return };
        self.add(&change, "reverts", history.commit_key(former.head));
        if let Some(reverted) = former.change.map(|reverted| history.change_key(reverted)) {
            self.add(&change, "reverts", &reverted);
            for commit in landing.commits.iter().chain(steps) {
                self.add(history.commit_key(*commit), "reverts", &reverted);
            }
        }
    }
}
