//! Recognising who asks: a session cookie of a browser, or the bearer token of a program.

use actix_web::HttpResponse;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HOST, LOCATION, ORIGIN};
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, ResponseError};
use throughline_store::CredentialKind;

use crate::access::{self, AccessError, Identity};
use crate::app::App;
use crate::clock;
use crate::http::Policy;
use crate::http::problem::{Code, Problem, internal};

/// The name of the session's cookie.
pub const COOKIE: &str = "throughline_session";

/// Who asks, if anybody can be recognised. A wrong token is nobody.
///
/// # Errors
/// 503 where the database cannot be asked.
pub async fn identify(app: &Data<App>, request: &ServiceRequest) -> Result<Option<Identity>, Problem> {
    let bearer = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (kind, token) = match (bearer.and_then(|value| value.strip_prefix("Bearer ")), request.cookie(COOKIE)) {
        (Some(token), _) => (CredentialKind::Token, token.to_owned()),
        (None, Some(cookie)) => (CredentialKind::Session, cookie.value().to_owned()),
        (None, None) => return Ok(None),
    };
    let keys = std::sync::Arc::clone(&app.keys);
    app.question(move |desk| match access::recognise(&desk.store, &keys, kind, &token, clock::now()) {
        Ok(identity) => Ok(Some(identity)),
        Err(AccessError::Invalid) => Ok(None),
        Err(error) => Err(Problem::from(error)),
    })
    .await
}

/// Whether a request that may change something comes from a page of this server, or from a program with a token.
///
/// Browsers say where a form stood; its hidden field is checked besides, where the form is read. The programs' routes
/// have no such field, so a session cannot change anything there.
pub fn may_change(request: &ServiceRequest, identity: &Identity, policy: Option<Policy>) -> bool {
    if matches!(*request.method(), Method::GET | Method::HEAD) || identity.kind == CredentialKind::Token {
        return true;
    }
    if policy == Some(Policy::Login) {
        return false;
    }
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let site = header("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let origin = match (header(ORIGIN.as_str()), header(HOST.as_str())) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, rest)| rest == host),
        (Some(_), None) => false,
        (None, _) => true,
    };
    site && origin
}

/// The answer to somebody who has not logged in: pages lead to the login, everything else is a problem.
pub fn ask_for_login(request: &ServiceRequest, policy: Option<Policy>) -> HttpResponse {
    let wants_page = policy == Some(Policy::Person) && *request.method() == Method::GET;
    if wants_page {
        return HttpResponse::SeeOther().insert_header((LOCATION, "/login")).finish();
    }
    let detail = "send `Authorization: Bearer <token>`; `throughline token create` makes one";
    Problem::new(Code::LoginNeeded, detail).error_response()
}

/// Who asks, for handlers; the guard has put it there.
pub fn identity(request: &HttpRequest) -> Option<Identity> {
    request.extensions().get::<Identity>().cloned()
}

/// Checks the hidden field of a form against the session that sent it.
///
/// # Errors
/// 403 where it does not fit.
pub fn check_form(app: &App, request: &HttpRequest, given: &str) -> Result<Identity, Problem> {
    let identity =
        identity(request).ok_or_else(|| Problem::new(Code::LoginNeeded, "log in again; the session has ended"))?;
    access::check_form(&app.keys, &identity, given)?;
    Ok(identity)
}

/// The session's cookie: out of reach of scripts, and not sent along from other sites' forms.
pub fn cookie(app: &App, token: String) -> Cookie<'static> {
    Cookie::build(COOKIE, token)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.settings.public_url().starts_with("https://"))
        .max_age(Duration::hours(i64::from(app.settings.access.session_hours)))
        .finish()
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Invalid => Self::new(
                Code::Forbidden,
                "the link was used before, or has ended; make a new one with `throughline login-link`",
            ),
            AccessError::Form => Self::new(Code::Forbidden, error.to_string()),
            AccessError::Store(error) => error.into(),
            error @ (AccessError::Signing(_) | AccessError::Keys(_)) => internal(&error),
        }
    }
}
