//! What a query wants around a node, read before the walk begins: a whole walk is one question, over one graph.

use async_graphql::{InputType, Pos, SelectionField, Value};
use throughline_domain::node::NodeKind;

use crate::http::problem::{Code, Problem};
use crate::plain;

/// A field that leads on to other nodes, with the fields that lead on from those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The field's name in the answer.
    pub name: String,
    /// Which nodes.
    pub choice: Choice,
    /// What is wanted around each of them.
    pub further: Vec<Wish>,
}

/// Which nodes around a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Whither.
    pub way: Way,
    /// Only of these kinds; empty for all.
    pub kinds: Vec<NodeKind>,
    /// At most so many.
    pub limit: Option<usize>,
}

/// A way from a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To what it points to.
    Upstream,
    /// To what points to it.
    Downstream,
}

impl Wish {
    /// What the query wants around the node of a field.
    ///
    /// # Errors
    /// 400 for a kind that does not exist, and where one name stands for two choices.
    pub fn around(field: SelectionField<'_>) -> Result<Vec<Self>, Problem> {
        Self::of(&[field])
    }

    /// The same field may be selected several times, by fragments; its selections count together.
    fn of(fields: &[SelectionField<'_>]) -> Result<Vec<Self>, Problem> {
        let mut named: Vec<(&str, Vec<SelectionField<'_>>)> = Vec::new();
        for field in fields.iter().flat_map(|field| field.selection_set()) {
            if Way::of(field.name()).is_none() {
                continue;
            }
            let name = response_name(&field);
            match named.iter_mut().find(|(known, _)| *known == name) {
                Some((_, fields)) => fields.push(field),
                None => named.push((name, vec![field])),
            }
        }
        named.into_iter().filter_map(|(name, fields)| Self::read(name, &fields).transpose()).collect()
    }

    fn read(name: &str, fields: &[SelectionField<'_>]) -> Result<Option<Self>, Problem> {
        let mut told: Option<Choice> = None;
        for field in fields {
            let Some(choice) = Choice::read(field)? else { continue };
            if told.as_ref().is_some_and(|told| *told != choice) {
                let detail = format!("'{name}' is asked for in two ways; give one of them another name");
                return Err(Problem::new(Code::BadRequest, detail));
            }
            told = Some(choice);
        }
        let Some(choice) = told else { return Ok(None) };
        Ok(Some(Self { name: name.to_owned(), choice, further: Self::of(fields)? }))
    }
}

impl Choice {
    fn read(field: &SelectionField<'_>) -> Result<Option<Self>, Problem> {
        let Some(way) = Way::of(field.name()) else { return Ok(None) };
        let mut choice = Self { way, kinds: Vec::new(), limit: None };
        let arguments = field.arguments().map_err(|error| Problem::new(Code::BadRequest, error.message))?;
        for (name, value) in arguments {
            match name.as_str() {
                "kinds" => choice.kinds = kinds(&argument::<Option<Vec<String>>>(value)?.unwrap_or_default())?,
                "limit" => choice.limit = argument(value)?,
                _ => {}
            }
        }
        Ok(Some(choice))
    }
}

impl Way {
    fn of(field: &str) -> Option<Self> {
        match field {
            "upstream" => Some(Self::Upstream),
            "downstream" => Some(Self::Downstream),
            _ => None,
        }
    }
}

/// The name of a field in the answer.
pub fn response_name<'a>(field: &SelectionField<'a>) -> &'a str {
    field.alias().unwrap_or_else(|| field.name())
}

fn argument<T: InputType>(value: Value) -> Result<T, Problem> {
    T::parse(Some(value))
        .map_err(|error| Problem::new(Code::BadRequest, error.into_server_error(Pos::default()).message))
}

fn kinds(words: &[String]) -> Result<Vec<NodeKind>, Problem> {
    let kind = |word: &String| {
        NodeKind::from_word(word).ok_or_else(|| {
            let all: Vec<&str> = NodeKind::ALL.iter().map(|kind| kind.word()).collect();
            let detail = format!("'{}' is no kind; choose among {}", plain::clip(word, 40), all.join(", "));
            Problem::new(Code::BadRequest, detail)
        })
    };
    words.iter().map(kind).collect()
}

#[cfg(test)]
mod tests {
    use throughline_domain::node::NodeKind;

    use super::kinds;

    #[test]
    fn kinds_are_read_by_their_words() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(kinds(&[]).unwrap(), []);
        assert_eq!(kinds(&words(&["commit", "test_run"])).unwrap(), [NodeKind::Commit, NodeKind::TestRun]);
        let refused = kinds(&words(&["comit"])).unwrap_err();
        assert!(refused.detail.starts_with("'comit' is no kind; choose among ticket, "), "{}", refused.detail);
    }
}
