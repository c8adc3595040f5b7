//! The questions, asked: the pure functions of the domain, dressed with what only the tables know.
//!
//! Every surface asks here: REST, pages and command line. A question holds the graph only while it walks; titles and
//! evidence are then fetched for just the nodes and links of the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use thiserror::Error;
use throughline_domain::fact::Attribute;
use throughline_domain::graph::{Graph, LinkId, NodeId, NodeRecord};
use throughline_domain::key::Key;
use throughline_domain::ledger::EvidenceClass;
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::queries::impact::Impact;
use throughline_domain::queries::resolve::{self, Candidate, Interpretation, Resolution};
use throughline_domain::queries::trace::{Step as QueryStep, StepBasis, Trace};
use throughline_domain::queries::{impact, missing, path, tickets, trace};
use throughline_domain::time::Timestamp;
use throughline_store::questions;
use throughline_store::{AttributeValue, Connection, EvidenceRow, Store, StoreError};

use crate::answer::{
    self, Evidence, Missing, NodeAnswer, NodeSummary, PathAnswer, ResolveAnswer, Step, TimelineEvent, TraceAnswer,
};
use crate::live::{LiveGraph, State};

/// The most candidates that are listed when a text fits several nodes.
const MAX_CANDIDATES: usize = 25;

/// The most lines of a timeline, and the most names, that a node's page shows.
const MAX_LINES: i64 = 500;

/// The most pieces of evidence that are shown for one link; the surest come first.
pub(crate) const MAX_EVIDENCE: usize = 20;

/// Where questions are asked: the graph in memory and the tables behind it.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The tables.
    pub store: Arc<Store>,
    /// The graph.
    pub live: Arc<LiveGraph>,
}

/// Why a question has no answer.
#[derive(Debug, Error)]
pub enum AskError {
    /// Nothing fits; the answer holds a hint.
    #[error("nothing is known of '{}'; {}", .0.input, .0.hint.as_deref().unwrap_or("try its key, address or number"))]
    NotFound(Box<ResolveAnswer>),
    /// Several nodes fit; the answer lists them.
    #[error("'{}' fits {} things; say which", .0.input, .0.candidates.len())]
    Ambiguous(Box<ResolveAnswer>),
    /// The time cannot be read.
    #[error("'{0}' is not a time; write it like 2026-03-14T09:26:00Z")]
    Time(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Desk {
    /// What a text that somebody has in hand stands for.
    ///
    /// # Errors
    /// That of the database; that nothing fits is an answer.
    pub fn resolve(&self, input: &str) -> Result<ResolveAnswer, StoreError> {
        let (cleaned, resolution) = self.find(input)?;
        let (result, candidates, hint) = match resolution {
            Resolution::One(candidate) => ("one", vec![candidate.node], None),
            Resolution::Several(candidates) => ("several", candidates.iter().map(|found| found.node).collect(), None),
            Resolution::None { hint } => ("none", Vec::new(), Some(hint)),
        };
        let mut gown = Gown::default();
        gown.nodes.extend(candidates.iter().copied());
        let state = self.live.read();
        let dressed = self.store.read(|connection| gown.fetch(connection))?;
        let candidates = candidates.iter().filter_map(|node| dressed.node(&state.graph, *node)).collect();
        Ok(ResolveAnswer { input: cleaned, result: result.to_owned(), candidates, hint })
    }

    /// `trace`: the upstream chain of whatever the text stands for.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn trace(&self, of: &str, at: Option<&str>) -> Result<TraceAnswer, AskError> {
        let at = read_time(at)?;
        let start = self.one(of)?;
        self.trace_of(start, at)
    }

    /// `trace` of a node.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn trace_of(&self, start: NodeId, at: Option<Timestamp>) -> Result<TraceAnswer, AskError> {
        let state = self.live.read();
        let Trace { start, chain, steps, context, missing, cut } = trace::trace(&state.graph, start, at);
        self.walked(&state, &Walked { start, chain, steps, context, missing, cut })
    }

    /// `impact`: everything downstream of whatever the text stands for.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn impact(&self, of: &str, at: Option<&str>) -> Result<TraceAnswer, AskError> {
        let at = read_time(at)?;
        let start = self.one(of)?;
        self.impact_of(start, at)
    }

    /// `impact` of a node.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn impact_of(&self, start: NodeId, at: Option<Timestamp>) -> Result<TraceAnswer, AskError> {
        let state = self.live.read();
        let Impact { start, reached, steps, context, cut } = impact::impact(&state.graph, start, at);
        self.walked(&state, &Walked { start, chain: reached, steps, context, missing: Vec::new(), cut })
    }

    /// The answer of a walk, up or down.
    fn walked(&self, state: &State, walked: &Walked) -> Result<TraceAnswer, AskError> {
        let Walked { start, chain, steps, context, missing, cut } = walked;
        let mut gown = Gown::default();
        gown.nodes.extend(chain.iter().copied());
        gown.nodes.extend(missing.iter().map(|missing| missing.node));
        gown.steps(steps.iter().chain(context));
        let dressed = self.store.read(|connection| gown.fetch(connection))?;
        Ok(TraceAnswer {
            start: key_of(&state.graph, *start),
            nodes: dressed.nodes(&state.graph, chain),
            chain: chain.iter().map(|node| key_of(&state.graph, *node)).collect(),
            steps: dressed.steps(&state.graph, steps),
            context: dressed.steps(&state.graph, context),
            missing: to_missing(&state.graph, missing),
            cut: *cut,
            ledger_size: state.cursor,
        })
    }

    /// `path`: the shortest chain between what two texts stand for, as it was at a moment or is now.
    ///
    /// # Errors
    /// An [`AskError`]; that there is no path is an answer.
    pub fn path(&self, from: &str, to: &str, at: Option<&str>) -> Result<PathAnswer, AskError> {
        let at = read_time(at)?;
        let (from, to) = (self.one(from)?, self.one(to)?);
        let state = self.live.read();
        let found = path::path(&state.graph, from, to, at);
        let order = found.as_ref().map(path::Path::nodes).unwrap_or_default();
        let steps: Vec<QueryStep> = found.iter().flat_map(|path| &path.steps).map(|step| step.step.clone()).collect();
        let mut gown = Gown::default();
        gown.nodes.extend(order.iter().copied());
        gown.steps(steps.iter());
        let dressed = self.store.read(|connection| gown.fetch(connection))?;
        Ok(PathAnswer {
            from: key_of(&state.graph, from),
            to: key_of(&state.graph, to),
            found: found.is_some(),
            nodes: order.iter().filter_map(|node| dressed.node(&state.graph, *node)).collect(),
            steps: dressed.steps(&state.graph, &steps),
            ledger_size: state.cursor,
        })
    }

    /// Everything about one node: what is said of it, what happened, its links, what it lacks.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn node(&self, node: NodeId) -> Result<NodeAnswer, AskError> {
        let state = self.live.read();
        let graph = &state.graph;
        // Of a service or an environment, everything ever deployed there points at it: the last ones are wanted.
        let mut later: Vec<_> = graph.downstream(node).collect();
        later.reverse();
        let links: Vec<QueryStep> = graph
            .upstream(node)
            .chain(later)
            .take(usize::try_from(MAX_LINES).unwrap_or(usize::MAX))
            .map(|(id, link)| QueryStep {
                from: link.from,
                to: link.to,
                kind: Some(link.kind),
                class: link.class,
                basis: StepBasis::Link(id),
                reason: None,
            })
            .collect();
        let mut gown = Gown::default();
        gown.nodes.insert(node);
        gown.steps(links.iter());
        let key = key_of(graph, node);
        let (dressed, names, timeline) = self.store.read(|connection| {
            let dressed = gown.fetch(connection)?;
            let names = questions::names_of(connection, &key, MAX_LINES)?;
            Ok((dressed, names, questions::timeline(connection, node.0, MAX_LINES)?))
        })?;
        let neighbours = gown.nodes.iter().filter(|other| **other != node);
        let summary =
            dressed.node(graph, node).ok_or_else(|| StoreError::Damaged(format!("{key} is not in the graph")))?;
        Ok(NodeAnswer {
            node: summary,
            attributes: dressed.attributes_of(node),
            names: names
                .into_iter()
                .map(|name| name.split_once(':').map_or(name.clone(), |(_, rest)| rest.to_owned()))
                .collect(),
            timeline: timeline.into_iter().map(to_event).collect(),
            links: dressed.steps(graph, &links),
            neighbours: neighbours.filter_map(|other| dressed.node(graph, *other)).collect(),
            missing: to_missing(graph, &missing::of(graph, node)),
        })
    }

    /// Short forms of some nodes, by number; those that are not in the graph any more are left out.
    ///
    /// # Errors
    /// That of the database.
    pub fn summaries(&self, nodes: &[NodeId]) -> Result<BTreeMap<u32, NodeSummary>, StoreError> {
        let mut gown = Gown::default();
        gown.nodes.extend(nodes.iter().copied());
        let state = self.live.read();
        let dressed = self.store.read(|connection| gown.fetch(connection))?;
        Ok(nodes.iter().filter_map(|node| Some((node.0, dressed.node(&state.graph, *node)?))).collect())
    }

    /// The one node that a text stands for.
    ///
    /// # Errors
    /// [`AskError::NotFound`] or [`AskError::Ambiguous`] with the candidates.
    pub fn one(&self, input: &str) -> Result<NodeId, AskError> {
        match self.find(input)?.1 {
            Resolution::One(candidate) => Ok(candidate.node),
            Resolution::Several(_) => Err(AskError::Ambiguous(Box::new(self.resolve(input)?))),
            Resolution::None { .. } => Err(AskError::NotFound(Box::new(self.resolve(input)?))),
        }
    }

    fn find(&self, input: &str) -> Result<(String, Resolution), StoreError> {
        // The ledger's own tickets are no nodes; their names stand for what they are of.
        let input = tickets::asked(input).map_or(input, |(_, reference)| reference);
        let cleaned = resolve::clean(input);
        let interpretations = resolve::interpretations(input);
        let state = self.live.read();
        let mut candidates: Vec<Candidate> = Vec::new();
        for interpretation in &interpretations {
            // A guess at a title is worth its query only where nothing exact was found.
            if matches!(interpretation, Interpretation::Text(_)) && candidates.iter().any(|found| found.exact) {
                continue;
            }
            candidates.extend(self.candidates(&state.graph, interpretation)?);
        }
        Ok((cleaned, resolve::decide(last_firings(&state.graph, &candidates))))
    }

    fn candidates(&self, graph: &Graph, interpretation: &Interpretation) -> Result<Vec<Candidate>, StoreError> {
        let limit = i64::try_from(MAX_CANDIDATES).unwrap_or(i64::MAX);
        let of_keys = |keys: Vec<(String, String)>, exact| {
            let known = keys.into_iter().filter_map(|(_, key)| Key::parse(&key).ok());
            known.filter_map(|key| Some(Candidate { node: graph.find(&key)?, key, exact })).collect::<Vec<_>>()
        };
        match interpretation {
            Interpretation::Key(key) => {
                Ok(graph.find(key).map(|node| Candidate { key: key.clone(), node, exact: true }).into_iter().collect())
            }
            Interpretation::Names(names) => {
                let announced: Vec<(Name, String)> = names.iter().filter_map(announced).collect();
                let names: Vec<String> = names.iter().map(|name| name.as_str().to_owned()).collect();
                self.store.read(|connection| {
                    let mut found = of_keys(questions::keys_of_names(connection, &names, limit)?, true);
                    for (project, ticket) in &announced {
                        let patterns = questions::keys_of_names(connection, &[project.as_str().to_owned()], limit)?;
                        let named = patterns
                            .into_iter()
                            .filter_map(|(_, key)| Key::parse(&key).ok()?.with_resource(ticket).ok());
                        for key in named.filter(|key| found.iter().all(|known| known.key != *key)).collect::<Vec<_>>() {
                            found.extend(graph.find(&key).map(|node| Candidate { key, node, exact: true }));
                        }
                    }
                    Ok(found)
                })
            }
            Interpretation::OfKind { kind, name } => self.store.read(|connection| {
                let names = [name.as_str().to_owned()];
                let mut found = of_keys(questions::keys_of_names(connection, &names, limit)?, true);
                found.retain(|candidate| candidate.key.kind() == *kind);
                Ok(found)
            }),
            Interpretation::CommitPrefix(digits) => self.store.read(|connection| {
                let prefix = Name::commit(digits);
                Ok(of_keys(questions::names_with_prefix(connection, prefix.as_str(), limit)?, true))
            }),
            Interpretation::DigestPrefix(digits) => self.store.read(|connection| {
                let prefix = Name::digest(digits);
                Ok(of_keys(questions::names_with_prefix(connection, prefix.as_str(), limit)?, true))
            }),
            Interpretation::NumberSuffix(number) => self
                .store
                .read(|connection| Ok(of_keys(questions::numbers_on_any_host(connection, number, limit)?, true))),
            Interpretation::Text(text) => self.store.read(|connection| {
                let nodes = questions::nodes_with_title(connection, text, limit)?;
                let known = nodes.into_iter().filter_map(|node| Some((NodeId(node), graph.node(NodeId(node))?)));
                Ok(known.map(|(node, record)| Candidate { key: record.key.clone(), node, exact: false }).collect())
            }),
        }
    }
}

/// The project that a ticket's key or page belongs to, with the key: a ticket that nothing was received of is known by
/// the texts that name it, and by its project.
fn announced(name: &Name) -> Option<(Name, String)> {
    let project = |ticket: &str| ticket.rsplit_once('-').map(|(project, _)| project.to_owned());
    match name.scheme() {
        "ticket" => Some((Name::ticket_project(&project(name.value())?), name.value().to_owned())),
        "url" => {
            let (place, ticket) = name.value().rsplit_once("/browse/")?;
            let ticket = ticket.split(['?', '/']).next()?.to_uppercase();
            let host = place.split('/').next()?;
            Some((Name::ticket_project_at(host, &project(&ticket)?), ticket))
        }
        _ => None,
    }
}

/// Leaves of each alert only the last firing: all of them share its fingerprint and page, and who pastes one of those
/// means the last.
fn last_firings(graph: &Graph, candidates: &[Candidate]) -> Vec<Candidate> {
    let series = |one: &Candidate| {
        let parts = one.key.parts();
        let (alert, _) = parts.resource.split_once('/')?;
        (one.exact && one.key.kind() == NodeKind::Alert).then(|| (parts.provider, parts.provider_id, alert.to_owned()))
    };
    let moment = |one: &Candidate| (graph.node(one.node).and_then(|node| node.occurred), one.key.clone());
    let followed = |one: &Candidate| {
        let of = series(one);
        of.is_some() && candidates.iter().any(|other| series(other) == of && moment(other) > moment(one))
    };
    candidates.iter().filter(|one| !followed(one)).cloned().collect()
}

/// What a walk has met, whichever way it went.
struct Walked {
    start: NodeId,
    chain: Vec<NodeId>,
    steps: Vec<QueryStep>,
    context: Vec<QueryStep>,
    missing: Vec<missing::Missing>,
    cut: bool,
}

/// What has to be fetched to dress an answer.
#[derive(Default)]
struct Gown {
    nodes: BTreeSet<NodeId>,
    links: BTreeSet<LinkId>,
}

impl Gown {
    fn steps<'a>(&mut self, steps: impl Iterator<Item = &'a QueryStep>) {
        for step in steps {
            self.nodes.extend([step.from, step.to]);
            if let StepBasis::Link(id) = step.basis {
                self.links.insert(id);
            }
        }
    }

    fn fetch(&self, connection: &mut Connection) -> Result<Dressed, StoreError> {
        let attributes = questions::attributes(connection, &self.nodes.iter().map(|id| id.0).collect())?;
        let rows = questions::evidence(connection, &self.links.iter().map(|id| id.0).collect())?;
        let mut evidence: BTreeMap<u32, Vec<Evidence>> = BTreeMap::new();
        for row in rows {
            let list = evidence.entry(row.link).or_default();
            if list.len() < MAX_EVIDENCE {
                list.push(to_evidence(row));
            }
        }
        Ok(Dressed { named: self.nodes.clone(), attributes, evidence })
    }
}

struct Dressed {
    named: BTreeSet<NodeId>,
    attributes: BTreeMap<u32, BTreeMap<String, AttributeValue>>,
    evidence: BTreeMap<u32, Vec<Evidence>>,
}

impl Dressed {
    /// Every node that the answer names: the chain first, in its order.
    fn nodes(&self, graph: &Graph, chain: &[NodeId]) -> Vec<NodeSummary> {
        let on_chain: BTreeSet<NodeId> = chain.iter().copied().collect();
        let beside = self.named.iter().filter(|node| !on_chain.contains(node));
        chain.iter().chain(beside).filter_map(|node| self.node(graph, *node)).collect()
    }

    fn node(&self, graph: &Graph, node: NodeId) -> Option<NodeSummary> {
        let record: &NodeRecord = graph.node(node)?;
        let value =
            |attribute: Attribute| self.attributes.get(&node.0)?.get(attribute.word()).map(|value| value.value.clone());
        let reference = value(Attribute::Reference);
        let title =
            value(Attribute::Title).or_else(|| reference.clone()).unwrap_or_else(|| record.key.parts().resource);
        Some(NodeSummary {
            key: record.key.as_str().to_owned(),
            kind: record.kind.word().to_owned(),
            kind_label: record.kind.label().to_owned(),
            stage: stage_word(record),
            title,
            reference,
            url: value(Attribute::Url),
            state: value(Attribute::State),
            outcome: record.outcome.map(|outcome| outcome.word().to_owned()),
            occurred: record.occurred.map(|at| at.to_string()),
            stated: record.stated,
        })
    }

    fn steps(&self, graph: &Graph, steps: &[QueryStep]) -> Vec<Step> {
        steps.iter().map(|step| self.step(graph, step)).collect()
    }

    fn step(&self, graph: &Graph, step: &QueryStep) -> Step {
        let (kind, phrase) = match step.kind {
            Some(kind) => (kind.word().to_owned(), kind.phrase()),
            None => ("running_at".to_owned(), "was running".to_owned()),
        };
        let evidence = match step.basis {
            StepBasis::Link(id) => self.evidence.get(&id.0).cloned().unwrap_or_default(),
            StepBasis::RunningAt => Vec::new(),
        };
        Step {
            from: key_of(graph, step.from),
            to: key_of(graph, step.to),
            kind,
            phrase,
            class: step.class.word().to_owned(),
            reason: step.reason.clone(),
            evidence,
        }
    }

    fn attributes_of(&self, node: NodeId) -> Vec<answer::AttributeValue> {
        let values = self.attributes.get(&node.0).into_iter().flatten();
        values
            .map(|(name, value)| answer::AttributeValue {
                name: name.clone(),
                value: value.value.clone(),
                at: value.at.map(|at| at.to_string()),
                entry: value.entry,
            })
            .collect()
    }
}

/// Reads a time that somebody wrote.
///
/// # Errors
/// [`AskError::Time`].
pub fn read_time(text: Option<&str>) -> Result<Option<Timestamp>, AskError> {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => match Timestamp::parse(text) {
            Some(at) => Ok(Some(at)),
            None => Err(AskError::Time(text.chars().take(60).collect())),
        },
    }
}

/// The word of the evidence class of that code, as entries and deliveries show it.
pub fn vouched(code: i16) -> String {
    u8::try_from(code)
        .ok()
        .and_then(EvidenceClass::from_code)
        .map_or_else(|| code.to_string(), |class| class.word().to_owned())
}

fn stage_word(record: &NodeRecord) -> String {
    record.kind.stage().title().to_lowercase()
}

fn key_of(graph: &Graph, node: NodeId) -> String {
    graph.node(node).map(|record| record.key.as_str().to_owned()).unwrap_or_default()
}

fn to_missing(graph: &Graph, missing: &[missing::Missing]) -> Vec<Missing> {
    missing
        .iter()
        .map(|missing| Missing {
            node: key_of(graph, missing.node),
            what: missing.what.clone(),
            why: missing.why.clone(),
            fix: missing.fix.clone(),
        })
        .collect()
}

/// A row of evidence as answers show it.
pub(crate) fn to_evidence(row: EvidenceRow) -> Evidence {
    Evidence {
        class: row.class,
        rule: row.rule,
        version: row.version,
        score: row.score,
        reason: row.reason,
        entry: row.entry,
        source: row.source,
        vouched: vouched(row.evidence),
        received: row.received.to_string(),
    }
}

fn to_event(line: throughline_store::EventLine) -> TimelineEvent {
    TimelineEvent {
        at: line.at.to_string(),
        what: line.what,
        actor: line.actor,
        summary: line.summary,
        entry: line.entry,
    }
}
