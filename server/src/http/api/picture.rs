//! The picture of a chain, by REST: for a comment or a report.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::ask::Desk;
use crate::http::api::ProblemBody;
use crate::http::pages;
use crate::http::problem::Problem;

/// Of what, as of when, and which way.
#[derive(Debug, Deserialize, IntoParams)]
pub struct PictureQuery {
    /// Whatever is in hand, as for `resolve`.
    of: String,
    /// A moment, RFC 3339.
    at: Option<String>,
    /// `trace` for the upstream chain, which is meant where it is left out, or `impact` for everything downstream.
    question: Option<String>,
}

/// The chain as a picture: an SVG document by itself, in light and dark, with links to this server.
///
/// # Errors
/// 400 where the question or the time cannot be read, 404 where nothing fits, 409 where several things do.
#[utoipa::path(get, path = "/api/v1/picture", params(PictureQuery),
    responses((status = 200, body = String, content_type = "image/svg+xml"), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn file(app: Data<App>, query: Query<PictureQuery>) -> Result<HttpResponse, Problem> {
    let PictureQuery { of, at, question } = query.into_inner();
    let server = app.settings.public_url();
    let asked = move |desk: &Desk| pages::picture::draw(desk, &of, (at.as_deref(), question.as_deref()), &server);
    Ok(pages::picture::serve(app.question(asked).await?))
}
