//! What the deliveries that arrived tell in all, and whether that is enough to follow an alert back to its cause.
//!
//! A chain is cut where no delivery holds the tie, whatever else might be guessed: of the deployment to service and
//! environment, of the commit to what was deployed, of the pull request to the commit.

use std::collections::{HashMap, HashSet};

use throughline_domain::key::Key;

use super::deliveries::{ChangeEvent, Delivery, What};
use super::history::{Alert, Change, Commit, Deployment, History, Landing, Push, Setting, Text};
use super::table::Id;

/// Where a chain is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing tells of the deployment.
    Deployment,
    /// Nothing ties the commit to what was deployed.
    Commit,
    /// Nothing ties the pull request to the commit.
    Change,
}

/// What arrived, by what it tells of.
#[derive(Debug, Default)]
pub struct Heard {
    alerts: HashSet<Id<Alert>>,
    deployments: HashSet<Id<Deployment>>,
    settings: HashSet<Id<Setting>>,
    changes: HashSet<Id<Change>>,
    /// The pushes that list a commit.
    listing: HashMap<Id<Commit>, Vec<Id<Push>>>,
    /// The commits of which something says that they are of the change.
    ties: HashMap<Id<Change>, HashSet<Id<Commit>>>,
}

impl Cut {
    /// For people.
    pub const fn words(self) -> &'static str {
        match self {
            Cut::Deployment => "no delivery tells of the deployment",
            Cut::Commit => "no delivery ties the commit to what was deployed",
            Cut::Change => "no delivery ties the pull request to the commit",
        }
    }
}

impl Heard {
    /// What these deliveries tell.
    pub fn of(history: &History, arrived: &[Delivery]) -> Self {
        let mut heard = Self::default();
        let told: HashSet<What> = arrived.iter().map(|delivery| delivery.what).collect();
        for what in told {
            heard.hear(history, what);
        }
        heard
    }

    /// Whether any delivery tells of the alert.
    pub fn knows_alert(&self, alert: Id<Alert>) -> bool {
        self.alerts.contains(&alert)
    }

    /// Whether any delivery tells of the flag or infrastructure.
    pub fn knows_setting(&self, setting: Id<Setting>) -> bool {
        self.settings.contains(&setting)
    }

    /// The key of the true change: of the pull request, or of the commit where there is or is known no pull request.
    pub fn culprit(&self, history: &History, landing: &Landing) -> Key {
        match landing.change.filter(|change| self.changes.contains(change)) {
            Some(change) => history.change_key(change),
            None => history.commit_key(landing.head),
        }
    }

    /// Where the chain from the deployment to the landing is cut, if it is.
    pub fn cut(&self, history: &History, deployment: Id<Deployment>, landing: &Landing) -> Option<Cut> {
        if !self.deployments.contains(&deployment) {
            return Some(Cut::Deployment);
        }
        let reached = self.reached(history, history.commit_of(history.deployments.at(deployment)));
        let is_reached = landing.commits.iter().any(|commit| reached.contains(commit));
        match landing.change.filter(|change| self.changes.contains(change)) {
            None => (!reached.contains(&landing.head)).then_some(Cut::Commit),
            Some(change) => {
                let tied = self.ties.get(&change).is_some_and(|ties| !ties.is_disjoint(&reached));
                match (tied, is_reached) {
                    (true, _) => None,
                    (false, true) => Some(Cut::Change),
                    (false, false) => Some(Cut::Commit),
                }
            }
        }
    }

    /// Every commit of which the pushes tell that it is the given one or came before it on its branch.
    fn reached(&self, history: &History, head: Id<Commit>) -> HashSet<Id<Commit>> {
        let mut reached = HashSet::from([head]);
        let mut left = vec![head];
        while let Some(commit) = left.pop() {
            for push in self.listing.get(&commit).into_iter().flatten() {
                let push = history.pushes.at(*push);
                let earlier = push.commits.iter().take_while(|listed| **listed != commit);
                for before in earlier.chain(&push.before) {
                    if reached.insert(*before) {
                        left.push(*before);
                    }
                }
            }
        }
        reached
    }

    fn hear(&mut self, history: &History, what: What) {
        match what {
            What::Push(id) => {
                let push = history.pushes.at(id);
                for commit in &push.commits {
                    self.listing.entry(*commit).or_default().push(id);
                    self.read_message(history, *commit);
                }
                self.read_message(history, push.after);
            }
            What::Change(id, event) => self.hear_change(history, id, event),
            What::Run(id, _) => self.read_message(history, history.runs.at(id).commit),
            What::Deployment(id, _) => {
                self.deployments.insert(id);
            }
            What::Setting(id, _) => {
                self.settings.insert(id);
            }
            What::Firing(id, _) | What::Resolved(id) => {
                self.alerts.insert(id);
            }
            What::Ticket(..) | What::Build(_) | What::Incident(..) => {}
        }
    }

    /// Every event of a pull request names its head, and the one of its merge the commit that it became.
    fn hear_change(&mut self, history: &History, id: Id<Change>, event: ChangeEvent) {
        self.changes.insert(id);
        let change = history.changes.at(id);
        let landing = history.landings.at(change.landing);
        let ties = self.ties.entry(id).or_default();
        let head = match event {
            ChangeEvent::Opened => change.heads.first().map(|(_, head)| *head),
            ChangeEvent::Synchronized(place) => change.heads.get(place).map(|(_, head)| *head),
            ChangeEvent::Reviewed(place) => change.reviews.get(place).map(|review| review.head),
            ChangeEvent::Merged => {
                ties.insert(landing.head);
                change.heads.last().map(|(_, head)| *head)
            }
        };
        ties.extend(head);
    }

    /// The messages of merges name the number of their pull request.
    fn read_message(&mut self, history: &History, id: Id<Commit>) {
        match history.commits.at(id).text {
            Text::Squash(change) | Text::Merge(change) => {
                self.ties.entry(change).or_default().insert(id);
            }
            Text::Beginning | Text::Step(..) | Text::Direct(_) | Text::Picked(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cut, Heard};
    use crate::year::deliveries::{Delivery, DeploymentState, What, all};
    use crate::year::history::{Cause, History, Period};

    /// The cuts of all alerts with a deployed cause, where deliveries are left out.
    fn cuts(history: &History, is_lost: impl Fn(What) -> bool) -> Vec<Option<Cut>> {
        let arrived: Vec<Delivery> = all(history).into_iter().filter(|delivery| !is_lost(delivery.what)).collect();
        let heard = Heard::of(history, &arrived);
        let causes = history.alerts.iter().filter_map(|(_, alert)| match alert.cause {
            Cause::Deployed { deployment, landing, .. } => Some((deployment, landing)),
            Cause::Setting(_) | Cause::Nothing => None,
        });
        causes.map(|(deployment, landing)| heard.cut(history, deployment, history.landings.at(landing))).collect()
    }

    #[test]
    fn what_is_lost_cuts_the_chain_where_it_was() {
        let history = History::of(9, 20, Period::of_days(300));
        let whole = cuts(&history, |_| false);
        assert!(whole.len() > 20 && whole.iter().all(Option::is_none), "{whole:?}");
        let deaf = cuts(&history, |what| matches!(what, What::Deployment(..)));
        assert!(deaf.iter().all(|cut| *cut == Some(Cut::Deployment)));
        let unpushed = cuts(&history, |what| matches!(what, What::Push(_)));
        assert!(unpushed.contains(&Some(Cut::Commit)) && unpushed.contains(&None), "{unpushed:?}");
        let silent =
            cuts(&history, |what| matches!(what, What::Deployment(_, state) if state != DeploymentState::Created));
        assert!(silent.iter().all(Option::is_none));
    }
}
