//! Rule `stated`: relations that a file or a field states as a whole, so that a newer statement takes back an older one.
//!
//! A service has one list of owners in the catalog, a path has one in CODEOWNERS. When the list changes, whoever is no
//! longer in it no longer owns. Such a list is handed over as a text of its own field ([`Field::Catalog`],
//! [`Field::Owners`], [`Field::Observed`]) that names keys, one relation in a line; the newest text of a field replaces the
//! one before it, and with it its links. The links are declared (L1) where a person wrote the list, and asserted (L2) where
//! a program saw it.

use super::{Found, Rule};
use crate::fact::{Field, Mention};
use crate::key::Key;
use crate::link::{LinkClass, LinkKind};
use crate::name::Name;
use crate::time::Timestamp;

pub(super) const RULE: Rule = Rule { id: "stated", version: 1, find };

/// The most relations of one list; the rest is passed over.
pub const MAX_STATED: usize = 10_000;

/// How sure a stated relation is within its class.
const SCORE: u8 = 100;

/// One relation of a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stated {
    /// What the link says.
    pub kind: LinkKind,
    /// The earlier end.
    pub to: Key,
    /// Why, in words, one line.
    pub reason: String,
}

/// Hands over everything that a field states of a node, as of a moment. An empty list takes back what was stated before.
pub fn state(from: &Key, field: Field, relations: &[Stated], at: Option<Timestamp>) -> Mention {
    let mut lines: Vec<String> = relations
        .iter()
        .map(|Stated { kind, to, reason }| format!("{} {to} {}", kind.word(), reason.replace(['\r', '\n'], " ")))
        .collect();
    lines.sort();
    lines.dedup();
    Mention { from: from.clone(), field, text: lines.join("\n"), at, repository: None }
}

fn find(mention: &Mention) -> Vec<Found> {
    // A person wrote the catalog and the file of owners; a program saw what runs.
    let class = match mention.field {
        Field::Catalog | Field::Owners => LinkClass::Declared,
        Field::Observed => LinkClass::Asserted,
        Field::Title | Field::Body | Field::Branch | Field::Message | Field::Merge => return Vec::new(),
    };
    mention.text.lines().take(MAX_STATED).filter_map(|line| relation(line, class)).collect()
}

fn relation(line: &str, class: LinkClass) -> Option<Found> {
    let mut parts = line.splitn(3, ' ');
    let intent = LinkKind::from_word(parts.next()?)?;
    let awaits = Name::key(&Key::parse(parts.next()?).ok()?);
    let reason = parts.next().unwrap_or("stated as a whole").to_owned();
    Some(Found { awaits, resource: None, intent, class, score: SCORE, reason })
}

#[cfg(test)]
mod tests {
    use super::{Stated, find, state};
    use crate::fact::Field;
    use crate::key::named;
    use crate::link::LinkKind;
    use crate::node::NodeKind;

    #[test]
    fn what_is_stated_reads_back() {
        let service = named(NodeKind::Service, "checkout").unwrap();
        let team = named(NodeKind::Team, "pay ments").unwrap();
        let owned = Stated { kind: LinkKind::OwnedBy, to: team.clone(), reason: "catalog: owner\nx".to_owned() };
        let found = find(&state(&service, Field::Catalog, std::slice::from_ref(&owned), None));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].awaits.value(), team.as_str());
        assert_eq!((found[0].intent, found[0].reason.as_str()), (LinkKind::OwnedBy, "catalog: owner x"));
        assert!(find(&state(&service, Field::Owners, &[], None)).is_empty());
        assert!(find(&state(&service, Field::Body, &[owned], None)).is_empty());
    }
}
