//! An alert or incident, told to somebody in their first week: what changed before it, what to do, whom to ask.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use throughline_domain::fact::Attribute;
use throughline_domain::graph::{Graph, NodeId};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::queries::firing::{self, Firing};
use throughline_domain::time::Timestamp;
use throughline_store::questions;
use utoipa::ToSchema;

use crate::answer::NodeSummary;
use crate::ask::{AskError, Desk, read_time};
use crate::plain;
use crate::suspects::{SuspectsAnswer, ends};

/// How many suspects the story holds.
const MAX_SUSPECTS: usize = 10;

/// How many places where the chain is cut the story tells of.
const MAX_TOLD_CUTS: usize = 5;

/// The most characters of a title within a sentence.
const MAX_TITLE: usize = 90;

/// The state of a person who is no longer there, as the catalog states it.
const LEFT: &str = "left";

/// An earlier occurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct OccurrenceAnswer {
    /// Key of the alert.
    pub alert: String,
    /// When it fired, RFC 3339.
    pub at: String,
    /// When it ended, RFC 3339, where that was told.
    pub ended: Option<String>,
    /// Key of the last deployment in its place before it ended: what may have mended it.
    pub mended_by: Option<String>,
    /// Keys of what somebody found to be its cause.
    pub causes: Vec<String>,
}

/// Something that was promised after an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct ActionAnswer {
    /// Key of the ticket.
    pub ticket: String,
    /// Keys of the changes that work on it.
    pub changes: Vec<String>,
    /// Where these are, in words; empty where they are nowhere.
    pub places: Vec<String>,
    /// Whether they are in some environment now.
    pub is_deployed: bool,
}

/// An incident with what followed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct IncidentAnswer {
    /// Key of the incident.
    pub incident: String,
    /// Keys of the documents that examine it.
    pub postmortems: Vec<String>,
    /// What was promised there.
    pub actions: Vec<ActionAnswer>,
}

/// Somebody to ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct AskAnswer {
    /// Key of the person or team.
    pub node: String,
    /// Why them, in words.
    pub why: String,
    /// Whether they are still there.
    pub is_there: bool,
}

/// Everything that somebody needs who answers an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct FiringAnswer {
    /// The story in sentences of plain text.
    pub story: Vec<String>,
    /// What changed before it.
    pub suspects: SuspectsAnswer,
    /// Keys of the rules that raised it.
    pub rules: Vec<String>,
    /// Keys of the commits by which the rules were written last.
    pub defined_in: Vec<String>,
    /// Keys of runbooks, dashboards and other documents.
    pub pages: Vec<String>,
    /// Keys of the teams and people that answer for the service today.
    pub owners: Vec<String>,
    /// Whom to ask, in this order.
    pub ask: Vec<AskAnswer>,
    /// Earlier occurrences of the same rule on the same service, the last first.
    pub occurrences: Vec<OccurrenceAnswer>,
    /// How many there were in all.
    pub occurred_before: usize,
    /// Its incidents, with postmortems and what was promised there.
    pub incidents: Vec<IncidentAnswer>,
    /// Every node that the answer names, those of the suspects among them.
    pub nodes: Vec<NodeSummary>,
}

impl Desk {
    /// The story of an alert or incident.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn firing(&self, of: &str, at: Option<&str>) -> Result<FiringAnswer, AskError> {
        let at = read_time(at)?;
        let start = self.one(of)?;
        self.firing_of(start, at)
    }

    /// As [`Desk::firing`], of a node.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn firing_of(&self, start: NodeId, at: Option<Timestamp>) -> Result<FiringAnswer, AskError> {
        let suspects = self.suspects_of(start, at, MAX_SUSPECTS)?;
        let (found, candidates, named, keys) = {
            let state = self.live.read();
            let graph = &state.graph;
            let found = firing::firing(graph, start, at);
            let candidates = candidates(graph, &suspects, &found);
            let mut named: BTreeSet<NodeId> = candidates.iter().map(|(node, _)| *node).collect();
            named.extend(named_in(&found));
            named.insert(start);
            let suspected =
                suspects.nodes.iter().filter_map(|node| throughline_domain::key::Key::parse(&node.key).ok());
            named.extend(suspected.filter_map(|key| graph.find(&key)));
            let key = |node: &NodeId| Some((*node, graph.node(*node)?.key.as_str().to_owned()));
            let keys: BTreeMap<NodeId, String> = named.iter().filter_map(key).collect();
            (found, candidates, named, keys)
        };
        let ids: BTreeSet<u32> = named.iter().map(|node| node.0).collect();
        let known = self.store.read(|connection| questions::attributes(connection, &ids))?;
        let text = |node: NodeId, attribute: Attribute| {
            known.get(&node.0).and_then(|values| values.get(attribute.word())).map(|value| value.value.clone())
        };
        let key = |node: &NodeId| keys.get(node).cloned().unwrap_or_default();
        let all = |nodes: &[NodeId]| nodes.iter().map(&key).collect::<Vec<_>>();
        let ask = candidates.iter().map(|(node, why)| AskAnswer {
            node: key(node),
            why: why.clone(),
            is_there: text(*node, Attribute::State).as_deref() != Some(LEFT),
        });
        let ask: Vec<AskAnswer> = ask.collect();
        let occurrences = found.occurrences.iter().map(|one| {
            let ended = text(one.alert, Attribute::FinishedAt).and_then(|ended| Timestamp::parse(&ended));
            let ended = ended.filter(|ended| at.is_none_or(|at| *ended <= at));
            let mended = one.next.iter().rev().find(|next| ended.is_some_and(|ended| next.at <= ended));
            OccurrenceAnswer {
                alert: key(&one.alert),
                at: one.at.to_string(),
                ended: ended.map(|at| at.to_string()),
                mended_by: mended.map(|rollout| key(&rollout.deployment)),
                causes: all(&one.causes),
            }
        });
        let occurrences: Vec<OccurrenceAnswer> = occurrences.collect();
        let incidents = found.incidents.iter().map(|one| IncidentAnswer {
            incident: key(&one.incident),
            postmortems: all(&one.postmortems),
            actions: one
                .actions
                .iter()
                .map(|action| ActionAnswer {
                    ticket: key(&action.ticket),
                    changes: all(&action.changes),
                    places: action.places.iter().map(|place| place.says.clone()).collect(),
                    is_deployed: action.places.iter().any(|place| place.is_there),
                })
                .collect(),
        });
        let incidents: Vec<IncidentAnswer> = incidents.collect();
        let named: Vec<NodeId> = named.into_iter().collect();
        let mut answer = FiringAnswer {
            story: Vec::new(),
            suspects,
            rules: all(&found.rules),
            defined_in: all(&found.defined_in),
            pages: all(&found.pages),
            owners: all(&found.owners),
            ask,
            occurrences,
            occurred_before: found.occurred_before,
            incidents,
            nodes: self.summaries(&named)?.into_values().collect(),
        };
        answer.story = tell(&answer);
        Ok(answer)
    }
}

fn named_in(found: &Firing) -> Vec<NodeId> {
    let Firing { services, rules, defined_in, pages, owners, occurrences, occurred_before: _, incidents } = found;
    let mut named: Vec<NodeId> = [services, rules, defined_in, pages, owners].into_iter().flatten().copied().collect();
    for one in occurrences {
        named.push(one.alert);
        named.extend(one.next.iter().map(|rollout| rollout.deployment));
        named.extend(&one.causes);
    }
    for one in incidents {
        named.push(one.incident);
        named.extend(&one.postmortems);
        named.extend(one.actions.iter().flat_map(|action| action.changes.iter().chain([&action.ticket])));
    }
    named
}

/// Whom to ask, the nearest to the likeliest cause first: who wrote it, who approved it, who owns the code that it touches,
/// who owns the service today.
fn candidates(graph: &Graph, suspects: &SuspectsAnswer, found: &Firing) -> Vec<(NodeId, String)> {
    let find = |key: &String| graph.find(&throughline_domain::key::Key::parse(key).ok()?);
    let mut asked: Vec<(NodeId, String)> = Vec::new();
    let mut add = |node: NodeId, why: &str| {
        if !asked.iter().any(|(known, _)| *known == node) {
            asked.push((node, why.to_owned()));
        }
    };
    if let Some(first) = suspects.suspects.first() {
        for author in first.authors.iter().filter_map(find) {
            add(author, "wrote the likeliest change");
        }
        for approver in first.approvers.iter().filter_map(find) {
            add(approver, "approved the likeliest change");
        }
        let touched = first.commits.iter().filter_map(find).flat_map(|commit| ends(graph, commit, LinkKind::Touches));
        let mut owners: Vec<NodeId> = touched.flat_map(|part| ends(graph, part, LinkKind::OwnedBy)).collect();
        owners.sort_by_cached_key(|owner| graph.node(*owner).map(|record| record.key.clone()));
        for owner in owners {
            add(owner, "is named by CODEOWNERS for code that the likeliest change touches");
        }
    }
    for owner in &found.owners {
        add(*owner, "answers for the service today");
    }
    asked
}

/// The story in a few sentences.
fn tell(answer: &FiringAnswer) -> Vec<String> {
    let nodes: BTreeMap<&str, &NodeSummary> = answer.nodes.iter().map(|node| (node.key.as_str(), node)).collect();
    let name = |key: &str| nodes.get(key).map_or_else(|| plain::line(key), |node| called(node));
    let listed = |keys: &[String]| keys.iter().map(|key| name(key)).collect::<Vec<_>>().join(" and ");
    let mut story = Vec::new();
    let start = nodes.get(answer.suspects.start.as_str());
    let asked =
        answer.suspects.moment.as_deref().filter(|at| start.is_none_or(|one| one.occurred.as_deref() != Some(*at)));
    let when = match (asked, start.is_some_and(|one| one.kind == NodeKind::Incident.word())) {
        (Some(at), _) => format!("At {}", plain::moment(at)),
        (None, true) => "When it began".to_owned(),
        (None, false) => "When it fired".to_owned(),
    };
    for running in answer.suspects.running.iter().take(3) {
        let place = running.environment.as_deref().map(|key| format!(" in {}", bare(&nodes, key))).unwrap_or_default();
        let service = running.service.as_deref().map(|key| bare(&nodes, key)).unwrap_or_default();
        let since = plain::moment(&running.since);
        story.push(format!("{when}, {service}{place} ran what {} had brought at {since}.", name(&running.deployment)));
    }
    match answer.suspects.suspects.first() {
        Some(first) => {
            let why = first.reasons.iter().take(3).map(|reason| plain::line(reason)).collect::<Vec<_>>().join("; ");
            let mut sentence = format!("Look first at {}: {why}.", name(&first.node));
            if !first.tickets.is_empty() {
                sentence.push_str(&format!(" It was made for {}.", listed(&first.tickets)));
            }
            story.push(sentence);
        }
        None => story.push("Nothing is known that changed before it in the place that it is about.".to_owned()),
    }
    let others = answer.suspects.found.saturating_sub(1);
    match others {
        0 => {}
        1 => story.push("One other change came before it; it is listed below.".to_owned()),
        _ => story.push(format!("{others} other changes came before it; they are listed below, the likeliest first.")),
    }
    if let Some(last) = answer.occurrences.first() {
        let mended = last.mended_by.as_deref().map(|key| format!("; it ended after {}", name(key))).unwrap_or_default();
        story.push(format!(
            "The same rule fired on this service {} before, last on {}{mended}.",
            times(answer.occurred_before),
            plain::moment(&last.at)
        ));
    }
    story.extend(whom_to_ask(answer, &name));
    for cut in answer.suspects.cut.iter().take(MAX_TOLD_CUTS) {
        story.push(format!("The chain is cut: {}. To mend it, {}.", plain::line(&cut.why), plain::line(&cut.fix)));
    }
    let untold = answer.suspects.cut.len().saturating_sub(MAX_TOLD_CUTS);
    if untold > 0 {
        story.push(format!("The chain is cut in {untold} more places; `throughline suspects` names all of them."));
    }
    story
}

fn whom_to_ask(answer: &FiringAnswer, name: &dyn Fn(&str) -> String) -> Option<String> {
    let first = answer.ask.iter().find(|one| one.is_there)?;
    let gone = answer.ask.first().filter(|one| !one.is_there);
    let mut sentence = format!("Ask {}, who {}.", name(&first.node), first.why);
    if let Some(gone) = gone {
        sentence = format!("{} {}, but has left. {sentence}", name(&gone.node), gone.why);
    }
    Some(sentence)
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

fn bare(nodes: &BTreeMap<&str, &NodeSummary>, key: &str) -> String {
    nodes.get(key).map_or_else(|| plain::line(key), |node| plain::clip(&plain::line(&node.title), MAX_TITLE))
}

fn called(node: &NodeSummary) -> String {
    let kind = NodeKind::from_word(&node.kind).map_or("piece", NodeKind::label).to_lowercase();
    let title = plain::clip(&plain::line(&node.title), MAX_TITLE);
    let is_named = matches!(node.kind.as_str(), "person" | "team");
    match &node.reference {
        _ if is_named => title,
        Some(reference) if *reference != node.title => format!("{kind} {} (“{title}”)", plain::line(reference)),
        _ => format!("{kind} {title}"),
    }
}
