//! Services, environments, teams and rules by name; artifacts by digest; documents and dashboards by address.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::{self, Key};
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::rules::web_key;
use url::Url;

use super::{Draft, shortened};

/// How many characters of a digest stand for an artifact that has no other name: the algorithm and twelve digits.
const SHORT_DIGEST_CHARS: usize = 19;

/// An image or package as a tool names it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Image<'a> {
    /// The content digest, `sha256:…`; without it there is no node.
    pub digest: Option<&'a str>,
    /// Registry and repository, without a tag: `ghcr.io/acme/checkout`; or a package's name.
    pub package: Option<&'a str>,
    /// The tag or version that pointed at it: `1.4.0`.
    pub version: Option<&'a str>,
    /// The artifact's page in its registry.
    pub page: Option<&'a str>,
}

impl Draft {
    /// States something that is known by a plain name in all tools (a service, an environment, a team, an alert rule),
    /// and gives its node; `None` where there is no name, or it cannot be part of a key.
    pub fn named(&mut self, kind: NodeKind, name: Option<&str>) -> Option<Key> {
        let name = name.map(str::trim).filter(|name| !name.is_empty())?;
        let key = key::named(kind, name).ok()?;
        let fact = NodeFact::new(key.clone(), self.at)
            .with(Attribute::Title, name)
            .with(Attribute::Reference, name)
            .named(Name::plain(name));
        self.state_once(fact);
        Some(key)
    }

    /// States an artifact, and gives its node; `None` where it has no digest in a known form.
    pub fn artifact(&mut self, image: &Image<'_>) -> Option<Key> {
        let digest = image.digest?;
        let key = key::artifact(digest).ok()?;
        let reference = match (image.package, image.version) {
            (Some(package), Some(version)) => Some(format!("{package}:{version}")),
            (Some(package), None) => Some(package.to_owned()),
            (None, _) => None,
        };
        let title = reference.clone().unwrap_or_else(|| shortened(digest, SHORT_DIGEST_CHARS));
        let mut fact = NodeFact::new(key.clone(), self.at)
            .with(Attribute::Title, title.as_str())
            .with(Attribute::Reference, title)
            .with(Attribute::Digest, digest.trim().to_ascii_lowercase())
            .with_some(Attribute::Package, image.package)
            .with_some(Attribute::Version, image.version)
            .named(Name::digest(digest.trim()))
            .page(image.page);
        if let Some(reference) = reference.filter(|_| image.version.is_some()) {
            fact = fact.named(Name::image(&reference));
        }
        self.state_once(fact);
        Some(key)
    }

    /// States a document or dashboard that is known by its address, and gives its node; `None` where the text is no web
    /// address. A dashboard's query and fragment hold its variables and its period: it is the same without them.
    pub fn web(&mut self, kind: NodeKind, address: Option<&str>, category: Option<&str>) -> Option<Key> {
        let address = address.map(str::trim).filter(|address| !address.is_empty())?;
        let page = if kind == NodeKind::Dashboard { without_query(address)? } else { address.to_owned() };
        let key = web_key(kind, &page)?;
        let mut fact = NodeFact::new(key.clone(), self.at).page(Some(address)).with_some(Attribute::Category, category);
        if let Some(name) = Name::url(&page) {
            fact = fact.named(name);
        }
        self.state_once(fact);
        Some(key)
    }
}

fn without_query(address: &str) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use throughline_domain::node::NodeKind;

    use super::{Image, without_query};
    use crate::draft::Draft;

    #[test]
    fn a_dashboard_is_the_same_for_every_period() {
        let expected = Some("https://grafana.acme.example/d/k7/checkout".to_owned());
        for address in [
            "https://grafana.acme.example/d/k7/checkout",
            "https://grafana.acme.example/d/k7/checkout?orgId=1&from=now-1h#panel",
        ] {
            assert_eq!(without_query(address), expected);
        }
        assert_eq!(without_query("the checkout dashboard"), None);
    }

    #[test]
    fn what_has_no_identity_has_no_node() {
        let mut draft = Draft::new("test/test", None);
        assert_eq!(draft.named(NodeKind::Service, Some("  ")), None);
        assert_eq!(draft.artifact(&Image { digest: Some("latest"), ..Image::default() }), None);
        assert_eq!(draft.web(NodeKind::Document, Some("see the wiki"), None), None);
        assert!(draft.is_empty());
        assert!(draft.named(NodeKind::Service, Some(" Checkout ")).is_some());
        assert!(!draft.is_empty());
    }
}
