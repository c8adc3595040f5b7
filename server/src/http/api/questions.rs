//! The questions, by REST.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::answer::{NodeAnswer, PathAnswer, ResolveAnswer, TraceAnswer};
use crate::app::App;
use crate::http::api::ProblemBody;
use crate::http::problem::Problem;

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ResolveQuery {
    /// Whatever is in hand: an address, `acme/checkout#42`, `PAY-12`, a commit id, a digest, an image, a fingerprint, a key.
    q: String,
}

/// Of what, and as of when.
#[derive(Debug, Deserialize, IntoParams)]
pub struct OfQuery {
    /// Whatever is in hand, as for `resolve`.
    of: String,
    /// A moment, RFC 3339.
    at: Option<String>,
}

/// Of what.
#[derive(Debug, Deserialize, IntoParams)]
pub struct NodeQuery {
    /// Whatever is in hand, as for `resolve`.
    of: String,
}

/// Between which two.
#[derive(Debug, Deserialize, IntoParams)]
pub struct PathQuery {
    /// One end: whatever is in hand.
    from: String,
    /// The other end.
    to: String,
    /// A moment, RFC 3339; what occurred later is left out.
    at: Option<String>,
}

/// Which node a text stands for, or the candidates.
///
/// # Errors
/// 503 where the database is not available.
#[utoipa::path(get, path = "/api/v1/resolve", params(ResolveQuery),
    responses((status = 200, body = ResolveAnswer), (status = 401, body = ProblemBody)))]
pub async fn resolve(app: Data<App>, query: Query<ResolveQuery>) -> Result<HttpResponse, Problem> {
    let q = query.into_inner().q;
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.resolve(&q)).await?))
}

/// The upstream chain, with the evidence of every step and what is missing.
///
/// # Errors
/// 404 where nothing fits, 409 where several things do.
#[utoipa::path(get, path = "/api/v1/trace", params(OfQuery),
    responses((status = 200, body = TraceAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn trace(app: Data<App>, query: Query<OfQuery>) -> Result<HttpResponse, Problem> {
    let OfQuery { of, at } = query.into_inner();
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.trace(&of, at.as_deref())).await?))
}

/// Everything downstream.
///
/// # Errors
/// As [`trace`].
#[utoipa::path(get, path = "/api/v1/impact", params(OfQuery),
    responses((status = 200, body = TraceAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn impact(app: Data<App>, query: Query<OfQuery>) -> Result<HttpResponse, Problem> {
    let OfQuery { of, at } = query.into_inner();
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.impact(&of, at.as_deref())).await?))
}

/// The shortest chain of links between two nodes.
///
/// # Errors
/// As [`trace`].
#[utoipa::path(get, path = "/api/v1/path", params(PathQuery),
    responses((status = 200, body = PathAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn path(app: Data<App>, query: Query<PathQuery>) -> Result<HttpResponse, Problem> {
    let PathQuery { from, to, at } = query.into_inner();
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.path(&from, &to, at.as_deref())).await?))
}

/// Everything about one node.
///
/// # Errors
/// As [`trace`].
#[utoipa::path(get, path = "/api/v1/node", params(NodeQuery),
    responses((status = 200, body = NodeAnswer), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)))]
pub async fn node(app: Data<App>, query: Query<NodeQuery>) -> Result<HttpResponse, Problem> {
    let of = query.into_inner().of;
    let answer = app
        .question(move |desk| {
            let node = desk.one(&of)?;
            desk.node(node)
        })
        .await?;
    Ok(HttpResponse::Ok().json(answer))
}
