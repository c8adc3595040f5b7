//! What all pushed evidence shares: a file is posted as a tool wrote it, and headers say what it is about.
//!
//! A test report or an SBOM rarely says which commit or image it belongs to. Whoever posts it knows, and says so in the
//! headers of [`context`]. The rest is what several formats have in common.

use sha2::{Digest, Sha256};
use throughline_domain::hex;

use crate::provider::Request;
use crate::signature::Scheme;

pub mod address;
pub mod artifact;
pub mod context;
pub mod dsse;
pub mod moment;
pub mod results;
pub mod sbom;
pub mod text;

/// How a sender of evidence proves who it is: signed by the command line, or with the secret alone by `curl`.
pub const SCHEMES: &[Scheme] = &[Scheme::StandardWebhooks, Scheme::Authorization];

/// The header of Standard Webhooks that names a delivery.
pub const ID_HEADER: &str = "webhook-id";

/// The headers of evidence that are kept: the context, and the delivery's id.
pub const KEPT_HEADERS: &[&str] = &[
    context::REPOSITORY,
    context::COMMIT,
    context::BUILD,
    context::ARTIFACT,
    context::SERVICE,
    context::ENVIRONMENT,
    context::NAME,
    context::AT,
    ID_HEADER,
];

/// Those of the headers without which a file does not say what it is about. The time is none of them: the same file
/// that is sent a second time is the same evidence.
pub const MEANING_HEADERS: &[&str] = &[
    context::REPOSITORY,
    context::COMMIT,
    context::BUILD,
    context::ARTIFACT,
    context::SERVICE,
    context::ENVIRONMENT,
    context::NAME,
];

/// How many hexadecimal digits of a hash stand for evidence that has no id of its own.
const IDENTITY_DIGITS: usize = 32;

/// The sender's id of a delivery, where it signs by Standard Webhooks.
pub fn delivery_id(request: &Request<'_>) -> Option<String> {
    request.header(ID_HEADER).map(str::to_owned)
}

/// The name of something that has no id of its own: it follows from these parts, and from their order.
pub fn identity<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    hash(parts).chars().take(IDENTITY_DIGITS).collect()
}

/// The digest of lines in one order, by which two lists are known to be equal.
pub fn digest_of_lines<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    format!("sha256:{}", hash(lines.into_iter().map(str::as_bytes)))
}

fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(format!("{}:", part.len()).as_bytes());
        hasher.update(part);
    }
    hex::encode(hasher.finalize().as_slice())
}

#[cfg(test)]
mod tests {
    use super::identity;

    #[test]
    fn parts_are_told_apart() {
        let of = |parts: &[&str]| identity(parts.iter().map(|part| part.as_bytes()));
        assert_eq!(of(&["a", "b"]).len(), 32);
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
        let others: [&[&str]; 5] = [&["ab", ""], &["", "ab"], &["b", "a"], &["a"], &["a", "b", ""]];
        for other in others {
            assert_ne!(of(&["a", "b"]), of(other), "{other:?}");
        }
    }
}
