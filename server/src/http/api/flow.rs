//! `flow`: how work flows to production, by REST.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};

use crate::app::App;
use crate::clock;
use crate::flow::{FlowAnswer, FlowError, FlowQuery};
use crate::http::api::ProblemBody;
use crate::http::problem::{Code, Problem};

/// Deployments, lead and cycle times, failures, work in progress, batch sizes and rework of a period, each with what it
/// rests on and what could not be counted.
///
/// # Errors
/// 400 where the period, the kind of something or the name of a figure is wrong; 404 where nothing fits, 409 where several
/// things do.
#[utoipa::path(get, path = "/api/v1/flow", params(FlowQuery),
    responses((status = 200, body = FlowAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn flow(app: Data<App>, query: Query<FlowQuery>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.flow(&query, clock::now())).await?))
}

impl From<FlowError> for Problem {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::Ask(error) => error.into(),
            error @ FlowError::Wrong(_) => Self::new(Code::BadRequest, error.to_string()),
        }
    }
}
