//! Where an import is from: the repository, and the addresses of its pages.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;
use throughline_domain::rules::web_key;

use super::payload::Body;
use super::{NAME, wrong};
use crate::draft::Draft;
use crate::provider::ParseError;

/// What cannot stand in the path of an address as it is.
const ENCODED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}');

/// The repository of an import, and where its host shows what lies in it.
pub(super) struct Place<'a> {
    pub(super) repository: Repository,
    /// The provider whose logins the files of the repository hold.
    pub(super) host: &'a str,
    address: &'a str,
    commit_page: Option<&'a str>,
    file_page: Option<&'a str>,
}

impl<'a> Place<'a> {
    pub(super) fn of(body: &'a Body) -> Result<Self, ParseError> {
        let address = body.repository.as_deref().unwrap_or_default();
        let repository = Repository::from_address(address)
            .ok_or_else(|| wrong("'repository' must be an address like https://github.com/acme/checkout"))?;
        let is_address = |page: &&str| Name::url(page).is_some();
        Ok(Self {
            repository,
            host: body.host.as_deref().map(str::trim).filter(|host| !host.is_empty()).unwrap_or(NAME),
            address,
            commit_page: body.commit_page.as_deref().filter(is_address),
            file_page: body.file_page.as_deref().filter(is_address),
        })
    }

    /// Begins to state something about the repository.
    pub(super) fn draft(&self, event: &str) -> Result<Draft, KeyError> {
        let mut draft = Draft::new(format!("{NAME}/{event}"), None);
        draft.repository(&self.repository, None, Some(self.address))?;
        Ok(draft)
    }

    pub(super) fn commit_page(&self, id: &str) -> Option<String> {
        self.commit_page.map(|page| format!("{page}{id}"))
    }

    pub(super) fn file_page(&self, path: &str) -> Option<String> {
        self.file_page.map(|page| format!("{page}{}", utf8_percent_encode(path, ENCODED)))
    }

    /// The node of a file: by the address of its page, so that whoever refers to the page means it; without one, by its
    /// path in the repository.
    pub(super) fn file(&self, kind: NodeKind, path: &str) -> Option<Key> {
        let by_page = self.file_page(path).and_then(|page| web_key(kind, &page));
        by_page.or_else(|| self.repository.resource(NAME, kind, path).ok())
    }

    /// States a part of the repository that somebody owns; `None` where its path cannot be part of a key.
    pub(super) fn component(&self, draft: &mut Draft, path: &str) -> Result<Option<Key>, KeyError> {
        let path = path.trim();
        let Ok(key) = self.repository.resource(NAME, NodeKind::Component, path) else { return Ok(None) };
        let fact = NodeFact::new(key.clone(), None)
            .with(Attribute::Title, path)
            .with(Attribute::Reference, path)
            .with(Attribute::Path, path)
            .named(Name::plain(&format!("{}/{path}", self.repository.path())));
        if draft.state_once(fact) {
            draft.place(&key, &self.repository)?;
        }
        Ok(Some(key))
    }
}
