//! Signatures that others published, and what must hold of every signature.
//!
//! The published vectors are no part of the repository: they are read where `THROUGHLINE_SHARED` names the folder of
//! shared material, or where it lies beside the checkout; without it there is nothing to check.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde::Deserialize;
use throughline_domain::time::Timestamp;
use throughline_webhooks::provider::Request;
use throughline_webhooks::signature::{
    Scheme, SignatureError, TIMESTAMP_TOLERANCE_SECONDS, sign_hmac_hex, sign_standard_webhooks, verify,
};

const NOW: Timestamp = Timestamp::from_seconds(1_773_480_366);
const HMAC: Scheme = Scheme::sha256("x-hub-signature-256", "sha256=");

/// A published signature.
#[derive(Deserialize)]
struct Vector {
    scheme: String,
    header: String,
    alg: String,
    secret: String,
    secret_is_base64: bool,
    signed_prefix: String,
    #[serde(default)]
    extra_headers: BTreeMap<String, String>,
    body_b64: String,
    expected: String,
}

impl Vector {
    /// The scheme of ours that the vector is an example of: an HMAC in hexadecimal digits over the body, alone or behind a
    /// time.
    fn fitting(&self) -> Option<Scheme> {
        let (before, digits) = self.expected.split_once('=')?;
        let hexadecimal = digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !hexadecimal || !self.alg.eq_ignore_ascii_case("hmac-sha256") || self.secret_is_base64 {
            return None;
        }
        let header: &'static str = self.header.to_ascii_lowercase().leak();
        let prefix: &'static str = format!("{before}=").leak();
        if self.signed_prefix.is_empty() {
            return Some(Scheme::sha256(header, prefix));
        }
        let (time, value) = self.extra_headers.iter().next()?;
        let before: &'static str = self.signed_prefix.strip_suffix(&format!("{value}:"))?.to_owned().leak();
        let time: &'static str = time.to_ascii_lowercase().leak();
        Some(Scheme::HmacTimed { header, prefix, time, before })
    }

    /// When it was signed, where that is part of it.
    fn signed_at(&self) -> Timestamp {
        let time = self.extra_headers.values().find_map(|value| value.parse().ok());
        time.map_or(NOW, Timestamp::from_seconds)
    }
}

#[test]
fn published_signatures_fit() {
    let Some(file) = vectors() else {
        println!("no published signatures here");
        return;
    };
    let text = fs::read_to_string(&file).unwrap();
    let (mut verified, mut other) = (0, Vec::new());
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let vector: Vector = serde_json::from_str(line).unwrap();
        let Some(scheme) = vector.fitting() else {
            other.push(vector.scheme);
            continue;
        };
        let body = STANDARD.decode(&vector.body_b64).unwrap();
        let mut headers = vec![(vector.header.to_ascii_lowercase(), vector.expected.clone())];
        headers.extend(vector.extra_headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())));
        let check = |body: &[u8], secret: &str| {
            verify(&[scheme], &Request { headers: &headers, body }, &[secret.to_owned()], vector.signed_at())
        };
        assert_eq!(check(&body, &vector.secret), Ok(scheme.evidence()), "{}", vector.scheme);
        assert_eq!(check(&body, "another"), Err(SignatureError::Wrong), "{}", vector.scheme);
        let flipped: Vec<u8> = body.iter().enumerate().map(|(place, byte)| byte ^ u8::from(place == 0)).collect();
        assert_eq!(check(&flipped, &vector.secret), Err(SignatureError::Wrong), "{}", vector.scheme);
        verified += 1;
    }
    println!("{verified} published signatures fit, {} are of schemes that no provider uses: {other:?}", other.len());
    assert!(verified > 0, "{} holds nothing that fits a scheme", file.display());
}

#[test]
fn a_signed_time_counts_up_to_the_tolerance_on_both_sides() {
    let secret = "whsec_VGhlIHNlY3JldCBvZiB0aGUgc3VpdGUgaXMgcHVibGlj".to_owned();
    for (seconds, expected) in [
        (0, Ok(Scheme::StandardWebhooks.evidence())),
        (TIMESTAMP_TOLERANCE_SECONDS, Ok(Scheme::StandardWebhooks.evidence())),
        (-TIMESTAMP_TOLERANCE_SECONDS, Ok(Scheme::StandardWebhooks.evidence())),
        (TIMESTAMP_TOLERANCE_SECONDS + 1, Err(SignatureError::Time)),
        (-TIMESTAMP_TOLERANCE_SECONDS - 1, Err(SignatureError::Time)),
        (i64::MAX / 2_000_000, Err(SignatureError::Time)),
    ] {
        let headers = timed(&secret, "msg-1", NOW.plus_seconds(seconds), b"{}");
        let request = Request { headers: &headers, body: b"{}" };
        let verdict = verify(&[Scheme::StandardWebhooks], &request, std::slice::from_ref(&secret), NOW);
        assert_eq!(verdict, expected, "{seconds} seconds apart");
    }
}

#[test]
fn a_message_lacking_a_part_is_unsigned() {
    let secret = "whsec_VGhlIHNlY3JldCBvZiB0aGUgc3VpdGUgaXMgcHVibGlj".to_owned();
    let whole = timed(&secret, "msg-1", NOW, b"{}");
    for missing in 0..whole.len() {
        let mut headers = whole.clone();
        headers.remove(missing);
        let request = Request { headers: &headers, body: b"{}" };
        let verdict = verify(&[Scheme::StandardWebhooks], &request, std::slice::from_ref(&secret), NOW);
        assert_eq!(verdict, Err(SignatureError::Missing));
    }
}

#[test]
fn a_header_of_any_content_is_only_wrong() {
    let secrets = ["secret".to_owned()];
    let digits = "0".repeat(64);
    for value in ["", "sha256=", "sha256=zz", "sha1=00", digits.as_str(), "sha256=é", "sha256=000"] {
        let headers = [("x-hub-signature-256".to_owned(), value.to_owned())];
        let request = Request { headers: &headers, body: b"{}" };
        assert_eq!(verify(&[HMAC], &request, &secrets, NOW), Err(SignatureError::Wrong), "{value}");
    }
    for value in ["", "Bearer", "Bearer ", "Basic secret", "bearer secrets", "Digest secret", "secrets"] {
        let headers = [("authorization".to_owned(), value.to_owned())];
        let request = Request { headers: &headers, body: b"{}" };
        assert_eq!(verify(&[Scheme::Authorization], &request, &secrets, NOW), Err(SignatureError::Wrong), "{value}");
    }
    let basic = format!("Basic {}", STANDARD.encode("throughline:secret"));
    for value in ["Bearer secret", "bearer  secret", "Token secret", "secret", basic.as_str()] {
        let headers = [("authorization".to_owned(), value.to_owned())];
        let request = Request { headers: &headers, body: b"{}" };
        let shown = verify(&[Scheme::Authorization], &request, &secrets, NOW);
        assert_eq!(shown, Ok(Scheme::Authorization.evidence()), "{value}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_flipped_bit_of_the_body_fails(
        secret in "[a-zA-Z0-9 ]{1,40}",
        mut body in prop::collection::vec(any::<u8>(), 1..200),
        place in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let hmac = [("x-hub-signature-256".to_owned(), sign_hmac_hex("sha256=", &secret, &body))];
        let timed = timed(&secret, "msg-1", NOW, &body);
        let secrets = [secret];
        let check = |body: &[u8]| {
            [
                verify(&[HMAC], &Request { headers: &hmac, body }, &secrets, NOW),
                verify(&[Scheme::StandardWebhooks], &Request { headers: &timed, body }, &secrets, NOW),
            ]
        };
        prop_assert_eq!(check(&body), [Ok(HMAC.evidence()), Ok(Scheme::StandardWebhooks.evidence())]);
        *place.get_mut(body.as_mut_slice()) ^= 1 << bit;
        prop_assert_eq!(check(&body), [Err(SignatureError::Wrong), Err(SignatureError::Wrong)]);
    }

    #[test]
    fn any_other_digit_of_the_signature_fails(place in 0_usize..64, change in 1_u32..16) {
        let signed = sign_hmac_hex("", "secret", b"body");
        let altered: String = signed
            .chars()
            .enumerate()
            .map(|(index, digit)| {
                let value = digit.to_digit(16).unwrap();
                let value = if index == place { (value + change) % 16 } else { value };
                char::from_digit(value, 16).unwrap()
            })
            .collect();
        let headers = [("x-hub-signature-256".to_owned(), format!("sha256={altered}"))];
        let request = Request { headers: &headers, body: b"body" };
        prop_assert_eq!(verify(&[HMAC], &request, &["secret".to_owned()], NOW), Err(SignatureError::Wrong));
    }

    #[test]
    fn id_and_time_are_signed_too(place in any::<prop::sample::Index>(), bit in 0_u8..7, header in 0_usize..2) {
        let secret = "whsec_VGhlIHNlY3JldCBvZiB0aGUgc3VpdGUgaXMgcHVibGlj".to_owned();
        let mut headers = timed(&secret, "msg-1", NOW, b"{}");
        let value = &mut headers[header].1;
        let mut bytes = value.clone().into_bytes();
        *place.get_mut(bytes.as_mut_slice()) ^= 1 << bit;
        *value = String::from_utf8(bytes).unwrap();
        let request = Request { headers: &headers, body: b"{}" };
        let verdict = verify(&[Scheme::StandardWebhooks], &request, &[secret], NOW);
        prop_assert_eq!(verdict, Err(SignatureError::Wrong));
    }

    #[test]
    fn a_secret_fits_wherever_it_stands_in_the_list(count in 1_usize..6, right in any::<prop::sample::Index>()) {
        let secrets: Vec<String> =
            (0..count).map(|index| format!("whsec_{}", STANDARD.encode([u8::try_from(index).unwrap(); 24]))).collect();
        let right = right.get(secrets.as_slice()).clone();
        let others: Vec<String> = secrets.iter().filter(|secret| **secret != right).cloned().collect();
        let body = b"{\"a\":1}";
        let hmac = [("x-hub-signature-256".to_owned(), sign_hmac_hex("sha256=", &right, body))];
        let bearer = [("authorization".to_owned(), format!("Bearer {right}"))];
        let timed = timed(&right, "msg-1", NOW, body);
        for (scheme, headers) in
            [(HMAC, hmac.as_slice()), (Scheme::Authorization, bearer.as_slice()), (Scheme::StandardWebhooks, timed.as_slice())]
        {
            let request = Request { headers, body };
            prop_assert_eq!(verify(&[scheme], &request, &secrets, NOW), Ok(scheme.evidence()));
            prop_assert_eq!(verify(&[scheme], &request, &others, NOW), Err(SignatureError::Wrong));
        }
    }

    #[test]
    fn a_message_may_carry_several_signatures(other in "[a-z]{1,20}") {
        let secret = "whsec_VGhlIHNlY3JldCBvZiB0aGUgc3VpdGUgaXMgcHVibGlj";
        let mut headers = timed(secret, "msg-1", NOW, b"{}");
        let right = headers[2].1.clone();
        let wrong = sign_standard_webhooks(&format!("another {other}"), "msg-1", NOW, b"{}");
        headers[2].1 = format!("{wrong} v1a,{other} {other} {right}");
        let request = Request { headers: &headers, body: b"{}" };
        let verdict = verify(&[Scheme::StandardWebhooks], &request, &[secret.to_owned()], NOW);
        prop_assert_eq!(verdict, Ok(Scheme::StandardWebhooks.evidence()));
    }
}

/// The headers of a message that is signed by Standard Webhooks.
fn timed(secret: &str, id: &str, at: Timestamp, body: &[u8]) -> Vec<(String, String)> {
    vec![
        ("webhook-id".to_owned(), id.to_owned()),
        ("webhook-timestamp".to_owned(), at.seconds().to_string()),
        ("webhook-signature".to_owned(), sign_standard_webhooks(secret, id, at, body)),
    ]
}

fn vectors() -> Option<PathBuf> {
    let shared = match std::env::var_os("THROUGHLINE_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
    };
    Some(shared.join("payloads/signatures/vectors.jsonl")).filter(|file| file.is_file())
}
