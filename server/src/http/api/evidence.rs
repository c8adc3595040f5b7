//! Evidence that programs push, by REST.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use throughline_store::Receipt;
use throughline_webhooks::provider::Provider;
use utoipa::ToSchema;

use crate::app::App;
use crate::evidence::{self, PROVIDERS};
use crate::http::api::ProblemBody;
use crate::http::problem::{Code, Problem};
use crate::http::{session, webhooks};

/// What has become of a file that was pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvidenceReceipt {
    /// The index of its ledger entry; of a file that was there already, that one's.
    pub entry: u64,
    /// False where the same file with the same context was there already and nothing was appended.
    pub appended: bool,
    /// The earlier entry with the same file and context: this one has no second effect.
    pub duplicate_of: Option<u64>,
}

/// Takes a file as it is: a test report, a list of parts, provenance, a snapshot, facts.
///
/// The file is kept in the ledger and read afterwards; what came of reading it stands among the deliveries. Each header
/// may be left out. Only an API token may push, no browser's session.
///
/// # Errors
/// A [`Problem`]; nothing has been kept then, unless the connection broke while the answer was on its way.
#[utoipa::path(post, path = "/api/v1/evidence/{provider}",
    params(
        ("provider" = String, Path, description = "What the file is: cyclonedx, facts, intoto, junit, kubernetes, nunit, packages, sarif, spdx or trx"),
        ("throughline-id" = Option<String>, Header, description = "Your own id of the file; otherwise one that follows from file and headers"),
        ("throughline-repository" = Option<String>, Header, description = "Address of the repository"),
        ("throughline-commit" = Option<String>, Header, description = "Full id of the commit"),
        ("throughline-build" = Option<String>, Header, description = "Address of the run that made the file"),
        ("throughline-artifact" = Option<String>, Header, description = "Digest of the artifact, or its image reference with digest"),
        ("throughline-service" = Option<String>, Header, description = "Name of the service"),
        ("throughline-environment" = Option<String>, Header, description = "Name of the environment"),
        ("throughline-name" = Option<String>, Header, description = "What people call it"),
        ("throughline-at" = Option<String>, Header, description = "When it was made, RFC 3339")
    ),
    request_body(content = String, description = "The file as it is", content_type = "application/octet-stream"),
    responses((status = 202, body = EvidenceReceipt), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 408, body = ProblemBody), (status = 413, body = ProblemBody),
        (status = 415, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub async fn push(
    app: Data<App>,
    path: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let provider = evidence::provider(&path).ok_or_else(|| {
        Problem::new(Code::NotFound, format!("no such file can be pushed; it must be one of {}", PROVIDERS.join(", ")))
    })?;
    let source = evidence::source_of(provider);
    let taken = take(&app, provider, &request, payload).await;
    match &taken {
        Ok(_) => app.metrics.accepted(&source),
        Err(problem) => app.metrics.rejected(&source, problem.code.word()),
    }
    let Receipt { position, appended, duplicate_of, conflicting: _ } = taken?;
    Ok(HttpResponse::Accepted().json(EvidenceReceipt { entry: position, appended, duplicate_of }))
}

async fn take(app: &App, provider: &Provider, request: &HttpRequest, payload: Payload) -> Result<Receipt, Problem> {
    let by = session::identity(request)
        .ok_or_else(|| Problem::new(Code::LoginNeeded, "send `Authorization: Bearer <token>`"))?;
    let body = webhooks::raw_body(app, request, payload).await?;
    let draft = evidence::draft(&app.keys, provider, &headers(request), &by.name, &body.bytes)?;
    let receipt = app.journal.append(draft, body.bytes.len()).await.map_err(webhooks::busy)?;
    tracing::debug!(provider = provider.name, entry = receipt.position, by = by.name, "evidence received");
    Ok(receipt)
}

/// Header names in lower case with their values as text. Names of services may have letters that no other header has.
fn headers(request: &HttpRequest) -> Vec<(String, String)> {
    let text = |value: &[u8]| std::str::from_utf8(value).ok().map(str::to_owned);
    let headers = request.headers().iter();
    headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value.as_bytes())?))).collect()
}
