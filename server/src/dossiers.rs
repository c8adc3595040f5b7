//! Dossiers: the outlines of the domain, dressed with titles, events, approvals and the entries that they rest on.
//!
//! Readiness, the change history and change logs read nothing else. Many are dressed at once, so that a year of changes costs
//! a few queries for each page of them.

use std::collections::{BTreeMap, BTreeSet};

use throughline_domain::dossier::{
    Approval, ArtifactLine, Budget, ChangeLine, CommitLine, Dossier, Piece, RolloutLine, RunLine, TicketLine, Tie,
    Watch, Who,
};
use throughline_domain::fact::Attribute;
use throughline_domain::graph::{Graph, LinkId, NodeId};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::NodeKind;
use throughline_domain::queries::outline::{self, Change, Outline, Run, Visit};
use throughline_domain::queries::rollouts::{self, Brought, Period, Rollout};
use throughline_domain::queries::{Histories, Timeline};
use throughline_domain::time::Timestamp;
use throughline_store::{AttributeValue, Connection, EventLine, StoreError, dossiers, questions};

use crate::ask::{AskError, Desk};
use crate::live::State;
use crate::places;

/// What a change event is called by which somebody took an approval back.
const TAKEN_BACK: [&str; 2] = ["unapproved", "dismissed"];

/// What is kept from one batch of dossiers to the next: the timelines of services, which are long, and hold as long as the
/// graph stays as it is.
#[derive(Debug, Default)]
pub struct Remembered {
    /// Epoch and revision of the graph that they were read from.
    graph: (u64, u64),
    histories: Histories,
}

impl Remembered {
    fn timeline<'g>(&mut self, state: &'g State) -> Timeline<'g> {
        let histories = std::mem::take(&mut self.histories);
        let graph = (state.epoch, state.revision);
        if self.graph == graph {
            return Timeline::resume(&state.graph, histories);
        }
        self.graph = graph;
        Timeline::new(&state.graph)
    }
}

impl Desk {
    /// The deployments of a period, in order of time, then of key.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn rollouts(&self, period: &Period) -> Result<Vec<Rollout>, AskError> {
        Ok(rollouts::rollouts(&self.live.read().graph, period))
    }

    /// The dossiers of deployments that have happened, in their order. Whoever asks for batch after batch hands in the same
    /// `remembered` each time; otherwise all deployments of each service are read for every batch.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn dossiers(
        &self,
        rollouts: &[Rollout],
        at: Timestamp,
        remembered: &mut Remembered,
    ) -> Result<Vec<Dossier>, AskError> {
        let mut dossiers = {
            let state = self.live.read();
            let mut timeline = remembered.timeline(&state);
            let of = |rollout: &Rollout| outline::of_rollout(&state.graph, &mut timeline, rollout, at);
            let outlines: Vec<Outline> = rollouts.iter().map(of).collect();
            remembered.histories = timeline.into_histories();
            self.dress(&state, &outlines, at)?
        };
        self.decide_all(&mut dossiers)?;
        Ok(dossiers)
    }

    /// The dossier of what somebody wants to bring into an environment, as of a moment.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn dossier_of_candidate(
        &self,
        candidate: NodeId,
        service: Option<NodeId>,
        environment: NodeId,
        at: Timestamp,
    ) -> Result<Dossier, AskError> {
        let state = self.live.read();
        let mut timeline = Timeline::new(&state.graph);
        let place = (service, environment);
        let outline = outline::of_candidate(&state.graph, &mut timeline, candidate, place, at);
        let dressed = self.dress(&state, &[outline], at)?.pop();
        dressed.ok_or_else(|| StoreError::Damaged("a dossier was asked for and none was made".to_owned()).into())
    }

    fn dress(&self, state: &State, outlines: &[Outline], at: Timestamp) -> Result<Vec<Dossier>, StoreError> {
        let mut needs = Needs::default();
        for outline in outlines {
            needs.outline(&state.graph, outline);
        }
        let known = self.store.read(|connection| needs.fetch(connection))?;
        let dressing = Dressing { graph: &state.graph, known, at, ledger_size: state.cursor };
        Ok(outlines.iter().map(|outline| dressing.dossier(outline)).collect())
    }
}

/// The links whose evidence a dossier rests on.
const CITED: [LinkKind; 15] = [
    LinkKind::PartOf,
    LinkKind::Resolves,
    LinkKind::RelatesTo,
    LinkKind::ApprovedBy,
    LinkKind::AuthoredBy,
    LinkKind::TriggeredBy,
    LinkKind::BuiltFrom,
    LinkKind::Verifies,
    LinkKind::ProducedBy,
    LinkKind::DerivedFrom,
    LinkKind::Deploys,
    LinkKind::RollsBack,
    LinkKind::Reverts,
    LinkKind::Of,
    LinkKind::DeployedTo,
];

/// What has to be fetched.
#[derive(Default)]
struct Needs {
    nodes: BTreeSet<u32>,
    /// Nodes whose events and links are looked at.
    told: BTreeSet<u32>,
    links: BTreeMap<NodeId, Vec<LinkId>>,
}

impl Needs {
    fn outline(&mut self, graph: &Graph, outline: &Outline) {
        let visits = outline.visits.iter().chain(&outline.deployment).chain(&outline.replaces);
        let mut told: Vec<NodeId> = vec![outline.candidate];
        told.extend(visits.clone().map(|visit| visit.rollout.deployment));
        told.extend(&outline.brought.commits);
        told.extend(outline.changes.iter().flat_map(|change| change.commits.iter().chain([&change.node])));
        told.extend(&outline.tickets);
        told.extend(outline.runs.iter().map(|run| run.node));
        told.extend(&outline.artifacts);
        let mut named: Vec<NodeId> = visits.clone().flat_map(|visit| visit.fired.iter().copied()).collect();
        named.extend(visits.filter_map(|visit| visit.rollout.environment));
        named.extend(outline.service.iter().chain(&outline.environment));
        named.extend(
            outline.alert_rules.iter().chain(&outline.pages).chain(&outline.owners).chain(&outline.open_incidents),
        );
        for node in told {
            if self.told.insert(node.0) {
                self.nodes.insert(node.0);
                for (id, link) in graph.upstream(node) {
                    self.nodes.insert(link.to.0);
                    if CITED.contains(&link.kind) {
                        self.links.entry(node).or_default().push(id);
                    }
                }
            }
        }
        self.nodes.extend(named.into_iter().map(|node| node.0));
    }

    fn fetch(&self, connection: &mut Connection) -> Result<Known, StoreError> {
        let links: BTreeSet<u32> = self.links.values().flatten().map(|link| link.0).collect();
        let by_link = dossiers::link_entries(connection, &links)?;
        let mut cited: BTreeMap<u32, BTreeSet<u64>> = BTreeMap::new();
        for (node, own) in &self.links {
            let entries = own.iter().filter_map(|link| by_link.get(&link.0)).flatten();
            cited.entry(node.0).or_default().extend(entries);
        }
        Ok(Known {
            attributes: questions::attributes(connection, &self.nodes)?,
            events: dossiers::events(connection, &self.told)?,
            cited,
        })
    }
}

/// What was fetched.
struct Known {
    attributes: BTreeMap<u32, BTreeMap<String, AttributeValue>>,
    events: BTreeMap<u32, Vec<EventLine>>,
    /// The entries that state the links of a node.
    cited: BTreeMap<u32, BTreeSet<u64>>,
}

struct Dressing<'a> {
    graph: &'a Graph,
    known: Known,
    at: Timestamp,
    ledger_size: u64,
}

impl Dressing<'_> {
    fn dossier(&self, outline: &Outline) -> Dossier {
        let Outline { candidate, service, environment, brought, .. } = outline;
        let environment = environment.and_then(|node| self.piece(node)).unwrap_or_else(nothing);
        let before = outline.environment.and_then(|node| places::before(self.graph, node));
        let visits = outline.visits.iter().filter(|visit| self.is_of(visit, *service));
        Dossier {
            evaluated: self.at,
            ledger_size: self.ledger_size,
            candidate: self.piece(*candidate).unwrap_or_else(nothing),
            service: service.and_then(|node| self.piece(node)),
            environment,
            previous_environment: before.and_then(|node| self.piece(node)).map(|piece| piece.name().to_owned()),
            deployment: outline.deployment.as_ref().and_then(|visit| self.rollout(visit)),
            replaces: outline.replaces.as_ref().and_then(|visit| self.rollout(visit)),
            is_rollback: brought.is_rollback,
            commits: self.commits(brought),
            changes: outline.changes.iter().filter_map(|change| self.change(change)).collect(),
            tickets: outline.tickets.iter().filter_map(|node| self.ticket(*node)).collect(),
            runs: outline.runs.iter().filter_map(|run| self.run(run)).collect(),
            artifacts: outline.artifacts.iter().filter_map(|node| self.artifact(*node)).collect(),
            rollouts: visits.filter_map(|visit| self.rollout(visit)).collect(),
            watch: self.watch(outline),
            open_incidents: self.pieces(&outline.open_incidents),
            on_call: Vec::new(),
            decisions: Vec::new(),
            cuts: brought.cuts.clone(),
        }
    }

    fn value(&self, node: NodeId, attribute: Attribute) -> Option<&AttributeValue> {
        self.known.attributes.get(&node.0)?.get(attribute.word())
    }

    fn text(&self, node: NodeId, attribute: Attribute) -> Option<String> {
        self.value(node, attribute).map(|value| value.value.clone())
    }

    fn moment(&self, node: NodeId, attribute: Attribute) -> Option<Timestamp> {
        self.value(node, attribute).and_then(|value| Timestamp::parse(&value.value))
    }

    fn events(&self, node: NodeId) -> &[EventLine] {
        self.known.events.get(&node.0).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every entry that says something of a node: its attributes, its events, its own links.
    fn entries(&self, node: NodeId) -> Vec<u64> {
        let attributes = self.known.attributes.get(&node.0).into_iter().flatten().map(|(_, value)| value.entry);
        let events = self.events(node).iter().map(|event| event.entry);
        let links = self.known.cited.get(&node.0).into_iter().flatten().copied();
        attributes.chain(events).chain(links).collect::<BTreeSet<u64>>().into_iter().collect()
    }

    fn piece(&self, node: NodeId) -> Option<Piece> {
        let record = self.graph.node(node)?;
        let reference = self.text(node, Attribute::Reference);
        let title = self.text(node, Attribute::Title).or_else(|| reference.clone());
        Some(Piece {
            key: record.key.as_str().to_owned(),
            kind: record.kind,
            title: title.unwrap_or_else(|| record.key.parts().resource),
            reference,
            url: self.text(node, Attribute::Url),
            state: self.text(node, Attribute::State),
            outcome: record.outcome,
            occurred: record.occurred,
            stated: record.stated,
        })
    }

    fn pieces(&self, nodes: &[NodeId]) -> Vec<Piece> {
        nodes.iter().filter_map(|node| self.piece(*node)).collect()
    }

    /// The other ends of a node's links of one kind, in order of key, each once.
    fn ends(&self, node: NodeId, kind: LinkKind) -> Vec<NodeId> {
        let links = self.graph.upstream(node).filter(|(_, link)| link.kind == kind);
        let mut ends: Vec<NodeId> =
            links.map(|(_, link)| link.to).filter(|end| self.graph.node(*end).is_some()).collect();
        ends.sort_by_cached_key(|end| self.graph.node(*end).map(|record| record.key.clone()));
        ends.dedup();
        ends
    }

    fn ties(&self, node: NodeId, kinds: &[LinkKind], ends: &[NodeKind]) -> Vec<Tie> {
        let links = self.graph.upstream(node).filter(|(_, link)| kinds.contains(&link.kind));
        let mut ties: Vec<Tie> = links
            .filter_map(|(_, link)| {
                let end = self.graph.node(link.to).filter(|end| ends.contains(&end.kind))?;
                Some(Tie { to: end.key.as_str().to_owned(), says: link.kind.word().to_owned(), class: link.class })
            })
            .collect();
        ties.sort_by(|left, right| (&left.to, &left.says).cmp(&(&right.to, &right.says)));
        ties
    }

    fn people(&self, node: NodeId, kind: LinkKind) -> Vec<Who> {
        self.ends(node, kind).into_iter().filter_map(|person| self.who(person)).collect()
    }

    fn who(&self, person: NodeId) -> Option<Who> {
        let piece = self.piece(person)?;
        Some(Who { name: piece.name().to_owned(), key: Some(piece.key) })
    }

    fn commits(&self, brought: &Brought) -> Vec<CommitLine> {
        let merged = rollouts::merged_with(self.graph, &brought.commits);
        let mut lines = Vec::new();
        for node in &brought.commits {
            let Some(mut line) = self.commit(*node, &brought.heads) else { continue };
            // Both ends of this follow from what tools assert: what the change was merged as, and what that push moved.
            if let Some(change) =
                merged.get(node).filter(|_| line.changes.is_empty()).and_then(|node| self.graph.node(*node))
            {
                let (to, says) = (change.key.as_str().to_owned(), LinkKind::PartOf.word().to_owned());
                line.changes.push(Tie { to, says, class: LinkClass::Asserted });
            }
            lines.push(line);
        }
        lines
    }

    fn commit(&self, node: NodeId, heads: &[NodeId]) -> Option<CommitLine> {
        Some(CommitLine {
            piece: self.piece(node)?,
            authors: self.people(node, LinkKind::AuthoredBy),
            changes: self.ties(node, &[LinkKind::PartOf], &[NodeKind::Change]),
            tickets: self.ties(node, &WORK, &[NodeKind::Ticket]),
            is_head: heads.contains(&node),
            entries: self.entries(node),
        })
    }

    fn change(&self, change: &Change) -> Option<ChangeLine> {
        let node = change.node;
        let mut authors = self.people(node, LinkKind::AuthoredBy);
        for who in change.commits.iter().flat_map(|commit| self.people(*commit, LinkKind::AuthoredBy)) {
            if !authors.iter().any(|known| known.is(&who)) {
                authors.push(who);
            }
        }
        let events: Vec<&EventLine> = self.events(node).iter().filter(|event| event.at <= self.at).collect();
        let merge = events.iter().find(|event| event.what == "merged");
        let merged = merge.map(|event| event.at);
        let pushes = events.iter().filter(|event| matches!(event.what.as_str(), "pushed" | "opened"));
        let last_push = pushes.map(|event| event.at).filter(|at| merged.is_none_or(|merged| *at <= merged)).max();
        let mut tickets = self.ties(node, &WORK, &[NodeKind::Ticket]);
        for tie in change.commits.iter().flat_map(|commit| self.ties(*commit, &WORK, &[NodeKind::Ticket])) {
            if !tickets.iter().any(|known| known.to == tie.to) {
                tickets.push(tie);
            }
        }
        let labels = self.text(node, Attribute::Labels).unwrap_or_default();
        Some(ChangeLine {
            piece: self.piece(node)?,
            authors,
            approvals: self.approvals(node),
            last_push,
            merged,
            merged_by: merge.and_then(|event| event.actor.as_deref()).map(|actor| self.actor(node, actor)),
            labels: split(&labels),
            tickets,
            entries: self.entries(node),
        })
    }

    /// The approvals of a change that were not taken back, the newest first: by its timeline, and where that tells of none
    /// of somebody's, by the tool's own list.
    fn approvals(&self, change: NodeId) -> Vec<Approval> {
        let mut approvals: Vec<Approval> = Vec::new();
        let mut spoken: Vec<Who> = Vec::new();
        // Whoever approved only after the moment had not approved by then; the tool's own list does not say when.
        let later = self.events(change).iter().filter(|event| event.at > self.at && event.what == "approved");
        let later: Vec<Who> = later.filter_map(|event| Some(self.actor(change, event.actor.as_deref()?))).collect();
        for event in self.events(change).iter().filter(|event| event.at <= self.at) {
            let is_approval = event.what == "approved";
            let is_end = TAKEN_BACK.contains(&event.what.as_str()) || event.what == "changes-requested";
            let Some(actor) = event.actor.as_deref().filter(|_| is_approval || is_end) else { continue };
            let who = self.actor(change, actor);
            if !spoken.iter().any(|known| known.is(&who)) {
                if is_approval {
                    approvals.push(Approval { by: who.clone(), at: Some(event.at) });
                }
                spoken.push(who);
            }
        }
        for who in self.people(change, LinkKind::ApprovedBy) {
            if !spoken.iter().chain(&later).any(|known| known.is(&who)) {
                approvals.push(Approval { by: who, at: None });
            }
        }
        approvals
    }

    /// The person whom a timeline names: with the key of the one among the node's own people who is called so.
    fn actor(&self, node: NodeId, actor: &str) -> Who {
        let kinds = [LinkKind::ApprovedBy, LinkKind::AuthoredBy, LinkKind::TriggeredBy];
        let people = kinds.into_iter().flat_map(|kind| self.ends(node, kind));
        let is_called_so = |piece: &Piece| {
            let login = Key::parse(&piece.key).map(|key| key.parts().resource).unwrap_or_default();
            [login.as_str(), piece.name(), &piece.title].into_iter().any(|name| name.eq_ignore_ascii_case(actor))
        };
        let known = people.filter_map(|person| self.piece(person)).find(is_called_so);
        Who { key: known.map(|piece| piece.key), name: actor.to_owned() }
    }

    fn ticket(&self, node: NodeId) -> Option<TicketLine> {
        let documents = self.ends(node, LinkKind::DocumentedBy);
        let labels = self.text(node, Attribute::Labels).unwrap_or_default();
        Some(TicketLine {
            piece: self.piece(node)?,
            category: self.text(node, Attribute::Category),
            labels: split(&labels),
            documents: self.pieces(&documents),
            entries: self.entries(node),
        })
    }

    fn run(&self, run: &Run) -> Option<RunLine> {
        let keys = run.on.iter().filter_map(|node| Some(self.graph.node(*node)?.key.as_str().to_owned()));
        let finished = self.moment(run.node, Attribute::FinishedAt);
        Some(RunLine {
            piece: self.piece(run.node)?,
            on: keys.collect(),
            on_head: run.on_head,
            finished: finished.or_else(|| self.graph.node(run.node)?.occurred),
            result: self.text(run.node, Attribute::Result),
            entries: self.entries(run.node),
        })
    }

    fn artifact(&self, node: NodeId) -> Option<ArtifactLine> {
        let origin = [LinkKind::ProducedBy, LinkKind::BuiltFrom, LinkKind::DerivedFrom];
        let made = self.graph.upstream(node).filter(|(_, link)| origin.contains(&link.kind));
        let commits = outline::commits_of_artifact(self.graph, node);
        let resource = self.graph.node(node)?.key.parts().resource;
        Some(ArtifactLine {
            piece: self.piece(node)?,
            digest: self.text(node, Attribute::Digest).or(Some(resource).filter(|id| id.contains("sha256:"))),
            version: self.text(node, Attribute::Version),
            commits: commits
                .iter()
                .filter_map(|commit| Some(self.graph.node(*commit)?.key.as_str().to_owned()))
                .collect(),
            produced_by: self.ties(node, &[LinkKind::ProducedBy], &[NodeKind::Build, NodeKind::PipelineRun]),
            provenance: made.map(|(_, link)| link.class).max(),
            entries: self.entries(node),
        })
    }

    fn rollout(&self, visit: &Visit) -> Option<RolloutLine> {
        let node = visit.rollout.deployment;
        let deploys = self.ends(node, LinkKind::Deploys);
        let place = visit.rollout.environment.and_then(|node| self.piece(node));
        Some(RolloutLine {
            piece: self.piece(node)?,
            environment: place.map(|place| place.name().to_owned()),
            triggered_by: self.people(node, LinkKind::TriggeredBy),
            approved_by: self.people(node, LinkKind::ApprovedBy),
            deploys: deploys.iter().filter_map(|end| Some(self.graph.node(*end)?.key.as_str().to_owned())).collect(),
            fired: self.pieces(&visit.fired),
            replaced: visit.replaced,
            entries: self.entries(node),
        })
    }

    /// Whether a deployment is of a service, as far as it says. Of one commit several services may be made, and what ran of
    /// one of them says nothing of the others.
    fn is_of(&self, visit: &Visit, service: Option<NodeId>) -> bool {
        let own = self.ends(visit.rollout.deployment, LinkKind::Of);
        own.is_empty() || service.is_none_or(|service| own.contains(&service))
    }

    fn watch(&self, outline: &Outline) -> Watch {
        let is_runbook = |node: &NodeId| {
            self.text(*node, Attribute::Category).as_deref() == Some("runbook")
                || self.graph.downstream(*node).any(|(_, link)| {
                    link.kind == LinkKind::DocumentedBy
                        && self.graph.node(link.from).is_some_and(|record| record.kind == NodeKind::AlertRule)
                })
        };
        let is_dashboard = |node: &NodeId| self.graph.node(*node).is_some_and(|one| one.kind == NodeKind::Dashboard);
        let (dashboards, documents): (Vec<NodeId>, Vec<NodeId>) = outline.pages.iter().copied().partition(is_dashboard);
        let (runbooks, mut others): (Vec<NodeId>, Vec<NodeId>) = documents.into_iter().partition(is_runbook);
        others.extend(outline.tickets.iter().flat_map(|ticket| self.ends(*ticket, LinkKind::DocumentedBy)));
        others.sort_unstable();
        others.dedup();
        let budget = outline.service.and_then(|service| self.value(service, Attribute::ErrorBudget));
        Watch {
            owners: self.pieces(&outline.owners),
            runbooks: self.pieces(&runbooks),
            dashboards: self.pieces(&dashboards),
            alert_rules: self.pieces(&outline.alert_rules),
            documents: self.pieces(&others),
            error_budget: budget.map(|value| Budget { percent: value.value.clone(), at: value.at, entry: value.entry }),
        }
    }
}

/// The links from work that is done to what it was done for.
const WORK: [LinkKind; 2] = [LinkKind::Resolves, LinkKind::RelatesTo];

fn split(labels: &str) -> Vec<String> {
    labels.split(',').map(str::trim).filter(|label| !label.is_empty()).map(str::to_owned).collect()
}

/// What stands for the environment of a deployment that names none.
fn nothing() -> Piece {
    Piece {
        key: String::new(),
        kind: NodeKind::Environment,
        title: "an environment that is not named".to_owned(),
        reference: None,
        url: None,
        state: None,
        outcome: None,
        occurred: None,
        stated: false,
    }
}
