//! Mappings: a TOML text that says what a tool's body states, for tools whose users write the body themselves.
//!
//! A mapping makes statements in our own format for facts, and the reader of that format checks them. The page of the
//! provider `custom` describes the language. A mapping comes from an operator and the body from a tool: neither may
//! bring the reader down, so everything has a bound, and what cannot be stated is left out with a reason.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::provider::{ParseError, Parsed, Request};

mod body;
mod check;
mod condition;
mod expression;
mod filter;
mod load;
mod moment;
mod render;
mod rules;
mod run;
mod scope;
mod template;
#[cfg(test)]
mod tests;
mod trial;

pub use trial::{Step, StepEnd, Trial, Unmet};

use rules::{FactRule, Ignore};
use scope::{Scope, Words};
use template::Template;
use trial::Notes;

/// The longest text of a mapping, in bytes.
pub const MAX_MAPPING_BYTES: usize = 256 * 1_024;

/// How many characters of an event's name are kept.
const MAX_EVENT_CHARS: usize = 64;

/// The name of an event that a mapping does not name.
const UNNAMED_EVENT: &str = "delivery";

/// What a tool's body states, as an operator or a provider's folder says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    event: Option<Template>,
    words: Words,
    ignores: Vec<Ignore>,
    facts: Vec<FactRule>,
}

/// What is wrong with the text of a mapping, and where: `fact[2].links[0].kind: …`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct MappingError(String);

impl MappingError {
    pub(crate) fn new(place: &str, cause: &str) -> Self {
        Self(if place.is_empty() { cause.to_owned() } else { format!("{place}: {cause}") })
    }
}

impl Mapping {
    /// Reads the text of a mapping, and checks all of it that does not depend on a body.
    ///
    /// # Errors
    /// A [`MappingError`] that names the first mistake and its place.
    pub fn read(text: &str) -> Result<Self, MappingError> {
        load::read(text)
    }

    /// The mapping of a provider's own folder.
    pub fn built_in(provider: &'static str, text: &'static str) -> Self {
        let mapping = Self::read(text).map_err(|error| format!("the mapping of {provider}: {error}"));
        mapping.expect("a test reads the mapping of every provider")
    }

    /// Reads a delivery.
    ///
    /// `provider` is the name of the source's provider; it stands in the rule of each link.
    ///
    /// # Errors
    /// [`ParseError::Body`] where the body is neither JSON nor a form, [`ParseError::TooMany`] where it states too much.
    pub fn apply(&self, provider: &str, request: &Request<'_>) -> Result<Parsed, ParseError> {
        run::run(self, provider, request, &mut Notes::unread())
    }

    /// Reads a delivery as [`Mapping::apply`] does, and tells what each part of the mapping made of it.
    pub fn trial(&self, provider: &str, request: &Request<'_>) -> Trial {
        let mut notes = Notes::kept();
        let result = run::run(self, provider, request, &mut notes);
        let Notes { steps, further_steps, .. } = notes;
        Trial { result, steps, further_steps }
    }

    /// The headers that the mapping reads, in lower case. They must be among those that the provider keeps.
    pub fn headers(&self) -> BTreeSet<&str> {
        let event = self.event.iter().flat_map(Template::holes);
        let ignores = self.ignores.iter().flat_map(Ignore::expressions);
        let facts = self.facts.iter().flat_map(FactRule::expressions);
        event.chain(ignores).chain(facts).flat_map(|expression| expression.headers()).collect()
    }

    /// The name of the event: one word in lower case.
    fn event_name(&self, scope: &Scope<'_>) -> String {
        let text = self.event.as_ref().and_then(|event| event.render(scope).ok()).unwrap_or_default();
        let plain = |letter: char| if letter.is_whitespace() || letter.is_control() { '_' } else { letter };
        let name: String = text.trim().to_lowercase().chars().map(plain).take(MAX_EVENT_CHARS).collect();
        if name.is_empty() { UNNAMED_EVENT.to_owned() } else { name }
    }
}
