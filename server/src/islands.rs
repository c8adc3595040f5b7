//! What stands alone, and how complete each kind is: the question `islands`, dressed.

use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use throughline_domain::graph::NodeId;
use throughline_domain::node::NodeKind;
use throughline_domain::queries::islands::{self, MAX_ISLANDS, Wanted};
use utoipa::{IntoParams, ToSchema};

use crate::answer::{Missing, NodeSummary};
use crate::ask::{AskError, Desk};
use crate::plain;

/// How many islands an answer holds, unless asked otherwise.
const PAGE: usize = 50;

/// Which islands to list.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
pub struct IslandsQuery {
    /// Only nodes of this kind: `change`.
    pub kind: Option<String>,
    /// Only nodes that lack this: `ticket`, `owner`.
    pub what: Option<String>,
    /// Only what belongs to this service, team or repository: whatever is in hand, as for `resolve`.
    pub of: Option<String>,
    /// How many to pass over: the `next` of the page before.
    pub skip: Option<usize>,
    /// How many at most: 1 to 1,000, 50 unless given.
    pub limit: Option<usize>,
}

/// How complete the nodes of a kind are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct KindCompleteness {
    /// The kind's word.
    pub kind: String,
    /// The kind for people.
    pub label: String,
    /// How many there are.
    pub total: usize,
    /// How many of them lack nothing.
    pub whole: usize,
    /// The share of those, in percent, rounded down.
    pub percent: usize,
}

/// A node that lacks something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct Island {
    /// The node.
    pub node: NodeSummary,
    /// What it lacks.
    pub missing: Vec<Missing>,
}

/// The answer to `islands`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct IslandsAnswer {
    /// How complete each kind is, in order of stage; only kinds of which there are nodes.
    pub kinds: Vec<KindCompleteness>,
    /// The islands that were asked for, the newest first.
    pub islands: Vec<Island>,
    /// How many there are in all that were asked for.
    pub total: usize,
    /// What to give as `skip` for the next page; null at the end.
    pub next: Option<usize>,
    /// The size of the ledger that the answer was computed over.
    pub ledger_size: u64,
}

impl IslandsQuery {
    /// The address of the page that continues the list.
    pub fn address(&self, skip: usize) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("kind", &self.kind), ("what", &self.what), ("of", &self.of)] {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                pairs.append_pair(name, value);
            }
        }
        pairs.append_pair("skip", &skip.to_string());
        format!("/islands?{}", pairs.finish())
    }
}

impl IslandsQuery {
    /// Refuses a kind that does not exist: a typo must not look like a whole graph.
    ///
    /// # Errors
    /// What is wrong, with all kinds that there are.
    pub fn check(&self) -> Result<(), String> {
        let kind = self.kind.as_deref().map(str::trim).filter(|kind| !kind.is_empty());
        match kind.filter(|kind| NodeKind::from_word(kind).is_none()) {
            None => Ok(()),
            Some(kind) => {
                let all: Vec<&str> = NodeKind::ALL.iter().map(|kind| kind.word()).collect();
                Err(format!("'{}' is no kind; choose one of {}", plain::clip(kind, 40), all.join(", ")))
            }
        }
    }
}

impl Desk {
    /// `islands`: everything that lacks something. A kind that does not exist has no nodes.
    ///
    /// # Errors
    /// An [`AskError`] for what the filter `of` names.
    pub fn islands(&self, query: &IslandsQuery) -> Result<IslandsAnswer, AskError> {
        let filled =
            |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let kind = filled(&query.kind);
        let known = kind.as_deref().map(NodeKind::from_word);
        let limit = if known == Some(None) { 0 } else { query.limit.unwrap_or(PAGE).clamp(1, MAX_ISLANDS) };
        let wanted = Wanted {
            kind: known.flatten(),
            what: filled(&query.what),
            of: filled(&query.of).map(|of| self.one(&of)).transpose()?,
            skip: query.skip.unwrap_or_default(),
            limit,
        };
        let (found, missing, ledger_size) = {
            let state = self.live.read();
            let found = islands::islands(&state.graph, &wanted);
            let lacks = found.islands.iter().map(|island| dressed(&state.graph, &island.missing)).collect::<Vec<_>>();
            (found, lacks, state.cursor)
        };
        let nodes: Vec<NodeId> = found.islands.iter().map(|island| island.node).collect();
        let summaries = self.summaries(&nodes)?;
        let rows = nodes.iter().zip(missing);
        let islands = rows
            .filter_map(|(node, missing)| Some(Island { node: summaries.get(&node.0)?.clone(), missing }))
            .collect();
        let total = if known == Some(None) { 0 } else { found.total };
        let shown = wanted.skip.saturating_add(nodes.len());
        let kinds = found.kinds.into_iter().map(|(kind, one)| KindCompleteness {
            kind: kind.word().to_owned(),
            label: kind.label().to_owned(),
            total: one.total,
            whole: one.whole,
            percent: (one.whole * 100).checked_div(one.total).unwrap_or(100),
        });
        let next = (shown < total && !nodes.is_empty()).then_some(shown);
        Ok(IslandsAnswer { kinds: kinds.collect(), islands, total, next, ledger_size })
    }
}

/// What is missing, with keys in place of numbers.
pub(crate) fn dressed(
    graph: &throughline_domain::graph::Graph,
    missing: &[throughline_domain::queries::missing::Missing],
) -> Vec<Missing> {
    let key = |node: NodeId| graph.node(node).map(|record| record.key.as_str().to_owned()).unwrap_or_default();
    missing
        .iter()
        .map(|one| Missing { node: key(one.node), what: one.what.clone(), why: one.why.clone(), fix: one.fix.clone() })
        .collect()
}
