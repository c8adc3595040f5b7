//! A template: text with holes, each of which an expression fills.

use throughline_domain::fact::MAX_MENTION_BYTES;

use super::expression::{Around, Expression};
use super::scope::{Scope, cut};

/// The longest template, in bytes.
const MAX_TEMPLATE_BYTES: usize = 8_192;

/// The most holes of one template.
const MAX_HOLES: usize = 32;

/// A text with holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Hole(Expression),
}

impl Template {
    /// Reads a template.
    pub(super) fn read(text: &str, around: Around<'_>) -> Result<Self, String> {
        if text.len() > MAX_TEMPLATE_BYTES {
            return Err(format!("the text has {} bytes; at most {MAX_TEMPLATE_BYTES} are accepted", text.len()));
        }
        let mut parts = Vec::new();
        let mut fixed = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            fixed.push_str(before);
            if let Some(behind) = behind.strip_prefix('{') {
                fixed.push('{');
                rest = behind;
                continue;
            }
            if !fixed.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut fixed)));
            }
            let (expression, behind) = Expression::read_braced(behind, around)?;
            parts.push(Part::Hole(expression));
            rest = behind;
        }
        fixed.push_str(rest);
        if !fixed.is_empty() {
            parts.push(Part::Text(fixed));
        }
        let template = Self { parts };
        match template.holes().count() {
            count if count > MAX_HOLES => Err(format!("the text has {count} holes; at most {MAX_HOLES} are accepted")),
            _ => Ok(template),
        }
    }

    /// The text with its holes filled; `Err` gives the hole for which nothing was found.
    pub(super) fn render(&self, scope: &Scope<'_>) -> Result<String, &str> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(fixed) => text.push_str(fixed),
                Part::Hole(expression) => text.push_str(&expression.text(scope).ok_or(expression.source())?),
            }
            if text.len() > MAX_MENTION_BYTES {
                return Ok(cut(&text, MAX_MENTION_BYTES).to_owned());
            }
        }
        Ok(text)
    }

    /// The text, if it has no holes.
    pub(super) fn fixed(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// What the text may look like: with `piece` in each hole, or `whole` where a hole stands first.
    pub(super) fn sample(&self, whole: &str, piece: &str) -> String {
        if let Some(Part::Hole(_)) = self.parts.first() {
            return whole.to_owned();
        }
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Hole(_) => piece,
        });
        parts.collect()
    }

    /// The expression, if the text is nothing but one hole.
    pub(super) fn only_hole(&self) -> Option<&Expression> {
        match self.parts.as_slice() {
            [Part::Hole(expression)] => Some(expression),
            _ => None,
        }
    }

    /// The expressions of all holes.
    pub(super) fn holes(&self) -> impl Iterator<Item = &Expression> {
        self.parts.iter().filter_map(|part| match part {
            Part::Hole(expression) => Some(expression),
            Part::Text(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::scope::Words;
    use super::{Around, Scope, Template};

    fn render(template: &str, body: &Value) -> Result<String, String> {
        let words = Words::new();
        let template = Template::read(template, Around { words: &words, has_element: false })?;
        let scope = Scope { body, element: None, headers: &[], words: &words };
        template.render(&scope).map_err(str::to_owned)
    }

    #[test]
    fn holes_are_filled_and_the_rest_stands() {
        let body = json!({ "host": "web-1", "name": "Disk", "tags": ["env:prod"] });
        for (template, expected) in [
            ("", Ok("")),
            ("Disk}", Ok("Disk}")),
            ("{/host}: {/name}", Ok("web-1: Disk")),
            ("{{\"host\": \"{/host}\"}", Ok("{\"host\": \"web-1\"}")),
            ("{{{/host}", Ok("{web-1")),
            ("{/missing}: {/name}", Err("/missing")),
            ("{/missing ?? ''}: {/name}", Ok(": Disk")),
            ("{/missing ?? '}'}{/tags|tag:env}", Ok("}prod")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(render(template, &body), expected, "{template}");
        }
        for (template, expected) in [("{/host", "'{{'"), ("a {", "no place"), ("{}", "no place"), ("{host}", "'/host'")]
        {
            let error = render(template, &body).expect_err(template);
            assert!(error.contains(expected), "{template}: {error}");
        }
        assert!(render(&"{/host}".repeat(33), &body).is_err());
        assert!(render(&"x".repeat(8_193), &body).is_err());
    }

    #[test]
    fn long_texts_are_cut() {
        let body = json!({ "text": "é".repeat(100_000) });
        let text = render("a{/text}{/text}", &body).unwrap();
        assert!(text.len() <= 65_536 && text.starts_with("aé"), "{}", text.len());
    }

    #[test]
    fn a_sample_looks_like_the_text() {
        let words = Words::new();
        let around = Around { words: &words, has_element: false };
        for (template, expected) in [
            ("https://acme.example/{/id}", "https://acme.example/piece"),
            ("{/base}/{/id}", "whole"),
            ("{/id}", "whole"),
            ("acme", "acme"),
        ] {
            assert_eq!(Template::read(template, around).unwrap().sample("whole", "piece"), expected, "{template}");
        }
    }

    proptest! {
        #[test]
        fn a_text_without_braces_is_itself(text in "[^{]{0,200}") {
            let rendered = render(&text, &json!({ "a": "b" }));
            prop_assert_eq!(rendered, Ok(text));
        }

        #[test]
        fn any_template_is_read_or_refused(text in "[{}|?@./a' :]{0,60}", body in ".{0,20}") {
            let _ = render(&text, &json!({ "a": body }));
        }
    }
}
