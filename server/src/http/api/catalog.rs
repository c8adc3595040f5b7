//! The catalog, by REST.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use crate::answer::CatalogAnswer;
use crate::app::App;
use crate::catalog::{self, CatalogApplied, Prepared};
use crate::configuration;
use crate::http::api::ProblemBody;
use crate::http::problem::{Code, Problem};
use crate::http::webhooks;

/// The catalog in force, and the services, environments and people that deliveries name and it does not.
///
/// # Errors
/// 503 where the database is not available.
#[utoipa::path(get, path = "/api/v1/catalog",
    responses((status = 200, body = CatalogAnswer), (status = 401, body = ProblemBody)))]
pub async fn show(app: Data<App>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(app.question(catalog::show).await?))
}

/// Puts a catalog in force in place of the one before. It becomes an entry of the ledger.
///
/// # Errors
/// 400 with the first mistake and its place; nothing has changed then.
#[utoipa::path(post, path = "/api/v1/catalog",
    request_body(content = String, description = "The catalog, TOML", content_type = "application/toml"),
    responses((status = 200, body = CatalogApplied), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 408, body = ProblemBody), (status = 413, body = ProblemBody),
        (status = 415, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub async fn apply(app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let body = webhooks::raw_body(&app, &request, payload).await?;
    let text = std::str::from_utf8(&body.bytes)
        .map_err(|_| Problem::new(Code::BadRequest, "the catalog is no text in UTF-8"))?;
    Ok(HttpResponse::Ok().json(put_in_force(&app, text.to_owned()).await?))
}

/// Reads a catalog, compares it, and appends it to the ledger; what has come of it.
///
/// # Errors
/// As [`apply`].
pub async fn put_in_force(app: &App, text: String) -> Result<CatalogApplied, Problem> {
    let size = text.len();
    let Prepared { mut applied, statement } = app.question(move |desk| catalog::prepare(desk, &text)).await?;
    if let Some(statement) = statement {
        let draft = configuration::draft(&app.keys, &statement)?;
        applied.entry = Some(app.journal.append(draft, size).await.map_err(webhooks::busy)?.position);
    }
    Ok(applied)
}
