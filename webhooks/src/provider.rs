//! What a provider is: a table entry of names, schemes and two pure functions.

use throughline_domain::fact::Facts;

use crate::signature::Scheme;

/// A tool whose webhooks are understood. Each provider's folder exports one as `PROVIDER`.
#[derive(Debug)]
pub struct Provider {
    /// The word in addresses, tables and `source add`: `github`.
    pub name: &'static str,
    /// The tool's own name: `GitHub`.
    pub title: &'static str,
    /// How its deliveries are authenticated. The first scheme whose header is present is the one that must verify.
    pub schemes: &'static [Scheme],
    /// The headers that are kept in the ledger beside `content-type`, in lower case.
    pub kept_headers: &'static [&'static str],
    /// Those of the kept headers that say what the body means, in lower case: a body that comes again with other values
    /// of these is another delivery.
    pub meaning_headers: &'static [&'static str],
    /// The events that it reads, by the tool's own names; each has at least one fixture.
    pub events: &'static [&'static str],
    /// The operator's page: what to click, what it yields (Markdown, `doc.md`).
    pub documentation: &'static str,
    /// The sender's own id of a delivery, the same when it is sent again; `None` where the tool has none.
    pub delivery_id: fn(&Request<'_>) -> Option<String>,
    /// Reads an authenticated delivery.
    pub parse: fn(&Request<'_>) -> Result<Parsed, ParseError>,
}

impl Provider {
    /// What, beside the body, tells one delivery from another: the meaning headers with their values, in one form.
    ///
    /// Kept headers are cut at the border, so the caller gives them as they are kept.
    pub fn meaning(&self, request: &Request<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for name in self.meaning_headers {
            let value = request.header(name).unwrap_or_default();
            bytes.extend_from_slice(format!("{name}:{}:{value}\n", value.len()).as_bytes());
        }
        bytes
    }
}

/// A delivery as it was received: exact bytes and the headers that were kept.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Header names in lower case with their values, in order of arrival.
    pub headers: &'a [(String, String)],
    /// The exact bytes of the body.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// What came of reading a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The tool's own name of the event: `pull_request.opened`.
    pub event: String,
    /// What it states, or why it states nothing.
    pub content: Content,
}

/// Facts, or the reason that there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The delivery states these.
    Facts(Box<Facts>),
    /// The delivery was understood, or is of a kind that is not read, and states nothing; the reason in words.
    Ignored(String),
}

impl Parsed {
    /// A delivery that states something.
    pub fn facts(event: impl Into<String>, facts: Facts) -> Self {
        Self { event: event.into(), content: Content::Facts(Box::new(facts)) }
    }

    /// A delivery that states nothing, and why.
    pub fn ignored(event: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { event: event.into(), content: Content::Ignored(reason.into()) }
    }
}

/// Why a delivery could not be read. It goes to the dead letters and can be replayed when the parser has been mended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The body is not what the provider sends: no JSON, or a field is missing or of another type.
    #[error("the body cannot be read as {expected}: {cause}")]
    Body {
        /// What it was read as: `a GitHub pull_request event`.
        expected: &'static str,
        /// What is wrong, with the place in the body where that is known.
        cause: String,
    },
    /// A header that says what the body is, is missing.
    #[error("the header '{0}' is missing; the sender, or a proxy before it, dropped it")]
    Header(&'static str),
    /// A value cannot be part of a key.
    #[error("a value cannot be part of a key: {0}")]
    Key(#[from] throughline_domain::key::KeyError),
    /// The delivery states more than is accepted of one.
    #[error("the delivery states {count} {what}; at most {limit} are accepted of one")]
    TooMany {
        /// What there is too much of: `commits`.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many are accepted.
        limit: usize,
    },
}
