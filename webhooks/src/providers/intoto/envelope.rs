//! The wrappings in which statements come: bare, in DSSE envelopes, in Sigstore bundles, several in lists or lines.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::statement::Statement;
use super::{EXPECTED, broken};
use crate::draft::shortened;
use crate::evidence::dsse::{self, Envelope, PublicKey, Verified};
use crate::provider::ParseError;

/// The most statements of one body.
const MAX_STATEMENTS: usize = 100;

/// The most subjects of all statements of one body.
const MAX_SUBJECTS: usize = 1_000;

/// What the payload of an envelope with a statement is called.
const STATEMENT_TYPES: &[&str] = &["application/vnd.in-toto+json", "application/vnd.in-toto.statement+json"];

/// What every statement's `_type` begins with.
const STATEMENT: &str = "https://in-toto.io/Statement/";

/// How much of a foreign type is repeated, in characters.
const SHOWN_CHARS: usize = 100;

/// A statement, and who vouches for it.
#[derive(Debug)]
pub(super) struct Said {
    /// What is said.
    pub(super) statement: Statement,
    /// Whether a trusted key signed it.
    pub(super) verified: Verified,
}

/// What a body holds.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// The statements, in order.
    pub(super) statements: Vec<Said>,
    /// Why something was passed over; the last reason.
    pub(super) passed_over: Option<String>,
}

/// Takes a body apart: JSON, or several JSON texts one behind the other (`.jsonl`).
pub(super) fn load(body: &[u8], trusted: &[PublicKey]) -> Result<Loaded, ParseError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut loaded = Loaded::default();
    for value in serde_json::Deserializer::from_slice(body).into_iter::<Value>() {
        loaded.add(value.map_err(|error| broken(error.to_string()))?, trusted)?;
    }
    let subjects: usize = loaded.statements.iter().map(|said| said.statement.subject.len()).sum();
    if subjects > MAX_SUBJECTS {
        return Err(ParseError::TooMany { what: "subjects", count: subjects, limit: MAX_SUBJECTS });
    }
    Ok(loaded)
}

impl Loaded {
    fn add(&mut self, value: Value, trusted: &[PublicKey]) -> Result<(), ParseError> {
        let mut members = match value {
            Value::Array(values) => return values.into_iter().try_for_each(|value| self.add(value, trusted)),
            Value::Object(members) => members,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                return Err(broken("a statement is an object"));
            }
        };
        // npm and GitHub list bundles; a bundle holds its envelope beside what proves it to Sigstore.
        let inner = ["attestations", "bundle", "dsseEnvelope"].into_iter().find_map(|name| members.remove(name));
        if let Some(inner) = inner {
            return self.add(inner, trusted);
        }
        let value = Value::Object(members);
        if value.get("payload").is_some() {
            return self.open(&shape::<Envelope>(value)?, trusted);
        }
        self.take(shape(value)?, Verified::No)
    }

    fn open(&mut self, envelope: &Envelope, trusted: &[PublicKey]) -> Result<(), ParseError> {
        let payload_type = envelope.payload_type.get().unwrap_or_default();
        if !STATEMENT_TYPES.contains(&payload_type) {
            let shown = shortened(payload_type, SHOWN_CHARS);
            self.passed_over = Some(format!("an envelope of the type '{shown}' holds no in-toto statement"));
            return Ok(());
        }
        let payload = envelope.bytes(EXPECTED)?;
        let statement = serde_json::from_slice(&payload).map_err(|error| broken(format!("payload: {error}")))?;
        self.take(statement, dsse::verify(envelope, trusted))
    }

    fn take(&mut self, statement: Statement, verified: Verified) -> Result<(), ParseError> {
        if !statement.kind.get().is_some_and(|kind| kind.starts_with(STATEMENT)) {
            return Err(broken(format!("_type does not begin with '{STATEMENT}'")));
        }
        if statement.predicate_type.get().is_none() {
            return Err(broken("predicateType is missing"));
        }
        self.statements.push(Said { statement, verified });
        let count = self.statements.len();
        if count > MAX_STATEMENTS {
            return Err(ParseError::TooMany { what: "statements", count, limit: MAX_STATEMENTS });
        }
        Ok(())
    }
}

fn shape<T: DeserializeOwned>(value: Value) -> Result<T, ParseError> {
    serde_json::from_value(value).map_err(|error| broken(error.to_string()))
}
