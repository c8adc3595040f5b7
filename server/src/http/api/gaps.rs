//! What is known to be missing, by REST.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::App;
use crate::backfill::gaps::{self, GapList};
use crate::http::api::ProblemBody;
use crate::http::problem::Problem;

/// Every known gap, the newest first: deliveries that were lost and cannot be fetched any more.
///
/// # Errors
/// 503 where too many ask at once.
#[utoipa::path(get, path = "/api/v1/gaps", responses((status = 200, body = GapList), (status = 401, body = ProblemBody)))]
pub async fn list(app: Data<App>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(app.question(|desk| desk.store.read(gaps::all)).await?))
}
