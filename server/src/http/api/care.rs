//! What is missing and why, and the ledger's own tickets, by REST.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::doctor::DoctorAnswer;
use crate::http::api::ProblemBody;
use crate::http::problem::{Code, Problem};
use crate::islands::{IslandsAnswer, IslandsQuery};
use crate::tickets::{BuildAndTestAnswer, OpsTicketAnswer, TicketError};

/// Of what.
#[derive(Debug, Deserialize, IntoParams)]
pub struct CareQuery {
    /// Whatever is in hand, as for `resolve`.
    of: String,
}

/// Everything that lacks something, the newest first, and how complete each kind is.
///
/// # Errors
/// 400 for a kind that does not exist, 404 where nothing fits the filter `of`, 409 where several things do.
#[utoipa::path(get, path = "/api/v1/islands", params(IslandsQuery),
    responses((status = 200, body = IslandsAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)))]
pub async fn islands(app: Data<App>, query: Query<IslandsQuery>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    query.check().map_err(|cause| Problem::new(Code::BadRequest, cause))?;
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.islands(&query)).await?))
}

/// Why something cannot be traced, with the cure of each reason. That nothing fits is an answer too.
///
/// # Errors
/// 503 where the database is not available.
#[utoipa::path(get, path = "/api/v1/doctor", params(CareQuery),
    responses((status = 200, body = DoctorAnswer), (status = 401, body = ProblemBody)))]
pub async fn doctor(app: Data<App>, query: Query<CareQuery>) -> Result<HttpResponse, Problem> {
    let of = query.into_inner().of;
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.doctor(&of)).await?))
}

/// The build-and-test ticket of a change: its commits, what ran on each, and what that comes to.
///
/// # Errors
/// 400 where what fits is no change, 404 where nothing fits, 409 where several things do.
#[utoipa::path(get, path = "/api/v1/build-and-test", params(CareQuery),
    responses((status = 200, body = BuildAndTestAnswer), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn build_and_test(app: Data<App>, query: Query<CareQuery>) -> Result<HttpResponse, Problem> {
    let of = query.into_inner().of;
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.build_and_test(&of)).await?))
}

/// The ops ticket of an artifact, release, commit or deployment: what it brings, what watches over it, its way.
///
/// # Errors
/// 400 where what fits is none of these, 404 where nothing fits, 409 where several things do.
#[utoipa::path(get, path = "/api/v1/ops-ticket", params(CareQuery),
    responses((status = 200, body = OpsTicketAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn ops_ticket(app: Data<App>, query: Query<CareQuery>) -> Result<HttpResponse, Problem> {
    let of = query.into_inner().of;
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.ops_ticket(&of)).await?))
}

impl From<TicketError> for Problem {
    fn from(error: TicketError) -> Self {
        match error {
            TicketError::Ask(error) => error.into(),
            error @ TicketError::Kind { .. } => Self::new(Code::BadRequest, error.to_string()),
        }
    }
}
