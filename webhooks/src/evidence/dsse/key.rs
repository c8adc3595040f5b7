//! Public keys that sign envelopes: Ed25519, and ECDSA on P-256 with SHA-256.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use throughline_domain::hex;

/// What stands before the 32 bytes of an Ed25519 key in the usual encoding (SubjectPublicKeyInfo, DER).
const ED25519_PREFIX: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// What stands before the 65 bytes of an uncompressed P-256 point in the same encoding.
const P256_PREFIX: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// How many hexadecimal digits of its hash stand for a key.
const ID_DIGITS: usize = 16;

/// A key that an operator trusts to sign statements.
#[derive(Clone, Debug)]
pub struct PublicKey {
    curve: Curve,
    encoded: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Curve {
    Ed25519(ed25519_dalek::VerifyingKey),
    /// The point, which lies on the curve.
    P256(Vec<u8>),
}

impl PublicKey {
    /// Reads a key: a PEM file of `PUBLIC KEY` or its body alone, or bare hexadecimal digits (64 of an Ed25519 key, 130 of
    /// an uncompressed P-256 point). `None` for anything else, also for keys of other kinds.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = match hex::decode(text).filter(|_| !text.is_empty()) {
            Some(bytes) => bytes,
            None => STANDARD.decode(body(text)).ok()?,
        };
        match bytes.len() {
            32 => Self::ed25519(&bytes),
            65 => Self::p256(&bytes),
            _ => {
                let of_ed25519 = bytes.strip_prefix(ED25519_PREFIX).and_then(Self::ed25519);
                of_ed25519.or_else(|| bytes.strip_prefix(P256_PREFIX).and_then(Self::p256))
            }
        }
    }

    /// The first digits of the SHA-256 of the key in its usual encoding (DER).
    pub fn id(&self) -> String {
        hex::encode(Sha256::digest(&self.encoded).as_slice()).chars().take(ID_DIGITS).collect()
    }

    /// Whether the key made the signature of these bytes.
    pub(super) fn fits(&self, signed: &[u8], signature: &[u8]) -> bool {
        match &self.curve {
            Curve::Ed25519(key) => {
                let signature = ed25519_dalek::Signature::from_slice(signature);
                signature.is_ok_and(|signature| key.verify_strict(signed, &signature).is_ok())
            }
            Curve::P256(point) => {
                // Most tools write the two numbers in DER, some one behind the other.
                let fits =
                    |key: Result<ParsedPublicKey, _>| key.is_ok_and(|key| key.verify_sig(signed, signature).is_ok());
                fits(ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point))
                    || fits(ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point))
            }
        }
    }

    fn ed25519(bytes: &[u8]) -> Option<Self> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
        Some(Self { curve: Curve::Ed25519(key), encoded: [ED25519_PREFIX, bytes].concat() })
    }

    fn p256(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != 65 {
            return None;
        }
        ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, bytes).ok()?;
        Some(Self { curve: Curve::P256(bytes.to_vec()), encoded: [P256_PREFIX, bytes].concat() })
    }
}

/// The base64 of a PEM file, without its first and last line and its line breaks.
fn body(text: &str) -> String {
    let text = text.replace("-----BEGIN PUBLIC KEY-----", "").replace("-----END PUBLIC KEY-----", "");
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::PublicKey;

    #[test]
    fn a_key_is_the_same_in_every_form() {
        let body = "MCowBQYDK2VwAyEATH4wQ9cA9B6EUQIy9uLrM5cK7VBByoz9ISNNg85hnoE=";
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
        let digits = "4c7e3043d700f41e84510232f6e2eb33970aed5041ca8cfd21234d83ce619e81";
        for text in [body, &pem, digits] {
            let key = PublicKey::parse(text).map(|key| key.id());
            assert_eq!(key.as_deref(), Some("356b9fcc0d06f589"), "{text}");
        }
        let point = concat!(
            "04cb4c86ef84206abd37c979e6845491fceb03730d5d5c3e6fbc6fff5a5eca8e9d",
            "4f2e191e8242a425a5965a6e043109940261e6188437c26de6ccafc42fa5063a"
        );
        assert_eq!(PublicKey::parse(point).map(|key| key.id()).as_deref(), Some("64a7a2ff5ab3741f"));
    }

    #[test]
    fn what_is_no_key_of_these_kinds_is_none() {
        for text in
            ["", "key", "4c7e", "MCowBQYDK2VuAyEATH4wQ9cA9B6EUQIy9uLrM5cK7VBByoz9ISNNg85hnoE=", &"04".repeat(65)]
        {
            assert!(PublicKey::parse(text).is_none(), "{text}");
        }
    }
}
