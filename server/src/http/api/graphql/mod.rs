//! The questions, by GraphQL: the same answers as by REST, chosen by the client, within bounds.

use std::sync::LazyLock;

use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use async_graphql::{Request, Response, ServerError, Variables};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::App;
use crate::config::LimitSettings;
use crate::http::api::ProblemBody;
use crate::http::body;
use crate::http::problem::{Code, Problem};
use crate::plain;

mod limits;
mod node;
mod schema;
mod turn;
mod walk;
mod wish;

use schema::GraphqlSchema;
use turn::{Turn, to_error};

/// The largest request, in bytes.
const MAX_BODY_BYTES: usize = 65_536;

/// The most errors of one answer; the rest is left out.
const MAX_ERRORS: usize = 20;

/// The most characters of an error's message.
const MAX_MESSAGE: usize = 2_000;

/// The schema; built when it is first asked for.
static SCHEMA: LazyLock<GraphqlSchema> = LazyLock::new(schema::build);

/// A GraphQL request.
#[derive(Debug, Deserialize, ToSchema)]
pub struct GraphqlRequest {
    /// The document, with at least one `query`.
    #[schema(example = "{ trace(of: \"PAY-12\") { chain nodes { key title } } }")]
    pub query: String,
    /// Which of the document's operations, where it has several.
    #[serde(rename = "operationName")]
    pub operation_name: Option<String>,
    /// The values of the operation's variables.
    #[schema(value_type = Option<Object>)]
    pub variables: Option<Map<String, Value>>,
}

/// The answer to a GraphQL request.
#[derive(Debug, Serialize, ToSchema)]
pub struct GraphqlAnswer {
    /// What was asked for, in the form of the query; null where the request could not be answered at all.
    #[schema(value_type = Option<Object>)]
    pub data: Option<Value>,
    /// What went wrong; missing where nothing did.
    pub errors: Option<Vec<GraphqlError>>,
}

/// One error of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct GraphqlError {
    /// What exactly, and what to do.
    pub message: String,
    /// The field that has no answer: names of fields, and numbers of elements.
    #[schema(value_type = Option<Vec<Object>>)]
    pub path: Option<Vec<Value>>,
    /// What programs compare.
    pub extensions: GraphqlErrorCode,
}

/// What programs compare.
#[derive(Debug, Serialize, ToSchema)]
pub struct GraphqlErrorCode {
    /// The stable code, as of a problem: `not-found`.
    pub code: String,
}

/// Answers several questions at once, each with just the members that are asked for. Nothing can be changed here.
///
/// An error of a question stands in `errors` with the status 200; the other questions of the request are answered.
///
/// # Errors
/// 400 where the body is no GraphQL request, 408 where it comes too slowly, 413 where it is too large.
#[utoipa::path(post, path = "/api/v1/graphql", request_body = GraphqlRequest,
    responses((status = 200, body = GraphqlAnswer), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 408, body = ProblemBody), (status = 413, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub async fn query(app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let asked = read(&app, &request, payload).await?;
    Ok(HttpResponse::Ok().json(answer(app, asked).await))
}

/// The schema, in the language of GraphQL.
#[utoipa::path(get, path = "/api/v1/graphql/schema",
    responses((status = 200, body = String, content_type = "text/plain"), (status = 401, body = ProblemBody)))]
pub async fn sdl() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(SCHEMA.sdl())
}

/// Reads the body within its bounds.
async fn read(app: &App, request: &HttpRequest, payload: Payload) -> Result<GraphqlRequest, Problem> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let bounds = LimitSettings { body_bytes: MAX_BODY_BYTES, ..app.settings.limits.clone() };
    let body = body::read(payload, announced, &bounds, &app.body_memory).await.map_err(|problem| {
        // The words of a delivery would name a setting that does not count here.
        if problem.code == Code::BodyTooLarge {
            let detail = format!("a GraphQL request may have {MAX_BODY_BYTES} bytes; ask for less at once");
            return Problem::new(Code::BodyTooLarge, detail);
        }
        problem
    })?;
    serde_json::from_slice(&body.bytes).map_err(|cause| {
        let detail =
            format!("the body is no GraphQL request ({cause}); send {{\"query\": \"…\", \"variables\": {{…}}}}");
        Problem::new(Code::BadRequest, detail)
    })
}

/// Checks a request against the bounds, and answers it.
async fn answer(app: Data<App>, asked: GraphqlRequest) -> Response {
    let GraphqlRequest { query, operation_name, variables } = asked;
    let document = match limits::check(&query) {
        Ok(document) => document,
        Err(problem) => return tidy(Response::from_errors(vec![whole_request(problem)])),
    };
    let variables = Variables::from_json(Value::Object(variables.unwrap_or_default()));
    let mut request = Request::new(query).variables(variables).data(Turn::new(app));
    request.set_parsed_query(document);
    if let Some(name) = operation_name.filter(|name| !name.is_empty()) {
        request = request.operation_name(name);
    }
    tidy(SCHEMA.execute(request).await)
}

/// An error that is of no field.
fn whole_request(problem: Problem) -> ServerError {
    let error = to_error(problem);
    let mut whole = ServerError::new(error.message, None);
    whole.extensions = error.extensions;
    whole
}

/// Bounds the errors, and gives a code to those that GraphQL itself has found in the request.
fn tidy(mut response: Response) -> Response {
    response.errors.truncate(MAX_ERRORS);
    for error in &mut response.errors {
        error.message = plain::clip(&error.message, MAX_MESSAGE);
        if error.extensions.is_none() {
            error.extensions = to_error(Problem::new(Code::BadRequest, "")).extensions;
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use async_graphql::{Response, ServerError};

    use super::{MAX_ERRORS, MAX_MESSAGE, SCHEMA, tidy};

    #[test]
    fn the_schema_is_the_stored_one() {
        let text = SCHEMA.sdl();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/schema.graphql");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), text, "run the tests with UPDATE_GOLDEN=1");
    }

    #[test]
    fn nothing_can_be_changed() {
        let text = SCHEMA.sdl();
        let roots: Vec<&str> = ["query:", "mutation:", "subscription:"]
            .into_iter()
            .filter(|root| text.lines().any(|line| line.trim_start().starts_with(root)))
            .collect();
        assert_eq!(roots, ["query:"], "{text}");
    }

    #[test]
    fn errors_are_bounded_and_have_a_code() {
        let errors = (0..100).map(|_| ServerError::new("x".repeat(10_000), None)).collect();
        let response = tidy(Response::from_errors(errors));
        assert_eq!(response.errors.len(), MAX_ERRORS);
        for error in &response.errors {
            assert_eq!(error.message.chars().count(), MAX_MESSAGE);
            let shown = serde_json::to_value(error).unwrap();
            assert_eq!(shown.pointer("/extensions/code").and_then(serde_json::Value::as_str), Some("bad-request"));
        }
    }
}
