//! Searching everything, by REST.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::answer::SearchAnswer;
use crate::app::App;
use crate::http::api::ProblemBody;
use crate::http::problem::{Code, Problem};
use crate::search::{PAGE, SearchError};

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
pub struct SearchQuery {
    /// Words, phrases in quotes, and the filters `kind:`, `service:`, `environment:`, `team:`, `after:` and `before:`:
    /// `retry "card payments" kind:alert,incident service:checkout after:2026-03-01`. At most 500 letters and 16 words.
    q: String,
    /// How many results at most: 1 to 200, 50 unless given.
    limit: Option<usize>,
}

/// Everything whose title, reference, description or names hold the words, the best first.
///
/// Every word may be the beginning of one. Case and accents make no difference.
///
/// # Errors
/// 400 for a filter that does not exist or cannot be read, 404 where a filter names nothing, 409 where it names several
/// things.
#[utoipa::path(get, path = "/api/v1/search", params(SearchQuery),
    responses((status = 200, body = SearchAnswer), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn search(app: Data<App>, query: Query<SearchQuery>) -> Result<HttpResponse, Problem> {
    let SearchQuery { q, limit } = query.into_inner();
    Ok(HttpResponse::Ok().json(app.question(move |desk| desk.search(&q, limit.unwrap_or(PAGE))).await?))
}

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Query(error) => Self::new(Code::BadRequest, error.to_string()),
            error @ SearchError::Nothing { .. } => Self::new(Code::NotFound, error.to_string()),
            error @ SearchError::Several { .. } => Self::new(Code::Ambiguous, error.to_string()),
            SearchError::Store(error) => error.into(),
        }
    }
}
