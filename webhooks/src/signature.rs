//! Who sent a delivery: every provider's scheme, checked in constant time against a list of secrets.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;
use thiserror::Error;
use throughline_domain::hex;
use throughline_domain::ledger::EvidenceClass;
use throughline_domain::time::Timestamp;

use crate::provider::Request;

/// The most signatures, or members, of one header that are looked at.
const MAX_SIGNATURES: usize = 16;

/// How far the sender's clock may be from ours, in seconds, where a scheme signs the time (as Standard Webhooks advises).
pub const TIMESTAMP_TOLERANCE_SECONDS: i64 = 300;

/// The name under which the value of `?token=` of the address is handed to [`verify`]. No header can have it.
pub const TOKEN_HEADER: &str = ":token";

/// A hash under an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1, which one old tool still uses; under an HMAC it is not broken.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// How a delivery proves who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// An HMAC over the body, hexadecimal in a header: GitHub, Jira and many others. The header may hold several,
    /// separated by commas, while the sender rotates its secret. Evidence class E2.
    Hmac {
        /// The header, in lower case.
        header: &'static str,
        /// What stands before the digits: `sha256=`.
        prefix: &'static str,
        /// The hash.
        hash: Hash,
    },
    /// HMAC-SHA256 over a time and the body, hexadecimal in a header, the time (Unix seconds) in another one: Slack.
    /// Evidence class E3.
    HmacTimed {
        /// The header of the signature, in lower case.
        header: &'static str,
        /// What stands before the digits: `v0=`.
        prefix: &'static str,
        /// The header of the time, in lower case.
        time: &'static str,
        /// What is signed before the time: `v0:`. Between time and body there is a colon.
        before: &'static str,
    },
    /// HMAC-SHA256 over `<time>.<body>`, both in one header as `timestamp=…,signature=…`: Buildkite. Evidence class E3.
    HmacStamped {
        /// The header, in lower case.
        header: &'static str,
    },
    /// HTTP Signatures (draft-cavage-http-signatures) by HMAC-SHA256 over the headers `date` and `digest`, the latter
    /// of which is the SHA-256 of the body: Drone. Evidence class E2.
    HttpSignature,
    /// Standard Webhooks (<https://www.standardwebhooks.com>): HMAC-SHA256 over id, time and body. Evidence class E3.
    StandardWebhooks,
    /// The secret itself in `authorization`: as bearer token, as `Token …`, as the password of basic authentication, or
    /// alone. Evidence class E1.
    Authorization,
    /// The secret itself in another header. Evidence class E1.
    Header {
        /// The header, in lower case.
        header: &'static str,
    },
    /// The secret itself in the address (`?token=…`), for tools that can send nothing else. Addresses are written into
    /// the logs of proxies: where a tool can do more, it has another scheme. Evidence class E1.
    Token,
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
    /// HMAC-SHA256 over the body in a header, with what stands before the digits.
    pub const fn sha256(header: &'static str, prefix: &'static str) -> Self {
        Scheme::Hmac { header, prefix, hash: Hash::Sha256 }
    }

    /// The evidence class of what this scheme lets in.
    pub const fn evidence(self) -> EvidenceClass {
        match self {
            Scheme::Hmac { .. } | Scheme::HttpSignature => EvidenceClass::HmacBody,
            Scheme::HmacTimed { .. } | Scheme::HmacStamped { .. } | Scheme::StandardWebhooks => {
                EvidenceClass::HmacTimed
            }
            Scheme::Authorization | Scheme::Header { .. } | Scheme::Token => EvidenceClass::SharedSecret,
        }
    }

    /// What the sender does, in words for an operator.
    pub fn describe(self) -> String {
        match self {
            Scheme::Hmac { header, prefix: _, hash } => {
                let hash = match hash {
                    Hash::Sha1 => "SHA-1",
                    Hash::Sha256 => "SHA-256",
                    Hash::Sha512 => "SHA-512",
                };
                format!("HMAC-{hash} over the body in `{header}`")
            }
            Scheme::HmacTimed { header, .. } | Scheme::HmacStamped { header } => {
                format!("HMAC-SHA-256 over time and body in `{header}`")
            }
            Scheme::HttpSignature => "HTTP signature over the body's digest in `signature`".to_owned(),
            Scheme::StandardWebhooks => "Standard Webhooks".to_owned(),
            Scheme::Authorization => "secret in `authorization`".to_owned(),
            Scheme::Header { header } => format!("secret in `{header}`"),
            Scheme::Token => "secret in the address, `?token=`".to_owned(),
        }
    }

    /// Whether the sender shows the secret itself, so that nothing ties it to the body.
    pub const fn shows_secret(self) -> bool {
        matches!(self.evidence(), EvidenceClass::SharedSecret)
    }

    /// Whether the delivery carries what the scheme looks at.
    fn is_used(self, request: &Request<'_>) -> bool {
        let has_time = match self {
            // Grafana's signature covers a time only where the operator has named a header for it.
            Scheme::HmacTimed { time, .. } => request.header(time).is_some(),
            _ => true,
        };
        has_time && request.header(self.header()).is_some()
    }

    const fn header(self) -> &'static str {
        match self {
            Scheme::Hmac { header, .. }
            | Scheme::HmacTimed { header, .. }
            | Scheme::HmacStamped { header }
            | Scheme::Header { header } => header,
            Scheme::HttpSignature => "signature",
            Scheme::StandardWebhooks => "webhook-signature",
            Scheme::Authorization => "authorization",
            Scheme::Token => TOKEN_HEADER,
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
    let scheme = schemes.iter().copied().find(|scheme| scheme.is_used(request)).ok_or(SignatureError::Missing)?;
    match scheme {
        Scheme::Hmac { header, prefix, hash } => hmac_hex(request, header, prefix, hash, secrets)?,
        Scheme::HmacTimed { header, prefix, time, before } => {
            let time = request.header(time).ok_or(SignatureError::Missing)?;
            let given = request.header(header).and_then(|value| value.strip_prefix(prefix));
            hmac_of_time(given, time, &[before.as_bytes(), time.as_bytes(), b":", request.body], secrets, now)?;
        }
        Scheme::HmacStamped { header } => {
            let members = members(request.header(header).unwrap_or_default());
            let time = members.get("timestamp").copied().ok_or(SignatureError::Wrong)?;
            let given = members.get("signature").copied();
            hmac_of_time(given, time, &[time.as_bytes(), b".", request.body], secrets, now)?;
        }
        Scheme::HttpSignature => http_signature(request, secrets)?,
        Scheme::StandardWebhooks => standard_webhooks(request, secrets, now)?,
        Scheme::Authorization => authorization(request, secrets)?,
        Scheme::Header { header } => shown(request.header(header).unwrap_or_default(), secrets)?,
        Scheme::Token => shown(request.header(TOKEN_HEADER).unwrap_or_default(), secrets)?,
    }
    Ok(scheme.evidence())
}

/// The headers by which a secret signs a body, as a sender of that scheme would write them.
pub fn sign(scheme: Scheme, secret: &str, at: Timestamp, body: &[u8]) -> Vec<(String, String)> {
    let time = at.seconds().to_string();
    let seconds = |parts: &[&[u8]]| hex::encode(&mac(secret.as_bytes(), parts));
    let one = |header: &str, value: String| vec![(header.to_owned(), value)];
    match scheme {
        Scheme::Hmac { header, prefix, hash } => {
            one(header, format!("{prefix}{}", hex::encode(&mac_by(hash, secret.as_bytes(), body))))
        }
        Scheme::HmacTimed { header, prefix, time: time_header, before } => {
            let signature = seconds(&[before.as_bytes(), time.as_bytes(), b":", body]);
            vec![(header.to_owned(), format!("{prefix}{signature}")), (time_header.to_owned(), time)]
        }
        Scheme::HmacStamped { header } => {
            let signature = seconds(&[time.as_bytes(), b".", body]);
            one(header, format!("timestamp={time},signature={signature}"))
        }
        Scheme::HttpSignature => {
            let digest = digest_header(body);
            let date = at.to_string();
            let signature = STANDARD.encode(mac(secret.as_bytes(), &[http_signed(&date, &digest).as_bytes()]));
            let value =
                format!(r#"keyId="hmac-key",algorithm="hmac-sha256",headers="date digest",signature="{signature}""#);
            vec![("signature".to_owned(), value), ("date".to_owned(), date), ("digest".to_owned(), digest)]
        }
        Scheme::StandardWebhooks => vec![
            ("webhook-id".to_owned(), "msg-1".to_owned()),
            ("webhook-timestamp".to_owned(), time),
            ("webhook-signature".to_owned(), sign_standard_webhooks(secret, "msg-1", at, body)),
        ],
        Scheme::Authorization => one("authorization", format!("Bearer {secret}")),
        Scheme::Header { header } => one(header, secret.to_owned()),
        Scheme::Token => one(TOKEN_HEADER, secret.to_owned()),
    }
}

/// The value of a header of an HMAC-SHA256 over a body.
pub fn sign_hmac_hex(prefix: &str, secret: &str, body: &[u8]) -> String {
    let tag = mac(secret.as_bytes(), &[body]);
    format!("{prefix}{}", hex::encode(&tag))
}

/// The value of a `webhook-signature` header for a message of that id and time.
pub fn sign_standard_webhooks(secret: &str, id: &str, at: Timestamp, body: &[u8]) -> String {
    let signed = standard_webhooks_mac(secret, id, &at.seconds().to_string(), body);
    format!("v1,{}", STANDARD.encode(signed))
}

fn hmac_hex(
    request: &Request<'_>,
    header: &str,
    prefix: &str,
    hash: Hash,
    secrets: &[String],
) -> Result<(), SignatureError> {
    let value = request.header(header).ok_or(SignatureError::Missing)?;
    let given: Vec<Vec<u8>> = value
        .split(',')
        .take(MAX_SIGNATURES)
        .filter_map(|one| hex::decode(one.trim().strip_prefix(prefix)?.trim()))
        .collect();
    any(secrets, |secret| {
        let expected = mac_by(hash, secret.as_bytes(), request.body);
        given.iter().fold(false, |found, given| found | bool::from(expected.as_slice().ct_eq(given)))
    })
}

fn hmac_of_time(
    given: Option<&str>,
    time: &str,
    parts: &[&[u8]],
    secrets: &[String],
    now: Timestamp,
) -> Result<(), SignatureError> {
    let given = given.and_then(decode_hex).ok_or(SignatureError::Wrong)?;
    any(secrets, |secret| mac(secret.as_bytes(), parts).ct_eq(&given).into())?;
    in_time(time, now)
}

/// Only a signed time is worth comparing: an unsigned one is anybody's.
fn in_time(time: &str, now: Timestamp) -> Result<(), SignatureError> {
    let signed: i64 = time.parse().map_err(|_| SignatureError::Wrong)?;
    let distance = now.seconds().saturating_sub(signed).saturating_abs();
    if distance > TIMESTAMP_TOLERANCE_SECONDS { Err(SignatureError::Time) } else { Ok(()) }
}

fn http_signature(request: &Request<'_>, secrets: &[String]) -> Result<(), SignatureError> {
    let members = members(request.header("signature").unwrap_or_default());
    if members.get("headers").copied() != Some("date digest") {
        return Err(SignatureError::Wrong);
    }
    let given = members.get("signature").and_then(|value| STANDARD.decode(value).ok()).unwrap_or_default();
    let (date, digest) = (request.header("date"), request.header("digest"));
    let (Some(date), Some(digest)) = (date, digest) else { return Err(SignatureError::Wrong) };
    let signed = http_signed(date, digest);
    any(secrets, |secret| mac(secret.as_bytes(), &[signed.as_bytes()]).as_slice().ct_eq(&given).into())?;
    if digest == digest_header(request.body) { Ok(()) } else { Err(SignatureError::Wrong) }
}

fn http_signed(date: &str, digest: &str) -> String {
    format!("date: {date}\ndigest: {digest}")
}

fn digest_header(body: &[u8]) -> String {
    format!("SHA-256={}", STANDARD.encode(Sha256::digest(body)))
}

/// The members of a header of the form `a=b,c="d"`.
fn members(value: &str) -> BTreeMap<&str, &str> {
    let members = value.split(',').take(MAX_SIGNATURES).filter_map(|part| part.split_once('='));
    members.map(|(name, value)| (name.trim(), value.trim().trim_matches('"'))).collect()
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
    in_time(time, now)
}

fn authorization(request: &Request<'_>, secrets: &[String]) -> Result<(), SignatureError> {
    let value = request.header("authorization").ok_or(SignatureError::Missing)?.trim();
    let Some((scheme, given)) = value.split_once(' ') else { return shown(value, secrets) };
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "token" => shown(given.trim(), secrets),
        "basic" => {
            let decoded = STANDARD.decode(given.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let decoded = decoded.ok_or(SignatureError::Wrong)?;
            let (_, password) = decoded.split_once(':').ok_or(SignatureError::Wrong)?;
            shown(password, secrets)
        }
        _ => Err(SignatureError::Wrong),
    }
}

/// Compares a secret that the sender shows. Hashing first makes the comparison independent of the lengths, too.
fn shown(given: &str, secrets: &[String]) -> Result<(), SignatureError> {
    let given = Sha256::digest(given.as_bytes());
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

fn mac_by(hash: Hash, key: &[u8], body: &[u8]) -> Vec<u8> {
    match hash {
        Hash::Sha1 => {
            let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
            mac.update(body);
            mac.finalize().into_bytes().to_vec()
        }
        Hash::Sha256 => mac(key, &[body]).to_vec(),
        Hash::Sha512 => {
            let mut mac = Hmac::<Sha512>::new_from_slice(key).expect("HMAC takes keys of any length");
            mac.update(body);
            mac.finalize().into_bytes().to_vec()
        }
    }
}

fn decode_hex(text: &str) -> Option<[u8; 32]> {
    hex::decode(text.trim())?.try_into().ok()
}
