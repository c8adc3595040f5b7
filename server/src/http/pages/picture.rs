//! `/picture/{key}.svg`: the chain of a node as a picture by itself.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use crate::app::App;
use crate::ask::Desk;
use crate::http::pages;
use crate::http::problem::{Code, Problem};
use crate::{picture, plain};

/// What may be asked besides.
#[derive(Debug, Deserialize)]
pub struct PictureQuery {
    at: Option<String>,
    question: Option<String>,
}

/// The picture of a node's chain, upstream or downstream, as a file.
pub async fn file(app: Data<App>, request: HttpRequest, key: Path<String>, query: Query<PictureQuery>) -> HttpResponse {
    let key = key.into_inner();
    let PictureQuery { at, question } = query.into_inner();
    let server = app.settings.public_url();
    match app.question(move |desk| draw(desk, &key, (at.as_deref(), question.as_deref()), &server)).await {
        Ok(drawn) => serve(drawn),
        Err(problem) => pages::problem_for(&request, &problem),
    }
}

/// The picture of whatever `of` stands for, with links to the server at that address; `asked` are the moment and the
/// question, `trace` where there is none.
///
/// # Errors
/// 400 where the question is none that has a picture; 404 where nothing fits, 409 where several things do.
pub fn draw(desk: &Desk, of: &str, asked: (Option<&str>, Option<&str>), server: &str) -> Result<String, Problem> {
    let (at, question) = asked;
    let answer = match question.filter(|question| !question.is_empty()).unwrap_or("trace") {
        "trace" => desk.trace(of, at)?,
        "impact" => desk.impact(of, at)?,
        other => {
            let other = plain::clip(&plain::line(other), 60);
            let detail = format!("'{other}' is no question that has a picture; ask `trace` or `impact`");
            return Err(Problem::new(Code::BadRequest, detail));
        }
    };
    Ok(picture::file(&answer, server))
}

/// A picture with the headers that it needs as a document of its own.
pub fn serve(drawn: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("image/svg+xml")
        .insert_header((CONTENT_SECURITY_POLICY, picture::file_policy()))
        .insert_header((CONTENT_DISPOSITION, "inline; filename=\"chain.svg\""))
        .body(drawn)
}
