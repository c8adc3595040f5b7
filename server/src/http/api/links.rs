//! What people decide about links, by REST.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};

use crate::access::Identity;
use crate::app::App;
use crate::decide::{self, DecideError, DecisionReceipt, DecisionRequest};
use crate::http::api::ProblemBody;
use crate::http::problem::{Code, Problem, internal};
use crate::http::{session, webhooks};

/// How long an answer waits until the graph shows the decision.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often the graph is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Confirms, refuses or adds a link. It outranks every rule and every tool; the newest decision counts.
///
/// Both ends may be whatever is in hand. Only an API token may decide here; people use the forms of the pages.
///
/// # Errors
/// 400 where no such link may be, which says which may; 404 and 409 where an end is not known, or not one thing.
#[utoipa::path(post, path = "/api/v1/links/decisions", request_body = DecisionRequest,
    responses((status = 201, body = DecisionReceipt), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 503, body = ProblemBody)))]
pub async fn decide(
    app: Data<App>,
    request: HttpRequest,
    body: Json<DecisionRequest>,
) -> Result<HttpResponse, Problem> {
    let identity = session::identity(&request)
        .ok_or_else(|| Problem::new(Code::LoginNeeded, "send `Authorization: Bearer <token>`"))?;
    Ok(HttpResponse::Created().json(keep(&app, &identity, body.into_inner()).await?))
}

/// Checks a decision, keeps it in the ledger, and waits a moment until the graph shows it.
///
/// # Errors
/// As [`decide()`].
pub async fn keep(app: &App, identity: &Identity, request: DecisionRequest) -> Result<DecisionReceipt, Problem> {
    let by = identity.name.clone();
    let decision = app.question(move |desk| decide::read(desk, &request, &by)).await?;
    let (draft, size) = decide::draft(&app.keys, &decision)?;
    let receipt = app.journal.append(draft, size).await.map_err(webhooks::busy)?;
    let folded = async {
        while app.desk.live.covered() <= receipt.position {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    // The decision stands whether the graph shows it yet or not.
    let _ = tokio::time::timeout(PATIENCE, folded).await;
    Ok(decide::receipt(&decision, receipt.position))
}

impl From<DecideError> for Problem {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Ask(error) => error.into(),
            error @ DecideError::Refused(_) => Self::new(Code::BadRequest, error.to_string()),
            DecideError::Keys(error) => internal(&error),
            DecideError::Store(error) => error.into(),
        }
    }
}
