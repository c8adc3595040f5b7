//! The server's own keys: two files in the data folder, made at the first start and never shown.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;
use throughline_domain::hex::decode as decode_hex;
pub use throughline_domain::hex::encode as hex;
use throughline_domain::ledger::{Origin, SigningKey};

const LEDGER_KEY: &str = "ledger.key";
const TOKEN_KEY: &str = "token.key";

/// The keys of one ledger. Every server of the same database needs the same files.
pub struct Keys {
    seed: [u8; 32],
    /// Signs sessions and API tokens.
    pub token: [u8; 32],
    fingerprint: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Keys")
    }
}

/// Why the keys cannot be used.
#[derive(Debug, Error)]
pub enum KeysError {
    /// A file cannot be read or written.
    #[error("the key file {path} cannot be used: {cause}")]
    File {
        /// The file.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// A file does not hold a key.
    #[error("the key file {path} must hold 64 hexadecimal digits; restore it from a backup")]
    Content {
        /// The file.
        path: String,
    },
    /// The operating system has no random numbers.
    #[error("the operating system gives no random numbers: {0}")]
    Random(String),
    /// The ledger's name cannot be a key name.
    #[error("ledger.origin cannot be used: {0}")]
    Origin(String),
}

impl Keys {
    /// Reads the keys of a data folder, making folder and keys where they are missing.
    ///
    /// # Errors
    /// A [`KeysError`].
    pub fn open(folder: &Path) -> Result<Self, KeysError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        // The database holds bodies and secrets: nobody else on this machine is to read it.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|cause| KeysError::File { path: folder.display().to_string(), cause })?;
        let seed = read_or_make(&folder.join(LEDGER_KEY))?;
        let token = read_or_make(&folder.join(TOKEN_KEY))?;
        // A key of its own, so that the digest of a body tells nobody without the key file what the body was.
        let fingerprint = mac(&seed, &[b"throughline/fingerprint"]);
        Ok(Self { seed, token, fingerprint })
    }

    /// Reads the keys of a data folder that is in use; makes none.
    ///
    /// # Errors
    /// [`KeysError::File`] where one is missing.
    pub fn read(folder: &Path) -> Result<Self, KeysError> {
        for name in [LEDGER_KEY, TOKEN_KEY] {
            let path = folder.join(name);
            fs::metadata(&path).map_err(|cause| KeysError::File { path: path.display().to_string(), cause })?;
        }
        Self::open(folder)
    }

    /// The key that signs the ledger's heads.
    ///
    /// # Errors
    /// [`KeysError::Origin`] where the name cannot be a key name of a signed note.
    pub fn signing(&self, origin: &str) -> Result<SigningKey, KeysError> {
        let origin = Origin::new(origin).map_err(|cause| KeysError::Origin(cause.to_string()))?;
        Ok(SigningKey::from_seed(origin, &self.seed))
    }

    /// The digest by which a second copy of a body is recognised; `meaning` is what else decides how it is read.
    pub fn fingerprint(&self, meaning: &[u8], body: &[u8]) -> [u8; 32] {
        let length = u64::try_from(meaning.len()).unwrap_or(u64::MAX).to_be_bytes();
        mac(&self.fingerprint, &[&length, meaning, body])
    }

    /// A tag that only this server can make, for the text of a form.
    pub fn form_tag(&self, session: &str) -> [u8; 32] {
        mac(&self.token, &[b"throughline/form", session.as_bytes()])
    }
}

/// Fresh random bytes of the operating system.
///
/// # Errors
/// [`KeysError::Random`] where it has none, as in a broken sandbox.
pub fn random<const N: usize>() -> Result<[u8; N], KeysError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|cause| KeysError::Random(cause.to_string()))?;
    Ok(bytes)
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn read_or_make(path: &Path) -> Result<[u8; 32], KeysError> {
    let failed = |cause| KeysError::File { path: path.display().to_string(), cause };
    match fs::read_to_string(path) {
        Ok(text) => decode(text.trim()).ok_or_else(|| KeysError::Content { path: path.display().to_string() }),
        Err(cause) if cause.kind() == ErrorKind::NotFound => make(path),
        Err(cause) => Err(failed(cause)),
    }
}

/// Writes a new key beside its place and links it there, so that of two processes that start at once one wins and a
/// crash leaves no half-written key.
fn make(path: &Path) -> Result<[u8; 32], KeysError> {
    let failed = |cause| KeysError::File { path: path.display().to_string(), cause };
    let key: [u8; 32] = random()?;
    let draft = path.with_extension(format!("new-{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft).map_err(failed)?;
    file.write_all(hex(&key).as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    let linked = fs::hard_link(&draft, path);
    let _ = fs::remove_file(&draft);
    match linked {
        Ok(()) => Ok(key),
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => read_or_make(path),
        Err(cause) => Err(failed(cause)),
    }
}

fn decode(text: &str) -> Option<[u8; 32]> {
    decode_hex(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn a_key_is_made_once_and_a_damaged_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::open(folder.path()).unwrap();
        let second = Keys::open(folder.path()).unwrap();
        assert_eq!(first.fingerprint(b"", b"body"), second.fingerprint(b"", b"body"));
        assert_ne!(first.fingerprint(b"", b"body"), first.token);
        std::fs::write(folder.path().join("ledger.key"), "short").unwrap();
        assert!(Keys::open(folder.path()).is_err());
    }
}
