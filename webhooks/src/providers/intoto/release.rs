//! Statements that something was given out as a version of a package.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use throughline_domain::fact::Attribute;
use throughline_domain::key::of_tool;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;

use super::broken;
use super::envelope::Said;
use crate::draft::{Draft, shortened};
use crate::evidence::artifact::Reference;
use crate::evidence::context::Context;
use crate::evidence::text::Text;
use crate::provider::ParseError;

/// The longest title, in characters.
const MAX_TITLE_CHARS: usize = 200;

/// The members of both forms that are read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Given {
    /// The package with its version, in the form of in-toto.
    purl: Text,
    /// The package, in the form of npm.
    name: Text,
    /// Its version, in the form of npm.
    version: Text,
    /// The registry, in the form of npm.
    registry: Text,
}

/// States the release, which includes what the statement is about.
pub(super) fn state(draft: &mut Draft, said: &Said, context: &Context<'_>) -> Result<(), ParseError> {
    let given: Given = said.predicate()?;
    let purl =
        given.package_url(said).ok_or_else(|| broken("predicate: the release names no package with a version"))?;
    let Reference { package, version, .. } = Reference::parse(&purl);
    let key = of_tool(NodeKind::Release, "purl", "", &purl)?;
    let package = package.map(|package| package.trim_start_matches("pkg:").to_owned()).unwrap_or_default();
    let title = [package.as_str(), version.as_deref().unwrap_or_default()].join(" ");
    let title = shortened(context.name.unwrap_or(title.trim()), MAX_TITLE_CHARS);
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title.as_str())
        .with(Attribute::Reference, purl.as_str())
        .with_some(Attribute::Version, version)
        .with(Attribute::Package, package)
        .with_some(Attribute::Description, given.registry.get().map(|registry| format!("Published in {registry}")))
        .moment(Attribute::OccurredAt, context.at)
        .named(Name::plain(&purl));
    draft.state(fact);
    let subjects = said.subjects(draft, context)?;
    said.link_all(draft, &key, LinkKind::Includes, &subjects, "the statement says that this was released");
    draft.event(&key, None, "released", None, &format!("Released {title}"));
    Ok(())
}

impl Given {
    /// The package URL in one spelling, so that a registry's statement and a publisher's speak of one release.
    fn package_url(&self, said: &Said) -> Option<String> {
        let of_subject = || said.about().filter(|about| about.starts_with("pkg:")).map(str::to_owned);
        let of_npm = || Some(format!("pkg:npm/{}@{}", self.name.get()?, self.version.get()?));
        let written = self.purl.get().map(str::to_owned).or_else(of_subject).or_else(of_npm)?;
        let spelled = percent_decode_str(&written).decode_utf8_lossy().into_owned();
        if spelled.starts_with("pkg:") { Some(spelled) } else { None }
    }
}
