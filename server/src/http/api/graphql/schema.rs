//! The questions of the schema. Each asks the desk as its REST route does, and answers with the same type.

use async_graphql::{Context, EmptyMutation, EmptySubscription, Json, Object, Schema};

use super::limits::{MAX_DEPTH, MAX_DIRECTIVES, MAX_SELECTIONS, MAX_SETS};
use super::node::Node;
use super::turn::{Answer, Turn, ask, to_error};
use super::wish::Wish;
use crate::answer::{PathAnswer, ResolveAnswer, SearchAnswer, TraceAnswer};
use crate::clock;
use crate::doctor::DoctorAnswer;
use crate::firing::FiringAnswer;
use crate::flow::{FlowAnswer, FlowQuery};
use crate::http::api::running::MAX_SUSPECTS;
use crate::http::problem::{Code, Problem};
use crate::islands::{IslandsAnswer, IslandsQuery};
use crate::places::{BoardAnswer, DiffAnswer, PlacesAnswer};
use crate::readiness::answer::ReadyAnswer;
use crate::readiness::{self, ReadyRequest};
use crate::received::{self, DeliveryList, ListQuery};
use crate::search::PAGE;
use crate::suspects::{SuspectsAnswer, USUAL_SUSPECTS};
use crate::tickets::{BuildAndTestAnswer, OpsTicketAnswer};
use crate::whereabouts::WhereAnswer;

/// The schema: questions only.
pub type GraphqlSchema = Schema<Query, EmptyMutation, EmptySubscription>;

/// Builds the schema. Documents have passed [`super::limits::check`] before they come here; its bounds are set once
/// more.
pub fn build() -> GraphqlSchema {
    Schema::build(Query, EmptyMutation, EmptySubscription)
        .limit_depth(MAX_DEPTH)
        .limit_complexity(MAX_SELECTIONS)
        .limit_recursive_depth(MAX_SETS)
        .limit_directives(MAX_DIRECTIVES)
        .finish()
}

/// The questions. `of`, `from`, `to` and `text` take whatever is in hand: an address, `acme/checkout#42`, `PAY-12`, a
/// commit id, a digest, an image, a fingerprint, a key.
pub struct Query;

#[Object]
impl Query {
    /// One node, from which the graph can be walked.
    async fn node(&self, context: &Context<'_>, of: String) -> Answer<Node> {
        let wishes = match Wish::around(context.field()) {
            Ok(wishes) => wishes,
            Err(problem) => return Some(Err(to_error(problem))),
        };
        let room = Turn::of(context).nodes();
        ask(context, move |desk| desk.walk(&of, &wishes, &room)).await
    }

    /// Which node a text stands for, or the candidates.
    async fn resolve(&self, context: &Context<'_>, text: String) -> Answer<ResolveAnswer> {
        ask(context, move |desk| desk.resolve(&text)).await
    }

    /// The upstream chain, with the evidence of every step and what is missing. `at` is a moment, RFC 3339.
    async fn trace(&self, context: &Context<'_>, of: String, at: Option<String>) -> Answer<TraceAnswer> {
        ask(context, move |desk| desk.trace(&of, at.as_deref())).await
    }

    /// Everything downstream. `at` is a moment, RFC 3339.
    async fn impact(&self, context: &Context<'_>, of: String, at: Option<String>) -> Answer<TraceAnswer> {
        ask(context, move |desk| desk.impact(&of, at.as_deref())).await
    }

    /// The shortest chain of links between two nodes. `at` is a moment, RFC 3339; what occurred later is left out.
    async fn path(&self, context: &Context<'_>, from: String, to: String, at: Option<String>) -> Answer<PathAnswer> {
        ask(context, move |desk| desk.path(&from, &to, at.as_deref())).await
    }

    /// Everything that lacks something, the newest first, and how complete each kind is.
    async fn islands(
        &self,
        context: &Context<'_>,
        kind: Option<String>,
        what: Option<String>,
        of: Option<String>,
        skip: Option<usize>,
        limit: Option<usize>,
    ) -> Answer<IslandsAnswer> {
        let query = IslandsQuery { kind, what, of, skip, limit };
        ask(context, move |desk| {
            query.check().map_err(|cause| Problem::new(Code::BadRequest, cause))?;
            desk.islands(&query).map_err(Problem::from)
        })
        .await
    }

    /// What an alert or incident may come from, the likeliest first, each with its reasons.
    async fn suspects(
        &self,
        context: &Context<'_>,
        of: String,
        at: Option<String>,
        limit: Option<usize>,
    ) -> Answer<SuspectsAnswer> {
        let limit = limit.unwrap_or(USUAL_SUSPECTS).clamp(1, MAX_SUSPECTS);
        ask(context, move |desk| desk.suspects(&of, at.as_deref(), limit)).await
    }

    /// The story of an alert or incident: what changed before it, what to do, whom to ask, what came before and after.
    async fn firing(&self, context: &Context<'_>, of: String, at: Option<String>) -> Answer<FiringAnswer> {
        ask(context, move |desk| desk.firing(&of, at.as_deref())).await
    }

    /// In which environments something is and was, since when, and by which deployment.
    #[graphql(name = "where")]
    async fn whereabouts(&self, context: &Context<'_>, of: String, at: Option<String>) -> Answer<WhereAnswer> {
        ask(context, move |desk| desk.whereabouts(&of, at.as_deref())).await
    }

    /// What runs where, as declared by deployments and as seen by snapshots, with what is tainted.
    async fn environments(&self, context: &Context<'_>, at: Option<String>) -> Answer<PlacesAnswer> {
        ask(context, move |desk| desk.places(at.as_deref())).await
    }

    /// How two environments, or one at two moments, differ.
    async fn diff(
        &self,
        context: &Context<'_>,
        left: String,
        right: String,
        left_at: Option<String>,
        right_at: Option<String>,
        service: Option<String>,
    ) -> Answer<DiffAnswer> {
        ask(context, move |desk| {
            desk.diff((&left, left_at.as_deref()), (&right, right_at.as_deref()), service.as_deref())
        })
        .await
    }

    /// What has reached one environment and not yet the one after it.
    async fn board(&self, context: &Context<'_>, at: Option<String>) -> Answer<BoardAnswer> {
        ask(context, move |desk| desk.board(at.as_deref())).await
    }

    /// Whether something can go out to an environment, gate by gate, as the document that REST answers. Nothing is recorded.
    async fn ready(
        &self,
        context: &Context<'_>,
        candidate: String,
        #[graphql(name = "for")] environment: String,
        service: Option<String>,
    ) -> Answer<Json<ReadyAnswer>> {
        let asked = ReadyRequest { candidate, environment, service };
        ask(context, move |desk| readiness::judge(desk, &asked, clock::now()).map(|judged| Json(judged.answer))).await
    }

    /// Deployments, lead and cycle times, failures, work in progress, batch sizes and rework of a period.
    async fn flow(
        &self,
        context: &Context<'_>,
        from: Option<String>,
        to: Option<String>,
        service: Option<String>,
        team: Option<String>,
        env: Option<String>,
    ) -> Answer<FlowAnswer> {
        let query = FlowQuery { from, to, service, team, env, open: None };
        ask(context, move |desk| desk.flow(&query, clock::now())).await
    }

    /// Everything whose title, reference, description or names hold the words, the best first.
    async fn search(&self, context: &Context<'_>, q: String, limit: Option<usize>) -> Answer<SearchAnswer> {
        ask(context, move |desk| desk.search(&q, limit.unwrap_or(PAGE))).await
    }

    /// Why something cannot be traced, with the cure of each reason. That nothing fits is an answer too.
    async fn doctor(&self, context: &Context<'_>, of: String) -> Answer<DoctorAnswer> {
        ask(context, move |desk| desk.doctor(&of)).await
    }

    /// The build-and-test ticket of a change: its commits, what ran on each, and what that comes to.
    async fn build_and_test(&self, context: &Context<'_>, of: String) -> Answer<BuildAndTestAnswer> {
        ask(context, move |desk| desk.build_and_test(&of)).await
    }

    /// The ops ticket of an artifact, release, commit or deployment: what it brings, what watches over it, its way.
    async fn ops_ticket(&self, context: &Context<'_>, of: String) -> Answer<OpsTicketAnswer> {
        ask(context, move |desk| desk.ops_ticket(&of)).await
    }

    /// What was received, the newest first. `before` is the `next` of the page before.
    async fn deliveries(
        &self,
        context: &Context<'_>,
        status: Option<String>,
        source: Option<String>,
        before: Option<u64>,
        limit: Option<u32>,
    ) -> Answer<DeliveryList> {
        let query = ListQuery { status, source, before, limit };
        let sources = Turn::of(context).sources();
        ask(context, move |desk| received::list(desk, &sources, &query)).await
    }
}
