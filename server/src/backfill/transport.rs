//! Carrying a request to a tool and its answer back: by octocrab to GitHub, by reqwest to the others.

use std::time::Duration;

use http_body_util::BodyExt;
use octocrab::Octocrab;
use octocrab::models::{AppId, InstallationId};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, redirect};
use url::Url;

use super::api::{ApiError, Login, MAX_WORDS, shown};
use crate::plain;

/// The largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// How long it may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How many redirects, all within the host, one request may follow.
const MAX_REDIRECTS: usize = 5;

/// By which library the requests are made.
pub(super) enum Caller {
    /// GitHub, with its two ways of logging in as an App.
    GitHub(Box<Octocrab>),
    /// Every other tool.
    Plain(Client),
}

/// An answer as it came.
pub(super) struct Raw {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Caller {
    /// For GitHub. Call it within a runtime: octocrab starts a task of its own.
    pub(super) fn github(base: &Url, login: &Login) -> Result<Self, ApiError> {
        let refused = |cause: octocrab::Error| ApiError::Credentials(plain::line(&cause.to_string()));
        let builder = Octocrab::builder()
            .base_uri(base.as_str())
            .map_err(|_| ApiError::Address(plain::line(base.as_str())))?
            .add_header(ACCEPT, "application/vnd.github+json".to_owned());
        let builder = match login {
            Login::Nobody => builder,
            Login::Bearer(token) | Login::Header(_, token) => builder.personal_token(checked(token)?.to_owned()),
            Login::Basic(user, token) => builder.basic_auth(user.clone(), token.clone()),
            Login::App(id, key) => builder.app_from_rsa_pem(AppId::from(*id), key).map_err(refused)?,
        };
        let client = client(base, HeaderMap::new())?;
        Ok(Self::GitHub(Box::new(builder.build_with_reqwest(client).map_err(refused)?)))
    }

    /// For another tool.
    pub(super) fn plain(base: &Url, login: &Login) -> Result<Self, ApiError> {
        let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        let credential = match login {
            Login::Nobody => None,
            Login::Bearer(token) => Some((AUTHORIZATION, format!("Bearer {}", checked(token)?))),
            Login::Header(name, token) => Some((HeaderName::from_static(name), checked(token)?.to_owned())),
            Login::Basic(user, token) => Some((AUTHORIZATION, format!("Basic {}", basic(user, token)))),
            Login::App(..) => return Err(ApiError::Credentials("an App is something of GitHub's".to_owned())),
        };
        if let Some((name, value)) = credential {
            let wrong = |_| ApiError::Credentials("they hold characters that no header may have".to_owned());
            let mut value = HeaderValue::from_str(&value).map_err(wrong)?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(Self::Plain(client(base, headers)?))
    }

    /// The same, as an installation of the App.
    pub(super) fn installation(&self, id: u64) -> Result<Self, ApiError> {
        let refused = |cause: octocrab::Error| ApiError::Credentials(plain::line(&cause.to_string()));
        match self {
            Self::GitHub(app) => {
                let app = app.installation(InstallationId::from(id)).map_err(refused)?;
                Ok(Self::GitHub(Box::new(app)))
            }
            Self::Plain(_) => Err(ApiError::Credentials("an installation is something of GitHub's".to_owned())),
        }
    }

    /// Asks once for a path below the base.
    ///
    /// # Errors
    /// [`ApiError::Failed`] where there is no answer, [`ApiError::TooLarge`].
    pub(super) async fn send(&self, base: &Url, path: &str) -> Result<Raw, ApiError> {
        match self {
            Self::GitHub(octocrab) => send_by_octocrab(octocrab, path).await,
            Self::Plain(client) => {
                let address = format!("{}{path}", base.as_str().trim_end_matches('/'));
                send_plainly(client, &address, path).await
            }
        }
    }
}

/// Checks the address of an interface: HTTP or HTTPS, without user, query and fragment.
pub(super) fn base(address: &str) -> Result<Url, ApiError> {
    let wrong = || ApiError::Address(plain::clip(&plain::line(address), MAX_WORDS));
    let url = Url::parse(address.trim().trim_end_matches('/')).map_err(|_| wrong())?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if matches!(url.scheme(), "http" | "https") && url.host().is_some() && is_plain && url.fragment().is_none() {
        Ok(url)
    } else {
        Err(wrong())
    }
}

/// A client that stays at its host: a redirect to anywhere else is not followed, so that an answer cannot send the server
/// to an address within its own network.
fn client(base: &Url, headers: HeaderMap) -> Result<Client, ApiError> {
    let origin = base.origin();
    let policy = redirect::Policy::custom(move |attempt| {
        if attempt.url().origin() == origin && attempt.previous().len() <= MAX_REDIRECTS {
            attempt.follow()
        } else {
            attempt.stop()
        }
    });
    Client::builder()
        .user_agent(concat!("throughline/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .timeout(REQUEST_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(policy)
        .build()
        .map_err(|cause| ApiError::Credentials(plain::line(&cause.to_string())))
}

async fn send_plainly(client: &Client, address: &str, path: &str) -> Result<Raw, ApiError> {
    // The address is left out of errors: in some tools' queries stand things that do not belong into a log.
    let failed = |cause: reqwest::Error| failure(path, &cause.without_url());
    let mut response = client.get(address).send().await.map_err(failed)?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        add(&mut body, &chunk, path)?;
    }
    Ok(Raw { status, headers, body })
}

async fn send_by_octocrab(octocrab: &Octocrab, path: &str) -> Result<Raw, ApiError> {
    let failed = |cause: octocrab::Error| failure(path, &cause);
    let response = octocrab._get(path).await.map_err(failed)?;
    let (parts, mut content) = response.into_parts();
    let mut body = Vec::new();
    while let Some(frame) = content.frame().await {
        if let Ok(chunk) = frame.map_err(failed)?.into_data() {
            add(&mut body, &chunk, path)?;
        }
    }
    Ok(Raw { status: parts.status.as_u16(), headers: parts.headers, body })
}

fn add(body: &mut Vec<u8>, chunk: &[u8], path: &str) -> Result<(), ApiError> {
    if body.len().saturating_add(chunk.len()) > MAX_ANSWER_BYTES {
        return Err(ApiError::TooLarge { path: shown(path), limit: MAX_ANSWER_BYTES });
    }
    body.extend_from_slice(chunk);
    Ok(())
}

/// An error with its causes, in one line: the outermost often says only that something went wrong.
fn failure(path: &str, error: &dyn std::error::Error) -> ApiError {
    let mut cause = error.to_string();
    let mut inner = error.source();
    while let Some(error) = inner {
        let text = error.to_string();
        if !cause.contains(&text) {
            cause = format!("{cause}: {text}");
        }
        inner = error.source();
    }
    ApiError::Failed { path: shown(path), cause: plain::clip(&plain::line(&cause), MAX_WORDS) }
}

fn checked(token: &str) -> Result<&str, ApiError> {
    let token = token.trim();
    if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(token)
    } else {
        Err(ApiError::Credentials("the token is empty, or holds characters that no token has".to_owned()))
    }
}

fn basic(user: &str, token: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", user.trim(), token.trim()))
}
