//! Signed envelopes (DSSE 1.0): a payload with its type and the signatures over both.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use throughline_domain::link::LinkClass;

use super::text::{Text, lenient};
use crate::provider::{ParseError, Request};

mod key;

pub use key::PublicKey;

/// The name under which the server hands the keys that it trusts to a parser. No header can have it.
///
/// The value holds keys separated by commas, each in a form that [`PublicKey::parse`] reads.
pub const TRUSTED_KEYS: &str = ":trusted-keys";

/// The most signatures of one envelope that are tried, each with every key.
const MAX_SIGNATURES: usize = 16;

/// The most keys that are trusted at once.
const MAX_KEYS: usize = 64;

/// An envelope as it is sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Envelope {
    /// What the payload is: `application/vnd.in-toto+json`.
    pub payload_type: Text,
    /// The payload, base64.
    pub payload: Text,
    /// Who signed it.
    #[serde(deserialize_with = "lenient")]
    pub signatures: Vec<Signature>,
}

/// One signature of an envelope.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Signature {
    /// The name that the signer gives to the key; nobody vouches for it.
    pub keyid: Text,
    /// The signature, base64.
    pub sig: Text,
}

/// What came of checking an envelope's signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// A key that is trusted signed it; the key's id, see [`PublicKey::id`].
    By(String),
    /// No signature fits a key that is trusted.
    No,
}

impl Verified {
    /// How sure a link is that a statement so vouched for makes.
    pub fn class(&self) -> LinkClass {
        match self {
            Verified::By(_) => LinkClass::Cryptographic,
            Verified::No => LinkClass::Asserted,
        }
    }

    /// The reason of such a link; it names the key.
    pub fn reason(&self, reason: &str) -> String {
        match self {
            Verified::By(key) => format!("{reason}; the trusted key {key} signed it"),
            Verified::No => reason.to_owned(),
        }
    }
}

impl Envelope {
    /// The payload's bytes.
    ///
    /// # Errors
    /// [`ParseError::Body`] where it is no base64.
    pub fn bytes(&self, expected: &'static str) -> Result<Vec<u8>, ParseError> {
        let payload = self.payload.get().unwrap_or_default();
        decode(payload).ok_or_else(|| ParseError::Body { expected, cause: "payload is no base64".to_owned() })
    }
}

/// Checks an envelope against the keys that are trusted. The signer's key id is not believed: every key is tried.
pub fn verify(envelope: &Envelope, keys: &[PublicKey]) -> Verified {
    let payload = envelope.payload.get().and_then(decode);
    let (Some(payload), Some(payload_type)) = (payload, envelope.payload_type.get()) else { return Verified::No };
    let signed = signed_bytes(payload_type, &payload);
    for signature in envelope.signatures.iter().take(MAX_SIGNATURES) {
        let Some(signature) = signature.sig.get().and_then(decode) else { continue };
        if let Some(key) = keys.iter().take(MAX_KEYS).find(|key| key.fits(&signed, &signature)) {
            return Verified::By(key.id());
        }
    }
    Verified::No
}

/// The keys that the server trusts, out of the pseudo-header [`TRUSTED_KEYS`]; what is no key is passed over.
pub fn trusted_keys(request: &Request<'_>) -> Vec<PublicKey> {
    let keys = request.header(TRUSTED_KEYS).unwrap_or_default();
    keys.split(',').filter_map(PublicKey::parse).take(MAX_KEYS).collect()
}

/// What is signed: DSSE's pre-authentication encoding, which tells type and payload apart by their lengths.
pub fn signed_bytes(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// Base64 in either alphabet, with or without padding, as the several tools write it.
fn decode(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    let alphabet = if compact.contains(['-', '_']) { alphabet::URL_SAFE } else { alphabet::STANDARD };
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&alphabet, config).decode(compact).ok()
}

#[cfg(test)]
mod tests {
    use super::{Envelope, PublicKey, Verified, decode, signed_bytes, trusted_keys, verify};
    use crate::provider::Request;

    /// Keys and signatures of the example message of the DSSE specification, made once with OpenSSL.
    const P256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEy0yG74Qgar03yXnmhFSR/OsDcw1dXD5vvG//Wl7Kjp1PLhkegkKkJaWWWm4EMQmUAmHmGIQ3wm3mzK/EL6UGOg==";
    const P256_DER: &str =
        "MEUCIHC3SBWmipUJX/kZtpoB03HokElQx6nBRkXOUCPDfB2OAiEAsq3UlDqwqgzZ2qtWJT8+6vbrxgjo6nhCeQw5fzUI+Ag=";
    const P256_FIXED: &str = "cLdIFaaKlQlf+Rm2mgHTceiQSVDHqcFGRc5QI8N8HY6yrdSUOrCqDNnaq1YlPz7q9uvGCOjqeEJ5DDl/NQj4CA==";
    const ED25519: &str = "MCowBQYDK2VwAyEATH4wQ9cA9B6EUQIy9uLrM5cK7VBByoz9ISNNg85hnoE=";
    const ED25519_SIGNATURE: &str =
        "/leHKNvDgPN2d+5WGeMy8TYB/rXjACciVJUlvFjWlkuBFnwszLs0GUwc3wTAmvP4s0R0okE3AX9zWx7IZKUjCQ==";

    fn envelope(payload: &str, signature: &str) -> Envelope {
        serde_json::from_value(serde_json::json!({
            "payloadType": "http://example.com/HelloWorld",
            "payload": payload,
            "signatures": [{ "keyid": 7 }, { "keyid": "made up", "sig": signature }]
        }))
        .unwrap()
    }

    #[test]
    fn type_and_payload_are_told_apart() {
        let expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(signed_bytes("http://example.com/HelloWorld", b"hello world"), expected);
    }

    #[test]
    fn only_a_signature_by_a_key_that_is_trusted_counts() {
        let p256 = PublicKey::parse(P256).unwrap();
        let ed25519 = PublicKey::parse(ED25519).unwrap();
        let both = [ed25519.clone(), p256.clone()];
        let by_p256 = Verified::By("64a7a2ff5ab3741f".to_owned());
        let by_ed25519 = Verified::By("356b9fcc0d06f589".to_owned());
        let payload = "aGVsbG8gd29ybGQ=";
        assert_eq!(verify(&envelope(payload, P256_DER), &both), by_p256);
        assert_eq!(verify(&envelope(payload, P256_FIXED), &both), by_p256);
        assert_eq!(verify(&envelope(payload, ED25519_SIGNATURE), &both), by_ed25519);
        assert_eq!(verify(&envelope("aGVsbG8gd29ybGQ", ED25519_SIGNATURE), &both), by_ed25519);
        assert_eq!(verify(&envelope(payload, P256_DER), &[ed25519]), Verified::No);
        assert_eq!(verify(&envelope(payload, ED25519_SIGNATURE), &[p256]), Verified::No);
        assert_eq!(verify(&envelope("aGVsbG8gV29ybGQ=", ED25519_SIGNATURE), &both), Verified::No);
        assert_eq!(verify(&envelope(payload, ""), &both), Verified::No);
        assert_eq!(verify(&envelope(payload, ED25519_SIGNATURE), &[]), Verified::No);
        let mut another_type = envelope(payload, ED25519_SIGNATURE);
        another_type.payload_type = "text/plain".into();
        assert_eq!(verify(&another_type, &both), Verified::No);
    }

    #[test]
    fn the_trusted_keys_are_a_list() {
        let headers = [(":trusted-keys".to_owned(), format!("{P256}, no key,{ED25519},"))];
        let keys = trusted_keys(&Request { headers: &headers, body: b"" });
        let ids: Vec<String> = keys.iter().map(PublicKey::id).collect();
        assert_eq!(ids, ["64a7a2ff5ab3741f", "356b9fcc0d06f589"]);
        assert!(trusted_keys(&Request { headers: &[], body: b"" }).is_empty());
    }

    #[test]
    fn base64_is_read_as_it_is_written() {
        for text in ["-_8=", "-_8", "+/8=", "+/8", " +/\n8= "] {
            assert_eq!(decode(text), Some(vec![0xfb, 0xff]), "{text:?}");
        }
        assert_eq!(decode("+_8="), None);
        assert_eq!(decode("é"), None);
    }
}
