//! `throughline source try`: what would come of a body, before a tool sends it.

use std::path::{Path, PathBuf};

use clap::Args;
use throughline_store::{Store, sources};
use throughline_webhooks::mapping::Mapping;
use throughline_webhooks::provider::{Content, Provider, Request};
use throughline_webhooks::providers;
use throughline_webhooks::reading::mapping_for;

use crate::cli::{Failure, GOOD, NO, USAGE, input};
use crate::configuration::InForce;

/// The largest body or mapping that is read from a file, in bytes.
const MAX_FILE_BYTES: u64 = 25 * 1024 * 1024;

#[derive(Debug, Args)]
pub(super) struct TryCall {
    /// The source's name.
    name: String,
    /// The body, as the tool would send it; `-` reads it from the standard input.
    file: PathBuf,
    /// Try this mapping instead of the one that is in force.
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// A header that comes with it, as `name: value`; may be given several times.
    #[arg(long = "header")]
    headers: Vec<String>,
}

/// Reads the body and prints what comes of it. Exit code 1 where nothing does.
pub(super) fn run(store: &Store, call: &TryCall) -> Result<u8, Failure> {
    let missing =
        || Failure::new(USAGE, format!("there is no source '{}'; `throughline source list` shows all", call.name));
    let row = store.read(sources::all)?.into_iter().find(|row| row.name == call.name).ok_or_else(missing)?;
    let provider = providers::find(&row.provider).ok_or_else(missing)?;
    let body = bytes(&call.file)?;
    let headers = call.headers.iter().map(|header| split(header)).collect::<Result<Vec<_>, _>>()?;
    let request = Request { headers: &headers, body: &body };
    let mapping = match &call.mapping {
        Some(file) => {
            let wrong = |error| Failure::new(USAGE, format!("{}: {error}", file.display()));
            Some(mapping_for(provider, &mapping_text(file)?).map_err(wrong)?)
        }
        None => store.read(InForce::load)?.mappings.remove(&call.name),
    };
    match mapping {
        Some(mapping) => Ok(by_mapping(provider, &mapping, &request)),
        None => by_provider(provider, &request),
    }
}

/// The text of a mapping.
pub(super) fn mapping_text(file: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(file)?).map_err(|_| Failure::new(USAGE, format!("{} is no text in UTF-8", file.display())))
}

fn by_mapping(provider: &Provider, mapping: &Mapping, request: &Request<'_>) -> u8 {
    let trial = mapping.trial(provider.name, request);
    println!("{trial}");
    match mapping.apply(provider.name, request).map(|parsed| parsed.content) {
        Ok(Content::Facts(_)) => GOOD,
        Ok(Content::Ignored(_)) | Err(_) => NO,
    }
}

fn by_provider(provider: &Provider, request: &Request<'_>) -> Result<u8, Failure> {
    match (provider.parse)(request) {
        Ok(parsed) => {
            println!("event: {}", parsed.event);
            match parsed.content {
                Content::Facts(facts) => {
                    let text = serde_json::to_string_pretty(&facts).map_err(Failure::unusable)?;
                    println!("{text}");
                    Ok(GOOD)
                }
                Content::Ignored(reason) => {
                    println!("It states nothing: {reason}.");
                    Ok(NO)
                }
            }
        }
        Err(error) => {
            println!("It would become a dead letter: {error}.");
            Ok(NO)
        }
    }
}

fn bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    input::read(file, MAX_FILE_BYTES)
}

fn split(header: &str) -> Result<(String, String), Failure> {
    let (name, value) = header
        .split_once(':')
        .ok_or_else(|| Failure::new(USAGE, format!("the header '{header}' is not of the form 'name: value'")))?;
    Ok((name.trim().to_lowercase(), value.trim().to_owned()))
}
