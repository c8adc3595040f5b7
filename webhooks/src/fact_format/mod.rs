//! Our own format for facts, as a script posts it and as a mapping makes it out of a tool's body: one reader for both.

use throughline_domain::node::NodeKind;

use crate::provider::ParseError;

mod form;
mod implied;
mod members;
pub(crate) mod nearest;
mod payload;
mod reference;
mod statement;

pub(crate) use form::{Form, form};
pub(crate) use payload::Sent;
pub(crate) use reference::MEMBERS as NAMING_MEMBERS;
pub(crate) use statement::{Stated, Statements, Subject};

/// What the format is called in complaints.
pub(crate) const EXPECTED: &str = "facts, version 1";

/// Who put facts into our format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Author {
    /// Somebody who wrote them in it. Each needs a time; links are declared, unless a machine speaks of its own work.
    Sender,
    /// A mapping, out of what a tool sent. A fact may have no time; links are asserted by fields of the tool, unless
    /// they say otherwise; the nodes that links point at are stated, too.
    Mapping {
        /// What made the links: `<provider>/<event>`.
        rule: String,
    },
}

impl Author {
    /// What is stored as the maker of a link from a node of that kind.
    fn rule(&self, from: NodeKind) -> String {
        match self {
            Author::Sender => format!("facts/{from}"),
            Author::Mapping { rule } => rule.clone(),
        }
    }

    fn is_mapping(&self) -> bool {
        match self {
            Author::Sender => false,
            Author::Mapping { .. } => true,
        }
    }
}

/// States what was sent in the format, whole or not at all.
///
/// # Errors
/// A [`ParseError`] that names the first mistake and its place.
pub(crate) fn state(sent: Sent) -> Result<Stated, ParseError> {
    let mut statements = Statements::new(Author::Sender);
    for fact in sent.facts {
        statements.state_whole(fact)?;
    }
    Ok(statements.finish())
}

fn refuse(cause: String) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause }
}
