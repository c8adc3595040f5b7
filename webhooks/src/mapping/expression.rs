//! An expression: places of which the first that says something counts, and filters behind them.
//!
//! In `/host ?? @x-host ?? 'Unknown'|lower` the filters are for whichever place counts. As soon as another place than
//! the last has filters, each place has its own: `/tags|tag:env ?? /environment|lower`.

use std::borrow::Cow;

use serde_json::Value;

use super::filter::Filter;
use super::scope::{Scope, Words, is_there, text_of};

/// The most places of one expression.
const MAX_PLACES: usize = 16;

/// The most filters behind one place.
const MAX_FILTERS: usize = 8;

/// What stands between two places.
const OR: &str = " ?? ";

/// What the reader of an expression must know of the mapping around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around<'a> {
    /// The tables of words.
    pub(super) words: &'a Words,
    /// Whether there is a list whose elements `./…` is about.
    pub(super) has_element: bool,
}

/// Places and filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expression {
    source: String,
    alternatives: Vec<Alternative>,
    filters: Vec<Filter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Alternative {
    place: Place,
    filters: Vec<Filter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A JSON pointer from the root of the body.
    Body(String),
    /// A JSON pointer from the element.
    Element(String),
    /// A kept header.
    Header(String),
    /// A text.
    Literal(String),
}

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given<'a> {
    /// No place says anything.
    Nothing,
    /// The literal `''`, by which a mapping says that nothing is meant.
    Blank,
    /// This.
    Value(Cow<'a, Value>),
}

impl Expression {
    /// Reads a text that is an expression as a whole.
    pub(super) fn read(text: &str, around: Around<'_>) -> Result<Self, String> {
        let (expression, _) = Self::take(text, Ends::WithText, around)?;
        Ok(expression)
    }

    /// Reads an expression whose opening brace has been read; gives it with the text behind its closing brace.
    pub(super) fn read_braced<'t>(text: &'t str, around: Around<'_>) -> Result<(Self, &'t str), String> {
        let (expression, rest) = Self::take(text, Ends::WithBrace, around)?;
        match rest.strip_prefix('}') {
            Some(rest) => Ok((expression, rest)),
            None => Err("a '{' has no '}'; write '{{' for a brace".to_owned()),
        }
    }

    /// As it was written.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// What it comes to.
    pub(super) fn given<'a>(&self, scope: &Scope<'a>) -> Given<'a> {
        for alternative in &self.alternatives {
            if matches!(&alternative.place, Place::Literal(text) if text.is_empty()) {
                return Given::Blank;
            }
            let found = alternative.place.value(scope);
            let found = found.and_then(|value| filtered(value, &alternative.filters, scope.words));
            if let Some(value) = found.filter(|value| is_there(value)) {
                return match filtered(value, &self.filters, scope.words).filter(|value| is_there(value)) {
                    Some(value) => Given::Value(value),
                    None => Given::Nothing,
                };
            }
        }
        Given::Nothing
    }

    /// What it comes to as text: `None` for nothing, an empty text where the mapping says so.
    pub(super) fn text(&self, scope: &Scope<'_>) -> Option<String> {
        match self.given(scope) {
            Given::Nothing => None,
            Given::Blank => Some(String::new()),
            Given::Value(value) => text_of(&value),
        }
    }

    /// The headers that it reads.
    pub(super) fn headers(&self) -> impl Iterator<Item = &str> {
        self.alternatives.iter().filter_map(|alternative| match &alternative.place {
            Place::Header(name) => Some(name.as_str()),
            Place::Body(_) | Place::Element(_) | Place::Literal(_) => None,
        })
    }

    /// The tables from which the words come that the expression gives.
    pub(super) fn tables(&self) -> impl Iterator<Item = &str> {
        let last = self.filters.last();
        let own = self.alternatives.iter().filter_map(|alternative| alternative.filters.last());
        last.into_iter().chain(own.filter(move |_| last.is_none())).filter_map(Filter::table)
    }

    fn take<'t>(text: &'t str, ends: Ends, around: Around<'_>) -> Result<(Self, &'t str), String> {
        let mut alternatives = Vec::new();
        let mut rest = text;
        loop {
            let (place, behind) = Place::take(rest, ends, around)?;
            let (filters, behind) = take_filters(behind, ends, around.words)?;
            alternatives.push(Alternative { place, filters });
            if alternatives.len() > MAX_PLACES {
                return Err(format!("more than {MAX_PLACES} places, one for another"));
            }
            rest = behind;
            match behind.strip_prefix(OR) {
                Some(next) => rest = next,
                None => break,
            }
        }
        let filters = match alternatives.split_last_mut() {
            Some((last, others)) if others.iter().all(|other| other.filters.is_empty()) => {
                std::mem::take(&mut last.filters)
            }
            Some(_) | None => Vec::new(),
        };
        let source = text.get(..text.len() - rest.len()).unwrap_or(text).trim().to_owned();
        Ok((Self { source, alternatives, filters }, rest))
    }
}

/// Where an expression ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    WithText,
    WithBrace,
}

impl Ends {
    /// The length of the text before the next mark that ends a place or an argument.
    fn before_mark(self, text: &str) -> usize {
        let mark = match self {
            Ends::WithText => text.find('|'),
            Ends::WithBrace => text.find(['|', '}']),
        };
        let mark = mark.unwrap_or(text.len());
        text.find(OR).map_or(mark, |or| or.min(mark))
    }
}

impl Place {
    fn take<'t>(text: &'t str, ends: Ends, around: Around<'_>) -> Result<(Self, &'t str), String> {
        let (quoted, behind) = quoted(text.trim_start(), ends)?;
        if let Some(literal) = quoted {
            return Ok((Self::Literal(literal.to_owned()), behind));
        }
        let (written, behind) = split(text, ends.before_mark(text));
        let place = Self::new(written.trim(), around)?;
        Ok((place, behind))
    }

    fn new(written: &str, around: Around<'_>) -> Result<Self, String> {
        let shown: String = written.chars().take(80).collect();
        if written.contains("??") {
            return Err(format!("'{shown}': between two places stands ' ?? ', with a blank on either side"));
        }
        if let Some(name) = written.strip_prefix('@') {
            let fits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            return if fits {
                Ok(Self::Header(name.to_ascii_lowercase()))
            } else {
                Err(format!("'{shown}' is no header; write it as in '@x-event-key'"))
            };
        }
        if let Some(pointer) = written.strip_prefix('.') {
            if !around.has_element {
                return Err(format!("'{shown}' is a place within an element, and there is no 'each' here"));
            }
            return checked_pointer(pointer).map(Self::Element);
        }
        if written.is_empty() {
            return Err("this names no place; write it as in '{/title}'".to_owned());
        }
        checked_pointer(written).map(Self::Body)
    }

    fn value<'a>(&self, scope: &Scope<'a>) -> Option<Cow<'a, Value>> {
        match self {
            Self::Body(pointer) => scope.body.pointer(pointer).map(Cow::Borrowed),
            Self::Element(pointer) => scope.element?.pointer(pointer).map(Cow::Borrowed),
            Self::Header(name) => scope.header(name).map(|value| Cow::Owned(Value::String(value.to_owned()))),
            Self::Literal(text) => Some(Cow::Owned(Value::String(text.clone()))),
        }
    }
}

/// A JSON pointer (RFC 6901), or a complaint.
pub(super) fn checked_pointer(written: &str) -> Result<String, String> {
    let shown: String = written.chars().take(80).collect();
    if !written.is_empty() && !written.starts_with('/') {
        return Err(format!("'{shown}' is no place; write '/{shown}' for a member of the body"));
    }
    let escapes = written.split('~').skip(1).all(|behind| behind.starts_with(['0', '1']));
    if escapes { Ok(written.to_owned()) } else { Err(format!("'{shown}': write '~0' for '~', and '~1' for '/'")) }
}

fn filtered<'a>(value: Cow<'a, Value>, filters: &[Filter], words: &Words) -> Option<Cow<'a, Value>> {
    filters.iter().try_fold(value, |value, filter| filter.apply(&value, words).map(Cow::Owned))
}

fn take_filters<'t>(text: &'t str, ends: Ends, words: &Words) -> Result<(Vec<Filter>, &'t str), String> {
    let mut filters = Vec::new();
    let mut rest = text;
    while let Some(behind) = rest.strip_prefix('|') {
        let end = ends.before_mark(behind);
        let (filter, after) = match behind.find(':').filter(|colon| *colon < end) {
            None => {
                let (word, after) = split(behind, end);
                (Filter::new(word.trim(), None, words)?, after)
            }
            Some(colon) => {
                let (word, argument) = split(behind, colon);
                let argument = argument.strip_prefix(':').unwrap_or(argument);
                let (literal, after) = quoted(argument, ends)?;
                let (argument, after) = match literal {
                    Some(literal) => (literal, after),
                    None => split(argument, ends.before_mark(argument)),
                };
                (Filter::new(word.trim(), Some(argument), words)?, after)
            }
        };
        filters.push(filter);
        if filters.len() > MAX_FILTERS {
            return Err(format!("more than {MAX_FILTERS} filters, one behind the other"));
        }
        rest = after;
    }
    Ok((filters, rest))
}

/// The literal in single quotes with which a text begins, and what comes behind it; all of it, where there is none.
fn quoted(text: &str, ends: Ends) -> Result<(Option<&str>, &str), String> {
    let Some(inner) = text.strip_prefix('\'') else { return Ok((None, text)) };
    let (literal, behind) = inner.split_once('\'').ok_or("a ' has no second one")?;
    let (between, rest) = split(behind, ends.before_mark(behind));
    if between.trim().is_empty() {
        Ok((Some(literal), rest))
    } else {
        Err(format!("behind '{literal}' there can be a filter or ' ?? ', and not '{}'", between.trim()))
    }
}

fn split(text: &str, length: usize) -> (&str, &str) {
    text.split_at_checked(length).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Around, Expression, Scope, Words};

    fn words() -> Words {
        let table = [("a".to_owned(), "first".to_owned())].into_iter().collect();
        Words::from([("letters".to_owned(), table)])
    }

    fn text(expression: &str) -> Option<String> {
        let words = words();
        let body = json!({
            "a": "a", "b": "B", "none": null, "empty": " ", "list": ["env:prod"], "a/b": "slash", "it's": "quote", "zero": 0
        });
        let element = json!({ "name": "inner" });
        let headers = [("x-event".to_owned(), "opened".to_owned())];
        let scope = Scope { body: &body, element: Some(&element), headers: &headers, words: &words };
        Expression::read(expression, Around { words: &words, has_element: true }).unwrap().text(&scope)
    }

    #[test]
    fn the_first_place_that_says_something_counts() {
        for (expression, expected) in [
            ("/a", Some("a")),
            (" /a ", Some("a")),
            ("/missing", None),
            ("/none ?? /empty ?? /b", Some("B")),
            ("/zero ?? /b", Some("0")),
            ("/a~1b", Some("slash")),
            ("/it's", Some("quote")),
            ("./name", Some("inner")),
            ("./other ?? /a", Some("a")),
            (".", None),
            ("@x-event", Some("opened")),
            ("@X-Event", Some("opened")),
            ("@x-other ?? 'a } | ?? b'", Some("a } | ?? b")),
            ("/missing ?? ''", Some("")),
            ("/list", None),
            ("/list/0", Some("env:prod")),
            ("/list|tag:env", Some("prod")),
        ] {
            assert_eq!(text(expression).as_deref(), expected, "{expression}");
        }
    }

    #[test]
    fn filters_are_for_one_place_or_for_all() {
        for (expression, expected) in [
            ("/missing ?? /b|lower", Some("b")),
            ("/b ?? /a|lower", Some("b")),
            ("/b|lower ?? /a", Some("b")),
            ("/list|tag:team ?? /b|lower", Some("b")),
            ("/list|tag:env ?? /b|upper", Some("prod")),
            ("/list|tag:team ?? /list|tag:env", Some("prod")),
            ("/list|tag:env ?? /list|tag:team", Some("prod")),
            ("/b|words:letters ?? 'none'", Some("none")),
            ("/b ?? 'none'|words:letters", None),
            ("/b | lower | words:letters ?? 'none'", Some("none")),
            ("/a | words:letters", Some("first")),
            ("/list/0|before:':'", Some("env")),
            ("/list/0|after:v:|upper", Some("PROD")),
        ] {
            assert_eq!(text(expression).as_deref(), expected, "{expression}");
        }
    }

    #[test]
    fn a_mistake_is_named() {
        let words = words();
        for (expression, expected) in [
            ("", "names no place"),
            ("title", "write '/title'"),
            ("/a ??/b", "' ?? '"),
            ("/a~b", "'~0'"),
            ("@", "no header"),
            ("@:mapping", "no header"),
            ("./a", "no 'each'"),
            ("'open", "no second one"),
            ("'a' b", "behind 'a'"),
            ("/a|lowr", "did you mean 'lower'?"),
            ("/a|", "the filter '' is not known"),
        ] {
            let error = Expression::read(expression, Around { words: &words, has_element: false });
            let error = error.expect_err(expression);
            assert!(error.contains(expected), "{expression}: {error}");
        }
        let many = ["/a"; 17].join(" ?? ");
        assert!(Expression::read(&many, Around { words: &words, has_element: false }).is_err());
    }

    #[test]
    fn tells_which_tables_its_words_come_from() {
        let words = words();
        for (expression, expected) in [
            ("/a|words:letters", vec!["letters"]),
            ("/a|words:letters ?? 'x'", vec!["letters"]),
            ("/a|words:letters ?? 'x'|lower", vec!["letters"]),
            ("/a ?? /b|words:letters", vec!["letters"]),
            ("/a ?? /b|lower", vec![]),
            ("/a|words:letters|lower", vec![]),
        ] {
            let expression = Expression::read(expression, Around { words: &words, has_element: false }).unwrap();
            assert_eq!(expression.tables().collect::<Vec<_>>(), expected, "{}", expression.source());
        }
    }
}
