//! Reading the text of a mapping: every member is known, every template is read, and mistakes have a place.

use throughline_domain::fact::Attribute;
use toml::{Table, Value};

use super::condition::{Condition, Wanted, When};
use super::expression::{Around, Expression, checked_pointer};
use super::rules::{EventRule, FactRule, Ignore, LinkRule, List, Slot};
use super::scope::Words;
use super::template::Template;
use super::{MAX_MAPPING_BYTES, Mapping, MappingError, check};
use crate::fact_format::{NAMING_MEMBERS, nearest};

/// The most `[[fact]]`s, and the most `[[ignore]]`s, of one mapping.
const MAX_RULES: usize = 200;

/// The most links, events or names of one fact, conditions of one `when`, and values of one condition.
const MAX_ENTRIES: usize = 50;

const TOP: &[&str] = &["event", "fact", "ignore", "words"];
const IGNORE: &[&str] = &["reason", "when"];
const LINK: &[&str] = &["kind", "reason", "at", "class"];
const EVENT: &[&str] = &["what", "at", "actor", "summary"];

/// What stands around the members of a fact, a link and an event.
const FACT_FRAME: &[&str] = &["when", "each", "attributes", "names", "links", "events"];
const LINK_FRAME: &[&str] = &["when", "each", "to"];
const EVENT_FRAME: &[&str] = &["when"];

/// The members of a fact that are plain texts and do not name its node.
const FACT: &[&str] = &["at", "title", "category", "text"];

/// Reads the text of a mapping.
pub(super) fn read(text: &str) -> Result<Mapping, MappingError> {
    if text.len() > MAX_MAPPING_BYTES {
        let cause = format!("the mapping has {} bytes; at most {MAX_MAPPING_BYTES} are accepted", text.len());
        return Err(MappingError::new("", &cause));
    }
    let table: Table = toml::from_str(text).map_err(|error| no_toml(text, &error))?;
    let top = Section { place: String::new(), table: &table };
    top.check_known(TOP)?;
    let words = words(&top)?;
    let around = Around { words: &words, has_element: false };
    let event = top.template("event", around)?;
    let sections = top.sections("ignore", MAX_RULES)?;
    let ignores: Vec<Ignore> = sections.iter().map(|section| ignore(section, around)).collect::<Result<_, _>>()?;
    let sections = top.sections("fact", MAX_RULES)?;
    let facts: Vec<FactRule> = sections.iter().map(|section| fact(section, &words)).collect::<Result<_, _>>()?;
    if facts.is_empty() {
        return Err(MappingError::new("", "a mapping needs at least one [[fact]]"));
    }
    facts.iter().try_for_each(|fact| check::check(fact, &words))?;
    Ok(Mapping { event, words, ignores, facts })
}

/// A table of the text and where it stands.
struct Section<'t> {
    place: String,
    table: &'t Table,
}

impl<'t> Section<'t> {
    fn open(place: String, value: &'t Value) -> Result<Self, MappingError> {
        match value.as_table() {
            Some(table) => Ok(Self { place, table }),
            None => Err(MappingError::new(&place, "this must be a table")),
        }
    }

    fn place_of(&self, name: &str) -> String {
        if self.place.is_empty() { name.to_owned() } else { format!("{}.{name}", self.place) }
    }

    fn check_known(&self, known: &[&str]) -> Result<(), MappingError> {
        match self.table.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => {
                let shown: String = name.chars().take(80).collect();
                let cause = format!("the member '{shown}' is not known; {}", nearest::hint(name, known));
                Err(MappingError::new(&self.place, &cause))
            }
            None => Ok(()),
        }
    }

    fn text(&self, name: &str) -> Result<Option<&'t str>, MappingError> {
        match self.table.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(MappingError::new(&self.place_of(name), "this must be text")),
        }
    }

    fn template(&self, name: &str, around: Around<'_>) -> Result<Option<Template>, MappingError> {
        self.text(name)?.map(|text| template(&self.place_of(name), text, around)).transpose()
    }

    /// The templates of those members that are there.
    fn slots(&self, names: &[&'static str], around: Around<'_>) -> Result<Vec<Slot>, MappingError> {
        let mut slots = Vec::new();
        for name in names {
            slots.extend(self.template(name, around)?.map(|template| (*name, template)));
        }
        Ok(slots)
    }

    /// A member that is a table; a missing one is empty.
    fn section(&self, name: &str) -> Result<Option<Self>, MappingError> {
        self.table.get(name).map(|value| Section::open(self.place_of(name), value)).transpose()
    }

    fn list(&self, name: &str, limit: usize) -> Result<&'t [Value], MappingError> {
        let place = self.place_of(name);
        match self.table.get(name) {
            None => Ok(&[]),
            Some(Value::Array(values)) if values.len() > limit => {
                let cause = format!("there are {} of these; at most {limit} are accepted", values.len());
                Err(MappingError::new(&place, &cause))
            }
            Some(Value::Array(values)) => Ok(values),
            Some(_) => Err(MappingError::new(&place, "this must be a list")),
        }
    }

    /// The tables of a list of tables.
    fn sections(&self, name: &str, limit: usize) -> Result<Vec<Self>, MappingError> {
        let values = self.list(name, limit)?.iter().enumerate();
        values.map(|(index, value)| Section::open(format!("{}[{index}]", self.place_of(name)), value)).collect()
    }
}

fn words(top: &Section<'_>) -> Result<Words, MappingError> {
    let Some(tables) = top.section("words")? else { return Ok(Words::new()) };
    let mut words = Words::new();
    for (name, value) in tables.table {
        let table = Section::open(tables.place_of(name), value)?;
        let entries = table.table.iter().map(|(from, to)| match scalar(to) {
            Some(to) => Ok((from.clone(), to)),
            None => Err(MappingError::new(&table.place_of(from), "this must be text")),
        });
        words.insert(name.clone(), entries.collect::<Result<_, _>>()?);
    }
    Ok(words)
}

fn ignore(section: &Section<'_>, around: Around<'_>) -> Result<Ignore, MappingError> {
    section.check_known(IGNORE)?;
    let when = when(section, around)?;
    if when.0.is_empty() {
        return Err(MappingError::new(&section.place, "'when' is missing; without it every delivery is ignored"));
    }
    let reason = section.template("reason", around)?;
    let reason = reason.ok_or_else(|| MappingError::new(&section.place, "'reason' is missing"))?;
    Ok(Ignore { place: section.place.clone(), when, reason })
}

fn fact(section: &Section<'_>, words: &Words) -> Result<FactRule, MappingError> {
    section.check_known(&[NAMING_MEMBERS, FACT, FACT_FRAME].concat())?;
    let each = each(section, Around { words, has_element: false })?;
    let around = Around { words, has_element: each.is_some() };
    let links = section.sections("links", MAX_ENTRIES)?;
    let events = section.sections("events", MAX_ENTRIES)?;
    Ok(FactRule {
        place: section.place.clone(),
        when: when(section, around)?,
        each,
        naming: section.slots(NAMING_MEMBERS, around)?,
        members: section.slots(FACT, around)?,
        attributes: attributes(section, around)?,
        names: names(section, around)?,
        links: links.iter().map(|link_section| link(link_section, around)).collect::<Result<_, _>>()?,
        events: events.iter().map(|event_section| event(event_section, around)).collect::<Result<_, _>>()?,
    })
}

fn attributes(section: &Section<'_>, around: Around<'_>) -> Result<Vec<(Attribute, Template)>, MappingError> {
    let Some(attributes) = section.section("attributes")? else { return Ok(Vec::new()) };
    let known: Vec<&str> = Attribute::ALL.iter().map(|attribute| attribute.word()).collect();
    attributes.check_known(&known)?;
    let mut found = Vec::new();
    for attribute in Attribute::ALL {
        found.extend(attributes.template(attribute.word(), around)?.map(|template| (*attribute, template)));
    }
    Ok(found)
}

fn names(section: &Section<'_>, around: Around<'_>) -> Result<Vec<Template>, MappingError> {
    let values = section.list("names", MAX_ENTRIES)?.iter().enumerate();
    let names = values.map(|(index, value)| {
        let place = format!("{}[{index}]", section.place_of("names"));
        let text = value.as_str().ok_or_else(|| MappingError::new(&place, "this must be text"))?;
        template(&place, text, around)
    });
    names.collect()
}

fn link(section: &Section<'_>, around: Around<'_>) -> Result<LinkRule, MappingError> {
    section.check_known(&[LINK, LINK_FRAME].concat())?;
    let each = each(section, around)?;
    let around = Around { has_element: around.has_element || each.is_some(), ..around };
    let to = section.section("to")?.ok_or_else(|| MappingError::new(&section.place, "'to' is missing"))?;
    to.check_known(NAMING_MEMBERS)?;
    Ok(LinkRule {
        place: section.place.clone(),
        when: when(section, around)?,
        each,
        members: section.slots(LINK, around)?,
        to: to.slots(NAMING_MEMBERS, around)?,
    })
}

fn event(section: &Section<'_>, around: Around<'_>) -> Result<EventRule, MappingError> {
    section.check_known(&[EVENT, EVENT_FRAME].concat())?;
    Ok(EventRule { place: section.place.clone(), when: when(section, around)?, members: section.slots(EVENT, around)? })
}

fn each(section: &Section<'_>, around: Around<'_>) -> Result<Option<List>, MappingError> {
    let Some(source) = section.text("each")? else { return Ok(None) };
    let place = section.place_of("each");
    let is_inner = source.starts_with('.');
    if is_inner && !around.has_element {
        return Err(MappingError::new(&place, "there is no list around whose elements this could be about"));
    }
    let written = source.strip_prefix('.').unwrap_or(source);
    let pointer = checked_pointer(written).map_err(|cause| MappingError::new(&place, &cause))?;
    Ok(Some(List { source: source.to_owned(), pointer, is_inner }))
}

fn when(section: &Section<'_>, around: Around<'_>) -> Result<When, MappingError> {
    let Some(conditions) = section.section("when")? else { return Ok(When::default()) };
    if conditions.table.len() > MAX_ENTRIES {
        let cause = format!("there are {} conditions; at most {MAX_ENTRIES} are accepted", conditions.table.len());
        return Err(MappingError::new(&conditions.place, &cause));
    }
    let mut when = Vec::new();
    for (written, value) in conditions.table {
        let place = format!("{}.\"{written}\"", conditions.place);
        let expression = Expression::read(written, around).map_err(|cause| MappingError::new(&place, &cause))?;
        when.push(Condition { place: expression, wanted: wanted(&place, value)? });
    }
    Ok(When(when))
}

fn wanted(place: &str, value: &Value) -> Result<Vec<Wanted>, MappingError> {
    let wrong = || MappingError::new(place, "this must be a list of texts, of which there are 1 to 50");
    let texts: Vec<String> = match value {
        Value::Array(values) => values.iter().map(scalar).collect::<Option<_>>().ok_or_else(wrong)?,
        single => vec![scalar(single).ok_or_else(wrong)?],
    };
    if texts.is_empty() || texts.len() > MAX_ENTRIES {
        return Err(wrong());
    }
    Ok(texts.iter().map(|text| Wanted::read(text)).collect())
}

/// A text, number or truth value as text.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        Value::Float(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
    }
}

fn template(place: &str, text: &str, around: Around<'_>) -> Result<Template, MappingError> {
    Template::read(text, around).map_err(|cause| MappingError::new(place, &cause))
}

fn no_toml(text: &str, error: &toml::de::Error) -> MappingError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    MappingError::new(&format!("line {line}"), error.message())
}
