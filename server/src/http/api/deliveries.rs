//! Deliveries, by REST.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Data, Path, Query};

use crate::app::App;
use crate::http::api::ProblemBody;
use crate::http::problem::Problem;
use crate::received::{self, DeliveryDetail, DeliveryList, ListQuery};

/// What was received, the newest first.
///
/// # Errors
/// 400 for an outcome that does not exist.
#[utoipa::path(get, path = "/api/v1/deliveries", params(ListQuery),
    responses((status = 200, body = DeliveryList), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody)))]
pub async fn list(app: Data<App>, query: Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let sources = std::sync::Arc::clone(&app.sources);
    let query = query.into_inner();
    Ok(HttpResponse::Ok().json(app.question(move |desk| received::list(desk, &sources, &query)).await?))
}

/// One delivery: headers, body, facts, and the proof that it is in the ledger.
///
/// # Errors
/// 404 where the entry is no delivery.
#[utoipa::path(get, path = "/api/v1/deliveries/{entry}", params(("entry" = u64, Path, description = "The index of the ledger entry")),
    responses((status = 200, body = DeliveryDetail), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn one(app: Data<App>, entry: Path<u64>) -> Result<HttpResponse, Problem> {
    let sources = std::sync::Arc::clone(&app.sources);
    let entry = entry.into_inner();
    Ok(HttpResponse::Ok().json(app.question(move |desk| received::detail(desk, &sources, entry)).await?))
}

/// The exact bytes of a delivery's body, as they were signed.
///
/// # Errors
/// 404 where the entry is no delivery, or its body was erased.
#[utoipa::path(get, path = "/api/v1/deliveries/{entry}/body", params(("entry" = u64, Path, description = "The index of the ledger entry")),
    responses((status = 200, content_type = "application/octet-stream"), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
pub async fn body(app: Data<App>, entry: Path<u64>) -> Result<HttpResponse, Problem> {
    let entry = entry.into_inner();
    let bytes = app.question(move |desk| received::body(desk, entry)).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"entry-{entry}\"")))
        .body(bytes))
}

/// Reads a delivery again, after its parser has been mended; answers it with what came of it.
///
/// # Errors
/// 400 where the entry is no delivery that has been read, 503 where another server folds the ledger.
#[utoipa::path(post, path = "/api/v1/deliveries/{entry}/replay", params(("entry" = u64, Path, description = "The index of the ledger entry")),
    responses((status = 200, body = DeliveryDetail), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 503, body = ProblemBody)))]
pub async fn replay(app: Data<App>, entry: Path<u64>) -> Result<HttpResponse, Problem> {
    let entry = entry.into_inner();
    let replay = app.replay();
    let sources = std::sync::Arc::clone(&app.sources);
    let answer = app
        .question(move |desk| {
            replay(desk, entry)?;
            received::detail(desk, &sources, entry)
        })
        .await?;
    Ok(HttpResponse::Ok().json(answer))
}
