//! Filters: what is done to a value between its place in the body and its place in a statement.

use serde_json::{Map, Value};
use throughline_domain::time::Timestamp;
use url::Url;

use super::moment;
use super::scope::{Words, text_of};
use crate::fact_format::nearest;

/// The words of all filters.
const FILTERS: &[&str] = &[
    "after", "before", "count", "digits", "host", "join", "line", "lower", "millis", "query", "seconds", "tag", "time",
    "upper", "word", "words",
];

/// The entry of a table of words that stands for every word without an entry.
const ANY_OTHER: &str = "*";

/// How many entries of a list of tags, or of a list to be joined, are looked at.
const MAX_ENTRIES: usize = 1_000;

/// The members under which a list of objects has the name of a tag.
const TAG_NAMES: [&str; 3] = ["key", "name", "tag"];

/// A filter with its argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    /// Unix seconds as RFC 3339.
    Seconds,
    /// Unix milliseconds as RFC 3339.
    Millis,
    /// A time of any usual spelling as RFC 3339.
    Time,
    /// In lower case.
    Lower,
    /// In upper case.
    Upper,
    /// The first line.
    Line,
    /// The host of a web address.
    Host,
    /// The elements of a list, separated by commas.
    Join,
    /// How many elements a list has.
    Count,
    /// The first run of digits.
    Digits,
    /// What stands before the first such text; all, where there is none.
    Before(String),
    /// What stands after the first such text; all, where there is none.
    After(String),
    /// The word of that number, from 0.
    Word(usize),
    /// What the query of a web address has under that name.
    Query(String),
    /// What a table has for it.
    Words(String),
    /// The value of that tag.
    Tag(String),
}

impl Filter {
    /// A filter by its word and argument.
    pub(super) fn new(word: &str, argument: Option<&str>, words: &Words) -> Result<Self, String> {
        let filter = match (word, argument) {
            ("seconds", None) => Self::Seconds,
            ("millis", None) => Self::Millis,
            ("time", None) => Self::Time,
            ("lower", None) => Self::Lower,
            ("upper", None) => Self::Upper,
            ("line", None) => Self::Line,
            ("host", None) => Self::Host,
            ("join", None) => Self::Join,
            ("count", None) => Self::Count,
            ("digits", None) => Self::Digits,
            ("before", Some(mark)) if !mark.is_empty() => Self::Before(mark.to_owned()),
            ("after", Some(mark)) if !mark.is_empty() => Self::After(mark.to_owned()),
            ("word", Some(number)) => Self::Word(
                number.trim().parse().map_err(|_| format!("'word:{number}' needs the number of a word, from 0"))?,
            ),
            ("words", Some(table)) => {
                let table = table.trim();
                if !words.contains_key(table) {
                    let known: Vec<&str> = words.keys().map(String::as_str).collect();
                    return Err(format!("there is no table [words.{table}]; {}", nearest::hint(table, &known)));
                }
                Self::Words(table.to_owned())
            }
            ("query", Some(name)) if !name.trim().is_empty() => Self::Query(name.trim().to_owned()),
            ("tag", Some(name)) if !name.trim().is_empty() => Self::Tag(name.trim().to_owned()),
            (known, Some(_)) if FILTERS.contains(&known) && !takes_argument(known) => {
                return Err(format!("the filter '{known}' takes nothing behind a colon"));
            }
            (known, _) if FILTERS.contains(&known) => {
                return Err(format!("the filter '{known}' needs something behind a colon"));
            }
            (unknown, _) => {
                let shown: String = unknown.chars().take(40).collect();
                return Err(format!("the filter '{shown}' is not known; {}", nearest::hint(unknown, FILTERS)));
            }
        };
        Ok(filter)
    }

    /// What becomes of a value; `None` where nothing is left.
    pub(super) fn apply(&self, value: &Value, words: &Words) -> Option<Value> {
        let text = || text_of(value);
        match self {
            Self::Seconds => written(moment::counted(&text()?, 1)),
            Self::Millis => written(moment::counted(&text()?, 1_000)),
            Self::Time => written(moment::guessed(&text()?)),
            Self::Lower => said(text()?.to_lowercase()),
            Self::Upper => said(text()?.to_uppercase()),
            Self::Line => said(text()?.lines().next().unwrap_or_default().to_owned()),
            Self::Host => said(Url::parse(&text()?).ok()?.host_str()?.to_owned()),
            Self::Join => joined(value),
            Self::Count => count(value).map(|count| Value::String(count.to_string())),
            Self::Digits => said(first_digits(&text()?).to_owned()),
            Self::Before(mark) => {
                let text = text()?;
                said(text.split_once(mark.as_str()).map_or(text.as_str(), |(before, _)| before).to_owned())
            }
            Self::After(mark) => {
                let text = text()?;
                said(text.split_once(mark.as_str()).map_or(text.as_str(), |(_, after)| after).to_owned())
            }
            Self::Word(number) => said(text()?.split_whitespace().nth(*number)?.to_owned()),
            Self::Query(name) => {
                let address = Url::parse(&text()?).ok()?;
                let mut pairs = address.query_pairs();
                said(pairs.find(|(known, _)| known == name.as_str())?.1.into_owned())
            }
            Self::Words(table) => {
                let table = words.get(table)?;
                said(table.get(&text()?).or_else(|| table.get(ANY_OTHER))?.clone())
            }
            Self::Tag(name) => tag(value, name),
        }
    }

    /// The table that the filter looks up.
    pub(super) fn table(&self) -> Option<&str> {
        match self {
            Self::Words(table) => Some(table),
            Self::Seconds
            | Self::Millis
            | Self::Time
            | Self::Lower
            | Self::Upper
            | Self::Line
            | Self::Host
            | Self::Join
            | Self::Count
            | Self::Digits
            | Self::Before(_)
            | Self::After(_)
            | Self::Word(_)
            | Self::Query(_)
            | Self::Tag(_) => None,
        }
    }
}

fn takes_argument(word: &str) -> bool {
    matches!(word, "after" | "before" | "query" | "tag" | "word" | "words")
}

fn written(at: Option<Timestamp>) -> Option<Value> {
    at.map(|at| Value::String(at.to_string()))
}

fn said(text: String) -> Option<Value> {
    (!text.trim().is_empty()).then_some(Value::String(text))
}

fn joined(value: &Value) -> Option<Value> {
    match value {
        Value::Array(values) => {
            let texts: Vec<String> = values.iter().take(MAX_ENTRIES).filter_map(entry).collect();
            said(texts.join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            text_of(value).and_then(said)
        }
    }
}

/// An entry of a list as text; of a tag that is an object its name and value.
fn entry(value: &Value) -> Option<String> {
    let Value::Object(members) = value else { return text_of(value) };
    let name = tag_name(members)?;
    match members.get("value").and_then(text_of) {
        Some(value) => Some(format!("{name}:{value}")),
        None => Some(name.to_owned()),
    }
}

fn count(value: &Value) -> Option<usize> {
    match value {
        Value::Array(values) => Some(values.len()),
        Value::Object(members) => Some(members.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn first_digits(text: &str) -> &str {
    let rest = text.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    rest.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default()
}

/// The value of a tag, in any of the forms in which tools write a list of tags.
fn tag(value: &Value, name: &str) -> Option<Value> {
    match value {
        Value::Array(values) => values.iter().take(MAX_ENTRIES).find_map(|value| match value {
            Value::String(text) => tag_in_text(text, name),
            Value::Object(members) => tag_in_object(members, name),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
        }),
        Value::Object(members) => members.get(name).cloned(),
        Value::String(text) => text.split(',').take(MAX_ENTRIES).find_map(|text| tag_in_text(text, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// `name:value` or `name=value`, whichever mark comes first.
fn tag_in_text(text: &str, name: &str) -> Option<Value> {
    let (known, value) = text.split_once([':', '='])?;
    (known.trim() == name).then(|| value.trim().to_owned()).and_then(said)
}

/// `{"key": "name", "value": "…"}`.
fn tag_in_object(members: &Map<String, Value>, name: &str) -> Option<Value> {
    if tag_name(members) == Some(name) { members.get("value").cloned() } else { None }
}

fn tag_name(members: &Map<String, Value>) -> Option<&str> {
    TAG_NAMES.iter().find_map(|member| members.get(*member)?.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{FILTERS, Filter, Words, takes_argument, text_of};

    fn words() -> Words {
        let outcome = [("alert", "running"), ("recovered", "success")];
        let state = [("1", "new"), ("*", "other")];
        let table = |entries: &[(&str, &str)]| {
            entries.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
        };
        Words::from([("outcome".to_owned(), table(&outcome)), ("state".to_owned(), table(&state))])
    }

    fn apply(word: &str, argument: Option<&str>, value: &Value) -> Option<String> {
        let filter = Filter::new(word, argument, &words()).unwrap();
        filter.apply(value, &words()).as_ref().and_then(text_of)
    }

    #[test]
    fn every_filter_does_what_the_manual_says() {
        for (word, argument, value, expected) in [
            ("seconds", None, json!(1_773_480_366), Some("2026-03-14T09:26:06Z")),
            ("seconds", None, json!("1773480366.5"), Some("2026-03-14T09:26:06.500Z")),
            ("millis", None, json!(1_773_480_366_535_i64), Some("2026-03-14T09:26:06.535Z")),
            ("millis", None, json!("soon"), None),
            ("time", None, json!("2026-03-14 09:26:06 UTC"), Some("2026-03-14T09:26:06Z")),
            ("time", None, json!(1_773_480_366_535_i64), Some("2026-03-14T09:26:06.535Z")),
            ("lower", None, json!("ALERT"), Some("alert")),
            ("upper", None, json!("pay-12"), Some("PAY-12")),
            ("line", None, json!("one\ntwo"), Some("one")),
            ("host", None, json!("https://Zabbix.acme.example:8443/x?y"), Some("zabbix.acme.example")),
            ("host", None, json!("/x"), None),
            ("query", Some("eventid"), json!("https://acme.example/tr?triggerid=1&eventid=a%202"), Some("a 2")),
            ("query", Some("eventid"), json!("https://acme.example/tr"), None),
            ("query", Some("eventid"), json!("eventid=7"), None),
            ("join", None, json!(["a", 1, {}, "b"]), Some("a,1,b")),
            (
                "join",
                None,
                json!([{ "tag": "env", "value": "prod" }, { "name": "urgent" }, {}]),
                Some("env:prod,urgent"),
            ),
            ("join", None, json!("a"), Some("a")),
            ("join", None, json!([]), None),
            ("count", None, json!([1, 2]), Some("2")),
            ("count", None, json!([]), Some("0")),
            ("count", None, json!("x"), None),
            ("digits", None, json!("acme/checkout#42, 7"), Some("42")),
            ("digits", None, json!("none"), None),
            ("before", Some("/"), json!("acme/checkout"), Some("acme")),
            ("before", Some("/"), json!("acme"), Some("acme")),
            ("before", Some("/"), json!("/acme"), None),
            ("after", Some("://"), json!("https://acme.example"), Some("acme.example")),
            ("after", Some(": "), json!("acme"), Some("acme")),
            ("word", Some("1"), json!(" the second  word"), Some("second")),
            ("word", Some("9"), json!("the second word"), None),
            ("words", Some("outcome"), json!("recovered"), Some("success")),
            ("words", Some("outcome"), json!("paused"), None),
            ("words", Some("state"), json!(1), Some("new")),
            ("words", Some("state"), json!(7), Some("other")),
            ("tag", Some("env"), json!(["service:checkout", "env:prod:eu"]), Some("prod:eu")),
            ("tag", Some("env"), json!(["env=prod"]), Some("prod")),
            ("tag", Some("env"), json!("service:checkout, env:prod"), Some("prod")),
            ("tag", Some("env"), json!([{ "key": "env", "value": "prod" }]), Some("prod")),
            ("tag", Some("env"), json!([{ "name": "env", "value": "prod" }]), Some("prod")),
            ("tag", Some("env"), json!([{ "tag": "env", "value": "prod" }]), Some("prod")),
            ("tag", Some("env"), json!({ "env": "prod" }), Some("prod")),
            ("tag", Some("env"), json!(["environment:prod", "env:", {}, 1, [], null]), None),
            ("tag", Some("env"), json!(7), None),
        ] {
            assert_eq!(apply(word, argument, &value).as_deref(), expected, "{word} {argument:?} {value}");
        }
    }

    #[test]
    fn every_filter_takes_any_value() {
        let values = [json!(null), json!(true), json!(-1.5), json!(""), json!("é\u{0}:"), json!([[], {}]), json!({})];
        for word in FILTERS {
            let arguments: &[&str] = if takes_argument(word) { &["outcome", "é", ":"] } else { &[""] };
            for argument in arguments {
                let argument = takes_argument(word).then_some(*argument);
                let Ok(filter) = Filter::new(word, argument, &words()) else { continue };
                for value in &values {
                    let _ = filter.apply(value, &words());
                }
            }
        }
    }

    #[test]
    fn a_mistake_is_named() {
        for (word, argument, expected) in [
            ("lowwer", None, "did you mean 'lower'?"),
            ("lower", Some("x"), "takes nothing behind a colon"),
            ("before", None, "needs something behind a colon"),
            ("before", Some(""), "needs something behind a colon"),
            ("word", Some("first"), "the number of a word"),
            ("words", Some("outcom"), "did you mean 'outcome'?"),
            ("tag", None, "needs something"),
        ] {
            let error = Filter::new(word, argument, &words()).expect_err(word);
            assert!(error.contains(expected), "{word}: {error}");
        }
    }
}
