//! `throughline push`: a test report, a list of parts, provenance or facts, with what they are about.

use std::path::{Path, PathBuf};

use clap::Args;
use throughline_webhooks::evidence::context;

use crate::cli::remote::{Push, Reading, Remote};
use crate::cli::{Failure, GOOD, NO, USAGE, input};
use crate::clock;
use crate::evidence::{ID_HEADER, PROVIDERS};

/// The largest file that is sent, in bytes: the most that a server can be told to take.
pub(super) const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

#[derive(Debug, Args)]
pub(super) struct PushCall {
    /// What the file is: cyclonedx, facts, intoto, junit, kubernetes, nunit, packages, sarif, spdx or trx.
    provider: String,
    /// The file, as its tool wrote it; `-` reads it from the standard input.
    file: PathBuf,
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    remote: Remote,
}

// What a file is about. A doc comment here would become that of every command that takes these in.
#[derive(Debug, Args)]
struct About {
    /// The address of the repository.
    #[arg(long)]
    repository: Option<String>,
    /// The full id of the commit that was tested, scanned or built.
    #[arg(long)]
    commit: Option<String>,
    /// The address of the run that made the file.
    #[arg(long)]
    build: Option<String>,
    /// The digest of the artifact, or its image reference with digest.
    #[arg(long)]
    artifact: Option<String>,
    /// The service.
    #[arg(long)]
    service: Option<String>,
    /// The environment.
    #[arg(long)]
    environment: Option<String>,
    /// What people call it: `checkout unit tests`.
    #[arg(long)]
    name: Option<String>,
    /// When it was made, RFC 3339; `now` for this moment.
    #[arg(long)]
    at: Option<String>,
    /// An id of your own, the same when the file is pushed again; otherwise one follows from the file and its context.
    #[arg(long)]
    id: Option<String>,
}

impl About {
    fn headers(&self) -> Vec<(String, String)> {
        let now = || clock::now().to_string();
        let at = self.at.as_ref().map(|at| if at == "now" { now() } else { at.clone() });
        let given = [
            (context::REPOSITORY, self.repository.clone()),
            (context::COMMIT, self.commit.clone()),
            (context::BUILD, self.build.clone()),
            (context::ARTIFACT, self.artifact.clone()),
            (context::SERVICE, self.service.clone()),
            (context::ENVIRONMENT, self.environment.clone()),
            (context::NAME, self.name.clone()),
            (context::AT, at),
            (ID_HEADER, self.id.clone()),
        ];
        let told = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.trim().to_owned())));
        told.filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// Pushes a file. What this program cannot read is pushed all the same, because the server may be newer; exit code 1 says
/// that somebody should look.
pub(super) fn run(call: &PushCall) -> Result<u8, Failure> {
    let provider = call.provider.to_lowercase();
    if !PROVIDERS.contains(&provider.as_str()) {
        let known = PROVIDERS.join(", ");
        return Err(Failure::new(
            USAGE,
            format!("'{provider}' is no kind of file that can be pushed; choose one of {known}"),
        ));
    }
    let push = Push {
        provider: &provider,
        content_type: content_type(&call.file),
        headers: call.about.headers(),
        body: input::read(&call.file, MAX_FILE_BYTES)?,
    };
    let reading = push.reading();
    let receipt = call.remote.push(push)?;
    let known = if receipt.appended { "" } else { " (it was there already)" };
    println!("entry: {}{known}", receipt.entry);
    match reading {
        Reading::Good => Ok(GOOD),
        Reading::Nothing(reason) => {
            eprintln!("throughline: it is kept and states nothing: {reason}");
            Ok(GOOD)
        }
        Reading::Broken(cause) => {
            eprintln!("throughline: it is kept, and cannot be read: {cause}");
            Ok(NO)
        }
    }
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("json" | "sarif") => "application/json",
        Some("xml" | "trx") => "application/xml",
        _ => "application/octet-stream",
    }
}
