//! Reading one delivery with a mapping.

use serde_json::Value;

use super::condition::When;
use super::render::Rendered;
use super::rules::{FactRule, LinkRule};
use super::scope::Scope;
use super::trial::{Notes, StepEnd};
use super::{Mapping, body, render};
use crate::fact_format::{Author, Statements, Subject};
use crate::provider::{ParseError, Parsed, Request};

/// The most text that a mapping may make out of one delivery, in bytes. One long text of a body may go into the
/// statements of every element of a list.
const MAX_OUTPUT_BYTES: usize = 32 * 1_024 * 1_024;

/// The most statements that are tried for one delivery: a list within a list may be walked through for every element.
const MAX_STEPS: usize = 250_000;

/// Reads a delivery; the notes tell how.
pub(super) fn run(
    mapping: &Mapping,
    provider: &str,
    request: &Request<'_>,
    notes: &mut Notes,
) -> Result<Parsed, ParseError> {
    let value = body::read(request)?;
    let scope = Scope { body: &value, element: None, headers: request.headers, words: &mapping.words };
    let event = mapping.event_name(&scope);
    for ignore in &mapping.ignores {
        if ignore.when.holds(&scope) {
            notes.add(&ignore.place, None, || StepEnd::Stated(Vec::new()));
            let reason = ignore.reason.render(&scope).unwrap_or_default();
            let reason = if reason.trim().is_empty() { "the mapping says so".to_owned() } else { reason };
            return Ok(Parsed::ignored(event, reason));
        }
        notes.add(&ignore.place, None, || StepEnd::Unmet(ignore.when.unmet(&scope)));
    }
    let author = Author::Mapping { rule: format!("{provider}/{}", family(&event)) };
    let mut run = Run { statements: Statements::new(author), notes, output_bytes: 0, steps: 0 };
    for rule in &mapping.facts {
        run.fact(rule, &scope)?;
    }
    let facts = run.statements.finish().facts;
    if !facts.nodes.is_empty() {
        return Ok(Parsed::facts(event, facts));
    }
    match run.notes.reason() {
        Some(reason) => Ok(Parsed::ignored(event, reason)),
        // Rare enough to be done once more, for the reason.
        None => self::run(mapping, provider, request, &mut Notes::kept()),
    }
}

struct Run<'n> {
    statements: Statements,
    notes: &'n mut Notes,
    output_bytes: usize,
    steps: usize,
}

impl Run<'_> {
    fn fact(&mut self, rule: &FactRule, scope: &Scope<'_>) -> Result<(), ParseError> {
        let Some(list) = &rule.each else { return self.one_fact(rule, None, scope) };
        let Some(elements) = list.elements(scope)? else {
            self.notes.add(&rule.place, None, || StepEnd::NoList(list.source.clone()));
            return Ok(());
        };
        for (index, element) in elements.into_iter().enumerate() {
            self.one_fact(rule, Some(index), &scope.within(element))?;
        }
        Ok(())
    }

    fn one_fact(&mut self, rule: &FactRule, element: Option<usize>, scope: &Scope<'_>) -> Result<(), ParseError> {
        let render = || render::fact(rule, scope);
        let tried = self.tried(&rule.place, &rule.when, element, scope, render)?;
        let Some((value, left_out)) = tried else { return Ok(()) };
        let subject = match self.statements.state(&rule.place, value) {
            Ok(subject) => subject,
            Err(error) => return self.refused(&rule.place, element, error),
        };
        self.notes.add(&rule.place, element, || StepEnd::Stated(left_out));
        for link in &rule.links {
            self.links(link, &subject, element, scope)?;
        }
        Ok(())
    }

    fn links(
        &mut self,
        rule: &LinkRule,
        subject: &Subject,
        element: Option<usize>,
        scope: &Scope<'_>,
    ) -> Result<(), ParseError> {
        let Some(list) = &rule.each else { return self.one_link(rule, subject, element, scope) };
        let Some(elements) = list.elements(scope)? else {
            self.notes.add(&rule.place, element, || StepEnd::NoList(list.source.clone()));
            return Ok(());
        };
        elements.into_iter().try_for_each(|inner| self.one_link(rule, subject, element, &scope.within(inner)))
    }

    fn one_link(
        &mut self,
        rule: &LinkRule,
        subject: &Subject,
        element: Option<usize>,
        scope: &Scope<'_>,
    ) -> Result<(), ParseError> {
        let render = || render::link(rule, scope);
        let tried = self.tried(&rule.place, &rule.when, element, scope, render)?;
        let Some((value, left_out)) = tried else { return Ok(()) };
        match self.statements.link(subject, &rule.place, value) {
            Ok(()) => self.notes.add(&rule.place, element, || StepEnd::Stated(left_out)),
            Err(error) => return self.refused(&rule.place, element, error),
        }
        Ok(())
    }

    /// The statement of a rule, and what was left out of it; `None` where its conditions do not hold or it lacks what
    /// identifies a node, which the notes then say.
    fn tried(
        &mut self,
        place: &str,
        when: &When,
        element: Option<usize>,
        scope: &Scope<'_>,
        render: impl FnOnce() -> Result<Rendered, String>,
    ) -> Result<Option<(Value, Vec<String>)>, ParseError> {
        self.step()?;
        if !when.holds(scope) {
            self.notes.add(place, element, || StepEnd::Unmet(when.unmet(scope)));
            return Ok(None);
        }
        match render() {
            Ok(Rendered { value, left_out }) => Ok(Some((self.charged(Value::Object(value))?, left_out))),
            Err(reason) => {
                self.notes.add(place, element, || StepEnd::Dropped(reason));
                Ok(None)
            }
        }
    }

    /// What our format refuses is left out; what is too much ends the reading.
    fn refused(&mut self, place: &str, element: Option<usize>, error: ParseError) -> Result<(), ParseError> {
        let reason = match error {
            ParseError::Body { expected: _, cause } => cause,
            ParseError::Key(cause) => cause.to_string(),
            ParseError::TooMany { .. } | ParseError::Header(_) => return Err(error),
        };
        self.notes.add(place, element, || StepEnd::Dropped(reason));
        Ok(())
    }

    /// Counts a statement that is tried.
    fn step(&mut self) -> Result<(), ParseError> {
        self.steps += 1;
        match self.steps {
            count if count > MAX_STEPS => {
                Err(ParseError::TooMany { what: "elements for its mapping to try", count, limit: MAX_STEPS })
            }
            _ => Ok(()),
        }
    }

    /// Counts the text of a statement.
    fn charged(&mut self, value: Value) -> Result<Value, ParseError> {
        self.output_bytes = self.output_bytes.saturating_add(bytes_of(&value));
        if self.output_bytes > MAX_OUTPUT_BYTES {
            return Err(ParseError::TooMany {
                what: "bytes of text by its mapping",
                count: self.output_bytes,
                limit: MAX_OUTPUT_BYTES,
            });
        }
        Ok(value)
    }
}

/// The first part of an event's name: what `alert.triggered` and `alert.recovered` say alike is said by one rule.
fn family(event: &str) -> &str {
    event.split('.').next().filter(|family| !family.is_empty()).unwrap_or(event)
}

fn bytes_of(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(bytes_of).sum(),
        Value::Object(members) => members.values().map(bytes_of).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}
