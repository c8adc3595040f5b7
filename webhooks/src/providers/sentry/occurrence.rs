//! One error of an issue: because a rule fired, or because it happened.

use throughline_domain::fact::{Attribute, Facts, Field, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::name::Name;
use throughline_domain::node::Outcome;

use super::payload::{Event, Plugin};
use super::{broken, issue, place};
use crate::alert::{Around, Said};
use crate::draft::Draft;
use crate::provider::ParseError;

/// The most rules that one error fires.
const MAX_RULES: usize = 1_000;

/// An error, put together from where the shapes keep its parts.
#[derive(Debug)]
struct Occurrence<'a> {
    event: &'a Event,
    rule_of_links: &'static str,
    /// The issue.
    id: &'a str,
    /// Its page, or that of an event of it.
    page: Option<&'a str>,
    project: Option<&'a str>,
    title: &'a str,
    level: Option<&'a str>,
    culprit: Option<&'a str>,
    /// The rules that fired; `None` where the error just happened.
    rules: Option<Vec<&'a str>>,
}

/// An issue alert: a rule fired on this error.
pub(super) fn of_alert(event: &Event, rule: Option<&str>) -> Result<Facts, ParseError> {
    of_event(event, "sentry/event_alert", Some(rule.into_iter().collect()))
}

/// An error that happened.
pub(super) fn of_error(event: &Event) -> Result<Facts, ParseError> {
    of_event(event, "sentry/error", None)
}

/// What the WebHooks plugin tells when a rule fires.
pub(super) fn of_plugin(plugin: &Plugin) -> Result<Facts, ParseError> {
    let event = &plugin.event;
    let rules = plugin.triggering_rules.as_deref().unwrap_or_default();
    if rules.len() > MAX_RULES {
        return Err(ParseError::TooMany { what: "rules", count: rules.len(), limit: MAX_RULES });
    }
    let page = plugin.url.get();
    let id = plugin.id.get().or(page.and_then(place::issue_id)).ok_or_else(|| broken("it has no issue id"))?;
    facts(&Occurrence {
        event,
        rule_of_links: "sentry/plugin",
        id,
        page,
        project: plugin.project_slug.get().or(plugin.project.get()),
        title: event.title.get().or(plugin.message.get()).or(plugin.culprit.get()).unwrap_or(id),
        level: plugin.level.get().or(event.level.get()),
        culprit: plugin.culprit.get().or(event.culprit.get()),
        rules: Some(rules.iter().filter_map(|rule| rule.get()).collect()),
    })
}

fn of_event(event: &Event, rule_of_links: &'static str, rules: Option<Vec<&str>>) -> Result<Facts, ParseError> {
    let addresses = [event.issue_url.get(), event.web_url.get()];
    let id = event.issue_id.get().or_else(|| addresses.into_iter().flatten().find_map(place::issue_id));
    let id = id.ok_or_else(|| broken("the event names no issue"))?;
    facts(&Occurrence {
        event,
        rule_of_links,
        id,
        page: event.web_url.get(),
        project: event.url.get().and_then(place::project),
        title: event.title.get().or(event.message.get()).unwrap_or(id),
        level: event.level.get(),
        culprit: event.culprit.get(),
        rules,
    })
}

fn facts(occurrence: &Occurrence<'_>) -> Result<Facts, ParseError> {
    let Occurrence { event, rule_of_links, id, page, title, rules, .. } = occurrence;
    let at = [&event.datetime, &event.timestamp, &event.received].into_iter().find_map(|text| text.time());
    let key = place::key(page.or(event.issue_url.get()), id)?;
    let mut draft = Draft::new(*rule_of_links, at);
    let fact = fact(&draft, &key, occurrence);
    draft.state(fact);
    // Without a time: an event about the issue itself knows the short name that people use.
    draft.state(NodeFact::new(key.clone(), None).with(Attribute::Reference, *id).named(Name::plain(id)));
    let (what, summary) = match rules.as_deref() {
        Some([]) => ("fired", format!("alert: {title}")),
        Some(rules) => ("fired", format!("{} fired: {title}", rules.join(", "))),
        None => ("seen", format!("seen: {title}")),
    };
    draft.event(&key, None, what, None, &summary);
    let mut around = Around::labelled(&event.tags);
    around.service = around.service.or_else(|| issue::service(occurrence.project));
    around.environment = Said::asserted(event.environment.get(), "the event's environment").or(around.environment);
    around.state(&mut draft, &key);
    for rule in rules.iter().flatten() {
        let around = Around { rule: Said::asserted(Some(*rule), "the rule that fired"), ..Around::default() };
        around.state(&mut draft, &key);
    }
    draft.mention(&key, Field::Title, Some(*title), None);
    draft.finish()
}

fn fact(draft: &Draft, key: &Key, occurrence: &Occurrence<'_>) -> NodeFact {
    let Occurrence { event, id, page, title, level, culprit, rules, .. } = occurrence;
    let release = event.release.get().or(event.tags.value(&["release", "sentry:release"]));
    let mut fact = draft
        .fact(key)
        .with(Attribute::Title, *title)
        .with_some(Attribute::Description, *culprit)
        .with_some(Attribute::Severity, *level)
        .with_some(Attribute::Version, release)
        .with_some(Attribute::Commit, issue::commit(release))
        .with(Attribute::Labels, event.tags.written())
        .page(page.and_then(|page| place::issue_page(page, id)).as_deref());
    if let Some(name) = page.and_then(Name::url) {
        fact = fact.named(name);
    }
    match rules {
        // It counts from its latest firing: what is asked then is what changed before that.
        Some(_) if draft.at.is_some() => fact.moment(Attribute::OccurredAt, draft.at).outcome(Outcome::Running),
        Some(_) | None => fact,
    }
}
