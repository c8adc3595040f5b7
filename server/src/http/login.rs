//! Logging in with a one-time link, and logging out.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use throughline_store::access as credentials;

use crate::access;
use crate::app::App;
use crate::clock;
use crate::http::pages::{self, Page};
use crate::http::problem::Problem;
use crate::http::session;

/// What a login link carries.
#[derive(Debug, Deserialize)]
pub struct LinkQuery {
    token: Option<String>,
}

/// What the form of the login page sends.
#[derive(Debug, Deserialize)]
pub struct LoginForm {
    token: String,
}

/// What a form without other fields sends.
#[derive(Debug, Deserialize)]
pub struct PlainForm {
    /// The hidden field.
    pub csrf: String,
}

/// The login page. With a link's token it shows a button: a preview of the link in a chat must not use it up.
pub async fn page(app: Data<App>, request: HttpRequest, query: Query<LinkQuery>) -> HttpResponse {
    let mut page = Page::new(&app, &request, "Log in", "none");
    page.insert("token", &query.token);
    page.insert("message", &None::<String>);
    pages::show(&app, "login.html", &page)
}

/// Uses a login link up and starts a session.
///
/// # Errors
/// 403 where the link was used before or has ended.
pub async fn log_in(app: Data<App>, form: Form<LoginForm>) -> Result<HttpResponse, Problem> {
    let keys = std::sync::Arc::clone(&app.keys);
    let hours = app.settings.access.session_hours;
    let secret = form.into_inner().token;
    let token = app
        .question(move |desk| access::log_in(&desk.store, &keys, &secret, clock::now(), hours).map_err(Problem::from))
        .await?;
    Ok(HttpResponse::SeeOther().cookie(session::cookie(&app, token)).insert_header((LOCATION, "/")).finish())
}

/// Ends the session.
///
/// # Errors
/// 403 where the form is not this session's.
pub async fn log_out(app: Data<App>, request: HttpRequest, form: Form<PlainForm>) -> Result<HttpResponse, Problem> {
    let identity = session::check_form(&app, &request, &form.csrf)?;
    app.question(move |desk| {
        desk.store
            .write(|connection| credentials::revoke(connection, &identity.id, clock::now()))
            .map_err(Problem::from)
    })
    .await?;
    let mut gone = session::cookie(&app, String::new());
    gone.make_removal();
    Ok(HttpResponse::SeeOther().cookie(gone).insert_header((LOCATION, "/login")).finish())
}
