//! Who sent a delivery: every provider's scheme, checked in constant time against a list of secrets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;
use throughline_domain::hex;
use throughline_domain::ledger::EvidenceClass;
use throughline_domain::time::Timestamp;

use crate::provider::Request;

/// How far the sender's clock may be from ours, in seconds, where a scheme signs the time (as Standard Webhooks advises).
pub const TIMESTAMP_TOLERANCE_SECONDS: i64 = 300;

/// How a delivery proves who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// HMAC-SHA256 over the body, hexadecimal in a header: GitHub, Jira and many others. Evidence class E2.
    HmacHex {
        /// The header, in lower case.
        header: &'static str,
        /// What stands before the digits: `sha256=`.
        prefix: &'static str,
    },
    /// Standard Webhooks (<https://www.standardwebhooks.com>): HMAC-SHA256 over id, time and body. Evidence class E3.
    StandardWebhooks,
    /// The secret itself as `Authorization: Bearer …`. Evidence class E1.
    Bearer,
}

/// Why a delivery is not believed. None of these says which part of a signature was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// No header of any of the provider's schemes is there.
    #[error("the delivery carries no signature")]
    Missing,
    /// The signature fits none of the source's secrets.
    #[error("the signature does not fit")]
    Wrong,
    /// The signed time is further than [`TIMESTAMP_TOLERANCE_SECONDS`] from ours.
    #[error(
        "the signed time is more than {TIMESTAMP_TOLERANCE_SECONDS} seconds from this server's; compare the clocks"
    )]
    Time,
}

impl Scheme {
    /// The evidence class of what this scheme lets in.
    pub const fn evidence(self) -> EvidenceClass {
        match self {
            Scheme::HmacHex { .. } => EvidenceClass::HmacBody,
            Scheme::StandardWebhooks => EvidenceClass::HmacTimed,
            Scheme::Bearer => EvidenceClass::SharedSecret,
        }
    }

    const fn header(self) -> &'static str {
        match self {
            Scheme::HmacHex { header, .. } => header,
            Scheme::StandardWebhooks => "webhook-signature",
            Scheme::Bearer => "authorization",
        }
    }
}

/// Authenticates a delivery over its raw bytes against a list of secrets (several while one is being rotated).
///
/// `request` carries all headers of the HTTP request, not only the kept ones.
///
/// # Errors
/// A [`SignatureError`]; the time taken does not depend on where a signature differs.
pub fn verify(
    schemes: &[Scheme],
    request: &Request<'_>,
    secrets: &[String],
    now: Timestamp,
) -> Result<EvidenceClass, SignatureError> {
    let scheme = schemes
        .iter()
        .copied()
        .find(|scheme| request.header(scheme.header()).is_some())
        .ok_or(SignatureError::Missing)?;
    match scheme {
        Scheme::HmacHex { header, prefix } => hmac_hex(request, header, prefix, secrets)?,
        Scheme::StandardWebhooks => standard_webhooks(request, secrets, now)?,
        Scheme::Bearer => bearer(request, secrets)?,
    }
    Ok(scheme.evidence())
}

/// The value of a [`Scheme::HmacHex`] header for a body.
pub fn sign_hmac_hex(prefix: &str, secret: &str, body: &[u8]) -> String {
    let tag = mac(secret.as_bytes(), &[body]);
    format!("{prefix}{}", hex::encode(&tag))
}

/// The value of a `webhook-signature` header for a message of that id and time.
pub fn sign_standard_webhooks(secret: &str, id: &str, at: Timestamp, body: &[u8]) -> String {
    let signed = standard_webhooks_mac(secret, id, &at.seconds().to_string(), body);
    format!("v1,{}", STANDARD.encode(signed))
}

fn hmac_hex(request: &Request<'_>, header: &str, prefix: &str, secrets: &[String]) -> Result<(), SignatureError> {
    let given = request.header(header).and_then(|value| value.strip_prefix(prefix)).ok_or(SignatureError::Wrong)?;
    let given = decode_hex(given).ok_or(SignatureError::Wrong)?;
    any(secrets, |secret| mac(secret.as_bytes(), &[request.body]).ct_eq(&given).into())
}

fn standard_webhooks(request: &Request<'_>, secrets: &[String], now: Timestamp) -> Result<(), SignatureError> {
    let id = request.header("webhook-id").ok_or(SignatureError::Missing)?;
    let time = request.header("webhook-timestamp").ok_or(SignatureError::Missing)?;
    let given = request.header("webhook-signature").ok_or(SignatureError::Missing)?;
    let given: Vec<[u8; 32]> = given
        .split(' ')
        .filter_map(|signature| signature.strip_prefix("v1,"))
        .filter_map(|signature| STANDARD.decode(signature).ok()?.try_into().ok())
        .collect();
    any(secrets, |secret| {
        let expected = standard_webhooks_mac(secret, id, time, request.body);
        given.iter().fold(false, |found, given| found | bool::from(expected.ct_eq(given)))
    })?;
    // Only a signed time is worth comparing: an unsigned one is anybody's.
    let signed: i64 = time.parse().map_err(|_| SignatureError::Wrong)?;
    let distance = now.seconds().saturating_sub(signed).saturating_abs();
    if distance > TIMESTAMP_TOLERANCE_SECONDS { Err(SignatureError::Time) } else { Ok(()) }
}

fn bearer(request: &Request<'_>, secrets: &[String]) -> Result<(), SignatureError> {
    let value = request.header("authorization").ok_or(SignatureError::Missing)?;
    let (scheme, given) = value.split_once(' ').ok_or(SignatureError::Wrong)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(SignatureError::Wrong);
    }
    // Hashing first makes the comparison independent of the lengths, too.
    let given = Sha256::digest(given.trim().as_bytes());
    any(secrets, |secret| Sha256::digest(secret.as_bytes()).ct_eq(&given).into())
}

/// Tries every secret, also after one has fitted.
fn any(secrets: &[String], fits: impl Fn(&str) -> bool) -> Result<(), SignatureError> {
    let found = secrets.iter().fold(false, |found, secret| found | fits(secret));
    if found { Ok(()) } else { Err(SignatureError::Wrong) }
}

fn standard_webhooks_mac(secret: &str, id: &str, time: &str, body: &[u8]) -> [u8; 32] {
    let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
    let key = STANDARD.decode(encoded).unwrap_or_else(|_| secret.as_bytes().to_vec());
    mac(&key, &[id.as_bytes(), b".", time.as_bytes(), b".", body])
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn decode_hex(text: &str) -> Option<[u8; 32]> {
    hex::decode(text.trim())?.try_into().ok()
}
