//! The user's own words about an alert, in all the forms in which tools send them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::text::plain;

/// Labels, annotations, tags or details: values by name, and bare words.
///
/// Read from an object; from a list of `name:value` or `name=value` texts, of pairs, or of objects with `key` or `name`
/// and `value`; or from such texts in one, separated by commas. Anything else counts as none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    named: BTreeMap<String, String>,
    words: BTreeSet<String>,
}

impl Labels {
    /// The first of these names that says something, with what it says.
    pub fn first(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        names.iter().find_map(|name| {
            let value = self.named.get(*name).map(|value| value.trim()).filter(|value| !value.is_empty())?;
            Some((*name, value))
        })
    }

    /// What the first of these names says that says something.
    pub fn value(&self, names: &[&'static str]) -> Option<&str> {
        self.first(names).map(|(_, value)| value)
    }

    /// The values by name.
    pub fn named(&self) -> &BTreeMap<String, String> {
        &self.named
    }

    /// These, and those of the others that these lack.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        for (name, value) in &others.named {
            self.named.entry(name.clone()).or_insert_with(|| value.clone());
        }
        self.words.extend(others.words.iter().cloned());
        self
    }

    /// All of them in one line: `name=value,…`, then the bare words.
    pub fn written(&self) -> String {
        let named = self.named.iter().map(|(name, value)| format!("{name}={value}"));
        named.chain(self.words.iter().cloned()).collect::<Vec<_>>().join(",")
    }

    fn of(value: Value) -> Self {
        let mut labels = Self::default();
        match value {
            Value::Object(members) => members.into_iter().for_each(|(name, value)| labels.name(name, value)),
            Value::Array(items) => items.into_iter().for_each(|item| labels.item(item)),
            Value::String(text) => text.split(',').for_each(|word| labels.word(word)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        labels
    }

    fn item(&mut self, item: Value) {
        match item {
            Value::String(text) => self.word(&text),
            Value::Array(parts) => {
                let mut parts = parts.into_iter();
                if let (Some(Value::String(name)), Some(value), None) = (parts.next(), parts.next(), parts.next()) {
                    self.name(name, value);
                }
            }
            Value::Object(mut members) => {
                let name = members.remove("key").or_else(|| members.remove("name"));
                if let (Some(Value::String(name)), Some(value)) = (name, members.remove("value")) {
                    self.name(name, value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn name(&mut self, name: String, value: Value) {
        if let Some(value) = plain(value) {
            self.named.insert(name, value);
        }
    }

    /// `service:checkout` is a name with its value; an address and a sentence are not, whatever colons they have.
    fn word(&mut self, word: &str) {
        let word = word.trim();
        let is_name = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
        match word.split_once([':', '=']) {
            Some((name, value)) if is_name(name) && !value.starts_with("//") => {
                self.named.insert(name.to_owned(), value.trim().to_owned());
            }
            _ if word.is_empty() => {}
            _ => {
                self.words.insert(word.to_owned());
            }
        }
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(Value::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::Labels;

    fn read(json: &str) -> Labels {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_form_says_the_same() {
        for json in [
            r#"{"service":"checkout","count":7,"nothing":null,"list":[1]}"#,
            r#"["service:checkout","count=7"]"#,
            r#"[["service","checkout"],["count",7],["broken"],[1,2]]"#,
            r#"[{"key":"service","value":"checkout"},{"name":"count","value":7},{"value":"x"}]"#,
            r#""service:checkout, count:7,""#,
        ] {
            let labels = read(json);
            assert_eq!(labels.written(), "count=7,service=checkout", "{json}");
            assert_eq!(labels.first(&["app", "service"]), Some(("service", "checkout")), "{json}");
        }
    }

    #[test]
    fn what_is_no_name_is_a_word() {
        let labels = read(r#"["production","https://acme.example/a","two words: here","a:"," "]"#);
        assert_eq!(labels.written(), "a=,https://acme.example/a,production,two words: here");
        assert_eq!(labels.value(&["a"]), None);
        assert_eq!(read("7"), Labels::default());
    }

    #[test]
    fn the_first_to_say_it_counts() {
        let labels = read(r#"{"service":"checkout"}"#).and(&read(r#"["service:ledger","team:payments","urgent"]"#));
        assert_eq!(labels.written(), "service=checkout,team=payments,urgent");
    }
}
