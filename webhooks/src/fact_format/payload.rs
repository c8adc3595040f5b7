//! The format, version 1, as it is written: every member, and nothing that is none.

use serde_json::{Map, Value};
use throughline_domain::fact::{Attribute, MAX_FACTS, MAX_MENTION_BYTES, MAX_TEXT_BYTES};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::Outcome;
use throughline_domain::time::Timestamp;

use super::members::{self, Members};
use super::reference::{self, Reference};
use super::{Author, Form, form, nearest, refuse};
use crate::provider::ParseError;

const VERSION: u64 = 1;
const BODY: &[&str] = &["version", "at", "facts"];
const LINK: &[&str] = &["kind", "to", "reason", "at"];

/// The members of a link that a mapping makes.
const MAPPED_LINK: &[&str] = &["kind", "to", "reason", "at", "class"];

const EVENT: &[&str] = &["what", "at", "actor", "summary"];

/// The members of a fact beside those of [`reference::MEMBERS`].
const FACT: &[&str] = &["at", "title", "category", "attributes", "names", "links", "events", "text"];

/// The longest word that an event may be called by, in bytes.
const MAX_WHAT_BYTES: usize = 40;

/// A delivery.
#[derive(Debug)]
pub(crate) struct Sent {
    /// The facts, in the order in which they were sent.
    pub(super) facts: Vec<Fact>,
}

/// What is said of one node.
#[derive(Debug)]
pub(super) struct Fact {
    /// Where it stands in the body, for complaints.
    pub(super) path: String,
    /// The node, and its page.
    pub(super) subject: Reference,
    /// When this was so; of a sender's fact it is known.
    pub(super) at: Option<Timestamp>,
    /// Attributes, also those that have a member of their own; each at most once.
    pub(super) attributes: Vec<(Attribute, String)>,
    /// What else people call it.
    pub(super) names: Vec<String>,
    /// Links from the node.
    pub(super) links: Vec<Link>,
    /// What happened to it.
    pub(super) events: Vec<Happening>,
    /// A text to be searched for references.
    pub(super) text: Option<String>,
}

/// A link from the fact's node.
#[derive(Debug)]
pub(super) struct Link {
    /// Where it stands in the body, for complaints.
    pub(super) path: String,
    /// What it says.
    pub(super) kind: LinkKind,
    /// The other end.
    pub(super) to: Reference,
    /// Why, in the sender's words.
    pub(super) reason: Option<String>,
    /// How sure, where a mapping says so.
    pub(super) class: Option<LinkClass>,
    /// When it was so.
    pub(super) at: Option<Timestamp>,
}

/// Something that happened to the fact's node.
#[derive(Debug)]
pub(super) struct Happening {
    /// One word.
    pub(super) what: String,
    /// When.
    pub(super) at: Timestamp,
    /// Who did it.
    pub(super) actor: Option<String>,
    /// One line for people.
    pub(super) summary: Option<String>,
}

impl Sent {
    /// Reads a body.
    ///
    /// # Errors
    /// A [`ParseError`] that names the first mistake and its place.
    pub(crate) fn read(body: Value) -> Result<Self, ParseError> {
        let mut members = Members::open("", body, BODY)?;
        let version = members.required("version")?;
        if version.as_u64() != Some(VERSION) {
            let shown: String = version.to_string().chars().take(20).collect();
            return Err(refuse(format!("version {shown} is not known to this server, which reads {VERSION}")));
        }
        let at = members.moment("at")?;
        let Value::Array(facts) = members.required("facts")? else {
            return Err(refuse("facts must be a list".to_owned()));
        };
        let facts: Vec<Fact> = bounded("facts", facts)?
            .into_iter()
            .enumerate()
            .map(|(index, value)| Fact::read(format!("facts[{index}]"), value, at, &Author::Sender))
            .collect::<Result<_, _>>()?;
        Ok(Self { facts })
    }

    /// Whether there is no fact in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }
}

impl Fact {
    /// Reads a fact; `at` is the time of a fact that has none of its own.
    pub(super) fn read(path: String, value: Value, at: Option<Timestamp>, author: &Author) -> Result<Self, ParseError> {
        let known: Vec<&str> = reference::MEMBERS.iter().chain(FACT).copied().collect();
        let mut members = Members::open(&path, value, &known)?;
        let subject = Reference::take(&mut members, &path)?;
        let at = members.moment("at")?.or(at);
        if at.is_none() && !author.is_mapping() {
            return Err(members.complain("'at' is missing, here and at the top: when was this so?"));
        }
        let attributes = attributes(&mut members, &path)?;
        let names = bounded("names", members.list("names")?)?
            .into_iter()
            .enumerate()
            .map(|(index, name)| members::text(&format!("{path}.names[{index}]"), name, MAX_TEXT_BYTES))
            .collect::<Result<_, _>>()?;
        let links = bounded("links", members.list("links")?)?
            .into_iter()
            .enumerate()
            .map(|(index, link)| Link::read(format!("{path}.links[{index}]"), link, at, author))
            .collect::<Result<_, _>>()?;
        let events = bounded("events", members.list("events")?)?
            .into_iter()
            .enumerate()
            .map(|(index, event)| Happening::read(&format!("{path}.events[{index}]"), event, at))
            .collect::<Result<_, _>>()?;
        let text = members.long_text("text", MAX_MENTION_BYTES)?;
        Ok(Self { path, subject, at, attributes, names, links, events, text })
    }
}

impl Link {
    /// Reads a link; `at` is the time of a link that has none of its own.
    pub(super) fn read(path: String, value: Value, at: Option<Timestamp>, author: &Author) -> Result<Self, ParseError> {
        let known = if author.is_mapping() { MAPPED_LINK } else { LINK };
        let mut members = Members::open(&path, value, known)?;
        let word = members.text("kind")?.ok_or_else(|| members.complain("'kind' is missing"))?;
        let kind = LinkKind::from_word(&word).ok_or_else(|| {
            let known: Vec<&str> = LinkKind::ALL.iter().map(|kind| kind.word()).collect();
            refuse(format!("{path}.kind: '{word}' is no kind of link; {}", nearest::hint(&word, &known)))
        })?;
        let place = members.place("to");
        let to = members.required("to")?;
        let mut target = Members::open(&place, to, reference::MEMBERS)?;
        let to = Reference::take(&mut target, &place)?;
        let class = members.text("class")?.map(|word| link_class(&path, &word)).transpose()?;
        Ok(Self { kind, to, reason: members.text("reason")?, class, at: members.moment("at")?.or(at), path })
    }
}

impl Happening {
    fn read(path: &str, value: Value, at: Option<Timestamp>) -> Result<Self, ParseError> {
        let mut members = Members::open(path, value, EVENT)?;
        let what = members.text("what")?.ok_or_else(|| members.complain("'what' is missing"))?;
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if what.len() > MAX_WHAT_BYTES || !what.bytes().all(word) {
            let what: String = what.chars().take(MAX_WHAT_BYTES).collect();
            return Err(refuse(format!(
                "{path}.what: '{what}' must be one word in lower case, in the past tense: approved, drained, rolled_back"
            )));
        }
        let at = members.moment("at")?.or(at).ok_or_else(|| members.complain("'at' is missing: when was it?"))?;
        Ok(Self { what, at, actor: members.text("actor")?, summary: members.text("summary")? })
    }
}

/// How sure a mapping says that a link is. Nothing that it reads proves anything, so L3 is not among the words.
fn link_class(path: &str, word: &str) -> Result<LinkClass, ParseError> {
    match LinkClass::from_word(word) {
        Some(class) if class != LinkClass::Cryptographic => Ok(class),
        _ => {
            let shown: String = word.chars().take(20).collect();
            Err(refuse(format!("{path}.class: '{shown}' must be L0 (guessed), L1 (declared) or L2 (asserted)")))
        }
    }
}

/// The attributes, with the two that have a member of their own.
fn attributes(members: &mut Members, path: &str) -> Result<Vec<(Attribute, String)>, ParseError> {
    let mut attributes = Vec::new();
    for (attribute, name) in [(Attribute::Title, "title"), (Attribute::Category, "category")] {
        if let Some(value) = members.text(name)? {
            attributes.push((attribute, value));
        }
    }
    for (attribute, value) in named_attributes(members.map("attributes")?, path)? {
        if attributes.iter().any(|(known, _)| *known == attribute) {
            return Err(members.complain(&format!("'{}' is given twice, also under 'attributes'", attribute.word())));
        }
        attributes.push((attribute, value));
    }
    Ok(attributes)
}

fn named_attributes(values: Map<String, Value>, path: &str) -> Result<Vec<(Attribute, String)>, ParseError> {
    let mut attributes = Vec::new();
    for (word, value) in values {
        let Some(attribute) = Attribute::from_word(&word) else {
            let known: Vec<&str> = Attribute::ALL.iter().map(|attribute| attribute.word()).collect();
            let shown: String = word.chars().take(80).collect();
            let hint = nearest::hint(&word, &known);
            return Err(refuse(format!("{path}.attributes: '{shown}' is no attribute; {hint}")));
        };
        let place = format!("{path}.attributes.{word}");
        attributes.push((attribute, checked(attribute, &place, value)?));
    }
    Ok(attributes)
}

/// The value of an attribute; times are written in one way, outcomes are among the known ones.
fn checked(attribute: Attribute, place: &str, value: Value) -> Result<String, ParseError> {
    let text = members::text(place, value, MAX_TEXT_BYTES)?;
    match form(attribute) {
        Form::Moment => Ok(members::moment(place, &text)?.to_string()),
        Form::Outcome if Outcome::from_word(&text).is_none() => {
            let known: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.word()).collect();
            Err(refuse(format!("{place}: '{text}' is no outcome; {}", nearest::hint(&text, &known))))
        }
        Form::Address => Err(refuse(format!("{place}: give the address as the fact's own member 'url'"))),
        Form::Outcome | Form::Labels | Form::Text => Ok(text),
    }
}

fn bounded(what: &'static str, values: Vec<Value>) -> Result<Vec<Value>, ParseError> {
    match values.len() {
        count if count > MAX_FACTS => Err(ParseError::TooMany { what, count, limit: MAX_FACTS }),
        _ => Ok(values),
    }
}
