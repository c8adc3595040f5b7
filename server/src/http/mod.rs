//! The HTTP surface: one route table with who may use each route, and the checks that every request passes.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpMessage, HttpResponse, ResponseError};

use crate::app::App;
use crate::http::problem::{Code, Problem};

pub mod api;
pub mod assets;
pub mod body;
pub mod chat;
pub mod health;
pub mod login;
pub mod pages;
pub mod problem;
pub mod session;
pub mod webhooks;

/// Who may use a route. Roles and projects will be further policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Anybody.
    Public,
    /// Whoever signs what they send.
    Signed,
    /// A logged-in person, in a browser; everybody else is led to the login.
    Person,
    /// A logged-in person or a program with an API token.
    Login,
}

/// Declares all routes from one table: method, path, policy, handler.
macro_rules! routes {
    ($($method:ident $path:literal $policy:ident $handler:path;)+) => {
        /// Every route with its policy. A route that is not in the table does not exist.
        pub const ROUTES: &[(&str, &str, Policy)] = &[$((stringify!($method), $path, Policy::$policy),)+];

        fn add_routes(config: &mut ServiceConfig) {
            $(config.route($path, web::method(Method::$method).to($handler));)+
        }
    };
}

routes! {
    POST "/webhooks/{source}" Signed webhooks::receive;
    POST "/chat/{source}" Signed chat::answer;
    GET "/health/live" Public health::live;
    GET "/health/ready" Public health::ready;
    GET "/metrics" Login health::metrics;
    GET "/static/{name}" Public assets::serve;
    GET "/login" Public login::page;
    POST "/login" Public login::log_in;
    POST "/logout" Person login::log_out;
    GET "/" Person pages::home::page;
    GET "/find" Person pages::find::page;
    GET "/find/options" Person pages::find::options;
    GET "/node/{key}" Person pages::node::page;
    GET "/picture/{key}.svg" Person pages::picture::file;
    POST "/links/decisions" Person pages::links::decide;
    GET "/history" Person pages::history::page;
    GET "/board" Person pages::release::board;
    GET "/flow" Person pages::flow::page;
    GET "/ready" Person pages::release::ready;
    POST "/ready" Person pages::release::record_verdict;
    POST "/release-decisions" Person pages::release::decide;
    GET "/environments" Person pages::environments::page;
    GET "/islands" Person pages::care::islands;
    GET "/doctor" Person pages::care::doctor;
    GET "/build-and-test/{key}" Person pages::care::build_and_test;
    GET "/ops/{key}" Person pages::care::ops_ticket;
    GET "/deliveries" Person pages::deliveries::list;
    GET "/deliveries/{entry}" Person pages::deliveries::one;
    POST "/deliveries/{entry}/replay" Person pages::deliveries::replay;
    GET "/sources" Person pages::sources::page;
    GET "/providers/{name}" Person pages::sources::provider;
    GET "/catalog" Person pages::catalog::page;
    POST "/catalog" Person pages::catalog::apply;
    GET "/api/v1/openapi.json" Login api::openapi;
    GET "/api/v1/status" Login api::status;
    GET "/api/v1/checkpoint" Login api::checkpoint;
    GET "/api/v1/resolve" Login api::questions::resolve;
    GET "/api/v1/trace" Login api::questions::trace;
    GET "/api/v1/impact" Login api::questions::impact;
    GET "/api/v1/path" Login api::questions::path;
    GET "/api/v1/node" Login api::questions::node;
    GET "/api/v1/search" Login api::search::search;
    GET "/api/v1/picture" Login api::picture::file;
    GET "/api/v1/suspects" Login api::running::suspects;
    GET "/api/v1/firing" Login api::running::firing;
    GET "/api/v1/where" Login api::running::whereabouts;
    GET "/api/v1/environments" Login api::running::environments;
    GET "/api/v1/diff" Login api::running::diff;
    GET "/api/v1/board" Login api::running::board;
    GET "/api/v1/flow" Login api::flow::flow;
    GET "/api/v1/islands" Login api::care::islands;
    GET "/api/v1/doctor" Login api::care::doctor;
    GET "/api/v1/build-and-test" Login api::care::build_and_test;
    GET "/api/v1/ops-ticket" Login api::care::ops_ticket;
    POST "/api/v1/links/decisions" Login api::links::decide;
    GET "/api/v1/deliveries" Login api::deliveries::list;
    GET "/api/v1/gaps" Login api::gaps::list;
    GET "/api/v1/deliveries/{entry}" Login api::deliveries::one;
    GET "/api/v1/deliveries/{entry}/body" Login api::deliveries::body;
    POST "/api/v1/deliveries/{entry}/replay" Login api::deliveries::replay;
    POST "/api/v1/evidence/{provider}" Login api::evidence::push;
    GET "/api/v1/catalog" Login api::catalog::show;
    POST "/api/v1/catalog" Login api::catalog::apply;
    GET "/api/v1/ready" Login api::release::ready;
    POST "/api/v1/ready" Login api::release::record;
    GET "/api/v1/ready/{entry}" Login api::release::again;
    POST "/api/v1/release-decisions" Login api::release::decide;
    GET "/api/v1/policy" Login api::policy::show;
    POST "/api/v1/policy" Login api::policy::apply;
    GET "/api/v1/cdevents" Login api::cdevents::list;
    GET "/api/v1/export/changes" Login api::audit::changes;
    GET "/api/v1/export/changelog" Login api::audit::changelog;
    POST "/api/v1/graphql" Login api::graphql::query;
    GET "/api/v1/graphql/schema" Login api::graphql::sdl;
}

/// Adds all routes, and the answer for whatever is none of them.
pub fn configure(config: &mut ServiceConfig) {
    add_routes(config);
    config.default_service(web::to(nothing_here));
}

/// The policy of a request's route; `None` where there is no such route.
fn policy_of(method: &Method, pattern: Option<&str>) -> Option<Policy> {
    let pattern = pattern?;
    let found = ROUTES.iter().find(|(route, path, _)| *path == pattern && *route == method.as_str());
    found.map(|(_, _, policy)| *policy)
}

/// Lets a request through if its route's policy allows it; recognises who asks.
///
/// # Errors
/// None: a refusal is an answer.
pub async fn guard(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let pattern = request.match_pattern();
    let policy = policy_of(request.method(), pattern.as_deref());
    let needs_login = match policy {
        // What does not exist is not told apart from what does, to somebody who has not logged in.
        None | Some(Policy::Person | Policy::Login) => true,
        Some(Policy::Public | Policy::Signed) => false,
    };
    if needs_login {
        let identity = match request.app_data::<Data<App>>() {
            Some(app) => session::identify(app, &request).await,
            None => Ok(None),
        };
        match identity {
            Ok(Some(identity)) => {
                if !session::may_change(&request, &identity, policy) {
                    let refusal =
                        Problem::new(Code::Forbidden, "this needs a form of this server's own, or an API token");
                    return Ok(request.into_response(refusal.error_response()));
                }
                request.extensions_mut().insert(identity);
            }
            Ok(None) => {
                let answer = session::ask_for_login(&request, policy);
                return Ok(request.into_response(answer));
            }
            Err(problem) => return Ok(request.into_response(problem.error_response())),
        }
    }
    next.call(request).await
}

/// Headers that every answer carries.
///
/// # Errors
/// Those of the request itself.
pub async fn harden<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; \
                          connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A picture by itself brings a policy of its own: it has a style within, and no need of anything else.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

async fn nothing_here(request: actix_web::HttpRequest) -> HttpResponse {
    let path = request.path();
    let known = ROUTES.iter().any(|(_, route, _)| request.match_pattern().as_deref() == Some(*route));
    let problem = if known {
        Problem::new(Code::MethodNotAllowed, format!("{} is not possible at {path}", request.method()))
    } else {
        Problem::new(Code::NotFound, format!("there is nothing at {path}"))
    };
    pages::problem_for(&request, &problem)
}

#[cfg(test)]
mod tests {
    use super::{Policy, ROUTES};

    #[test]
    fn only_these_routes_need_no_login() {
        let open: Vec<&str> = ROUTES
            .iter()
            .filter(|(_, _, policy)| matches!(policy, Policy::Public | Policy::Signed))
            .map(|(_, path, _)| *path)
            .collect();
        let expected = [
            "/webhooks/{source}",
            "/chat/{source}",
            "/health/live",
            "/health/ready",
            "/static/{name}",
            "/login",
            "/login",
        ];
        assert_eq!(open, expected);
    }

    #[test]
    fn what_changes_something_is_a_post() {
        assert!(ROUTES.iter().all(|(method, _, _)| matches!(*method, "GET" | "POST")));
    }
}
