//! Software bills of materials, in whatever format: a document that lists what an artifact is made of.

use throughline_domain::fact::{Attribute, MAX_FACTS};
use throughline_domain::key::{Key, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::time::Timestamp;

use super::artifact::{self, Reference};
use super::context::{self, Context};
use super::dsse::Verified;
use super::identity;
use crate::draft::{Draft, Image, shortened};
use crate::provider::{ParseError, Parsed, Request};

pub mod cyclonedx;
pub mod spdx;
mod spdx3;

/// The name of the one event that an SBOM is.
pub const EVENT: &str = "sbom";

/// The most components that become artifacts; the ledger keeps all of them.
pub const MAX_COMPONENTS: usize = 1_000;

/// The most artifacts that one SBOM is of.
const MAX_SUBJECTS: usize = 16;

/// The most links from the artifacts that an SBOM is of to its components. A statement about the SBOM may name hundreds of
/// artifacts, and each has all components; then the first components count for all of them.
const MAX_DERIVED: usize = MAX_FACTS / 2;

/// The longest own id of a document that becomes part of a key, in bytes.
const MAX_ID_BYTES: usize = 300;

/// The longest title, in characters.
const MAX_TITLE_CHARS: usize = 200;

/// What an SBOM says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sbom {
    /// The word of the format, which is also that of its provider: `cyclonedx`, `spdx`.
    pub format: &'static str,
    /// The format with its version, for people: `CycloneDX 1.6`.
    pub version: String,
    /// The id that the document gives itself.
    pub id: Option<String>,
    /// The name that the document gives itself.
    pub name: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// What it describes.
    pub subjects: Vec<Component>,
    /// What that is made of: the components that have a digest, at most [`MAX_COMPONENTS`].
    pub components: Vec<Component>,
    /// How many components there are, with a digest or without.
    pub component_count: usize,
}

/// A piece of software that an SBOM names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Component {
    /// The digest of its bytes, where it is told.
    pub digest: Option<String>,
    /// Its name, with the group that it belongs to.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
}

impl Component {
    /// A component by what the formats tell of it. A digest may stand among its hashes, in its package URL, or where its
    /// version should be; images are called by their reference.
    pub fn of(digest: Option<String>, purl: Option<&str>, name: Option<String>, version: Option<&str>) -> Self {
        let reference = purl.map(Reference::parse).unwrap_or_default();
        let of_version = version.and_then(artifact::digest);
        let version = version.filter(|_| of_version.is_none()).map(str::to_owned);
        let is_image = reference.is_image;
        Self {
            digest: digest.or(reference.digest).or(of_version),
            name: reference.package.filter(|_| is_image).or(name),
            version: reference.version.or(version),
        }
    }

    fn state(&self, draft: &mut Draft) -> Option<Key> {
        let image = Image {
            digest: self.digest.as_deref(),
            package: self.name.as_deref(),
            version: self.version.as_deref(),
            page: None,
        };
        artifact::state(draft, &image)
    }

    fn title(&self) -> Option<String> {
        let name = self.name.as_deref()?;
        Some(self.version.as_deref().map_or(name.to_owned(), |version| format!("{name} {version}")))
    }
}

impl Sbom {
    /// Adds a component: all are counted, the first ones with a digest are kept.
    pub fn add(&mut self, component: Component) {
        self.component_count = self.component_count.saturating_add(1);
        if component.digest.is_some() && self.components.len() < MAX_COMPONENTS {
            self.components.push(component);
        }
    }

    /// The name of the document where it has no id of its own: it follows from what it says.
    fn identity(&self, context: &Context<'_>) -> String {
        let said = format!(
            "{:?} {:?} {:?} {:?} {:?} {}",
            self.version, self.name, self.created, self.subjects, self.components, self.component_count
        );
        match self.id.as_deref() {
            Some(id) if id.len() <= MAX_ID_BYTES => id.to_owned(),
            Some(id) => identity([id.as_bytes()]),
            None => context.identity(said.as_bytes()),
        }
    }
}

/// Reads a delivery that is an SBOM, after its format was taken apart.
///
/// # Errors
/// [`ParseError::Body`] where that failed, else as [`state`].
pub fn parse(request: &Request<'_>, expected: &'static str, read: Result<Sbom, String>) -> Result<Parsed, ParseError> {
    let sbom = read.map_err(|cause| ParseError::Body { expected, cause })?;
    let context = Context::of(request);
    let mut draft = Draft::new(format!("{}/{EVENT}", sbom.format), context.at.or(sbom.created));
    state(&mut draft, &sbom, Vec::new(), &context, &Verified::No)?;
    Ok(Parsed::facts(EVENT, draft.finish()?))
}

/// States an SBOM: a document that documents the artifacts, which are derived from its components.
///
/// `artifacts` are those that something else than the SBOM and the headers names, such as a signed statement around it.
///
/// # Errors
/// [`ParseError::Key`] where the document's id cannot be part of a key.
pub fn state(
    draft: &mut Draft,
    sbom: &Sbom,
    artifacts: Vec<Key>,
    context: &Context<'_>,
    verified: &Verified,
) -> Result<(), ParseError> {
    let document = state_document(draft, sbom, context)?;
    let mut subjects = artifacts;
    let signed = subjects.len();
    subjects.extend(context.artifact(draft));
    // A signature does not cover what a header says.
    let (told, unsigned) = (signed..subjects.len(), Verified::No);
    let vouched = |index: usize| if told.contains(&index) { &unsigned } else { verified };
    // The headers and a statement name what the SBOM is of; only without them its own word counts for its components.
    let whole = if subjects.is_empty() { MAX_SUBJECTS } else { subjects.len() };
    subjects.extend(sbom.subjects.iter().take(MAX_SUBJECTS).filter_map(|subject| subject.state(draft)));
    for (index, subject) in subjects.iter().enumerate() {
        let reason = vouched(index).reason("the SBOM describes this artifact");
        draft.link_as(vouched(index).class(), subject, LinkKind::DocumentedBy, &document, &reason);
    }
    if subjects.is_empty() {
        if let Some(commit) = context.commit(draft)? {
            draft.link(&commit, LinkKind::DocumentedBy, &document, "the sender names this commit");
        }
        return Ok(());
    }
    let most = MAX_DERIVED / whole.min(subjects.len()).max(1);
    for component in sbom.components.iter().take(most) {
        let Some(component) = component.state(draft) else { continue };
        for (index, subject) in subjects.iter().take(whole).enumerate() {
            let reason = vouched(index).reason("the SBOM lists it among the components");
            draft.link_as(vouched(index).class(), subject, LinkKind::DerivedFrom, &component, &reason);
        }
    }
    Ok(())
}

fn state_document(draft: &mut Draft, sbom: &Sbom, context: &Context<'_>) -> Result<Key, ParseError> {
    let key = of_tool(NodeKind::Document, sbom.format, "", &sbom.identity(context))?;
    let described = sbom.subjects.iter().find_map(Component::title).or(sbom.name.clone());
    let title = match (context.name, described) {
        (Some(name), _) => name.to_owned(),
        (None, Some(described)) => format!("SBOM of {described}"),
        (None, None) => "SBOM".to_owned(),
    };
    let title = shortened(&title, MAX_TITLE_CHARS);
    let count = match sbom.component_count {
        1 => "1 component".to_owned(),
        count => format!("{count} components"),
    };
    let fact = context::fact(draft, &key, &title, context)
        .with(Attribute::Category, "sbom")
        .with_some(Attribute::Version, sbom.subjects.iter().find_map(|subject| subject.version.as_deref()))
        .with(Attribute::Result, count.as_str())
        .with(Attribute::Description, format!("{} with {count}", sbom.version))
        .moment(Attribute::OccurredAt, sbom.created);
    draft.state(fact);
    if let Some(repository) = &context.repository {
        draft.place(&key, repository)?;
    }
    draft.event(&key, sbom.created, "created", None, &format!("{title}: {count}"));
    Ok(key)
}

#[cfg(test)]
mod tests {
    use throughline_domain::link::{LinkClass, LinkKind};

    use super::{Component, MAX_DERIVED, Sbom, state};
    use crate::draft::Draft;
    use crate::evidence::context::Context;
    use crate::evidence::dsse::Verified;

    #[test]
    fn many_artifacts_share_the_links_to_components() {
        let component =
            |number: usize| Component { digest: Some(format!("sha256:{number:064x}")), ..Component::default() };
        let sbom = Sbom {
            format: "sample",
            subjects: (0..16).map(component).collect(),
            components: (100..1_100).map(component).collect(),
            ..Sbom::default()
        };
        let mut draft = Draft::new("sample/sbom", None);
        state(&mut draft, &sbom, Vec::new(), &Context::default(), &Verified::No).unwrap();
        let facts = draft.finish().unwrap();
        let derived = facts.links.iter().filter(|link| link.kind == LinkKind::DerivedFrom).count();
        assert_eq!(derived, MAX_DERIVED / 16 * 16);
    }

    #[test]
    fn a_signature_proves_nothing_of_what_a_header_names() {
        let digest = |number: usize| format!("sha256:{number:064x}");
        let component = |number: usize| Component { digest: Some(digest(number)), ..Component::default() };
        let sbom = Sbom { format: "sample", components: vec![component(9)], ..Sbom::default() };
        let (signed, told) = (format!("{:064x}", 1), digest(2));
        let mut draft = Draft::new("sample/sbom", None);
        let artifact = component(1).state(&mut draft).unwrap();
        let context = Context { artifact: Some(told.as_str()), ..Context::default() };
        state(&mut draft, &sbom, vec![artifact], &context, &Verified::By("k".to_owned())).unwrap();
        for link in draft.finish().unwrap().links {
            let expected =
                if link.from.as_str().contains(&signed) { LinkClass::Cryptographic } else { LinkClass::Asserted };
            assert_eq!(link.class, expected, "{}", link.from);
        }
    }

    #[test]
    fn a_digest_may_stand_in_several_places() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let purl = format!("pkg:oci/checkout@{digest}?repository_url=ghcr.io/acme/checkout&tag=1.4.0");
        let summary = |component: Component| {
            let Component { digest, name, version } = component;
            format!("{} {:?} {:?}", digest.is_some(), name.unwrap_or_default(), version.unwrap_or_default())
        };
        let name = || Some("checkout".to_owned());
        let cases = [
            (Component::of(Some(digest.clone()), None, name(), Some("1.4.0")), r#"true "checkout" "1.4.0""#),
            (Component::of(None, Some(&purl), name(), Some(&digest)), r#"true "ghcr.io/acme/checkout" "1.4.0""#),
            (Component::of(None, None, name(), Some(&digest)), r#"true "checkout" """#),
            (Component::of(None, Some("pkg:npm/a@1"), name(), None), r#"false "checkout" "1""#),
            (Component::of(None, None, None, None), r#"false "" """#),
        ];
        for (component, expected) in cases {
            assert_eq!(summary(component), expected);
        }
    }
}
