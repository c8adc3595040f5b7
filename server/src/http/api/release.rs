//! Releases by REST: whether something can go out, and what people decide about it.

use std::time::Duration;

use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse};

use crate::access::Identity;
use crate::app::App;
use crate::clock;
use crate::http::api::ProblemBody;
use crate::http::problem::{Code, Problem, internal};
use crate::http::{session, webhooks};
use crate::readiness::answer::{AgainAnswer, ReadyAnswer};
use crate::readiness::record;
use crate::readiness::{self, ReadyRequest};
use crate::release::{self, ReleaseError, ReleaseReceipt, ReleaseRequest};

/// How long an answer waits until the tables show what was decided.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often they are looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Whether something can go out, without recording the verdict.
///
/// # Errors
/// 400 where what fits cannot go out, 404 where nothing fits, 409 where several things do.
#[utoipa::path(get, path = "/api/v1/ready", operation_id = "ready", params(ReadyRequest),
    responses((status = 200, body = ReadyAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn ready(app: Data<App>, query: Query<ReadyRequest>) -> Result<HttpResponse, Problem> {
    let asked = query.into_inner();
    let judged = app.question(move |desk| readiness::judge(desk, &asked, clock::now())).await?;
    Ok(HttpResponse::Ok().json(judged.answer))
}

/// Whether something can go out. The verdict becomes an entry of the ledger, with everything that it rests on.
///
/// # Errors
/// As [`ready`]; 403 with a browser's session.
#[utoipa::path(post, path = "/api/v1/ready", operation_id = "record_verdict", request_body = ReadyRequest,
    responses((status = 201, body = ReadyAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 503, body = ProblemBody)))]
pub async fn record(app: Data<App>, request: HttpRequest, body: Json<ReadyRequest>) -> Result<HttpResponse, Problem> {
    let identity = known(&request)?;
    Ok(HttpResponse::Created().json(keep_verdict(&app, &identity, body.into_inner()).await?))
}

/// A recorded verdict, judged again: over the dossier and by the policies that were recorded, and as things are now.
///
/// # Errors
/// 404 where the entry is no verdict, or its policies are in no entry of the ledger.
#[utoipa::path(get, path = "/api/v1/ready/{entry}", operation_id = "judge_again", params(("entry" = u64, Path, description = "The index of its ledger entry")),
    responses((status = 200, body = AgainAnswer), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn again(app: Data<App>, entry: Path<u64>) -> Result<HttpResponse, Problem> {
    let entry = entry.into_inner();
    Ok(HttpResponse::Ok().json(app.question(move |desk| record::again(desk, entry, clock::now())).await?))
}

/// Signs a release off or refuses it, waives a gate, or declares an emergency, in the name of the token.
///
/// Only an API token may decide here; people use the forms of the pages.
///
/// # Errors
/// 400 where no such decision may be taken, which says what may; 404 and 409 where the candidate or the environment is not
/// known, or not one thing.
#[utoipa::path(post, path = "/api/v1/release-decisions", operation_id = "decide_release", request_body = ReleaseRequest,
    responses((status = 201, body = ReleaseReceipt), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 503, body = ProblemBody)))]
pub async fn decide(app: Data<App>, request: HttpRequest, body: Json<ReleaseRequest>) -> Result<HttpResponse, Problem> {
    let identity = known(&request)?;
    Ok(HttpResponse::Created().json(keep_decision(&app, &identity, body.into_inner()).await?))
}

/// Judges, keeps the verdict in the ledger, and waits a moment until it is listed.
///
/// # Errors
/// As [`record()`].
pub async fn keep_verdict(app: &App, identity: &Identity, asked: ReadyRequest) -> Result<ReadyAnswer, Problem> {
    let judged = app.question(move |desk| readiness::judge(desk, &asked, clock::now())).await?;
    let (draft, size) = record::draft(&app.keys, &judged, &identity.name)?;
    let receipt = app.journal.append(draft, size).await.map_err(webhooks::busy)?;
    folded(app, receipt.position).await;
    Ok(ReadyAnswer { entry: Some(receipt.position), ..judged.answer })
}

/// Checks a decision, keeps it in the ledger, and waits a moment until it counts.
///
/// # Errors
/// As [`decide()`].
pub async fn keep_decision(app: &App, identity: &Identity, request: ReleaseRequest) -> Result<ReleaseReceipt, Problem> {
    let (by, now) = (identity.name.clone(), clock::now());
    let statement = app.question(move |desk| release::read(desk, &request, &by, now)).await?;
    let (draft, size) = release::draft(&app.keys, &statement, now)?;
    let receipt = app.journal.append(draft, size).await.map_err(webhooks::busy)?;
    folded(app, receipt.position).await;
    Ok(release::receipt(&statement, receipt.position))
}

/// Waits a moment until an entry is folded. It stands in the ledger whether it is or not.
async fn folded(app: &App, position: u64) {
    let folded = async {
        while app.desk.live.covered() <= position {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let _ = tokio::time::timeout(PATIENCE, folded).await;
}

fn known(request: &HttpRequest) -> Result<Identity, Problem> {
    session::identity(request).ok_or_else(|| Problem::new(Code::LoginNeeded, "send `Authorization: Bearer <token>`"))
}

impl From<ReleaseError> for Problem {
    fn from(error: ReleaseError) -> Self {
        match error {
            ReleaseError::Ask(error) => error.into(),
            error @ ReleaseError::Refused(_) => Self::new(Code::BadRequest, error.to_string()),
            error @ ReleaseError::Missing(_) => Self::new(Code::NotFound, error.to_string()),
            ReleaseError::Keys(error) => internal(&error),
            ReleaseError::Store(error) => error.into(),
        }
    }
}
