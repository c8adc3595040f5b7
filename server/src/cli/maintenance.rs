//! `throughline verify` and `throughline rebuild`.

use std::fs::File;
use std::io::{BufReader, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;
use throughline_domain::ledger::VerifierKey;
use throughline_store::canonical;

use crate::bundle::{self, ReadBundleError};
use crate::cli::{Failure, GOOD, NO, USAGE};
use crate::config::Settings;
use crate::keys::{Keys, hex, random};
use crate::project;
use crate::verification::{self, Trust, VerifyError};

/// How often progress is told, in entries or lines.
const PROGRESS_STEP: u64 = 10_000;

#[derive(Debug, Args)]
pub(super) struct VerifyCall {
    /// A bundle that came with an export: it is checked in place of the ledger, with no server and no network.
    bundle: Option<PathBuf>,
    /// The public key that the heads must be signed with, as `name+id+key`. Unless given, the one in the data folder is
    /// taken, which proves less: whoever could change the ledger could change that file. For a bundle, the one in the bundle.
    #[arg(long)]
    key: Option<String>,
    /// A checkpoint that was kept elsewhere, as `/api/v1/checkpoint` gave it: the ledger must contain what it covers.
    #[arg(long, conflicts_with = "bundle")]
    checkpoint: Option<PathBuf>,
}

pub(super) fn verify(settings: &Settings, call: &VerifyCall) -> Result<u8, Failure> {
    match &call.bundle {
        Some(path) => verify_bundle(path, call.key.as_deref()),
        None => verify_ledger(settings, call),
    }
}

fn verify_bundle(path: &Path, key: Option<&str>) -> Result<u8, Failure> {
    let key = key.map(str::parse::<VerifierKey>).transpose();
    let key = key.map_err(|cause| Failure::new(USAGE, format!("--key: {cause}")))?;
    let unreadable = |cause| Failure::unusable(format!("{} cannot be read: {cause}", path.display()));
    let file = File::open(path).map_err(unreadable)?;
    match bundle::verify(BufReader::new(file), key, progress("lines checked")) {
        Ok(report) => {
            for sentence in report.describe() {
                println!("{sentence}");
            }
            Ok(GOOD)
        }
        Err(ReadBundleError::Refused(error)) => Err(Failure::new(NO, format!("the bundle is refused: {error}"))),
        Err(ReadBundleError::Input(cause)) => Err(unreadable(cause)),
    }
}

fn verify_ledger(settings: &Settings, call: &VerifyCall) -> Result<u8, Failure> {
    let store = super::existing_store(settings)?;
    let keys = match (Keys::read(&settings.server.data_folder), &call.key) {
        (Ok(keys), _) => Some(keys),
        (Err(_), Some(_)) => None,
        (Err(cause), None) => return Err(Failure::unusable(cause)),
    };
    let key: VerifierKey = match (&call.key, &keys) {
        (Some(text), _) => text.parse().map_err(|cause| Failure::new(USAGE, format!("--key: {cause}")))?,
        (None, Some(keys)) => keys.signing(&settings.ledger.origin).map_err(Failure::unusable)?.verifier(),
        (None, None) => return Err(Failure::new(USAGE, "name the public key with --key")),
    };
    // Keys of another ledger, in a folder that happens to be there, say nothing about this one.
    let keys = keys.filter(|own| own.signing(&settings.ledger.origin).is_ok_and(|own| own.verifier() == key));
    let kept = call.checkpoint.as_deref().map(std::fs::read_to_string).transpose();
    let kept = kept.map_err(|cause| Failure::new(USAGE, format!("--checkpoint cannot be read: {cause}")))?;
    let kept_head = kept.as_deref().map(|note| throughline_domain::ledger::open(note, &key)).transpose();
    let kept_head = kept_head.map_err(|cause| Failure::new(NO, format!("the kept checkpoint: {cause}")))?;
    println!("Checking the ledger against the key {key}");
    let kept = kept_head.zip(kept.as_deref()).map(|(head, note)| (head.size, note));
    let trust = Trust { key, keys: keys.as_ref(), kept };
    match verification::verify(&store, trust, progress("entries checked")) {
        Ok(report) => {
            for sentence in report.describe() {
                println!("{sentence}");
            }
            Ok(GOOD)
        }
        Err(VerifyError::Store(error)) => Err(error.into()),
        Err(error @ (VerifyError::Audit(_) | VerifyError::Beside(_))) => {
            Err(Failure::new(NO, format!("the ledger does not pass: {error}")))
        }
    }
}

pub(super) fn rebuild(settings: &Settings) -> Result<u8, Failure> {
    let store = super::existing_store(settings)?;
    let before = store.read(canonical::lines)?;
    let holder = format!("rebuild-{}", hex(&random::<8>().map_err(Failure::unusable)?));
    let folded = project::rebuild(&store, &holder, progress("entries folded"))?;
    let after = store.read(canonical::lines)?;
    println!("Folded {folded} entries into {} lines of graph.", after.len());
    if before == after {
        println!("The graph is the same as before, to the byte.");
    } else {
        println!(
            "The graph has changed: it was derived by another version of the rules or parsers, or was not complete."
        );
    }
    Ok(GOOD)
}

/// Tells progress on a terminal, and nothing in a pipe.
fn progress(what: &'static str) -> impl FnMut(u64) {
    let visible = std::io::stderr().is_terminal();
    let mut told = 0;
    move |count| {
        if visible && count >= told + PROGRESS_STEP {
            told = count;
            eprint!("\r{count} {what}");
        }
    }
}
