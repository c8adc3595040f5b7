//! Release bundles: what is given out under one name and version, and where it has been promoted or distributed to.

use throughline_domain::fact::Attribute;
use throughline_domain::key::{self, KeyError};
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use super::payload::Data;
use crate::draft::Draft;
use crate::members::filled;

/// States the release that a bundle is, and what became of it.
///
/// # Errors
/// [`KeyError`] where its name is too long.
pub(super) fn state(draft: &mut Draft, data: &Data, host: &str, domain: &str, kind: &str) -> Result<(), KeyError> {
    let (name, version) = (filled(data.release_bundle_name.as_deref()), filled(data.release_bundle_version.as_deref()));
    let (Some(name), Some(version)) = (name, version) else { return Ok(()) };
    let key = key::of_tool(NodeKind::Release, "artifactory", host, &format!("{name}/{version}"))?;
    let reference = format!("{name} {version}");
    let word = word(kind);
    let occurred = draft.at.filter(|_| matches!(word, "created" | "completed") && !domain.ends_with("_promotion"));
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, reference.as_str())
        .with(Attribute::Reference, reference.as_str())
        .with(Attribute::Category, "release bundle")
        .with(Attribute::Package, name)
        .with(Attribute::Version, version)
        .with_some(Attribute::Description, filled(data.status_message.as_deref()))
        .moment(Attribute::OccurredAt, occurred)
        .named(Name::plain(&reference));
    let outcome = outcome(domain, word);
    // Of two words without a time neither is the newer; an outcome at least says whether it is an end.
    let state = Some(kind).filter(|_| draft.at.is_some() || outcome.is_some());
    draft.state_with_outcome(fact, state, outcome);
    let to = filled(data.environment.as_deref()).map(|environment| format!(" to {environment}")).unwrap_or_default();
    let (what, summary) = match domain {
        "release_bundle_v2_promotion" if word == "completed" => ("promoted", format!("{reference} promoted{to}")),
        "release_bundle_v2_promotion" => (word, format!("Promotion of {reference}{to} {word}")),
        "distribution" if word == "completed" => ("distributed", format!("{reference} distributed")),
        "distribution" => (word, format!("Distribution of {reference} {word}")),
        _ => (word, format!("{reference} {word}")),
    };
    draft.event(&key, None, what, None, &summary);
    Ok(())
}

/// The last word of an event's type: `completed` of `release_bundle_v2_completed`.
fn word(kind: &str) -> &str {
    kind.rsplit('_').next().filter(|word| !word.is_empty() && !word.contains(char::is_whitespace)).unwrap_or("changed")
}

/// Only the making of a bundle has an outcome: a promotion that fails leaves the bundle as it was.
fn outcome(domain: &str, word: &str) -> Option<Outcome> {
    match (domain, word) {
        ("release_bundle_v2", "started") => Some(Outcome::Running),
        ("release_bundle_v2", "completed") | ("release_bundle", "signed") => Some(Outcome::Success),
        ("release_bundle_v2", "failed") => Some(Outcome::Failure),
        _ => None,
    }
}
