//! A node of the graph as the schema shows it: what it is, and the ways on from it.

use async_graphql::{ComplexObject, Context, SimpleObject};

use super::turn::{Answer, ask};
use super::wish::response_name;
use crate::answer::{NodeAnswer, NodeSummary, Step, TraceAnswer};

/// A node of the graph, from which one can walk on.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct Node {
    /// What it is.
    #[graphql(flatten)]
    pub(super) summary: NodeSummary,
    /// The arrow by which the walk has come here, with its evidence; null where the walk began.
    pub(super) step: Option<Step>,
    /// What the walk has found beyond it.
    #[graphql(skip)]
    pub(super) around: Vec<Around>,
}

/// The nodes that one field of a node shows.
#[derive(Debug)]
pub struct Around {
    /// The name of the field in the answer.
    pub(super) name: String,
    /// The nodes.
    pub(super) nodes: Vec<Node>,
}

impl Node {
    /// What the walk has found for the field that is being answered.
    fn found(&self, context: &Context<'_>) -> &[Node] {
        let name = response_name(&context.field());
        let around = self.around.iter().find(|around| around.name == name);
        around.map(|around| around.nodes.as_slice()).unwrap_or_default()
    }
}

// The walk has read the arguments of the first two before it began.
#[ComplexObject]
impl Node {
    /// The nodes that it points to: what came before it, and what stands beside it. Only those of some kinds, and at
    /// most so many, where that is given.
    async fn upstream(
        &self,
        context: &Context<'_>,
        #[graphql(name = "kinds")] _kinds: Option<Vec<String>>,
        #[graphql(name = "limit")] _limit: Option<usize>,
    ) -> &[Node] {
        self.found(context)
    }

    /// The nodes that point to it, the last to be linked first. Only those of some kinds, and at most so many, where
    /// that is given.
    async fn downstream(
        &self,
        context: &Context<'_>,
        #[graphql(name = "kinds")] _kinds: Option<Vec<String>>,
        #[graphql(name = "limit")] _limit: Option<usize>,
    ) -> &[Node] {
        self.found(context)
    }

    /// Everything about it: attributes, names, timeline, direct links, what it lacks.
    async fn details(&self, context: &Context<'_>) -> Answer<NodeAnswer> {
        let key = self.summary.key.clone();
        ask(context, move |desk| {
            let node = desk.one(&key)?;
            desk.node(node)
        })
        .await
    }

    /// Its upstream chain. `at` is a moment, RFC 3339.
    async fn trace(&self, context: &Context<'_>, at: Option<String>) -> Answer<TraceAnswer> {
        let key = self.summary.key.clone();
        ask(context, move |desk| desk.trace(&key, at.as_deref())).await
    }

    /// Everything downstream of it. `at` is a moment, RFC 3339.
    async fn impact(&self, context: &Context<'_>, at: Option<String>) -> Answer<TraceAnswer> {
        let key = self.summary.key.clone();
        ask(context, move |desk| desk.impact(&key, at.as_deref())).await
    }
}
