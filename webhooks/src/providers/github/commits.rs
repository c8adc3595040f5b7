//! Commits as payloads name them: by id alone, or with message, author and time.

use throughline_domain::fact::{Attribute, Field, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;

use super::draft::Draft;
use super::payload::{Author, Commit};

/// How many digits people use for a commit.
const SHORT_DIGITS: usize = 7;

impl Draft {
    /// States a commit that the payload names by id alone; `None` where that is no full object id.
    pub(super) fn commit_by_id(&mut self, id: Option<&str>) -> Result<Option<Key>, KeyError> {
        let Some(id) = object_id(id) else { return Ok(None) };
        let key = self.repository.commit(id)?;
        if self.mark(&key) {
            let fact =
                NodeFact::new(key.clone(), self.at).with(Attribute::Reference, short(id)).named(Name::commit(id));
            self.place(fact);
        }
        Ok(Some(key))
    }

    /// States a commit with all that the payload tells of it; `None` where its id is no full object id.
    ///
    /// Its attributes are of the commit's own time: they can never change.
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<Option<Key>, KeyError> {
        let Some(id) = object_id(commit.id.as_deref()) else { return Ok(None) };
        let key = self.repository.commit(id)?;
        if !self.mark(&key) {
            return Ok(Some(key));
        }
        let message = commit.message.as_deref().unwrap_or_default();
        let fact = NodeFact::new(key.clone(), commit.timestamp)
            .with(Attribute::Title, message.lines().next().unwrap_or_default().trim())
            .with(Attribute::Reference, short(id))
            .moment(Attribute::OccurredAt, commit.timestamp)
            .named(Name::commit(id))
            .page(commit.url.as_deref());
        self.place(fact);
        let author = commit.author.as_ref().map(Author::user);
        self.person(&key, LinkKind::AuthoredBy, author.as_ref(), "the commit names this author")?;
        self.mention(&key, Field::Message, commit.message.as_deref(), commit.timestamp);
        Ok(Some(key))
    }
}

/// The id where it is a full one (40 or 64 hexadecimal digits) and not the null id of something deleted.
pub(super) fn object_id(id: Option<&str>) -> Option<&str> {
    let is_full = |id: &&str| matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    id.filter(is_full).filter(|id| id.bytes().any(|byte| byte != b'0'))
}

/// The first digits of an id.
pub(super) fn short(id: &str) -> &str {
    id.get(..SHORT_DIGITS).unwrap_or(id)
}
