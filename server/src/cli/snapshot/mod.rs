//! `throughline snapshot`: what runs in a cluster, or is installed on a host, at this moment.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use throughline_webhooks::evidence::context;

use crate::cli::push::MAX_FILE_BYTES;
use crate::cli::remote::{Push, Remote};
use crate::cli::{Failure, GOOD, input};
use crate::clock;

mod kubernetes;
mod tool;

use tool::ToolError;

/// The header with the cluster's name.
const CLUSTER: &str = "throughline-cluster";

/// The header with the host's name.
const HOST: &str = "throughline-host";

/// The most that `kubectl` may print, in bytes; most of it is taken out before it is sent.
const MAX_LISTED_BYTES: u64 = 512 * 1024 * 1024;

#[derive(Debug, Args)]
pub(super) struct SnapshotCall {
    #[command(subcommand)]
    what: Snapshot,
}

#[derive(Debug, Subcommand)]
enum Snapshot {
    /// What runs in a Kubernetes cluster, as `kubectl` lists it.
    K8s {
        /// The context of `kubectl`; the current one unless given.
        #[arg(long)]
        context: Option<String>,
        /// The cluster's name, for people.
        #[arg(long)]
        cluster: Option<String>,
        /// The environment that runs there; needed, unless a file in Throughline's own form names it.
        #[arg(long)]
        environment: Option<String>,
        /// Read the list from this file instead of asking `kubectl`; `-` is the standard input.
        #[arg(long, conflicts_with = "context")]
        from: Option<PathBuf>,
        #[command(flatten)]
        remote: Remote,
    },
    /// What is installed on a host, as `dpkg-query` or `rpm` lists it.
    Packages {
        /// The environment that the host is part of.
        #[arg(long)]
        environment: String,
        /// The host's name.
        #[arg(long)]
        host: String,
        /// Read the list from this file instead of asking the package manager; `-` is the standard input.
        #[arg(long)]
        from: Option<PathBuf>,
        #[command(flatten)]
        remote: Remote,
    },
}

/// Takes a snapshot and pushes it. One that would state nothing is not pushed.
pub(super) fn run(call: &SnapshotCall) -> Result<u8, Failure> {
    let at = (context::AT, Some(clock::now().to_string()));
    let (push, remote) = match &call.what {
        Snapshot::K8s { context: of, cluster, environment, from, remote } => {
            let listed = match from {
                Some(file) => input::read(file, MAX_LISTED_BYTES)?,
                None => tool::output("kubectl", &kubernetes::arguments(of.as_deref()), MAX_LISTED_BYTES)?,
            };
            let told = [(context::ENVIRONMENT, environment.clone()), (CLUSTER, cluster.clone()), at];
            let body = kubernetes::body(listed)?;
            (Push { provider: "kubernetes", content_type: "application/json", headers: headers(told), body }, remote)
        }
        Snapshot::Packages { environment, host, from, remote } => {
            let body = match from {
                Some(file) => input::read(file, MAX_FILE_BYTES)?,
                None => packages()?,
            };
            let told = [(context::ENVIRONMENT, Some(environment.clone())), (HOST, Some(host.clone())), at];
            (Push { provider: "packages", content_type: "text/plain", headers: headers(told), body }, remote)
        }
    };
    let receipt = remote.push(push.stating()?)?;
    println!("entry: {}", receipt.entry);
    Ok(GOOD)
}

fn headers(told: [(&str, Option<String>); 3]) -> Vec<(String, String)> {
    told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// What is installed here, as whichever package manager there is lists it.
fn packages() -> Result<Vec<u8>, Failure> {
    let listed = match tool::output("dpkg-query", &["-W".to_owned()], MAX_FILE_BYTES) {
        Err(ToolError::Missing(_)) => tool::output("rpm", &["-qa".to_owned()], MAX_FILE_BYTES),
        other => other,
    };
    listed.map_err(|error| match error {
        ToolError::Missing(_) => Failure::unusable(
            "there is neither dpkg-query nor rpm here; list the packages into a file and give it with --from",
        ),
        error @ (ToolError::Failed { .. } | ToolError::Slow(_) | ToolError::Large(..) | ToolError::Pipe(..)) => {
            error.into()
        }
    })
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self::unusable(error)
    }
}
