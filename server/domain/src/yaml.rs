//! YAML from outside as plain values, with bounds that no file gets around: a few aliases could else stand for billions
//! of values.

use std::collections::HashMap;

use serde_json::{Map, Value};
use thiserror::Error;
use yaml_rust2::Yaml;
use yaml_rust2::parser::{Event, Parser, Tag};
use yaml_rust2::scanner::TScalarStyle;

/// The longest text that is read, in bytes.
pub const MAX_YAML_BYTES: usize = 2 * 1024 * 1024;

/// The deepest that lists and mappings may lie in one another.
pub const MAX_YAML_DEPTH: usize = 64;

/// The most that a text may stand for, in values, those that aliases repeat included; a long text counts as several.
pub const MAX_YAML_VALUES: usize = 200_000;

/// How many bytes of a text count as one value more.
const BYTES_PER_VALUE: usize = 64;

/// The member whose own members are taken over into the mapping that it stands in.
const MERGE: &str = "<<";

/// Why a text is not read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum YamlError {
    /// It is no YAML; the place is named.
    #[error("it is no YAML: {0}")]
    Form(String),
    /// It is longer than [`MAX_YAML_BYTES`].
    #[error("it has {0} bytes; at most {MAX_YAML_BYTES} are read")]
    TooLong(usize),
    /// It is deeper than [`MAX_YAML_DEPTH`].
    #[error("it is nested more than {MAX_YAML_DEPTH} levels deep")]
    TooDeep,
    /// It stands for more than [`MAX_YAML_VALUES`].
    #[error("with its aliases it stands for more than {MAX_YAML_VALUES} values")]
    TooLarge,
}

/// Every document of a text, in order. Of a member that is there twice the later one counts.
///
/// # Errors
/// A [`YamlError`].
pub fn documents(text: &str) -> Result<Vec<Value>, YamlError> {
    if text.len() > MAX_YAML_BYTES {
        return Err(YamlError::TooLong(text.len()));
    }
    let mut parser = Parser::new_from_str(text.trim_start_matches('\u{feff}'));
    let mut reading = Reading::default();
    loop {
        let (event, _) = parser.next_token().map_err(|error| YamlError::Form(error.to_string()))?;
        if event == Event::StreamEnd {
            return Ok(reading.documents);
        }
        reading.take(event)?;
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    documents: Vec<Value>,
    open: Vec<Frame>,
    anchors: HashMap<usize, Weighed>,
    weight: usize,
}

/// A value, how many values it stands for, and how deep it is.
#[derive(Clone)]
struct Weighed {
    value: Value,
    weight: usize,
    depth: usize,
}

/// A list or mapping that has not ended.
struct Frame {
    content: Content,
    anchor: usize,
    weight: usize,
    /// How deep the deepest of its values is.
    depth: usize,
}

enum Content {
    List(Vec<Value>),
    Members { members: Map<String, Value>, name: Option<String> },
}

impl Reading {
    fn take(&mut self, event: Event) -> Result<(), YamlError> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart | Event::DocumentEnd => {
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let weight = 1 + text.len() / BYTES_PER_VALUE;
                self.put(Weighed { value: scalar(text, style, tag.as_ref()), weight, depth: 0 }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.begin(Content::List(Vec::new()), anchor),
            Event::MappingStart(anchor, _) => self.begin(Content::Members { members: Map::new(), name: None }, anchor),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => {
                let nothing = Weighed { value: Value::Null, weight: 1, depth: 0 };
                let repeated = self.anchors.get(&anchor).map_or(nothing, Clone::clone);
                self.put(repeated, 0)
            }
        }
    }

    fn begin(&mut self, content: Content, anchor: usize) -> Result<(), YamlError> {
        if self.open.len() == MAX_YAML_DEPTH {
            return Err(YamlError::TooDeep);
        }
        self.open.push(Frame { content, anchor, weight: 1, depth: 0 });
        Ok(())
    }

    fn end(&mut self) -> Result<(), YamlError> {
        let Some(Frame { content, anchor, weight, depth }) = self.open.pop() else { return Ok(()) };
        let value = match content {
            Content::List(values) => Value::Array(values),
            Content::Members { members, name: _ } => Value::Object(members),
        };
        // Its parts have been counted when they were put into it.
        self.weight = self.weight.saturating_sub(weight.saturating_sub(1));
        self.put(Weighed { value, weight, depth: depth + 1 }, anchor)
    }

    /// Puts a value where it belongs. What it weighs is counted before anything of it is copied.
    fn put(&mut self, new: Weighed, anchor: usize) -> Result<(), YamlError> {
        // What an alias repeats lies as deep as it is deep itself.
        if self.open.len() + new.depth > MAX_YAML_DEPTH {
            return Err(YamlError::TooDeep);
        }
        let copies = if anchor > 0 { 2 } else { 1 };
        self.weight = self.weight.saturating_add(new.weight.saturating_mul(copies));
        if self.weight > MAX_YAML_VALUES {
            return Err(YamlError::TooLarge);
        }
        if anchor > 0 {
            self.anchors.insert(anchor, new.clone());
        }
        let Weighed { value, weight, depth } = new;
        let Some(frame) = self.open.last_mut() else {
            self.documents.push(value);
            return Ok(());
        };
        frame.weight += weight;
        frame.depth = frame.depth.max(depth);
        match &mut frame.content {
            Content::List(values) => values.push(value),
            Content::Members { members, name } => match name.take() {
                None => *name = Some(written(value)),
                Some(merged) if merged == MERGE => merge(members, value),
                Some(name) => {
                    members.insert(name, value);
                }
            },
        }
        Ok(())
    }
}

/// The name of a member; YAML allows any value for one.
fn written(name: Value) -> String {
    match name {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn merge(members: &mut Map<String, Value>, value: Value) {
    let several = match value {
        Value::Object(_) => vec![value],
        Value::Array(values) => values,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for merged in several {
        if let Value::Object(merged) = merged {
            for (name, value) in merged {
                members.entry(name).or_insert(value);
            }
        }
    }
}

fn scalar(text: String, style: TScalarStyle, tag: Option<&Tag>) -> Value {
    if style != TScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix == "str") {
        return Value::String(text);
    }
    match Yaml::from_str(&text) {
        Yaml::Null => Value::Null,
        Yaml::Boolean(flag) => Value::Bool(flag),
        Yaml::Integer(number) => Value::from(number),
        Yaml::Real(_) => {
            let number = text.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
            number.map_or(Value::String(text), Value::Number)
        }
        Yaml::String(_) | Yaml::Array(_) | Yaml::Hash(_) | Yaml::Alias(_) | Yaml::BadValue => Value::String(text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{YamlError, documents};

    #[test]
    fn values_become_what_they_say() {
        let text = "a: 1\nb: [true, ~, 1.5, '7']\nc:\n  d: |\n    two\n    lines\n---\n- x\n- !!str 12\n";
        let expected =
            vec![json!({"a": 1, "b": [true, null, 1.5, "7"], "c": {"d": "two\nlines\n"}}), json!(["x", "12"])];
        assert_eq!(documents(text), Ok(expected));
        assert_eq!(documents(""), Ok(vec![]));
        assert_eq!(documents("a: 1\na: 2"), Ok(vec![json!({"a": 2})]));
    }

    #[test]
    fn aliases_and_merges_are_followed() {
        let text = "base: &base {severity: page, for: 5m}\none:\n  <<: *base\n  for: 1m\ntwo: *base\n";
        let found = documents(text).unwrap();
        assert_eq!(found[0]["one"], json!({"severity": "page", "for": "1m"}));
        assert_eq!(found[0]["two"], json!({"severity": "page", "for": "5m"}));
    }

    #[test]
    fn what_grows_without_end_is_refused() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let before = level - 1;
            let list = vec![format!("*a{before}"); 9].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{list}]\n"));
        }
        assert_eq!(documents(&bomb), Err(YamlError::TooLarge));
        let deep = format!("{}{}", "[".repeat(80), "]".repeat(80));
        assert_eq!(documents(&deep), Err(YamlError::TooDeep));
        let half = |inner: &str| format!("{}{inner}{}", "[".repeat(40), "]".repeat(40));
        let chained = format!("a: &a {}\nb: {}", half("x"), half("*a"));
        assert_eq!(documents(&chained), Err(YamlError::TooDeep));
        assert!(matches!(documents(&"x".repeat(3_000_000)), Err(YamlError::TooLong(_))));
        assert!(matches!(documents("a: [1"), Err(YamlError::Form(_))));
    }

    proptest! {
        #[test]
        fn any_text_can_be_tried(text in "[-a-c:&*|>\\[\\]{}!'\"#, \n]{0,60}") {
            let _ = documents(&text);
        }
    }
}
