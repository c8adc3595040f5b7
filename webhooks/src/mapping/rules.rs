//! A mapping after it was read: what it looks at, and what it states.

use serde_json::Value;
use throughline_domain::fact::{Attribute, MAX_FACTS};

use super::condition::When;
use super::expression::Expression;
use super::scope::Scope;
use super::template::Template;
use crate::provider::ParseError;

/// The most elements of a list; none of them states more than eight nodes or links.
const MAX_ELEMENTS: usize = MAX_FACTS / 8;

/// A member of a statement with its template.
pub(super) type Slot = (&'static str, Template);

/// An `[[ignore]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ignore {
    /// `ignore[0]`.
    pub(super) place: String,
    /// When the delivery is ignored.
    pub(super) when: When,
    /// Why.
    pub(super) reason: Template,
}

/// A `[[fact]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FactRule {
    /// `fact[0]`.
    pub(super) place: String,
    /// When it is stated.
    pub(super) when: When,
    /// The list for each element of which it is stated.
    pub(super) each: Option<List>,
    /// The members that name its node.
    pub(super) naming: Vec<Slot>,
    /// `at`, `title`, `category` and `text`.
    pub(super) members: Vec<Slot>,
    /// Its attributes.
    pub(super) attributes: Vec<(Attribute, Template)>,
    /// What else people call the node.
    pub(super) names: Vec<Template>,
    /// Its links.
    pub(super) links: Vec<LinkRule>,
    /// What happened to it.
    pub(super) events: Vec<EventRule>,
}

/// A `[[fact.links]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LinkRule {
    /// `fact[0].links[0]`.
    pub(super) place: String,
    /// When it is stated.
    pub(super) when: When,
    /// The list for each element of which it is stated.
    pub(super) each: Option<List>,
    /// `kind`, `reason`, `at` and `class`.
    pub(super) members: Vec<Slot>,
    /// The members that name the other end.
    pub(super) to: Vec<Slot>,
}

/// A `[[fact.events]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EventRule {
    /// `fact[0].events[0]`.
    pub(super) place: String,
    /// When it is stated.
    pub(super) when: When,
    /// `what`, `at`, `actor` and `summary`.
    pub(super) members: Vec<Slot>,
}

/// Where a list stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    /// As it was written.
    pub(super) source: String,
    /// A JSON pointer.
    pub(super) pointer: String,
    /// Whether the pointer starts from the element of the list around, and not from the body.
    pub(super) is_inner: bool,
}

impl Ignore {
    /// Everything that it reads.
    pub(super) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.when.places().chain(self.reason.holes())
    }
}

impl FactRule {
    /// Everything that it reads.
    pub(super) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let slots = self.naming.iter().chain(&self.members).map(|(_, template)| template);
        let attributes = self.attributes.iter().map(|(_, template)| template);
        let links = self.links.iter().flat_map(|link| link.members.iter().chain(&link.to));
        let events = self.events.iter().flat_map(|event| &event.members);
        let inner = links.chain(events).map(|(_, template)| template);
        let templates = slots.chain(attributes).chain(&self.names).chain(inner);
        let conditions = self.links.iter().map(|link| &link.when).chain(self.events.iter().map(|event| &event.when));
        let places = [&self.when].into_iter().chain(conditions).flat_map(When::places);
        templates.flat_map(Template::holes).chain(places)
    }
}

impl List {
    /// The elements of the list, or the values of the object, in order; `None` where there is neither.
    pub(super) fn elements<'a>(&self, scope: &Scope<'a>) -> Result<Option<Vec<&'a Value>>, ParseError> {
        let root = if self.is_inner { scope.element } else { Some(scope.body) };
        let elements: Vec<&Value> = match root.and_then(|root| root.pointer(&self.pointer)) {
            Some(Value::Array(values)) => values.iter().collect(),
            Some(Value::Object(members)) => members.values().collect(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => return Ok(None),
        };
        match elements.len() {
            count if count > MAX_ELEMENTS => {
                Err(ParseError::TooMany { what: "elements of a list", count, limit: MAX_ELEMENTS })
            }
            _ => Ok(Some(elements)),
        }
    }
}
