//! What commands push to a server, and what it says to that.

use std::time::Duration;

use clap::Args;
use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use throughline_webhooks::provider::{Content, Request};

use crate::cli::{Failure, NO, UNUSABLE, USAGE};
use crate::evidence;
use crate::http::api::evidence::EvidenceReceipt;

/// How long a push or question may take as a whole.
const LIMIT: Duration = Duration::from_secs(120);

/// How long the server may take to answer a call at all.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How often a push is tried where the server has too much to do. The second copy of one is recognised.
const TRIES: u32 = 3;

/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_secs(5);

/// The variable by which other commands know the server, for those who have set that one.
const OTHER_VARIABLE: &str = "THROUGHLINE_SERVER";

#[derive(Debug, Args)]
pub(super) struct Remote {
    /// The server's address.
    #[arg(long, env = "THROUGHLINE_URL")]
    server: Option<String>,
    /// An API token of that server, made by `throughline token create`.
    #[arg(long, env = "THROUGHLINE_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// What is pushed.
pub(super) struct Push<'a> {
    /// What the file is.
    pub(super) provider: &'a str,
    /// The type of its content.
    pub(super) content_type: &'static str,
    /// What it is about: names of headers in lower case with their values.
    pub(super) headers: Vec<(String, String)>,
    /// The file.
    pub(super) body: Vec<u8>,
}

/// What this program would read from a file.
pub(super) enum Reading {
    /// It states something, or this program cannot tell.
    Good,
    /// It states nothing, for this reason.
    Nothing(String),
    /// It cannot be read.
    Broken(String),
}

impl Push<'_> {
    /// What comes of the file, as far as this program knows the provider.
    pub(super) fn reading(&self) -> Reading {
        let Some(provider) = evidence::provider(self.provider) else { return Reading::Good };
        match (provider.parse)(&Request { headers: &self.headers, body: &self.body }).map(|parsed| parsed.content) {
            Ok(Content::Facts(_)) => Reading::Good,
            Ok(Content::Ignored(reason)) => Reading::Nothing(reason),
            Err(error) => Reading::Broken(error.to_string()),
        }
    }

    /// Refuses what would state nothing: it was put together here, so that the call is wrong.
    pub(super) fn stating(self) -> Result<Self, Failure> {
        match self.reading() {
            Reading::Good => Ok(self),
            Reading::Nothing(cause) | Reading::Broken(cause) => Err(Failure::new(USAGE, cause)),
        }
    }
}

impl Remote {
    /// Pushes a file.
    pub(super) fn push(&self, push: Push<'_>) -> Result<EvidenceReceipt, Failure> {
        let server = self.server.clone().or_else(|| std::env::var(OTHER_VARIABLE).ok()).ok_or_else(|| {
            Failure::new(USAGE, "say which server: set THROUGHLINE_URL to its address, or give --server")
        })?;
        let token = self.token.as_deref().ok_or_else(|| {
            Failure::new(USAGE, "pushing needs a token: set THROUGHLINE_TOKEN to one of `throughline token create`")
        })?;
        let address = format!("{}/api/v1/evidence/{}", server.trim_end_matches('/'), push.provider);
        let unreachable = |cause: reqwest::Error| Failure::unusable(format!("{address} cannot be reached: {cause}"));
        let client = client()?;
        let mut request = client.post(&address).bearer_auth(token).header(CONTENT_TYPE, push.content_type);
        for (name, value) in &push.headers {
            request = with_header(request, name, value)?;
        }
        let request = request.body(push.body).build().map_err(unreachable)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::unusable)?;
        let (status, body) = runtime.block_on(send(&client, &request)).map_err(unreachable)?;
        if status.is_success() {
            return serde_json::from_slice(&body)
                .map_err(|cause| Failure::unusable(format!("the server's answer: {cause}")));
        }
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let detail = problem.get("detail").and_then(serde_json::Value::as_str).unwrap_or("no reason given");
        let code = match status.as_u16() {
            400 | 404 => USAGE,
            413 | 415 => NO,
            _ => UNUSABLE,
        };
        Err(Failure::new(code, format!("{status}: {}", crate::plain::line(detail))))
    }
}

/// How every command talks to a server: a token goes to the address that was given and to no other, and nobody waits for
/// ever.
pub(super) fn client() -> Result<reqwest::Client, Failure> {
    let client = reqwest::Client::builder().no_proxy().timeout(LIMIT).connect_timeout(CONNECT_LIMIT);
    client.redirect(reqwest::redirect::Policy::none()).build().map_err(Failure::unusable)
}

/// Sends a request, again where the server is busy.
async fn send(
    client: &reqwest::Client,
    request: &reqwest::Request,
) -> Result<(reqwest::StatusCode, Vec<u8>), reqwest::Error> {
    let mut left = TRIES;
    loop {
        left = left.saturating_sub(1);
        // A body of bytes can always be sent again.
        let Some(again) = request.try_clone() else { return Ok((reqwest::StatusCode::BAD_REQUEST, Vec::new())) };
        let answer = client.execute(again).await?;
        let status = answer.status();
        if status != reqwest::StatusCode::SERVICE_UNAVAILABLE || left == 0 {
            return Ok((status, answer.bytes().await?.to_vec()));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Adds a header; names of services may have letters outside ASCII, which are sent as UTF-8.
fn with_header(request: RequestBuilder, name: &str, value: &str) -> Result<RequestBuilder, Failure> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(Failure::unusable)?;
    let shown = name.as_str().to_owned();
    let value = HeaderValue::from_bytes(value.as_bytes())
        .map_err(|_| Failure::new(USAGE, format!("the value of {shown} must be one line of text")))?;
    Ok(request.header(name, value))
}
