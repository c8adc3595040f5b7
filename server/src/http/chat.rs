//! `POST /chat/{source}`: a slash command is taken as a delivery is, and then answered. Nothing is sent anywhere else.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use throughline_webhooks::chat::{Command, command};
use throughline_webhooks::provider::Request;

use crate::app::App;
use crate::chat::{self, Said, Tool};
use crate::http::problem::{Code, Problem};
use crate::http::webhooks::{self, Taken};

/// Takes a command and answers it, for the eyes of whoever asked alone.
///
/// What was asked is in the ledger before it is answered. A question that cannot be answered now is answered by saying so:
/// of any status but 200 the tools show nothing.
///
/// # Errors
/// A [`Problem`] where the request is not taken; nothing has been kept then.
pub async fn answer(
    app: Data<App>,
    path: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let source = webhooks::source(&app, &path)?;
    let tool = Tool::of(source.provider.name).ok_or_else(|| {
        let name = &source.row.name;
        Problem::new(Code::NotFound, format!("the source '{name}' is of no chat tool; it delivers to /webhooks/{name}"))
    })?;
    let Taken { headers, body, .. } = webhooks::accept(&app, &source, &request, payload).await?;
    let command = command(&Request { headers: &headers, body: &body });
    // It may wait for its turn, and its share of the memory for bodies has been given back.
    drop((headers, body));
    match command {
        Ok(Command::Asked { name, text, .. }) => {
            let answered = app.question(move |desk| chat::answer(desk, tool, &name, &text)).await;
            let said = answered.unwrap_or_else(|problem| Said::plainly(&problem.to_string()));
            let text = tool.message(&said, &app.settings.public_url());
            Ok(HttpResponse::Ok().json(json!({ "response_type": "ephemeral", "text": text })))
        }
        Ok(Command::Challenge(text)) => Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text)),
        // The delivery says what it was; nobody waits for an answer to it.
        Err(_) => Ok(HttpResponse::Ok().finish()),
    }
}
