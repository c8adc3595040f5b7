//! What the ledger tells, as CDEvents, by REST.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};

use crate::app::App;
use crate::export::{self, CdEventList, CdEventQuery};
use crate::http::api::ProblemBody;
use crate::http::problem::Problem;

/// What happened, as CDEvents, in the order of the ledger and page by page.
///
/// The id of an event follows from its ledger entry, so that asking again gives the same events. Relations that are only
/// guessed are not told.
///
/// # Errors
/// 503 where the database is not available.
#[utoipa::path(get, path = "/api/v1/cdevents", operation_id = "cdevents", params(CdEventQuery),
    responses((status = 200, body = CdEventList), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody)))]
pub async fn list(app: Data<App>, query: Query<CdEventQuery>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let source = app.settings.public_url();
    Ok(HttpResponse::Ok().json(app.question(move |desk| export::cdevents(&desk.store, &source, &query)).await?))
}
