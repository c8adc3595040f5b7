//! Asking a tool's interface: at one host only, within its limits, and never for more than a bound.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use reqwest::header::{HeaderMap, LINK};
use serde_json::Value;
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use url::Url;

use super::pace::{self, MAX_REST_SECONDS, MAX_RESTS, MAX_TRIES, Verdict};
use super::progress::Progress;
use super::transport::{self, Caller, Raw};
use crate::clock;
use crate::plain;

/// How many requests are under way at once.
pub(super) const AT_ONCE: usize = 4;

/// The most pages of something that belongs to one thing, such as the reviews of a pull request.
const MAX_PART_PAGES: usize = 50;

/// The longest words of a tool that are repeated, in characters.
pub(super) const MAX_WORDS: usize = 200;

/// Why a tool could not be asked.
#[derive(Debug, Error)]
pub enum ApiError {
    /// The address cannot be used.
    #[error("'{0}' is no address of an interface; write it as https://host/path")]
    Address(String),
    /// The credentials cannot be used.
    #[error("the credentials cannot be used: {0}")]
    Credentials(String),
    /// The tool answers that it will not.
    #[error("{path} was answered {status}{words}")]
    Status {
        /// What was asked for.
        path: String,
        /// The HTTP status.
        status: u16,
        /// What the tool says, with a colon before it; or nothing.
        words: String,
    },
    /// The tool cannot be reached, or has failed several times.
    #[error("{path} could not be read: {cause}")]
    Failed {
        /// What was asked for.
        path: String,
        /// Why.
        cause: String,
    },
    /// The tool's limit does not end soon enough.
    #[error("the limit of requests is used up; go on in {0} seconds, with the same command")]
    Limited(u64),
    /// The answer is too large.
    #[error("the answer to {path} is larger than {limit} bytes")]
    TooLarge {
        /// What was asked for.
        path: String,
        /// The bound.
        limit: usize,
    },
    /// The answer cannot be understood.
    #[error("the answer to {path} is not what was expected: {cause}")]
    Unreadable {
        /// What was asked for.
        path: String,
        /// Why.
        cause: String,
    },
    /// The answer leads to another host.
    #[error("the answer to {0} leads to another host, which is not asked")]
    Elsewhere(String),
}

/// Who asks.
#[derive(Clone)]
pub enum Login {
    /// Nobody in particular.
    Nobody,
    /// Whoever holds this token, sent as `Authorization: Bearer`.
    Bearer(String),
    /// Whoever holds this token, sent in a header of the tool's own.
    Header(&'static str, String),
    /// A user with a password or token.
    Basic(String, String),
    /// A GitHub App, by its id and its private key in PEM.
    App(u64, Vec<u8>),
}

/// A tool's interface.
pub struct Api {
    base: Url,
    caller: Caller,
    turns: Semaphore,
    /// Nothing is asked before this second since 1970.
    not_before: AtomicI64,
    progress: Progress,
}

/// What a tool has answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// The body.
    pub(super) body: Value,
    /// The path of the next page, where the answer names one.
    pub(super) next: Option<String>,
}

impl Api {
    /// GitHub's interface. Call it within a runtime.
    ///
    /// # Errors
    /// [`ApiError::Address`] or [`ApiError::Credentials`].
    pub(super) fn github(address: &str, login: &Login, progress: Progress) -> Result<Self, ApiError> {
        let base = transport::base(address)?;
        let caller = Caller::github(&base, login)?;
        Ok(Self::new(base, caller, progress))
    }

    /// The interface of another tool.
    ///
    /// # Errors
    /// As [`Api::github`].
    pub(super) fn plain(address: &str, login: &Login, progress: Progress) -> Result<Self, ApiError> {
        let base = transport::base(address)?;
        let caller = Caller::plain(&base, login)?;
        Ok(Self::new(base, caller, progress))
    }

    /// The same interface, asked as an installation of the App.
    ///
    /// # Errors
    /// [`ApiError::Credentials`] where nobody is logged in as an App.
    pub(super) fn installation(&self, id: u64) -> Result<Self, ApiError> {
        Ok(Self::new(self.base.clone(), self.caller.installation(id)?, self.progress.clone()))
    }

    fn new(base: Url, caller: Caller, progress: Progress) -> Self {
        Self { base, caller, turns: Semaphore::new(AT_ONCE), not_before: AtomicI64::new(0), progress }
    }

    /// Asks for a path below the interface's address, which begins with a slash; waits for the tool's limits and tries
    /// again, both within bounds.
    ///
    /// # Errors
    /// An [`ApiError`].
    pub(super) async fn get(&self, path: &str) -> Result<Answer, ApiError> {
        let failed = |cause: String| ApiError::Failed { path: shown(path), cause };
        let _turn = self.turns.acquire().await.map_err(|_| failed("the program stops".to_owned()))?;
        let (mut tried, mut rested) = (0, 0);
        loop {
            self.rest().await;
            let raw = match self.caller.send(&self.base, path).await {
                Ok(raw) => raw,
                Err(ApiError::Failed { .. }) if tried < MAX_TRIES => {
                    tried += 1;
                    sleep(pace::pause(tried)).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let now = clock::now();
            match pace::judge(raw.status, &raw.headers, &raw.body, now) {
                Verdict::Read => {
                    self.note_limit(&raw.headers);
                    return self.read(path, &raw);
                }
                Verdict::Rest(seconds) if seconds > MAX_REST_SECONDS || rested >= MAX_RESTS => {
                    return Err(ApiError::Limited(seconds));
                }
                Verdict::Rest(seconds) => {
                    rested += 1;
                    self.set_rest(seconds);
                }
                Verdict::Again if tried < MAX_TRIES => {
                    tried += 1;
                    sleep(pace::pause(tried)).await;
                }
                Verdict::Again => return Err(failed(format!("the tool answered {} each time", raw.status))),
                Verdict::Refused => {
                    let words = words(&raw.body);
                    return Err(ApiError::Status { path: shown(path), status: raw.status, words });
                }
            }
        }
    }

    /// Asks for all pages of a list that belongs to one thing.
    ///
    /// # Errors
    /// As [`Api::get`], and [`ApiError::Unreadable`] over the bound of pages.
    pub(super) async fn all(&self, path: &str, member: Option<&str>) -> Result<Vec<Value>, ApiError> {
        let mut rows = Vec::new();
        let mut path = path.to_owned();
        for _ in 0..MAX_PART_PAGES {
            let answer = self.get(&path).await?;
            rows.extend(rows_of(answer.body, member, &path)?);
            match answer.next {
                Some(next) if next != path => path = next,
                Some(_) | None => return Ok(rows),
            }
        }
        let cause = format!("it has more than {MAX_PART_PAGES} pages");
        Err(ApiError::Unreadable { path: shown(&path), cause })
    }

    /// Waits until the tool may be asked again.
    async fn rest(&self) {
        loop {
            let seconds = self.not_before.load(Ordering::Relaxed).saturating_sub(clock::now().seconds());
            let Some(seconds) = u64::try_from(seconds).ok().filter(|seconds| *seconds > 0) else { return };
            self.progress.rests(seconds);
            sleep(Duration::from_secs(seconds.min(MAX_REST_SECONDS))).await;
        }
    }

    /// Where the answer was the last that the limit allows, whoever asks next waits.
    fn note_limit(&self, headers: &HeaderMap) {
        if let Some(seconds) = pace::rest(headers, clock::now()).filter(|seconds| *seconds <= MAX_REST_SECONDS) {
            self.set_rest(seconds);
        }
    }

    fn set_rest(&self, seconds: u64) {
        let until = clock::now().seconds().saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX));
        self.not_before.fetch_max(until, Ordering::Relaxed);
    }

    fn read(&self, path: &str, raw: &Raw) -> Result<Answer, ApiError> {
        let unreadable =
            |cause: serde_json::Error| ApiError::Unreadable { path: shown(path), cause: cause.to_string() };
        let body = serde_json::from_slice(&raw.body).map_err(unreadable)?;
        let links = raw.headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
        let next = links.flat_map(|value| value.split(',')).find_map(next_address);
        let next = next.map(|next| self.path_of(path, next)).transpose()?;
        Ok(Answer { body, next })
    }

    /// The path below the interface's address, of a whole address that an answer names.
    fn path_of(&self, path: &str, address: &str) -> Result<String, ApiError> {
        let elsewhere = || ApiError::Elsewhere(shown(path));
        let url = self.base.join(address).map_err(|_| elsewhere())?;
        if url.origin() != self.base.origin() {
            return Err(elsewhere());
        }
        let rest = url.path().strip_prefix(self.base.path().trim_end_matches('/'));
        // Without the slash it would be read as the name of a host.
        let rest = rest.filter(|rest| rest.starts_with('/')).ok_or_else(elsewhere)?;
        Ok(match url.query() {
            Some(query) => format!("{rest}?{query}"),
            None => rest.to_owned(),
        })
    }
}

/// The rows of a page: the body itself, or a member of it.
///
/// # Errors
/// [`ApiError::Unreadable`] where there is no list.
pub(super) fn rows_of(mut body: Value, member: Option<&str>, path: &str) -> Result<Vec<Value>, ApiError> {
    let list = match member {
        Some(member) => body.get_mut(member).map(Value::take).unwrap_or_default(),
        None => body,
    };
    match list {
        Value::Array(rows) => Ok(rows),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            let place = member.unwrap_or("the body");
            Err(ApiError::Unreadable { path: shown(path), cause: format!("{place} is no list") })
        }
    }
}

/// A text as one part of a path or query: everything but letters, digits and a few signs is encoded.
pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// A path as messages show it.
pub(super) fn shown(path: &str) -> String {
    plain::clip(&plain::line(path), MAX_WORDS)
}

/// What a tool says of its refusal: both GitHub and GitLab call it `message`, Jira lists `errorMessages`.
fn words(body: &[u8]) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return String::new() };
    let told = ["/message", "/error_description", "/error", "/errorMessages/0"].into_iter();
    let told = told.filter_map(|place| body.pointer(place)?.as_str()).find(|told| !told.trim().is_empty());
    told.map(|told| format!(": {}", plain::clip(&plain::line(told), MAX_WORDS))).unwrap_or_default()
}

/// The address of one part of a `Link` header, if it is that of the next page.
fn next_address(part: &str) -> Option<&str> {
    let (address, parameters) = part.trim().strip_prefix('<')?.split_once('>')?;
    let mut parameters = parameters.split(';').map(str::trim);
    parameters.any(|parameter| matches!(parameter, "rel=\"next\"" | "rel=next")).then_some(address)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Api, ApiError, Login, encoded, next_address, rows_of, words};
    use crate::backfill::progress::Progress;

    #[test]
    fn an_answer_may_only_lead_to_the_same_host() {
        let api = Api::plain("https://git.acme.example/api/v4/", &Login::Nobody, Progress::silent()).unwrap();
        let path = |address: &str| api.path_of("/projects", address).ok();
        assert_eq!(path("https://git.acme.example/api/v4/projects?page=2").as_deref(), Some("/projects?page=2"));
        assert_eq!(path("/api/v4/projects").as_deref(), Some("/projects"));
        for other in [
            "https://git.acme.example.evil.example/api/v4/projects",
            "http://git.acme.example/api/v4/projects",
            "https://git.acme.example:8443/api/v4/projects",
            "https://git.acme.example/admin",
            "https://git.acme.example/api/v4evil.example:443",
            "//169.254.169.254/api/v4/latest",
            "file:///etc/passwd",
        ] {
            assert_eq!(path(other), None, "{other}");
        }
    }

    #[test]
    fn addresses_and_tokens_are_checked() {
        for address in ["", "github.com", "ftp://github.com", "https://ada:secret@github.com", "https://a.example/?x=1"]
        {
            let refused = Api::plain(address, &Login::Nobody, Progress::silent());
            assert!(matches!(refused, Err(ApiError::Address(_))), "{address}");
        }
        for token in ["", "  ", "two words", "line\nbreak"] {
            let login = Login::Bearer(token.to_owned());
            let refused = Api::plain("https://git.acme.example", &login, Progress::silent());
            assert!(matches!(refused, Err(ApiError::Credentials(_))), "{token:?}");
        }
    }

    #[test]
    fn the_next_page_is_the_one_that_says_so() {
        assert_eq!(next_address(" <https://a.example/x?page=3>; rel=\"next\""), Some("https://a.example/x?page=3"));
        assert_eq!(next_address("<https://a.example/x?page=1>; rel=\"prev\""), None);
        assert_eq!(next_address("next"), None);
    }

    #[test]
    fn lists_and_words_are_found_where_tools_put_them() {
        assert_eq!(rows_of(json!([1, 2]), None, "/x").unwrap().len(), 2);
        assert_eq!(rows_of(json!({"jobs": [1]}), Some("jobs"), "/x").unwrap().len(), 1);
        assert!(rows_of(json!({"jobs": 1}), Some("jobs"), "/x").is_err());
        assert!(rows_of(json!({"message": "no"}), None, "/x").is_err());
        assert_eq!(words(br#"{"message":"Not\u001b[2J Found"}"#), ": Not [2J Found");
        assert_eq!(words(br#"{"errorMessages":["no such project"]}"#), ": no such project");
        assert_eq!(words(b"<html>"), "");
        assert_eq!(encoded("acme/a b+c"), "acme%2Fa%20b%2Bc");
    }
}
