//! The policies for releases, by REST.

use actix_web::web::{Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};

use crate::app::App;
use crate::configuration;
use crate::http::api::ProblemBody;
use crate::http::problem::{Code, Problem};
use crate::http::webhooks;
use crate::policies::{self, PolicyAnswer, PolicyApplied, PolicyQuery, PolicyRequest, Prepared};

/// The policies in force, or those that were in force at a time or a size of the ledger.
///
/// # Errors
/// 400 for a time that cannot be read, 404 where there are none of that hash.
#[utoipa::path(get, path = "/api/v1/policy", operation_id = "policy", params(PolicyQuery),
    responses((status = 200, body = PolicyAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, query: Query<PolicyQuery>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    Ok(HttpResponse::Ok().json(app.question(move |desk| policies::show(desk, &query)).await?))
}

/// Puts policies in force in place of those before. They become an entry of the ledger.
///
/// # Errors
/// 400 with the first mistake and its place; nothing has changed then.
#[utoipa::path(post, path = "/api/v1/policy", operation_id = "apply_policy", request_body = PolicyRequest,
    responses((status = 200, body = PolicyApplied), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 408, body = ProblemBody), (status = 413, body = ProblemBody),
        (status = 415, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub async fn apply(app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    // Calendars are larger than the JSON of other requests may be; the bound of bodies counts, and those of each file.
    let body = webhooks::raw_body(&app, &request, payload).await?;
    let size = body.bytes.len();
    let handed: PolicyRequest = serde_json::from_slice(&body.bytes).map_err(|cause| {
        Problem::new(Code::BadRequest, format!("the body must be JSON with 'policy' and 'calendars': {cause}"))
    })?;
    let Prepared { mut applied, statement } = app.question(move |desk| policies::prepare(desk, handed)).await?;
    if let Some(statement) = statement {
        let draft = configuration::draft(&app.keys, &statement)?;
        applied.entry = Some(app.journal.append(draft, size).await.map_err(webhooks::busy)?.position);
    }
    Ok(HttpResponse::Ok().json(applied))
}
