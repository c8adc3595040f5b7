//! The ledger's name and keys: Ed25519 as C2SP signed-note uses it.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer};
use sha2::{Digest, Sha256};

use crate::hex;

/// The longest name of a ledger in bytes.
const MAX_NAME_BYTES: usize = 255;

/// The byte that says "Ed25519" in a key id and in a written key.
const ED25519: u8 = 0x01;

/// A ledger's name: the first line of its checkpoints and the name of its key.
///
/// Best an address without its scheme that the owner controls, such as `ledger.acme.example/checkout`; it need not
/// be reachable. Not empty, at most 255 bytes, without spaces, control characters and plus signs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

/// Why a name or a written key is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name breaks the rules of [`Origin`].
    #[error("a ledger's name has 1 to {MAX_NAME_BYTES} bytes and neither spaces, control characters nor '+'")]
    Name,
    /// The text is not `name+id+key`.
    #[error("a verifier key is written as name+id+key")]
    Form,
    /// The key part is not the base64 of the type and 32 bytes.
    #[error("the key part is not the base64 of 33 bytes")]
    Encoding,
    /// The key is of a type that this program does not check.
    #[error("the key is of type {0:#04x}, only Ed25519 (0x01) is known")]
    Type(u8),
    /// The bytes are no public key, or one that would accept a signature by nobody.
    #[error("the 32 bytes are no sound Ed25519 public key")]
    Point,
    /// The id in the middle belongs to another name or key.
    #[error("the key's id is {expected}, the text says {found}")]
    Id {
        /// The id worked out from name and key.
        expected: String,
        /// The id as written.
        found: String,
    },
}

impl Origin {
    /// Takes a name if it keeps the rules.
    pub fn new(name: &str) -> Result<Self, KeyError> {
        if !is_key_name(name) || name.len() > MAX_NAME_BYTES {
            return Err(KeyError::Name);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether signed-note allows this as the name of a key; control characters would be spaces or break lines.
pub(super) fn is_key_name(name: &str) -> bool {
    let forbidden = |character: char| character.is_whitespace() || character.is_control() || character == '+';
    !name.is_empty() && !name.contains(forbidden)
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Origin({})", self.0)
    }
}

/// The key that signs a ledger's checkpoints. Its seed never leaves it and is wiped from memory with it.
pub struct SigningKey {
    verifier: VerifierKey,
    secret: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// The key that grows from this seed; the seed must come from a cryptographic source of random numbers.
    pub fn from_seed(origin: Origin, seed: &[u8; 32]) -> Self {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        Self { verifier: VerifierKey::new(origin, secret.verifying_key()), secret }
    }

    /// The name of the ledger that this key signs for.
    pub const fn origin(&self) -> &Origin {
        self.verifier.origin()
    }

    /// The id that stands in each signature.
    pub const fn id(&self) -> [u8; 4] {
        self.verifier.id()
    }

    /// The public part, to hand out.
    pub fn verifier(&self) -> VerifierKey {
        self.verifier.clone()
    }

    /// The bare signature over some bytes.
    pub(super) fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    /// The public part only.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({})", self.verifier)
    }
}

/// The public key that checks a ledger's checkpoints, with the name that it goes by.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    origin: Origin,
    id: [u8; 4],
    public: ed25519_dalek::VerifyingKey,
}

impl VerifierKey {
    fn new(origin: Origin, public: ed25519_dalek::VerifyingKey) -> Self {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(origin.as_str())
            .chain_update([b'\n', ED25519])
            .chain_update(public.as_bytes())
            .finalize()
            .into();
        let [first, second, third, fourth, ..] = digest;
        Self { origin, id: [first, second, third, fourth], public }
    }

    /// The name of the ledger whose checkpoints it checks.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The first four bytes of SHA-256 over name, line feed, type and public key.
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    /// Whether this is the key's signature over the message, in its one strict form.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.public.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    /// The written form of signed-note: name, id in hexadecimal digits, type and key in base64, joined by plus signs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [[ED25519].as_slice(), self.public.as_bytes().as_slice()].concat();
        write!(formatter, "{}+{}+{}", self.origin, hex::encode(&self.id), STANDARD.encode(key))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifierKey({self})")
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    /// Reads the form of [`fmt::Display`] and no other.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        // The base64 part may hold plus signs of its own, the two parts before it cannot.
        let (name, rest) = text.split_once('+').ok_or(KeyError::Form)?;
        let (id, key) = rest.split_once('+').ok_or(KeyError::Form)?;
        let origin = Origin::new(name)?;
        let key = STANDARD.decode(key).map_err(|_| KeyError::Encoding)?;
        let (kind, public) = key.split_first().ok_or(KeyError::Encoding)?;
        if *kind != ED25519 {
            return Err(KeyError::Type(*kind));
        }
        let public: &[u8; 32] = public.try_into().map_err(|_| KeyError::Encoding)?;
        let public = ed25519_dalek::VerifyingKey::from_bytes(public).map_err(|_| KeyError::Point)?;
        if public.is_weak() {
            return Err(KeyError::Point);
        }
        let read = Self::new(origin, public);
        let expected = hex::encode(&read.id);
        if expected == id { Ok(read) } else { Err(KeyError::Id { expected, found: id.to_owned() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_seed(Origin::new("acme.example").unwrap(), &[0x5e; 32])
    }

    #[test]
    fn names_that_could_confuse_a_note_are_refused() {
        for name in ["acme.example", "acme.example/checkout", "prüfung.acme.example"] {
            assert_eq!(Origin::new(name).unwrap().as_str(), name);
        }
        let long = "a".repeat(256);
        for name in ["", " ", "a b", "a\u{2003}b", "a+b", "a\nb", "a\tb", "a\u{0}b", long.as_str()] {
            assert_eq!(Origin::new(name), Err(KeyError::Name), "{name:?}");
        }
    }

    #[test]
    fn a_verifier_key_is_read_as_it_is_written() {
        let verifier = key().verifier();
        let written = verifier.to_string();
        assert_eq!(written.parse::<VerifierKey>(), Ok(verifier));
        let mut parts = written.splitn(3, '+');
        let (name, id, public) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let check = |text: String| text.parse::<VerifierKey>().unwrap_err();
        assert_eq!(check(name.to_owned()), KeyError::Form);
        assert_eq!(check(format!("{name}+{id}")), KeyError::Form);
        assert_eq!(check(format!("+{id}+{public}")), KeyError::Name);
        assert_eq!(check(format!("{name}+{id}+{public}=")), KeyError::Encoding);
        assert_eq!(check(format!("{name}+{id}+AQID")), KeyError::Encoding);
        assert_eq!(check(format!("{name}+{id}+")), KeyError::Encoding);
        assert_eq!(check(format!("{name}+{id}+{}", STANDARD.encode([2; 33]))), KeyError::Type(2));
        assert!(matches!(check(format!("{name}+00000000+{public}")), KeyError::Id { .. }));
        assert!(matches!(check(format!("other.{name}+{id}+{public}")), KeyError::Id { .. }));
        // The neutral element accepts signatures that nobody made.
        let mut weak = [0; 33];
        weak[0] = ED25519;
        weak[1] = 1;
        assert_eq!(check(format!("{name}+{id}+{}", STANDARD.encode(weak))), KeyError::Point);
    }

    #[test]
    fn the_seed_is_not_printed() {
        let shown = format!("{:?}", key());
        assert!(shown.starts_with("SigningKey(acme.example+"), "{shown}");
        assert!(!shown.contains(&hex::encode(&[0x5e; 32])));
        assert!(!shown.contains(&STANDARD.encode([0x5e; 32])));
        assert!(!shown.contains("94, 94"));
    }

    #[test]
    fn signatures_fit_one_message_and_one_key() {
        let signature = key().sign_bytes(b"message");
        let verifier = key().verifier();
        assert!(verifier.verifies(b"message", &signature));
        assert!(!verifier.verifies(b"Message", &signature));
        assert!(!verifier.verifies(b"message", &signature[1..]));
        assert!(!verifier.verifies(b"message", &[]));
        let other = SigningKey::from_seed(Origin::new("acme.example").unwrap(), &[0x5f; 32]);
        assert!(!other.verifier().verifies(b"message", &signature));
    }
}
