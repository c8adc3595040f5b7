//! Why a delivery states nothing, as an error that stops its reading early.

use throughline_domain::key::KeyError;

use crate::provider::ParseError;

/// Why there are no facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The delivery was understood and states nothing that can be used; the reason in words.
    Nothing(String),
    /// The delivery could not be read.
    Error(ParseError),
}

impl Stop {
    /// The delivery states nothing, for this reason.
    pub fn nothing(reason: &str) -> Self {
        Self::Nothing(reason.to_owned())
    }
}

impl From<ParseError> for Stop {
    fn from(error: ParseError) -> Self {
        Self::Error(error)
    }
}

impl From<KeyError> for Stop {
    fn from(error: KeyError) -> Self {
        Self::Error(ParseError::Key(error))
    }
}
