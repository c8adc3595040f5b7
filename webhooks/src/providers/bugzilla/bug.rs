//! A bug as a ticket: what is said of it and who asked for it.

use serde_json::Value;
use throughline_domain::fact::{Attribute, Facts, Field, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::Outcome;

use super::changes;
use super::payload::{Body, Bug, Happening, moment, word};
use super::site::Site;
use super::{NAME, refuse};
use crate::draft::{Draft, joined};
use crate::provider::ParseError;

/// The most aliases of a bug that become names.
const MAX_ALIASES: usize = 20;

/// Everything that a delivery says of its bug.
pub(super) fn read(body: &Body, happening: &Happening, bug: &Bug, event: &str) -> Result<Facts, ParseError> {
    let id = word(bug.id.as_ref()).ok_or_else(|| refuse("bug.id is missing"))?;
    let site = Site::of(body.webhook_name.as_deref());
    let key = site.bug(&id)?;
    let at = moment(happening.time.as_deref()).or_else(|| moment(bug.last_change_time.as_deref()));
    let mut draft = Draft::new(format!("{NAME}/bug"), at);
    if !site.host.is_empty() {
        draft.announce(Name::tracker(&site.host), &key);
    }
    let fact = draft.fact(&key).with(Attribute::Reference, format!("bug {id}")).page(site.page(&id).as_deref());
    draft.state(with_state(described(fact, bug), bug));
    add_reporter(&mut draft, &site, &key, bug)?;
    draft.mention(&key, Field::Title, bug.summary.as_deref(), None);
    let description = bug.comment.as_ref().filter(|comment| comment.number == Some(0));
    draft.mention(&key, Field::Body, description.and_then(|comment| comment.body.as_deref()), None);
    let actor = word(happening.user.as_ref());
    for (what, summary) in changes::of(happening, bug, event)? {
        draft.event(&key, None, what, actor.as_deref(), &summary);
    }
    draft.finish()
}

/// What a bug says of itself, except where it stands. A private one says nothing but its number.
fn described(fact: NodeFact, bug: &Bug) -> NodeFact {
    let is_nobody = |login: &String| login.starts_with("nobody@");
    let assignee = word(bug.assigned_to.as_ref());
    let assignee = if assignee.as_ref().is_some_and(is_nobody) { Some("Unassigned".to_owned()) } else { assignee };
    let severity = word(bug.severity.as_ref()).filter(|severity| severity != "N/A");
    let fact = fact
        .with_some(Attribute::Title, bug.summary.as_deref())
        .with_some(Attribute::Category, word(bug.kind.as_ref()))
        .with_some(Attribute::Severity, severity.or_else(|| word(bug.priority.as_ref())))
        .with(Attribute::Labels, labels(bug))
        .with_some(Attribute::Assignee, assignee)
        .moment(Attribute::OccurredAt, moment(bug.creation_time.as_deref()));
    aliases(bug).fold(fact, |fact, alias| fact.named(Name::plain(alias)))
}

fn with_state(fact: NodeFact, bug: &Bug) -> NodeFact {
    let status = word(bug.status.as_ref());
    let resolution = word(bug.resolution.as_ref());
    let outcome = outcome(status.as_deref(), resolution.as_deref());
    let state = [status, resolution].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let ended = matches!(outcome, Some(Outcome::Success | Outcome::Abandoned));
    let resolved = bug.cf_last_resolved.as_ref().and_then(Value::as_str);
    fact.with(Attribute::State, state)
        .with_some(Attribute::Outcome, outcome.map(Outcome::word))
        .moment(Attribute::FinishedAt, moment(resolved).filter(|_| ended))
}

/// The words of Bugzilla's own workflows, the old one and the new one. Of a site's own words only the resolution tells.
fn outcome(status: Option<&str>, resolution: Option<&str>) -> Option<Outcome> {
    match (status, resolution) {
        (_, Some("FIXED")) => Some(Outcome::Success),
        (_, Some(_)) => Some(Outcome::Abandoned),
        (Some("UNCONFIRMED" | "CONFIRMED" | "NEW" | "REOPENED"), None) => Some(Outcome::Pending),
        (Some("ASSIGNED" | "IN_PROGRESS"), None) => Some(Outcome::Running),
        (_, None) => None,
    }
}

/// Keywords, and where the bug belongs: Bugzilla sorts by product and component.
fn labels(bug: &Bug) -> String {
    let mut labels: Vec<String> = bug.keywords.iter().flatten().filter_map(|keyword| word(Some(keyword))).collect();
    labels.extend(word(bug.product.as_ref()).map(|product| format!("product:{product}")));
    labels.extend(word(bug.component.as_ref()).map(|component| format!("component:{component}")));
    joined(labels.iter().map(String::as_str))
}

fn aliases(bug: &Bug) -> impl Iterator<Item = &str> {
    let one = bug.alias.as_ref().and_then(Value::as_str);
    let several = bug.alias.as_ref().and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    one.into_iter().chain(several).filter(|alias| !alias.trim().is_empty()).take(MAX_ALIASES)
}

fn add_reporter(draft: &mut Draft, site: &Site, key: &Key, bug: &Bug) -> Result<(), ParseError> {
    let reporter = bug.reporter.as_ref().or(bug.creator.as_ref());
    let Some(login) = word(reporter) else { return Ok(()) };
    let name = reporter.and_then(|reporter| reporter.get("real_name")?.as_str()).filter(|name| !name.is_empty());
    draft.person(key, LinkKind::AuthoredBy, &site.person(&login, name), "Bugzilla names the reporter")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use throughline_domain::node::Outcome;

    use super::outcome;

    #[test]
    fn the_resolution_decides() {
        for (status, resolution, expected) in [
            ("RESOLVED", Some("FIXED"), Some(Outcome::Success)),
            ("VERIFIED", Some("WONTFIX"), Some(Outcome::Abandoned)),
            ("RESOLVED", Some("DUPLICATE"), Some(Outcome::Abandoned)),
            ("NEW", None, Some(Outcome::Pending)),
            ("IN_PROGRESS", None, Some(Outcome::Running)),
            ("WAITING FOR LEGAL", None, None),
        ] {
            assert_eq!(outcome(Some(status), resolution), expected, "{status} {resolution:?}");
        }
        assert_eq!(outcome(None, None), None);
    }
}
