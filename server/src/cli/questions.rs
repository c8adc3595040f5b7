//! `throughline resolve`, `trace`, `impact` and `path`: asked here, or of a server.

use std::io::IsTerminal;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answer::{PathAnswer, ResolveAnswer, TraceAnswer};
use crate::ask::{AskError, Desk};
use crate::cli::remote::client;
use crate::cli::{Failure, GOOD, NO, USAGE};
use crate::config::Settings;
use crate::firing::FiringAnswer;
use crate::listing;
use crate::live::LiveGraph;
use crate::tree::{self, Style};

/// The width of a terminal that does not tell its own.
const WIDTH: usize = 100;

#[derive(Debug, Args)]
pub(super) struct OfCall {
    /// Whatever is in hand: an address, acme/checkout#42, PAY-12, a commit, a digest, an image, a fingerprint, a key.
    of: String,
    /// A moment: what was so then, RFC 3339.
    #[arg(long)]
    at: Option<String>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct ResolveCall {
    /// Whatever is in hand: an address, acme/checkout#42, PAY-12, a commit, a digest, an image, a fingerprint, a key.
    text: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct PathCall {
    /// One end.
    from: String,
    /// The other end.
    to: String,
    /// A moment: what occurred later is left out, RFC 3339.
    #[arg(long)]
    at: Option<String>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct How {
    /// Print JSON for a program instead of a tree for a person.
    #[arg(long)]
    json: bool,
    /// Ask this server instead of the local database.
    #[arg(long, env = "THROUGHLINE_SERVER")]
    pub(super) server: Option<String>,
    /// The API token for that server.
    #[arg(long, env = "THROUGHLINE_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

pub(super) fn resolve(settings: &Settings, call: &ResolveCall) -> Result<u8, Failure> {
    let answer: ResolveAnswer = match &call.how.server {
        Some(server) => ask(&call.how, server, "resolve", &[("q", Some(&call.text))])?,
        None => desk(settings)?.resolve(&call.text)?,
    };
    let code = if answer.result == "one" { GOOD } else { NO };
    print(&call.how, &answer, |style| tree::resolve(&answer, style))?;
    Ok(code)
}

pub(super) fn trace(settings: &Settings, call: &OfCall) -> Result<u8, Failure> {
    let desk = call.how.server.is_none().then(|| desk(settings)).transpose()?;
    let parameters = [("of", Some(&call.of)), ("at", call.at.as_ref())];
    let answer: TraceAnswer = match (&call.how.server, &desk) {
        (Some(server), _) => ask(&call.how, server, "trace", &parameters)?,
        (None, Some(desk)) => desk.trace(&call.of, call.at.as_deref())?,
        (None, None) => return Err(Failure::unusable("there is neither a server nor a ledger to ask")),
    };
    let start = answer.nodes.iter().find(|node| node.key == answer.start);
    let fired = start.is_some_and(|node| matches!(node.kind.as_str(), "alert" | "incident"));
    let firing: Option<FiringAnswer> = match (&call.how.server, &desk) {
        _ if !fired || call.how.json => None,
        (Some(server), _) => Some(ask(&call.how, server, "firing", &parameters)?),
        (None, Some(desk)) => Some(desk.firing(&call.of, call.at.as_deref())?),
        (None, None) => None,
    };
    print(&call.how, &answer, |style| {
        let story = firing.as_ref().map(|firing| listing::firing(firing, style.width)).unwrap_or_default();
        format!("{story}{}", tree::trace(&answer, style))
    })?;
    Ok(GOOD)
}

pub(super) fn impact(settings: &Settings, call: &OfCall) -> Result<u8, Failure> {
    walk(settings, call, "impact", Desk::impact)
}

pub(super) fn path(settings: &Settings, call: &PathCall) -> Result<u8, Failure> {
    let answer: PathAnswer = match &call.how.server {
        Some(server) => {
            let parameters = [("from", Some(&call.from)), ("to", Some(&call.to)), ("at", call.at.as_ref())];
            ask(&call.how, server, "path", &parameters)?
        }
        None => desk(settings)?.path(&call.from, &call.to, call.at.as_deref())?,
    };
    let code = if answer.found { GOOD } else { NO };
    print(&call.how, &answer, |style| tree::path(&answer, style))?;
    Ok(code)
}

fn walk(
    settings: &Settings,
    call: &OfCall,
    question: &str,
    local: fn(&Desk, &str, Option<&str>) -> Result<TraceAnswer, AskError>,
) -> Result<u8, Failure> {
    let answer = match &call.how.server {
        Some(server) => ask(&call.how, server, question, &[("of", Some(&call.of)), ("at", call.at.as_ref())])?,
        None => local(&desk(settings)?, &call.of, call.at.as_deref())?,
    };
    print(&call.how, &answer, |style| tree::trace(&answer, style))?;
    Ok(GOOD)
}

pub(super) fn desk(settings: &Settings) -> Result<Desk, Failure> {
    let store = Arc::new(super::existing_store(settings)?);
    let live = Arc::new(LiveGraph::default());
    live.follow(&store)?;
    Ok(Desk { store, live })
}

pub(super) fn print<T: Serialize>(how: &How, answer: &T, tree: impl FnOnce(Style) -> String) -> Result<(), Failure> {
    let text = if how.json {
        serde_json::to_string_pretty(answer).map_err(Failure::unusable)?
    } else {
        let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(WIDTH);
        tree(Style { colour: std::io::stdout().is_terminal(), width })
    };
    super::serve::print_now(&format!("{}\n", text.trim_end()));
    Ok(())
}

pub(super) fn ask<T: DeserializeOwned>(
    how: &How,
    server: &str,
    question: &str,
    parameters: &[(&str, Option<&String>)],
) -> Result<T, Failure> {
    let parameters: Vec<_> = parameters.iter().filter_map(|(name, value)| Some((*name, (*value)?))).collect();
    call(how, server, question, |client, address| client.get(address).query(&parameters))
}

/// Hands a server something that changes what it answers.
pub(super) fn post<B: Serialize, T: DeserializeOwned>(
    how: &How,
    server: &str,
    place: &str,
    body: &B,
) -> Result<T, Failure> {
    call(how, server, place, |client, address| client.post(address).json(body))
}

fn call<T: DeserializeOwned>(
    how: &How,
    server: &str,
    place: &str,
    request: impl FnOnce(&reqwest::Client, &str) -> reqwest::RequestBuilder,
) -> Result<T, Failure> {
    let token = how.token.as_deref().ok_or_else(|| {
        Failure::new(USAGE, "asking a server needs a token: set THROUGHLINE_TOKEN to one of `throughline token create`")
    })?;
    let address = format!("{}/api/v1/{place}", server.trim_end_matches('/'));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::unusable)?;
    let (status, body) = runtime.block_on(async {
        let unreachable = |cause: reqwest::Error| Failure::unusable(format!("{address} cannot be asked: {cause}"));
        let client = client()?;
        let answer = request(&client, &address).bearer_auth(token).send().await.map_err(unreachable)?;
        let status = answer.status();
        Ok::<_, Failure>((status, answer.bytes().await.map_err(unreachable)?))
    })?;
    if status.is_success() {
        return serde_json::from_slice(&body)
            .map_err(|cause| Failure::unusable(format!("the server's answer: {cause}")));
    }
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let detail = problem.get("detail").and_then(serde_json::Value::as_str).unwrap_or("no reason given");
    let code = match status.as_u16() {
        400 => USAGE,
        404 | 409 => NO,
        _ => super::UNUSABLE,
    };
    Err(Failure::new(code, format!("{status}: {}", crate::plain::line(detail))))
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Ambiguous(ref answer) => {
                let list = tree::resolve(answer, Style { colour: false, width: WIDTH });
                Self::new(NO, format!("{error}\n{list}"))
            }
            error @ AskError::NotFound(_) => Self::new(NO, error),
            error @ AskError::Time(_) => Self::new(USAGE, error),
            AskError::Store(error) => error.into(),
        }
    }
}
