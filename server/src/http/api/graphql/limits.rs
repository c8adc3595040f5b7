//! What a query may ask for at once, checked before anything is worked out from it.
//!
//! A short text can stand for very much: brackets within brackets, fragments that name each other, the same field under
//! a hundred names. Each is bounded here, in time that grows with the text and never with what it stands for.

use std::collections::BTreeSet;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};

use crate::http::problem::{Code, Problem};
use crate::plain;

/// The most fields within each other. The introspection that tools send has 15.
pub const MAX_DEPTH: usize = 16;

/// The most selections, with every fragment written out where it is named.
pub const MAX_SELECTIONS: usize = 2_000;

/// The most selection sets within each other: fields and fragments together.
pub const MAX_SETS: usize = 32;

/// The most directives of a field.
pub const MAX_DIRECTIVES: usize = 4;

/// The most directives of a document.
const MAX_ALL_DIRECTIVES: usize = 50;

/// The most brackets within each other, of whatever sort.
const MAX_BRACKETS: usize = 64;

/// How often a document may select a field that it has selected in the same place before, under another name or not.
const MAX_REPEATS: usize = 32;

/// The most lists of the schema's description within each other: types, their fields, and the arguments of those.
const MAX_INTROSPECTED: usize = 3;

/// The fields of the schema's description that are lists.
const INTROSPECTED_LISTS: [&str; 8] =
    ["args", "directives", "enumValues", "fields", "inputFields", "interfaces", "possibleTypes", "types"];

/// Reads a document, if it is within the bounds.
///
/// # Errors
/// 400 with the bound that it breaks, or with the place that cannot be read.
pub fn check(text: &str) -> Result<ExecutableDocument, Problem> {
    brackets(text)?;
    let document = parse_query(text)
        .map_err(|cause| refused(format!("the query cannot be read: {}", clipped(&cause.to_string()))))?;
    let mut survey = Survey::new(&document);
    for (_, operation) in document.operations.iter() {
        survey.set(&operation.node.selection_set.node, Place::default())?;
    }
    // What no operation names is looked through as well, each for itself: it may name itself.
    for fragment in document.fragments.values() {
        Survey::new(&document).set(&fragment.node.selection_set.node, Place::default())?;
    }
    Ok(document)
}

/// Refuses a text whose brackets are nested too deep for a parser that calls itself for each.
fn brackets(text: &str) -> Result<(), Problem> {
    let (mut depth, mut directives) = (0_usize, 0_usize);
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        rest = match next {
            '"' => after_string(rest).ok_or_else(|| refused("a string of the query does not end"))?,
            '#' => rest.find(['\n', '\r']).and_then(|end| rest.get(end..)).unwrap_or_default(),
            other => {
                match other {
                    '{' | '[' | '(' => depth += 1,
                    '}' | ']' | ')' => depth = depth.saturating_sub(1),
                    '@' => directives += 1,
                    _ => {}
                }
                rest.get(other.len_utf8()..).unwrap_or_default()
            }
        };
        if depth > MAX_BRACKETS {
            return Err(refused(format!(
                "the query nests brackets more than {MAX_BRACKETS} deep; ask in several steps"
            )));
        }
        if directives > MAX_ALL_DIRECTIVES {
            return Err(refused(format!("the query has more than {MAX_ALL_DIRECTIVES} directives; leave some out")));
        }
    }
    Ok(())
}

/// What follows a string; `None` where it does not end.
fn after_string(text: &str) -> Option<&str> {
    if let Some(mut rest) = text.strip_prefix("\"\"\"") {
        loop {
            if let Some(escaped) = rest.strip_prefix("\\\"\"\"") {
                rest = escaped;
            } else if let Some(after) = rest.strip_prefix("\"\"\"") {
                return Some(after);
            } else {
                rest = rest.get(rest.chars().next()?.len_utf8()..)?;
            }
        }
    }
    let mut characters = text.strip_prefix('"')?.chars();
    loop {
        match characters.next()? {
            '"' => return Some(characters.as_str()),
            '\\' => {
                characters.next()?;
            }
            '\n' | '\r' => return None,
            _ => {}
        }
    }
}

/// Where in the document a selection stands.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// How many fields it is within.
    depth: usize,
    /// How many selection sets.
    sets: usize,
    /// How many lists of the schema's description, within that.
    introspected: Option<usize>,
}

/// What a document comes to, written out.
struct Survey<'a> {
    document: &'a ExecutableDocument,
    selections: usize,
    repeats: usize,
}

impl<'a> Survey<'a> {
    fn new(document: &'a ExecutableDocument) -> Self {
        Self { document, selections: 0, repeats: 0 }
    }

    fn set(&mut self, set: &'a SelectionSet, place: Place) -> Result<(), Problem> {
        let mut fields = Vec::new();
        self.write_out(set, place.sets, &mut fields)?;
        let names: BTreeSet<&str> = fields.iter().map(|(field, _)| field.name.node.as_str()).collect();
        self.repeats += fields.len() - names.len();
        if self.repeats > MAX_REPEATS {
            let detail = format!("the query repeats fields more than {MAX_REPEATS} times; ask in several requests");
            return Err(refused(detail));
        }
        fields.into_iter().try_for_each(|(field, sets)| self.field(field, Place { sets, ..place }))
    }

    fn field(&mut self, field: &'a Field, place: Place) -> Result<(), Problem> {
        let name = field.name.node.as_str();
        let introspected = match place.introspected {
            Some(lists) => Some(lists + usize::from(INTROSPECTED_LISTS.contains(&name))),
            None => matches!(name, "__schema" | "__type").then_some(0),
        };
        if introspected.is_some_and(|lists| lists > MAX_INTROSPECTED) {
            return Err(refused(
                "the query goes in circles through the schema; read GET /api/v1/graphql/schema instead",
            ));
        }
        let place = Place { depth: place.depth + 1, sets: place.sets + 1, introspected };
        if place.depth > MAX_DEPTH {
            return Err(refused(format!("the query nests fields more than {MAX_DEPTH} deep; ask in several steps")));
        }
        if field.selection_set.node.items.is_empty() {
            return Ok(());
        }
        self.set(&field.selection_set.node, place)
    }

    /// The fields of a set and of the fragments that it names, each with how many sets it is within.
    fn write_out(
        &mut self,
        set: &'a SelectionSet,
        sets: usize,
        fields: &mut Vec<(&'a Field, usize)>,
    ) -> Result<(), Problem> {
        if sets > MAX_SETS {
            return Err(refused(format!("the query nests fields and fragments more than {MAX_SETS} deep")));
        }
        for selection in &set.items {
            self.selections += 1;
            if self.selections > MAX_SELECTIONS {
                let detail = format!("the query selects more than {MAX_SELECTIONS} fields; ask for less at once");
                return Err(refused(detail));
            }
            match &selection.node {
                Selection::Field(field) => fields.push((&field.node, sets)),
                Selection::InlineFragment(fragment) => {
                    self.write_out(&fragment.node.selection_set.node, sets + 1, fields)?;
                }
                Selection::FragmentSpread(spread) => {
                    // A name that no fragment has is refused by its own rule, later.
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        self.write_out(&fragment.node.selection_set.node, sets + 1, fields)?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn refused(detail: impl Into<String>) -> Problem {
    Problem::new(Code::BadRequest, detail)
}

/// The parser shows the line that it cannot read, and a line may be long.
fn clipped(cause: &str) -> String {
    plain::clip(cause, 600)
}

#[cfg(test)]
mod tests {
    use super::{MAX_ALL_DIRECTIVES, MAX_BRACKETS, MAX_DEPTH, MAX_REPEATS, MAX_SELECTIONS, check};

    /// Fields within each other.
    fn nested(depth: usize) -> String {
        format!("{}x{}", "{ a ".repeat(depth), " }".repeat(depth))
    }

    /// Fragments that each name the next one several times.
    fn doubling(levels: usize, times: usize) -> String {
        let fragment = |level: usize| {
            let spreads = format!("...f{} ", level + 1).repeat(times);
            format!("fragment f{level} on Query {{ {spreads} }}\n")
        };
        let fragments: String = (0..levels).map(fragment).collect();
        format!("{{ ...f0 }}\n{fragments}fragment f{levels} on Query {{ a }}")
    }

    #[test]
    fn ordinary_queries_pass() {
        for text in [
            "{ trace(of: \"PAY-12\") { chain nodes { key title } } }",
            "query a($of: String!) { node(of: $of) { ...n upstream(kinds: [\"commit\"]) { ...n } } } \
             fragment n on Node { key }",
            "{ a(text: \"}}}]])) #\") { b } } # ((((((",
            "{ a(text: \"\"\"({[ \\\"\"\" \" \"\"\") }",
            "{ a(text: \"\\\"\") b(text: \"\") }",
        ] {
            assert!(check(text).is_ok(), "{text}: {:?}", check(text));
        }
        assert!(check(&nested(MAX_DEPTH)).is_ok());
        assert!(check(&doubling(4, 2)).is_ok());
    }

    #[test]
    fn queries_that_stand_for_too_much_are_refused() {
        let brackets = |count: usize| format!("{{ a(b: {}{}) }}", "[".repeat(count), "]".repeat(count));
        let hidden = format!("{{ a(b: {} }}", "[ #]\n\"]\" ".repeat(MAX_BRACKETS));
        let aliases = |count: usize| (0..count).map(|number| format!("a{number}: b ")).collect::<String>();
        let fields = |count: usize| (0..count).map(|number| format!("f{number} ")).collect::<String>();
        for (text, expected) in [
            (nested(MAX_DEPTH + 1), "nests fields more than"),
            (brackets(100_000), "nests brackets more than"),
            (brackets(MAX_BRACKETS), "nests brackets more than"),
            (hidden, "nests brackets more than"),
            (doubling(30, 2), "selects more than"),
            (doubling(40, 1), "nests fields and fragments"),
            (doubling(8, 10), "selects more than"),
            (
                "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned(),
                "nests fields and fragments",
            ),
            ("{ x } fragment a on Query { ...a }".to_owned(), "nests fields and fragments"),
            ("{ x } fragment a on Query { ...a ...a }".to_owned(), "more than"),
            (format!("{{ {} }}", aliases(MAX_REPEATS + 2)), "repeats fields more than"),
            (format!("{{ {} }}", "b ".repeat(MAX_REPEATS + 2)), "repeats fields more than"),
            (format!("{{ {} }}", fields(MAX_SELECTIONS + 1)), "selects more than"),
            (format!("{{ a {} }}", "@skip(if: true) ".repeat(MAX_ALL_DIRECTIVES + 1)), "directives"),
            ("{ a(text: \"no end) }".to_owned(), "does not end"),
            ("{ a(text: \"\"\"no end) }".to_owned(), "does not end"),
            (String::new(), "cannot be read"),
            ("{ a".to_owned(), "cannot be read"),
            (format!("{{ {}", "é".repeat(60_000)), "cannot be read"),
            (
                "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }".to_owned(),
                "in circles",
            ),
        ] {
            let start: String = text.chars().take(80).collect();
            let problem = check(&text).expect_err(&start);
            assert!(problem.detail.contains(expected), "{start}: {}", problem.detail);
            assert!(problem.detail.chars().count() < 700, "{start}");
        }
    }

    #[test]
    fn repeats_count_with_what_they_are_within() {
        let inner = "x: b ".repeat(4);
        let outer = format!("a {{ b {inner} }} ").repeat(8);
        assert!(check(&format!("{{ {outer} }}")).is_err(), "8 times 4 and 7 are more than {MAX_REPEATS}");
        let once = format!("{{ a {{ b {inner} }} }}");
        assert!(check(&once).is_ok());
    }
}
