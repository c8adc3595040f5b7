//! `throughline verify` and `throughline rebuild`.

use std::io::IsTerminal;

use clap::Args;
use throughline_domain::ledger::VerifierKey;
use throughline_store::canonical;

use crate::cli::{Failure, GOOD, NO, USAGE};
use crate::config::Settings;
use crate::keys::{Keys, hex, random};
use crate::project;
use crate::verification::{self, VerifyError};

/// How often progress is told, in entries.
const PROGRESS_STEP: u64 = 10_000;

#[derive(Debug, Args)]
pub(super) struct VerifyCall {
    /// The public key that the heads must be signed with, as `name+id+key`. Unless given, the one in the data folder is
    /// taken, which proves less: whoever could change the ledger could change that file.
    #[arg(long)]
    key: Option<String>,
}

pub(super) fn verify(settings: &Settings, call: &VerifyCall) -> Result<u8, Failure> {
    let store = super::existing_store(settings)?;
    let key: VerifierKey = match &call.key {
        Some(text) => text.parse().map_err(|cause| Failure::new(USAGE, format!("--key: {cause}")))?,
        None => {
            let keys = Keys::open(&settings.server.data_folder).map_err(Failure::unusable)?;
            keys.signing(&settings.ledger.origin).map_err(Failure::unusable)?.verifier()
        }
    };
    println!("Checking the ledger against the key {key}");
    match verification::verify(&store, key, progress("checked")) {
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
    let folded = project::rebuild(&store, &holder, progress("folded"))?;
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
            eprint!("\r{count} entries {what}");
        }
    }
}
