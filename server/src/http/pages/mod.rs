//! The pages: templates, what every page shows, and errors as browsers see them.

use actix_web::http::StatusCode;
use actix_web::http::header::ACCEPT;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use rust_embed::RustEmbed;
use serde::Serialize;
use serde_json::json;
use tera::{Context, Kwargs, State, Tera};

use crate::access;
use crate::app::App;
use crate::ask::AskError;
use crate::http::assets;
use crate::http::problem::{Code, Problem, internal};
use crate::http::session;
use crate::plain;

pub mod care;
pub mod catalog;
pub mod deliveries;
pub mod environments;
pub mod find;
pub mod flow;
pub mod history;
pub mod home;
pub mod links;
pub mod node;
pub mod picture;
pub mod release;
pub mod sources;

#[derive(RustEmbed)]
#[folder = "../ui/templates"]
struct TemplateFiles;

/// The templates, read and checked at start.
#[derive(Debug)]
pub struct Templates {
    tera: Tera,
}

impl Templates {
    /// Reads all templates.
    ///
    /// # Errors
    /// A text that says which template is wrong.
    pub fn load() -> Result<Self, String> {
        let mut tera = Tera::new();
        tera.register_filter("node_href", |key: &str, _: Kwargs, _: &State| plain::node_href(key));
        tera.register_filter("build_and_test_href", |key: &str, _: Kwargs, _: &State| plain::build_and_test_href(key));
        tera.register_filter("ops_href", |key: &str, _: Kwargs, _: &State| plain::ops_href(key));
        tera.register_filter("ready_href", |key: &str, _: Kwargs, _: &State| plain::ready_href(key));
        tera.register_filter("when", |time: &str, _: Kwargs, _: &State| plain::moment(time));
        tera.global_context().insert("version", env!("CARGO_PKG_VERSION"));
        tera.global_context().insert("asset", &assets::addresses());
        let files: Vec<(String, String)> = TemplateFiles::iter()
            .filter_map(|name| {
                let file = TemplateFiles::get(&name)?;
                Some((name.to_string(), String::from_utf8_lossy(&file.data).into_owned()))
            })
            .collect();
        tera.add_raw_templates(files).map_err(|cause| format!("the templates cannot be read: {cause}"))?;
        Ok(Self { tera })
    }
}

/// What a page shows.
#[derive(Debug)]
pub struct Page {
    context: Context,
}

impl Page {
    /// A page with what every page shows: title, place in the navigation, who is logged in, the size of the ledger.
    pub fn new(app: &App, request: &HttpRequest, title: &str, nav: &str) -> Self {
        let identity = session::identity(request);
        let mut context = Context::new();
        context.insert("page", &json!({ "title": title, "nav": nav }));
        context.insert("csrf", &identity.as_ref().map(|identity| access::form_text(&app.keys, identity)));
        context.insert("user", &identity.map(|identity| identity.name));
        context.insert("ledger_size", &app.journal.head().size);
        context.insert("query", "");
        Self { context }
    }

    /// Adds a value.
    pub fn insert<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) {
        self.context.insert(name, value);
    }
}

/// Renders a page.
pub fn show(app: &App, template: &str, page: &Page) -> HttpResponse {
    render(app, template, page, StatusCode::OK)
}

/// An error as whoever asks can read it: a page for a browser, a problem for a program.
pub fn problem_for(request: &HttpRequest, problem: &Problem) -> HttpResponse {
    let browser = request
        .headers()
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let app = request.app_data::<actix_web::web::Data<App>>();
    match app {
        Some(app) if browser => problem_page(app, request, problem),
        _ => problem.error_response(),
    }
}

/// An error as a page.
pub fn problem_page(app: &App, request: &HttpRequest, problem: &Problem) -> HttpResponse {
    let mut page = Page::new(app, request, problem.code.title(), "none");
    page.insert(
        "problem",
        &json!({
            "status": problem.code.status().as_u16(),
            "title": problem.code.title(),
            "detail": problem.detail,
            "code": problem.code.word(),
        }),
    );
    render(app, "error.html", &page, problem.code.status())
}

fn render(app: &App, template: &str, page: &Page, status: StatusCode) -> HttpResponse {
    match app.pages.tera.render(template, &page.context) {
        Ok(text) => HttpResponse::build(status).content_type("text/html; charset=utf-8").body(text),
        Err(cause) => internal(&describe(&cause)).error_response(),
    }
}

fn describe(error: &tera::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            error @ AskError::NotFound(_) => Self::new(Code::NotFound, error.to_string()),
            AskError::Ambiguous(answer) => {
                let candidates: Vec<&str> = answer.candidates.iter().map(|candidate| candidate.key.as_str()).collect();
                let detail = format!(
                    "'{}' fits {} things; ask for one of: {}",
                    answer.input,
                    candidates.len(),
                    candidates.join(" ")
                );
                Self::new(Code::Ambiguous, detail)
            }
            error @ AskError::Time(_) => Self::new(Code::BadRequest, error.to_string()),
            AskError::Store(error) => error.into(),
        }
    }
}
