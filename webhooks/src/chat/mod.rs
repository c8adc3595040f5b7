//! Slash commands of chat tools: a question that somebody asks in a channel, `/trace PAY-12`.
//!
//! A question states nothing about the work, so that [`read`] makes it a delivery without facts. Whoever answers it takes
//! it out of the same request by [`command`].

use std::collections::BTreeMap;

use serde::Deserialize;
use url::form_urlencoded;

use crate::alert::{MAX_EVENT_CHARS, Text};
use crate::draft::shortened;
use crate::json;
use crate::provider::{ParseError, Parsed, Request};

/// The event of a question.
pub const SLASH_COMMAND: &str = "slash_command";

/// The event of Slack's question whether the address answers.
pub const URL_VERIFICATION: &str = "url_verification";

const EXPECTED: &str = "a slash command";

/// The most fields of a form that are looked at; Slack and Mattermost send about fifteen.
const MAX_FIELDS: usize = 64;

/// The longest part of a command that is read, in bytes; nothing that anybody asks about has a longer name.
const MAX_BYTES: usize = 2_048;

/// How many characters of a question are repeated in the list of deliveries.
const SHOWN_CHARS: usize = 200;

/// What a chat tool wants answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Somebody asks.
    Asked {
        /// The command with its slash: `/trace`.
        name: String,
        /// What stands behind it, without blanks around it; may be empty.
        text: String,
        /// Who asks: the login, or else the tool's id of the person.
        user: String,
        /// Where answers may be sent later. Anybody who knows the secret can write any address here: check its host
        /// before sending anything there, or answer the request itself.
        response_url: Option<String>,
    },
    /// Slack wants this text back, as it is, before it sends anything else here.
    Challenge(String),
}

/// The command that a request carries.
///
/// # Errors
/// [`ParseError::Body`] where it carries none.
pub fn command(request: &Request<'_>) -> Result<Command, ParseError> {
    match Sent::read(request)? {
        Sent::Command(command) => Ok(command),
        Sent::Other { event, .. } => Err(broken(format!("it is no command, but '{event}'"))),
    }
}

/// Reads a delivery: it states nothing, and says what was asked.
///
/// # Errors
/// [`ParseError::Body`] where it is nothing that a chat tool sends.
pub fn read(request: &Request<'_>) -> Result<Parsed, ParseError> {
    Ok(match Sent::read(request)? {
        Sent::Command(Command::Asked { name, text, user, .. }) => {
            let question = format!("{name} {text}").split_whitespace().collect::<Vec<_>>().join(" ");
            let question = shortened(&question, SHOWN_CHARS);
            let user = shortened(&user, SHOWN_CHARS);
            Parsed::ignored(SLASH_COMMAND, format!("a question was asked: {question} by {user}"))
        }
        Sent::Command(Command::Challenge(_)) => {
            Parsed::ignored(URL_VERIFICATION, "Slack asked whether this address answers")
        }
        Sent::Other { event, reason } => Parsed::ignored(shortened(&event, MAX_EVENT_CHARS), reason),
    })
}

/// The tool's id of what was sent: each use of a command has one of its own.
pub fn delivery_id(request: &Request<'_>) -> Option<String> {
    if is_json(request) {
        return envelope(request).ok()?.event_id.get().map(str::to_owned);
    }
    form(request.body).remove("trigger_id").filter(|id| !id.trim().is_empty())
}

/// Everything that may be sent to the address of a command.
enum Sent {
    Command(Command),
    Other { event: String, reason: &'static str },
}

/// A body of Slack's Events API.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope {
    #[serde(rename = "type")]
    kind: Text,
    challenge: Text,
    event_id: Text,
    event: Option<Inner>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Inner {
    #[serde(rename = "type")]
    kind: Text,
}

impl Sent {
    fn read(request: &Request<'_>) -> Result<Self, ParseError> {
        if is_json(request) { Self::of_json(&envelope(request)?) } else { Self::of_form(form(request.body)) }
    }

    fn of_json(envelope: &Envelope) -> Result<Self, ParseError> {
        let kind = envelope.kind.get().ok_or_else(|| broken("it is JSON without a type".to_owned()))?;
        if kind == URL_VERIFICATION {
            let challenge = envelope.challenge.get().ok_or_else(|| broken("the challenge is missing".to_owned()))?;
            return Ok(Self::Command(Command::Challenge(cut(challenge))));
        }
        let inner = envelope.event.as_ref().and_then(|event| event.kind.get());
        Ok(Self::Other {
            event: inner.unwrap_or(kind).to_owned(),
            reason: "nothing is read from what is written in channels; only commands are answered",
        })
    }

    fn of_form(mut fields: BTreeMap<String, String>) -> Result<Self, ParseError> {
        let mut take =
            |name: &str| fields.remove(name).map(|value| cut(value.trim())).filter(|value| !value.is_empty());
        if let Some(name) = take("command") {
            let user = take("user_name").or_else(|| take("user_id")).unwrap_or_else(|| "somebody".to_owned());
            let text = take("text").unwrap_or_default();
            let response_url = take("response_url").filter(|address| address.starts_with("http"));
            return Ok(Self::Command(Command::Asked { name, text, user, response_url }));
        }
        if take("ssl_check").is_some() {
            let reason = "Slack looked at this server's certificate";
            return Ok(Self::Other { event: "ssl_check".to_owned(), reason });
        }
        if take("payload").is_some() {
            let reason = "nothing is read from buttons, menus and dialogs; only commands are answered";
            return Ok(Self::Other { event: "interaction".to_owned(), reason });
        }
        Err(broken("it is a form without a command".to_owned()))
    }
}

/// Tools that say nothing of the content type, or something wrong, are told by the first byte.
fn is_json(request: &Request<'_>) -> bool {
    request.body.trim_ascii_start().first() == Some(&b'{')
}

fn envelope(request: &Request<'_>) -> Result<Envelope, ParseError> {
    json::read(request.body, EXPECTED)
}

/// The fields of a form; of several with one name the first counts.
fn form(body: &[u8]) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body).take(MAX_FIELDS) {
        fields.entry(name.into_owned()).or_insert_with(|| value.into_owned());
    }
    fields
}

fn cut(text: &str) -> String {
    text.get(..text.floor_char_boundary(MAX_BYTES)).unwrap_or_default().to_owned()
}

fn broken(cause: String) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause }
}

#[cfg(test)]
mod tests {
    use super::{Command, MAX_BYTES, command, delivery_id, read};
    use crate::provider::{Content, Request};

    fn request(body: &str) -> Request<'_> {
        Request { headers: &[], body: body.as_bytes() }
    }

    fn reason(body: &str) -> (String, String) {
        let parsed = read(&request(body)).unwrap();
        match parsed.content {
            Content::Ignored(reason) => (parsed.event, reason),
            Content::Facts(facts) => panic!("{facts:?}"),
        }
    }

    #[test]
    fn a_form_is_a_question() {
        let body = "token=x&team_domain=acme&user_id=U1&user_name=ada&command=%2Ftrace&text=+PAY-12+%E2%9C%93&\
                    response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1&trigger_id=13.7";
        let asked = Command::Asked {
            name: "/trace".to_owned(),
            text: "PAY-12 \u{2713}".to_owned(),
            user: "ada".to_owned(),
            response_url: Some("https://hooks.slack.com/commands/1".to_owned()),
        };
        assert_eq!(command(&request(body)), Ok(asked));
        let expected = "a question was asked: /trace PAY-12 \u{2713} by ada".to_owned();
        assert_eq!(reason(body), ("slash_command".to_owned(), expected));
        assert_eq!(delivery_id(&request(body)), Some("13.7".to_owned()));
    }

    #[test]
    fn what_is_missing_is_left_out() {
        let asked = Command::Asked {
            name: "/ready".to_owned(),
            text: String::new(),
            user: "U1".to_owned(),
            response_url: None,
        };
        assert_eq!(command(&request("command=/ready&command=/other&user_id=U1&response_url=file:///etc")), Ok(asked));
        assert_eq!(delivery_id(&request("command=/ready&trigger_id=")), None);
        assert_eq!(reason("command=/ready%0Anow").1, "a question was asked: /ready now by somebody");
    }

    #[test]
    fn slack_wants_its_challenge_back() {
        let body = r#"{"token":"x","type":"url_verification","challenge":"3eZbrw1a"}"#;
        assert_eq!(command(&request(body)), Ok(Command::Challenge("3eZbrw1a".to_owned())));
        assert_eq!(reason(body).0, "url_verification");
    }

    #[test]
    fn what_is_no_command_is_no_question() {
        for (body, event) in [
            (r#"{"type":"event_callback","event_id":"Ev1","event":{"type":"app_mention"}}"#, "app_mention"),
            ("ssl_check=1&token=x", "ssl_check"),
            ("payload=%7B%7D", "interaction"),
        ] {
            assert_eq!(reason(body).0, event, "{body}");
            assert!(command(&request(body)).is_err(), "{body}");
        }
        for body in ["", "hello", "command=+", "{}", r#"{"type":"url_verification"}"#] {
            assert!(read(&request(body)).is_err(), "{body}");
        }
    }

    #[test]
    fn a_long_question_is_cut() {
        let body = format!("command=/trace&text={}", "é".repeat(5_000));
        let Ok(Command::Asked { text, .. }) = command(&request(&body)) else { panic!("no question") };
        assert!(text.len() <= MAX_BYTES && text.len() > MAX_BYTES - 4);
        assert!(reason(&body).1.len() < 600);
    }
}
