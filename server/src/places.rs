//! What runs where, how two environments differ, and what waits for one, dressed.

use std::collections::BTreeSet;

use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use throughline_domain::graph::{Graph, NodeId};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::queries::board::{self, Candidate};
use throughline_domain::queries::places::{self, Place, ServiceDifference, Side, TaintKind};
use throughline_domain::queries::rollouts::Brought;
use throughline_domain::time::Timestamp;
use utoipa::ToSchema;

use crate::answer::NodeSummary;
use crate::ask::{AskError, Desk, read_time};
use crate::clock;
use crate::suspects::CutAnswer;

/// Something that is wrong with what runs in a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct TaintAnswer {
    /// Key of the piece that it is about.
    pub node: String,
    /// `undeclared`, `not_seen`, `no_chain` or `no_artifact`.
    pub what: String,
    /// What it means.
    pub why: String,
    /// What to do about it.
    pub fix: String,
}

/// One service in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct PlaceAnswer {
    /// Key of the service.
    pub service: Option<String>,
    /// Key of the environment.
    pub environment: Option<String>,
    /// Key of the last deployment that succeeded there.
    pub deployment: Option<String>,
    /// Since when, RFC 3339.
    pub since: Option<String>,
    /// Keys of what it deployed.
    pub declared: Vec<String>,
    /// Keys of what a snapshot saw.
    pub observed: Vec<String>,
    /// Keys of the commits behind what was deployed.
    pub commits: Vec<String>,
    /// Why nobody can say what runs there; empty where all is well.
    pub taints: Vec<TaintAnswer>,
}

/// The answer to `environments`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct PlacesAnswer {
    /// The places, by service and environment.
    pub places: Vec<PlaceAnswer>,
    /// Keys of the environments, in the order in which a change passes through them.
    pub environments: Vec<String>,
    /// How many places are tainted.
    pub tainted: usize,
    /// Every node that the answer names.
    pub nodes: Vec<NodeSummary>,
    /// The size of the ledger that the answer was computed over.
    pub ledger_size: u64,
}

/// What one side of a comparison has that the other has not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct AheadAnswer {
    /// Keys of the commits, the newest first.
    pub commits: Vec<String>,
    /// Keys of the changes among them.
    pub changes: Vec<String>,
    /// Keys of the tickets behind these.
    pub tickets: Vec<String>,
    /// Where the chain cannot be followed.
    pub cut: Vec<CutAnswer>,
}

/// How one service differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct ServiceDifferenceAnswer {
    /// Key of the service.
    pub service: String,
    /// What runs on the first side.
    pub left: Option<PlaceAnswer>,
    /// What runs on the second side.
    pub right: Option<PlaceAnswer>,
    /// Whether both run the very same artifacts, bit for bit.
    pub is_equal: bool,
    /// What the first side has and the second has not.
    pub ahead: AheadAnswer,
    /// What the second side has and the first has not.
    pub behind: AheadAnswer,
}

/// The answer to `diff`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct DiffAnswer {
    /// Key of the first environment.
    pub left: String,
    /// Key of the second one.
    pub right: String,
    /// The services that run on either side, by key.
    pub services: Vec<ServiceDifferenceAnswer>,
    /// Packages that snapshots saw on one side only, or in another version; the artifacts' keys.
    pub only_left: Vec<String>,
    /// The same of the second side.
    pub only_right: Vec<String>,
    /// Every node that the answer names.
    pub nodes: Vec<NodeSummary>,
    /// The size of the ledger that the answer was computed over.
    pub ledger_size: u64,
}

/// Something that waits before an environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct BoardRow {
    /// The service.
    pub service: NodeSummary,
    /// The environment that it has not reached.
    pub environment: NodeSummary,
    /// The one before, where it runs.
    pub from: NodeSummary,
    /// The deployment that brought it there.
    pub deployment: NodeSummary,
    /// What runs in the environment that it waits for.
    pub running: Option<NodeSummary>,
    /// The artifact, release or commit that would go out.
    pub candidate: Option<NodeSummary>,
    /// How many commits it would bring.
    pub commits: usize,
    /// The changes among these, the newest first.
    pub changes: Vec<NodeSummary>,
    /// The tickets behind these.
    pub tickets: Vec<NodeSummary>,
    /// Since when something of it waits, RFC 3339.
    pub waiting_since: Option<String>,
    /// The same in days.
    pub waiting_days: Option<f64>,
    /// Whether it cannot be told what it would bring.
    pub is_unknown: bool,
}

/// The board of candidates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct BoardAnswer {
    /// What waits, by service and environment.
    pub rows: Vec<BoardRow>,
    /// Why the board may be empty, in words, where no order of environments is known.
    pub note: Option<String>,
    /// The size of the ledger that the answer was computed over.
    pub ledger_size: u64,
}

impl Desk {
    /// What runs where, at a moment or now.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn places(&self, at: Option<&str>) -> Result<PlacesAnswer, AskError> {
        let at = read_time(at)?;
        let (mut answer, named) = {
            let state = self.live.read();
            let graph = &state.graph;
            let mut names = Names::new(graph);
            let places: Vec<PlaceAnswer> = places::places(graph, at).iter().map(|place| names.place(place)).collect();
            let order = in_order(graph);
            let environments: Vec<String> = order.iter().map(|node| names.key(*node)).collect();
            let tainted = places.iter().filter(|place| !place.taints.is_empty()).count();
            let (ledger_size, nodes) = (state.cursor, Vec::new());
            (PlacesAnswer { places, environments, tainted, nodes, ledger_size }, names.named)
        };
        answer.nodes = self.named(named)?;
        Ok(answer)
    }

    /// How two environments differ, each at a moment or now; `service` limits it to one.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn diff(
        &self,
        (left, left_at): (&str, Option<&str>),
        (right, right_at): (&str, Option<&str>),
        service: Option<&str>,
    ) -> Result<DiffAnswer, AskError> {
        let left = Side { environment: self.one_of(left, NodeKind::Environment)?, at: read_time(left_at)? };
        let right = Side { environment: self.one_of(right, NodeKind::Environment)?, at: read_time(right_at)? };
        let service = service.map(|service| self.one_of(service, NodeKind::Service)).transpose()?;
        let (mut answer, named) = {
            let state = self.live.read();
            let graph = &state.graph;
            let mut names = Names::new(graph);
            let found = places::difference(graph, left, right, service);
            // What was seen is known for now only, and there is nothing to hold against another moment.
            let is_now = left.at.is_none() && right.at.is_none();
            let [own, other] = [left, right].map(|side| if is_now { seen(graph, side) } else { BTreeSet::new() });
            let answer = DiffAnswer {
                left: names.key(left.environment),
                right: names.key(right.environment),
                services: found.iter().map(|one| names.difference(one)).collect(),
                only_left: names.sorted(own.difference(&other)),
                only_right: names.sorted(other.difference(&own)),
                nodes: Vec::new(),
                ledger_size: state.cursor,
            };
            (answer, names.named)
        };
        answer.nodes = self.named(named)?;
        Ok(answer)
    }

    /// The board of candidates, at a moment or now.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn board(&self, at: Option<&str>) -> Result<BoardAnswer, AskError> {
        let at = read_time(at)?;
        let now = at.unwrap_or_else(clock::now);
        let (found, note, ledger_size) = {
            let state = self.live.read();
            let stages = stages(&state.graph);
            let note = stages.is_empty().then(|| {
                "No order of environments is known: name the environment before another one in the catalog, as 'after'."
                    .to_owned()
            });
            (board::board(&state.graph, &stages, at), note, state.cursor)
        };
        let mut named = BTreeSet::new();
        for one in &found {
            let Candidate { service, environment, from, deployment, deploys, running, changes, tickets, .. } = one;
            named.extend([*service, *environment, *from, *deployment]);
            named.extend(deploys.iter().chain(running).chain(changes).chain(tickets));
        }
        let named: Vec<NodeId> = named.into_iter().collect();
        let known = self.summaries(&named)?;
        let summary = |node: NodeId| known.get(&node.0).cloned();
        let rows = found.iter().filter_map(|one| {
            let of_kind =
                |kind: &str| one.deploys.iter().filter_map(|node| summary(*node)).find(|summary| summary.kind == kind);
            let waited = one.waiting_since.map(|since| (now.seconds() - since.seconds()).max(0));
            Some(BoardRow {
                service: summary(one.service)?,
                environment: summary(one.environment)?,
                from: summary(one.from)?,
                deployment: summary(one.deployment)?,
                running: one.running.and_then(summary),
                candidate: of_kind("artifact").or_else(|| of_kind("release")).or_else(|| of_kind("commit")),
                commits: one.commits.len(),
                changes: one.changes.iter().filter_map(|node| summary(*node)).collect(),
                tickets: one.tickets.iter().filter_map(|node| summary(*node)).collect(),
                waiting_since: one.waiting_since.map(|since| since.to_string()),
                waiting_days: waited.map(days),
                is_unknown: one.is_unknown,
            })
        });
        Ok(BoardAnswer { rows: rows.collect(), note, ledger_size })
    }

    /// The node of one kind that a text stands for: by name, or by anything else that stands for it alone.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn one_of(&self, text: &str, kind: NodeKind) -> Result<NodeId, AskError> {
        let own = throughline_domain::key::named(kind, text).ok();
        let found = own.and_then(|key| self.live.read().graph.find(&key));
        match found {
            Some(node) => Ok(node),
            None => self.one(&format!("{}:{text}", kind.word())).or_else(|_| self.one(text)),
        }
    }

    fn named(&self, named: BTreeSet<NodeId>) -> Result<Vec<NodeSummary>, AskError> {
        let named: Vec<NodeId> = named.into_iter().collect();
        Ok(self.summaries(&named)?.into_values().collect())
    }
}

/// Each environment with the one that a change passes through before: as the catalog says, or where it says nothing of any,
/// production with staging.
pub fn stages(graph: &Graph) -> Vec<(NodeId, NodeId)> {
    let mut stages: Vec<(NodeId, NodeId)> = Vec::new();
    for environment in graph.of_kind(NodeKind::Environment) {
        let links = graph.upstream(environment).filter(|(_, link)| link.kind == LinkKind::ComesAfter);
        let before = links.map(|(_, link)| link.to).filter(|before| graph.node(*before).is_some());
        stages.extend(before.map(|before| (environment, before)));
    }
    let key = |node: NodeId| graph.node(node).map(|record| &record.key);
    stages.sort_by_key(|(environment, before)| (key(*environment), key(*before)));
    if stages.is_empty() {
        let find = |name| graph.find(&throughline_domain::key::named(NodeKind::Environment, name).ok()?);
        stages.extend(find("production").zip(find("staging")));
    }
    stages
}

/// The environment through which a change passes before it comes to one, as [`stages`] has it.
pub fn before(graph: &Graph, environment: NodeId) -> Option<NodeId> {
    stages(graph).into_iter().find(|(later, _)| *later == environment).map(|(_, before)| before)
}

/// The environments, those first through which a change passes first; of the rest by key.
fn in_order(graph: &Graph) -> Vec<NodeId> {
    let stages = stages(graph);
    let depth = |node: NodeId| {
        let mut at = node;
        let steps = (0..stages.len()).take_while(|_| match stages.iter().find(|(later, _)| *later == at) {
            Some((_, before)) => {
                at = *before;
                true
            }
            None => false,
        });
        steps.count()
    };
    let mut environments: Vec<NodeId> = graph.of_kind(NodeKind::Environment).collect();
    environments.sort_by_cached_key(|node| (depth(*node), graph.node(*node).map(|record| record.key.clone())));
    environments
}

/// What snapshots saw in an environment: artifacts and packages.
fn seen(graph: &Graph, side: Side) -> BTreeSet<NodeId> {
    let links = graph.upstream(side.environment).filter(|(_, link)| link.kind == LinkKind::Runs);
    links.map(|(_, link)| link.to).filter(|end| graph.node(*end).is_some()).collect()
}

/// Days with one digit behind the point.
fn days(seconds: i64) -> f64 {
    let tenths = seconds / 8_640;
    f64::from(u32::try_from(tenths).unwrap_or(u32::MAX)) / 10.0
}

struct Names<'g> {
    graph: &'g Graph,
    named: BTreeSet<NodeId>,
}

impl<'g> Names<'g> {
    fn new(graph: &'g Graph) -> Self {
        Self { graph, named: BTreeSet::new() }
    }

    fn key(&mut self, node: NodeId) -> String {
        self.named.insert(node);
        self.graph.node(node).map(|record| record.key.as_str().to_owned()).unwrap_or_default()
    }

    fn keys(&mut self, nodes: &[NodeId]) -> Vec<String> {
        nodes.iter().map(|node| self.key(*node)).collect()
    }

    /// The keys of some nodes in order.
    fn sorted<'n>(&mut self, nodes: impl Iterator<Item = &'n NodeId>) -> Vec<String> {
        let mut keys: Vec<String> = nodes.map(|node| self.key(*node)).collect();
        keys.sort_unstable();
        keys
    }

    fn place(&mut self, place: &Place) -> PlaceAnswer {
        let Place { service, environment, deployment, since, declared, observed, commits, taints } = place;
        PlaceAnswer {
            service: service.map(|node| self.key(node)),
            environment: environment.map(|node| self.key(node)),
            deployment: deployment.map(|node| self.key(node)),
            since: since.map(|at: Timestamp| at.to_string()),
            declared: self.keys(declared),
            observed: self.keys(observed),
            commits: self.keys(commits),
            taints: taints
                .iter()
                .map(|taint| TaintAnswer {
                    node: self.key(taint.node),
                    what: taint_word(taint.what).to_owned(),
                    why: taint.why.clone(),
                    fix: taint.fix.clone(),
                })
                .collect(),
        }
    }

    fn ahead(&mut self, brought: &Brought) -> AheadAnswer {
        let tickets = board::tickets_of(self.graph, &brought.changes, &brought.commits);
        AheadAnswer {
            commits: self.keys(&brought.commits),
            changes: self.keys(&brought.changes),
            tickets: self.keys(&tickets),
            cut: brought.cuts.iter().map(CutAnswer::from).collect(),
        }
    }

    fn difference(&mut self, one: &ServiceDifference) -> ServiceDifferenceAnswer {
        let ServiceDifference { service, left, right, is_equal, ahead, behind } = one;
        ServiceDifferenceAnswer {
            service: self.key(*service),
            left: left.as_ref().map(|place| self.place(place)),
            right: right.as_ref().map(|place| self.place(place)),
            is_equal: *is_equal,
            ahead: self.ahead(ahead),
            behind: self.ahead(behind),
        }
    }
}

fn taint_word(what: TaintKind) -> &'static str {
    match what {
        TaintKind::Undeclared => "undeclared",
        TaintKind::NotSeen => "not_seen",
        TaintKind::NoChain => "no_chain",
        TaintKind::NoArtifact => "no_artifact",
    }
}
