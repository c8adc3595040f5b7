//! `where`, dressed: in which places something is and was, since when, and by which deployment.

use std::collections::BTreeSet;

use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use throughline_domain::graph::NodeId;
use throughline_domain::queries::whereabouts::{self, Presence, Span};
use throughline_domain::time::Timestamp;
use utoipa::ToSchema;

use crate::answer::NodeSummary;
use crate::ask::{AskError, Desk, read_time};
use crate::suspects::CutAnswer;

/// A stretch of time in which a place held it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct SpanAnswer {
    /// Key of the deployment that brought it.
    pub by: String,
    /// Since when, RFC 3339.
    pub since: String,
    /// Until when, RFC 3339; null where it is there still.
    pub until: Option<String>,
    /// Key of the deployment that ended it.
    pub ended_by: Option<String>,
    /// Key of the commit that took it back.
    pub reverted_by: Option<String>,
}

/// One service in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct PresenceAnswer {
    /// Key of the service.
    pub service: String,
    /// Key of the environment.
    pub environment: Option<String>,
    /// Whether it is there at the moment of the question.
    pub is_there: bool,
    /// The same in words.
    pub says: String,
    /// When it was there, the newest first.
    pub spans: Vec<SpanAnswer>,
}

/// The answer to `where`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct WhereAnswer {
    /// Key of what was asked for.
    pub start: String,
    /// Keys of the commits that stand for it, with those that repeat them on other branches.
    pub commits: Vec<String>,
    /// The places, the last to be reached first. Where it has been nowhere, this is empty.
    pub places: Vec<PresenceAnswer>,
    /// Where the chain cannot be followed.
    pub cut: Vec<CutAnswer>,
    /// Every node that the answer names.
    pub nodes: Vec<NodeSummary>,
    /// The size of the ledger that the answer was computed over.
    pub ledger_size: u64,
}

impl Desk {
    /// Where whatever the text stands for is, at a moment or now.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn whereabouts(&self, of: &str, at: Option<&str>) -> Result<WhereAnswer, AskError> {
        let at = read_time(at)?;
        let start = self.one(of)?;
        self.whereabouts_of(start, at)
    }

    /// As [`Desk::whereabouts`], of a node.
    ///
    /// # Errors
    /// An [`AskError`].
    pub fn whereabouts_of(&self, start: NodeId, at: Option<Timestamp>) -> Result<WhereAnswer, AskError> {
        let (mut answer, named) = {
            let state = self.live.read();
            let graph = &state.graph;
            let found = whereabouts::whereabouts(graph, start, at);
            let mut named = BTreeSet::new();
            let mut key = |node: NodeId| {
                named.insert(node);
                graph.node(node).map(|record| record.key.as_str().to_owned()).unwrap_or_default()
            };
            let answer = WhereAnswer {
                start: key(start),
                commits: found.commits.iter().map(|commit| key(*commit)).collect(),
                places: found.places.iter().map(|place| presence(&mut key, place)).collect(),
                cut: found.cuts.iter().map(CutAnswer::from).collect(),
                nodes: Vec::new(),
                ledger_size: state.cursor,
            };
            (answer, named)
        };
        let named: Vec<NodeId> = named.into_iter().collect();
        answer.nodes = self.summaries(&named)?.into_values().collect();
        Ok(answer)
    }
}

fn presence(key: &mut impl FnMut(NodeId) -> String, place: &Presence) -> PresenceAnswer {
    let Presence { service, environment, is_there, spans, says } = place;
    PresenceAnswer {
        service: key(*service),
        environment: environment.map(&mut *key),
        is_there: *is_there,
        says: says.clone(),
        spans: spans.iter().map(|one| span(key, one)).collect(),
    }
}

fn span(key: &mut impl FnMut(NodeId) -> String, span: &Span) -> SpanAnswer {
    let Span { by, since, until, reverted_by } = span;
    SpanAnswer {
        by: key(*by),
        since: since.to_string(),
        until: until.map(|(_, at)| at.to_string()),
        ended_by: until.map(|(node, _)| key(node)),
        reverted_by: reverted_by.map(&mut *key),
    }
}
