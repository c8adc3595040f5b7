//! What the exports have in common: which changes, from where, and to which file.

use std::io::{BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::NamedTempFile;

use crate::audit::AuditError;
use crate::audit::plan::AuditQuery;
use crate::cli::{Failure, GOOD, NO, UNUSABLE, USAGE};
use crate::plain;

/// How long a server may take to answer a call at all.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long a server may send nothing: a workbook is put together before its first byte.
const SILENCE_LIMIT: Duration = Duration::from_secs(3_600);

/// How often the moving line is drawn.
const TICK: Duration = Duration::from_millis(120);

/// Which changes to environments.
#[derive(Debug, Args)]
pub(super) struct WhichCall {
    /// The first day, such as 2026-01-01, or the first moment in RFC 3339.
    #[arg(long)]
    from: String,
    /// The last day, which is part of the period, or the first moment after it in RFC 3339.
    #[arg(long)]
    to: String,
    /// Only changes to this environment.
    #[arg(long)]
    env: Option<String>,
    /// Only changes of this service.
    #[arg(long)]
    service: Option<String>,
}

/// From where, and to where.
#[derive(Debug, Args)]
pub(super) struct PlaceCall {
    /// The file to write; it is there only once it is whole. Standard output unless given.
    #[arg(long, short)]
    pub(super) output: Option<PathBuf>,
    /// Ask this server instead of the local database.
    #[arg(long, env = "THROUGHLINE_SERVER")]
    pub(super) server: Option<String>,
    /// The API token for that server.
    #[arg(long, env = "THROUGHLINE_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

impl WhichCall {
    pub(super) fn query(&self) -> AuditQuery {
        let Self { from, to, env, service } = self;
        AuditQuery {
            from: Some(from.clone()),
            to: Some(to.clone()),
            env: env.clone(),
            service: service.clone(),
            ..AuditQuery::default()
        }
    }
}

impl PlaceCall {
    /// Fetches an export from a server, as it comes.
    pub(super) fn download(&self, server: &str, path: &str) -> Result<u8, Failure> {
        let token = self.token.as_deref().ok_or_else(|| {
            let detail = "asking a server needs a token: set THROUGHLINE_TOKEN to one of `throughline token create`";
            Failure::new(USAGE, detail)
        })?;
        let address = format!("{}{path}", server.trim_end_matches('/'));
        let bar = Bar::new("{spinner} {elapsed} {bytes} received");
        let received = self.written(|output| Ok(fetch(&address, token, output, &bar)?));
        bar.done();
        received.map(|()| GOOD)
    }

    /// Lets something be written to the file or to standard output. A file appears once it is whole, and not at all where it
    /// does not become so.
    pub(super) fn written<T>(
        &self,
        write: impl FnOnce(&mut dyn Write) -> Result<T, WriteFailure>,
    ) -> Result<T, Failure> {
        match &self.output {
            Some(path) => to_file(path, write),
            None => {
                let mut output = BufWriter::new(std::io::stdout().lock());
                let made = write(&mut output)?;
                match output.flush() {
                    // Whoever reads has seen enough.
                    Err(cause) if cause.kind() != ErrorKind::BrokenPipe => Err(Failure::unusable(cause)),
                    Ok(()) | Err(_) => Ok(made),
                }
            }
        }
    }
}

/// Why an export was not written.
#[derive(Debug)]
pub(super) enum WriteFailure {
    /// The report could not be made.
    Audit(AuditError),
    /// Something else, with its exit code.
    Other(Failure),
}

impl From<AuditError> for WriteFailure {
    fn from(error: AuditError) -> Self {
        Self::Audit(error)
    }
}

impl From<Failure> for WriteFailure {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

impl From<WriteFailure> for Failure {
    fn from(failure: WriteFailure) -> Self {
        match failure {
            WriteFailure::Audit(error) => error.into(),
            WriteFailure::Other(failure) => failure,
        }
    }
}

/// Writes a file under another name first. What stands in it is for its owner alone, as temporary files are.
pub(super) fn to_file<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, WriteFailure>,
) -> Result<T, Failure> {
    let failed =
        |cause: &dyn std::fmt::Display| Failure::unusable(format!("{} cannot be written: {cause}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut output = BufWriter::new(NamedTempFile::new_in(folder).map_err(|cause| failed(&cause))?);
    let made = write(&mut output)?;
    let file = output.into_inner().map_err(|cause| failed(&cause))?;
    file.as_file().sync_all().map_err(|cause| failed(&cause))?;
    file.persist(path).map_err(|cause| failed(&cause))?;
    Ok(made)
}

fn fetch(address: &str, token: &str, output: &mut dyn Write, bar: &Bar) -> Result<(), Failure> {
    let unreachable = |cause: reqwest::Error| Failure::unusable(format!("{address} cannot be asked: {cause}"));
    let client = reqwest::Client::builder().no_proxy().connect_timeout(CONNECT_LIMIT).read_timeout(SILENCE_LIMIT);
    let client = client.redirect(reqwest::redirect::Policy::none()).build().map_err(Failure::unusable)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::unusable)?;
    runtime.block_on(async {
        let mut answer = client.get(address).bearer_auth(token).send().await.map_err(unreachable)?;
        let status = answer.status();
        if !status.is_success() {
            let body = answer.bytes().await.map_err(unreachable)?;
            return Err(refused(status.as_u16(), &body));
        }
        let mut received = 0_u64;
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            output.write_all(&chunk).map_err(Failure::unusable)?;
            received = received.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
            bar.at(received, None);
        }
        Ok(())
    })
}

/// What a server says where it gives no export.
fn refused(status: u16, body: &[u8]) -> Failure {
    let problem: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let detail = problem.get("detail").and_then(serde_json::Value::as_str).unwrap_or("no reason given");
    let code = match status {
        400 => USAGE,
        404 | 409 => NO,
        _ => UNUSABLE,
    };
    Failure::new(code, format!("{status}: {}", plain::line(detail)))
}

/// A moving line on a terminal; nothing in a pipe.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(template: &str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    /// A bar for changes that are looked at.
    pub(super) fn of_changes() -> Self {
        Self::new("{spinner} {elapsed} {wide_bar} {pos} of {len} changes")
    }

    pub(super) fn at(&self, done: u64, of: Option<u64>) {
        if let Some(of) = of {
            self.0.set_length(of);
        }
        self.0.set_position(done);
    }

    /// Takes the line away.
    pub(super) fn done(&self) {
        self.0.finish_and_clear();
    }
}
