//! Who asks: login links, sessions and API tokens.
//!
//! Sessions and tokens are JWTs of one algorithm (HS256) with every claim required; each carries an id that the database
//! knows, so that it can be taken back. Roles, projects and single sign-on will stand on [`Identity`].

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;
use throughline_domain::time::Timestamp;
use throughline_store::access as credentials;
use throughline_store::{Credential, CredentialKind, Store, StoreError};

use crate::keys::{Keys, KeysError, hex, random};

const ALGORITHM: Algorithm = Algorithm::HS256;
const ISSUER: &str = "throughline";

/// How far the clocks of two servers may be apart, in seconds.
const LEEWAY_SECONDS: u64 = 30;

/// Somebody who has been recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Whom or what the credential stands for.
    pub name: String,
    /// The credential's id.
    pub id: String,
    /// What it is.
    pub kind: CredentialKind,
}

/// Why nobody has been recognised.
#[derive(Debug, Error)]
pub enum AccessError {
    /// The token is not one of ours, has ended, or was taken back.
    #[error("the login has ended or was never valid")]
    Invalid,
    /// The form was not made for this session.
    #[error("the form has expired; load the page again")]
    Form,
    /// The token cannot be made.
    #[error("a token cannot be made: {0}")]
    Signing(String),
    /// No randomness.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Makes a link that logs one browser in, once: answers its secret.
///
/// # Errors
/// An [`AccessError`].
pub fn login_link(store: &Store, now: Timestamp, minutes: u32) -> Result<String, AccessError> {
    let secret = URL_SAFE_NO_PAD.encode(random::<32>()?);
    let credential = Credential {
        id: digest(&secret),
        kind: CredentialKind::LoginLink,
        name: "administrator".to_owned(),
        created: now,
        expires: now.plus_seconds(i64::from(minutes) * 60),
        revoked: None,
    };
    store.write(|connection| credentials::add(connection, &credential))?;
    Ok(secret)
}

/// Uses a login link up and starts a session: answers the session's token.
///
/// # Errors
/// [`AccessError::Invalid`] where the link was used before, has ended, or never was.
pub fn log_in(store: &Store, keys: &Keys, secret: &str, now: Timestamp, hours: u32) -> Result<String, AccessError> {
    let id = digest(secret);
    let link = store
        .read(|connection| credentials::live(connection, &id, CredentialKind::LoginLink, now))?
        .ok_or(AccessError::Invalid)?;
    if !store.write(|connection| credentials::revoke(connection, &id, now))? {
        return Err(AccessError::Invalid);
    }
    issue(store, keys, CredentialKind::Session, &link.name, now, now.plus_seconds(i64::from(hours) * 3_600))
}

/// Makes a session or an API token: answers the JWT. It is shown once and not kept.
///
/// # Errors
/// An [`AccessError`].
pub fn issue(
    store: &Store,
    keys: &Keys,
    kind: CredentialKind,
    name: &str,
    now: Timestamp,
    expires: Timestamp,
) -> Result<String, AccessError> {
    let id = hex(&random::<16>()?);
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: audience(kind).to_owned(),
        sub: name.to_owned(),
        jti: id.clone(),
        iat: now.seconds(),
        nbf: now.seconds(),
        exp: expires.seconds(),
    };
    let token = jsonwebtoken::encode(&Header::new(ALGORITHM), &claims, &EncodingKey::from_secret(&keys.token))
        .map_err(|cause| AccessError::Signing(cause.to_string()))?;
    let credential = Credential { id, kind, name: name.to_owned(), created: now, expires, revoked: None };
    store.write(|connection| credentials::add(connection, &credential))?;
    Ok(token)
}

/// Recognises a token of a kind. A session is no API token, nor the other way round.
///
/// # Errors
/// [`AccessError::Invalid`], or that of the database.
pub fn recognise(
    store: &Store,
    keys: &Keys,
    kind: CredentialKind,
    token: &str,
    now: Timestamp,
) -> Result<Identity, AccessError> {
    let claims = read_claims(keys, kind, token)?;
    let credential =
        store.read(|connection| credentials::live(connection, &claims.jti, kind, now))?.ok_or(AccessError::Invalid)?;
    Ok(Identity { name: credential.name, id: credential.id, kind })
}

/// The text that a form of this session must carry.
pub fn form_text(keys: &Keys, identity: &Identity) -> String {
    hex(&keys.form_tag(&identity.id))
}

/// Checks the text that a form carried.
///
/// # Errors
/// [`AccessError::Form`].
pub fn check_form(keys: &Keys, identity: &Identity, given: &str) -> Result<(), AccessError> {
    let same: bool = form_text(keys, identity).as_bytes().ct_eq(given.as_bytes()).into();
    if same { Ok(()) } else { Err(AccessError::Form) }
}

fn read_claims(keys: &Keys, kind: CredentialKind, token: &str) -> Result<Claims, AccessError> {
    let mut validation = Validation::new(ALGORITHM);
    validation.algorithms = vec![ALGORITHM];
    validation.leeway = LEEWAY_SECONDS;
    validation.validate_nbf = true;
    // A claim that is not listed here may be missing or malformed and passes.
    validation.set_required_spec_claims(&["iss", "aud", "exp", "nbf"]);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[audience(kind)]);
    jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_secret(&keys.token), &validation)
        .map(|data| data.claims)
        .map_err(|_| AccessError::Invalid)
}

const fn audience(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::LoginLink => "login",
        CredentialKind::Session => "session",
        CredentialKind::Token => "api",
    }
}

fn digest(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    use serde_json::{Value, json};
    use throughline_store::CredentialKind::{Session, Token};
    use throughline_store::{Store, StoreOptions};

    use super::{AccessError, check_form, form_text, issue, log_in, login_link, recognise};
    use crate::clock;
    use crate::keys::Keys;

    struct Fixture {
        store: Store,
        keys: Keys,
        _folder: tempfile::TempDir,
    }

    fn fixture() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("access.db").display());
        let store = Store::open(&StoreOptions { url, readers: 2, max_pages: None }).unwrap();
        Fixture { store, keys: Keys::open(folder.path()).unwrap(), _folder: folder }
    }

    #[test]
    fn a_login_link_works_once_and_not_too_late() {
        let Fixture { store, keys, _folder } = fixture();
        let now = clock::now();
        let secret = login_link(&store, now, 15).unwrap();
        assert!(matches!(log_in(&store, &keys, "another", now, 1), Err(AccessError::Invalid)));
        assert!(matches!(log_in(&store, &keys, &secret, now.plus_seconds(901), 1), Err(AccessError::Invalid)));
        let session = log_in(&store, &keys, &secret, now, 1).unwrap();
        assert!(matches!(log_in(&store, &keys, &secret, now, 1), Err(AccessError::Invalid)));
        let identity = recognise(&store, &keys, Session, &session, now).unwrap();
        assert_eq!(identity.name, "administrator");
        assert!(recognise(&store, &keys, Token, &session, now).is_err());
        check_form(&keys, &identity, &form_text(&keys, &identity)).unwrap();
        assert!(check_form(&keys, &identity, "").is_err());
    }

    #[test]
    fn a_revoked_token_is_worth_nothing() {
        let Fixture { store, keys, _folder } = fixture();
        let now = clock::now();
        let token = issue(&store, &keys, Token, "ci", now, now.plus_seconds(60)).unwrap();
        let identity = recognise(&store, &keys, Token, &token, now).unwrap();
        store.write(|connection| throughline_store::access::revoke(connection, &identity.id, now)).unwrap();
        assert!(recognise(&store, &keys, Token, &token, now).is_err());
    }

    #[test]
    fn every_claim_is_required_and_no_other_algorithm_is_taken() {
        let Fixture { store, keys, _folder } = fixture();
        let now = clock::now();
        let good = issue(&store, &keys, Token, "ci", now, now.plus_seconds(600)).unwrap();
        let id = recognise(&store, &keys, Token, &good, now).unwrap().id;
        let claims = json!({"iss": "throughline", "aud": "api", "sub": "ci", "jti": id, "iat": now.seconds(),
            "nbf": now.seconds(), "exp": now.seconds() + 600});
        let sign = |algorithm, claims: &Value, key: &[u8]| {
            jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key)).unwrap()
        };
        let accepted = |token: &str| recognise(&store, &keys, Token, token, now).is_ok();
        assert!(accepted(&sign(Algorithm::HS256, &claims, &keys.token)));
        for missing in ["iss", "aud", "nbf", "exp", "jti"] {
            let mut less = claims.clone();
            less.as_object_mut().unwrap().remove(missing);
            assert!(!accepted(&sign(Algorithm::HS256, &less, &keys.token)), "without {missing}");
        }
        for (name, value) in [
            ("iss", json!("other")),
            ("aud", json!("session")),
            ("nbf", json!(now.seconds() + 300)),
            ("exp", json!(now.seconds() - 300)),
            ("iss", json!(7)),
            ("aud", json!(null)),
        ] {
            let mut wrong = claims.clone();
            wrong[name] = value.clone();
            assert!(!accepted(&sign(Algorithm::HS256, &wrong, &keys.token)), "{name} = {value}");
        }
        assert!(!accepted(&sign(Algorithm::HS512, &claims, &keys.token)));
        assert!(!accepted(&sign(Algorithm::HS256, &claims, b"another key")));
        let unsigned = good.rsplit_once('.').unwrap().0;
        assert!(!accepted(&format!("{unsigned}.")));
    }
}
