//! `suspects`, dressed: what an alert may come from, with who made it, why, and whom to ask.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use throughline_domain::dossier::Cut;
use throughline_domain::fact::Attribute;
use throughline_domain::graph::{Graph, NodeId};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::queries::board::tickets_of;
use throughline_domain::queries::rollouts::Rollout;
use throughline_domain::queries::suspects::{self, Leads, Relation, Standing, Suspect, Texts};
use throughline_domain::time::Timestamp;
use throughline_store::{AttributeValue, StoreError, questions};
use utoipa::ToSchema;

use crate::answer::NodeSummary;
use crate::ask::{AskError, Desk, read_time};

/// How many suspects are listed unless more are asked for.
pub const USUAL_SUSPECTS: usize = 20;

/// The most checks of one suspect that are listed.
const MAX_CHECKS: usize = 100;

/// The most commits of one suspect whose texts are read.
const MAX_READ_COMMITS: usize = 20;

/// A deployment that was running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct RunningAnswer {
    /// Key of the deployment.
    pub deployment: String,
    /// Key of the service.
    pub service: Option<String>,
    /// Key of the environment.
    pub environment: Option<String>,
    /// Since when, RFC 3339.
    pub since: String,
}

/// Something that may have caused the alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct SuspectAnswer {
    /// Its place in the list, from 1.
    pub rank: usize,
    /// Key of the pull request, commit, deployment or configuration change.
    pub node: String,
    /// How likely it is, 1 to 100; of use only beside the others of the same answer.
    pub score: u8,
    /// The class of the least sure link between it and its deployment.
    pub class: String,
    /// `same`, `dependency` or `environment`: how its place is related to what the alert is about.
    pub relation: String,
    /// `running`, `still_there`, `taken_back`, `under_way`, `unfinished`, `failed` or `ahead`: what had become of it.
    pub standing: String,
    /// When it went live, RFC 3339.
    pub at: String,
    /// Key of the deployment that brought it.
    pub deployment: Option<String>,
    /// Keys of its commits that were brought, the newest first.
    pub commits: Vec<String>,
    /// Keys of the tickets behind it.
    pub tickets: Vec<String>,
    /// Keys of who wrote it.
    pub authors: Vec<String>,
    /// Keys of who approved it.
    pub approvers: Vec<String>,
    /// Keys of the tests and pipeline runs of its commits.
    pub checks: Vec<String>,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// A place where a chain cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct CutAnswer {
    /// Key of the last node before the cut.
    pub node: String,
    /// What is missing, as a word.
    pub what: String,
    /// What that means.
    pub why: String,
    /// What to do about it.
    pub fix: String,
}

impl From<&Cut> for CutAnswer {
    fn from(cut: &Cut) -> Self {
        Self { node: cut.at.clone(), what: cut.what.clone(), why: cut.why.clone(), fix: cut.fix.clone() }
    }
}

/// The answer to `suspects`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct SuspectsAnswer {
    /// Key of the alert or incident.
    pub start: String,
    /// The moment for which it was asked, RFC 3339: when the alert fired, unless another one was given.
    pub moment: Option<String>,
    /// What was running then, in each place that it is about.
    pub running: Vec<RunningAnswer>,
    /// What changed before, the likeliest first.
    pub suspects: Vec<SuspectAnswer>,
    /// Where the chain cannot be followed.
    pub cut: Vec<CutAnswer>,
    /// How many suspects there are in all.
    pub found: usize,
    /// Every node that the answer names.
    pub nodes: Vec<NodeSummary>,
    /// The size of the ledger that the answer was computed over.
    pub ledger_size: u64,
}

impl Desk {
    /// What an alert or incident may come from, at most `limit` of it.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn suspects(&self, of: &str, at: Option<&str>, limit: usize) -> Result<SuspectsAnswer, AskError> {
        let at = read_time(at)?;
        let start = self.one(of)?;
        self.suspects_of(start, at, limit)
    }

    /// As [`Desk::suspects`], of a node.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn suspects_of(&self, start: NodeId, at: Option<Timestamp>, limit: usize) -> Result<SuspectsAnswer, AskError> {
        let (mut answer, named) = {
            let state = self.live.read();
            let mut leads = suspects::gather(&state.graph, start, at);
            let began = self.begun(&leads)?;
            leads.begun(&state.graph, &began);
            let texts = self.texts(&state.graph, &leads)?;
            let ranked = suspects::rank(&state.graph, &leads, &texts);
            dress(&state.graph, &leads, &ranked, limit, state.cursor)
        };
        let named: Vec<NodeId> = named.into_iter().collect();
        answer.nodes = self.summaries(&named)?.into_values().collect();
        Ok(answer)
    }

    /// When each deployment began that ended soon after the moment, where that was told.
    fn begun(&self, leads: &Leads) -> Result<HashMap<NodeId, Timestamp>, StoreError> {
        let rollouts = leads.late.iter().filter_map(|lead| lead.rollout);
        let deployments: BTreeSet<u32> = rollouts.map(|rollout| rollout.deployment.0).collect();
        if deployments.is_empty() {
            return Ok(HashMap::new());
        }
        let known = self.store.read(|connection| questions::attributes(connection, &deployments))?;
        let began = known.into_iter().filter_map(|(node, values)| {
            let at = values.get(Attribute::StartedAt.word())?;
            Some((NodeId(node), Timestamp::parse(&at.value)?))
        });
        Ok(began.collect())
    }

    /// What the alert, its rule, and the leads say of themselves.
    fn texts(&self, graph: &Graph, leads: &Leads) -> Result<Texts, StoreError> {
        let rules = ends(graph, leads.start, LinkKind::InstanceOf);
        let read = |lead: &suspects::Lead| -> Vec<NodeId> {
            let commits = lead.commits.iter().take(MAX_READ_COMMITS).copied();
            let parts: Vec<NodeId> = commits.chain([lead.node]).collect();
            let touched = parts.iter().flat_map(|node| ends(graph, *node, LinkKind::Touches)).collect::<Vec<_>>();
            parts.into_iter().chain(touched).collect()
        };
        let mut nodes: BTreeSet<u32> = rules.iter().chain([&leads.start]).map(|node| node.0).collect();
        nodes.extend(leads.leads.iter().flat_map(read).map(|node| node.0));
        nodes.extend(leads.leads.iter().filter_map(|lead| lead.rollout?.service).map(|node| node.0));
        nodes.extend(leads.leads.iter().flat_map(|lead| &lead.commits).map(|node| node.0));
        let known = self.store.read(|connection| questions::attributes(connection, &nodes))?;
        let of = |node: NodeId| said(&known, node);
        let alert = rules.iter().chain([&leads.start]).map(|node| of(*node)).collect();
        let own = leads.leads.iter().map(|lead| {
            let texts: Vec<String> = read(lead).into_iter().map(of).collect();
            (lead.node, texts.join(" "))
        });
        let files = leads.leads.iter().flat_map(|lead| &lead.commits).filter_map(|commit| {
            let paths = known.get(&commit.0)?.get(Attribute::Path.word())?;
            Some((*commit, paths.value.lines().map(str::to_owned).collect()))
        });
        let services = leads.leads.iter().filter_map(|lead| lead.rollout?.service);
        let parts = services
            .filter_map(|service| Some((service, known.get(&service.0)?.get(Attribute::Path.word())?.value.clone())));
        Ok(Texts { alert, files: files.collect(), parts: parts.collect(), leads: own.collect() })
    }
}

/// The texts of a node, in one.
fn said(known: &BTreeMap<u32, BTreeMap<String, AttributeValue>>, node: NodeId) -> String {
    const READ: [Attribute; 5] =
        [Attribute::Title, Attribute::Description, Attribute::Branch, Attribute::Labels, Attribute::Path];
    let values = READ.iter().filter_map(|attribute| {
        let value = known.get(&node.0)?.get(attribute.word())?.value.as_str();
        // Of a label its value says something; its name is the same everywhere.
        let says = |label: &'_ str| label.split_once('=').map_or(label.to_owned(), |(_, value)| value.to_owned());
        Some(if *attribute == Attribute::Labels {
            value.split(',').map(says).collect::<Vec<_>>().join(" ")
        } else {
            value.to_owned()
        })
    });
    let text = values.collect::<Vec<_>>().join(" ");
    // Addresses and references name an organisation or a host, and say nothing of what something is about.
    let is_plain = |word: &&str| !word.contains("://") && !word.contains('#') && !word.contains('@');
    text.split_whitespace().filter(is_plain).collect::<Vec<_>>().join(" ")
}

fn dress(
    graph: &Graph,
    leads: &Leads,
    ranked: &[Suspect],
    limit: usize,
    ledger_size: u64,
) -> (SuspectsAnswer, BTreeSet<NodeId>) {
    let mut named = BTreeSet::from([leads.start]);
    let mut key = |node: NodeId| {
        named.insert(node);
        graph.node(node).map(|record| record.key.as_str().to_owned()).unwrap_or_default()
    };
    let mut running = |rollout: &Rollout| RunningAnswer {
        deployment: key(rollout.deployment),
        service: rollout.service.map(&mut key),
        environment: rollout.environment.map(&mut key),
        since: rollout.at.to_string(),
    };
    let running: Vec<RunningAnswer> = leads.running.iter().map(&mut running).collect();
    // Whoever asks as of another moment than that at which it fired wants what was known by then.
    let fired = graph.node(leads.start).and_then(|record| record.occurred);
    let asked = leads.moment.filter(|moment| fired != Some(*moment));
    let mut suspects = Vec::new();
    for (place, one) in ranked.iter().take(limit).enumerate() {
        let people = |kind: LinkKind| {
            let mut people: Vec<NodeId> = ends(graph, one.node, kind);
            if people.is_empty() {
                people = one.commits.iter().flat_map(|commit| ends(graph, *commit, kind)).collect();
            }
            by_key(graph, people)
        };
        let checks = one.commits.iter().take(MAX_READ_COMMITS).flat_map(|commit| checks(graph, *commit));
        let checks = checks.filter(|node| is_by(graph, *node, asked));
        let mut checks = by_key(graph, checks.collect());
        checks.truncate(MAX_CHECKS);
        let tickets = tickets_of(graph, &[one.node], &one.commits);
        suspects.push(SuspectAnswer {
            rank: place + 1,
            node: key(one.node),
            score: one.score,
            class: one.class.word().to_owned(),
            relation: relation(one.relation).to_owned(),
            standing: standing(one.standing).to_owned(),
            at: one.at.to_string(),
            deployment: one.deployment.map(&mut key),
            commits: one.commits.iter().map(|commit| key(*commit)).collect(),
            tickets: tickets.into_iter().map(&mut key).collect(),
            authors: people(LinkKind::AuthoredBy).into_iter().map(&mut key).collect(),
            approvers: people(LinkKind::ApprovedBy).into_iter().map(&mut key).collect(),
            checks: checks.into_iter().map(&mut key).collect(),
            reasons: one.reasons.clone(),
        });
    }
    let answer = SuspectsAnswer {
        start: key(leads.start),
        moment: leads.moment.map(|at| at.to_string()),
        running,
        suspects,
        cut: leads.cuts.iter().map(CutAnswer::from).collect(),
        found: ranked.len(),
        nodes: Vec::new(),
        ledger_size,
    };
    (answer, named)
}

fn checks(graph: &Graph, commit: NodeId) -> Vec<NodeId> {
    let links =
        graph.downstream(commit).filter(|(_, link)| matches!(link.kind, LinkKind::BuiltFrom | LinkKind::Verifies));
    let runs = links.map(|(_, link)| link.from);
    runs.filter(|node| {
        graph.node(*node).is_some_and(|record| {
            matches!(record.kind, NodeKind::PipelineRun | NodeKind::Build | NodeKind::TestRun | NodeKind::Scan)
        })
    })
    .collect()
}

/// Whether a node is not known to have occurred after a moment.
fn is_by(graph: &Graph, node: NodeId, moment: Option<Timestamp>) -> bool {
    let occurred = graph.node(node).and_then(|record| record.occurred);
    occurred.zip(moment).is_none_or(|(occurred, moment)| occurred <= moment)
}

/// Each once, by key.
fn by_key(graph: &Graph, mut nodes: Vec<NodeId>) -> Vec<NodeId> {
    nodes.sort_by_cached_key(|node| graph.node(*node).map(|record| record.key.clone()));
    nodes.dedup();
    nodes
}

/// The other ends of a node's links of one kind.
pub(crate) fn ends(graph: &Graph, node: NodeId, kind: LinkKind) -> Vec<NodeId> {
    let links = graph.upstream(node).filter(|(_, link)| link.kind == kind);
    links.map(|(_, link)| link.to).filter(|end| graph.node(*end).is_some()).collect()
}

fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Same => "same",
        Relation::Dependency => "dependency",
        Relation::Environment => "environment",
    }
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Running => "running",
        Standing::StillThere => "still_there",
        Standing::TakenBack => "taken_back",
        Standing::UnderWay => "under_way",
        Standing::Unfinished => "unfinished",
        Standing::Failed => "failed",
        Standing::Ahead => "ahead",
    }
}
