//! Between stored words and numbers and the types that they stand for.

use throughline_domain::fact::Field;
use throughline_domain::key::Key;
use throughline_domain::node::Outcome;

use crate::error::StoreError;

pub(super) fn origin_word(origin: Option<Field>) -> &'static str {
    origin.map_or("", Field::word)
}

/// PostgreSQL cannot hold a NUL in a text, and nobody can read one.
pub(super) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

pub(super) fn to_key(text: &str) -> Result<Key, StoreError> {
    Key::parse(text).map_err(|cause| StoreError::Damaged(format!("a stored key: {cause}")))
}

pub(super) fn to_field(word: &str) -> Result<Field, StoreError> {
    to_word(Field::from_word(word), word)
}

pub(super) fn to_outcome(word: Option<&str>) -> Result<Option<Outcome>, StoreError> {
    word.map(|word| to_word(Outcome::from_word(word), word)).transpose()
}

pub(super) fn to_word<T>(value: Option<T>, word: &str) -> Result<T, StoreError> {
    value.ok_or_else(|| damaged(word))
}

pub(super) fn to_id(value: i64) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| damaged("an id"))
}

pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("'{what}' is not what the graph's tables may hold; run `throughline rebuild`"))
}
