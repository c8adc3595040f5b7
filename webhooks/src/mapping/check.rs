//! What can be checked of a fact before any body is there: it is made up once with samples, and read as it will be.

use serde_json::{Map, Value};
use throughline_domain::fact::Attribute;
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};

use super::MappingError;
use super::rules::{FactRule, LinkRule, Slot};
use super::scope::Words;
use super::template::Template;
use crate::fact_format::{Author, Form, Statements, Subject, form, nearest};
use crate::provider::ParseError;

const TIME: &str = "2026-03-14T09:26:06Z";

/// Values that a body may have; those of a fact and of the ends of its links differ, as the nodes must.
struct Samples {
    /// What stands for a name, a path or a number.
    word: &'static str,
    commit: &'static str,
    /// The digits of a digest.
    digest: &'static str,
}

const SUBJECT: Samples = Samples {
    word: "1",
    commit: "1111111111111111111111111111111111111111",
    digest: "1111111111111111111111111111111111111111111111111111111111111111",
};

const TARGET: Samples = Samples {
    word: "2",
    commit: "2222222222222222222222222222222222222222",
    digest: "2222222222222222222222222222222222222222222222222222222222222222",
};

/// Checks a fact as far as it does not depend on the body.
pub(super) fn check(rule: &FactRule, words: &Words) -> Result<(), MappingError> {
    check_words(rule, words)?;
    let Some(telling) = find(&rule.naming, "kind").or_else(|| find(&rule.naming, "key")) else {
        return Err(MappingError::new(&rule.place, "'kind' is missing"));
    };
    // What depends on the kind can be checked only where the kind is written down.
    if telling.fixed().is_none() {
        return Ok(());
    }
    let rule_name = "sample/sample".to_owned();
    let mut statements = Statements::new(Author::Mapping { rule: rule_name });
    let subject = statements.state(&rule.place, Value::Object(fact(rule))).map_err(told)?;
    for link in &rule.links {
        check_link(&mut statements, &subject, link)?;
    }
    Ok(())
}

/// Words that are written down must be among ours, whether they stand in the fact or in a table.
fn check_words(rule: &FactRule, words: &Words) -> Result<(), MappingError> {
    let kinds: Vec<&str> = NodeKind::ALL.iter().map(|kind| kind.word()).collect();
    let links: Vec<&str> = LinkKind::ALL.iter().map(|kind| kind.word()).collect();
    let outcomes: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.word()).collect();
    let place = |name: &str| format!("{}.{name}", rule.place);
    check_word(&place("kind"), find(&rule.naming, "kind"), words, &kinds)?;
    let outcome = rule.attributes.iter().find(|(attribute, _)| *attribute == Attribute::Outcome);
    check_word(&place("attributes.outcome"), outcome.map(|(_, template)| template), words, &outcomes)?;
    for link in &rule.links {
        if find(&link.members, "kind").is_none() {
            return Err(MappingError::new(&link.place, "'kind' is missing"));
        }
        check_word(&format!("{}.kind", link.place), find(&link.members, "kind"), words, &links)?;
        check_word(&format!("{}.to.kind", link.place), find(&link.to, "kind"), words, &kinds)?;
    }
    Ok(())
}

fn check_word(place: &str, template: Option<&Template>, words: &Words, known: &[&str]) -> Result<(), MappingError> {
    let Some(template) = template else { return Ok(()) };
    let wrong = |place: &str, word: &str| {
        let shown: String = word.chars().take(80).collect();
        MappingError::new(place, &format!("'{shown}' is none of the words; {}", nearest::hint(word, known)))
    };
    if let Some(word) = template.fixed() {
        return if known.contains(&word) { Ok(()) } else { Err(wrong(place, word)) };
    }
    let tables = template.only_hole().into_iter().flat_map(|hole| hole.tables());
    for (name, table) in tables.filter_map(|name| Some((name, words.get(name)?))) {
        if let Some((from, word)) = table.iter().find(|(_, word)| !word.is_empty() && !known.contains(&word.as_str())) {
            return Err(wrong(&format!("{place}: words.{name}.\"{from}\""), word));
        }
    }
    Ok(())
}

/// A link is checked where its own words say what it joins.
fn check_link(statements: &mut Statements, subject: &Subject, link: &LinkRule) -> Result<(), MappingError> {
    let is_open = |slots: &[Slot]| find(slots, "kind").is_some_and(|kind| kind.fixed().is_none());
    if is_open(&link.members) || is_open(&link.to) {
        return Ok(());
    }
    let mut value = slots(&link.members, &TARGET);
    value.insert("to".to_owned(), Value::Object(slots(&link.to, &TARGET)));
    statements.link(subject, &link.place, Value::Object(value)).map_err(told)
}

fn fact(rule: &FactRule) -> Map<String, Value> {
    let mut value = slots(&rule.naming, &SUBJECT);
    value.extend(slots(&rule.members, &SUBJECT));
    let attributes = rule.attributes.iter().map(|(attribute, template)| {
        let sample = match form(*attribute) {
            Form::Moment => fixed_or(template, TIME),
            Form::Outcome => fixed_or(template, Outcome::Running.word()),
            Form::Address | Form::Labels | Form::Text => template.sample(SUBJECT.word, SUBJECT.word),
        };
        (attribute.word().to_owned(), Value::String(sample))
    });
    value.insert("attributes".to_owned(), Value::Object(attributes.collect()));
    let names = rule.names.iter().map(|name| Value::String(name.sample(SUBJECT.word, SUBJECT.word)));
    value.insert("names".to_owned(), names.collect());
    let events = rule.events.iter().map(|event| Value::Object(slots(&event.members, &SUBJECT)));
    value.insert("events".to_owned(), events.collect());
    value
}

/// Members with what a body may give for each.
fn slots(slots: &[Slot], samples: &Samples) -> Map<String, Value> {
    let Samples { word, commit, digest } = samples;
    let kind = find(slots, "kind").and_then(Template::fixed).unwrap_or(NodeKind::Service.word());
    let members = slots.iter().map(|(name, template)| {
        let sample = match *name {
            "kind" => template.sample(kind, kind),
            "at" => fixed_or(template, TIME),
            "class" => fixed_or(template, "L0"),
            "what" => fixed_or(template, "happened"),
            "key" => template.sample(&format!("cdevents:v0:sample::::{kind}:{word}"), word),
            "commit" => template.sample(commit, commit),
            "digest" => template.sample(&format!("sha256:{digest}"), digest),
            "repository" => template.sample(&format!("https://sample.example/acme/{word}"), &format!("acme/{word}")),
            "url" => template.sample(&format!("https://sample.example/{word}"), word),
            // A ticket of Jira has a dash in its id; a part of one may be the number behind it.
            "id" => template.sample(&format!("SAMPLE-{word}"), word),
            _ => template.sample(word, word),
        };
        ((*name).to_owned(), Value::String(sample))
    });
    members.collect()
}

fn find<'s>(slots: &'s [Slot], name: &str) -> Option<&'s Template> {
    slots.iter().find(|(known, _)| *known == name).map(|(_, template)| template)
}

fn fixed_or(template: &Template, sample: &str) -> String {
    template.fixed().unwrap_or(sample).to_owned()
}

/// The complaint of the reader of facts, which begins with the place.
fn told(error: ParseError) -> MappingError {
    match error {
        ParseError::Body { expected: _, cause } => MappingError::new("", &cause),
        ParseError::Header(_) | ParseError::Key(_) | ParseError::TooMany { .. } => {
            MappingError::new("", &error.to_string())
        }
    }
}
