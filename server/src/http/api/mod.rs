//! The REST surface, and its description.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use throughline_store::{Backend, ledger};
use utoipa::{OpenApi, ToSchema};

use crate::app::App;
use crate::http::problem::{Code, Problem};

pub mod audit;
pub mod care;
pub mod catalog;
pub mod cdevents;
pub mod deliveries;
pub mod evidence;
pub mod flow;
pub mod gaps;
pub mod graphql;
pub mod links;
pub mod picture;
pub mod policy;
pub mod questions;
pub mod release;
pub mod running;
pub mod search;

/// The state of the server and of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// The version of the program.
    pub version: String,
    /// `sqlite` or `postgres`.
    pub backend: String,
    /// How many entries the ledger has.
    pub ledger_size: u64,
    /// The root over them, in base64.
    pub root: String,
    /// How many of them the graph covers.
    pub projected: u64,
    /// How many nodes the graph has.
    pub nodes: u64,
    /// How many links the graph has.
    pub links: u64,
}

/// An error (RFC 9457). `code` is stable; compare that one.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// A URN that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// A few words for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code: `not-found`.
    pub code: String,
    /// What exactly, and what to do.
    pub detail: String,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Throughline",
        description = "Questions to the traceability ledger. Every request carries an API token as `Authorization: Bearer …`."
    ),
    paths(
        status,
        checkpoint,
        questions::resolve,
        questions::trace,
        questions::impact,
        questions::path,
        questions::node,
        running::suspects,
        running::firing,
        running::whereabouts,
        running::environments,
        running::diff,
        running::board,
        flow::flow,
        search::search,
        picture::file,
        care::islands,
        care::doctor,
        care::build_and_test,
        care::ops_ticket,
        links::decide,
        deliveries::list,
        gaps::list,
        deliveries::one,
        deliveries::body,
        deliveries::replay,
        evidence::push,
        catalog::show,
        catalog::apply,
        release::ready,
        release::record,
        release::again,
        release::decide,
        policy::show,
        policy::apply,
        cdevents::list,
        audit::changes,
        audit::changelog,
        graphql::query,
        graphql::sdl
    ),
    components(schemas(ProblemBody)),
    modifiers(&Bearer),
    security(("token" = []))
)]
struct Description;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        description
            .components
            .get_or_insert_with(Default::default)
            .add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The description of this surface (OpenAPI 3.1).
pub async fn openapi() -> HttpResponse {
    HttpResponse::Ok().json(Description::openapi())
}

/// The state of the server and of the ledger.
///
/// # Errors
/// 503 where too many ask at once.
#[utoipa::path(get, path = "/api/v1/status", responses((status = 200, body = Status), (status = 401, body = ProblemBody)))]
pub async fn status(app: Data<App>) -> Result<HttpResponse, Problem> {
    let head = app.journal.head();
    let status = app
        .question(move |desk| {
            let head = desk.store.read(ledger::read_head)?.unwrap_or(head);
            let state = desk.live.read();
            let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
            Ok::<_, Problem>(Status {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                backend: match desk.store.backend() {
                    Backend::Sqlite => "sqlite".to_owned(),
                    Backend::Postgres => "postgres".to_owned(),
                },
                ledger_size: head.size,
                root: head.root.to_string(),
                projected: state.cursor,
                nodes: count(state.graph.nodes().count()),
                links: count(state.graph.links().count()),
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(status))
}

/// The newest signed head of the ledger, as a C2SP checkpoint.
///
/// # Errors
/// 404 before the first entry.
#[utoipa::path(
    get,
    path = "/api/v1/checkpoint",
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)
    )
)]
pub async fn checkpoint(app: Data<App>) -> Result<HttpResponse, Problem> {
    let note = app
        .question(|desk| {
            desk.store.read(|connection| match ledger::read_head(connection)? {
                Some(head) => ledger::checkpoint_at(connection, head.size),
                None => Ok(None),
            })
        })
        .await?
        .ok_or_else(|| Problem::new(Code::NotFound, "the ledger has no entry yet"))?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(note))
}

#[cfg(test)]
mod tests {
    use utoipa::OpenApi;

    use super::Description;
    use crate::http::ROUTES;

    #[test]
    fn the_description_is_the_stored_one() {
        let text = format!("{}\n", Description::openapi().to_pretty_json().unwrap());
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), text, "run the tests with UPDATE_GOLDEN=1");
    }

    #[test]
    fn every_route_of_the_surface_is_described() {
        let description = Description::openapi();
        let described: Vec<&String> = description.paths.paths.keys().collect();
        let routes = ROUTES.iter().map(|(_, path, _)| *path).filter(|path| path.starts_with("/api/"));
        for path in routes.filter(|path| *path != "/api/v1/openapi.json") {
            assert!(described.iter().any(|known| known.as_str() == path), "{path} is not described");
        }
    }
}
