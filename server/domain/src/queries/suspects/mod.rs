//! `suspects X`: what went live before an alert or incident, the likeliest cause first, each with its reasons in words.
//!
//! The question is asked in two steps. [`gather`] finds everything that changed in the places that the alert is about, and in
//! those of the services that these depend on: it needs only the graph. [`rank`] weighs what was found, with the texts that
//! only the tables know. Nothing here is proof: a score orders what to look at first, and says why.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::dossier::Cut;
use crate::graph::{Graph, NodeId};
use crate::link::{LinkClass, LinkKind};
use crate::node::{NodeKind, Outcome};
use crate::queries::rollouts::{self, Brought, Rollout, changes_of_commit};
use crate::queries::running::{Subject, Timeline, name_of, targets};
use crate::time::Timestamp;

mod rank;

pub use rank::{Suspect, Texts, rank};

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
    /// Where the chain cannot be followed.
    pub cuts: Vec<Cut>,
}

/// Finds everything that changed before an alert or incident in the places that it is about; `at` replaces the moment at
/// which it fired. For other nodes nothing is found.
///
/// The cost grows with the deployments of the services, and with the commits that the last of them brought.
pub fn gather(graph: &Graph, start: NodeId, at: Option<Timestamp>) -> Leads {
    let mut leads =
        Leads { start, moment: at, services: Vec::new(), running: Vec::new(), leads: Vec::new(), cuts: Vec::new() };
    let Some(subject) = Subject::of(graph, start) else { return leads };
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
            let places: Vec<_> =
                self.timeline.environments(service).into_iter().filter(|place| self.subject.covers(*place)).collect();
            let mut found = false;
            for place in places {
                let since = self.moment.plus_seconds(-MAX_AGE_DAYS * 86_400);
                found |= self.place(service, place, Relation::Same, since);
            }
            self.ahead(service);
            let unfinished = self.unfinished(service, Relation::Same);
            if !found && !unfinished {
                let name = name_of(self.graph, service);
                let why = format!(
                    "no deployment of {name} before {} is known in the place that it is about",
                    self.moment.to_minute()
                );
                let fix = "send the events of the deployment tool here, with the service's name; read earlier ones with `throughline backfill`";
                self.leads.cuts.push(cut(self.graph, service, "running deployment", why, fix));
            }
        }
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
            let places: Vec<_> =
                self.timeline.environments(service).into_iter().filter(|place| self.subject.covers(*place)).collect();
            for place in places {
                self.place(service, place, Relation::Dependency, since);
            }
            self.unfinished(service, Relation::Dependency);
        }
    }

    /// Looks at the last deployments to one place; answers whether there was one before the moment.
    fn place(&mut self, service: NodeId, environment: Option<NodeId>, relation: Relation, since: Timestamp) -> bool {
        let all = self.timeline.deployments(service, environment);
        let end = all.partition_point(|(at, _)| *at <= self.moment);
        let before = all.get(..end).unwrap_or_default();
        let rollouts: Vec<Rollout> = before
            .iter()
            .rev()
            .take(MAX_ROLLOUTS_PER_PLACE)
            .map(|(at, deployment)| Rollout { at: *at, deployment: *deployment, service: Some(service), environment })
            .collect();
        let Some(running) = rollouts.first() else { return false };
        if relation == Relation::Same {
            self.leads.running.push(*running);
        }
        let mut gone: HashSet<NodeId> = HashSet::new();
        let mut is_running = true;
        for rollout in &rollouts {
            if rollout.at < since && !is_running {
                break;
            }
            let brought = rollouts::brought(self.graph, &mut self.timeline, rollout);
            let standing = if is_running { Standing::Running } else { Standing::StillThere };
            if relation == Relation::Same && (is_running || rollout.at >= self.moment.plus_seconds(-7 * 86_400)) {
                self.leads.cuts.extend(brought.cuts.iter().cloned());
            }
            if rollout.at >= since || is_running {
                self.lead(rollout, &brought, relation, standing, &gone);
            }
            gone.extend(&brought.taken_back);
            gone.extend(reverted_by(self.graph, &brought.commits));
            // What came again later was gone only in between; walking backwards, the later word is heard first.
            is_running =
                is_running && brought.commits.is_empty() && brought.taken_back.is_empty() && !brought.heads.is_empty();
        }
        true
    }

    /// Deployments that had begun and of which no good end is known.
    fn unfinished(&mut self, service: NodeId, relation: Relation) -> bool {
        let since = self.moment.plus_seconds(-86_400);
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
            let standing = match record.outcome {
                Some(Outcome::Success | Outcome::Abandoned) => continue,
                Some(Outcome::Failure) => Standing::Failed,
                Some(Outcome::Pending | Outcome::Running) | None => Standing::Unfinished,
            };
            let Some(at) = record.occurred.filter(|at| (since..=self.moment).contains(at)) else { continue };
            let places = targets(self.graph, deployment, LinkKind::DeployedTo);
            let places: Vec<Option<NodeId>> =
                if places.is_empty() { vec![None] } else { places.into_iter().map(Some).collect() };
            for environment in places {
                if !self.subject.covers(environment) {
                    continue;
                }
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
        let places: Vec<_> =
            self.timeline.environments(service).into_iter().filter(|place| !self.subject.covers(*place)).collect();
        for environment in places {
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
        // Another tool told that the very same thing succeeded: nothing more is to be said of it.
        let mut after = before.iter().filter(|(at, _)| *at > rollout.at && *at <= self.moment);
        let heads = |deployment: NodeId| crate::queries::ancestry::heads(self.graph, deployment);
        if !brought.heads.is_empty() && after.any(|(_, deployment)| heads(*deployment) == brought.heads) {
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
        let graph = self.graph;
        let mut units = units(graph, &brought.commits);
        if relation == Relation::Same && matches!(standing, Standing::Running | Standing::Unfinished) {
            let unknown =
                units.keys().filter(|unit| graph.node(**unit).is_some_and(|one| one.kind == NodeKind::Commit));
            let cuts: Vec<Cut> =
                unknown.take(MAX_CUTS_PER_ROLLOUT).map(|commit| without_change(graph, *commit)).collect();
            self.leads.cuts.extend(cuts);
        }
        let goes_back = brought.is_rollback || !brought.taken_back.is_empty();
        if units.is_empty() && (brought.heads.is_empty() || goes_back) {
            units.insert(rollout.deployment, Vec::new());
        }
        let companions = units.len().saturating_sub(1);
        let deploys = deploys_class(graph, rollout.deployment);
        for (node, commits) in units {
            let taken_back = !commits.is_empty() && commits.iter().all(|commit| gone.contains(commit));
            let standing = if taken_back { Standing::TakenBack } else { standing };
            let class = part_class(graph, node, &commits).min(deploys);
            self.push(Lead {
                node,
                rollout: Some(*rollout),
                at: rollout.at,
                relation,
                standing,
                commits,
                companions,
                by_rollback: goes_back,
                class,
            });
        }
    }

    /// Changes of flags, infrastructure and by hand, of the same services or environments.
    fn configuration(&mut self) {
        let since = self.moment.plus_seconds(-MAX_CONFIG_AGE_HOURS * 3_600);
        let mut places: Vec<(NodeId, Relation)> =
            self.subject.services.iter().map(|node| (*node, Relation::Same)).collect();
        places.extend(self.subject.environments.iter().map(|node| (*node, Relation::Environment)));
        let mut met = HashSet::new();
        for (place, relation) in places {
            let found: Vec<(NodeId, Timestamp)> = self
                .graph
                .downstream(place)
                .filter(|(_, link)| matches!(link.kind, LinkKind::Of | LinkKind::DeployedTo))
                .filter_map(|(_, link)| {
                    let record = self.graph.node(link.from).filter(|record| record.kind == NodeKind::ConfigChange)?;
                    Some((link.from, record.occurred.filter(|at| (since..=self.moment).contains(at))?))
                })
                .collect();
            for (node, at) in found {
                let elsewhere = self.is_elsewhere(node, relation);
                if !elsewhere && met.insert(node) {
                    let standing = Standing::Running;
                    let class = LinkClass::Asserted;
                    self.push(Lead {
                        node,
                        rollout: None,
                        at,
                        relation,
                        standing,
                        commits: Vec::new(),
                        companions: 0,
                        by_rollback: false,
                        class,
                    });
                }
            }
        }
    }

    /// Whether a configuration change says that it is of other services, or of other environments, than the alert.
    fn is_elsewhere(&self, node: NodeId, relation: Relation) -> bool {
        let environments = targets(self.graph, node, LinkKind::DeployedTo);
        let services = targets(self.graph, node, LinkKind::Of);
        let in_place = environments.is_empty() || environments.iter().any(|place| self.subject.covers(Some(*place)));
        let of_other = relation == Relation::Environment
            && !services.is_empty()
            && !services.iter().any(|service| self.subject.services.contains(service));
        !in_place || of_other
    }

    fn push(&mut self, lead: Lead) {
        // One thing that came by several ways (two tools that report one deployment) is one lead: the surest, then the latest.
        let order = |lead: &Lead| {
            let is_live = !matches!(lead.standing, Standing::TakenBack | Standing::Ahead);
            (is_live, lead.relation == Relation::Same, lead.at)
        };
        let leads = &mut self.leads.leads;
        let has_room = leads.len() < MAX_LEADS;
        match leads.iter_mut().find(|known| known.node == lead.node) {
            Some(known) if order(known) >= order(&lead) => {}
            Some(known) => *known = lead,
            None if has_room => leads.push(lead),
            None => {}
        }
    }

    fn finish(mut self) -> Leads {
        self.leads.cuts.sort_by(|left, right| (&left.at, &left.what).cmp(&(&right.at, &right.what)));
        self.leads.cuts.dedup();
        self.leads
    }
}

/// The commits that were brought, by the change that they are part of; a commit of which no change is known stands for itself.
fn units(graph: &Graph, commits: &[NodeId]) -> BTreeMap<NodeId, Vec<NodeId>> {
    let merged = rollouts::merged_with(graph, commits);
    let mut units: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    for commit in commits {
        let mut own = changes_of_commit(graph, *commit);
        if own.is_empty() {
            own.push(merged.get(commit).copied().unwrap_or(*commit));
        }
        for unit in own {
            units.entry(unit).or_default().push(*commit);
        }
    }
    units
}

/// The commits that these revert.
fn reverted_by(graph: &Graph, commits: &[NodeId]) -> Vec<NodeId> {
    commits.iter().flat_map(|commit| targets(graph, *commit, LinkKind::Reverts)).collect()
}

/// How sure it is what a deployment deployed.
fn deploys_class(graph: &Graph, deployment: NodeId) -> LinkClass {
    let links = graph.upstream(deployment).filter(|(_, link)| link.kind == LinkKind::Deploys);
    links.map(|(_, link)| link.class).max().unwrap_or(LinkClass::Guessed)
}

/// How sure it is that commits are part of a change; a commit for itself is as sure as can be.
fn part_class(graph: &Graph, node: NodeId, commits: &[NodeId]) -> LinkClass {
    let parts = graph
        .downstream(node)
        .filter(|(_, link)| link.kind == LinkKind::PartOf && commits.contains(&link.from))
        .map(|(_, link)| link.class);
    parts.max().unwrap_or(LinkClass::Cryptographic)
}

fn cut(graph: &Graph, node: NodeId, what: &str, why: String, fix: &str) -> Cut {
    let at = graph.node(node).map(|record| record.key.as_str().to_owned()).unwrap_or_default();
    Cut { at, what: what.to_owned(), why, fix: fix.to_owned() }
}

fn without_change(graph: &Graph, commit: NodeId) -> Cut {
    let why = format!(
        "no pull request is known that brought commit {} in; it was pushed directly, or the word of its merge was lost",
        rollouts::short(graph, commit)
    );
    let fix = "send the pull request events of its repository here; fetch lost ones with `throughline backfill`";
    cut(graph, commit, "change", why, fix)
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
