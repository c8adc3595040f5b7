//! Evidence that programs push: test reports, lists of parts, provenance, snapshots. A file as its tool wrote it, and
//! headers that say what it is about.
//!
//! It has no source of its own: the provider is part of the address, and an API token says who pushes.

use sha2::{Digest, Sha256};
use throughline_domain::ledger::{EntryKind, EvidenceClass};
use throughline_store::{Draft, DraftContent, StoreError, StoredEntry};
use throughline_webhooks::provider::{Provider, Request};
use throughline_webhooks::providers;

use crate::clock;
use crate::configuration::{EVIDENCE_PREFIX, EVIDENCE_STREAM};
use crate::http::webhooks::{MAX_DELIVERY_ID, MAX_HEADER_VALUE, cut};
use crate::keys::{Keys, KeysError, hex, random};

/// The providers whose files may be pushed, in order of name: they read a file and headers, and no tool sends them by
/// itself.
pub const PROVIDERS: [&str; 10] =
    ["cyclonedx", "facts", "intoto", "junit", "kubernetes", "nunit", "packages", "sarif", "spdx", "trx"];

/// What the names of the headers begin with that say what a file is about.
pub const HEADER_PREFIX: &str = "throughline-";

/// The header with the sender's own id of the file, the same when it is pushed again.
pub const ID_HEADER: &str = "throughline-id";

/// Kept among the headers: the provider's name, so that what decides how the file is read is committed.
pub const PROVIDER: &str = "throughline-provider";

/// Kept among the headers: the name of the API token that was shown.
pub const PUSHED_BY: &str = "throughline-pushed-by";

/// The provider of that name, if its files may be pushed.
pub fn provider(name: &str) -> Option<&'static Provider> {
    if PROVIDERS.contains(&name) { providers::find(name) } else { None }
}

/// The name of the source that entries of pushed evidence have: `evidence/junit`.
pub fn source_of(provider: &Provider) -> String {
    format!("{EVIDENCE_PREFIX}{}", provider.name)
}

/// The provider that the committed headers of pushed evidence name.
pub fn committed_provider(entry: &StoredEntry) -> Option<String> {
    let headers: Vec<(String, String)> = serde_json::from_slice(&entry.headers).ok()?;
    headers.into_iter().rev().find(|(name, _)| name == PROVIDER).map(|(_, provider)| provider)
}

/// An entry of pushed evidence, ready to be appended. `headers` are those of the request, `by` is the token's name.
///
/// Evidence class E1: whoever has the token shows it, and nothing ties it to the body.
///
/// # Errors
/// [`StoreError::Query`] without randomness or memory.
pub fn draft(
    keys: &Keys,
    provider: &Provider,
    headers: &[(String, String)],
    by: &str,
    body: &[u8],
) -> Result<Draft, StoreError> {
    let chance = |cause: KeysError| StoreError::Query(cause.to_string());
    let mut kept = kept(provider, headers);
    let id = delivery_id(headers, &kept, body);
    let fingerprint = keys.fingerprint(&provider.meaning(&Request { headers: &kept, body }), body);
    kept.push((PROVIDER.to_owned(), provider.name.to_owned()));
    kept.push((PUSHED_BY.to_owned(), cut(by, MAX_HEADER_VALUE).to_owned()));
    let headers = serde_json::to_vec(&kept).map_err(|cause| StoreError::Query(cause.to_string()))?;
    Draft::new(&DraftContent {
        kind: EntryKind::PushedEvidence,
        evidence: EvidenceClass::SharedSecret,
        received: clock::now(),
        stream: EVIDENCE_STREAM,
        source: &source_of(provider),
        delivery_id: &id,
        headers: &headers,
        body,
        fingerprint,
        salt: random().map_err(chance)?,
    })
}

/// The type of the content, and what the provider reads of the headers that say what the file is about.
fn kept(provider: &Provider, headers: &[(String, String)]) -> Vec<(String, String)> {
    let read = |name: &str| name.starts_with(HEADER_PREFIX) && provider.kept_headers.contains(&name);
    let kept = headers.iter().filter(|(name, _)| name == "content-type" || read(name));
    let mut kept: Vec<(String, String)> =
        kept.map(|(name, value)| (name.clone(), cut(value, MAX_HEADER_VALUE).to_owned())).collect();
    // The library hands headers over in no order; the same push must have the same id.
    kept.sort();
    kept
}

/// The sender's id, or else one that follows from the file and what it is about, so that a push that is repeated because
/// its answer was lost is recognised.
fn delivery_id(headers: &[(String, String)], kept: &[(String, String)], body: &[u8]) -> String {
    let given = headers.iter().find(|(name, _)| name == ID_HEADER).map(|(_, value)| value.replace('\0', ""));
    if let Some(id) = given.filter(|id| !id.trim().is_empty()) {
        return cut(id.trim(), MAX_DELIVERY_ID).to_owned();
    }
    let mut hasher = Sha256::new();
    for (name, value) in kept.iter().filter(|(name, _)| name.starts_with(HEADER_PREFIX)) {
        hasher.update(format!("{name}:{}:{value}\n", value.len()).as_bytes());
    }
    hasher.update(body);
    format!("sha256:{}", hex(&hasher.finalize()))
}

#[cfg(test)]
mod tests {
    use throughline_webhooks::providers;

    use super::{PROVIDERS, delivery_id, kept, provider};

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_files_may_be_pushed() {
        for name in PROVIDERS {
            assert!(provider(name).is_some(), "there is no provider {name}");
        }
        for name in ["github", "slack", "", "JUNIT", "evidence/junit"] {
            assert!(provider(name).is_none(), "{name}");
        }
        assert!(PROVIDERS.is_sorted());
    }

    #[test]
    fn what_the_provider_reads_is_kept() {
        let given = headers(&[
            ("authorization", "Bearer x"),
            ("content-type", "application/xml"),
            ("throughline-commit", "4f1c"),
            ("throughline-unheard", "x"),
            ("throughline-pushed-by", "somebody else"),
        ]);
        let junit = providers::find("junit").unwrap();
        assert_eq!(
            kept(junit, &given),
            headers(&[("content-type", "application/xml"), ("throughline-commit", "4f1c")])
        );
    }

    #[test]
    fn the_same_push_has_the_same_id() {
        let of = |pairs: &[(&str, &str)], body: &[u8]| delivery_id(&headers(pairs), &headers(pairs), body);
        let commit = [("throughline-commit", "4f1c")];
        assert_eq!(of(&commit, b"x"), of(&commit, b"x"));
        assert!(of(&commit, b"x").starts_with("sha256:"));
        assert_ne!(of(&commit, b"x"), of(&commit, b"y"));
        assert_ne!(of(&commit, b"x"), of(&[], b"x"));
        assert_ne!(of(&commit, b"x"), of(&[("throughline-commit", "4f1")], b"cx"));
        assert_eq!(of(&[("throughline-id", " build-42 ")], b"x"), "build-42");
        assert!(of(&[("throughline-id", " ")], b"x").starts_with("sha256:"));
    }
}
