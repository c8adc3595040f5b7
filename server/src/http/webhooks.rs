//! `POST /webhooks/{source}`: bound, authenticate over the raw bytes, commit, acknowledge. Nothing is parsed here.

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::web::{BytesMut, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use throughline_domain::ledger::{EntryKind, EvidenceClass, StreamId};
use throughline_store::{Draft, DraftContent, Receipt};
use throughline_webhooks::provider::Request;
use throughline_webhooks::signature::{self, SignatureError, TOKEN_HEADER};

use crate::app::App;
use crate::clock;
use crate::http::body::{self, Body};
use crate::http::problem::{Code, Problem, RETRY_SECONDS, internal};
use crate::journal::JournalError;
use crate::keys::{hex, random};
use crate::sources::Source;

/// The longest id of a delivery that is kept, in bytes; a longer one is cut.
pub(crate) const MAX_DELIVERY_ID: usize = 256;

/// The longest value of a kept header, in bytes; a longer one is cut.
pub(crate) const MAX_HEADER_VALUE: usize = 4_096;

/// Takes a delivery.
///
/// # Errors
/// A [`Problem`]; nothing has been kept then, unless the connection broke while the answer was on its way.
pub async fn receive(
    app: Data<App>,
    path: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let source = source(&app, &path)?;
    let Taken { receipt, .. } = accept(&app, &source, &request, payload).await?;
    Ok(HttpResponse::Accepted().json(json!({
        "entry": receipt.position,
        "appended": receipt.appended,
        "duplicate_of": receipt.duplicate_of,
    })))
}

/// A delivery that is in the ledger.
pub(super) struct Taken {
    /// Where it is.
    pub(super) receipt: Receipt,
    /// All headers of the request.
    pub(super) headers: Vec<(String, String)>,
    /// The exact bytes.
    pub(super) body: BytesMut,
}

/// The source of that name.
///
/// # Errors
/// 404 where there is none.
pub(super) fn source(app: &App, name: &str) -> Result<Source, Problem> {
    app.sources.find(name).ok_or_else(|| {
        app.metrics.rejected("unknown", Code::UnknownSource.word());
        Problem::new(Code::UnknownSource, "make it with `throughline source add`, and use the address that it prints")
    })
}

/// Bounds, authenticates and commits a delivery of a source, and counts it.
///
/// # Errors
/// As [`receive`].
pub(super) async fn accept(
    app: &App,
    source: &Source,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Taken, Problem> {
    let taken = take(app, source, request, payload).await;
    match &taken {
        Ok(_) => app.metrics.accepted(&source.row.name),
        Err(problem) => app.metrics.rejected(&source.row.name, problem.code.word()),
    }
    taken
}

/// Reads the raw body of a request within the bounds. A content encoding is refused: what is signed or kept are the bytes
/// that were sent.
///
/// # Errors
/// 415 with a content encoding; as [`body::read`].
pub(super) async fn raw_body<'a>(app: &'a App, request: &HttpRequest, payload: Payload) -> Result<Body<'a>, Problem> {
    let encoding = request.headers().get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(Problem::new(Code::EncodedBody, "send the body as it was signed, without a content encoding"));
    }
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    body::read(payload, announced, &app.settings.limits, &app.body_memory).await
}

async fn take(app: &App, source: &Source, request: &HttpRequest, payload: Payload) -> Result<Taken, Problem> {
    let body = raw_body(app, request, payload).await?;
    let headers = text_headers(request);
    let delivery = Request { headers: &headers, body: &body.bytes };
    let evidence = signature::verify(source.provider.schemes, &delivery, &source.row.secrets, clock::now())
        .map_err(|cause| refuse(source, cause))?;
    let draft = draft(app, source, &delivery, evidence)?;
    let receipt = app.journal.append(draft, body.bytes.len()).await.map_err(busy)?;
    tracing::debug!(
        source = source.row.name,
        entry = receipt.position,
        appended = receipt.appended,
        "delivery received"
    );
    Ok(Taken { receipt, headers, body: body.bytes })
}

fn draft(app: &App, source: &Source, delivery: &Request<'_>, evidence: EvidenceClass) -> Result<Draft, Problem> {
    let id = match (source.provider.delivery_id)(delivery).map(|id| id.replace('\0', "")) {
        Some(id) if !id.trim().is_empty() => cut(&id, MAX_DELIVERY_ID).to_owned(),
        // The tool gives none: each delivery counts as a new one, and its body tells whether it is.
        _ => format!("received-{}", hex(&random::<16>().map_err(|error| internal(&error))?)),
    };
    let kept: Vec<(String, String)> = delivery
        .headers
        .iter()
        .filter(|(name, _)| name == "content-type" || source.provider.kept_headers.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), cut(value, MAX_HEADER_VALUE).to_owned()))
        .collect();
    let headers = serde_json::to_vec(&kept).map_err(|error| internal(&error))?;
    let content = DraftContent {
        kind: EntryKind::Delivery,
        evidence,
        received: clock::now(),
        stream: StreamId::from_bytes(source.row.stream),
        source: &source.row.name,
        delivery_id: &id,
        headers: &headers,
        body: delivery.body,
        fingerprint: app
            .keys
            .fingerprint(&source.provider.meaning(&Request { headers: &kept, body: delivery.body }), delivery.body),
        salt: random().map_err(|error| internal(&error))?,
    };
    Draft::new(&content).map_err(Problem::from)
}

/// Header names in lower case with their values, and the token of the address beside them; values that are no text cannot be part of any scheme.
fn text_headers(request: &HttpRequest) -> Vec<(String, String)> {
    let text = |value: &actix_web::http::header::HeaderValue| value.to_str().ok().map(str::to_owned);
    let headers = request.headers().iter();
    let mut headers: Vec<(String, String)> =
        headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?))).collect();
    let mut query = url::form_urlencoded::parse(request.query_string().as_bytes());
    if let Some((_, token)) = query.find(|(name, _)| name == "token") {
        headers.push((TOKEN_HEADER.to_owned(), token.into_owned()));
    }
    headers
}

fn refuse(source: &Source, cause: SignatureError) -> Problem {
    tracing::warn!(source = source.row.name, provider = source.provider.name, %cause, "a delivery was refused");
    Problem::new(Code::BadSignature, format!("{cause}; compare the secret of the source '{}'", source.row.name))
}

/// What a sender is told whose delivery, decision or catalog is not known to be committed.
pub(super) fn busy(error: JournalError) -> Problem {
    let said = match error {
        JournalError::Full | JournalError::Stopped | JournalError::Store(_) => "this was not taken",
        JournalError::Slow => "the database has not answered, and this may be taken yet; sending it twice does no harm",
    };
    Problem::new(Code::Unavailable, format!("{said}; try again in {RETRY_SECONDS} seconds"))
}

/// The beginning of a text, of at most so many bytes.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or_default()
}
