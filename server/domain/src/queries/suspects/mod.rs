//! `suspects X`: what went live before an alert or incident, the likeliest cause first, each with its reasons in words.
//!
//! The question is asked in two steps. [`gather`] finds everything that changed in the places that the alert is about, and in
//! those of the services that these depend on: it needs only the graph. [`rank`] weighs what was found, with the texts that
//! only the tables know. Nothing here is proof: a score orders what to look at first, and says why.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::dossier::Cut;
use crate::graph::{Graph, NodeId};
use crate::link::{LinkClass, LinkKind};
use crate::node::{NodeKind, Outcome};
use crate::queries::ancestry::{are_of_one_repository, heads};
use crate::queries::rollouts::{self, Brought, Rollout};
use crate::queries::running::{Subject, Timeline, name_of, targets};
use crate::time::Timestamp;

mod configuration;
mod rank;
mod units;

pub use rank::{Suspect, Texts, rank};
use units::{deploys_class, part_class, take_back, units, without_change};

/// The most deployments to one place that are looked at, the last first.
pub const MAX_ROLLOUTS_PER_PLACE: usize = 20;

/// How far back deployments are looked at, in days; the one that was running counts however old it is.
pub const MAX_AGE_DAYS: i64 = 30;

/// How far back deployments of services that the alert's own one depends on are looked at, in hours.
pub const MAX_DEPENDENCY_AGE_HOURS: i64 = 48;

/// How far back changes of flags, infrastructure and by hand are looked at, in hours.
pub const MAX_CONFIG_AGE_HOURS: i64 = 72;

/// How far back what has reached another environment only is looked at, in hours.
pub const MAX_AHEAD_HOURS: i64 = 48;

/// How long after the moment a deployment that was under way then may have ended, in minutes.
pub const MAX_UNDER_WAY_MINUTES: i64 = 60;

/// The most deployments to one place that ended soon after the moment which are looked at.
const MAX_LATE_PER_PLACE: usize = 3;

/// The most things that are weighed for one alert.
pub const MAX_LEADS: usize = 500;

/// The most commits of one deployment of which it is said that their change is not known.
const MAX_CUTS_PER_ROLLOUT: usize = 10;

/// The most services that an alert's own ones depend on which are looked at.
const MAX_DEPENDENCIES: usize = 50;

/// How a lead's place is related to what the alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The service that the alert is about.
    Same,
    /// A service that it depends on.
    Dependency,
    /// Only the environment is the same.
    Environment,
}

/// What had become of a lead when the alert fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It came with what was running.
    Running,
    /// It came with an earlier deployment, and what was running still had it.
    StillThere,
    /// It had been taken back, by a rollback or by a commit that reverts it.
    TakenBack,
    /// Its deployment was under way, and ended later.
    UnderWay,
    /// Its deployment had begun, and nothing told that it ended.
    Unfinished,
    /// Its deployment failed; a part of it may have been live.
    Failed,
    /// It had reached the environment before, and is not known to have reached this one.
    Ahead,
}

/// Something that changed before the alert, before it is weighed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// The change; where none is known the commit, and where no commit is known the deployment; or a configuration change.
    pub node: NodeId,
    /// The deployment that brought it.
    pub rollout: Option<Rollout>,
    /// When it went live.
    pub at: Timestamp,
    /// How its place is related to the alert's.
    pub relation: Relation,
    /// What had become of it.
    pub standing: Standing,
    /// The commits of it that were brought.
    pub commits: Vec<NodeId>,
    /// With how many others it came.
    pub companions: usize,
    /// Whether its deployment was a rollback.
    pub by_rollback: bool,
    /// The least sure link between it and its deployment.
    pub class: LinkClass,
}

/// Everything that changed before an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leads {
    /// The alert or incident.
    pub start: NodeId,
    /// When it fired.
    pub moment: Option<Timestamp>,
    /// The services that it is about.
    pub services: Vec<NodeId>,
    /// What was running then, in each place that it is about.
    pub running: Vec<Rollout>,
    /// What changed, in no order that means anything.
    pub leads: Vec<Lead>,
    /// What came with deployments that ended soon after; see [`Leads::begun`].
    pub late: Vec<Lead>,
    /// Where the chain cannot be followed.
    pub cuts: Vec<Cut>,
}

/// Finds everything that changed before an alert or incident in the places that it is about; `at` replaces the moment at
/// which it fired. For other nodes nothing is found.
///
/// The cost grows with the deployments of the services, and with the commits that the last of them brought.
pub fn gather(graph: &Graph, start: NodeId, at: Option<Timestamp>) -> Leads {
    let (running, late) = (Vec::new(), Vec::new());
    let mut leads =
        Leads { start, moment: at, services: Vec::new(), running, leads: Vec::new(), late, cuts: Vec::new() };
    let Some(subject) = Subject::around(graph, start) else { return leads };
    leads.services = subject.services.clone();
    leads.moment = at.or(subject.occurred);
    let Some(moment) = leads.moment else {
        leads.cuts.push(cut(
            graph,
            start,
            "time",
            "it is not known when it fired, so what changed before cannot be told".to_owned(),
            "let the monitoring tool send the time at which the alert began",
        ));
        return leads;
    };
    if subject.services.is_empty() {
        let why = "it is not known which service it is about, so what was deployed before cannot be told".to_owned();
        leads.cuts.push(cut(
            graph,
            start,
            "service",
            why,
            "add a label 'service' to the alert's rule, with the name that the deployments use",
        ));
    }
    let mut gathering = Gathering { graph, timeline: Timeline::new(graph), moment, subject, leads };
    gathering.own_places();
    gathering.dependencies();
    gathering.configuration();
    gathering.finish()
}

impl Leads {
    /// Takes in what came with deployments that had begun before the moment, given when each of [`Leads::late`] began. The
    /// graph knows when a deployment ended; what it was doing before, only the tables know.
    pub fn begun(&mut self, graph: &Graph, began: &HashMap<NodeId, Timestamp>) {
        let Some(moment) = self.moment else { return };
        for mut lead in std::mem::take(&mut self.late) {
            let began = lead.rollout.and_then(|rollout| began.get(&rollout.deployment)).copied();
            if let Some(began) = began.filter(|began| *began <= moment) {
                lead.at = began;
                self.push(graph, lead);
            }
        }
    }

    /// Adds a lead. One thing that came by several ways (two tools that report one deployment) is one lead: the surest, then
    /// the latest.
    fn push(&mut self, graph: &Graph, lead: Lead) {
        let order = |lead: &Lead| {
            let is_live = !matches!(lead.standing, Standing::TakenBack | Standing::Ahead);
            let deployment = lead.rollout.and_then(|rollout| graph.node(rollout.deployment));
            (is_live, lead.relation == Relation::Same, lead.at, Reverse(deployment.map(|record| &record.key)))
        };
        let has_room = self.leads.len() < MAX_LEADS;
        match self.leads.iter_mut().find(|known| known.node == lead.node) {
            Some(known) if order(known) >= order(&lead) => {}
            Some(known) => *known = lead,
            None if has_room => self.leads.push(lead),
            None => {}
        }
    }
}

struct Gathering<'g> {
    graph: &'g Graph,
    timeline: Timeline<'g>,
    moment: Timestamp,
    subject: Subject,
    leads: Leads,
}

impl Gathering<'_> {
    fn own_places(&mut self) {
        for service in self.subject.services.clone() {
            let since = self.moment.plus_seconds(-MAX_AGE_DAYS * 86_400);
            let mut found = false;
            for place in self.places(service, true) {
                found |= self.place(service, place, Relation::Same, since);
            }
            self.ahead(service);
            let unfinished = self.unfinished(service, Relation::Same);
            if !found && !unfinished {
                let cut = self.without_deployment(service);
                self.leads.cuts.push(cut);
            }
        }
    }

    /// The places of a service that the alert is about, or those that it is not about, by key.
    fn places(&mut self, service: NodeId, own: bool) -> Vec<Option<NodeId>> {
        let graph = self.graph;
        let mut places = self.timeline.environments(service);
        places.retain(|place| self.subject.covers(*place) == own);
        places.sort_by_cached_key(|place| place.and_then(|place| graph.node(place)).map(|record| record.key.clone()));
        places
    }

    fn without_deployment(&mut self, service: NodeId) -> Cut {
        let (name, moment) = (name_of(self.graph, service), self.moment.to_minute());
        if self.places(service, false).contains(&None) {
            let why =
                format!("the deployments of {name} do not name their environment, so none before {moment} is known");
            let fix = "let the deployments name the environment, as the alert does, or list both names in the catalog";
            return cut(self.graph, service, "running deployment", why, fix);
        }
        let why = format!("no deployment of {name} before {moment} is known in the place that it is about");
        let fix = "send the events of the deployment tool here, with the service's name; read earlier ones with `throughline backfill`";
        cut(self.graph, service, "running deployment", why, fix)
    }

    fn dependencies(&mut self) {
        let mut needed: Vec<NodeId> = Vec::new();
        for service in &self.subject.services {
            needed.extend(targets(self.graph, *service, LinkKind::DependsOn));
        }
        needed.sort_by_key(|service| self.graph.node(*service).map(|record| record.key.clone()));
        needed.dedup();
        needed.retain(|service| !self.subject.services.contains(service));
        needed.truncate(MAX_DEPENDENCIES);
        let since = self.moment.plus_seconds(-MAX_DEPENDENCY_AGE_HOURS * 3_600);
        for service in needed {
            for place in self.places(service, true) {
                self.place(service, place, Relation::Dependency, since);
            }
            self.unfinished(service, Relation::Dependency);
        }
    }

    /// Looks at the last deployments to one place; answers whether there was one before the moment.
    fn place(&mut self, service: NodeId, environment: Option<NodeId>, relation: Relation, since: Timestamp) -> bool {
        let all = self.timeline.deployments(service, environment);
        let end = all.partition_point(|(at, _)| *at <= self.moment);
        let rollout = |(at, deployment): &(Timestamp, NodeId)| Rollout {
            at: *at,
            deployment: *deployment,
            service: Some(service),
            environment,
        };
        let (before, after) = (all.get(..end).unwrap_or_default(), all.get(end..).unwrap_or_default());
        let soon = self.moment.plus_seconds(MAX_UNDER_WAY_MINUTES * 60);
        for late in after.iter().take(MAX_LATE_PER_PLACE).filter(|(at, _)| *at <= soon).map(rollout) {
            let brought = rollouts::brought(self.graph, &mut self.timeline, &late);
            let leads = self.told(&late, &brought, relation, Standing::UnderWay, &HashSet::new());
            self.leads.late.extend(leads);
        }
        let rollouts: Vec<Rollout> = before.iter().rev().take(MAX_ROLLOUTS_PER_PLACE).map(rollout).collect();
        let mut gone: HashSet<NodeId> = HashSet::new();
        // The commits that replaced earlier ones of their repository; nothing earlier is known to run behind the unknown.
        let mut replaced: Vec<NodeId> = Vec::new();
        let mut is_unknown = false;
        for (number, rollout) in rollouts.iter().enumerate() {
            if rollout.at < since && (is_unknown || !replaced.is_empty()) {
                break;
            }
            let brought = rollouts::brought(self.graph, &mut self.timeline, rollout);
            let is_running = !is_unknown && !is_replaced(self.graph, &brought.heads, &replaced);
            if relation == Relation::Same && (number == 0 || (is_running && !replaced.is_empty())) {
                self.leads.running.push(*rollout);
            }
            let standing = if is_running { Standing::Running } else { Standing::StillThere };
            if relation == Relation::Same && (is_running || rollout.at >= self.moment.plus_seconds(-7 * 86_400)) {
                self.leads.cuts.extend(brought.cuts.iter().cloned());
            }
            // What came again later was gone only in between; walking backwards, the later word is heard first.
            gone.extend(&brought.taken_back);
            take_back(self.graph, &brought.commits, &mut gone);
            if rollout.at >= since || is_running {
                self.lead(rollout, &brought, relation, standing, &gone);
            }
            is_unknown |= brought.heads.is_empty();
            if !brought.commits.is_empty() || !brought.taken_back.is_empty() {
                replaced.extend(brought.heads);
            }
        }
        !rollouts.is_empty()
    }

    /// Deployments that had begun and of which no good end is known.
    fn unfinished(&mut self, service: NodeId, relation: Relation) -> bool {
        let since = self.moment.plus_seconds(-86_400);
        let soon = self.moment.plus_seconds(MAX_UNDER_WAY_MINUTES * 60);
        let mut found = false;
        let links: Vec<NodeId> = self
            .graph
            .downstream(service)
            .filter(|(_, link)| link.kind == LinkKind::Of)
            .map(|(_, link)| link.from)
            .collect();
        for deployment in links {
            let Some(record) = self.graph.node(deployment).filter(|record| record.kind == NodeKind::Deployment) else {
                continue;
            };
            // What failed counts from its end, and may have been under way before; what has no end counts from its beginning.
            let (standing, until) = match record.outcome {
                Some(Outcome::Success | Outcome::Abandoned) => continue,
                Some(Outcome::Failure) => (Standing::Failed, soon),
                Some(Outcome::Pending | Outcome::Running) | None => (Standing::Unfinished, self.moment),
            };
            let Some(at) = record.occurred.filter(|at| (since..=until).contains(at)) else { continue };
            let places = targets(self.graph, deployment, LinkKind::DeployedTo);
            let places: Vec<Option<NodeId>> =
                if places.is_empty() { vec![None] } else { places.into_iter().map(Some).collect() };
            for environment in places.into_iter().filter(|place| self.subject.covers(*place)).collect::<Vec<_>>() {
                found |=
                    self.begun(Rollout { at, deployment, service: Some(service), environment }, relation, standing);
            }
        }
        found
    }

    /// What had reached another environment of the service, and is not known to have come to the alert's own: where the word
    /// of its deployment was lost, it is here.
    fn ahead(&mut self, service: NodeId) {
        let since = self.moment.plus_seconds(-MAX_AHEAD_HOURS * 3_600);
        let running = self.leads.running.iter().find(|rollout| rollout.service == Some(service)).copied();
        let Some(running) = running else { return };
        for environment in self.places(service, false) {
            let all = self.timeline.deployments(service, environment);
            let end = all.partition_point(|(at, _)| *at <= self.moment);
            let last = end.checked_sub(1).and_then(|last| all.get(last)).filter(|(at, _)| *at >= since);
            let Some((at, deployment)) = last.copied() else { continue };
            let brought = rollouts::between(self.graph, deployment, Some(running.deployment));
            if brought.is_rollback || brought.commits.is_empty() {
                continue;
            }
            let rollout = Rollout { at, deployment, service: Some(service), environment };
            self.lead(&rollout, &brought, Relation::Same, Standing::Ahead, &HashSet::new());
        }
    }

    fn begun(&mut self, rollout: Rollout, relation: Relation, standing: Standing) -> bool {
        let Some(service) = rollout.service else { return false };
        let before = self.timeline.deployments(service, rollout.environment);
        let end = before.partition_point(|(at, _)| *at <= rollout.at);
        let earlier = end.checked_sub(1).and_then(|last| before.get(last)).map(|(_, deployment)| *deployment);
        let brought = rollouts::between(self.graph, rollout.deployment, earlier);
        if rollout.at > self.moment {
            let leads = self.told(&rollout, &brought, relation, Standing::UnderWay, &HashSet::new());
            self.leads.late.extend(leads);
            return false;
        }
        // Another tool told that the very same thing succeeded: nothing more is to be said of it.
        let mut after = before.iter().filter(|(at, _)| *at > rollout.at && *at <= self.moment);
        if !brought.heads.is_empty() && after.any(|(_, deployment)| heads(self.graph, *deployment) == brought.heads) {
            return false;
        }
        self.lead(&rollout, &brought, relation, standing, &HashSet::new());
        true
    }

    fn lead(
        &mut self,
        rollout: &Rollout,
        brought: &Brought,
        relation: Relation,
        standing: Standing,
        gone: &HashSet<NodeId>,
    ) {
        let leads = self.told(rollout, brought, relation, standing, gone);
        if relation == Relation::Same && matches!(standing, Standing::Running | Standing::Unfinished) {
            let alone: HashSet<NodeId> = leads.iter().map(|lead| lead.node).collect();
            let unknown = brought.commits.iter().filter(|commit| alone.contains(*commit));
            let cuts: Vec<Cut> =
                unknown.take(MAX_CUTS_PER_ROLLOUT).map(|commit| without_change(self.graph, *commit)).collect();
            self.leads.cuts.extend(cuts);
        }
        for lead in leads {
            self.leads.push(self.graph, lead);
        }
    }

    /// What a deployment brought, change by change.
    fn told(
        &self,
        rollout: &Rollout,
        brought: &Brought,
        relation: Relation,
        standing: Standing,
        gone: &HashSet<NodeId>,
    ) -> Vec<Lead> {
        let graph = self.graph;
        let mut units = units(graph, &brought.commits);
        let goes_back = brought.is_rollback || !brought.taken_back.is_empty();
        if units.is_empty() && (brought.heads.is_empty() || goes_back) {
            units.push((rollout.deployment, Vec::new()));
        }
        let companions = units.len().saturating_sub(1);
        let deploys = deploys_class(graph, rollout.deployment);
        let lead = |(node, commits): (NodeId, Vec<NodeId>)| {
            let all_gone = !commits.is_empty() && commits.iter().all(|commit| gone.contains(commit));
            let standing = if all_gone || gone.contains(&node) { Standing::TakenBack } else { standing };
            let class = part_class(graph, node, &commits).min(deploys);
            let (rollout, at) = (Some(*rollout), rollout.at);
            Lead { node, rollout, at, relation, standing, commits, companions, by_rollback: goes_back, class }
        };
        units.into_iter().map(lead).collect()
    }

    fn finish(mut self) -> Leads {
        self.leads
            .cuts
            .sort_by(|left, right| (&left.at, &left.what, &left.why).cmp(&(&right.at, &right.what, &right.why)));
        self.leads.cuts.dedup();
        self.leads
    }
}

/// Whether later commits of the same repositories replaced what was made from these; of what nobody knows what it was made
/// from, anything later did.
fn is_replaced(graph: &Graph, heads: &[NodeId], later: &[NodeId]) -> bool {
    let by_later = |head: &NodeId| later.iter().any(|known| are_of_one_repository(graph, *head, *known));
    if heads.is_empty() { !later.is_empty() } else { heads.iter().any(by_later) }
}

fn cut(graph: &Graph, node: NodeId, what: &str, why: String, fix: &str) -> Cut {
    let at = graph.node(node).map(|record| record.key.as_str().to_owned()).unwrap_or_default();
    Cut { at, what: what.to_owned(), why, fix: fix.to_owned() }
}

/// The words for a place: `checkout in production`.
fn place_name(graph: &Graph, rollout: &Rollout) -> String {
    let service = rollout.service.map(|service| name_of(graph, service)).unwrap_or_default();
    match rollout.environment {
        Some(environment) => format!("{service} in {}", name_of(graph, environment)),
        None => service,
    }
}

/// Titles and other texts of nodes, by node.
pub type TextsOf = HashMap<NodeId, String>;

#[cfg(test)]
mod tests;
