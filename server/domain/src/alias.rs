//! Aliases: other names of one thing, which are replaced before facts are folded.
//!
//! A repository that was renamed or is mirrored, a service that two tools call differently, a person with five logins:
//! whatever the catalog says is one thing becomes one node, in whatever spelling it comes. An alias is a function of the
//! catalog in force, so a rebuild under another catalog gives other nodes; the ledger keeps what was sent.

use std::collections::BTreeMap;

use crate::fact::{Announcement, Decision, Event, Facts, LinkFact, Mention, NodeFact};
use crate::key::{Key, KeyParts};
use crate::name::Name;
use crate::node::NodeKind;
use crate::repository::Repository;

/// What is to be renamed to what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases {
    keys: BTreeMap<Key, Key>,
    repositories: BTreeMap<Repository, Repository>,
}

impl Aliases {
    /// Adds an alias of a node; `false` where it is an alias of another node already.
    pub fn add(&mut self, alias: Key, target: Key) -> bool {
        self.keys.entry(alias).or_insert_with(|| target.clone()) == &target
    }

    /// Adds an alias of a repository and all that lies in it; `false` where it is an alias of another one already.
    pub fn add_repository(&mut self, alias: Repository, target: Repository) -> bool {
        alias == target || self.repositories.entry(alias).or_insert_with(|| target.clone()) == &target
    }

    /// Whether nothing is renamed.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.repositories.is_empty()
    }

    /// The key that counts.
    pub fn key(&self, key: Key) -> Key {
        if let Some(target) = self.keys.get(&key) {
            return target.clone();
        }
        self.in_repository(&key).unwrap_or(key)
    }

    /// The repository that counts.
    pub fn repository(&self, repository: Repository) -> Repository {
        self.repositories.get(&repository).cloned().unwrap_or(repository)
    }

    /// The name that counts: numbers of a repository, one or all, and addresses of pages in it.
    pub fn name(&self, name: Name) -> Name {
        let separator = match name.scheme() {
            "number" => '#',
            "change" => '!',
            "url" => return self.page(name),
            "tracker" => return self.numbers(name),
            "key" => return Key::parse(name.value()).map_or(name, |key| Name::key(&self.key(key))),
            _ => return name,
        };
        let renamed = name.value().rsplit_once(separator).and_then(|(place, number)| {
            let (host, path) = place.split_once('/')?;
            let target = self.repositories.get(&Repository::new(host, path)?)?;
            let number = number.parse().ok()?;
            Some(if separator == '#' { Name::number(target, number) } else { Name::change_number(target, number) })
        });
        renamed.unwrap_or(name)
    }

    /// Replaces every alias in what a delivery states.
    pub fn apply(&self, facts: Facts) -> Facts {
        if self.is_empty() {
            return facts;
        }
        let Facts { nodes, links, events, mentions, announcements, decisions } = facts;
        Facts {
            nodes: nodes.into_iter().map(|node| self.node(node)).collect(),
            links: links
                .into_iter()
                .map(|link| LinkFact { from: self.key(link.from), to: self.key(link.to), ..link })
                .collect(),
            events: events.into_iter().map(|event| Event { node: self.key(event.node), ..event }).collect(),
            mentions: mentions.into_iter().map(|mention| self.mention(mention)).collect(),
            announcements: announcements
                .into_iter()
                .map(|one| Announcement { name: self.name(one.name), pattern: self.key(one.pattern) })
                .collect(),
            decisions: decisions
                .into_iter()
                .map(|decision| Decision { from: self.key(decision.from), to: self.key(decision.to), ..decision })
                .collect(),
        }
    }

    fn node(&self, node: NodeFact) -> NodeFact {
        let key = self.key(node.key.clone());
        // What the tool calls it stays a name of it: that is how people who know it from that tool find it.
        let mut names: Vec<Name> = node.names.iter().cloned().map(|name| self.name(name)).collect();
        names.extend(
            node.names
                .iter()
                .filter(|name| name.scheme() == "url" && !names.contains(name))
                .cloned()
                .collect::<Vec<_>>(),
        );
        if key == node.key {
            return NodeFact { names, ..node };
        }
        // The tool's own title of an alias would compete with the title of the thing itself.
        let named_here = matches!(
            key.kind(),
            NodeKind::Service | NodeKind::Environment | NodeKind::Team | NodeKind::Person | NodeKind::Repository
        );
        let attributes = if named_here {
            node.attributes.into_iter().filter(|(attribute, _)| !attribute.is_label()).collect()
        } else {
            node.attributes
        };
        NodeFact { key, attributes, names, ..node }
    }

    fn mention(&self, mention: Mention) -> Mention {
        Mention {
            from: self.key(mention.from),
            repository: mention.repository.map(|repository| self.repository(repository)),
            ..mention
        }
    }

    /// The name of a repository's bare numbers; a tracker's word stays as it is.
    fn numbers(&self, name: Name) -> Name {
        let place = name.value().strip_suffix('#').and_then(|place| place.split_once('/'));
        let repository = place.and_then(|(host, path)| Repository::new(host, path));
        repository.and_then(|repository| self.repositories.get(&repository)).map_or(name, Name::numbers)
    }

    fn page(&self, name: Name) -> Name {
        let Some((host, path)) = name.value().split_once('/') else { return name };
        let segments: Vec<&str> = path.split('/').collect();
        for length in (2..=segments.len().min(MAX_PATH_SEGMENTS)).rev() {
            let Some(head) = segments.get(..length).map(|head| head.join("/")) else { continue };
            let Some(target) = Repository::new(host, &head).and_then(|one| self.repositories.get(&one)) else {
                continue;
            };
            let rest = segments.get(length..).map(|rest| rest.join("/")).unwrap_or_default();
            let slash = if rest.is_empty() { "" } else { "/" };
            return Name::url(&format!("https://{}/{}{slash}{rest}", target.host(), target.path())).unwrap_or(name);
        }
        name
    }

    /// A key of something that lies in a renamed repository, or of the repository itself.
    fn in_repository(&self, key: &Key) -> Option<Key> {
        if self.repositories.is_empty() {
            return None;
        }
        let parts = key.parts();
        if key.kind() == NodeKind::Repository {
            let path = [parts.namespace.as_str(), &parts.resource].join("/");
            return self.repositories.get(&Repository::new(&parts.provider_id, &path)?)?.key().ok();
        }
        let path = [parts.namespace.as_str(), &parts.groups].join("/");
        let target = self.repositories.get(&Repository::new(&parts.provider_id, &path)?)?;
        let (namespace, groups) = target.path().split_once('/').unwrap_or(("", target.path()));
        let renamed = KeyParts {
            provider_id: target.host().to_owned(),
            namespace: namespace.to_owned(),
            groups: groups.to_owned(),
            ..parts
        };
        Key::new(key.kind(), &renamed).ok()
    }
}

/// How many segments of an address's path may be a repository's.
const MAX_PATH_SEGMENTS: usize = 8;

#[cfg(test)]
mod tests {
    use super::Aliases;
    use crate::fact::{Attribute, Facts, NodeFact};
    use crate::key::named;
    use crate::name::Name;
    use crate::node::NodeKind;
    use crate::repository::Repository;

    fn repository(path: &str) -> Repository {
        Repository::new("github.com", path).unwrap()
    }

    fn aliases() -> Aliases {
        let mut aliases = Aliases::default();
        let mirror = Repository::new("git.acme.example", "mirror/checkout").unwrap();
        assert!(aliases.add_repository(repository("acme/shop-checkout"), repository("acme/checkout")));
        assert!(aliases.add_repository(mirror, repository("acme/checkout")));
        assert!(!aliases.add_repository(repository("acme/shop-checkout"), repository("acme/cart")));
        let service = |name| named(NodeKind::Service, name).unwrap();
        assert!(aliases.add(service("checkout-api"), service("checkout")));
        assert!(!aliases.add(service("checkout-api"), service("cart")));
        aliases
    }

    #[test]
    fn what_lies_in_a_renamed_repository_moves_with_it() {
        let aliases = aliases();
        let sha = "ab".repeat(20);
        let (old, new) = (repository("acme/shop-checkout"), repository("acme/checkout"));
        assert_eq!(aliases.key(old.commit(&sha).unwrap()), new.commit(&sha).unwrap());
        assert_eq!(aliases.key(old.key().unwrap()), new.key().unwrap());
        let change = |repository: &Repository| repository.resource("github", NodeKind::Change, "42").unwrap();
        assert_eq!(aliases.key(change(&old)), change(&new));
        assert_eq!(aliases.key(change(&repository("acme/cart"))), change(&repository("acme/cart")));
        assert_eq!(aliases.name(Name::number(&old, 42)), Name::number(&new, 42));
        assert_eq!(aliases.name(Name::change_number(&old, 42)), Name::change_number(&new, 42));
        assert_eq!(aliases.name(Name::numbers(&old)), Name::numbers(&new));
        assert_eq!(aliases.name(Name::tracker("lp")), Name::tracker("lp"));
        let page = |address: &str| Name::url(address).unwrap();
        assert_eq!(
            aliases.name(page("https://github.com/acme/shop-checkout/pull/42")),
            page("https://github.com/acme/checkout/pull/42")
        );
        assert_eq!(aliases.name(page("https://wiki.acme.example/a/b/c")), page("https://wiki.acme.example/a/b/c"));
    }

    #[test]
    fn a_service_has_one_title() {
        let key = |name| named(NodeKind::Service, name).unwrap();
        let fact = NodeFact::new(key("checkout-api"), None)
            .with(Attribute::Title, "checkout-api")
            .with(Attribute::State, "Healthy")
            .named(Name::plain("checkout-api"));
        let renamed = aliases().apply(Facts { nodes: vec![fact], ..Facts::default() });
        assert_eq!(renamed.nodes[0].key, key("checkout"));
        assert_eq!(renamed.nodes[0].attributes, [(Attribute::State, "Healthy".to_owned())]);
        assert_eq!(renamed.nodes[0].names, [Name::plain("checkout-api")]);
    }
}
