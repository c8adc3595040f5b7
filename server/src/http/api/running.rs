//! The questions about what runs, by REST: suspects, whereabouts, environments, differences and the board.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::firing::FiringAnswer;
use crate::http::api::ProblemBody;
use crate::http::problem::Problem;
use crate::places::{BoardAnswer, DiffAnswer, PlacesAnswer};
use crate::suspects::{SuspectsAnswer, USUAL_SUSPECTS};
use crate::whereabouts::WhereAnswer;

/// The most suspects that one answer lists.
pub const MAX_SUSPECTS: usize = 200;

/// Of what, as of when, and how many.
#[derive(Debug, Deserialize, IntoParams)]
pub struct SuspectsQuery {
    /// An alert or incident: its address, fingerprint, number or key.
    of: String,
    /// A moment in place of the one at which it fired, RFC 3339.
    at: Option<String>,
    /// How many suspects to list, 1 to 200; 20 unless given.
    limit: Option<usize>,
}

/// Of what, and as of when.
#[derive(Debug, Deserialize, IntoParams)]
pub struct WhereQuery {
    /// Whatever is in hand: a commit, pull request, ticket, artifact or release; for the story an alert or incident.
    of: String,
    /// A moment, RFC 3339; now unless given.
    at: Option<String>,
}

/// As of when.
#[derive(Debug, Deserialize, IntoParams)]
pub struct MomentQuery {
    /// A moment, RFC 3339; now unless given.
    at: Option<String>,
}

/// Between which two.
#[derive(Debug, Deserialize, IntoParams)]
pub struct DiffQuery {
    /// An environment: `staging`.
    left: String,
    /// Another one, or the same at another moment: `production`.
    right: String,
    /// The moment of the first side, RFC 3339; now unless given.
    left_at: Option<String>,
    /// The moment of the second side, RFC 3339; now unless given.
    right_at: Option<String>,
    /// Only this service.
    service: Option<String>,
}

/// What an alert or incident may come from, the likeliest first, each with its reasons.
///
/// # Errors
/// 404 where nothing fits, 409 where several things do.
#[utoipa::path(get, path = "/api/v1/suspects", params(SuspectsQuery),
    responses((status = 200, body = SuspectsAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn suspects(app: Data<App>, query: Query<SuspectsQuery>) -> Result<HttpResponse, Problem> {
    let SuspectsQuery { of, at, limit } = query.into_inner();
    let limit = limit.unwrap_or(USUAL_SUSPECTS).clamp(1, MAX_SUSPECTS);
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.suspects(&of, at.as_deref(), limit)).await?))
}

/// The story of an alert or incident: what changed before it, what to do, whom to ask, what came before and after.
///
/// # Errors
/// As [`suspects`].
#[utoipa::path(get, path = "/api/v1/firing", params(WhereQuery),
    responses((status = 200, body = FiringAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn firing(app: Data<App>, query: Query<WhereQuery>) -> Result<HttpResponse, Problem> {
    let WhereQuery { of, at } = query.into_inner();
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.firing(&of, at.as_deref())).await?))
}

/// In which environments something is and was, since when, and by which deployment.
///
/// # Errors
/// As [`suspects`].
#[utoipa::path(get, path = "/api/v1/where", params(WhereQuery),
    responses((status = 200, body = WhereAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn whereabouts(app: Data<App>, query: Query<WhereQuery>) -> Result<HttpResponse, Problem> {
    let WhereQuery { of, at } = query.into_inner();
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.whereabouts(&of, at.as_deref())).await?))
}

/// What runs where, as declared by deployments and as seen by snapshots, with what is tainted.
///
/// # Errors
/// 400 where the moment cannot be read.
#[utoipa::path(get, path = "/api/v1/environments", params(MomentQuery),
    responses((status = 200, body = PlacesAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody)))]
pub async fn environments(app: Data<App>, query: Query<MomentQuery>) -> Result<HttpResponse, Problem> {
    let at = query.into_inner().at;
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.places(at.as_deref())).await?))
}

/// How two environments, or one at two moments, differ: service by service and artifact by artifact.
///
/// # Errors
/// As [`suspects`].
#[utoipa::path(get, path = "/api/v1/diff", params(DiffQuery),
    responses((status = 200, body = DiffAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn diff(app: Data<App>, query: Query<DiffQuery>) -> Result<HttpResponse, Problem> {
    let DiffQuery { left, right, left_at, right_at, service } = query.into_inner();
    let answer = app
        .question(move |desk| desk.diff((&left, left_at.as_deref()), (&right, right_at.as_deref()), service.as_deref()))
        .await?;
    Ok(HttpResponse::Ok().json(answer))
}

/// What has reached one environment and not yet the one after it.
///
/// # Errors
/// 400 where the moment cannot be read.
#[utoipa::path(get, path = "/api/v1/board", params(MomentQuery),
    responses((status = 200, body = BoardAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody)))]
pub async fn board(app: Data<App>, query: Query<MomentQuery>) -> Result<HttpResponse, Problem> {
    let at = query.into_inner().at;
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.board(at.as_deref())).await?))
}
