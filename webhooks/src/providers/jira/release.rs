//! A version of a project as a release.

use throughline_domain::fact::{Attribute, Event, Facts, NodeFact};
use throughline_domain::node::Outcome;
use throughline_domain::time::Timestamp;

use super::context::{Context, broken};
use super::payload::Version;
use super::site::Site;
use crate::provider::ParseError;

/// What a version's own event says.
///
/// # Errors
/// [`ParseError::Body`] where the version has no id.
pub fn read(context: &Context<'_>) -> Result<Facts, ParseError> {
    let version = context.body.version.as_ref().ok_or_else(|| broken("it has no version"))?;
    let fact = named(&context.site, None, version, context.at).ok_or_else(|| broken("version.id is missing"))?;
    let what = context.event.strip_prefix("version_").unwrap_or(context.event);
    // A later statement about the version must not move the moment of its release, so only these two set one.
    let occurred = context.at.filter(|_| matches!(what, "created" | "released"));
    let finished = version.release_date.as_deref().filter(|_| version.released == Some(true));
    let key = fact.key.clone();
    let fact = if what == "deleted" { gone(fact) } else { with_state(fact, version) };
    let mut facts = Facts::default();
    facts.nodes.push(
        fact.with_some(Attribute::Description, version.description.as_deref())
            .moment(Attribute::OccurredAt, occurred)
            .moment(Attribute::StartedAt, version.start_date.as_deref().and_then(day))
            .moment(Attribute::FinishedAt, finished.and_then(day)),
    );
    let summary = summary(context, version, what);
    facts.events.extend(context.at.map(|at| Event {
        node: key,
        at,
        what: what.to_owned(),
        actor: context.actor(),
        summary,
    }));
    Ok(facts)
}

/// What every mention of a version says of it; `None` where the payload says too little to know it again.
pub fn describe(site: &Site, project: Option<&str>, version: &Version, at: Option<Timestamp>) -> Option<NodeFact> {
    Some(with_state(named(site, project, version, at)?, version))
}

fn named(site: &Site, project: Option<&str>, version: &Version, at: Option<Timestamp>) -> Option<NodeFact> {
    let fact = NodeFact::new(site.release(project, version)?, at)
        .with_some(Attribute::Title, version.name.as_deref())
        .with_some(Attribute::Reference, version.name.as_deref())
        .with_some(Attribute::Version, version.name.as_deref())
        .page(site.release_page(project, version).as_deref());
    Some(fact)
}

fn with_state(fact: NodeFact, version: &Version) -> NodeFact {
    match (version.released, version.archived) {
        (Some(true), _) => fact.with(Attribute::State, "released").outcome(Outcome::Success),
        (_, Some(true)) => fact.with(Attribute::State, "archived").outcome(Outcome::Abandoned),
        (Some(false), _) => fact.with(Attribute::State, "unreleased").outcome(Outcome::Pending),
        (None, _) => fact,
    }
}

fn gone(fact: NodeFact) -> NodeFact {
    fact.with(Attribute::State, "deleted").outcome(Outcome::Abandoned)
}

fn summary(context: &Context<'_>, version: &Version, what: &str) -> String {
    let name = version.name.as_deref().unwrap_or("without a name");
    let merged = context.body.merged_to.as_ref().and_then(|other| other.name.as_deref());
    match merged.filter(|_| what == "deleted") {
        Some(other) => format!("Version {name} {what}, and merged into {other}"),
        None => format!("Version {name} {what}"),
    }
}

/// The start of a day, which is all that Jira says; automation rules write a whole time.
fn day(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")))
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn a_day_is_its_start() {
        assert_eq!(day("2026-03-20").unwrap().to_string(), "2026-03-20T00:00:00Z");
        assert_eq!(day("2026-03-20T10:00:00.000+0100").unwrap().to_string(), "2026-03-20T09:00:00Z");
        assert_eq!(day("20/Mar/26"), None);
    }
}
