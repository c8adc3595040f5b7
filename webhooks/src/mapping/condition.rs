//! Conditions: what must stand at a place for a statement to be made.

use serde_json::Value;

use super::expression::{Expression, Given};
use super::scope::{Scope, text_of};
use super::trial::Unmet;

/// All of these must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct When(pub(super) Vec<Condition>);

/// One place and what may stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    /// The place.
    pub(super) place: Expression,
    /// What is wanted there: none of the refused ones, and one of the others, if there are others.
    pub(super) wanted: Vec<Wanted>,
}

/// What may stand at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// `"*"`: anything that is there and not empty.
    Something,
    /// `""`: it is missing or empty.
    Nothing,
    /// This text.
    Text(String),
    /// `"!x"`: anything but this text; also nothing.
    Not(String),
}

impl Wanted {
    /// Reads an entry of the list of a condition.
    pub(super) fn read(text: &str) -> Self {
        match text.strip_prefix('!') {
            _ if text.is_empty() => Self::Nothing,
            _ if text == "*" => Self::Something,
            Some("") => Self::Something,
            Some(refused) => Self::Not(refused.to_owned()),
            None => Self::Text(text.to_owned()),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Something => "something".to_owned(),
            Self::Nothing => "nothing".to_owned(),
            Self::Text(text) => format!("'{text}'"),
            Self::Not(text) => format!("anything but '{text}'"),
        }
    }
}

impl When {
    /// Whether all conditions hold.
    pub(super) fn holds(&self, scope: &Scope<'_>) -> bool {
        self.0.iter().all(|condition| condition.holds(scope))
    }

    /// The places that are looked at.
    pub(super) fn places(&self) -> impl Iterator<Item = &Expression> {
        self.0.iter().map(|condition| &condition.place)
    }

    /// Those that do not hold, with what was found.
    pub(super) fn unmet(&self, scope: &Scope<'_>) -> Vec<Unmet> {
        let unmet = self.0.iter().filter(|condition| !condition.holds(scope));
        unmet.map(|condition| condition.describe(scope)).collect()
    }
}

impl Condition {
    fn holds(&self, scope: &Scope<'_>) -> bool {
        let (there, text) = match self.place.given(scope) {
            Given::Nothing | Given::Blank => (false, None),
            Given::Value(value) => (true, text_of(&value)),
        };
        let text = text.as_deref();
        let mut chosen = None;
        for wanted in &self.wanted {
            let fits = match wanted {
                Wanted::Something => there,
                Wanted::Nothing => !there,
                Wanted::Text(wanted) => text == Some(wanted.as_str()),
                Wanted::Not(refused) if text == Some(refused.as_str()) => return false,
                Wanted::Not(_) => continue,
            };
            chosen = Some(chosen.unwrap_or(false) || fits);
        }
        chosen.unwrap_or(true)
    }

    fn describe(&self, scope: &Scope<'_>) -> Unmet {
        let found = match self.place.given(scope) {
            Given::Nothing | Given::Blank => None,
            Given::Value(value) => Some(shown(&value)),
        };
        let wanted: Vec<String> = self.wanted.iter().map(Wanted::describe).collect();
        Unmet::new(self.place.source(), &wanted.join(" or "), found.as_deref())
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("a list of {}", values.len()),
        Value::Object(members) => format!("an object of {}", members.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text_of(value).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::expression::Around;
    use super::super::scope::Words;
    use super::{Condition, Expression, Scope, Wanted, When};

    fn holds(wanted: &[&str], body: &Value) -> bool {
        let words = Words::new();
        let place = Expression::read("/a", Around { words: &words, has_element: false }).unwrap();
        let wanted = wanted.iter().map(|text| Wanted::read(text)).collect();
        let scope = Scope { body, element: None, headers: &[], words: &words };
        let when = When(vec![Condition { place, wanted }]);
        assert_eq!(when.unmet(&scope).is_empty(), when.holds(&scope));
        when.holds(&scope)
    }

    #[test]
    fn every_form_of_a_condition() {
        let x = json!({ "a": "x" });
        let number = json!({ "a": 7 });
        let list = json!({ "a": ["x"] });
        let none = json!({ "b": "x" });
        let empty = json!({ "a": " " });
        for (wanted, body, expected) in [
            (vec!["x"], &x, true),
            (vec!["y", "x"], &x, true),
            (vec!["y"], &x, false),
            (vec!["x"], &none, false),
            (vec!["7"], &number, true),
            (vec!["x"], &list, false),
            (vec!["*"], &list, true),
            (vec!["*"], &x, true),
            (vec!["*"], &empty, false),
            (vec!["*"], &none, false),
            (vec![""], &none, true),
            (vec![""], &empty, true),
            (vec![""], &x, false),
            (vec!["", "x"], &x, true),
            (vec!["!x"], &x, false),
            (vec!["!y"], &x, true),
            (vec!["!x"], &none, true),
            (vec!["!y", "!z"], &x, true),
            (vec!["!y", "!x"], &x, false),
            (vec!["*", "!x"], &x, false),
            (vec!["*", "!x"], &none, false),
            (vec!["*", "!x"], &number, true),
        ] {
            assert_eq!(holds(&wanted, body), expected, "{wanted:?} {body}");
        }
    }
}
